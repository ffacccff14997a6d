"""Values of params: the default, or what a profile or `--set` says, checked against type and range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.types import (
    OutOfRange,
    ParamValue,
    UnknownType,
    WrongArguments,
    WrongType,
    WrongUnit,
)
from recipedsl.language.values import Unit
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean, fix, nearest_one
from recipedsl.semantics.copies import entries_of
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.scope import find_path
from recipedsl.semantics.values import (
    NOTHING,
    UNKNOWN,
    Sort,
    Value,
    is_too_large,
    number_value,
    text_value,
)
from recipedsl.source import Source, Span
from recipedsl.syntax import tree

Constant = Callable[[Context, Module, tree.Expression], Value]

#: Types of params: what a value of each has to be.
PARAM_TYPES = ("int", "float", "text", "bool", "share", "duration", "size", "secret")


def param_value(context: Context, declared: Declared, node: tree.Param, constant: Constant) -> Value:
    """Value of a param, strongest last: default, profile, `--set`.

    A secret has none here: it never enters a plan, whoever needs it asks for it when it runs.
    """
    type_ = _param_type(context, declared.module, node, constant)
    if type_ is None or _is_range_behind(context, declared.module, node):
        return UNKNOWN
    if type_.name == "secret":
        _check_secret(context, declared.module, node)
        _refuse_given(context, declared)
        return Value(Sort.SECRET, None)
    given = _given(context, declared, type_, constant)
    if given is None and node.default is None:
        _no_value(context, declared, type_)
        return UNKNOWN
    if given is not None:
        value, place = given
    else:
        assert node.default is not None
        value, place = constant(context, declared.module, node.default), declared.module.place(node.default)
    return value if _fits(context, node, type_, value, place) else UNKNOWN


def _is_range_behind(context: Context, module: Module, node: tree.Param) -> bool:
    """Whether the range stands behind the default, which is reported: `param rank: int = 16 in 1..256`."""
    default = node.default
    is_range = isinstance(default, tree.Binary) and isinstance(default.right, tree.Range)
    if not isinstance(default, tree.Binary) or not is_range or default.operator.text != "in":
        return False
    bounds, value = module.source.slice(default.right.span), module.source.slice(default.left.span)
    gap = Place(module.source, Span(node.type.span.end, default.span.end))
    proper = f" in {bounds} = {value}"
    helps = (fix(gap, proper, f"write `param {node.name.text}: …{proper}`"),)
    words = "the range of a param stands behind its type, the default comes last"
    context.report(WrongArguments, words, module.place(default.right), "stands before the `=`", helps=helps)
    return True


def _refuse_given(context: Context, declared: Declared) -> None:
    """A command line is seen by everybody on the machine, and kept in histories."""
    if declared.full_name in context.given.params:
        words = f"param `{declared.name}` is a secret, which only the environment gives"
        context.report(ParamValue, words, declared.name_place, "not for `--set`")


def check_value(context: Context, declared: Declared, written: tree.Expression, constant: Constant) -> None:
    """Check what a profile gives a param, whether it is in force or not."""
    assert isinstance(declared.node, tree.Param)
    type_ = _param_type(context, declared.module, declared.node, constant)
    place = context.root.place(written)
    if type_ is not None and type_.name == "secret":
        words = f"param `{declared.name}` is a secret, which only the environment gives"
        context.report(ParamValue, words, place, "not for a recipe to say")
    elif type_ is not None:
        _fits(context, declared.node, type_, constant(context, context.root, written), place)


def _check_secret(context: Context, module: Module, node: tree.Param) -> None:
    """A secret comes from the environment; one that is written in a recipe is none."""
    default = node.default
    named = isinstance(default, tree.Call) and module.source.slice(default.function.span) == "env"
    texts = [each.value for each in default.arguments] if isinstance(default, tree.Call) else []
    if named and len(texts) == 1 and isinstance(texts[0], tree.Text):
        return
    place = module.place(default if default is not None else node.name)
    helps = (Help(f'`param {node.name.text}: secret = env("{node.name.text.upper()}")`'),)
    context.report(ParamValue, "a secret is read from the environment", place, "no `env(…)`", helps=helps)


def _no_value(context: Context, declared: Declared, type_: ParamType) -> None:
    example = type_.example()
    quoted = f'"{example}"' if type_.is_text else example
    context.report(
        ParamValue,
        f"param `{declared.name}` has no value",
        declared.name_place,
        "no default, and none was given",
        helps=(
            Help(f"give one: `--set {declared.full_name}={example}`, or a profile that sets it"),
            Help(f"or write a default: `param {declared.name}: … = {quoted}`"),
        ),
    )


def _given(
    context: Context, declared: Declared, type_: ParamType, constant: Constant
) -> tuple[Value, Place] | None:
    if declared.full_name in context.given.params:
        written = context.given.params[declared.full_name]
        source = Source("--set", f"{declared.full_name}={written}")
        return read_outside(written, as_text=type_.is_text), Place(
            source, Span(len(declared.full_name) + 1, len(source.text))
        )
    profile = context.root.declared.get(context.given.profile)
    if profile is None or not isinstance(profile.node, tree.Thing):
        return None
    for module, entry in entries_of(context, profile):
        if isinstance(entry, tree.Attribute) and entry.key.text == declared.full_name:
            return constant(context, module, entry.value), module.place(entry.value)
    return None


def read_outside(written: str, *, as_text: bool) -> Value:
    """A value from the command line: a number with its unit, `true`, `false`, `none`, or text as it stands.

    Args:
        written: what stands behind `=`.
        as_text: the param takes text, and `2024` is one.
    """
    number = None if as_text else number_value(written.strip())
    if number is not None:
        return number
    if written in ("true", "false") and not as_text:
        return Value(Sort.FLAG, written == "true")
    if written == "none" and not as_text:
        return NOTHING
    quoted = len(written) > 1 and written.startswith('"') and written.endswith('"')
    return text_value(written[1:-1] if quoted else written, written)


# --- types of params --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParamType:
    """What a param takes.

    Attributes:
        name: one of `PARAM_TYPES`; empty for an enumeration.
        choices: members of an enumeration.
        low, high: bounds of a number in base units, inclusive; None where open.
        nullable: whether `none` is allowed.
        within: where the range is written.
    """

    name: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    nullable: bool = False
    within: Place | None = None

    @property
    def is_text(self) -> bool:
        return self.name == "text" or bool(self.choices)

    def example(self) -> str:
        """A value as it may be given, for messages."""
        if self.choices:
            return self.choices[0]
        if self.low is not None and self.name in ("int", "float"):
            return f"{self.low:g}"
        return _EXAMPLES[self.name]

    def __str__(self) -> str:
        """What it takes, with one such value: `a whole number; `8` is one`."""
        if self.choices:
            return " or ".join(f"`{each}`" for each in self.choices)
        return (
            f"{_TITLES[self.name]}; `{self.example()}` is one" if self.name in _UNITS else _TITLES[self.name]
        )


#: What each type is called in messages.
_TITLES = {
    "int": "a whole number",
    "float": "a number",
    "text": "text",
    "bool": "true or false",
    "share": "a share",
    "duration": "a duration",
    "size": "a size",
}

#: A value of each type, as it may be given.
_EXAMPLES = {
    "int": "8",
    "float": "0.1",
    "text": "…",
    "bool": "true",
    "share": "5%",
    "duration": "3h",
    "size": "80GB",
}


def _param_type(context: Context, module: Module, param: tree.Param, constant: Constant) -> ParamType | None:
    """The type that is written; None after a problem was reported."""
    node, nullable, within = param.type, False, None
    while isinstance(node, tree.RefinedType):
        nullable, within = nullable or node.nullable, node.within or within
        node = node.base
    if isinstance(node, tree.ChoiceType):
        found = _enumeration(context, module, node, constant)
    else:
        found = _plain_type(context, module, node, constant)
    if found is None:
        return None
    found = replace(found, nullable=nullable)
    return found if within is None else _with_range(context, module, found, within, constant)


def _plain_type(
    context: Context, module: Module, node: tree.TypeExpression, constant: Constant
) -> ParamType | None:
    name = node.name.text if isinstance(node, tree.NamedType) else ""
    if name in PARAM_TYPES:
        return ParamType(name)
    listed = find_path(module, node.name) if isinstance(node, tree.NamedType) and node.item is None else None
    if listed is not None and listed.kind == "let":
        return _listed(context, module, node, listed, constant)
    if not isinstance(node, tree.Broken):
        place = module.place(node)
        words = f"`{module.source.slice(node.span)}` is no type of a param"
        context.report(UnknownType, words, place, helps=did_you_mean(place, name, PARAM_TYPES))
    return None


def _listed(
    context: Context, module: Module, node: tree.TypeExpression, declared: Declared, constant: Constant
) -> ParamType | None:
    """The enumeration whose members a `let` lists."""
    assert isinstance(declared.node, tree.Let)
    context.used.add(declared.full_name)
    value = constant(context, declared.module, declared.node.name)
    members = value.data if value.sort is Sort.LIST else ()
    if members and all(each.sort is Sort.TEXT for each in members):
        return ParamType("", tuple(dict.fromkeys(each.data for each in members)))
    if value.sort is not Sort.UNKNOWN:
        words = f"an enumeration is a list of texts, {value.sentence()}"
        secondary = [(declared.name_place, f"`{declared.name}` is declared here")]
        context.report(WrongType, words, module.place(node), "no list of texts", secondary=secondary)
    return None


def _enumeration(
    context: Context, module: Module, node: tree.ChoiceType, constant: Constant
) -> ParamType | None:
    members = [constant(context, module, each) for each in node.choices]
    for member, written in zip(members, node.choices, strict=True):
        if member.sort not in (Sort.TEXT, Sort.UNKNOWN):
            context.report(WrongType, f"choices are text, found {member.describe()}", module.place(written))
    good = bool(members) and all(each.sort is Sort.TEXT for each in members)
    if not members:
        context.report(WrongType, "an enumeration has members", module.place(node))
    return ParamType("", tuple(each.data for each in members)) if good else None


def _with_range(
    context: Context, module: Module, type_: ParamType, within: tree.Expression, constant: Constant
) -> ParamType | None:
    """The type with its bounds."""
    place = module.place(within)
    unit = _UNITS.get(type_.name)
    if unit is None:
        context.report(WrongType, "only numbers have a range", place, f"`{type_.name or 'text'}` has none")
        return None
    if not isinstance(within, tree.Range):
        if not isinstance(within, tree.Broken):
            context.report(WrongType, "a range is wanted here: `1..256`", place, "not a range")
        return None
    ends = [_bound(context, module, each, unit, constant) for each in (within.low, within.high)]
    if UNKNOWN in ends:
        return None
    low, high = (None if each is None else each.data for each in ends)
    if low is not None and high is not None and low > high:
        context.report(
            WrongType, "the range ends below its start, and holds nothing", place, "an empty range"
        )
        return None
    return replace(type_, low=low, high=high, within=place)


def _bound(
    context: Context, module: Module, node: tree.Expression | None, unit: Unit, constant: Constant
) -> Value | None:
    """An end of a range; None where it is open."""
    value = constant(context, module, node) if node is not None else None
    if node is None or value is None or value.sort is Sort.UNKNOWN:
        return value
    if value.sort is Sort.NUMBER and (value.unit is unit or value.data == 0):
        return value
    words = f"this end of the range is {value.describe()}, the param is of another kind"
    context.report(WrongUnit, words, module.place(node), "another unit is wanted")
    return UNKNOWN


# --- whether a value fits -----------------------------------------------------------------------


def _fits(context: Context, param: tree.Param, type_: ParamType, value: Value, place: Place) -> bool:
    if value.sort is Sort.UNKNOWN:
        return False
    if type_.nullable and value.sort is Sort.NOTHING:
        return True
    if not _is(type_, value):
        context.report(
            WrongType,
            f"param `{param.name.text}` takes {type_}, {_found(type_, value)}",
            place,
            "no such choice" if type_.choices else f"not {_TITLES[type_.name]}",
            helps=nearest_one(place, str(value.data), type_.choices) if value.sort is Sort.TEXT else (),
        )
        return False
    return value.sort is not Sort.NUMBER or _in_range(context, param, type_, value, place)


def _in_range(context: Context, param: tree.Param, type_: ParamType, value: Value, place: Place) -> bool:
    low, high = type_.low, type_.high
    inside = (low is None or value.data >= low) and (high is None or value.data <= high)
    if inside and not is_too_large(value.data):
        return True
    bounds = type_.within.source.slice(type_.within.span) if type_.within is not None else "64 bits"
    context.report(
        OutOfRange,
        f"param `{param.name.text}` is {value.written or value.data}, outside of {bounds}",
        place,
        "outside its range",
        secondary=[(type_.within, "the range")] if type_.within is not None else [],
    )
    return False


#: What numbers of each type of param measure.
_UNITS = {
    "int": Unit.NONE,
    "float": Unit.NONE,
    "share": Unit.SHARE,
    "duration": Unit.DURATION,
    "size": Unit.BYTES,
}


def _found(type_: ParamType, value: Value) -> str:
    """What was found instead, as the end of a sentence."""
    if type_.choices and value.sort is Sort.TEXT:
        return f"found `{value.data}`"
    is_broken = type_.name == "int" and value.sort is Sort.NUMBER and value.unit is Unit.NONE
    return f"`{value.written or value.data}` is not whole" if is_broken else value.sentence()


def _is(type_: ParamType, value: Value) -> bool:
    if type_.choices:
        return value.sort is Sort.TEXT and value.data in type_.choices
    if type_.name in _UNITS:
        whole = type_.name != "int" or isinstance(value.data, int)
        unit = Unit.SHARE if value.is_share and type_.name == "share" else value.unit
        return value.sort is Sort.NUMBER and unit is _UNITS[type_.name] and whole
    return value.sort is {"text": Sort.TEXT, "bool": Sort.FLAG}[type_.name]
