"""What `plan` and `run` share: a plan compiled, its models fetched, compiled again, carried out, told of."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recipedsl.cli import exit_codes
from recipedsl.cli.options import LOCAL, Engine
from recipedsl.cli.output import has_colour, show_diagnostics, show_lines
from recipedsl.cli.project import Project

if TYPE_CHECKING:
    from recipedsl.compiler import Request
    from recipedsl.diagnostics import Diagnostic
    from recipedsl.plan.model import Plan
    from recipedsl.runtime.execute import Observer, Options, RunOutcome

#: Names of the codes of gates: of an evaluation, and of rows.
_GATES = frozenset({"gate-failed", "gate-undecided", "data-gate-failed"})

#: Names of the codes that need the size of a model.
_OF_SIZES = frozenset({"does-not-fit", "tight-memory"})


@dataclass(frozen=True)
class NotCompiled(Exception):
    """The recipe has errors; they have been shown."""

    exit_code: int = exit_codes.RECIPE_ERRORS


def compiled(project: Project, request: Request, *, fetch: bool, only_shown: bool = False) -> Plan:
    """The plan of a recipe; its problems go to the error stream.

    Args:
        project: the recipe and its root.
        request: what is asked of it.
        fetch: whether datasets of the hub that are not at hand are fetched.
        only_shown: whether a plan will do that holds what cannot be carried out yet.

    Raises:
        NotCompiled: it has errors.
    """
    plan, problems = _compile(project, request, fetch=fetch)
    show_diagnostics(problems)
    if plan is None or (plan.later and not only_shown):
        raise NotCompiled
    return plan


def compiled_again(project: Project, request: Request) -> Plan:
    """The plan once more, after models were fetched: how a batch is laid out follows from a model's size.

    Says only what a model's size tells; other problems were shown when it was compiled first.

    Raises:
        NotCompiled: a stage does not fit the device.
    """
    again, problems = _compile(project, request, fetch=True)
    show_diagnostics([each for each in problems if each.kind.name in _OF_SIZES])
    if again is None:
        raise NotCompiled
    return again


def _compile(project: Project, request: Request, *, fetch: bool) -> tuple[Plan | None, list[Diagnostic]]:
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import compile_source

    outcome = compile_source(project.source, facts_of(project.root, fetch=fetch), request)
    return outcome.plan, outcome.problems.in_order()


@dataclass(frozen=True)
class WithModels:
    """A plan whose models are at hand, or why they are not.

    Attributes:
        plan: compiled once more where a model was fetched.
        fetched: names of the model nodes that were not at hand.
        failed: how fetching ended where it did not end well.
    """

    plan: Plan
    fetched: tuple[str, ...] = ()
    failed: RunOutcome | None = None


def fetch_models(project: Project, request: Request, plan: Plan, observer: Observer) -> WithModels:
    """Fetches what is not at hand of a plan's models; what follows from their sizes is then known."""
    from recipedsl.runtime.execute import Options

    missing = needs_fetching(plan, project.root)
    if not missing:
        return WithModels(plan)
    outcome = carry_out(plan, project.root, Options(only=missing), observer)
    if outcome.state != "done":
        return WithModels(plan, missing, outcome)
    return WithModels(compiled_again(project, request), missing)


def needs_fetching(plan: Plan, root: Path) -> tuple[str, ...]:
    """Names of the model nodes that are not at hand."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.plan.model import ModelNode

    known = facts_of(root)
    models = (node for node in plan.nodes if isinstance(node, ModelNode))
    return tuple(node.name for node in models if known.model(node.source).problem)


def carry_out(
    plan: Plan, root: Path, options: Options, observer: Observer, engine: Engine = LOCAL
) -> RunOutcome:
    """Executes a plan with the project's store and the makers of this package."""
    from recipedsl.cli.wiring import makers_on, own_store_of
    from recipedsl.runtime.execute import execute

    store = own_store_of(root, begin=True)
    with makers_on(engine, root, observer) as makers:
        return execute(plan, root=root, store=store, makers=makers, options=options, observer=observer)


@contextmanager
def progress() -> Iterator[Observer]:
    """Shows what happens on the error stream: live on a terminal, as lines elsewhere."""
    from recipedsl.report.progress import LiveProgress, PlainProgress

    if sys.stderr.isatty() and has_colour(sys.stderr):
        with LiveProgress() as live:
            yield live
    else:
        yield PlainProgress(lambda lines: show_lines(lines, err=True))


def exit_code_of(outcome: RunOutcome) -> int:
    """What a process says that carried out a plan."""
    names = {each.kind.name for each in outcome.diagnostics}
    if outcome.state == "gate failed" or (names and names <= _GATES):
        return exit_codes.GATE_FAILED
    return {
        "done": exit_codes.FINE,
        "failed": exit_codes.RUN_FAILED,
        "interrupted": exit_codes.INTERRUPTED,
    }[outcome.state]


def ended(outcome: RunOutcome) -> int:
    """Prints why a run did not end well, if it did not; gives what the process says."""
    show_diagnostics((*outcome.diagnostics, *outcome.gates_failed))
    return exit_code_of(outcome)
