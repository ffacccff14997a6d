"""Joins as SQL, pandas and Polars write them.

`left join b on a.id = b.id`, `join b using id`, `join b, left_on = id, right_on = id, how = "left"`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from recipedsl.syntax.given import ENDS_STEP, given_to, mend_step, name_in
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, STRING

_SIDES = frozenset("left inner right outer full cross".split())
_JOINS = {f"{side}_join": side for side in _SIDES} | {"join": "", "merge": ""}
_KEYS = frozenset("left_on right_on on key keys using column columns".split())
_KINDS = frozenset("how kind type".split())
_KIND_WORDS = frozenset(("", "inner", "left"))
_NO_SUCH = (
    "a join keeps the rows that have a partner, or with `kind = left` all of its own; there is no other kind"
)


@dataclass(frozen=True, slots=True)
class _Join:
    """A join as it is meant.

    Attributes:
        other: name of the other dataset, with the part behind its dot.
        keys: names of columns here, and there.
        kind: which rows stay; empty where nothing is said.
        last: index of its last token.
    """

    other: str
    keys: tuple[tuple[str, str], ...]
    kind: str
    last: int


def joined(draft: Draft, keyword: int) -> bool:
    """Mend a join in the words of another language; whether it was one."""
    said = draft.text(keyword) in _SIDES and draft.text(keyword + 1) == "join"
    word = keyword + said
    if draft.text(word) not in _JOINS:
        return False
    side = draft.text(keyword) if said else _JOINS[draft.text(word)]
    found = _of_sql(draft, word, side) or _of_frames(draft, word, side)
    if found is None or _is_proper(draft, word, found):
        return False
    is_odd = found.kind not in _KIND_WORDS
    found = replace(found, kind="left") if is_odd else found
    kind = f", kind = {found.kind}" if found.kind else ""
    renamed = [(mine, theirs) for mine, theirs in found.keys if mine != theirs]
    listed = ", ".join(mine for mine, _ in found.keys)
    on = listed if len(found.keys) == 1 else f"[{listed}]"
    names = ", ".join(f"{mine} = {theirs}" for mine, theirs in renamed)
    other = f"({found.other} | rename {names})" if renamed else found.other
    proper = f"join {other}, on = {on}{kind}"
    message = (
        _NO_SUCH if is_odd else "the columns that both datasets have stand behind `on`, `join b, on = id`"
    )
    words = _words(found, renamed)
    return mend_step(draft, keyword, found.last, words, proper, message, safe=not (renamed or is_odd))


def _words(found: _Join, renamed: list[tuple[str, str]]) -> list[str]:
    """What stands for a join, word for word."""
    other = _with(found.other.split("."), ".")
    if renamed:
        names = _with([f"{mine} = {theirs}" for mine, theirs in renamed], ",")
        other = ["(", *other, "|", "rename", *" ".join(names).split(), ")"]
    keys = _with([mine for mine, _ in found.keys], ",")
    keys = keys if len(found.keys) == 1 else ["[", *keys, "]"]
    kind = [",", "kind", "=", found.kind] if found.kind else []
    return ["join", *other, ",", "on", "=", *keys, *kind]


def _with(words: list[str], sign: str) -> list[str]:
    """Words with a sign between them."""
    return [each for word in words for each in (sign, word)][1:]


def _is_proper(draft: Draft, word: int, found: _Join) -> bool:
    """Whether a join stands there as it should; what it is given has been read."""
    given = given_to(draft, word)
    is_own = given is not None and not given.in_brackets and {*given.settings} <= {"on", "kind"}
    return draft.text(word) == "join" and is_own


def _of_frames(draft: Draft, word: int, side: str) -> _Join | None:
    """`join b, left_on = id, right_on = id, how = "left"`."""
    given = given_to(draft, word)
    if given is None or len(given.columns) != 1 or given.numbers or {*given.settings} - _KEYS - _KINDS:
        return None
    names = {name: tuple(name_in(each) for each in values) for name, values in given.settings.items()}
    both = next((names[each] for each in names if each in _KEYS - {"left_on", "right_on"}), ())
    left, right = names.get("left_on", both), names.get("right_on", both)
    left, right = left or right, right or left
    kind = next((names[each][0] for each in names if each in _KINDS), side)
    is_join = (
        left and len(left) == len(right) and all(each.isidentifier() for each in (*left, *right, kind or "a"))
    )
    other = name_in(given.columns[0])
    return _Join(other, tuple(zip(left, right, strict=True)), kind, given.last) if is_join else None


def _of_sql(draft: Draft, word: int, side: str) -> _Join | None:
    """`join b on a.id = b.id`, `join b using id`."""
    other, place = _dotted(draft, word + 1)
    if not other or draft.text(place) not in {"on", "using"} or draft.kind(place + 1) == "EQUAL":
        return None
    first, place = _dotted(draft, place + 1)
    second = first
    if draft.kind(place) in {"EQUAL", "EQUAL_TO"}:
        second, place = _dotted(draft, place + 1)
    kind, place = _how(draft, place, side)
    if not (first and second) or draft.kind(place) not in ENDS_STEP:
        return None
    mine, theirs = (first, second) if not first.startswith(f"{other}.") else (second, first)
    return _Join(other, ((mine.split(".")[-1], theirs.split(".")[-1]),), kind, place - 1)


def _how(draft: Draft, place: int, side: str) -> tuple[str, int]:
    """`how = left` behind the keys, and the index behind it."""
    start = place + (draft.kind(place) == "COMMA")
    is_how = draft.text(start) in _KINDS and draft.kind(start + 1) == "EQUAL"
    if not is_how or draft.kind(start + 2) not in {NAME, STRING}:
        return side, place
    return name_in(draft.tokens[start + 2]), start + 3


def _dotted(draft: Draft, place: int) -> tuple[str, int]:
    """A name with what stands behind its dots, and the index behind; empty where none stands."""
    if draft.kind(place) != NAME:
        return "", place
    end = place + 1
    while [draft.kind(end), draft.kind(end + 1)] == ["DOT", NAME]:
        end += 2
    return "".join(draft.text(each) for each in range(place, end)), end
