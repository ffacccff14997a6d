"""What holds for every text whatever: shared by the drawn texts of the suite and by the fuzzer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

from recipedsl.diagnostics import Problems, RecipeError
from recipedsl.source import Source, Span
from recipedsl.syntax import parse, scan, tree
from recipedsl.syntax.format import format_source
from recipedsl.syntax.trivia import comments


def check_text(text: str) -> None:
    """Scan, parse and format a text.

    Raises:
        AssertionError: something does not hold that has to.
    """
    source = Source("any.ftr", text)
    tokens = scan(source)[0]
    assert "".join(token.text for token in tokens) == text, "the tokens are not the text"
    assert all(left.span.end == right.span.start for left, right in pairwise(tokens))
    file, problems = parse(source)
    check_spans(file, problems, text)
    check_format(source)


def check_spans(file: tree.File, problems: Problems, text: str) -> None:
    """Every span lies in the text, every node in the one around it, and what is broken has been reported."""
    for parent, node in parts(file):
        assert 0 <= node.span.start <= node.span.end <= len(text), node
        assert parent.span.start <= node.span.start, (parent, node)
        assert node.span.end <= parent.span.end, (parent, node)
        assert problems.has_errors or not isinstance(node, tree.Broken)
    for each in problems:
        labels = [label.span for label in (each.primary, *each.secondary) if label]
        edits = [edit.span for help_ in each.helps for edit in help_.edits]
        assert all(0 <= span.start <= span.end <= len(text) for span in (*labels, *edits)), each
        for help_ in each.helps:
            places = sorted(edit.span for edit in help_.edits)
            touching = pairwise(places)
            assert all(left.end <= right.start for left, right in touching), "edits that overlap"


def check_format(source: Source) -> None:
    """A text formats, or is refused: tree and idempotence are checked by the formatter itself."""
    try:
        once = format_source(source)
    except RecipeError:
        return
    assert comments(scan(Source("any.ftr", once))[0]) == comments(scan(source)[0])


def parts(node: Any) -> Iterator[tuple[Any, Any]]:
    """All pairs of a node and one right below it."""
    for each in fields(node):
        value = getattr(node, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part) and not isinstance(part, Source | Span):
                yield node, part
                yield from parts(part)
