"""Row types as written in a recipe."""

from __future__ import annotations

from recipedsl.diagnostics.codes.names import Cycle
from recipedsl.diagnostics.codes.types import UnknownType, WrongType
from recipedsl.language.types import BOOL, DATE, FLOAT, INT, TEXT, Field, Kind, RowType, Type, choice, list_of
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Module, did_you_mean
from recipedsl.semantics.scope import names
from recipedsl.semantics.values import Sort
from recipedsl.syntax import tree

PLAIN = {"text": TEXT, "int": INT, "float": FLOAT, "bool": BOOL, "date": DATE}


def row_type(context: Context, module: Module, node: tree.TypeExpression) -> RowType | None:
    """The row type that an annotation means; None after a problem was reported."""
    type_ = read_type(context, module, node)
    if type_ is None:
        return None
    if type_.kind is not Kind.RECORD:
        context.report(WrongType, f"rows have named columns, `{type_}` has none", module.place(node))
        return None
    return RowType(type_.fields)


def read_type(context: Context, module: Module, node: tree.TypeExpression) -> Type | None:
    """The type that is written; None after a problem was reported."""
    match node:
        case tree.NamedType():
            return _named(context, module, node)
        case tree.RecordType():
            fields = [(each.name.text, read_type(context, module, each.type)) for each in node.fields]
            if any(type_ is None for _, type_ in fields):
                return None
            return Type(Kind.RECORD, fields=tuple(Field(name, type_) for name, type_ in fields if type_))
        case tree.ChoiceType():
            return _choice(context, module, node)
        case tree.RefinedType():
            base = read_type(context, module, node.base)
            return base.or_null() if base and node.nullable else base
        case _:
            return None


def _named(context: Context, module: Module, node: tree.NamedType) -> Type | None:
    name = node.name.text
    if name == "list":
        item = read_type(context, module, node.item) if node.item is not None else None
        return list_of(item) if item else Type(Kind.LIST)
    if name in PLAIN:
        return PLAIN[name]
    declared = module.declared.get(name)
    if declared is None or not isinstance(declared.node, tree.TypeDeclaration):
        place = module.place(node)
        helps = did_you_mean(place, name, [*PLAIN, "list", *names(module, "type")])
        context.report(UnknownType, f"unknown type `{name}`", place, "no such type", helps=helps)
        return None
    return _declared(context, declared.full_name, module, declared.node)


def _declared(context: Context, name: str, module: Module, node: tree.TypeDeclaration) -> Type | None:
    context.used.add(name)
    if name in context.open:
        context.report(Cycle, f"type `{node.name.text}` contains itself", module.place(node.name))
        return None
    context.open.append(name)
    type_ = read_type(context, module, node.type)
    context.open.pop()
    return type_


def _choice(context: Context, module: Module, node: tree.ChoiceType) -> Type | None:
    values = [constant(context, module, each) for each in node.choices]
    for value, written in zip(values, node.choices, strict=True):
        if value.sort is not Sort.TEXT:
            context.report(WrongType, f"choices are text, found {value.describe()}", module.place(written))
            return None
    return choice(*(value.data for value in values))
