"""The syntax tree: frozen, spanned, exactly what was written. It knows no concept of the language.

Equality ignores spans and documentation lines are part of the declaration they stand above, so
that `parse(print(tree)) == tree` says what it should.
"""

# ruff: noqa: RUF009 (`_span()` is `field()` under another name)

from __future__ import annotations

from dataclasses import dataclass, field

from recipedsl.source import Source, Span

NOWHERE = Span(0, 0)


def _span() -> Span:
    # A default, so that tests can build trees without places.
    return field(default=NOWHERE, compare=False, repr=False)


# --- names and expressions --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier; `quoted` when it stood in backquotes."""

    text: str
    span: Span = _span()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit as written: `2k`, `2Ki`, `5%`, `2e-4`, `80GB`, `10s`, `1_000`."""

    text: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Text:
    """A string: `value` is what it means, `raw` what was written, quotes included."""

    value: str
    raw: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    value: bool
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Nothing:
    """`none`."""

    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b, c]`."""

    items: tuple[Expression, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class MapEntry:
    """`key: value` inside a map; a key is a name, a text or a number."""

    key: Name | Text | Number
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{ a: 70%, b: 30% }`."""

    entries: tuple[MapEntry, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Range:
    """`low..high`, both ends inclusive, either may be left out."""

    low: Expression | None
    high: Expression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: Name
    operand: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`; operators `or and == != < <= > >= in` `not in` `+ - * / %`."""

    operator: Name
    left: Expression
    right: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Member:
    """`target.name`."""

    target: Expression
    name: Name
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`."""

    target: Expression
    index: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Argument:
    """`value` or `name = value`."""

    name: Name | None
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: Expression
    arguments: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Group:
    """`( expression )`: kept because the formatter keeps what was written."""

    inner: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Nested:
    """`( source | step | … )`: a pipeline in the place of an expression."""

    pipeline: Pipeline
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Broken:
    """What the parser could not read; a problem has been reported for it."""

    span: Span = _span()


Expression = (
    Name
    | Number
    | Text
    | Flag
    | Nothing
    | ListOf
    | MapOf
    | Range
    | Unary
    | Binary
    | Member
    | Index
    | Call
    | Group
    | Nested
    | Broken
)


# --- pipelines and blocks -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """`| name arguments by arguments`."""

    name: Name
    arguments: tuple[Argument, ...]
    by: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect condition else "message"`, in a pipeline or a block."""

    condition: Expression
    message: Text | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`source | step | step`."""

    source: Expression
    steps: tuple[Step | Expect | Broken, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Attribute:
    """`key = value` in a block."""

    key: Name
    value: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Block:
    """`{ entries }`."""

    entries: tuple[Attribute | Expect | Broken, ...]
    span: Span = _span()


# --- types ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedType:
    """`text`, `Solution`, `common.Solution` or `list[item]`."""

    name: Name
    item: TypeExpression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class TypeField:
    """`column: type` of a row type."""

    name: Name
    type: TypeExpression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class RecordType:
    """`{ column: type, … }`."""

    fields: tuple[TypeField, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ChoiceType:
    """`["easy", "medium"]`: an enumeration."""

    choices: tuple[Expression, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class RefinedType:
    """`type in low..high` and/or `type?`."""

    base: TypeExpression
    within: Expression | None
    nullable: bool
    span: Span = _span()


TypeExpression = NamedType | RecordType | ChoiceType | RefinedType | Broken


# --- declarations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    """`import name = "file.ftr"`."""

    name: Name
    path: Text
    doc: tuple[str, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class TypeDeclaration:
    """`type Name = type`."""

    name: Name
    type: TypeExpression
    doc: tuple[str, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Param:
    """`param name: type = default`."""

    name: Name
    type: TypeExpression
    default: Expression | None
    doc: tuple[str, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = value`."""

    name: Name
    value: Expression
    doc: tuple[str, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Data:
    """`kind name: Type = pipeline`; the only kind today is `data`, the semantics say so."""

    kind: Name
    name: Name
    annotation: TypeExpression | None
    pipeline: Pipeline
    doc: tuple[str, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Thing:
    """`kind name: method { … }`: model, template, stage, eval, profile, run.

    `kind name = copied with { … }` is another, which has the settings of `copied` where its own block
    says nothing.
    """

    kind: Name
    name: Name | None
    method: Name | None
    block: Block
    doc: tuple[str, ...] = ()
    span: Span = _span()
    copied: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rounds:
    """`rounds n { declarations }`."""

    count: Number
    items: tuple[Item, ...]
    doc: tuple[str, ...] = ()
    span: Span = _span()


Item = Import | TypeDeclaration | Param | Let | Data | Thing | Rounds | Broken


@dataclass(frozen=True, slots=True)
class File:
    """A whole recipe. `edition` is the number after `ftr`, None when the line is missing."""

    edition: Number | None
    items: tuple[Item, ...]
    source: Source = field(compare=False, repr=False)
    span: Span = _span()
