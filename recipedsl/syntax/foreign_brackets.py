"""Brackets where none or others belong, mended before a text is parsed.

`| dedup(question)`, `| dedup near(question, 0.8)`, `mix(a: 70%, b: 30%)`, `interleave([a, b], [0.7, 0.3])`. A
single value in brackets is a value wherever a step takes one, so that a valid text is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recipedsl.diagnostics import Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.layout import END, OPENERS, Layout
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, NEWLINE, NUMBER, Token

#: Steps whose arguments are columns (a test holds them against the vocabulary).
COLUMN_STEPS = frozenset("dedup select drop redact explode".split())

#: All steps, of which brackets are told; of a step that does not exist only that (held by a test as well).
STEPS = COLUMN_STEPS | frozenset(
    "where derive rename take sample repeat shuffle sort split join as decontaminate spread score band best "
    "pair rank expect".split()
)

#: Sources whose shares are one map, and what they take (a test holds both against the vocabulary).
SHARED_SOURCES = frozenset("mix interleave".split())
SHARED_SETTINGS = frozenset("shares rows repeat until".split())

#: What a list of shares is called elsewhere.
_LISTS = frozenset("shares probabilities weights ratios".split())
_NEVER_A_VALUE = COLUMN_STEPS | {"sort"}
_ENDS_STEP = frozenset(("VBAR", NEWLINE, END, "RPAR", "BY"))

#: Signs that do not stand in brackets around a value.
_SIGNS_OF_ARGUMENTS = frozenset(("COMMA", "EQUAL", "COLON"))


def with_own_brackets(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    draft = Draft(source, laid, problems)
    for opener, kind in enumerate(draft.kinds):
        if kind == "LPAR" and draft.kind(opener - 1) == NAME:
            _look_at(draft, opener)
    return draft.result()


def _look_at(draft: Draft, opener: int) -> None:
    """Mend what stands around the bracket at an index, behind a name."""
    closer = draft.closer(opener) or _added(draft, opener)
    if not closer:
        return
    if draft.text(opener - 1) in SHARED_SOURCES:
        if not _shares_as_arguments(draft, opener):
            _shares_as_lists(draft, opener)
    elif draft.kind(closer + 1) in _ENDS_STEP:
        if draft.kind(opener - 2) == "VBAR":
            _around_arguments(draft, opener, closer)
        elif [draft.text(opener - 2), draft.text(opener - 1)] == ["dedup", "near"]:
            _near(draft, opener, closer)


def _added(draft: Draft, opener: int) -> int:
    """Index of the bracket that was put in for one that is never closed; 0 when there is none."""
    token = draft.tokens[opener]
    return next((place for place, each in draft.laid.missing.items() if each is token), 0)


def _around_arguments(draft: Draft, opener: int, closer: int) -> None:
    """`| dedup(question, near = 0.8)`."""
    step = draft.text(opener - 1)
    is_kept = step not in _NEVER_A_VALUE and is_value(draft, opener, closer)
    is_map = step == "rename" and "LBRACE" in draft.kinds[opener:closer]  # which is mended as a whole
    if step not in STEPS or is_kept or is_map or not draft.replace(opener, opener):
        return
    draft.replace(closer, closer)
    first, last = draft.tokens[opener].span, draft.tokens[closer].span
    closing = () if closer in draft.laid.missing else ((last, ""),)
    fix = draft.fix("remove the brackets", (first, " " if closer > opener + 1 else ""), *closing)
    message = f"the arguments of the step `{step}` stand without brackets"
    draft.report(codes.StepBrackets, message, first, "a step takes its arguments without brackets", fix)


def is_value(draft: Draft, opener: int, closer: int) -> bool:
    """Whether brackets hold one value, as far as their signs tell."""
    inside = {draft.kinds[each] for each in _flat(draft, opener, closer)}
    # What holds a `|` is a pipeline, whose steps have arguments of their own.
    return bool(inside) and ("VBAR" in inside or not _SIGNS_OF_ARGUMENTS & inside)


def _flat(draft: Draft, opener: int, closer: int) -> Iterator[int]:
    """Indices of the tokens right inside a pair of brackets, without what further brackets hold."""
    index = opener + 1
    while index < closer:
        yield index
        index = max(index, draft.closer(index) if draft.kinds[index] in OPENERS else index) + 1


def _near(draft: Draft, opener: int, closer: int) -> None:
    """`| dedup near(question, 0.8)`."""
    name, inside = draft.tokens[opener - 1], draft.tokens[opener + 1 : closer]
    columns = [each for each in inside if each.kind == NAME]
    numbers = [each for each in inside if each.kind == NUMBER]
    is_step = draft.kind(opener - 3) == "VBAR"
    if (
        not is_step
        or len(numbers) != 1
        or not columns
        or {each.kind for each in inside} - {NAME, NUMBER, "COMMA"}
    ):
        return
    commas = [Token("COMMA", "", Span(each.span.end, each.span.end)) for each in columns]
    listed = [token for pair in zip(columns, commas, strict=True) for token in pair]
    at = Span(name.span.end, name.span.end)
    tokens = *listed, name, Token("EQUAL", "", at), numbers[0]
    proper = ", ".join([*(each.text for each in columns), f"near = {numbers[0].text}"])
    message = f"`near` of `dedup` is a setting, written `near = {numbers[0].text}`"
    draft.mend(codes.MissingSign, opener - 1, closer, tokens, proper, message, behind="dedup ")


# --- shares -----------------------------------------------------------------------------------------


def _shares_as_arguments(draft: Draft, opener: int) -> bool:
    """`mix(a: 70%, b.train = 30%, rows = 1k)`, `mix(70% a, 30% b)`; whether it was that."""
    place, pairs = opener + 1, list[_Pair]()
    while (found := _share(draft, place)) is not None:
        pairs.append(found)
        place = found.end + (draft.kind(found.end) == "COMMA")
    return bool(pairs) and _as_map(draft, opener + 1, pairs[-1].end - 1, pairs)


def _shares_as_lists(draft: Draft, opener: int) -> bool:
    """`interleave([a, b], probabilities = [0.7, 0.3])`; whether it was that."""
    names = opener + 1
    comma = draft.closer(names) + 1 if draft.kind(names) == "LSQB" else 0
    is_named = draft.text(comma + 1) in _LISTS and draft.kind(comma + 2) == "EQUAL"
    shares = comma + (3 if is_named else 1)
    last = draft.closer(shares) if [draft.kind(comma), draft.kind(shares)] == ["COMMA", "LSQB"] else 0
    datasets = list(_datasets(draft, names + 1, comma - 1))
    pairs = [
        _Pair(draft.tokens[name:end], draft.tokens[share], last)
        for (name, end), share in zip(datasets, range(shares + 1, last, 2), strict=False)
    ]
    is_form = last - shares == 2 * len(datasets) and {each.share.kind for each in pairs} == {NUMBER}
    return bool(comma and last) and is_form and _as_map(draft, names, last, pairs)


def _datasets(draft: Draft, place: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the datasets of a list stand, each with the index behind it."""
    while place < end and (behind := _behind_name(draft, place)):
        yield place, behind
        place = behind + 1


def _behind_name(draft: Draft, place: int) -> int:
    """Index behind a name with what stands behind its dots; 0 where none stands."""
    if draft.kind(place) != NAME:
        return 0
    while [draft.kind(place + 1), draft.kind(place + 2)] == ["DOT", NAME]:
        place += 2
    return place + 1


@dataclass(frozen=True, slots=True)
class _Pair:
    """A dataset and its share.

    Attributes:
        dataset: tokens of its name.
        end: index behind both.
    """

    dataset: list[Token]
    share: Token
    end: int


def _as_map(draft: Draft, first: int, last: int, pairs: list[_Pair]) -> bool:
    """Put `{ name: share, … }` in the place of tokens."""
    span = draft.span(first, last)
    begin, end = Span(span.start, span.start), Span(span.end, span.end)
    comma, colon = Token("COMMA", "", end), Token("COLON", "", end)
    inside = [token for each in pairs for token in (comma, *each.dataset, colon, each.share)]
    tokens = Token("LBRACE", "", begin), *inside[1:], Token("RBRACE", "", end)
    listed = [f"{''.join(token.text for token in each.dataset)}: {each.share.text}" for each in pairs]
    proper = f"{{ {', '.join(listed)} }}"
    message = f"the shares of `{draft.text(first - 2)}` are one map"
    return draft.mend(codes.MissingSign, first, last, tokens, proper, message)


def _share(draft: Draft, place: int) -> _Pair | None:
    """`a: 70%`, `a.train = 0.7` or `70% a` at an index, where it is a whole argument."""
    if draft.kind(place) == NUMBER:
        name = place + 1 + (draft.kind(place + 1) == "STAR" or draft.text(place + 1) == "of")
        share, end = place, _behind_name(draft, name)
    else:
        name, behind = place, _behind_name(draft, place)
        share = behind + (draft.kind(behind) in {"COLON", "EQUAL"}) if behind else 0
        end = share + 1
    is_share = "." in draft.text(share) or draft.text(share).endswith("%")
    is_named = bool(end) and draft.text(name) not in SHARED_SETTINGS and draft.kind(share) == NUMBER
    if not (is_named and is_share and draft.kind(end) in {"COMMA", "RPAR"}):
        return None
    behind = end if draft.kind(place) == NUMBER else _behind_name(draft, name)
    return _Pair(draft.tokens[name:behind], draft.tokens[share], end)
