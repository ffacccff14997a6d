"""What can be folded: declarations, brackets, texts of several lines, runs of comments and of imports."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature
from recipedsl.source import Span
from recipedsl.syntax import tree
from recipedsl.syntax.layout import CLOSERS, OPENERS
from recipedsl.syntax.scan import COMMENT, DOC, NEWLINE, STRING, WHITESPACE

_Kind = types.FoldingRangeKind

#: A line range with what it is: first and last line, from 0.
_Fold = tuple[int, int, types.FoldingRangeKind | None]


def folding(analysis: Analysis, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    """Ranges of whole lines, each once; of two that begin on one line the longer."""
    longest: dict[int, _Fold] = {}
    for first, last, kind in _folds(analysis):
        if last > first and last > longest.get(first, (0, -1, None))[1]:
            longest[first] = (first, last, kind)
    found = sorted(longest.values(), key=lambda each: each[0])
    return [types.FoldingRange(first, last, kind=kind) for first, last, kind in found]


def _folds(analysis: Analysis) -> Iterator[_Fold]:
    yield from (_lines(analysis, each.span) for each in analysis.tree.items)
    yield from _brackets(analysis)
    yield from _comments(analysis)
    yield from _imports(analysis)


def _lines(analysis: Analysis, span: Span, kind: types.FoldingRangeKind | None = None) -> _Fold:
    # What ends with a line end has nothing on the line behind it.
    text = analysis.text[span.start : span.end]
    end = span.end - (len(text) - len(text.rstrip()))
    return analysis.positions.line_of(span.start), analysis.positions.line_of(end), kind


def _brackets(analysis: Analysis) -> Iterator[_Fold]:
    """Brackets and what is in them, without the line of the closing one; texts of several lines."""
    opened: list[tuple[str, int]] = []
    line_of = analysis.positions.line_of
    for token in analysis.tokens:
        if token.kind in OPENERS:
            opened.append((token.kind, token.span.start))
        elif token.kind in CLOSERS and opened and opened[-1][0] == CLOSERS[token.kind]:
            yield line_of(opened.pop()[1]), line_of(token.span.start) - 1, None
        elif token.kind == STRING:
            yield _lines(analysis, token.span)


def _comments(analysis: Analysis) -> Iterator[_Fold]:
    """Comments on lines of their own, one below another."""
    run: list[int] = []
    begins_line = True
    for token in analysis.tokens:
        if token.kind in (COMMENT, DOC) and begins_line:
            line = analysis.positions.line_of(token.span.start)
            if run and line != run[-1] + 1:
                yield run[0], run[-1], _Kind.Comment
                run = []
            run.append(line)
        if token.kind != WHITESPACE:
            begins_line = token.kind == NEWLINE
    if run:
        yield run[0], run[-1], _Kind.Comment


def _imports(analysis: Analysis) -> Iterator[_Fold]:
    """Imports that stand together."""
    run: list[tree.Item] = []
    for item in (*analysis.tree.items, None):
        if isinstance(item, tree.Import):
            run.append(item)
        elif run:
            yield _lines(analysis, run[0].span.to(run[-1].span), _Kind.Imports)
            run = []


FEATURES = (Feature(types.TEXT_DOCUMENT_FOLDING_RANGE, folding),)
