"""What a function of expressions is: argument types, a result type, a page, an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recipedsl.language.concept import Word
from recipedsl.language.types import ANY, FLOAT, Kind, Type, common

#: An argument that takes any list, whatever its items.
LIST = Type(Kind.LIST)
#: An argument that takes any record.
RECORD = Type(Kind.RECORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An argument of a function.

    Attributes:
        name: for messages, and to pass it by name.
        type: what it takes; `ANY` takes everything, `LIST` any list, FLOAT any number.
        constant: whether it must be known before a row is read (a pattern, a number of digits).
        default: value when left out, only together with `optional`; a tuple is a list.
        choices: what a constant may be; empty when everything of the type is fine. A value that
            depends on the row is not held against them.
        low, high: bounds of a constant number, inclusive; None where open.
        pattern: whether a constant that is none of the choices is a regular expression.
        usual: what a constant mostly is; another one is taken too, with a warning where it is nearly one.
    """

    name: str
    type: Type
    constant: bool = False
    optional: bool = False
    default: bool | int | float | str | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    pattern: bool = False
    usual: tuple[str, ...] = ()


class Function(Word):
    """Base of functions. A function is never instantiated; its uses are `expressions.Call`.

    The docstring: a title line, then what it does, `Null:` what a null argument gives, and
    `Example:` an expression that compiles.

    Attributes:
        keyword: what recipes call it; also the name of its lowering in `recipedsl.data.functions`.
        takes: arguments in order.
        rest: type of any number of further arguments of the last parameter's kind; None for none.
        gives: type of the result; None when `result` computes it.
        null: what a null argument gives: `null`, or `value` when it never gives null.
        aggregate: whether it turns the rows so far into one value (`expect count() > 1k`).
        operator: its spelling when it is an operator (`==`), empty otherwise.
        decided_by: packages whose version decides what it gives, beside those of all data; part of the
            fingerprint of what uses it. `python` is the interpreter.
    """

    takes: ClassVar[tuple[Parameter, ...]] = ()
    rest: ClassVar[Type | None] = None
    gives: ClassVar[Type | None] = ANY
    null: ClassVar[str] = "null"
    aggregate: ClassVar[bool] = False
    operator: ClassVar[str] = ""
    decided_by: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        """Type of the result for these argument types; None when they do not go together."""
        if cls.gives is None:
            return None
        nullable = cls.null == "null" and any(each.nullable for each in types)
        return cls.gives.or_null() if nullable else cls.gives


def is_operator(word: type[Word]) -> bool:
    """Whether a word of the language is an operator: those are not called by their names."""
    return issubclass(word, Function) and bool(word.operator)


def widest(types: tuple[Type, ...]) -> Type | None:
    """Smallest type that holds all; None when there is none."""
    result: Type | None = types[0] if types else ANY
    for each in types[1:]:
        result = common(result, each) if result else None
    return result


def arithmetic(types: tuple[Type, ...]) -> Type | None:
    """Type of a sum or product of numbers: `int` of ints, else `float`; nullable when one is."""
    numbers = tuple(
        each if each.is_number else FLOAT for each in types if each.is_number or each.kind is Kind.ANY
    )
    return widest(numbers) if len(numbers) == len(types) else None


def is_plain(type_: Type) -> bool:
    """Whether a value is a single one: no list and no record."""
    return type_.kind not in (Kind.LIST, Kind.RECORD)
