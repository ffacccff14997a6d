"""What a step is given, read from its tokens as far as it is plain, for the forms of other languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from recipedsl.diagnostics import Code
from recipedsl.diagnostics.codes.syntax import MissingSign
from recipedsl.source import Span
from recipedsl.syntax.layout import END
from recipedsl.syntax.mending import SIMPLE_VALUES, Draft
from recipedsl.syntax.scan import NAME, NEWLINE, NUMBER, STRING, Token

#: Kinds of the tokens before which a step ends.
ENDS_STEP = frozenset(("VBAR", NEWLINE, END, "RPAR"))


@dataclass(slots=True)
class Given:
    """The arguments of a step.

    Attributes:
        columns: names, and texts that are names, in their order; those of lists among them.
        numbers: numbers without a name.
        settings: what stands behind `name =`: one value, or the items of a list.
        last: index of the last token.
        in_brackets: whether round brackets stand around all of it.
    """

    columns: list[Token] = field(default_factory=list)
    numbers: list[Token] = field(default_factory=list)
    settings: dict[str, list[Token]] = field(default_factory=dict)
    last: int = 0
    in_brackets: bool = False


def given_to(draft: Draft, keyword: int) -> Given | None:
    """The arguments of the step whose keyword stands at an index; None where they are not plain."""
    found, place = Given(last=keyword), keyword + 1
    if draft.kind(place) == "LPAR":
        found.in_brackets, place = True, place + 1
    while draft.kind(place) not in ENDS_STEP:
        is_setting = draft.kind(place) == NAME and draft.kind(place + 1) == "EQUAL"
        begin = place + 2 if is_setting else place
        values, end = _values(draft, begin)
        if not values or draft.kind(end) not in ENDS_STEP | {"COMMA"}:
            return None
        if is_setting:
            found.settings[draft.text(place)] = values
        else:
            for value in values:
                (found.numbers if value.kind == NUMBER else found.columns).append(value)
        found.last = end - 1
        place = end + (draft.kind(end) == "COMMA")
    if found.in_brackets:
        is_closed = draft.kind(place) == "RPAR" and draft.kind(place + 1) in ENDS_STEP
        found.last = place
        return found if is_closed and place not in draft.laid.missing else None
    return found


def _values(draft: Draft, place: int) -> tuple[list[Token], int]:
    """One value, or those of a list, and the index behind; no values where there is something else."""
    if draft.kind(place) in SIMPLE_VALUES:
        return [draft.tokens[place]], place + 1
    last = draft.closer(place) if draft.kind(place) == "LSQB" else 0
    inside = draft.tokens[place + 1 : last]
    items, commas = inside[::2], inside[1::2]
    is_list = {each.kind for each in items} <= SIMPLE_VALUES and {each.kind for each in commas} <= {"COMMA"}
    return (items if is_list else []), last + 1


def mend_step(
    draft: Draft,
    keyword: int,
    last: int,
    words: Sequence[str | Token],
    proper: str,
    message: str,
    *,
    kind: type[Code] = MissingSign,
    safe: bool = False,
) -> bool:
    """Put a step in the place of another, and report it; a keyword that stays is not touched.

    Args:
        draft: the text.
        keyword, last: indices of the first and the last token of what goes.
        words: the step that is meant, word for word.
        proper: how it is written.
        message: may name what is written as `{written}`, and `proper`.
        kind: of the problem.
        safe: whether the fix keeps what the recipe means.
    """
    step = str(words[0])
    is_own = draft.text(keyword) == step and not draft.touch(keyword)
    begin, behind = keyword + is_own, f"{step} " if is_own else ""
    tokens = tokens_at(draft.span(begin, last), words[is_own:])
    return draft.mend(
        kind, begin, last, tokens, proper.removeprefix(behind), message, behind=behind, safe=safe
    )


def name_in(token: Token) -> str:
    """A name that is written as such, or as a text."""
    return token.value if token.kind == STRING and token.value.isidentifier() else token.text


#: The signs that forms put in, by how they are written.
_SIGNS = {
    ",": "COMMA",
    "=": "EQUAL",
    "|": "VBAR",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "-": "MINUS",
    ".": "DOT",
    "by": "BY",
    "true": "TRUE",
    "false": "FALSE",
}


def tokens_at(span: Span, words: Iterable[str | Token]) -> list[Token]:
    """Tokens of what is put in the place of something else, all of which stand where that stood.

    Args:
        span: of what they stand for.
        words: names, numbers and signs as they are written; tokens that were there before.
    """
    return [_token_at(span, each) for each in words]


def _token_at(span: Span, word: str | Token) -> Token:
    if isinstance(word, Token):
        return replace(word, span=span)
    if word in _SIGNS:
        return Token(_SIGNS[word], word, span, word)
    return Token(NUMBER if word[0].isdigit() else NAME, word, span, word)
