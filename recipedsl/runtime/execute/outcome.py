"""What a run is asked for, what it is given, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from recipedsl.diagnostics import Diagnostic
from recipedsl.plan.model import DataNode, ModelNode, TokensNode
from recipedsl.plan.versions import installed_versions
from recipedsl.runtime.evaluate.gates import GateResult
from recipedsl.runtime.events import Event
from recipedsl.runtime.models import default_cache, make_model
from recipedsl.runtime.store import Result
from recipedsl.runtime.surroundings import python_command

Facts = dict[str, Any]

RunState = Literal["done", "failed", "interrupted", "gate failed"]
NodeState = Literal["running", "made", "cached", "failed", "interrupted", "gate failed", "not run"]


@dataclass(frozen=True)
class Options:
    """What of the plan is run, and how.

    Attributes:
        only: names; these nodes and whatever they need. Empty means all.
        from_: a name; this node and all that depends on it are made again, even if they are cached.
        prepare_only: models, data and tokens only.
        allow_unsandboxed: stages and evals may run model-written code where the machine has no sandbox.
    """

    only: tuple[str, ...] = ()
    from_: str = ""
    prepare_only: bool = False
    allow_unsandboxed: bool = False


@dataclass(frozen=True)
class Makers:
    """What carries out nodes; each writes into an empty folder and gives the manifest's facts.

    Attributes:
        data: (node, result folders of its inputs by node name, out).
        tokens: (node, Parquet file of the rows, folder of the model, out).
        digest: of a path or glob relative to the root, as `Facts.digest` gives it.
        model: (node, out, root, cache, who is told how far a download is).
        worker: command that carries out a stage, without its arguments.
        evaluator: command that carries out an eval, without its arguments.
        cache: of the user, for models.
        versions: installed, of the packages that decide results.
    """

    data: Callable[[DataNode, Mapping[str, Path], Path], Facts]
    tokens: Callable[[TokensNode, Path, Path, Path], Facts]
    digest: Callable[[str], str]
    model: Callable[[ModelNode, Path, Path, Path, Callable[[Event], None]], Facts] = make_model
    worker: tuple[str, ...] = field(default_factory=lambda: python_command("recipedsl.runtime.worker"))
    evaluator: tuple[str, ...] = field(default_factory=lambda: python_command("recipedsl.runtime.evaluate"))
    cache: Path = field(default_factory=default_cache)
    versions: Mapping[str, str] = field(default_factory=installed_versions)


@dataclass(frozen=True)
class NodeOutcome:
    """What became of a node.

    Attributes:
        seconds: that it took in this run; 0 for a cached one.
        why: it was made; `cached`, `new`, `again because …`, or empty when it was not reached.
    """

    name: str
    kind: str
    fingerprint: str
    state: NodeState
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class RunOutcome:
    """What became of a run.

    Attributes:
        nodes: all nodes that were asked for, in the plan's order.
        results: finished results by node name.
        diagnostics: why it failed.
        gates: what became of the gates of each eval that was reached, by its name, in order.
        gates_failed: gates that do not hold, with the values that were measured.
        seconds: from start to end.
    """

    state: RunState
    nodes: tuple[NodeOutcome, ...]
    results: Mapping[str, Result]
    diagnostics: tuple[Diagnostic, ...] = ()
    gates: Mapping[str, tuple[GateResult, ...]] = field(default_factory=dict)
    gates_failed: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
