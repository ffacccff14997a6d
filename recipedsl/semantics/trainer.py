"""`trainer = { name: value }` of a stage: arguments of the trainer that the vocabulary lacks."""

from __future__ import annotations

from dataclasses import dataclass

from recipedsl.diagnostics import Help, nearest
from recipedsl.diagnostics.codes.plan import Conflict, UnknownArgument
from recipedsl.language.stages.arguments import ARGUMENTS, value_type
from recipedsl.language.stages.base import DECIDED, StageMethod
from recipedsl.language.values import ValueType, Wants
from recipedsl.semantics.constants import constant, map_key
from recipedsl.semantics.context import Context, Module, fix
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.setting_values import FAILED, of_value
from recipedsl.semantics.settings import Settings
from recipedsl.semantics.values import Sort, Value
from recipedsl.syntax import tree


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument as written, where its name and its value stand."""

    name: str
    value: Value
    name_place: Place
    value_place: Place


def check_trainer(context: Context, method: type[StageMethod], settings: Settings) -> None:
    """Check names and values of the arguments; what is wrong with one makes the setting fail."""
    # Trainers that are not carried out yet have no table.
    if not settings.get("trainer") or method.config_class not in ARGUMENTS:
        return
    module, expression = settings.nodes["trainer"]
    found = _arguments(context, module, expression)
    # A list: every one of them is to be checked.
    if not all([_check(context, method, each) for each in found]):  # noqa: C419
        settings.values["trainer"] = FAILED


def _arguments(context: Context, module: Module, expression: tree.Expression) -> list[_Argument]:
    while isinstance(expression, tree.Group):
        expression = expression.inner
    values = constant(context, module, expression).data
    if not isinstance(expression, tree.MapOf):  # a `let`: what is wrong with it is said where it is used
        place = module.place(expression)
        return [_Argument(name, value, place, place) for name, value in values.items()]
    entries = [(map_key(each.key), each) for each in expression.entries]
    return [
        _Argument(name, values[name], module.place(each.key), module.place(each.value))
        for name, each in entries
    ]


def _check(context: Context, method: type[StageMethod], argument: _Argument) -> bool:
    known, name = ARGUMENTS[method.config_class], argument.name
    ours = {each.argument: setting for setting, each in method.settings().items() if each.argument}
    if name not in known:
        _unknown(context, method, argument)
    elif name in DECIDED:
        words = f"`{name}` of the trainer is not for a recipe to set"
        decides = DECIDED[name]
        helps = (Help(f"leave it out; {decides} decides" if decides else "leave it out"),)
        context.report(Conflict, words, argument.name_place, "decided elsewhere", helps=helps)
    elif name in ours:
        words = f"`{name}` of the trainer is the setting `{ours[name]}`"
        helps = (Help(f"write `{ours[name]} = …` in the stage"),)
        context.report(Conflict, words, argument.name_place, "a setting of the stage", helps=helps)
    else:
        type_ = value_type(known[name])
        return type_ is None or _fits(context, argument, type_)
    return False


def _unknown(context: Context, method: type[StageMethod], argument: _Argument) -> None:
    name, place = argument.name, argument.name_place
    best = nearest(name, ARGUMENTS[method.config_class])
    words = f"`{method.config_class}` has no argument `{name}`"
    # Where the whole map comes from elsewhere, its name is no place to write the argument's.
    is_own = place.source.slice(place.span) == name
    helps = (fix(place, best, f"a similar argument exists: `{best}`"),) if best and is_own else ()
    helps = helps or ((Help(f"a similar argument exists: `{best}`"),) if best else ())
    context.report(UnknownArgument, words, place, f"no argument `{name}`", helps=helps)


def _fits(context: Context, argument: _Argument, type_: ValueType) -> bool:
    """Whether the value is of the argument's type; reported where it is not."""
    value, place, name = argument.value, argument.value_place, argument.name
    if type_.wants is Wants.MAP and value.sort is Sort.TEXT:
        return True  # the libraries read such a text as JSON, or as the name of a file
    if type_.wants is Wants.LIST and value.sort is Sort.LIST:
        assert type_.item is not None
        items = [of_value(context, place, type_.item, each, name) for each in value.data]
        return FAILED not in items
    if type_.wants is Wants.LIST and type_.item is not None and value.sort is not Sort.NOTHING:
        type_ = type_.item
    return of_value(context, place, type_, value, name) is not FAILED
