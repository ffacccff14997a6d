"""Checks the settings of a block or call against the concept that declares them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.names import (
    DuplicateSetting,
    MissingSetting,
    UnknownKind,
    UnknownSetting,
    WrongKind,
)
from recipedsl.diagnostics.codes.plan import Conflict
from recipedsl.diagnostics.codes.types import NotAChoice, OutOfRange, WrongArguments, WrongType, WrongUnit
from recipedsl.language import catalogue
from recipedsl.language.concept import Concept, Setting
from recipedsl.language.foreign import called
from recipedsl.language.values import SUFFIXES, Unit, ValueType, Wants
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean, fix
from recipedsl.semantics.copies import inherited
from recipedsl.semantics.foreign import help_with, source_of_text
from recipedsl.semantics.recipe import Later, Place
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.semantics.values import Sort, Value, holds, is_too_large
from recipedsl.source import Source, Span
from recipedsl.syntax import tree


class _Failed:
    """Stands for a value about which a problem was reported."""


FAILED = _Failed()


@dataclass(frozen=True, slots=True)
class Deferred:
    """A value that only its concept's own rules can read: a dataset, a reward, a value of the row."""

    module: Module
    expression: tree.Expression

    @property
    def place(self) -> Place:
        return self.module.place(self.expression)


@dataclass(frozen=True, slots=True)
class Named:
    """A declaration that a setting names, and where."""

    declared: Declared
    place: Place


@dataclass(frozen=True, slots=True)
class ConceptUse:
    """A use of a concept: `lora(rank = 8)`."""

    concept: type[Concept]
    settings: dict[str, Any]
    written: dict[str, Place]


@dataclass(slots=True)
class Settings:
    """Settings of one use, defaults filled in.

    Attributes:
        values: by name; `FAILED` where a problem was reported.
        written: places of the values that the recipe wrote.
        nodes: those values as written, with the modules that their names belong to.
    """

    values: dict[str, Any] = field(default_factory=dict)
    written: dict[str, Place] = field(default_factory=dict)
    nodes: dict[str, tuple[Module, tree.Expression]] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """The value, None for one that failed."""
        value = self.values.get(name)
        return None if value is FAILED else value

    @property
    def complete(self) -> bool:
        return FAILED not in self.values.values()


#: A named value, the module that its names belong to, and where its name stands.
Entry = tuple[str, Place, Module, tree.Expression]


def read_block(context: Context, module: Module, concept: type[Concept], thing: tree.Thing) -> Settings:
    """Settings of `kind name { … }`, those of what it copies and overrides from outside included."""
    kind, name = thing.kind.text, module.prefix + (thing.name.text if thing.name else "")
    _check_form(context, module, concept, thing)
    outside = overrides_of(context, kind, name)
    copied = inherited(context, module.declared[thing.name.text]) if thing.copied and thing.name else ()
    entries: list[Entry] = []
    for reader, entry in (*((module, each) for each in thing.block.entries), *copied):
        if isinstance(entry, tree.Attribute) and entry.key.text not in outside:
            entries.append((entry.key.text, reader.place(entry.key), reader, entry.value))
    for key, (source, expression) in outside.items():
        reader = module.reading(source)
        end = source.text.find("=")
        entries.append((key, Place(source, Span(max(0, end - len(key)), end)), reader, expression))
    owner = Place(module.source, (thing.method or thing.name or thing.kind).span)
    return read_entries(context, concept, entries, owner, concept.keyword if kind == "stage" else kind)


def overrides_of(context: Context, kind: str, name: str) -> dict[str, tuple[Source, tree.Expression]]:
    """What was given from outside for one declaration, by key."""
    given = context.given.overrides.items()
    return {key: value for (where, who, key), value in given if (where, who) == (kind, name)}


def _check_form(context: Context, module: Module, concept: type[Concept], thing: tree.Thing) -> None:
    """Report what may stand in other blocks: a method, gates."""
    kind = thing.kind.text
    if thing.method is not None and kind != "stage":
        words = f"`{kind}` has no method; `: {thing.method.text}` belongs to a stage"
        context.report(UnknownKind, words, module.place(thing.method), "not wanted here")
    for entry in thing.block.entries:
        if isinstance(entry, tree.Expect) and not concept.gates:
            words = f"gates stand in pipelines and evals, not in a `{kind}`"
            context.report(Conflict, words, module.place(entry), "not here")


def read_entries(
    context: Context, concept: type[Concept], entries: Iterable[Entry], owner: Place, title: str
) -> Settings:
    """Check named values against the settings of a concept."""
    known = concept.settings()
    entries = list(entries)
    written = {name for name, *_ in entries}
    result = Settings()
    meant: set[str] = set()
    for name, place, module, expression in entries:
        setting = known.get(name)
        if setting is None:
            helps = help_with(place, name, expression, known, written)
            meant |= _unknown(context, place, name, title, called(known, name), helps)
        elif name in result.values:
            first = (result.written[name], "first written here")
            context.report(
                DuplicateSetting, f"`{name}` is written twice", place, "again here", secondary=[first]
            )
        else:
            result.written[name] = module.place(expression)
            result.nodes[name] = (module, expression)
            result.values[name] = take(context, module, setting.type, expression, name)
            _note_setting(context, setting, result.values[name], place, title)
    _fill(context, known, result, meant, owner, title)
    note_later(context, concept, owner)
    return result


def note_later(context: Context, concept: type[Concept], place: Place) -> None:
    """Note a word that cannot be carried out yet."""
    if concept.not_yet:
        context.later[Later(f"`{concept.keyword}`", concept.not_yet, place)] = None


def _note_setting(context: Context, setting: Setting, value: Any, place: Place, title: str) -> None:
    """Note a setting that cannot be carried out yet, where it asks for something."""
    asks = value is not None and value is not False and value is not FAILED
    # A word that says so itself was noted already.
    parts = value if isinstance(value, tuple) else (value,)
    told = all(isinstance(each, ConceptUse) and each.concept.not_yet for each in parts)
    if setting.not_yet and asks and not told:
        context.later[Later(f"`{setting.name}` of `{title}`", "", place)] = None


def _unknown(
    context: Context, place: Place, name: str, title: str, ours: str | None, helps: tuple[Help, ...]
) -> set[str]:
    """Report a setting that does not exist, `ours` being its name here; gives those that were meant."""
    words = f"`{title}` has no setting `{name}`" + (f", it is called `{ours}` here" if ours else "")
    context.report(UnknownSetting, words, place, "no such setting", helps=helps)
    return {edit.text for each in helps for edit in each.edits} | ({ours} if ours else set())


def _fill(
    context: Context, known: dict[str, Setting], result: Settings, meant: set[str], owner: Place, title: str
) -> None:
    """Defaults of what is not written; one problem for all that has to be and is not."""
    missing = [name for name, each in known.items() if each.required and name not in result.values]
    for name in missing:
        result.values[name] = FAILED
    _report_missing(context, known, [name for name in missing if name not in meant], owner, title)
    for name, setting in known.items():
        result.values.setdefault(name, setting.default)


def _report_missing(
    context: Context, known: dict[str, Setting], missing: list[str], owner: Place, title: str
) -> None:
    if not missing:
        return
    listed = " and ".join(f"`{name}`" for name in missing)
    context.report(
        MissingSetting,
        f"`{title}` needs {listed}",
        owner,
        f"{listed} missing",
        helps=tuple(Help(f"`{name}`: {known[name].doc}") for name in missing),
    )


def read_call(
    context: Context, module: Module, concept: type[Concept], expression: tree.Expression
) -> Settings:
    """Settings of `keyword` or `keyword(arguments)`; positional arguments fill the settings in order."""
    arguments = expression.arguments if isinstance(expression, tree.Call) else ()
    return read_entries(
        context,
        concept,
        named_arguments(context, module, concept, arguments, concept.keyword),
        module.place(expression),
        concept.keyword,
    )


def named_arguments(
    context: Context, module: Module, concept: type[Concept], arguments: Iterable[tree.Argument], title: str
) -> list[Entry]:
    """Arguments with the names of the settings that they fill."""
    order = list(concept.settings())
    entries: list[Entry] = []
    for index, argument in enumerate(arguments):
        place = module.place(argument.name or argument.value)
        if argument.name is not None:
            entries.append((argument.name.text, place, module, argument.value))
        elif index < len(order):
            entries.append((order[index], place, module, argument.value))
        else:
            takes = ", ".join(f"`{name}`" for name in order) or "nothing"
            context.report(WrongArguments, f"`{title}` takes {takes}", place, "one argument too many")
    return entries


# --- one value ----------------------------------------------------------------------------------


def take(context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str) -> Any:
    """A value of the wanted type, or `FAILED` after a problem was reported."""
    while isinstance(expression, tree.Group):
        expression = expression.inner
    if isinstance(expression, tree.Broken):
        return FAILED
    if type_.optional and isinstance(expression, tree.Nothing):
        return None
    reader = _READERS.get(type_.wants)
    if reader is not None:
        return reader(context, module, type_, expression, name)
    value = constant(context, module, expression)
    return (
        FAILED
        if value.sort is Sort.UNKNOWN
        else of_value(context, module.place(expression), type_, value, name)
    )


def of_value(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    """A constant as a value of the wanted type; `FAILED` after a problem was reported."""
    if type_.optional and value.sort is Sort.NOTHING:
        return None
    if type_.wants is Wants.CHOICE:
        return _chosen(context, place, type_, value, name)
    if type_.wants is Wants.MAP and value.sort is Sort.MAP:
        return value.plain
    if type_.wants in (Wants.MAP, Wants.LIST):
        return _wrong_type(context, place, type_, value, name)
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
            else _wrong_type(context, place, type_, value, name)
        )
    if value.sort is not Sort.NUMBER:
        return _wrong_type(context, place, type_, value, name)
    if not _suits(value, type_) and not _harmless(value, type_):
        return _wrong_unit(context, place, type_, value, name)
    if type_.wants is Wants.WHOLE and not float(value.data).is_integer():
        return _wrong_type(context, place, type_, value, name)
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
    context.report(OutOfRange, words, place, "outside its range")
    return FAILED


def _bounds(type_: ValueType) -> str:
    """The range of a number in words: ` in 1..256`, ` above 0`."""
    low, high = ("" if each is None else f"{each:.15g}" for each in (type_.low, type_.high))
    above = "" if type_.above is None else f" above {type_.above:.15g}"
    if not low and not high:
        return above or " of 64 bits"
    return f"{above} and up to {high}" if above and high else f" in {low}..{high}"


def _wrong_type(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    helps: tuple[Help, ...] = ()
    inner = value.data if value.sort is Sort.TEXT else ""
    if inner and type_.wants in (Wants.WHOLE, Wants.NUMBER) and inner.replace(".", "", 1).isdigit():
        helps = (fix(place, inner, f"`{inner}` without quotes is a number"),)
    elif inner.lower() in ("true", "false") and type_.wants is Wants.FLAG:
        helps = (fix(place, inner.lower(), f"`{inner.lower()}` without quotes is true or false"),)
    is_broken_number = type_.wants is Wants.WHOLE and value.sort is Sort.NUMBER and _suits(value, type_)
    found = f"`{value.written or value.data}` is not whole" if is_broken_number else value.sentence()
    context.report(
        WrongType, f"`{name}` takes {_takes(type_)}, {found}", place, f"not {_article(type_)}", helps=helps
    )
    return FAILED


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
    first = _or(type_.choices) if type_.wants is Wants.CHOICE else _article(type_)
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
    if type_.wants not in _UNITS:
        return (Help("a plain number has no unit"),)
    if value.unit is not Unit.NONE:
        return ()
    if type_.wants is Wants.SHARE:
        percent = value.data * 100 if value.data <= 1 else value.data
        return (fix(place, f"{percent:g}%", f"write `{percent:g}%`", Applicability.UNSAFE),)
    units = list(SUFFIXES[_UNITS[type_.wants]])
    options = ", ".join(f"`{value.written or value.data}{unit}`" for unit in units[1:4])
    return (Help(f"write {options}", applicability=Applicability.PLACEHOLDER),)


# --- values of other sorts ------------------------------------------------------------------------


def _choice(
    context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str
) -> Any:
    place = module.place(expression)
    written = expression.text if isinstance(expression, tree.Name) else None
    if written in type_.choices:
        return written
    found = lookup(module, expression) if written is not None else None
    if written is None or (found is not None and found.kind in ("param", "let")):
        value = constant(context, module, expression)
        return FAILED if value.sort is Sort.UNKNOWN else of_value(context, place, type_, value, name)
    return _no_choice(context, place, type_, written, name)


def _chosen(context: Context, place: Place, type_: ValueType, value: Value, name: str) -> Any:
    if value.sort is Sort.NOTHING and "none" in type_.choices:
        return "none"  # a choice of that name, which is a word of the grammar
    if value.sort is Sort.TEXT:
        known = value.data in type_.choices
        return value.data if known else _no_choice(context, place, type_, value.data, name)
    return _wrong_type(context, place, type_, value, name)


def _no_choice(context: Context, place: Place, type_: ValueType, written: str, name: str) -> Any:
    context.report(
        NotAChoice,
        f"`{name}` takes {_or(type_.choices)}, found `{written}`",
        place,
        "none of the choices",
        helps=did_you_mean(place, written, type_.choices),
    )
    return FAILED


def _or(choices: tuple[str, ...]) -> str:
    quoted = [f"`{each}`" for each in choices]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def _file(context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str) -> Any:
    """The path of `file("path")`, or a path written as text."""
    path: tree.Expression = expression
    if isinstance(expression, tree.Call) and module.source.slice(expression.function.span) == "file":
        if len(expression.arguments) != 1:
            words = '`file` takes one path: `file("chat.jinja")`'
            context.report(WrongArguments, words, module.place(expression), "one path is wanted")
            return FAILED
        path = expression.arguments[0].value
    return take(context, module, replace(type_, wants=Wants.TEXT), path, name)


def _several(
    context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str
) -> Any:
    item, place = type_.item, module.place(expression)
    assert item is not None
    value = _list_value(context, module, expression)
    if isinstance(expression, tree.ListOf):
        taken = [take(context, module, item, each, name) for each in expression.items]
    elif value is not None:
        taken = [of_value(context, place, item, each, name) for each in value.data]
    else:
        taken = [take(context, module, item, expression, name)]
    if len(taken) < (type_.low or 0):
        context.report(WrongType, f"`{name}` takes one value or more", place, "an empty list")
        return FAILED
    return FAILED if any(each is FAILED for each in taken) else tuple(taken)


def _list_value(context: Context, module: Module, expression: tree.Expression) -> Value | None:
    found = lookup(module, expression) if isinstance(expression, tree.Name | tree.Member) else None
    if found is None or found.kind not in ("param", "let"):
        return None
    value = constant(context, module, expression)
    return value if value.sort is Sort.LIST else None


def _map(context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str) -> Any:
    value = constant(context, module, expression)
    if value.sort is Sort.UNKNOWN:
        return FAILED
    if value.sort is not Sort.MAP and not (type_.optional and value.sort is Sort.NOTHING):
        return _wrong_type(context, module.place(expression), type_, value, name)
    if holds(value, Sort.SECRET):
        words = f"a secret cannot be part of `{name}`: it would stand in the plan"
        context.report(WrongType, words, module.place(expression), "a secret in it")
        return FAILED
    return value.plain


def _name(context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str) -> Any:
    if "data" in type_.families or "template" in type_.families:
        return Deferred(module, expression)
    if "column" in type_.families:
        return _column_name(context, module, expression, name)
    found = lookup(module, expression)
    if found is not None and found.kind in type_.families:
        context.used.add(found.full_name)
        return Named(found, module.place(expression))
    _no_such_name(context, module, type_, expression, name, found)
    return FAILED


def _column_name(context: Context, module: Module, expression: tree.Expression, name: str) -> Any:
    if isinstance(expression, tree.Name):
        return expression
    context.report(
        WrongType, f"`{name}` takes names of columns", module.place(expression), "not a column's name"
    )
    return FAILED


def _no_such_name(
    context: Context,
    module: Module,
    type_: ValueType,
    expression: tree.Expression,
    name: str,
    found: Declared | None,
) -> None:
    wanted = " or ".join(type_.families)
    place = module.place(expression)
    # A stage that is not resolved yet stands here or below, and nothing may start from it.
    below = {each.full_name for each in module.declared.values() if each.kind == "stage"} - set(
        context.stages
    )
    candidates = [each for each in names(module, *type_.families) if each not in below - context.broken]
    if found is not None:
        context.report(
            WrongKind,
            f"`{name}` takes a {wanted}, `{found.name}` is {found.noun}",
            place,
            found.noun,
            secondary=[(found.name_place, f"`{found.name}` is declared here")],
            helps=did_you_mean(place, found.name, candidates),
        )
    elif isinstance(expression, tree.Name | tree.Member):
        unknown_reference(context, module, expression, candidates, wanted)
    else:
        words = f"`{name}` takes the name of a {wanted}"
        helps = source_of_text(place, expression, type_) or did_you_mean(place, "", candidates)
        context.report(WrongType, words, place, "not a name", helps=helps)


def _concept(
    context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str
) -> Any:
    head = expression.function if isinstance(expression, tree.Call) else expression
    place = module.place(head)
    known = [keyword for family in type_.families for keyword in catalogue.keywords(family)]
    if not isinstance(head, tree.Name):
        words = f"`{name}` takes {_or(tuple(known))}"
        helps = source_of_text(place, head, type_) or did_you_mean(place, "", known)
        context.report(WrongType, words, place, "not one of these", helps=helps)
        return FAILED
    concept = next((found for family in type_.families if (found := catalogue.find(family, head.text))), None)
    if concept is None:
        context.report(
            NotAChoice,
            f"`{name}` takes {_or(tuple(known))}, found `{head.text}`",
            place,
            "none of these",
            helps=did_you_mean(place, head.text, known),
        )
        return FAILED
    settings = read_call(context, module, concept, expression)
    return ConceptUse(concept, settings.values, settings.written) if settings.complete else FAILED


def _deferred(
    context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str
) -> Any:
    return Deferred(module, expression)


_READERS = {
    Wants.CHOICE: _choice,
    Wants.FILE: _file,
    Wants.LIST: _several,
    Wants.MAP: _map,
    Wants.NAME: _name,
    Wants.CONCEPT: _concept,
    Wants.ROW: _deferred,
    Wants.EXPRESSION: _deferred,
}
