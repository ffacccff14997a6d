"""From a recipe's path to a plan that is ready: compiled, models fetched, compiled again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recipedsl.cli import exit_codes
from recipedsl.cli.output import has_colour, show_diagnostics, show_lines
from recipedsl.cli.project import Project

if TYPE_CHECKING:
    from recipedsl.compiler import Request
    from recipedsl.diagnostics import Diagnostic
    from recipedsl.plan.model import Plan
    from recipedsl.runtime.execute import Observer, Options, RunOutcome

#: Names of the codes of gates: of an evaluation, and of rows.
_GATES = frozenset({"gate-failed", "gate-undecided", "data-gate-failed"})


@dataclass(frozen=True)
class NotCompiled(Exception):
    """The recipe has errors; they have been shown."""

    exit_code: int = exit_codes.RECIPE_ERRORS


def compiled(project: Project, request: Request) -> Plan:
    """The plan of a recipe; its problems go to the error stream.

    Raises:
        NotCompiled: it has errors.
    """
    plan, problems = _compile(project, request)
    show_diagnostics(problems)
    if plan is None:
        raise NotCompiled
    return plan


def compiled_again(project: Project, request: Request, plan: Plan) -> Plan:
    """The plan once more, after models were fetched: some settings follow from a model's size.

    Says nothing twice: the problems were shown when it was compiled first.
    """
    again, _ = _compile(project, request)
    return again or plan


def _compile(project: Project, request: Request) -> tuple[Plan | None, list[Diagnostic]]:
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import compile_source

    outcome = compile_source(project.source, facts_of(project.root), request)
    return outcome.plan, outcome.problems.in_order()


def needs_fetching(plan: Plan, root: Path) -> tuple[str, ...]:
    """Names of the model nodes that are not at hand."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.plan.model import ModelNode

    known = facts_of(root)
    models = (node for node in plan.nodes if isinstance(node, ModelNode))
    return tuple(node.name for node in models if known.model(node.source).problem)


def carry_out(plan: Plan, root: Path, options: Options, observer: Observer) -> RunOutcome:
    """Executes a plan with the project's store and the makers of this package."""
    from recipedsl.cli.wiring import makers_of, store_of
    from recipedsl.runtime.execute import execute

    return execute(
        plan, root=root, store=store_of(root), makers=makers_of(root), options=options, observer=observer
    )


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


def show_problems(outcome: RunOutcome) -> None:
    """Prints why a run did not end well."""
    show_diagnostics((*outcome.diagnostics, *outcome.gates_failed))
