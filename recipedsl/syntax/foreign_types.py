"""Types as Python, TypeScript and SQL write them, mended before they are parsed.

`float | null`, `Optional[float]`, `Literal["a", "b"]`, `list<text>`, `text[]`. Looked at are the types of
`type` and `param`, in which no bar ever stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.foreign_words import NULLS
from recipedsl.syntax.layout import Layout
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, STRING, Token

_NULLS = NULLS | {"undefined"}
_CHOICES = frozenset("Literal literal Enum enum choice one_of oneof".split())
_LISTS = frozenset("list List Array array Sequence".split())
_ENDS_TYPE = frozenset((NAME, "RSQB", "QMARK", "NONE"))
_BEFORE_TYPE = frozenset(("EQUAL", "COLON", "LSQB", "LESSTHAN"))
_ONE_TYPE = Help("`float` takes whole numbers too, and `text` whatever is written as text")


def with_own_types(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    draft = Draft(source, laid, problems)
    for begin, end in pairwise([*laid.statements, len(laid.tokens) - 1]):
        if draft.kinds[begin] in {"TYPE", "PARAM"}:
            for index in _in_types(draft, begin, end):
                _look_at(draft, index)
    return draft.result()


def _in_types(draft: Draft, begin: int, end: int) -> Iterator[int]:
    """Indices of the tokens of types; what stands in round brackets and behind `=` is a value."""
    for index in range(begin + 2, end):
        is_default = draft.kinds[begin] == "PARAM" and draft.kinds[index] == "EQUAL"
        if draft.kinds[index] == "LPAR" or is_default:
            return
        yield index


def _look_at(draft: Draft, index: int) -> None:
    kind = draft.kinds[index]
    if kind in {"VBAR", "OR"} and draft.kind(index - 1) in _ENDS_TYPE:
        _several(draft, index)
    elif kind == NAME and draft.kind(index - 1) in _BEFORE_TYPE:
        if draft.kind(index + 1) == "LSQB":
            _wrapped(draft, index)
        elif draft.text(index) in _LISTS and draft.kind(index + 1) == "LESSTHAN":
            _list_in_angles(draft, index)


def _several(draft: Draft, bar: int) -> None:
    """`float | null` and `null | float` are `float?`; of `int | float` the first is kept."""
    nulls = [draft.text(bar - 1) in _NULLS, draft.text(bar + 1) in _NULLS]
    span = draft.span(bar - 1, bar + 1)
    mark = Token("QMARK", "?", Span(span.end, span.end))
    if draft.kind(bar + 1) not in {NAME, "NONE"} or all(nulls):
        return
    if not any(nulls):
        if draft.replace(bar, bar + 1):
            message = "a column has one type"
            second = draft.span(bar, bar + 1)
            draft.report(codes.ForeignOperator, message, second, "a second type", _ONE_TYPE)
        return
    kept = bar + 1 if nulls[0] else bar - 1
    is_mended = (
        draft.replace(bar - 1, bar + 1, draft.tokens[kept], mark)
        if nulls[0]
        else draft.replace(bar, bar + 1, mark)
    )
    if is_mended:
        _report(draft, span, f"{draft.text(kept)}?")


def _wrapped(draft: Draft, word: int) -> None:
    """`Optional[float]`, `Literal["a", "b"]`, `text[]`: a bracket stands behind the word."""
    opener, closer = word + 1, draft.closer(word + 1)
    inside = draft.source.slice(draft.span(opener, closer)) if closer else ""
    name, span = draft.text(word), draft.span(word, max(word, closer))
    if not closer:
        return
    if name == "Optional" and closer > opener + 1:
        if draft.replace(word, opener):
            draft.replace(closer, closer, Token("QMARK", "?", draft.tokens[closer].span))
            _report(draft, span, f"{inside[1:-1].strip()}?")
    elif name in _CHOICES and draft.kind(opener + 1) == STRING:
        if draft.replace(word, word):
            _report(draft, span, inside)
    elif closer == opener + 1 and name not in _LISTS and draft.replace(word, closer, *_list_of(draft, word)):
        _report(draft, span, f"list[{name}]")


def _list_of(draft: Draft, word: int) -> tuple[Token, ...]:
    """The tokens of `list[…]` around a name."""
    item = draft.tokens[word]
    before, behind = Span(item.span.start, item.span.start), Span(item.span.end, item.span.end)
    return Token(NAME, "list", before, "list"), Token("LSQB", "", before), item, Token("RSQB", "", behind)


def _list_in_angles(draft: Draft, word: int) -> None:
    """`list<text>`."""
    is_form = [draft.kind(word + 2), draft.kind(word + 3)] == [NAME, "MORETHAN"]
    if is_form and draft.replace(word, word + 3, *_list_of(draft, word + 2)):
        _report(draft, draft.span(word, word + 3), f"list[{draft.text(word + 2)}]")


def _report(draft: Draft, span: Span, proper: str) -> None:
    message = f"the type `{draft.source.slice(span)}` is written `{proper}` here"
    fix = draft.fix(f"write `{proper}`", (span, proper))
    draft.report(codes.ForeignOperator, message, span, f"write `{proper}`", fix)
