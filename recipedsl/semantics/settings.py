"""Checks the settings of a block or call against the concept that declares them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from recipedsl.diagnostics import Applicability, Edit, Help
from recipedsl.diagnostics.codes.names import (
    DuplicateSetting,
    MissingSetting,
    UnknownKind,
    UnknownSetting,
    WrongKind,
)
from recipedsl.diagnostics.codes.plan import Conflict
from recipedsl.diagnostics.codes.types import NotAChoice, WrongArguments, WrongType
from recipedsl.language import catalogue
from recipedsl.language.concept import Concept, Setting
from recipedsl.language.foreign import VALUES, called
from recipedsl.language.values import ValueType, Wants
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean, fix
from recipedsl.semantics.copies import inherited
from recipedsl.semantics.foreign import help_with, source_of_text
from recipedsl.semantics.foreign_calls import help_with_column, without_quotes
from recipedsl.semantics.recipe import Later, Place
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.semantics.setting_values import FAILED, any_of, no_choice, of_value, wrong_type
from recipedsl.semantics.values import Sort, Value, holds
from recipedsl.source import Source, Span
from recipedsl.syntax import tree


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
    if type_.wants is Wants.FLAG and _is_foreign_flag(context, module, expression, name):
        return FAILED
    value = constant(context, module, expression)
    return (
        FAILED
        if value.sort is Sort.UNKNOWN
        else of_value(context, module.place(expression), type_, value, name)
    )


def _is_foreign_flag(context: Context, module: Module, expression: tree.Expression, name: str) -> bool:
    """Whether `yes` or `off` stands for a truth value, which is reported."""
    written = expression.text.lower() if isinstance(expression, tree.Name) else ""
    ours = VALUES.get(written)
    if ours not in ("true", "false") or lookup(module, expression) is not None:
        return False
    place = module.place(expression)
    helps = (fix(place, ours, f"write `{ours}`"),)
    context.report(WrongType, f"`{name}` takes true or false, found `{written}`", place, helps=helps)
    return True


# --- values of other sorts ------------------------------------------------------------------------


def _choice(
    context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str
) -> Any:
    place = module.place(expression)
    written = expression.text if isinstance(expression, tree.Name) else None
    if written in type_.choices:
        return written
    if isinstance(expression, tree.Member) and lookup(module, expression.target) is None:
        return no_choice(context, place, type_, expression.name.text, name)  # `torch.bfloat16`
    found = lookup(module, expression) if written is not None else None
    if written is None or (found is not None and found.kind in ("param", "let")):
        value = constant(context, module, expression)
        return FAILED if value.sort is Sort.UNKNOWN else of_value(context, place, type_, value, name)
    return no_choice(context, place, type_, written, name)


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
        if _are_quoted_names(context, module, item, expression, name):
            return FAILED
        taken = [take(context, module, item, each, name) for each in expression.items]
    elif value is not None:
        taken = [of_value(context, place, item, each, name) for each in value.data]
    else:
        taken = [take(context, module, item, expression, name)]
    if len(taken) < (type_.low or 0):
        context.report(WrongType, f"`{name}` takes one value or more", place, "an empty list")
        return FAILED
    return FAILED if any(each is FAILED for each in taken) else tuple(taken)


def _are_quoted_names(
    context: Context, module: Module, item: ValueType, listed: tree.ListOf, name: str
) -> bool:
    """Whether texts stand where names do, all of one list, which is reported once."""
    texts = [each for each in listed.items if isinstance(each, tree.Text)]
    is_name = item.wants is Wants.NAME
    if (
        not is_name
        or len(texts) < max(1, len(listed.items))
        or not all(each.value.isidentifier() for each in texts)
    ):
        return False
    known = (
        set(names(module, *item.families))
        if "column" not in item.families
        else {each.value for each in texts}
    )
    if not known.issuperset(each.value for each in texts):
        return False
    proper = ", ".join(each.value for each in texts)
    edits = tuple(Edit(module.source, each.span, each.value) for each in texts)
    helps = (Help(f"write `[{proper}]`", edits, Applicability.SAFE),)
    wanted = "columns" if "column" in item.families else " or ".join(f"{each}s" for each in item.families)
    words = f"`{name}` takes names of {wanted}, which are written without quotes"
    context.report(WrongType, words, module.place(listed), "texts, not names", helps=helps)
    return True


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
        return wrong_type(context, module.place(expression), type_, value, name)
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
    place = module.place(expression)
    helps = help_with_column(place, expression)
    context.report(WrongType, f"`{name}` takes names of columns", place, "not a column's name", helps=helps)
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
        helps = (
            without_quotes(place, expression, candidates)
            or source_of_text(place, expression, type_)
            or did_you_mean(place, "", candidates)
        )
        context.report(WrongType, words, place, "not a name", helps=helps)


def _concept(
    context: Context, module: Module, type_: ValueType, expression: tree.Expression, name: str
) -> Any:
    head = expression.function if isinstance(expression, tree.Call) else expression
    place = module.place(head)
    known = [keyword for family in type_.families for keyword in catalogue.keywords(family)]
    if not isinstance(head, tree.Name):
        words = f"`{name}` takes {any_of(tuple(known))}"
        helps = (
            without_quotes(place, head, known)
            or source_of_text(place, head, type_)
            or did_you_mean(place, "", known)
        )
        context.report(WrongType, words, place, "not one of these", helps=helps)
        return FAILED
    concept = next((found for family in type_.families if (found := catalogue.find(family, head.text))), None)
    if concept is None:
        context.report(
            NotAChoice,
            f"`{name}` takes {any_of(tuple(known))}, found `{head.text}`",
            place,
            "none of these",
            helps=_in_our_words(type_, head.text) or did_you_mean(place, head.text, known),
        )
        return FAILED
    settings = read_call(context, module, concept, expression)
    return ConceptUse(concept, settings.values, settings.written) if settings.complete else FAILED


def _in_our_words(type_: ValueType, written: str) -> tuple[Help, ...]:
    """What stands here for an adapter that other tools have a word for."""
    ours = catalogue.ABSENT_ADAPTERS.get(written) if "adapter" in type_.families else None
    return (Help(f"`{written}` is {ours}"),) if ours else ()


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
