"""Walking syntax trees without knowing their nodes: children, and the path to a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from recipedsl.source import Source, Span
from recipedsl.syntax import tree


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """Fields of a kind of node that may hold nodes."""
    return tuple(each.name for each in fields(kind) if each.name not in ("span", "doc", "quoted"))


def children(node: Any) -> Iterator[Any]:
    """The nodes inside a node, in the order of its fields."""
    kind: Any = type(node)
    for name in _parts(kind):
        value = getattr(node, name)
        for each in value if isinstance(value, tuple) else (value,):
            if is_dataclass(each) and not isinstance(each, Source | Span):
                yield each


def declarations(items: Iterable[tree.Item]) -> Iterator[tree.Item]:
    """The declarations of a file, those in rounds in their place."""
    for item in items:
        if isinstance(item, tree.Rounds):
            yield from declarations(item.items)
        else:
            yield item


def walk(node: Any) -> Iterator[Any]:
    """A node and all nodes inside it, parents first."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(children(node))))


def path_to(node: Any, offset: int) -> list[Any]:
    """The nodes around an offset, the outermost first; of two that meet there the one that begins."""
    path = [node]
    while True:
        around = [each for each in children(path[-1]) if each.span.start <= offset <= each.span.end]
        if not around:
            return path
        path.append(max(around, key=lambda each: (each.span.start, -each.span.end)))
