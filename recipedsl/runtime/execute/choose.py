"""Which nodes of a plan are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from recipedsl.diagnostics import Diagnostic, Help, RecipeError, nearest
from recipedsl.diagnostics.codes.run import UnknownNode
from recipedsl.plan.model import Node, Plan, inputs_of
from recipedsl.runtime.execute.outcome import Options

_PREPARED = ("model", "data", "tokens")


def choose(plan: Plan, options: Options) -> tuple[Node, ...]:
    """The nodes that are asked for and whatever they need, in the plan's order.

    Raises:
        RecipeError: a name that the plan does not have.
    """
    wanted = {node.name for node in plan.nodes}
    if options.only:
        wanted = needed_by(plan, [_known(plan, name) for name in options.only])
    if options.from_:
        _known(plan, options.from_)
    chosen = tuple(node for node in plan.nodes if node.name in wanted)
    return _prepared(chosen) if options.prepare_only else chosen


def made_again(plan: Plan, options: Options) -> set[str]:
    """Names of the nodes that are made even if they are cached: `from_` and all that depends on it."""
    found = {options.from_} if options.from_ else set()
    for node in plan.nodes:  # inputs stand above, so one pass is enough
        if found.intersection(inputs_of(node)):
            found.add(node.name)
    return found


def needed_by(plan: Plan, names: Iterable[str]) -> set[str]:
    """The names and all that they depend on."""
    found = set(names)
    for node in reversed(plan.nodes):
        if node.name in found:
            found.update(inputs_of(node))
    return found


def _prepared(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Models, data and tokens that can be made without training anything."""
    kept: dict[str, Node] = {}
    for node in nodes:
        if node.kind in _PREPARED and all(name in kept for name in inputs_of(node)):
            kept[node.name] = node
    return tuple(kept.values())


def _known(plan: Plan, name: str) -> str:
    names = [node.name for node in plan.nodes]
    if name in names:
        return name
    near = nearest(name, names)
    helps = (Help(f"did you mean `{near}`?"),) if near else ()
    note = f"nodes: {', '.join(names)}"
    raise RecipeError(Diagnostic(UnknownNode, f"the plan has no node `{name}`", notes=(note,), helps=helps))
