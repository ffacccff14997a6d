"""The order of rows in other words: `sort score desc`, `order by score desc`, `sort by a desc, b asc`."""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Span
from recipedsl.syntax.given import ENDS_STEP
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, Token

#: What `sort` is called elsewhere.
_SORTS = frozenset("sort order order_by orderby sort_by sort_values arrange".split())

#: Words behind what rows are sorted by, and what they say of `descending`.
_ORDERS = {"descending": True, "desc": True, "ascending": False, "asc": False}


def ordered(draft: Draft, keyword: int) -> bool:
    """`sort score`, `sort by score descending`, `order by a desc, b`; whether it was one of them."""
    has_by = draft.kind(keyword + 1) == "BY"
    first, step = keyword + 1 + has_by, draft.text(keyword)
    keys = list(_keys(draft, first)) if step in _SORTS else []
    marks = [_ORDERS.get(draft.text(end - 1)) if end - begin > 1 else None for begin, end in keys]
    is_plain = step == "sort" and not has_by and all(draft.kind(begin) == NAME for begin, _ in keys)
    if not keys or not (any(each is not None for each in marks) or is_plain):
        return False
    last = keys[-1][1] - 1
    values = [
        draft.tokens[begin : end - (mark is not None)] for (begin, end), mark in zip(keys, marks, strict=True)
    ]
    tokens = (
        [draft.tokens[keyword]]
        if step == "sort"
        else [Token(NAME, "sort", draft.tokens[keyword].span, "sort")]
    )
    tokens += [Token("BY", "by", Span(values[0][0].span.start, values[0][0].span.start), "by")]
    tokens += [token for value in values for token in (_comma(value[0]), *value)][1:]
    written = [draft.source.slice(value[0].span.to(value[-1].span)) for value in values]
    proper = f"{'' if step == 'sort' else 'sort '}by {', '.join(written)}"
    if any(marks):
        flags = [bool(each) for each in marks]
        tokens += _descending(flags, draft.tokens[last].span)
        proper += f", descending = {_flags(flags)}"
    message = "what rows are sorted by stands behind `by`; they ascend where nothing else is said"
    begin, behind = (keyword + 1, "sort ") if step == "sort" else (keyword, "")
    kept = tokens[1:] if step == "sort" else tokens
    return draft.mend(codes.MissingSign, begin, last, kept, proper, message, behind=behind)


def _keys(draft: Draft, first: int) -> Iterator[tuple[int, int]]:
    """Where each of the keys begins and ends; settings behind them end them."""
    while draft.kind(first) not in ENDS_STEP and draft.kind(first + 1) != "EQUAL":
        end = draft.part_end(first)
        if end == first or draft.kind(end) not in ENDS_STEP | {"COMMA"}:
            return
        yield first, end
        first = end + (draft.kind(end) == "COMMA")


def _comma(before: Token) -> Token:
    return Token("COMMA", "", Span(before.span.start, before.span.start))


def _flags(flags: list[bool]) -> str:
    words = [str(each).lower() for each in flags]
    return words[0] if len(set(words)) == 1 else f"[{', '.join(words)}]"


def _descending(flags: list[bool], word: Span) -> Iterator[Token]:
    """The tokens of `descending = true`, which stand where the last word of the order does."""
    end = Span(word.end, word.end)
    yield Token("COMMA", "", Span(word.start, word.start))
    yield Token(NAME, "descending", word, "descending")
    yield Token("EQUAL", "", end)
    kinds = [str(each).upper() for each in flags]
    if len(set(kinds)) == 1:
        yield Token(kinds[0], "", end)
        return
    yield Token("LSQB", "", end)
    yield from [token for kind in kinds for token in (Token("COMMA", "", end), Token(kind, "", end))][1:]
    yield Token("RSQB", "", end)
