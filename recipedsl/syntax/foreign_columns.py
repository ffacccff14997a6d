"""Renamed columns in other words.

`rename a to b`, `rename a -> b`, `rename({a: "b"})`, `select b = a`, `select a as b`.
"""

from __future__ import annotations

from dataclasses import dataclass

from recipedsl.syntax.given import ENDS_STEP, mend_step, name_in
from recipedsl.syntax.mending import Draft
from recipedsl.syntax.scan import NAME, STRING

#: Words, and signs of two characters, between the old name of a column and the new one.
_INTO = frozenset("to as into".split())
_ARROWS = (["MINUS", "MORETHAN"], ["EQUAL", "MORETHAN"])
_RENAMES = frozenset("rename rename_column rename_columns".split())


@dataclass(frozen=True, slots=True)
class _Named:
    """A column and what it is to be called.

    Attributes:
        is_own: whether it is written as it is here, `new = old`.
        end: index behind it.
    """

    old: str
    new: str
    is_own: bool
    end: int


def renamed(draft: Draft, keyword: int) -> bool:
    """`rename old to new`, `rename old -> new`, `rename { old: "new" }`; whether it was that."""
    if draft.text(keyword) not in _RENAMES:
        return False
    found = _mapped(draft, keyword + 1) or _listed(draft, keyword + 1)
    if not found or draft.kind(found[-1].end) not in ENDS_STEP or all(each.is_own for each in found):
        return False
    if any(each.old == each.new for each in found):
        return False
    last, names = found[-1].end - 1, [f"{each.new} = {each.old}" for each in found]
    proper = f"rename {', '.join(names)}"
    message = "a renaming is written with the new name first, `new = old`"
    return mend_step(draft, keyword, last, _words(found), proper, message, safe=True)


def chosen(draft: Draft, keyword: int) -> bool:
    """`select new = old`, `select old as new`; whether it was that."""
    found = _listed(draft, keyword + 1) if draft.text(keyword) == "select" else []
    names = [each for each in found if each.old != each.new]
    if not names or draft.kind(found[-1].end) not in ENDS_STEP:
        return False
    last = found[-1].end - 1
    kept = [word for each in found for word in (",", each.new)][1:]
    words = (*_words(names), "|", "select", *kept)
    listed = ", ".join(f"{each.new} = {each.old}" for each in names)
    proper = f"rename {listed} | select {', '.join(each.new for each in found)}"
    message = "`select` takes columns by their names; `rename` gives them others"
    return mend_step(draft, keyword, last, words, proper, message)


def _words(found: list[_Named]) -> list[str]:
    return ["rename", *[word for each in found for word in (",", each.new, "=", each.old)][1:]]


def _listed(draft: Draft, place: int) -> list[_Named]:
    """What is named one behind the other, with `,` between; empty where something else stands among it."""
    found: list[_Named] = []
    while draft.kind(place) == NAME:
        each = _one(draft, place)
        found.append(each)
        if draft.kind(each.end) != "COMMA":
            return found
        place = each.end + 1
    return []


def _one(draft: Draft, place: int) -> _Named:
    first, between = draft.text(place), [draft.kind(place + 1), draft.kind(place + 2)]
    if draft.text(place + 1) in _INTO and between[1] == NAME:
        return _Named(first, draft.text(place + 2), is_own=False, end=place + 3)
    if between in _ARROWS and draft.kind(place + 3) == NAME:
        return _Named(first, draft.text(place + 3), is_own=False, end=place + 4)
    if between == ["EQUAL", NAME]:
        return _Named(draft.text(place + 2), first, is_own=True, end=place + 3)
    return _Named(first, first, is_own=False, end=place + 1)


def _mapped(draft: Draft, place: int) -> list[_Named]:
    """`{ old: "new" }`, in round brackets and behind `columns =` too; empty where something else stands."""
    opened = draft.kind(place) == "LPAR"
    place += opened
    place += 2 if draft.text(place) in {"columns", "mapping"} and draft.kind(place + 1) == "EQUAL" else 0
    closer = draft.closer(place) if draft.kind(place) == "LBRACE" else 0
    inside = draft.tokens[place + 1 : closer]
    count = (len(inside) + 1) // 4
    kinds = [each.kind for each in inside]
    is_map = count > 0 and [*kinds[1::4], *kinds[3::4]] == ["COLON"] * count + ["COMMA"] * (count - 1)
    if not is_map or len(inside) != 4 * count - 1 or not {*kinds[::2]} <= {NAME, STRING}:
        return []
    end = closer + 1 + (opened and draft.kind(closer + 1) == "RPAR")
    names = [name_in(each) for each in inside[::2]]
    pairs = zip(names[::2], names[1::2], strict=True)
    return [_Named(old, new, is_own=False, end=end) for old, new in pairs]
