"""Values of params: the default, or what a profile or `--set` says, checked against type and range."""

from __future__ import annotations

from collections.abc import Callable

from recipedsl.diagnostics import Diagnostic, Help, Label
from recipedsl.diagnostics.codes.types import OutOfRange, ParamValue, UnknownType, WrongType
from recipedsl.language.values import Unit
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.values import UNKNOWN, Sort, Value, number_value
from recipedsl.source import Source, Span
from recipedsl.syntax import tree

Constant = Callable[[Context, Module, tree.Expression], Value]

#: Types of params: what a value of each has to be.
PARAM_TYPES = ("int", "float", "text", "bool", "share", "duration", "size", "secret")


def param_value(context: Context, declared: Declared, node: tree.Param, constant: Constant) -> Value:
    """Value of a param, strongest last: default, profile, `--set`."""
    if _type_name(node.type) == "secret":
        return Value(Sort.SECRET, None)
    given = _given(context, declared, constant)
    if given is None and node.default is None:
        _no_value(context, declared)
        return UNKNOWN
    if given is not None:
        value, place = given
    else:
        assert node.default is not None
        value, place = constant(context, declared.module, node.default), declared.module.place(node.default)
    return value if _fits(context, declared.module, node, value, place, constant) else UNKNOWN


def _no_value(context: Context, declared: Declared) -> None:
    context.report(
        ParamValue,
        f"param `{declared.name}` has no value",
        declared.name_place,
        "no default, and none was given",
        helps=(Help(f"give one with `--set {declared.full_name}=…`, or write a default"),),
    )


def _given(context: Context, declared: Declared, constant: Constant) -> tuple[Value, Place] | None:
    if declared.full_name in context.given.params:
        written = context.given.params[declared.full_name]
        source = Source("--set", f"{declared.full_name}={written}")
        return read_outside(written), Place(source, Span(len(declared.full_name) + 1, len(source.text)))
    profile = context.root.declared.get(context.given.profile)
    if profile is None or not isinstance(profile.node, tree.Thing):
        return None
    for entry in profile.node.block.entries:
        if isinstance(entry, tree.Attribute) and entry.key.text == declared.full_name:
            return constant(context, profile.module, entry.value), profile.module.place(entry.value)
    return None


def read_outside(written: str) -> Value:
    """A value from the command line: a number with its unit, `true`, `false`, or text as it stands."""
    number = number_value(written)
    if number is not None:
        return number
    if written in ("true", "false"):
        return Value(Sort.FLAG, written == "true")
    return Value(Sort.TEXT, written.strip('"'), written=written)


# --- types of params --------------------------------------------------------------------------


def _type_name(node: tree.TypeExpression) -> str:
    while isinstance(node, tree.RefinedType):
        node = node.base
    return node.name.text if isinstance(node, tree.NamedType) else ""


def _fits(
    context: Context, module: Module, param: tree.Param, value: Value, place: Place, constant: Constant
) -> bool:
    if value.sort is Sort.UNKNOWN:
        return False
    node = param.type
    while isinstance(node, tree.RefinedType):
        if node.nullable and value.sort is Sort.NOTHING:
            return True
        if node.within is not None and not _in_range(
            context, module, param, node.within, value, place, constant
        ):
            return False
        node = node.base
    if isinstance(node, tree.ChoiceType):
        members = [constant(context, module, each).data for each in node.choices]
        return value.data in members or not _mismatch(
            context, param, value, place, " or ".join(f"`{each}`" for each in members)
        )
    return _has_type(context, module, param, node, value, place)


def _in_range(
    context: Context, module: Module, param: tree.Param, within: tree.Expression, value: Value, place: Place,
    constant: Constant,
) -> bool:  # fmt: skip
    if not isinstance(within, tree.Range) or value.sort is not Sort.NUMBER:
        return True
    low = constant(context, module, within.low).data if within.low is not None else None
    high = constant(context, module, within.high).data if within.high is not None else None
    if (low is None or value.data >= low) and (high is None or value.data <= high):
        return True
    context.report(
        OutOfRange,
        f"param `{param.name.text}` is {value.written or value.data}, outside its range",
        place,
        "outside its range",
        secondary=[(module.place(within), "the range")],
    )
    return False


def _has_type(
    context: Context, module: Module, param: tree.Param, node: tree.TypeExpression, value: Value, place: Place
) -> bool:
    name = node.name.text if isinstance(node, tree.NamedType) else ""
    if name not in PARAM_TYPES:
        where = module.place(node)
        context.report(
            UnknownType,
            f"`{name}` is no type of a param",
            where,
            helps=did_you_mean(where, name, PARAM_TYPES),
        )
        return False
    return _is(name, value) or not _mismatch(context, param, value, place, f"a value of type `{name}`")


def _is(name: str, value: Value) -> bool:
    whole = value.sort is Sort.NUMBER and isinstance(value.data, int)
    units = {"float": Unit.NONE, "share": Unit.SHARE, "duration": Unit.DURATION, "size": Unit.BYTES}
    if name == "int":
        return whole and value.unit is Unit.NONE
    if name in units:
        return value.sort is Sort.NUMBER and value.unit is units[name]
    return value.sort is {"text": Sort.TEXT, "bool": Sort.FLAG}.get(name, Sort.UNKNOWN)


def _mismatch(context: Context, param: tree.Param, value: Value, place: Place, wanted: str) -> Diagnostic:
    return context.problems.report(
        WrongType,
        f"param `{param.name.text}` takes {wanted}, found {value.describe()}",
        Label(place.source, place.span, f"not {wanted}"),
    )
