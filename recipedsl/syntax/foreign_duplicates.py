"""Duplicates, and the best of a group, as other tools have them.

`near_dedup(question, threshold = 0.8)`, `drop_duplicates(subset = [a])`, `group by topic | top 1 by score`,
`best by question, score`.
"""

from __future__ import annotations

import re

from recipedsl.diagnostics.codes.names import AbsentMethod
from recipedsl.syntax.given import ENDS_STEP, Given, given_to, mend_step, name_in
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, NUMBER, Token

#: What steps that drop alike rows, and equal rows, are called elsewhere.
NEAR_WORDS = re.compile(
    r"(near|fuzzy|minhash)_?(dedup\w*|duplicates)|dedup\w*_(near|fuzzy|minhash)|minhash(lsh)?"
)
EQUAL_WORDS = re.compile(r"drop_duplicates?|unique|distinct|dedupe|deduplicate")

#: What is written here where somebody asks for near duplicates without a number.
USUAL_NEAR = "0.85"

_SUBSETS = frozenset("subset on by column columns cols key keys".split())
_LIKENESS = frozenset("near threshold similarity jaccard jaccard_threshold similarity_threshold".split())
_GROUPS = frozenset(("group", "group_by", "groupby"))

#: Words for rows at one end of an order, and whether it is that of the largest.
BEST = {
    **dict.fromkeys(("top", "best", "highest", "largest", "topk", "nlargest"), True),
    **dict.fromkeys(("bottom", "worst", "lowest", "smallest", "nsmallest"), False),
}


def dropped(draft: Draft, keyword: int) -> bool:
    """`near_dedup(question, threshold = 0.8)`, `drop_duplicates(subset = [a])`; whether it was that."""
    word = draft.text(keyword)
    is_near = NEAR_WORDS.fullmatch(word) is not None
    found = given_to(draft, keyword) if is_near or EQUAL_WORDS.fullmatch(word) else None
    if found is None or not (is_near or found.in_brackets or found.settings):
        return False
    columns = [
        *found.columns,
        *(each for name in _SUBSETS & {*found.settings} for each in found.settings[name]),
    ]
    numbers = [
        *found.numbers,
        *(each for name in _LIKENESS & {*found.settings} for each in found.settings[name]),
    ]
    if not columns or {*found.settings} - _SUBSETS - _LIKENESS or len(numbers) > 1:
        return False
    near = numbers[0].text if numbers else USUAL_NEAR if is_near else ""
    names = [name_in(each) for each in columns]
    if {each.kind for each in numbers} - {NUMBER} or not all(
        each.strip("`").isidentifier() for each in names
    ):
        return False
    return _as_dedup(draft, keyword, found, names, near)


def _as_dedup(draft: Draft, keyword: int, found: Given, names: list[str], near: str) -> bool:
    listed = [word for name in names for word in (",", name)][1:]
    words = ["dedup", *listed, *([",", "near", "=", near] if near else [])]
    proper = f"dedup {', '.join(names)}{f', near = {near}' if near else ''}"
    does = (
        "near duplicates are dropped by `dedup question, near = 0.85`"
        if near
        else "equal rows are dropped by `dedup`"
    )
    message = f"there is no step `{draft.text(keyword)}`: {does}"
    return mend_step(draft, keyword, found.last, words, proper, message, kind=AbsentMethod)


# --- the best rows ----------------------------------------------------------------------------------


def best_of_all(draft: Draft, keyword: int) -> bool:
    """`take top 10 by score`, `top 10 by score`; whether it was one of them."""
    word = keyword + (draft.text(keyword) in {"take", "sample"})
    end = _end_of_best(draft, word)
    if not end:
        return False
    count, score = draft.text(word + 1), draft.tokens[word + 3 : end]
    return _sorted(draft, keyword, end, count, score, is_largest=BEST[draft.text(word)])


def best_of_each(draft: Draft, keyword: int) -> bool:
    """`group by topic | top 1 by score`; whether it was that."""
    column = keyword + 1 + (draft.kind(keyword + 1) == "BY")
    is_group = draft.text(keyword) in _GROUPS and [draft.kind(column), draft.kind(column + 1)] == [
        NAME,
        "VBAR",
    ]
    end = _end_of_best(draft, column + 2) if is_group else 0
    if not end:
        return False
    word, group, score = column + 2, draft.tokens[column], draft.tokens[column + 5 : end]
    is_largest, count = BEST[draft.text(word)], draft.text(word + 1)
    if count != "1":
        return _sorted(draft, keyword, end, count, score, is_largest=is_largest, group=group)
    return _kept(draft, keyword, end, group, score, is_largest=is_largest)


def best_behind_by(draft: Draft, keyword: int) -> bool:
    """`best by question, score`; whether it was that."""
    kinds = [draft.kind(keyword + each) for each in (1, 2, 3)]
    end = _end(draft, keyword + 4)
    if draft.text(keyword) != "best" or kinds != ["BY", NAME, "COMMA"] or not end:
        return False
    score = draft.tokens[keyword + 4 : end]
    return _kept(draft, keyword, end, draft.tokens[keyword + 2], score, is_largest=True)


def _end_of_best(draft: Draft, word: int) -> int:
    """Index behind `top 10 by score`; 0 where something else stands at an index."""
    is_best = draft.text(word) in BEST and [draft.kind(word + 1), draft.kind(word + 2)] == [NUMBER, "BY"]
    return _end(draft, word + 3) if is_best else 0


def _end(draft: Draft, first: int) -> int:
    """Index behind an expression that ends its step; 0 where none stands at an index."""
    end = draft.part_end(first)
    return end if end > first and draft.kind(end) in ENDS_STEP else 0


def _kept(
    draft: Draft, keyword: int, end: int, group: Token, score: list[Token], *, is_largest: bool
) -> bool:
    """Puts `dedup group, keep = best(score)` in the place of a form."""
    signs: list[str | Token] = [*score] if is_largest else ["-", "(", *score, ")"]
    words: tuple[str | Token, ...] = ("dedup", group, ",", "keep", "=", "best", "(", *signs, ")")
    written = draft.source.slice(score[0].span.to(score[-1].span))
    written = written if is_largest else f"-{written}" if len(score) == 1 else f"-({written})"
    proper = f"dedup {group.text}, keep = best({written})"
    message = "`{written}` is written `{proper}`: of rows that are alike there the best is kept"
    return mend_step(draft, keyword, end - 1, words, proper, message)


def _sorted(
    draft: Draft,
    keyword: int,
    end: int,
    count: str,
    score: list[Token],
    *,
    is_largest: bool,
    group: Token | None = None,
) -> bool:
    """Puts `sort by score, descending = true | take 10` in the place of a form."""
    order = (",", "descending", "=", "true") if is_largest else ()
    each = ("by", group) if group is not None else ()
    words = ("sort", "by", *score, *order, "|", "take", count, *each)
    written = draft.source.slice(score[0].span.to(score[-1].span))
    behind = f" by {group.text}" if group is not None else ""
    proper = f"sort by {written}{', descending = true' if is_largest else ''} | take {count}{behind}"
    message = "`{written}` is written `{proper}`: rows are sorted, and the first are kept"
    return mend_step(draft, keyword, end - 1, words, proper, message)
