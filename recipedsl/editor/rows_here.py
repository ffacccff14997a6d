"""The columns that may be named at a place, whether or not what stands there can be read."""

from __future__ import annotations

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.chunks import pieces_around
from recipedsl.editor.contexts import Context, Frame, begins_declaration
from recipedsl.language.types import RowType
from recipedsl.source import Span
from recipedsl.syntax.layout import OPENERS
from recipedsl.syntax.scan import NAME, NEWLINE, Token


def row_at(analysis: Analysis, context: Context) -> RowType | None:
    """Columns at a place; None when they are not known."""
    piped = next((each for each in reversed(context.frames) if each.pipe >= 0), None)
    if piped is not None:
        return _row_before(analysis, context, piped)
    block = next((each for each in context.frames if each.items.word in ("stage", "eval")), None)
    return _row_of_block(analysis, context) if block is not None else None


def _row_before(analysis: Analysis, context: Context, frame: Frame) -> RowType | None:
    """The rows before the `|` of the step that is being written."""
    pipe = context.words[frame.pipe]
    above = (each for each in reversed(context.words[: frame.pipe]) if each.kind != NEWLINE)
    before = next((each.span.end for each in above), 0)
    known = _behind(analysis, before)
    if known is None:
        analysis = _without_step(analysis, context, frame, pipe.span.start)
        known = _behind(analysis, before) or _last_known(analysis, Span(context.head, before))
    return known


def _behind(analysis: Analysis, end: int) -> RowType | None:
    """The rows behind the source or step that ends at an offset."""
    found = [span for span in analysis.passages if span.end == end]
    widest = min(found, key=lambda span: span.start, default=None)
    return analysis.passages[widest].row if widest is not None else None


def _last_known(analysis: Analysis, within: Span) -> RowType | None:
    """The last rows that are known in a declaration: a step that cannot be read most likely keeps them."""
    inside = (span for span in analysis.passages if within.start <= span.start and span.end <= within.end)
    known = [span for span in inside if analysis.passages[span].row is not None]
    last = max(known, key=lambda span: span.end, default=None)
    return analysis.passages[last].row if last is not None else None


def _without_step(analysis: Analysis, context: Context, frame: Frame, pipe: int) -> Analysis:
    """The document with the rest of the declaration cut off at a `|`, its open brackets closed."""
    depth = context.frames.index(frame)
    openers = [context.words[each.opener].kind for each in context.frames[1 : depth + 1]]
    closers = "".join(_SIGNS[OPENERS[kind]] for kind in reversed(openers))
    text = analysis.text[:pipe] + closers + "\n" + analysis.text[_end_of(analysis, context) :]
    document = analysis.document.with_text(analysis.document.version, text)
    # What it asks of files the document itself depends on: its answer changes when they are known.
    return Analysis(document, analysis.facts, analysis.parse)


_SIGNS = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}


def _end_of(analysis: Analysis, context: Context) -> int:
    """Offset at which the next declaration begins."""
    tokens = analysis.words_around(context.head)
    behind = (n for n, each in enumerate(tokens) if each.span.start > context.replaced.end)
    starts = (tokens[place].span.start for place in behind if begins_declaration(tokens, place))
    return next(starts, pieces_around(analysis.text, context.head).end)


# --- blocks ---------------------------------------------------------------------------------------------


def _row_of_block(analysis: Analysis, context: Context) -> RowType | None:
    """The rows of `data = …` in the block around a place, before or behind it."""
    end = _end_of(analysis, context)
    inside = (each for each in analysis.words_around(context.head) if context.head <= each.span.start < end)
    words = [each for each in inside if each.text.strip()]
    for index, word in enumerate(words[:-2]):
        if word.text == "data" and words[index + 1].kind == "EQUAL":
            return _named_rows(analysis, words[index + 2 :])
    return None


def _named_rows(analysis: Analysis, words: list[Token]) -> RowType | None:
    if words[0].kind == "LPAR":
        spans = [span for span in analysis.passages if span.start > words[0].span.start]
        inside = [span for span in spans if _is_in_brackets(analysis, words, span)]
        last = max(inside, key=lambda span: span.end, default=None)
        return analysis.passages[last].row if last is not None else None
    name = ""
    for word in words:
        if word.kind not in (NAME, "DOT"):
            break
        name += word.text
    datasets = analysis.recipe.datasets
    found = datasets.get(name) or datasets.get(name.rpartition(".")[0])
    return found.row if found is not None else None


def _is_in_brackets(analysis: Analysis, words: list[Token], span: Span) -> bool:
    """Whether a span lies in the bracket that words begin with."""
    depth = 0
    for word in words:
        depth += (word.kind in OPENERS) - (word.kind in OPENERS.values())
        if depth == 0:
            return span.end <= word.span.start
    return True
