"""Carries out a plan, node by node. What is finished stays finished, whatever happens to the rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Bug, Diagnostic, RecipeError
from recipedsl.plan.model import (
    DataNode,
    EvalNode,
    Input,
    LaterNode,
    ModelNode,
    Node,
    Plan,
    StageNode,
    TokensNode,
    inputs_of,
)
from recipedsl.runtime.evaluate.gates import GateResult
from recipedsl.runtime.events import Event
from recipedsl.runtime.execute.card import write_card
from recipedsl.runtime.execute.checks import check_disk, check_files, check_plan, check_versions
from recipedsl.runtime.execute.child import Interrupts, listening
from recipedsl.runtime.execute.choose import choose, made_again
from recipedsl.runtime.execute.gates import failed_gates, judge
from recipedsl.runtime.execute.observer import Observer, Silent
from recipedsl.runtime.execute.outcome import Makers, NodeOutcome, NodeState, Options, RunOutcome, RunState
from recipedsl.runtime.execute.places import placed
from recipedsl.runtime.execute.workers import Interrupted, Worker
from recipedsl.runtime.models import model_facts
from recipedsl.runtime.store import Making, Result, Store, Why, form_of, timed


def execute(
    plan: Plan,
    *,
    root: Path,
    store: Store,
    makers: Makers,
    options: Options | None = None,
    observer: Observer | None = None,
) -> RunOutcome:
    """Makes every node of the plan that is asked for and not in the store yet.

    A user's mistake, a killed worker, a gate that does not hold and Ctrl-C end the run and are part of
    the outcome. In all cases finished results are kept, and the next run goes on from there.

    Args:
        plan: what to make.
        root: the project's root.
        store: of the project.
        makers: what carries out the nodes.
        options: what is asked for; all by default.
        observer: who is told; nobody by default.

    Raises:
        Bug: a broken invariant of ours.
    """
    run = _Run(plan, root.absolute(), store, makers, options or Options(), observer or Silent())
    return run.carry_out()


class _GateFailed(Exception):
    """Gates of an eval do not hold."""


@dataclass
class _Run:
    plan: Plan
    root: Path
    store: Store
    makers: Makers
    options: Options
    observer: Observer
    nodes: tuple[Node, ...] = ()
    interrupts: Interrupts = field(default_factory=Interrupts)
    results: dict[str, Result] = field(default_factory=dict)
    outcomes: dict[str, NodeOutcome] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    gates: dict[str, tuple[GateResult, ...]] = field(default_factory=dict)
    gates_failed: tuple[Diagnostic, ...] = ()
    log: str = ""

    def carry_out(self) -> RunOutcome:
        clock = timed()
        state: RunState = "failed"
        try:
            state = self._try()
        finally:
            outcome = self._outcome(state, clock())
            self.observer.run_finished(outcome)
        return outcome

    def _try(self) -> RunState:
        try:
            with listening() as self.interrupts:
                self._make_all()
        except RecipeError as error:
            self.diagnostics = error.diagnostics
            return "failed"
        except _GateFailed:
            return "gate failed"
        except (Interrupted, KeyboardInterrupt):
            return "interrupted"
        return "done"

    def _make_all(self) -> None:
        check_plan(self.plan)
        self.nodes = choose(self.plan, self.options)
        again = made_again(self.plan, self.options)
        self.observer.run_started(self.plan, self.nodes)
        with self.store.using(node.fingerprint for node in self.nodes):
            self._check(again)
            for node in self.nodes:
                self._make(node, again=node.name in again)
                if isinstance(node, EvalNode):
                    self._check_gates(node)

    def _check(self, again: set[str]) -> None:
        """Looks at files and disk before hours are spent."""
        todo = [node for node in self.nodes if node.name in again or not self._is_at_hand(node)]
        warning = check_versions(self.nodes, todo, self.plan.versions, self.makers.versions)
        if warning is not None:
            self.observer.warning(*warning)
        check_files(todo, self.makers.digest, self.root)
        check_disk(todo, self._count_weights, self.store.folder)

    def _is_at_hand(self, node: Node) -> bool:
        return self.store.place_of(node.fingerprint).is_dir()

    def _count_weights(self, name: str) -> int:
        node = self.plan.node(name)
        if not isinstance(node, ModelNode):
            raise Bug(f"`{name}` is no model")
        result = self.store.get(node.fingerprint)
        if result is not None:
            return int(result.manifest.facts.get("parameters", 0))
        return model_facts(node.source, self.root, self.makers.cache).parameters

    # --- one node -----------------------------------------------------------------------------------

    def _make(self, node: Node, *, again: bool) -> None:
        """Gets a node's result, from the store or by making it."""
        cached, why = self._look(node, again=again)
        if cached is None:
            self._make_noted(node, why, again=again)
        else:
            self._note_cached(node, cached)
        self.store.remember(self.plan, node)

    def _look(self, node: Node, *, again: bool) -> tuple[Result | None, Why]:
        """The result, if it is to be taken as it is; else why it is made."""
        result = self.store.get(node.fingerprint)
        damage = self.store.take_damage()
        for each in damage:
            self.observer.warning(node, placed(each, node.origin, self.root))
        if again:
            return None, Why("again", (f"`--from {self.options.from_}` asks for it",))
        if damage:
            return None, Why("again", ("its result was damaged",))
        return result, self.store.why(self.plan, node)

    def _make_noted(self, node: Node, why: Why, *, again: bool) -> None:
        """Makes a node and keeps in mind how that ended."""
        clock = timed()
        try:
            self._make_locked(node, why, again=again)
        except RecipeError as error:
            origin = error.at or node.origin
            found = tuple(placed(each, origin, self.root) for each in error.diagnostics)
            self._note(node, "failed", clock(), why)
            self.observer.node_failed(node, found, self.log)
            raise RecipeError(*found) from error
        except (Interrupted, KeyboardInterrupt):
            self._note(node, "interrupted", clock(), why)
            raise
        except BaseException:
            self._note(node, "failed", clock(), why)
            raise

    def _make_locked(self, node: Node, why: Why, *, again: bool) -> None:
        waiting = self._waiting(node)
        with self.store.making(node.fingerprint, again=again, waiting=waiting) as making:
            if making.result is not None:
                self._note_cached(node, making.result)
                return
            self.observer.node_started(node, why)
            clock = timed()
            facts = self._carry_out(node, making)
            form = form_of(self.plan, node)
            result = making.finish(kind=node.kind, name=node.name, node=form, facts=facts, seconds=clock())
        shutil.rmtree(self.store.work_of(node.fingerprint), ignore_errors=True)
        self._note(node, "made", result.manifest.seconds, why)
        self.results[node.name] = result
        self.observer.node_done(node, result)

    def _waiting(self, node: Node) -> Callable[[], None]:
        told = False

        def tell() -> None:
            nonlocal told
            if not told:
                self.observer.node_waiting(node)
            told = True

        return tell

    def _note_cached(self, node: Node, result: Result) -> None:
        self.results[node.name] = result
        self._note(node, "cached", 0.0, Why("cached"))
        self.observer.node_cached(node, result)

    def _note(self, node: Node, state: NodeState, seconds: float, why: Why | str) -> None:
        self.outcomes[node.name] = NodeOutcome(
            node.name, node.kind, node.fingerprint, state, seconds, str(why)
        )

    # --- makers -------------------------------------------------------------------------------------

    def _carry_out(self, node: Node, making: Making) -> dict[str, Any]:
        out = making.folder
        match node:
            case ModelNode():
                return self.makers.model(node, out, self.root, self.makers.cache, self._teller(node))
            case DataNode():
                return self.makers.data(node, self._inputs(node), out)
            case TokensNode():
                rows = self._rows(node.data)
                return self.makers.tokens(node, rows, self.results[node.model].folder, out)
            case StageNode():
                # Hours may have passed since the run began, and a file of rewards be another one by now.
                check_files([node], self.makers.digest, self.root)
                facts = self._run_worker(node, self.makers.worker, out)
                write_card(self.plan, node, out, facts, self._facts_of)
                return facts
            case EvalNode():
                return self._run_worker(node, self.makers.evaluator, out)
            case LaterNode():
                raise Bug("a plan was let through that cannot be carried out")

    def _inputs(self, node: Node) -> dict[str, Path]:
        return {name: self.results[name].folder.absolute() for name in inputs_of(node)}

    def _rows(self, rows: Input) -> Path:
        """The Parquet file of a dataset or of one of its parts."""
        return self.results[rows.node].folder / f"{rows.part or 'rows'}.parquet"

    def _facts_of(self, name: str) -> dict[str, Any]:
        """Facts of a node that stands above; empty for one that is not part of this run."""
        result = self.results.get(name)
        return result.manifest.facts if result is not None else {}

    def _run_worker(self, node: StageNode | EvalNode, command: tuple[str, ...], out: Path) -> dict[str, Any]:
        worker = Worker(
            plan=self.plan,
            node=node,
            command=command,
            extra=("--allow-unsandboxed",) if self.options.allow_unsandboxed else (),
            inputs=self._inputs(node),
            root=self.root,
            out=out,
            work=self.store.work_of(node.fingerprint).absolute(),
            tell=self._teller(node),
            asked=lambda times: self.observer.interrupting(node, times),
        )
        try:
            return worker.run(self.interrupts)
        finally:
            self.log = worker.log_text()

    def _teller(self, node: Node) -> Callable[[Event], None]:
        return lambda event: self.observer.event(node, event)

    # --- the end ------------------------------------------------------------------------------------

    def _check_gates(self, node: EvalNode) -> None:
        """Decides the gates of an eval, be it cached or not. Raises _GateFailed where one does not hold."""
        self.gates[node.name] = judge(node, self.results[node.name].folder)
        found = failed_gates(node, self.gates[node.name], self.root)
        if not found:
            return
        before = self.outcomes[node.name]
        self._note(node, "gate failed", before.seconds, before.why)
        self.gates_failed = found
        self.observer.node_failed(node, found, "")
        raise _GateFailed

    def _outcome(self, state: RunState, seconds: float) -> RunOutcome:
        nodes = self.nodes or self.plan.nodes
        reached = tuple(
            self.outcomes.get(node.name, NodeOutcome(node.name, node.kind, node.fingerprint, "not run"))
            for node in nodes
        )
        return RunOutcome(
            state,
            reached,
            dict(self.results),
            self.diagnostics,
            dict(self.gates),
            self.gates_failed,
            seconds,
        )
