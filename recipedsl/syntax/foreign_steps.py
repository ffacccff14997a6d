"""Steps as they are said rather than written, mended before they are parsed.

`dedup near 0.8 question`, `split 80% train`, `take 5 for each topic`, `select question answer`,
`sort score desc`, `rename a to b`, `decontaminate against "bench.jsonl"`. In a valid step two values
never stand side by side, so that one is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recipedsl.diagnostics import Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.foreign_brackets import COLUMN_STEPS, STEPS, is_value
from recipedsl.syntax.foreign_columns import chosen, renamed
from recipedsl.syntax.foreign_duplicates import USUAL_NEAR, best_behind_by, best_of_all, best_of_each, dropped
from recipedsl.syntax.foreign_joins import joined
from recipedsl.syntax.foreign_orders import ordered
from recipedsl.syntax.foreign_splits import open_share, ratio, shares_said, sized
from recipedsl.syntax.given import ENDS_STEP
from recipedsl.syntax.layout import Layout
from recipedsl.syntax.mending import SIMPLE_VALUES, Draft
from recipedsl.syntax.scan import BROKEN, NAME, NUMBER, STRING, Token

#: Settings of steps that are said with their value behind them, and what kind of value that is.
SAID_SETTINGS = {
    "near": NUMBER,
    "ngram": NUMBER,
    "keep": NAME,
    "on": NAME,
    "margin": NUMBER,
    "clusters": NUMBER,
}

#: Steps that take another dataset, and words that are said before it.
_DATASET_STEPS = frozenset(("decontaminate", "join"))
_TOWARDS = frozenset("against with from using".split())

#: Settings that name columns elsewhere, and words that say nothing before one.
_COLUMN_SETTINGS = frozenset("on column columns cols subset key keys".split())
_COLUMN_WORDS = frozenset("column columns exact".split())

_COLUMNS = "the columns of `{step}` stand right behind it, with `,` between them"

#: Words before the column of each group: `for each topic`.
_EACH = frozenset(("each", "every"))
_FOR = frozenset(("for", "from", "in", "of", "per"))
_AMOUNT_STEPS = frozenset(("take", "sample"))
_AMOUNTS = frozenset("n k num count size rows limit max num_rows max_rows frac fraction share ratio".split())

_ARGUMENTS = SIMPLE_VALUES | {"COMMA", "EQUAL", "BY", "IN"}


def with_own_steps(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    draft = Draft(source, laid, problems)
    kinds = draft.kinds
    for index in range(len(kinds) - 2):
        if kinds[index] == "VBAR" and kinds[index + 1] == NAME:
            _look_at(draft, index + 1)
    return draft.result()


def _look_at(draft: Draft, keyword: int) -> None:
    """Mend the step whose keyword stands at an index."""
    if not any(form(draft, keyword) for form in _FORMS):
        _without_brackets(draft, keyword)
        _look_at_neighbours(draft, keyword)


def _without_brackets(draft: Draft, keyword: int) -> None:
    """`| near_dups(a, b = 1)`: that there is no such step is told later, and nothing of its brackets."""
    opener = keyword + 1
    closer = draft.closer(opener) if draft.kind(opener) == "LPAR" else 0
    if not closer or draft.text(keyword) in STEPS or draft.kind(closer + 1) not in ENDS_STEP | {"BY"}:
        return
    if not is_value(draft, opener, closer):
        draft.replace(opener, opener)
        draft.replace(closer, closer)


def _look_at_neighbours(draft: Draft, keyword: int) -> None:
    """Mend a step where two of its arguments stand side by side."""
    end = keyword + 1
    has_neighbours = False
    while draft.kind(end) in _ARGUMENTS:
        pair = {draft.kind(end - 1), draft.kind(end)}
        has_neighbours = has_neighbours or (pair <= SIMPLE_VALUES and end > keyword + 1)
        end += 1
    if draft.kind(keyword + 1) == "STAR" and draft.kind(keyword + 2) in ENDS_STEP:
        _all_columns(draft, keyword)
    elif has_neighbours and draft.kind(end) in ENDS_STEP:
        step = draft.text(keyword)
        arguments = list(range(keyword + 1, end))
        if not _groups(draft, keyword, arguments):
            (shares_said if step == "split" else _settings)(draft, keyword, arguments)


def _all_columns(draft: Draft, keyword: int) -> None:
    """`| select *`."""
    if draft.text(keyword) != "select" or not draft.replace(keyword - 1, keyword + 1):
        return
    span = draft.span(keyword, keyword + 1)
    before = draft.tokens[keyword - 2].span.end
    fix = draft.fix("leave the step out", (Span(before, span.end), ""))
    message = "`select *` does nothing: all columns are kept where no step takes one away"
    draft.report(codes.ForeignOperator, message, span, "no step is needed", fix)


def _groups(draft: Draft, keyword: int, arguments: list[int]) -> bool:
    """`take 5 for each topic` is `take 5 by topic`; whether it was that."""
    words = [draft.text(index) for index in arguments]
    place = next((place for place, word in enumerate(words) if word in _EACH), 0)
    if not 1 <= place < len(words) - 1:
        return False
    first = place - (words[place - 1] in _FOR)
    begin, last = arguments[first], arguments[place]
    if first == 0 or not draft.replace(begin, last, Token("BY", "by", draft.span(begin, last), "by")):
        return False
    span = draft.span(begin, last)
    message = f"`{draft.source.slice(span)}` is written `by` here"
    draft.report(codes.ForeignOperator, message, span, "write `by`", draft.fix("write `by`", (span, "by")))
    return True


# --- how many rows ----------------------------------------------------------------------------------


def _amount(draft: Draft, keyword: int) -> bool:
    """`take n = 10`; whether it was that."""
    kinds = [draft.kind(keyword + each) for each in (1, 2, 3)]
    is_form = draft.text(keyword) in _AMOUNT_STEPS and draft.text(keyword + 1) in _AMOUNTS
    if not is_form or kinds != [NAME, "EQUAL", NUMBER]:
        return False
    step, number = draft.text(keyword), draft.tokens[keyword + 3]
    message = f"how many rows `{step}` keeps stands right behind it"
    kind, proper = codes.MissingSign, number.text
    return draft.mend(kind, keyword + 1, keyword + 3, (number,), proper, message, behind=f"{step} ")


def _seed(draft: Draft, keyword: int) -> bool:
    """`shuffle 42`; whether it was that."""
    number = keyword + 1
    is_form = draft.text(keyword) == "shuffle" and draft.kind(number) == NUMBER
    if not is_form or draft.kind(number + 1) not in ENDS_STEP or not draft.replace(number, number):
        return False
    span = Span(draft.tokens[keyword].span.end, draft.tokens[number].span.end)
    message = f"the seed of every draw is a setting of `run`: `run {{ seed = {draft.text(number)} }}`"
    fix = draft.fix("leave it out here", (span, ""), safe=False)
    draft.report(codes.ForeignOperator, message, draft.tokens[number].span, "stands in `run`", fix)
    return True


# --- the other dataset ------------------------------------------------------------------------------


def _other_dataset(draft: Draft, keyword: int) -> bool:
    """`decontaminate against "bench.jsonl"` and `join with users, on = id`."""
    step, first = draft.text(keyword), keyword + 1
    has_word = draft.text(first) in _TOWARDS and draft.kind(first + 1) in {NAME, STRING}
    place = first + has_word
    is_path = draft.kind(place) == STRING
    if step not in _DATASET_STEPS or not (has_word or is_path):
        return False
    token = draft.tokens[place]
    tokens, proper = (_read(token), f"read({token.text})") if is_path else ((token,), token.text)
    message = f"the other dataset stands right behind `{step}`"
    return draft.mend(codes.MissingSign, first, place, tokens, proper, message)


def _read(path: Token) -> tuple[Token, ...]:
    """The tokens of `read("…")` around a path."""
    before, behind = Span(path.span.start, path.span.start), Span(path.span.end, path.span.end)
    return (Token(NAME, "read", before, "read"), Token("LPAR", "", before), path, Token("RPAR", "", behind))


# --- columns ----------------------------------------------------------------------------------------


def _columns(draft: Draft, keyword: int) -> bool:
    """`dedup on = question`, `select columns = [a, b]`, `drop column a`; whether it was one of them."""
    if draft.text(keyword) not in COLUMN_STEPS:
        return False
    begin = keyword + 1
    if draft.text(begin) in _COLUMN_SETTINGS and draft.kind(begin + 1) == "EQUAL":
        begin += 2
    elif draft.text(begin) in _COLUMN_WORDS and draft.kind(begin + 1) == NAME:
        begin += 1
    is_list = draft.kind(begin) == "LSQB"
    last = draft.closer(begin) if is_list else begin
    names = draft.tokens[begin + 1 : last] if is_list else draft.tokens[begin : last + 1]
    is_plain = [each.kind for each in names] == [NAME, *["COMMA", NAME] * (len(names) // 2)]
    if (begin == keyword + 1 and not is_list) or not is_plain:
        return False
    step = draft.text(keyword)
    proper = ", ".join(each.text for each in names if each.kind == NAME)
    message = _COLUMNS.format(step=step)
    return draft.mend(codes.MissingSign, keyword + 1, last, names, proper, message, behind=f"{step} ")


# --- columns and settings ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """What is given to a step, as the tokens that the parser reads and as it is written.

    Attributes:
        name: of the setting; empty for a column.
    """

    tokens: tuple[Token, ...]
    text: str
    name: str = ""


def _settings(draft: Draft, keyword: int, arguments: list[int]) -> None:
    """`dedup near 0.8 question`, `select question answer`, `join other on id`."""
    by = next((index for index in arguments if draft.kind(index) == "BY"), arguments[-1] + 1)
    said = list(_said(draft, keyword, arguments[0], by))
    if not said or not all(each.text for each in said):
        return
    first, last = arguments[0], by - 1
    tokens: list[Token] = []
    for each in said:
        at = each.tokens[0].span.start
        tokens += [*([Token("COMMA", "", Span(at, at))] if tokens else []), *each.tokens]
    if not draft.replace(first, last, *tokens):
        return
    step, span = draft.text(keyword), draft.span(first, last)
    proper = ", ".join(each.text for each in sorted(said, key=lambda each: bool(each.name)))
    named = [each for each in said if each.name]
    message = _COLUMNS.format(step=step)
    if named:
        message = f"`{named[0].name}` of `{step}` is a setting, written `{named[0].text}`"
    is_whole = all(token.kind != BROKEN for each in named for token in each.tokens)
    fix = draft.fix(f"write `{step} {proper}`", (span, proper), safe=is_whole)
    draft.report(codes.MissingSign, message, span, f"write `{proper}`", fix)


def _said(draft: Draft, keyword: int, first: int, end: int) -> Iterator[_Said]:
    """What is given from one token to another; something without text is not understood."""
    step, index = draft.text(keyword), first
    while index < end:
        kind, text = draft.kind(index), draft.text(index)
        if kind == "COMMA":
            index += 1
        elif kind == NAME and draft.kind(index + 1) == "EQUAL" and index + 2 < end:
            words = draft.tokens[index : index + 3]
            yield _Said(tuple(words), f"{text} = {draft.text(index + 2)}", text)
            index += 3
        elif text in SAID_SETTINGS and kind == NAME:
            taken, said = _setting(draft, step, index, end)
            yield said
            index += taken
        else:
            yield _bare(draft, step, index)
            index += 1


def _setting(draft: Draft, step: str, index: int, end: int) -> tuple[int, _Said]:
    """A setting and its value, or a column behind a word that says nothing more; with the tokens taken."""
    name, follows = draft.tokens[index], draft.kind(index + 1) if index + 1 < end else ""
    at = Span(name.span.end, name.span.end)
    if follows == SAID_SETTINGS[name.text] and not (name.text == "on" and step in COLUMN_STEPS):
        value = draft.tokens[index + 1]
        return 2, _Said((name, Token("EQUAL", "", at), value), f"{name.text} = {value.text}", name.text)
    if name.text == "near":
        # What is put in has no text of its own here: nobody wrote it.
        tokens = name, Token("EQUAL", "", at), Token(BROKEN, "", at)
        return 1, _Said(tokens, f"near = {USUAL_NEAR}", "near")
    if name.text == "on" and follows == NAME:
        column = draft.tokens[index + 1]
        return 2, _Said((column,), column.text)
    return 1, _Said((name,), "")


def _bare(draft: Draft, step: str, index: int) -> _Said:
    """A column, or the number of `near` without its name."""
    token = draft.tokens[index]
    if token.kind == NUMBER and step == "dedup":
        at = Span(token.span.start, token.span.start)
        tokens = Token(NAME, "near", at, "near"), Token("EQUAL", "", at), token
        return _Said(tokens, f"near = {token.text}", "near")
    is_column = token.kind == NAME and (step in COLUMN_STEPS or index == _first_of(draft, index))
    return _Said((token,), token.text if is_column else "")


def _first_of(draft: Draft, index: int) -> int:
    """Index of the first argument of the step around an index."""
    while draft.kind(index - 1) != "VBAR":
        index -= 1
    return index + 1


_FORMS = (
    _other_dataset,
    joined,
    ordered,
    renamed,
    chosen,
    ratio,
    sized,
    _columns,
    dropped,
    _amount,
    best_of_all,
    best_of_each,
    best_behind_by,
    _seed,
    open_share,
)
