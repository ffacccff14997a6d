"""Brackets where none or others belong, mended before a text is parsed.

`| dedup(question)`, `| dedup near(question, 0.8)`, `mix(a: 70%, b: 30%)`, `interleave([a, b], [0.7, 0.3])`. A
single value in brackets is a value wherever a step takes one, so that a valid text is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics import Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.layout import END, OPENERS, Layout
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, NEWLINE, NUMBER, Token

#: Steps whose arguments are columns (a test holds them against the vocabulary).
COLUMN_STEPS = frozenset("dedup select drop redact explode".split())

#: Sources whose shares are one map, and what they take (a test holds both against the vocabulary).
SHARED_SOURCES = frozenset("mix interleave".split())
SHARED_SETTINGS = frozenset("shares rows repeat until".split())

#: What a list of shares is called elsewhere.
_LISTS = frozenset("shares probabilities weights ratios".split())
_NEVER_A_VALUE = COLUMN_STEPS | {"sort"}
_ENDS_STEP = frozenset(("VBAR", NEWLINE, END, "RPAR", "BY"))
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
    step, inside = draft.text(opener - 1), [draft.kinds[each] for each in _flat(draft, opener, closer)]
    is_value = inside and not _SIGNS_OF_ARGUMENTS & set(inside)
    if (is_value and step not in _NEVER_A_VALUE) or not draft.replace(opener, opener):
        return
    draft.replace(closer, closer)
    first, last = draft.tokens[opener].span, draft.tokens[closer].span
    closing = () if closer in draft.laid.missing else ((last, ""),)
    fix = draft.fix("remove the brackets", (first, " " if inside else ""), *closing)
    message = f"the arguments of the step `{step}` stand without brackets"
    draft.report(codes.StepBrackets, message, first, "a step takes its arguments without brackets", fix)


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
    """`mix(a: 70%, b = 30%, rows = 1k)`; whether it was that."""
    count = 0
    while _is_share(draft, opener + 1 + 4 * count):
        count += 1
    first, last = opener + 1, opener + 4 * count - 1
    places = range(first, last, 4)
    return bool(count) and _as_map(draft, first, last, [(place, place + 2) for place in places])


def _shares_as_lists(draft: Draft, opener: int) -> bool:
    """`interleave([a, b], probabilities = [0.7, 0.3])`; whether it was that."""
    names = opener + 1
    comma = draft.closer(names) + 1 if draft.kind(names) == "LSQB" else 0
    is_named = draft.text(comma + 1) in _LISTS and draft.kind(comma + 2) == "EQUAL"
    shares = comma + (3 if is_named else 1)
    last = draft.closer(shares) if [draft.kind(comma), draft.kind(shares)] == ["COMMA", "LSQB"] else 0
    pairs = list(zip(range(names + 1, comma - 1, 2), range(shares + 1, last, 2), strict=False))
    kinds = {(draft.kind(name), draft.kind(share)) for name, share in pairs}
    is_form = last - shares == comma - 1 - names and kinds == {(NAME, NUMBER)}
    return bool(comma and last) and is_form and _as_map(draft, names, last, pairs)


def _as_map(draft: Draft, first: int, last: int, pairs: list[tuple[int, int]]) -> bool:
    """Put `{ name: share, … }` in the place of tokens: `pairs` tells where names and shares stand."""
    span = draft.span(first, last)
    begin, end = Span(span.start, span.start), Span(span.end, span.end)
    inside = [
        each
        for name, share in pairs
        for each in (
            draft.tokens[name],
            Token("COLON", "", end),
            draft.tokens[share],
            Token("COMMA", "", end),
        )
    ]
    tokens = Token("LBRACE", "", begin), *inside[:-1], Token("RBRACE", "", end)
    proper = f"{{ {', '.join(f'{draft.text(name)}: {draft.text(share)}' for name, share in pairs)} }}"
    message = f"the shares of `{draft.text(first - 2)}` are one map"
    return draft.mend(codes.MissingSign, first, last, tokens, proper, message)


def _is_share(draft: Draft, index: int) -> bool:
    """Whether `a: 70%` stands at an index, and is a whole argument."""
    return (
        draft.kind(index) == NAME
        and draft.text(index) not in SHARED_SETTINGS
        and draft.kind(index + 1) in {"COLON", "EQUAL"}
        and draft.kind(index + 2) == NUMBER
        and ("." in draft.text(index + 2) or draft.text(index + 2).endswith("%"))
        and draft.kind(index + 3) in {"COMMA", "RPAR"}
    )
