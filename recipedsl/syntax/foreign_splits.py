"""Splits as they are said rather than written.

`split 80% train`, `split 90/10`, `train_test_split(test_size = 0.1)`, `split …, seed = 42`.
"""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Span
from recipedsl.syntax.given import ENDS_STEP, given_to, mend_step, name_in
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, NUMBER, STRING, Token

_HELD = frozenset("test held eval val validation dev".split())

#: What a split, and its settings, are called elsewhere.
_SPLITS = frozenset("split train_test_split random_split val_split holdout".split())
_SIZES = {
    **{f"{name}_size": name for name in ("train", "test", "val", "eval", "dev")},
    **{f"{name}_ratio": name for name in ("train", "test", "val", "eval", "dev")},
    "validation_size": "val",
    "valid_size": "val",
}
_SEEDS = frozenset("seed random_state random_seed".split())
_STRATA = frozenset("stratify stratify_by stratify_on stratify_by_column".split())
_SHUFFLES = frozenset(("shuffle", "shuffled"))


def shares_said(draft: Draft, keyword: int, arguments: list[int]) -> None:
    """`split 80% train` and `split train 80%, test 20%`."""
    by = next((place for place, index in enumerate(arguments) if draft.kind(index) == "BY"), len(arguments))
    given = [index for index in arguments[:by] if draft.kind(index) != "COMMA"]
    pairs = [given[place : place + 2] for place in range(0, len(given), 2)]
    if any(sorted(draft.kind(index) for index in pair) != [NAME, NUMBER] for pair in pairs):
        return
    ordered = [sorted(pair, key=draft.kind) for pair in pairs]
    shares = {draft.text(name): _as_share(draft.text(number)) for name, number in ordered}
    rest = _the_rest(shares) if len(shares) == 1 else {}
    shares |= rest
    first, last = given[0], given[-1]
    tokens = _named(shares, draft.span(first, last))
    message = "a part of a split is written with its name first, `train = 80%`"
    draft.mend(codes.MissingSign, first, last, tokens, _written(shares), message, safe=not rest)


def sized(draft: Draft, keyword: int) -> bool:
    """`split train = 90%, test = 10%, seed = 1`, `train_test_split(test_size = 0.1)`; whether it was that."""
    found = given_to(draft, keyword) if draft.text(keyword) in _SPLITS else None
    foreign = {*_SIZES, *_SEEDS, *_STRATA, *_SHUFFLES}
    if found is None or found.columns or found.numbers or not foreign & {*found.settings}:
        return False
    said = {name: values[0] for name, values in found.settings.items()}
    sizes = {_SIZES.get(name, name): each for name, each in said.items() if name not in foreign - {*_SIZES}}
    strata = [each for name in _STRATA & {*said} for each in found.settings[name]]
    if {each.kind for each in strata} - {NAME, STRING} or not all(_is_share(each) for each in sizes.values()):
        return False
    shares = {name: _as_share(each.text) for name, each in sizes.items()}
    shares = _with_rest(shares) if len(shares) == 1 else shares
    if not shares:
        return False
    by = ", ".join(name_in(each) for each in strata)
    listed = [word for name, share in shares.items() for word in (",", name, "=", share)][1:]
    groups = ["by", *(word for each in strata for word in (name_in(each), ","))][:-1] if strata else []
    proper = f"split {_written(shares)}{f' by {by}' if by else ''}"
    message = "; ".join(_words_of(said))
    return mend_step(draft, keyword, found.last, ("split", *listed, *groups), proper, message)


def _with_rest(shares: dict[str, str]) -> dict[str, str]:
    rest = _the_rest(shares)
    return rest | shares if "train" in rest else shares | rest


def _is_share(token: Token) -> bool:
    return token.kind == NUMBER and 0 < float(_as_share(token.text).removesuffix("%") or 0) <= 100


def _words_of(said: dict[str, Token]) -> Iterator[str]:
    """What is to be told of the settings that a split does not have."""
    if _SIZES.keys() & said.keys():
        yield "the parts of a split have names and shares, `train = 80%`"
    for name in _SEEDS & said.keys():
        yield f"the seed of every draw is a setting of `run`: `run {{{{ seed = {said[name].text} }}}}`"
    if _STRATA & said.keys():
        yield "the column of which each part gets its share stands behind `by`"
    if _SHUFFLES & said.keys():
        yield "a split always draws its rows at random"


def ratio(draft: Draft, keyword: int) -> bool:
    """`split 90/10`; whether it was that."""
    last = keyword + 1
    while draft.kind(last + 1) == "SLASH" and draft.kind(last + 2) == NUMBER:
        last += 2
    parts = [draft.text(place) for place in range(keyword + 1, last + 1, 2)]
    is_form = draft.text(keyword) == "split" and draft.kind(last + 1) in ENDS_STEP | {"BY"}
    if (
        not is_form
        or not all(map(str.isdigit, parts))
        or len(parts) not in {2, 3}
        or sum(map(int, parts)) != 100
    ):
        return False
    shares = {name: f"{part}%" for name, part in zip(("train", "held", "test"), parts, strict=False)}
    tokens = _named(shares, draft.span(keyword + 1, last))
    proper, message = _written(shares), "the parts of a split have names and shares, `train = 80%`"
    kind = codes.MissingSign
    return draft.mend(kind, keyword + 1, last, tokens, proper, message, behind="split ", safe=False)


def open_share(draft: Draft, keyword: int) -> bool:
    """`split train = 85%, held`: one part takes the rest; whether it was that."""
    shares, rest, place = dict[str, str](), list[str](), keyword + 1
    while draft.text(keyword) == "split" and draft.kind(place) == NAME:
        has_share = [draft.kind(place + 1), draft.kind(place + 2)] == ["EQUAL", NUMBER]
        name = draft.text(place)
        shares[name] = draft.text(place + 2) if has_share else ""
        rest += [] if has_share else [name]
        place += 3 if has_share else 1
        if draft.kind(place) != "COMMA":
            break
        place += 1
    sizes = [float(each[:-1]) for each in shares.values() if each.endswith("%")]
    is_form = len(rest) == 1 and len(sizes) == len(shares) - 1 > 0 and 0 < sum(sizes) < 100
    if not is_form or draft.kind(place) not in ENDS_STEP | {"BY"}:
        return False
    shares[rest[0]] = f"{100 - sum(sizes):g}%"
    tokens = _named(shares, draft.span(keyword + 1, place - 1))
    kind, proper = codes.MissingSign, _written(shares)
    message = "every part of a split has its share, `held = 5%`"
    return draft.mend(kind, keyword + 1, place - 1, tokens, proper, message, behind="split ")


def _written(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _as_share(number: str) -> str:
    if not number.replace(".", "", 1).isdigit():
        return number
    value = float(number)
    return f"{value * 100 if value <= 1 else value:g}%"


def _the_rest(shares: dict[str, str]) -> dict[str, str]:
    """The other part of a split of which only one is said."""
    ((name, share),) = shares.items()
    value = share.removesuffix("%")
    if not value.replace(".", "", 1).isdigit() or not 0 < float(value) < 100:
        return {}
    return {"train" if name in _HELD else "held": f"{100 - float(value):g}%"}


def _named(values: dict[str, str], span: Span) -> Iterator[Token]:
    """The tokens of `name = value, …`; all of them stand where the words did that they stand for."""
    at = Span(span.end, span.end)
    for number, (name, value) in enumerate(values.items()):
        if number:
            yield Token("COMMA", "", at)
        yield Token(NAME, name, span if not number else at, name)
        yield Token("EQUAL", "", at)
        yield Token(NUMBER, value, at)
