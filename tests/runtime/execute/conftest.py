"""A project to run small plans in, with makers that are plain functions and a stand-in for workers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics import Diagnostic
from recipedsl.plan.model import DataNode, ModelNode, Node, Plan, TokensNode
from recipedsl.runtime.events import Event
from recipedsl.runtime.execute import Makers, Options, RunOutcome, Silent, execute
from recipedsl.runtime.store import Result, Store, Why
from tests.runtime.execute import small_plans

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


@dataclass
class Heard(Silent):
    """Keeps everything that it is told, in order."""

    said: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    outcome: RunOutcome | None = None

    def node_cached(self, node: Node, result: Result) -> None:  # noqa: ARG002
        self.said.append(f"{node.name} cached")

    def node_started(self, node: Node, why: Why) -> None:
        self.said.append(f"{node.name} {why}")

    def node_done(self, node: Node, result: Result) -> None:
        assert result.folder.is_dir()
        self.said.append(f"{node.name} done")

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:
        self.said.append(f"{node.name} failed {' '.join(each.code for each in diagnostics)}")
        self.logs.append(log)

    def event(self, node: Node, event: Event) -> None:
        assert node.name == event.stage
        self.events.append(event)

    def warning(self, node: Node, diagnostic: Diagnostic) -> None:  # noqa: ARG002
        self.warnings.append(diagnostic)

    def run_finished(self, outcome: RunOutcome) -> None:
        self.outcome = outcome


@dataclass
class Project:
    """A folder, its store, makers that count."""

    root: Path
    made: list[str] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)
    digests: dict[str, str] = field(default_factory=dict)
    trouble: dict[str, Exception] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return Store(self.root)

    def run(self, plan: Plan, **options: Any) -> RunOutcome:
        self.made.clear()
        self.heard = Heard()
        return execute(
            plan,
            root=self.root,
            store=self.store,
            makers=self.makers(),
            options=Options(**options),
            observer=self.heard,
        )

    def makers(self) -> Makers:
        return Makers(
            data=self._data,
            tokens=self._tokens,
            digest=lambda path: self.digests.get(path, ""),
            model=self._model,
            worker=STAND_IN,
            evaluator=STAND_IN,
            cache=self.root / "cache",
            versions=self.versions,
        )

    def _begin(self, node: Node) -> None:
        self.made.append(node.name)
        if node.name in self.trouble:
            raise self.trouble[node.name]

    def _model(self, node: ModelNode, out: Path, *rest: Any) -> dict[str, Any]:  # noqa: ARG002
        self._begin(node)
        (out / "config.json").write_text("{}")
        return {"parameters": 1000}

    def _data(self, node: DataNode, inputs: Mapping[str, Path], out: Path) -> dict[str, Any]:
        self._begin(node)
        assert all(folder.is_dir() for folder in inputs.values())
        for part in node.parts or ("rows",):
            (out / f"{part}.parquet").write_text(part)
        (out / "rejects.jsonl").write_text('{"line": 7}\n')
        counts = {"rows_in": 4, "rejects": 1, "rows": dict.fromkeys(node.parts, 2)}
        return {**counts, "steps": [], "columns": {}}

    def _tokens(self, node: TokensNode, rows: Path, model_folder: Path, out: Path) -> dict[str, Any]:
        self._begin(node)
        assert rows.read_text() == (node.data.part or "rows")
        assert (model_folder / "config.json").exists()
        (out / "tokens.arrow").write_text("tokens")
        counts = {"rows": 2, "kept": 2, "tokens": 2, "lengths": {"p50": 1, "p95": 1, "max": 1}}
        return {**counts, "samples": [[{"text": "hi", "trained": True}]]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    small_plans.write_recipe(tmp_path)
    return Project(tmp_path)
