"""A constant held against what a setting takes: its sort, its unit, its range, its choices."""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Any

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.types import NotAChoice, OutOfRange, WrongType, WrongUnit
from recipedsl.language.values import SUFFIXES, Unit, ValueType, Wants
from recipedsl.semantics.context import Context, did_you_mean, fix, share_meant
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.values import Sort, Value, is_too_large, number_value


class _Failed:
    """Stands for a value about which a problem was reported."""


FAILED = _Failed()


def of_value(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    """A constant as a value of the wanted type; `FAILED` after a problem was reported."""
    if type_.optional and value.sort is Sort.NOTHING:
        return None
    if type_.wants is Wants.CHOICE:
        return _chosen(context, place, type_, value, name)
    if type_.wants is Wants.MAP and value.sort is Sort.MAP:
        return value.plain
    if type_.wants in (Wants.MAP, Wants.LIST):
        return wrong_type(context, place, type_, value, name)
    if type_.also is not None and not _suits(value, type_) and _suits_wholly(value, type_.also):
        type_ = type_.also
    return _plain(context, place, type_, value, name)


_UNITS = {Wants.SHARE: Unit.SHARE, Wants.DURATION: Unit.DURATION, Wants.BYTES: Unit.BYTES}
_SORTS = {Wants.TEXT: Sort.TEXT, Wants.FLAG: Sort.FLAG}


def _suits(value: Value, type_: ValueType) -> bool:
    if value.sort is not Sort.NUMBER:
        return value.sort is _SORTS.get(type_.wants)
    wanted = _UNITS.get(type_.wants, Unit.NONE)
    return value.unit is wanted or (value.is_share and wanted is Unit.SHARE)


def _suits_wholly(value: Value, type_: ValueType) -> bool:
    """The same, with nothing behind the point where whole numbers are wanted: 0.5 is meant as a share."""
    return _suits(value, type_) and (type_.wants is not Wants.WHOLE or float(value.data).is_integer())


def _plain(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    if type_.wants in _SORTS:
        return (
            value.data
            if value.sort is _SORTS[type_.wants]
            else wrong_type(context, place, type_, value, name)
        )
    if value.sort is not Sort.NUMBER:
        return wrong_type(context, place, type_, value, name)
    if not _suits(value, type_) and not _harmless(value, type_):
        return _wrong_unit(context, place, type_, value, name)
    if type_.wants is Wants.WHOLE and not float(value.data).is_integer():
        return wrong_type(context, place, type_, value, name)
    return _in_range(context, place, type_, value, name)


def _harmless(value: Value, type_: ValueType) -> bool:
    # 0 and 1 mean the same as a share and as a number; 0 is nothing in every unit.
    return value.unit is Unit.NONE and (value.data == 0 or (value.data == 1.0 and type_.wants is Wants.SHARE))


def _in_range(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    # One number has one form, as `1` and `1.0` are the same to everything that a plan is for.
    data = int(value.data) if type_.wants is Wants.WHOLE else float(value.data)
    inside = (type_.low is None or data >= type_.low) and (type_.high is None or data <= type_.high)
    if inside and (type_.above is None or data > type_.above) and not is_too_large(data):
        return data
    words = f"`{name}` takes a {type_.wants}{_bounds(type_)}, found {value.written or data}"
    is_share = type_.high == 1 and value.unit is Unit.NONE and 1 < data <= 100
    helps = (share_meant(place, data),) if is_share else ()
    context.report(OutOfRange, words, place, "outside its range", helps=helps)
    return FAILED


def _bounds(type_: ValueType) -> str:
    """The range of a number in words: ` in 1..256`, ` above 0`."""
    low, high = ("" if each is None else f"{each:.15g}" for each in (type_.low, type_.high))
    above = "" if type_.above is None else f" above {type_.above:.15g}"
    if not low and not high:
        return above or " of 64 bits"
    return f"{above} and up to {high}" if above and high else f" in {low}..{high}"


#: A number as other tools write it into quotes.
_WRITTEN_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE]-?\d+)?(?:%|[A-Za-z]{1,3})?")


def wrong_type(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    """Report a value of another sort; gives `FAILED`."""
    helps = _without_quotes(place, type_, value.data) if value.sort is Sort.TEXT else ()
    is_broken_number = type_.wants is Wants.WHOLE and value.sort is Sort.NUMBER and _suits(value, type_)
    found = f"`{value.written or value.data}` is not whole" if is_broken_number else value.sentence()
    context.report(
        WrongType, f"`{name}` takes {_takes(type_)}, {found}", place, f"not {_article(type_)}", helps=helps
    )
    return FAILED


def _without_quotes(place: Place, type_: ValueType, inner: str) -> tuple[Help, ...]:
    """A number or truth value that is written as a text."""
    number = number_value(inner) if _WRITTEN_NUMBER.fullmatch(inner) else None
    if number is not None and _suits(number, type_):
        measure = "number" if number.unit is Unit.NONE else f"{type_.wants}"
        return (fix(place, inner, f"`{inner}` without quotes is a {measure}"),)
    if inner.lower() in ("true", "false") and type_.wants is Wants.FLAG:
        return (fix(place, inner.lower(), f"`{inner.lower()}` without quotes is true or false"),)
    return ()


#: A value of each sort, for messages.
_EXAMPLES = {
    Wants.WHOLE: "8",
    Wants.NUMBER: "0.5",
    Wants.SHARE: "5%",
    Wants.DURATION: "10s",
    Wants.BYTES: "80GB",
    Wants.MAP: "{ a: 1 }",
}


def _article(type_: ValueType) -> str:
    return str(type_.wants) if type_.wants in (Wants.TEXT, Wants.FLAG) else f"a {type_.wants}"


def _takes(type_: ValueType) -> str:
    """What a setting takes, with one such value: `a whole number; `8` is one`."""
    first = any_of(type_.choices) if type_.wants is Wants.CHOICE else _article(type_)
    if type_.also is not None:
        return f"{first} or {_article(type_.also)}"
    return f"{first}; `{_EXAMPLES[type_.wants]}` is one" if type_.wants in _EXAMPLES else first


def _wrong_unit(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    words = f"`{name}` takes {_takes(type_)}, {value.sentence()}"
    context.report(
        WrongUnit,
        words,
        place,
        "unit missing" if value.unit is Unit.NONE else "another unit is wanted",
        helps=_unit_helps(place, type_, value),
    )
    return FAILED


def _unit_helps(place: Place, type_: ValueType, value: Value) -> tuple[Help, ...]:
    digits = value.written.rstrip("%" + ascii_letters)
    if type_.wants not in _UNITS:
        words = "a plain number has no unit"
        is_whole = type_.wants is not Wants.WHOLE or digits.isdigit()
        return (
            fix(place, digits, f"write `{digits}`: {words}", Applicability.UNSAFE)
            if digits and is_whole
            else Help(words),
        )
    if type_.wants is Wants.SHARE:
        return (share_meant(place, value.data),) if value.unit is Unit.NONE else ()
    units = list(SUFFIXES[_UNITS[type_.wants]])
    options = ", ".join(f"`{digits or value.data}{unit}`" for unit in units[1:4])
    if not digits:
        return (Help(f"write {options}"),)
    usual = digits + _USUAL_UNITS[type_.wants]
    return (fix(place, usual, f"write {options}", Applicability.UNSAFE),)


#: Units in which most settings of a sort are thought of.
_USUAL_UNITS = {Wants.DURATION: "s", Wants.BYTES: "GB"}


# --- choices ----------------------------------------------------------------------------------------


def _chosen(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    if value.sort is Sort.NOTHING and "none" in type_.choices:
        return "none"  # a choice of that name, which is a word of the grammar
    if value.sort is Sort.TEXT:
        known = value.data in type_.choices
        return value.data if known else no_choice(context, place, type_, value.data, name)
    return wrong_type(context, place, type_, value, name)


def no_choice(context: Context, place: Place, type_: ValueType, written: str, name: str) -> Any:
    """Report a word that is none of the choices; gives `FAILED`."""
    context.report(
        NotAChoice,
        f"`{name}` takes {any_of(type_.choices)}, found `{written}`",
        place,
        "none of the choices",
        helps=did_you_mean(place, written, type_.choices),
    )
    return FAILED


def any_of(choices: tuple[str, ...]) -> str:
    """The choices, for a sentence: `a`, `b` or `c`."""
    quoted = [f"`{each}`" for each in choices]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
