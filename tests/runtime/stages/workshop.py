"""What the tests of stages share: a tiny model, rows of tokens made by hand, tasks on both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import torch
from safetensors.torch import load_file

from recipedsl.language.shapes import Shape
from recipedsl.plan.model import (
    AdapterSpec,
    DataNode,
    Input,
    ModelNode,
    ModelSource,
    Origin,
    Plan,
    RewardTerm,
    RowsSource,
    RunSpec,
    ScoreSpec,
    StageNode,
    TemplateSpec,
    TokensNode,
)
from recipedsl.runtime.events import EventWriter
from recipedsl.runtime.loading import Machine
from recipedsl.runtime.stages.task import Task
from recipedsl.runtime.stages.train import run_stage

START, END, PAD = 257, 258, 256
HERE = Origin(path="test.ftr", line=1, column=1, end_line=1, end_column=2)
CPU = Machine("cpu", "cpu", has_bf16=False)
LORA = AdapterSpec(keyword="lora", settings={"r": 4, "lora_alpha": 8, "lora_dropout": 0.0})

TRAINERS = {
    "sft": "SFT",
    "reward": "Reward",
    "dpo": "DPO",
    "kto": "KTO",
    "grpo": "GRPO",
    "rloo": "RLOO",
}
PURPOSES = {
    "sft": ("sft", Shape.CHAT),
    "reward": ("reward", Shape.PREFERENCE),
    "dpo": ("preference", Shape.PREFERENCE),
    "kto": ("feedback", Shape.FEEDBACK),
    "grpo": ("prompt", Shape.PROMPT),
    "rloo": ("prompt", Shape.PROMPT),
}

QUESTIONS = ("one and one", "two and one", "two and two", "three and one", "three and two", "four and four")
ANSWERS = ("two", "three", "four", "four", "five", "eight")


def encode(text: str) -> list[int]:
    """Ids of the tiny tokenizer: its vocabulary is the sorted byte alphabet."""
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    spelled = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    return [letters.index(letter) for piece, _ in spelled for letter in piece]


def prompt_ids(question: str) -> list[int]:
    """A user's turn and the opening of the assistant's."""
    return [START, *encode(f"user\n{question}"), END, *encode("\n"), START, *encode("assistant\n")]


def answer_ids(answer: str) -> list[int]:
    """An answer up to and including the stop token."""
    return [*encode(answer), END]


def messages(question: str) -> list[dict[str, str]]:
    """The prompt as messages."""
    return [{"role": "user", "content": question}]


def sft_rows() -> list[dict[str, Any]]:
    """One sequence a row; only the answers bear labels."""
    rows = []
    for place, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True)):
        prompt, rest = prompt_ids(question), answer_ids(answer)
        ids = prompt + rest
        labels = [-100] * len(prompt) + rest
        rows.append({"input_ids": ids, "labels": labels, "seq_lengths": [len(ids)], "row": place})
    return rows


def packed(rows: list[dict[str, Any]], at_once: int) -> list[dict[str, Any]]:
    """Rows of `sft_rows` put together, so many to a sequence."""
    groups = [rows[start : start + at_once] for start in range(0, len(rows), at_once)]
    return [
        {
            "input_ids": [token for row in group for token in row["input_ids"]],
            "labels": [label for row in group for label in row["labels"]],
            "seq_lengths": [len(row["input_ids"]) for row in group],
            "row": [row["row"] for row in group],
        }
        for group in groups
    ]


def preference_rows() -> list[dict[str, Any]]:
    """Right answers chosen, the question rejected."""
    return [
        {
            "prompt_ids": prompt_ids(q),
            "chosen_ids": answer_ids(a),
            "rejected_ids": answer_ids(q),
            "row": place,
        }
        for place, (q, a) in enumerate(zip(QUESTIONS, ANSWERS, strict=True))
    ]


def reward_rows() -> list[dict[str, Any]]:
    """Whole conversations; the template's last line end is there, as a renderer would leave it."""
    tail = encode("\n")
    return [
        {
            "chosen_ids": prompt_ids(q) + answer_ids(a) + tail,
            "rejected_ids": prompt_ids(q) + answer_ids(q) + tail,
            "row": place,
        }
        for place, (q, a) in enumerate(zip(QUESTIONS, ANSWERS, strict=True))
    ]


def feedback_rows() -> list[dict[str, Any]]:
    """Right answers are good, echoes are not."""
    pairs = [(q, a, True) for q, a in zip(QUESTIONS, ANSWERS, strict=True)] + [
        (q, q, False) for q in QUESTIONS
    ]
    return [
        {"prompt_ids": prompt_ids(q), "completion_ids": answer_ids(a), "label": good, "row": place}
        for place, (q, a, good) in enumerate(pairs)
    ]


def prompt_rows() -> list[dict[str, Any]]:
    """Prompts with a column whose name TRL keeps for itself, to see that it does no harm."""
    return [
        {"prompt": messages(q), "prompt_ids": prompt_ids(q), "row": place, "answer": a, "completions": "no"}
        for place, (q, a) in enumerate(zip(QUESTIONS, ANSWERS, strict=True))
    ]


ROWS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "sft": sft_rows,
    "reward": reward_rows,
    "dpo": preference_rows,
    "kto": feedback_rows,
    "grpo": prompt_rows,
    "rloo": prompt_rows,
}

ARGUMENTS: dict[str, Any] = {
    "max_steps": 4,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "learning_rate": 1e-2,
    "lr_scheduler_type": "linear",
}
ONLINE: dict[str, Any] = {
    "num_generations": 4,
    "max_completion_length": 6,
    "per_device_train_batch_size": 8,
    "beta": 0.05,
}


def write_rows(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """tokens.arrow in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    frame.write_ipc_stream(folder / "tokens.arrow", compat_level=pl.CompatLevel.oldest())
    return folder


def reward_term(name: str, weight: float = 1.0, node: str = "") -> RewardTerm:
    """A term whose scorer the test gives by name."""
    return RewardTerm(weight=weight, score=ScoreSpec(keyword="test", name=name, node=node, origin=HERE))


@dataclass
class Shop:
    """A store with a tiny model in it, and the results that stages add.

    Attributes:
        root: everything is made below it.
        folders: result folders by node name.
        scorers: scorers of reward terms by name.
    """

    root: Path
    folders: dict[str, Path] = field(default_factory=dict)
    scorers: dict[str, Any] = field(default_factory=dict)

    def task(
        self,
        name: str,
        method: str,
        *,
        start: str = "base",
        rows: list[dict[str, Any]] | None = None,
        held: list[dict[str, Any]] | None = None,
        packing: bool = False,
        dtype: Any = "f32",
        machine: Machine = CPU,
        arguments: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Task:
        """A stage on rows of its method, ready to run; its result will be found by its name."""
        tokens = write_rows(self.root / f"{name}.tokens", ROWS[method]() if rows is None else rows)
        out = self.root / name
        self.folders |= {f"{name}.tokens": tokens, name: out}
        if held is not None:
            self.folders[f"{name}.eval.tokens"] = write_rows(self.root / f"{name}.eval.tokens", held)
        node = stage_node(name, method, start, arguments, **fields)
        return Task(
            node=node,
            base=model_node(dtype),
            tokens=tokens_node(name, method, packing),
            folders=self.folders,
            root=self.root,
            out=out,
            work=self.root / f"{name}.work",
            machine=machine,
            events=EventWriter(out / "events.jsonl", name),
            make_scorer=lambda spec, **_: self.scorers[spec.name],
        )

    def run(self, name: str, method: str, **options: Any) -> dict[str, Any]:
        """Trains a stage; gives its facts."""
        return run_stage(self.task(name, method, **options))


def stage_node(
    name: str, method: str, start: str = "base", arguments: Mapping[str, Any] | None = None, **fields: Any
) -> StageNode:
    """A stage of four steps."""
    online = ONLINE if method in ("grpo", "rloo") else {}
    kind = TRAINERS[method]
    return StageNode(
        name=name,
        fingerprint=f"{name}-1",
        origin=HERE,
        method=method,
        trainer=f"trl.{kind}Trainer",
        config=f"trl.{kind}Config",
        arguments={**ARGUMENTS, **online, **(arguments or {})},
        start=start,
        base="base",
        tokens=f"{name}.tokens",
        gives="reward" if method == "reward" else "policy",
        seed=17,
        **fields,
    )


def model_node(dtype: Any = "f32") -> ModelNode:
    """The tiny model."""
    source = ModelSource(keyword="local", settings={"path": "base"})
    return ModelNode(name="base", fingerprint="base-1", origin=HERE, source=source, dtype=dtype)


def tokens_node(name: str, method: str, packing: bool = False) -> TokensNode:
    """The tokens that a stage reads."""
    purpose, shape = PURPOSES[method]
    return TokensNode(
        name=f"{name}.tokens",
        fingerprint=f"{name}.tokens-1",
        origin=HERE,
        data=Input(node="rows"),
        model="base",
        template=TemplateSpec(),
        shape=shape,
        purpose=purpose,
        packing=packing,
    )


def plan_of(stage: StageNode, tokens: TokensNode, dtype: Any = "f32") -> Plan:
    """A plan around one stage."""
    data = DataNode(name="rows", fingerprint="rows-1", origin=HERE, source=RowsSource(rows=()), row={})
    return Plan(recipe="test.ftr", nodes=(model_node(dtype), data, tokens, stage), run=RunSpec(threads=1))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of a result, or of a model folder."""
    inner = folder / "weights" if (folder / "weights").exists() else folder
    return {name: tensor for path in inner.glob("*.safetensors") for name, tensor in load_file(path).items()}


def artefact(folder: Path) -> dict[str, Any]:
    """The description of a result."""
    form: dict[str, Any] = json.loads((folder / "artefact.json").read_text("utf-8"))
    return form
