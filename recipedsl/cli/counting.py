"""Counts the rows of a recipe that is being written: `python -m recipedsl.cli.counting ROOT PATH`.

The recipe stands on the input. Each line of the output is what is known of one dataset or stage: from results
in the store where they are, else counted where that is cheap, else why not. Nothing is fetched or trained,
nothing is kept, and the process has limits of its own.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recipedsl.data.reading.files import ReadPolicy
    from recipedsl.plan.model import DataNode, Plan, StageNode
    from recipedsl.runtime.store import Store

#: Bytes of files that are read for a count; larger ones take longer than somebody waits who is typing.
_MOST_READ = 64 << 20

#: Bytes of address space, seconds of processor, bytes of one file that is written on the way.
_LIMITS = (
    (resource.RLIMIT_AS, 12 << 30),
    (resource.RLIMIT_CPU, 60),
    (resource.RLIMIT_FSIZE, 1 << 30),
)

#: Below the root, so that nothing is written elsewhere; removed when the count is done.
_WORK = Path(".recipedsl") / "cache" / "counting"


def main(root: Path, path: str, text: str) -> None:
    """Writes what is known of the recipe's rows."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import compile_source
    from recipedsl.source import Source

    plan = compile_source(Source(path, text), facts_of(root)).plan
    if plan is None:
        return
    (root / _WORK).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / _WORK) as work:
        for each in _Counter.of(plan, root, Path(work)).told():
            print(json.dumps(each), flush=True)


@dataclass
class _Counter:
    """Goes through the nodes of a plan in their order.

    Attributes:
        folders: where the rows of each dataset lie, of those that are known.
    """

    plan: Plan
    store: Store | None
    policy: ReadPolicy
    work: Path
    folders: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, root: Path, work: Path) -> _Counter:
        """For a project; a store that nobody vouches for tells nothing."""
        from recipedsl.cli.wiring import own_store_of
        from recipedsl.data.reading.files import ReadPolicy
        from recipedsl.diagnostics import RecipeError

        try:
            store = own_store_of(root)
        except RecipeError:
            store = None
        return cls(plan, store, ReadPolicy(root), work)

    def told(self) -> Iterator[dict[str, Any]]:
        """What is known of each dataset and stage."""
        from recipedsl.plan.model import DataNode, StageNode

        for node in self.plan.nodes:
            if isinstance(node, DataNode):
                yield {"data": node.name, **self._data(node)}
            elif isinstance(node, StageNode):
                yield {"stage": node.name, "steps": self._steps(node), "layout": self._layout(node)}

    # --- data -----------------------------------------------------------------------------------------

    def _data(self, node: DataNode) -> dict[str, Any]:
        kept = self.store.get(node.fingerprint) if self.store is not None else None
        if kept is not None:
            self.folders[node.name] = kept.folder
            return {**_counted(node, kept.manifest.facts), "stored": True}
        why = self._why_not(node)
        return {"why": why} if why else self._count(node)

    def _why_not(self, node: DataNode) -> str:
        """Why a dataset is not counted now; empty where it is."""
        from recipedsl.plan.model import DataNode, LaterSource, inputs_of

        if isinstance(node.source, LaterSource) or any(step.scores for step in node.steps):
            return "a model would have to be asked"
        for name in inputs_of(node):
            if not isinstance(self.plan.node(name), DataNode):
                return "a model would have to be asked"
            if name not in self.folders:
                return f"`{name}` is not counted"
        size = self._size(node)
        if size > _MOST_READ:
            return f"{size / 1e6:,.0f} MB to read; `recipedsl data` counts them"
        return ""

    def _size(self, node: DataNode) -> int:
        """Bytes that would be read."""
        from recipedsl.data.reading.hub import dataset_files
        from recipedsl.diagnostics import RecipeError
        from recipedsl.plan.facts import HubRows
        from recipedsl.plan.model import HubSource, ReadSource, inputs_of

        files: list[Path] = []
        try:
            if isinstance(node.source, ReadSource):
                files += self.policy.found(node.source.path).files.values()
            elif isinstance(node.source, HubSource):
                source = node.source
                rows = HubRows(source.name, source.config, source.split, source.revision)
                files += dataset_files(rows, fetch=False).values()
        except RecipeError:
            return 0  # the count will say what is wrong
        for name in inputs_of(node):
            files += self.folders[name].glob("*.parquet")
        return sum(each.stat().st_size for each in files)

    def _count(self, node: DataNode) -> dict[str, Any]:
        from recipedsl.data.engine import make_data
        from recipedsl.diagnostics import RecipeError

        out = Path(tempfile.mkdtemp(dir=self.work))
        try:
            facts = make_data(node, self.folders, out, self.policy)
        except RecipeError:
            return self._stopped(node)
        self.folders[node.name] = out
        return _counted(node, facts)

    def _stopped(self, node: DataNode) -> dict[str, Any]:
        """The rows up to the step that stops the run, and what is wrong there."""
        from recipedsl.data.profiles.funnel import make_funnel
        from recipedsl.diagnostics import RecipeError

        work = Path(tempfile.mkdtemp(dir=self.work))
        try:
            funnel = make_funnel(node, self.folders, work, self.policy, None).funnel
        except RecipeError as error:
            return {"why": error.diagnostics[0].message}
        steps = [
            {"origin": str(step.origin), "rows": made.after, "problem": made.problem}
            for step, made in zip(
                node.steps, funnel.steps, strict=False
            )  # it ends where a step cannot be made
        ]
        return {"source": funnel.rows, "rejects": funnel.rejects, "steps": steps, "parts": funnel.parts}

    # --- stages ---------------------------------------------------------------------------------------

    def _layout(self, node: StageNode) -> dict[str, Any]:
        """How the planner lays the batch out: rows at a time, how often, on what."""
        from recipedsl.runtime.device import find_device

        return {
            "rows": node.arguments["per_device_train_batch_size"],
            "times": node.arguments["gradient_accumulation_steps"],
            "device": find_device().kind,
        }

    def _steps(self, node: StageNode) -> int | None:
        """Optimizer steps; None where the rows that it trains on are not turned into tokens yet."""
        from recipedsl.plan.estimate import counted, steps_of

        most = int(node.arguments.get("max_steps", -1))
        if most > 0:
            return most
        tokens = self.plan.node(node.tokens).fingerprint
        kept = self.store.get(tokens) if self.store is not None else None
        return steps_of(node, counted(kept.manifest.facts)) if kept is not None else None


def _counted(node: DataNode, facts: Mapping[str, Any]) -> dict[str, Any]:
    steps = [
        {"origin": str(step.origin), "rows": made["rows"]}
        for step, made in zip(node.steps, facts["steps"], strict=True)
    ]
    parts = {part: rows for part, rows in facts["rows"].items() if part}
    return {"source": facts["rows_in"], "rejects": facts["rejects"], "steps": steps, "parts": parts}


def _limit() -> None:
    for kind, most in _LIMITS:
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    os.nice(5)  # whoever types comes first
    _limit()
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    main(Path(sys.argv[1]), sys.argv[2], sys.stdin.read())
