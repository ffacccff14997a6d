"""Row types as written in a recipe."""

from __future__ import annotations

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.names import DuplicateName
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.diagnostics.codes.types import OutOfRange, UnknownType, WrongType
from recipedsl.language.types import BOOL, DATE, FLOAT, INT, TEXT, Field, Kind, RowType, Type, choice, list_of
from recipedsl.semantics.constants import constant, value_of
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean
from recipedsl.semantics.scope import find_path, names
from recipedsl.semantics.values import Sort
from recipedsl.syntax import tree

#: What records whose fields are not said are called elsewhere.
_RECORDS = frozenset("dict Dict map Map object Object json JSON struct record mapping any Any".split())
_NOT_USED = Help("a column that the recipe does not use may be left out of the type")

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
            return _record(context, module, node)
        case tree.ChoiceType():
            return _choice(context, module, node)
        case tree.RefinedType():
            return _refined(context, module, node)
        case _:
            return None


def _record(context: Context, module: Module, node: tree.RecordType) -> Type | None:
    fields: dict[str, Type | None] = {}
    for each in node.fields:
        if each.name.text in fields:
            words = f"column `{each.name.text}` is declared twice"
            context.report(DuplicateName, words, module.place(each.name), "declared again here")
        fields[each.name.text] = read_type(context, module, each.type)
    if not fields:
        context.report(WrongType, "a row type names its columns: `{ question: text }`", module.place(node))
        return None
    known = tuple(Field(name, type_) for name, type_ in fields.items() if type_ is not None)
    return Type(Kind.RECORD, fields=known) if len(known) == len(fields) else None


def _refined(context: Context, module: Module, node: tree.RefinedType) -> Type | None:
    base = read_type(context, module, node.base)
    if node.within is not None:
        words = "columns are not held to a range yet; filter them with `where column in low..high`"
        context.report(NotYet, words, module.place(node.within), "not carried out yet")
    return base.or_null() if base and node.nullable else base


def _named(context: Context, module: Module, node: tree.NamedType) -> Type | None:
    name = node.name.text
    if name == "list":
        item = read_type(context, module, node.item) if node.item is not None else None
        return list_of(item) if item else Type(Kind.LIST)
    if node.item is not None and (name in PLAIN or find_path(module, node.name) is not None):
        words = f"`{name}` has no items; a list of it is `list[{name}]`"
        context.report(WrongType, words, module.place(node.item), "nothing belongs here")
    if name in PLAIN:
        return PLAIN[name]
    declared = find_path(module, node.name)
    if declared is not None and declared.kind in ("let", "param"):
        return _listed(context, module, node, declared)
    if declared is None or not isinstance(declared.node, tree.TypeDeclaration):
        _unknown(context, module, node.name, declared)
        return None
    return declared_type(context, declared)


def _listed(context: Context, module: Module, node: tree.NamedType, declared: Declared) -> Type | None:
    """The enumeration whose members a `let` lists."""
    value = value_of(context, declared)
    if value.sort is Sort.UNKNOWN:
        return None
    members = value.data if value.sort is Sort.LIST else ()
    if members and all(each.sort is Sort.TEXT for each in members):
        return choice(*dict.fromkeys(each.data for each in members))
    words = f"an enumeration is a list of texts, {value.sentence()}"
    secondary = [(declared.name_place, f"`{declared.name}` is declared here")]
    context.report(WrongType, words, module.place(node), "no list of texts", secondary=secondary)
    return None


def _unknown(context: Context, module: Module, name: tree.Name, found: Declared | None) -> None:
    place = module.place(name)
    if name.text in module.failed:
        return
    helps = did_you_mean(place, name.text, [*PLAIN, "list", *names(module, "type")])
    if name.text in _RECORDS and not found:
        helps = (Help("a record is written with its fields, `{ name: text, size: int }`"), _NOT_USED)
    words, label = f"unknown type `{name.text}`", "no such type"
    secondary = []
    if found is not None:
        words, label = f"a type is wanted here, `{name.text}` is {found.noun}", found.noun
        secondary = [(found.name_place, f"`{found.name}` is declared here")]
    context.report(UnknownType, words, place, label, secondary=secondary, helps=helps)


#: Most names that a type may hold with all that it contains: ten types, each with two of the one before.
MOST_NAMES = 10_000


def declared_type(context: Context, declared: Declared) -> Type | None:
    """The type of a declaration, read once; None after a problem was reported."""
    name, node = declared.full_name, declared.node
    assert isinstance(node, tree.TypeDeclaration)
    context.used.add(name)
    if name in context.looped:
        return None
    if name not in context.types:
        size = _size(context, declared.module, node.type)
        if size > MOST_NAMES:
            words = f"type `{declared.name}` holds more than {MOST_NAMES:,} names"
            context.report(OutOfRange, words, declared.name_place, "too large")
        with context.computing(name):
            found = read_type(context, declared.module, node.type) if size <= MOST_NAMES else None
        # One that is too large counts as nothing, so that it is said once and not of all that hold it.
        context.types[name] = (found, size if size <= MOST_NAMES else 0)
    return context.types[name][0]


def _size(context: Context, module: Module, node: tree.TypeExpression | None) -> int:
    """Number of names in a type, with those in the declared types that it names."""
    match node:
        case tree.NamedType():
            declared = find_path(module, node.name)
            own = context.types.get(declared.full_name, (None, 1))[1] if declared is not None else 1
            return own + _size(context, module, node.item)
        case tree.RecordType():
            return sum(1 + _size(context, module, each.type) for each in node.fields)
        case tree.RefinedType():
            return _size(context, module, node.base)
        case _:
            return 0


def _choice(context: Context, module: Module, node: tree.ChoiceType) -> Type | None:
    values = [constant(context, module, each) for each in node.choices]
    if not values:
        context.report(WrongType, 'an enumeration has members: `["easy", "hard"]`', module.place(node))
        return None
    for value, written in zip(values, node.choices, strict=True):
        if value.sort is Sort.UNKNOWN:
            return None
        if value.sort is not Sort.TEXT:
            context.report(WrongType, f"choices are text, found {value.describe()}", module.place(written))
            return None
    return choice(*dict.fromkeys(value.data for value in values))
