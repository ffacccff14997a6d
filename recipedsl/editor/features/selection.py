"""Growing a selection: the word, then every expression, step, setting and declaration around it."""

from __future__ import annotations

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature
from recipedsl.source import Span
from recipedsl.syntax.scan import NEWLINE, STRING, WHITESPACE


def selection(analysis: Analysis, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
    """For each position the ranges around it, the smallest first, each inside the next."""
    return [_around(analysis, analysis.positions.offset(each)) for each in params.positions]


def _around(analysis: Analysis, offset: int) -> types.SelectionRange:
    spans = [Span(0, len(analysis.text)), *(each.span for each in analysis.path_at(offset)[1:])]
    word = _word(analysis, offset)
    found: types.SelectionRange | None = None
    outer = spans[0]
    for span in (*spans, *word):
        inside = outer.start <= span.start and span.end <= outer.end
        if found is None or (inside and span != outer):
            found, outer = types.SelectionRange(analysis.positions.range(span), found), span
    assert found is not None  # the whole text is there
    return found


def _word(analysis: Analysis, offset: int) -> list[Span]:
    """The word at an offset, or the one that ends there; of a text what is between its quotes too."""
    index = analysis.token_index(offset)
    near = analysis.tokens[max(0, index - 1) : index + 1]
    words = [each for each in near if each.kind not in (WHITESPACE, NEWLINE)]
    token = next((each for each in reversed(words) if each.span.start <= offset <= each.span.end), None)
    if token is None:
        return []
    quotes = 3 if token.text.startswith('"""') and len(token.text) >= 6 else 1
    inner = Span(token.span.start + quotes, token.span.end - quotes)
    is_inside = token.kind == STRING and inner.start <= offset <= inner.end
    return [token.span, inner] if is_inside else [token.span]


FEATURES = (Feature(types.TEXT_DOCUMENT_SELECTION_RANGE, selection),)
