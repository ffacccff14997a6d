"""In which order declarations are resolved: each after what it needs, so that no chain is ever too long.

What needs itself is found here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from recipedsl.diagnostics.codes.names import Cycle
from recipedsl.language import catalogue
from recipedsl.language.steps.base import Takes
from recipedsl.semantics.context import Context, Declared, Module
from recipedsl.semantics.copies import entries_of
from recipedsl.semantics.scope import find_path, lookup
from recipedsl.syntax import tree

_VALUES = ("param", "let")

#: Steps that name another dataset.
_OF_TWO = tuple(each.keyword for each in catalogue.STEPS if each.takes is Takes.DATASET)


def in_order(context: Context, declared: Iterable[Declared]) -> list[Declared]:
    """Values, types and datasets, each behind those that it needs; reports what needs itself.

    All other declarations keep their order, behind these. What is part of a loop is marked in
    `context.looped`.
    """
    found: dict[str, Declared] = {}
    others: list[Declared] = []
    for each in declared:
        if each.kind in (*_VALUES, "type", "data"):
            _visit(context, each, found)
        else:
            others.append(each)
    return [*found.values(), *others]


def _visit(context: Context, start: Declared, found: dict[str, Declared]) -> None:
    """Puts a declaration into `found`, behind what it needs. A loop over a path, as chains may be long."""
    path: dict[str, tuple[Declared, Iterator[Declared]]] = {}
    _enter(context, start, path, found)
    while path:
        name, (declared, needs) = next(reversed(path.items()))
        needed = next(needs, None)
        if needed is None:
            found[name] = declared
            del path[name]
        elif needed.full_name in path:
            _report_loop(context, needed, list(path))
        else:
            _enter(context, needed, path, found)


def _enter(
    context: Context,
    declared: Declared,
    path: dict[str, tuple[Declared, Iterator[Declared]]],
    found: dict[str, Declared],
) -> None:
    if declared.full_name not in found:
        path[declared.full_name] = (declared, _needs(context, declared))


def _report_loop(context: Context, first: Declared, path: list[str]) -> None:
    members = path[path.index(first.full_name) :]
    if context.looped.issuperset(members):
        return
    context.looped.update(members)
    shown = members if len(members) <= 8 else [*members[:4], "…", *members[-3:]]
    title = f"{first.kind} `{first.name}`" if first.kind == "type" else f"`{first.name}`"
    title = f"dataset `{first.name}`" if first.kind == "data" else title
    loop = " -> ".join([*shown, first.full_name])
    context.report(Cycle, f"{title} needs itself: {loop}", first.name_place)


def behind_stages(declared: Iterable[Declared]) -> set[str]:
    """Full names of the datasets that a stage has to stand above: those that it writes or scores, and
    what comes from them. `declared` has every dataset behind those that it needs."""
    found: set[str] = set()
    for each in declared:
        if isinstance(each.node, tree.Data):
            needs = _datasets(each.module, each.node.pipeline)
            if _names_stage(each.module, each.node.pipeline) or any(n.full_name in found for n in needs):
                found.add(each.full_name)
    return found


def _names_stage(module: Module, pipeline: tree.Pipeline) -> bool:
    return any(
        (named := lookup(module, each)) is not None and named.kind == "stage"
        for each in _nodes(pipeline)
        if isinstance(each, tree.Name | tree.Member)
    )


# --- what a declaration needs -----------------------------------------------------------------------


def _needs(context: Context, declared: Declared) -> Iterator[Declared]:
    module, node = declared.module, declared.node
    if isinstance(node, tree.Let):
        return _values(module, node.value)
    if isinstance(node, tree.Param):
        return _of_param(context, declared, node)
    if isinstance(node, tree.TypeDeclaration):
        return _types(module, node.type)
    return _datasets(module, node.pipeline) if isinstance(node, tree.Data) else iter(())


def _of_param(context: Context, declared: Declared, node: tree.Param) -> Iterator[Declared]:
    yield from _values(declared.module, node.type)
    if node.default is not None:
        yield from _values(declared.module, node.default)
    profile = context.root.declared.get(context.given.profile)
    if profile is not None and isinstance(profile.node, tree.Thing):
        for module, entry in entries_of(context, profile):
            if isinstance(entry, tree.Attribute) and entry.key.text == declared.full_name:
                yield from _values(module, entry.value)


def _values(module: Module, node: Any) -> Iterator[Declared]:
    """Params and lets that an expression names."""
    return (
        found
        for each in _nodes(node)
        if isinstance(each, tree.Name | tree.Member)
        and (found := lookup(module, each)) is not None
        and found.kind in _VALUES
    )


def _types(module: Module, node: tree.TypeExpression) -> Iterator[Declared]:
    for each in _nodes(node):
        found = find_path(module, each.name) if isinstance(each, tree.NamedType) else None
        if found is not None and found.kind == "type":
            yield found


def _datasets(module: Module, pipeline: tree.Pipeline) -> Iterator[Declared]:
    """Datasets that a pipeline reads: its head, those put together, those of steps; columns are none."""
    yield from _sources(module, pipeline.source)
    for step in pipeline.steps:
        if isinstance(step, tree.Step) and step.name.text in _OF_TWO:
            for each in step.arguments:
                yield from _sources(module, each.value)


def _sources(module: Module, node: tree.Expression | None) -> Iterator[Declared]:
    if isinstance(node, tree.Group):
        yield from _sources(module, node.inner)
    elif isinstance(node, tree.Nested):
        yield from _datasets(module, node.pipeline)
    elif isinstance(node, tree.Call):
        for each in node.arguments:
            yield from _sources(module, each.value)
    elif isinstance(node, tree.MapOf):
        for entry in node.entries:
            yield from _sources(module, entry.key)
    elif isinstance(node, tree.Name | tree.Member):
        target = node.target if isinstance(node, tree.Member) else node
        found = lookup(module, node) or lookup(module, target)
        if found is not None and found.kind == "data":
            yield found


def _nodes(node: Any) -> Iterator[Any]:
    """A node of the tree and everything in it; the name of a named type names no value."""
    # Generators inside each other would hand every node up through all of them.
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.__class__ is tuple:
            waiting.extend(reversed(node))
        elif names := _parts_of(node.__class__):
            yield node
            waiting.extend(getattr(node, name) for name in reversed(names))


@cache
def _parts_of(kind: type[Any]) -> tuple[str, ...]:
    """Names of the fields of a node that may hold nodes; none of what is no node."""
    if not is_dataclass(kind):
        return ()
    left_out = {"span", "name"} if kind is tree.NamedType else {"span"}
    return tuple(each.name for each in fields(kind) if each.name not in left_out)
