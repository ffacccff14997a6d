"""Conversations to packed sequences through recipedsl; `ENCODER=tokenizers` leaves the faster tokenizer out.

tokens        rows.parquet of the folder -> ids, labels, packs
end to end    a.jsonl, b.jsonl -> the recipe -> ids, labels, packs of its training part
"""

from __future__ import annotations

import os
from pathlib import Path

import recipe
from datasets import Dataset
from task import Task, carry_out

from recipedsl.data.tokens import make_tokens, prepare
from recipedsl.data.tokens.streams import FILE
from recipedsl.plan.model import Input, Origin, TemplateSpec, TokensNode

LIMIT = int(os.environ.get("LIMIT", "2048"))


def _node() -> TokensNode:
    return TokensNode(
        name="rows.tokens",
        origin=Origin(path="bench.ftr", line=1, column=1, end_line=1, end_column=2),
        data=Input(node="rows"),
        model="base",
        template=TemplateSpec(keyword="file", path="template.jinja"),
        shape="chat",
        purpose="sft",
        max_length=LIMIT,
        packing=True,
    )


def tokens(task: Task, rows: Path | None = None) -> dict[str, object]:
    """Makes and opens them; tells what was used and how many there are."""
    if os.environ.get("ENCODER") == "tokenizers":
        prepare.at_hand = lambda: False
    rows = rows or task.folder / "rows.parquet"
    facts = make_tokens(_node(), rows, task.folder / "model", task.out, task.folder)
    made = Dataset.from_file(str(task.out / FILE))
    return {"encoder": facts["encoder"], "sequences": len(made), "tokens": facts["tokens"]}


def end_to_end(task: Task) -> dict[str, object]:
    """The recipe, then the tokens of its training part."""
    made = Task(task.folder, task.out, "recipe", task.cap, task.size)
    recipe.run(made)
    return tokens(task, task.out / "train.parquet")


if __name__ == "__main__":
    carry_out({"tokens": tokens, "end to end": end_to_end})
