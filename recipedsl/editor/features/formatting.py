"""The one look of recipes: of a whole text, of the declarations that a range touches, of one just finished.

What has syntax errors stays as it is, quietly: the errors are shown already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import takewhile

from lsprotocol import types

from recipedsl.diagnostics import Problems, RecipeError
from recipedsl.editor.analysis import Analysis, Parser
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.source import Source, Span
from recipedsl.syntax import parse, tree
from recipedsl.syntax.format import format_source

#: Lines that are compared one by one; of longer stretches the whole is replaced.
_MOST_LINES = 3_000


def whole(analysis: Analysis, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """Edits that give the text its look; None where it cannot be formatted."""

    def read(source: Source) -> tuple[tree.File, Problems]:
        is_own = source is analysis.source
        return (analysis.tree, analysis.syntax_problems) if is_own else analysis.parse(source)

    text = _formatted(analysis.source, read)
    return None if text is None else edits_between(analysis, Span(0, len(analysis.text)), text)


def of_range(analysis: Analysis, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit] | None:
    """The same for the declarations that a range touches; those with errors stay as they are."""
    span = analysis.positions.span(params.range)
    touched = (
        each for each in analysis.tree.items if each.span.start <= span.end and span.start <= each.span.end
    )
    return _of_items(analysis, touched) or None


def on_type(analysis: Analysis, params: types.DocumentOnTypeFormattingParams) -> list[types.TextEdit] | None:
    """The look of a declaration that was finished by a `}`, or by the line end behind it.

    Inside a declaration nothing moves while somebody types.
    """
    offset = offset_of(analysis, params)
    # Blanks that the editor put at the beginning of the new line are not the text's.
    reached = offset if params.ch == "}" else len(analysis.text[:offset].rstrip())
    is_line_end = params.ch == "}" or "\n" in analysis.text[reached:offset]
    ended = [each for each in analysis.tree.items if each.span.end == reached] if is_line_end else []
    return _of_items(analysis, ended) or None


def _of_items(analysis: Analysis, items: Iterable[tree.Item]) -> list[types.TextEdit]:
    return [edit for each in items for edit in _of_item(analysis, each)]


def _of_item(analysis: Analysis, item: tree.Item) -> Iterator[types.TextEdit]:
    """Edits of one declaration, without the comments above it."""
    text = analysis.text
    # Blanks before the first word go too.
    start = item.span.start
    line = analysis.positions.starts[analysis.positions.line_of(start)]
    start = line if not text[line:start].strip() else start
    new = _formatted(Source(analysis.source.path, text[item.span.start : item.span.end]))
    if new is not None:
        yield from edits_between(analysis, Span(start, item.span.end), new.rstrip("\n"))


def _formatted(source: Source, read: Parser = parse) -> str | None:
    """The text in its look; None for one with syntax errors."""
    try:
        return format_source(source, read)
    except RecipeError:
        return None


# --- as edits --------------------------------------------------------------------------------------------


def edits_between(analysis: Analysis, span: Span, new: str) -> list[types.TextEdit]:
    """Small edits that put a text in the place of a stretch of the document: the cursor stays where it is."""
    old = analysis.text[span.start : span.end]
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    head = _same(zip(before, after, strict=False))
    tail = _same(zip(reversed(before[head:]), reversed(after[head:]), strict=False))
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    start = span.start + sum(map(len, before[:head]))
    return [
        types.TextEdit(analysis.positions.range(Span(start + first, start + last)), text)
        for first, last, text in _differences(*middle)
    ]


def _same(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs from the first one on are twice the same."""
    return sum(1 for _ in takewhile(lambda each: each[0] == each[1], pairs))


def _differences(before: list[str], after: list[str]) -> Iterator[tuple[int, int, str]]:
    """Stretches of lines that differ, as offsets from the first of them, and what comes in their place."""
    offsets = [0]
    for each in before:
        offsets.append(offsets[-1] + len(each))
    if max(len(before), len(after)) > _MOST_LINES:
        yield 0, offsets[-1], "".join(after)
        return
    for kind, first, last, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield offsets[first], offsets[last], "".join(after[begin:end])


FEATURES = (
    Feature(types.TEXT_DOCUMENT_FORMATTING, whole),
    Feature(types.TEXT_DOCUMENT_RANGE_FORMATTING, of_range),
    Feature(
        types.TEXT_DOCUMENT_ON_TYPE_FORMATTING,
        on_type,
        types.DocumentOnTypeFormattingOptions(first_trigger_character="}", more_trigger_character=["\n"]),
    ),
)
