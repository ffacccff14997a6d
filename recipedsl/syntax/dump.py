"""Golden views of the first two stages: what `recipedsl debug tokens` and `debug tree` print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from recipedsl.source import Source, Span
from recipedsl.syntax import tree
from recipedsl.syntax.scan import WHITESPACE, Token, scan


def dump_tokens(source: Source) -> str:
    """One token a line: place, kind and text. Blanks are left out."""
    tokens = (token for token in scan(source)[0] if token.kind != WHITESPACE)
    return "".join(f"{_place(source, token.span):>8}  {token.kind:<10} {_text(token)}\n" for token in tokens)


def _text(token: Token) -> str:
    return repr(token.text)


def dump_tree(file: tree.File) -> str:
    """One node a line, indented below its parent, with its place and its own values."""
    return "".join(f"{line}\n" for line in _lines(file.source, "", file, 0))


def _lines(source: Source, label: str, node: Any, depth: int) -> Iterator[str]:
    values, children = [], []
    for each in fields(node):
        value = getattr(node, each.name)
        if each.name in {"span", "source"}:
            continue
        if _is_tree(value):
            children.append((each.name, value))
        elif value not in ((), None, False):
            values.append(f"{each.name}={value!r}")
    head = " ".join([type(node).__name__, *values, f"@{_place(source, node.span)}"])
    yield "  " * depth + (f"{label}: {head}" if label else head)
    for name, child in children:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _lines(source, name, part, depth + 1)


def _is_tree(value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(hasattr(part, "span") for part in value)
    return hasattr(value, "span")


def _place(source: Source, span: Span) -> str:
    position = source.position(span.start)
    return f"{position.line}:{position.column}"
