"""Rows to prompts and answers that are compared or judged: preference, reward, feedback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from recipedsl.data.tokens.checks import check_bos
from recipedsl.data.tokens.conversations import bad_row
from recipedsl.data.tokens.encode import encode_marked
from recipedsl.data.tokens.mask import mark_turns, render_text
from recipedsl.data.tokens.tokenizer import Ids
from recipedsl.data.tokens.workshop import (
    Row,
    Workshop,
    as_lists,
    chat_of,
    count_parts,
    drop,
    read_conversation,
)


@dataclass(frozen=True)
class _Answered:
    """A prompt with an answer, as ids that lie end to end."""

    prompt: Ids
    answer: Ids

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def _answered(shop: Workshop, batch: list[Row], answer: str) -> list[_Answered]:
    """Encode `prompt` and the column `answer` of each row, cut where the answer begins.

    The answer goes up to the token that ends its last turn.
    """
    template, stops = chat_of(shop)
    texts: list[tuple[str, str]] = []
    for row in batch:
        conversation = read_conversation(shop, row, "prompt", answer)
        turns = [turn for turn in conversation.turns if turn >= len(row["prompt"] or ())]
        if not turns:
            hint = "drop such rows with `where`"
            raise bad_row(f"has no answer of the assistant in `{answer}`", row["row"], hint)
        marked = mark_turns(template, conversation, stops.inside, [turns[0], turns[-1]])
        start, end = marked.spans[0][0], marked.spans[-1][1]
        texts.append((marked.text[:start], marked.text[start:end]))
    spans = [[(len(prompt), len(prompt + said))] for prompt, said in texts]
    encoded = encode_marked(shop.facts, [prompt + said for prompt, said in texts], spans)
    return [_Answered(each.ids[~each.trained], each.ids[each.trained]) for each in encoded]


def make_preference(shop: Workshop, batch: list[Row]) -> list[Row]:
    """Pairs that are not too long and not the same: `{prompt_ids, chosen_ids, rejected_ids, row}` each."""
    pairs = zip(batch, _answered(shop, batch, "chosen"), _answered(shop, batch, "rejected"), strict=True)
    made: list[Row] = []
    for row, chosen, rejected in pairs:
        _check_prompts(shop, row, chosen.prompt, rejected.prompt)
        length = max(len(chosen), len(rejected))
        if drop(shop, length, same=np.array_equal(chosen.answer, rejected.answer)):
            continue
        answers = {"chosen": chosen.answer, "rejected": rejected.answer}
        made.append({"prompt_ids": chosen.prompt, **_as_ids(answers), "row": row["row"]})
        count_parts(shop, {"prompt": chosen.prompt}, answers)
    return made


def _check_prompts(shop: Workshop, row: Row, chosen: Ids, rejected: Ids) -> None:
    check_bos(chosen, shop.facts, row["row"])
    if not np.array_equal(chosen, rejected):
        hint = "take a template that renders a prompt the same whatever answers it"
        raise bad_row("has another prompt for `chosen` than for `rejected` when rendered", row["row"], hint)


def _as_ids(parts: dict[str, Ids]) -> Row:
    return {f"{name}_ids": ids for name, ids in parts.items()}


def make_reward(shop: Workshop, batch: list[Row]) -> list[Row]:
    """Whole conversations, as a reward model reads them: `{chosen_ids, rejected_ids, margin, row}` each."""
    template, _ = chat_of(shop)
    sides = [
        shop.facts.encode_all(
            [render_text(template, read_conversation(shop, row, "prompt", side)) for row in batch]
        )
        for side in ("chosen", "rejected")
    ]
    made: list[Row] = []
    for row, chosen, rejected in zip(batch, *sides, strict=True):
        check_bos(chosen, shop.facts, row["row"])
        if drop(shop, max(len(chosen), len(rejected)), same=np.array_equal(chosen, rejected)):
            continue
        margin = {"margin": row["margin"]} if "margin" in row else {}
        answers = {"chosen": chosen, "rejected": rejected}
        made.append({**_as_ids(answers), **margin, "row": row["row"]})
        count_parts(shop, {}, answers)
    return made


def make_feedback(shop: Workshop, batch: list[Row]) -> list[Row]:
    """Judged answers that are not too long: `{prompt_ids, completion_ids, label, row}` each."""
    made: list[Row] = []
    for row, answered in zip(batch, _answered(shop, batch, "completion"), strict=True):
        check_bos(answered.prompt, shop.facts, row["row"])
        if drop(shop, len(answered)):
            continue
        parts = {"prompt": answered.prompt, "completion": answered.answer}
        made.append({**_as_ids(parts), "label": row["label"], "row": row["row"]})
        count_parts(shop, {"prompt": answered.prompt}, {"completion": answered.answer})
    return made


def write_answers(shop: Workshop, made: list[Row], rows: Path, path: Path) -> int:
    """Write the columns of the rows; returns the number of rows."""
    columns = {name: [row[name] for row in made] for name in made[0]}
    frame = pl.DataFrame(
        {
            name: as_lists(values) if name.endswith("_ids") else pl.Series(values)
            for name, values in columns.items()
        }
    )
    frame.write_parquet(path)
    return len(made)
