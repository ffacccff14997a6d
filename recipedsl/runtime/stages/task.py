"""What a stage is given: its part of the plan, the folders, the machine, and where to tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from recipedsl.diagnostics import Bug
from recipedsl.plan.model import ModelNode, Plan, ScoreSpec, StageNode, TokensNode
from recipedsl.runtime.events import EventWriter
from recipedsl.runtime.loading import Machine, compute_dtype


class Scorer(Protocol):
    """Gives each answer a number, or None where it cannot say."""

    def __call__(
        self, answers: list[str], rows: list[dict[str, Any]], prompts: list[list[dict[str, Any]]]
    ) -> list[float | None]:
        """One value for each answer, in order."""
        ...


class ScorerMaker(Protocol):
    """Makes the scorer of a reward term; `recipedsl.runtime.scores.make_scorer` is the real one."""

    def __call__(self, spec: ScoreSpec, *, root: Path, folders: Mapping[str, Path]) -> Scorer:
        """The scorer of one term."""
        ...


def scorer_maker(*, allow_unsandboxed: bool = False) -> ScorerMaker:
    """The scorers of the catalogue.

    Args:
        allow_unsandboxed: whether programs may run where nothing isolates them.
    """

    def make(spec: ScoreSpec, *, root: Path, folders: Mapping[str, Path]) -> Scorer:
        from recipedsl.runtime.scores import ScorePolicy, make_scorer

        policy = ScorePolicy(allow_unsandboxed=allow_unsandboxed)
        return make_scorer(spec, root=root, folders=folders, policy=policy)

    return make


class Interrupted(Exception):
    """The run was asked to stop; a checkpoint holds what was done."""


@dataclass
class Stop:
    """Whether somebody asked to stop; set by a signal handler, read after every step."""

    asked: bool = False


@dataclass(frozen=True)
class Task:
    """Everything that carrying out one stage needs.

    Attributes:
        node: the stage.
        base: the model at the root of its weights.
        tokens: what it trains on.
        folders: result folders of its inputs by node name.
        root: the project's root.
        out: empty folder for the result.
        work: folder for checkpoints and scraps; survives an interruption.
        machine: where it runs.
        events: where it tells.
        stop: whether to stop early.
        make_scorer: how reward terms become functions.
    """

    node: StageNode
    base: ModelNode
    tokens: TokensNode
    folders: Mapping[str, Path]
    root: Path
    out: Path
    work: Path
    machine: Machine
    events: EventWriter
    stop: Stop = field(default_factory=Stop)
    make_scorer: ScorerMaker = field(default_factory=scorer_maker)

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the computation."""
        return compute_dtype(self.base.dtype, self.machine)

    @property
    def tokens_file(self) -> Path:
        return self.folders[self.node.tokens] / "tokens.arrow"

    @property
    def held_file(self) -> Path | None:
        """Held-out rows that are looked at while it trains, if any."""
        looks = self.node.looks
        return self.folders[looks.tokens] / "tokens.arrow" if looks else None

    @property
    def template(self) -> str:
        """Chat template that the rows were rendered with; empty where it is the tokenizer's own."""
        file = self.folders[self.node.tokens] / "template.jinja"
        return file.read_text("utf-8") if file.exists() else ""


def task_of(
    plan: Plan,
    name: str,
    inputs: Mapping[str, Path],
    *,
    root: Path,
    out: Path,
    work: Path,
    machine: Machine,
    make_scorer: ScorerMaker,
) -> Task:
    """The task of a stage of a plan. Raises Bug where the plan or the inputs do not fit together."""
    node = plan.node(name)
    if not isinstance(node, StageNode):
        raise Bug(f"`{name}` is a {node.kind} node, not a stage")
    base, tokens = plan.node(node.base), plan.node(node.tokens)
    if not isinstance(base, ModelNode) or not isinstance(tokens, TokensNode):
        raise Bug(f"`{name}` starts from a {base.kind} node and reads a {tokens.kind} node")
    wanted = (node.start, node.base, node.tokens, *([node.looks.tokens] if node.looks else []))
    missing = [each for each in wanted if each not in inputs]
    if missing:
        raise Bug(f"no folder is given for {missing}")
    events = EventWriter(out / "events.jsonl", name)
    return Task(node, base, tokens, inputs, root, out, work, machine, events, Stop(), make_scorer)


def read_inputs(path: Path) -> tuple[Path, dict[str, Path]]:
    """The project's root and the folders by node name, from an inputs file."""
    form: dict[str, str] = json.loads(path.read_text("utf-8"))
    root = Path(form.pop("root"))
    return root, {name: Path(folder) for name, folder in form.items()}
