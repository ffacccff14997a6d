"""Values and types of settings, as a person writes and says them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from recipedsl.language.concept import Setting
from recipedsl.language.values import SUFFIXES, Unit, ValueType, Wants
from recipedsl.reference.markdown import code, listed

_UNITS = {Wants.SHARE: Unit.SHARE, Wants.DURATION: Unit.DURATION, Wants.BYTES: Unit.BYTES}

#: Suffixes that a number is written with, largest first; powers of two only where nothing is left over.
_ROUND = (("Mi", 2**20), ("Ki", 2**10), ("M", 10**6), ("k", 10**3))

#: A number written with a decimal suffix has at least so much: `1000` reads better than `1k`.
_LEAST_ROUND = 10_000


def default_of(setting: Setting) -> str:
    """The default as it would be written in a recipe: `none`, `2e-4`, `1Ki`, `10s`; empty when required.

    Where `none` may not be written either (a schedule, say) the default is what is then decided:
    `left out`, without the form of code.
    """
    if setting.required:
        return ""
    return "" if is_left_out(setting) else written(setting.default, setting.type)


def is_left_out(setting: Setting) -> bool:
    """Whether the setting has no default that could be written."""
    return not setting.required and setting.default is None and not setting.type.optional


def written(value: Any, type_: ValueType) -> str:
    """A value of a setting as a recipe has it.

    Args:
        value: in base units: seconds, bytes, fractions.
        type_: what the setting takes; tells the unit.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value, _unit(value, type_))
    if isinstance(value, str):
        return value if _is_choice(type_) else f'"{value}"'
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {written(each, ValueType(Wants.MAP))}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return f"[{', '.join(written(each, type_.item or type_) for each in value)}]"


def _is_choice(type_: ValueType) -> bool:
    return type_.wants is Wants.CHOICE or (type_.item is not None and _is_choice(type_.item))


def _unit(value: float, type_: ValueType) -> Unit:
    """The unit of the sort of number that it is, where a setting takes two."""
    if type_.also is not None and type_.wants is Wants.SHARE and value > 1:
        return _UNITS.get(type_.also.wants, Unit.NONE)
    return _UNITS.get(type_.wants, Unit.NONE)


def _number(value: float, unit: Unit) -> str:
    if unit is Unit.SHARE:
        return f"{_short(value * 100)}%"
    if unit is not Unit.NONE:
        return _measured(value, unit)
    if value == int(value) and abs(value) >= 2**10:
        return _rounded(int(value))
    return _short(value)


def _measured(value: float, unit: Unit) -> str:
    """With the largest suffix that leaves a whole number, else the largest that the value reaches."""
    suffixes = sorted(SUFFIXES[unit].items(), key=lambda each: -each[1])
    whole = ((name, size) for name, size in suffixes if value >= size and (value / size).is_integer())
    reached = ((name, size) for name, size in suffixes if value >= size)
    name, size = next(whole, None) or next(reached, None) or suffixes[-1]
    return f"{_short(value / size)}{name}"


def _rounded(value: int) -> str:
    for name, size in _ROUND:
        if value % size == 0 and ((size >= 2**10 and name.endswith("i")) or value >= _LEAST_ROUND):
            return f"{value // size}{name}"
    return str(value)


def _short(value: float) -> str:
    """`0.1`, `2e-4`, `16`: no more digits than the value has."""
    if value == 0 or (0.001 <= abs(value) < 1e16 and float(value).is_integer()):
        return str(int(value))
    if 0.001 <= abs(value) < 1e6:
        return f"{value:.10g}"
    digits, _, exponent = f"{value:.9e}".partition("e")
    return f"{float(digits):g}e{int(exponent)}"


# --- types ------------------------------------------------------------------------------------------


def type_words(type_: ValueType) -> str:
    """What a setting takes, as Markdown: `whole number, 1 or more`.

    Its default tells whether `none` may be written.
    """
    words = _sort(type_)
    return f"{words}, or {_sort(type_.also)}" if type_.also is not None else words


def _sort(type_: ValueType) -> str:
    match type_.wants:
        case Wants.FLAG:
            return "`true` or `false`"
        case Wants.CHOICE:
            return listed([code(each) for each in type_.choices])
        case Wants.LIST:
            return _list(type_)
        case Wants.MAP:
            return "map, `{ name: value }`"
        case Wants.NAME:
            return f"name of a {listed(_words(type_.families))}"
        case Wants.CONCEPT:
            return listed(_words(type_.families))
        case Wants.ROW:
            kinds = f": {listed(type_.families)}" if type_.families else ""
            return f"value of the row{kinds}"
        case Wants.EXPRESSION:
            return f"{listed(_words(type_.families))} expression"
        case _:
            return f"{type_.wants}{_bounds(type_)}"


def _words(families: Iterable[str]) -> Sequence[str]:
    return ["dataset" if each == "data" else each.replace("_", " ") for each in families]


def _list(type_: ValueType) -> str:
    item = _sort(type_.item) if type_.item else "values"
    least = f", {type_.low:g} or more" if type_.low else ""
    return f"list of: {item}{least}"


def _bounds(type_: ValueType) -> str:
    """`, 1 to 4Ki`, `, 0 or more`, `, over 0`."""
    low, high, above = (_bound(each, type_) for each in (type_.low, type_.high, type_.above))
    if above:
        return f", over {above}" + (f", up to {high}" if high else "")
    if low and high:
        return f", {low} to {high}"
    if low:
        return f", {low} or more"
    return f", up to {high}" if high else ""


def _bound(value: float | None, type_: ValueType) -> str:
    if value is None or math.isinf(value) or (value == 0 and type_.wants in (Wants.DURATION, Wants.BYTES)):
        return ""
    return written(value, type_)
