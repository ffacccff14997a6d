"""Goes through a tree with what is expected at each place, and says what every name is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from recipedsl.editor.names import (
    ColumnUse,
    Definition,
    Names,
    Occurrence,
    Role,
    definitions_in,
    definitions_of,
    part_of,
    way_of,
)
from recipedsl.editor.nodes import declarations
from recipedsl.language import catalogue
from recipedsl.language.blocks import Run
from recipedsl.language.concept import Concept, Setting, Word
from recipedsl.language.functions.base import Function
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.templates.shipped import SHIPPED
from recipedsl.language.types import RowType, Type
from recipedsl.language.values import ValueType, Wants
from recipedsl.semantics.context import Module
from recipedsl.semantics.params import PARAM_TYPES
from recipedsl.semantics.rounds import OF_ROUNDS
from recipedsl.semantics.scope import BUILT_IN_TYPES
from recipedsl.source import Span
from recipedsl.syntax import tree

if TYPE_CHECKING:
    from recipedsl.editor.analysis import Analysis

Found = Iterator[Occurrence]
_NOWHERE = Span(0, 0)


class Scope:
    """The columns that may be named at a place."""

    def __init__(self, row: RowType | None = None, dataset: str = "", owner: Span = _NOWHERE) -> None:
        self.row, self.dataset, self.owner = row, dataset, owner

    def has(self, name: str) -> bool:
        """Whether a name may be a column: any may where they are not known."""
        return self.row is not None and self.row.column(name) is not None


#: Where no row is at hand.
NO_ROWS = Scope()


def names_of(analysis: Analysis) -> Names:
    """Every name of a document."""
    namer = Namer(analysis)
    return Names(namer.items(analysis.tree.items), namer.definitions)


class Namer:
    """Names of one document; every method yields what it finds in a node."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.module = analysis.module
        self.definitions = definitions_of(analysis.source, analysis.tree.items)

    # --- declarations -------------------------------------------------------------------------------

    def items(self, items: Iterable[tree.Item]) -> Found:
        """All declarations."""
        for item in declarations(items):
            name = getattr(item, "name", None)
            if name is not None:
                yield self._named(name, Role.DECLARATION, definition=self.definitions.get(name.text))
            yield from self._item(item)

    def _item(self, item: tree.Item) -> Found:
        match item:
            case tree.TypeDeclaration():
                yield from self._type(item.type)
            case tree.Param():
                yield from self._param(item)
            case tree.Let():
                yield from self.constant(item.value)
            case tree.Data():
                yield self._named(item.kind, Role.KIND)
                yield from self._type(item.annotation)
                yield from self.pipeline(item.pipeline)
            case tree.Thing():
                yield self._named(item.kind, Role.KIND)
                yield from self._thing(item)

    def _param(self, item: tree.Param) -> Found:
        for each in _named_types(item.type):
            role = Role.TYPE if each.name.text in PARAM_TYPES else Role.UNKNOWN
            yield self._named(each.name, role)
        if item.default is not None:
            yield from self.constant(item.default)

    def _thing(self, item: tree.Thing) -> Found:
        method = catalogue.find("stage", item.method.text) if item.method else None
        if item.method is not None:
            yield self._named(item.method, Role.METHOD, word=method)
        if item.copied is not None:
            yield from self.reference(item.copied)
        concept = self.concept_of(item)
        scope = self.scope_of(item)
        for entry in item.block.entries:
            if isinstance(entry, tree.Expect):
                yield from self.score(entry.condition, ("metric",), scope)
            elif isinstance(entry, tree.Attribute):
                yield from self._attribute(item, concept, entry, scope)

    def _attribute(
        self, item: tree.Thing, concept: type[Concept] | None, entry: tree.Attribute, scope: Scope
    ) -> Found:
        if item.kind.text == "profile":
            yield from self._profile_entry(entry)
            return
        setting = concept.settings().get(entry.key.text) if concept is not None else None
        role = Role.SETTING if setting is not None else Role.UNKNOWN
        yield self._named(entry.key, role, word=concept, setting=setting)
        yield from self.value(setting, concept, entry.value, scope)

    def _profile_entry(self, entry: tree.Attribute) -> Found:
        definition = self.definitions.get(entry.key.text)
        if definition is not None and definition.kind == "param":
            yield self._named(entry.key, Role.REFERENCE, definition=definition)
        else:
            setting = Run.settings().get(entry.key.text)
            yield self._named(entry.key, Role.SETTING if setting else Role.UNKNOWN, word=Run, setting=setting)
        yield from self.constant(entry.value)

    def concept_of(self, item: tree.Thing) -> type[Concept] | None:
        """The concept whose settings a block holds; that of a copy is its original's."""
        seen: set[str] = set()
        while item.kind.text == "stage" and item.method is None and isinstance(item.copied, tree.Name):
            found = self.definitions.get(item.copied.text)
            if found is None or found.name in seen or not isinstance(found.node, tree.Thing):
                return None
            seen.add(found.name)
            item = found.node
        if item.kind.text != "stage":
            return catalogue.find("block", item.kind.text)
        return catalogue.find("stage", item.method.text) if item.method is not None else None

    def scope_of(self, item: tree.Thing) -> Scope:
        """The columns of the rows that a stage or an eval reads."""
        data = next(
            (e.value for e in item.block.entries if isinstance(e, tree.Attribute) and e.key.text == "data"),
            None,
        )
        return NO_ROWS if data is None else self.rows_of(data)

    def rows_of(self, expression: tree.Expression) -> Scope:
        """The columns of a dataset that is named or written in place."""
        if isinstance(expression, tree.Group):
            return self.rows_of(expression.inner)
        if isinstance(expression, tree.Nested):
            last = (expression.pipeline.source, *expression.pipeline.steps)[-1]
            return self._behind(last, expression.pipeline.span)
        if isinstance(expression, tree.Call):
            return self._behind(expression, expression.span)
        name = self.analysis.text[expression.span.start : expression.span.end]
        datasets = self.analysis.recipe.datasets
        for known in (name, name.rpartition(".")[0]):
            found = datasets.get(known) or next(
                (each for other, each in datasets.items() if known and other.startswith(f"{known}[")), None
            )
            if found is not None:
                return Scope(found.row, found.name, expression.span)
        return NO_ROWS

    def _behind(self, node: Any, owner: Span) -> Scope:
        found = self.analysis.passages.get(node.span)
        return Scope(found.row, found.dataset, owner) if found is not None else Scope(None, "", owner)

    # --- types ----------------------------------------------------------------------------------------

    def _type(self, node: tree.TypeExpression | None) -> Found:
        match node:
            case tree.NamedType():
                yield from self._type_name(node.name)
                yield from self._type(node.item)
            case tree.RecordType():
                for each in node.fields:
                    use = ColumnUse(self._field_type(node, each), None, "", True, node.span)
                    yield self._named(each.name, Role.COLUMN, column=use)
                    yield from self._type(each.type)
            case tree.RefinedType():
                yield from self._type(node.base)

    def _type_name(self, name: tree.Name) -> Found:
        if name.text in BUILT_IN_TYPES:
            yield self._named(name, Role.TYPE)
            return
        prefix, dot, last = name.text.rpartition(".")
        if not dot or name.quoted:
            yield self._named(name, Role.REFERENCE, definition=self.definitions.get(name.text))
            return
        module = self.module
        start = name.span.start
        for part in prefix.split("."):
            span = Span(start, start + len(part))
            yield Occurrence(span, Role.REFERENCE, part, definitions_in(module).get(part))
            start = span.end + 1
            if part not in module.imports:
                return
            module = module.imports[part]
        yield Occurrence(Span(start, name.span.end), Role.REFERENCE, last, definitions_in(module).get(last))

    def _field_type(self, record: tree.RecordType, field: tree.TypeField) -> Type | None:
        """Type of a column that a row type declares, where a dataset is annotated with that type."""
        for each in self.analysis.recipe.datasets.values():
            declared = each.source.declared
            if declared is not None and declared.names == tuple(one.name.text for one in record.fields):
                return declared.column(field.name.text)
        return None

    # --- pipelines --------------------------------------------------------------------------------------

    def pipeline(self, node: tree.Pipeline) -> Found:
        """A source and its steps."""
        yield from self.dataset(node.source)
        before: Any = node.source
        for step in node.steps:
            scope = self._behind(before, node.span)
            if isinstance(step, tree.Expect):
                yield from self.row(step.condition, scope)
            elif isinstance(step, tree.Step):
                yield from self._step(step, scope)
            before = step

    def dataset(self, node: tree.Expression) -> Found:
        """What stands for rows: a source, a pipeline, the name of a dataset or of a part of one."""
        match node:
            case tree.Group():
                yield from self.dataset(node.inner)
            case tree.Nested():
                yield from self.pipeline(node.pipeline)
            case tree.Call() if isinstance(node.function, tree.Name):
                yield from self._source(node, node.function)
            case _:
                yield from self.reference(node)

    def _source(self, node: tree.Call, function: tree.Name) -> Found:
        concept = catalogue.find("source", function.text)
        yield self._word(function, concept)
        if concept is None or function.text == "concat":
            for argument in node.arguments:
                if argument.name is not None:
                    yield self._named(argument.name, Role.KEY)
                yield from self.dataset(argument.value)
            return
        for argument, setting in _with_settings(concept, node.arguments):
            yield from self._setting_name(argument, concept, setting)
            if function.text in ("mix", "interleave") and isinstance(argument.value, tree.MapOf):
                for entry in argument.value.entries:
                    yield from self.dataset(entry.key)
                    yield from self.constant(entry.value)
            else:
                yield from self.value(setting, concept, argument.value, NO_ROWS)

    def _word(self, name: tree.Name, concept: type[Word] | None) -> Occurrence:
        if concept is None:
            return self._named(name, Role.FUNCTION if name.text in OF_ROUNDS else Role.UNKNOWN)
        return self._named(name, Role.CONCEPT, word=concept)

    def _setting_name(
        self, argument: tree.Argument, concept: type[Concept], setting: Setting | None
    ) -> Found:
        if argument.name is not None:
            role = Role.SETTING if setting is not None else Role.UNKNOWN
            yield self._named(argument.name, role, word=concept, setting=setting)

    # --- steps --------------------------------------------------------------------------------------------

    def _step(self, node: tree.Step, scope: Scope) -> Found:
        concept = catalogue.find("step", node.name.text)
        yield self._named(node.name, Role.STEP, word=concept)
        if concept is None or not issubclass(concept, Step):
            for argument in (*node.arguments, *node.by):
                yield from self.row(argument.value, scope)
            return
        yield from _STEPS[concept.takes](self, concept, node, scope)
        for argument in node.by:
            if argument.name is not None:
                setting = concept.settings().get(argument.name.text)
                yield from self._setting_name(argument, concept, setting)
                yield from self.value(setting, concept, argument.value, scope)
            else:
                yield from self.row(argument.value, scope)

    def _step_rows(self, concept: type[Step], node: tree.Step, scope: Scope) -> Found:
        """Expressions over the row; what is named is a setting of the step."""
        for argument in node.arguments:
            setting = concept.settings().get(argument.name.text) if argument.name else None
            yield from self._setting_name(argument, concept, setting)
            if setting is None:
                yield from self.row(argument.value, scope)
            else:
                yield from self.value(setting, concept, argument.value, scope)

    def _step_new(self, concept: type[Step], node: tree.Step, scope: Scope) -> Found:
        """New columns with what they hold."""
        after = self._behind(node, scope.owner)
        for argument in node.arguments:
            if argument.name is not None:
                yield self._column(argument.name, after, is_new=True)
            if concept.takes is Takes.SCORES:
                yield from self.score(argument.value, ("reward",), scope)
            else:
                yield from self.row(argument.value, scope)

    def _step_settings(self, concept: type[Step], node: tree.Step, scope: Scope) -> Found:
        for argument, setting in _with_settings(concept, node.arguments):
            yield from self._setting_name(argument, concept, setting)
            yield from self.value(setting, concept, argument.value, scope)

    def _step_shares(self, concept: type[Step], node: tree.Step, scope: Scope) -> Found:
        for argument in node.arguments:
            if argument.name is not None and argument.name.text == "group":
                yield self._named(argument.name, Role.SETTING, word=concept)
                yield from self.row(argument.value, scope)
                continue
            if argument.name is not None:
                own = (each for each in self.definitions.values() if each.span == argument.name.span)
                yield self._named(argument.name, Role.DECLARATION, definition=next(own, None))
            if isinstance(argument.value, tree.Name) and argument.value.text == "rest":
                yield self._named(argument.value, Role.CHOICE, word=concept)
            else:
                yield from self.constant(argument.value)

    def _step_shape(self, _: type[Step], node: tree.Step, scope: Scope) -> Found:
        for argument in node.arguments:
            yield from self._shape(argument.value, scope)

    def _shape(self, value: tree.Expression, scope: Scope) -> Found:
        head = value.function if isinstance(value, tree.Call) else value
        if not isinstance(head, tree.Name):
            return
        concept = catalogue.find("shape", head.text)
        yield self._word(head, concept)
        for argument in value.arguments if isinstance(value, tree.Call) else ():
            setting = concept.settings().get(argument.name.text) if concept and argument.name else None
            if concept is not None:
                yield from self._setting_name(argument, concept, setting)
            yield from self.row(argument.value, scope)

    def _step_dataset(self, concept: type[Step], node: tree.Step, scope: Scope) -> Found:
        for argument in node.arguments:
            if argument.name is None:
                yield from self.dataset(argument.value)
                continue
            setting = concept.settings().get(argument.name.text)
            yield self._named(argument.name, Role.SETTING, word=concept, setting=setting)
            if argument.name.text == "on":
                yield from self.row(argument.value, scope)
            else:
                yield from self.value(setting, concept, argument.value, scope)

    # --- values of settings -----------------------------------------------------------------------------

    def value(
        self, setting: Setting | None, owner: type[Word] | None, node: tree.Expression, scope: Scope
    ) -> Found:
        """What a setting is given."""
        if setting is None:
            yield from self.constant(node)
        else:
            yield from self._of_type(setting.type, setting, owner, node, scope)

    def _of_type(
        self,
        type_: ValueType,
        setting: Setting,
        owner: type[Word] | None,
        node: tree.Expression,
        scope: Scope,
    ) -> Found:
        while isinstance(node, tree.Group):
            node = node.inner
        if isinstance(node, tree.ListOf) and type_.wants is Wants.LIST and type_.item is not None:
            for each in node.items:
                yield from self._of_type(type_.item, setting, owner, each, scope)
            return
        if type_.wants is Wants.LIST and type_.item is not None:
            type_ = type_.item
        match type_.wants:
            case Wants.CHOICE if isinstance(node, tree.Name) and node.text in type_.choices:
                yield self._named(node, Role.CHOICE, word=owner, setting=setting)
            case Wants.NAME:
                yield from self._name_of(type_, setting, owner, node, scope)
            case Wants.CONCEPT:
                yield from self._concept(type_.families, node, scope)
            case Wants.ROW:
                yield from self.row(node, scope)
            case Wants.EXPRESSION:
                yield from self.score(node, type_.families, scope)
            case Wants.FILE if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
                yield self._named(node.function, Role.FUNCTION)
            case _:
                yield from self.constant(node)

    def _name_of(
        self,
        type_: ValueType,
        setting: Setting,
        owner: type[Word] | None,
        node: tree.Expression,
        scope: Scope,
    ) -> Found:
        if "data" in type_.families:
            yield from self.dataset(node)
        elif "column" in type_.families:
            yield from self.row(node, scope)
        elif "template" in type_.families and isinstance(node, tree.Name) and node.text in SHIPPED:
            yield self._named(node, Role.CHOICE, word=owner, setting=setting)
        else:
            yield from self.reference(node)

    def _concept(self, families: tuple[str, ...], node: tree.Expression, scope: Scope) -> Found:
        head = node.function if isinstance(node, tree.Call) else node
        concept = _find(families, head.text) if isinstance(head, tree.Name) else None
        if concept is None or not isinstance(head, tree.Name):
            yield from self.constant(node)
            return
        yield self._named(head, Role.CONCEPT, word=concept)
        for argument, setting in _with_settings(
            concept, node.arguments if isinstance(node, tree.Call) else ()
        ):
            yield from self._setting_name(argument, concept, setting)
            yield from self.value(setting, concept, argument.value, scope)

    # --- references ---------------------------------------------------------------------------------------

    def reference(self, node: Any) -> Found:
        """A name of a declaration, of one in an imported file, or of a part of a dataset."""
        match node:
            case tree.Name():
                definition = self.definitions.get(node.text.partition("[")[0])
                yield self._named(node, Role.REFERENCE, definition=definition)
            case tree.Member():
                yield from self.reference(node.target)
                yield self._named(node.name, Role.REFERENCE, definition=self._member(node))
            case tree.Index():
                yield from self.reference(node.target)
                yield from self.constant(node.index)
            case tree.Group():
                yield from self.reference(node.inner)
            case tree.Call():
                if isinstance(node.function, tree.Name):
                    yield self._word(node.function, None)
                for argument in node.arguments:
                    if argument.name is not None:
                        yield self._named(argument.name, Role.KEY)
                    yield from self.reference(argument.value)
            case tree.ListOf():
                for each in node.items:
                    yield from self.reference(each)
            case _:
                yield from self.constant(node)

    def _member(self, node: tree.Member) -> Definition | None:
        """What `import.name`, `dataset.part` or `import.dataset.part` means."""
        words = self.analysis.text[node.span.start : node.span.end].split(".")
        module: Module = self.module
        while words and words[0] in module.imports:
            module = module.imports[words.pop(0)]
        if module is self.module:
            return self.definitions.get(".".join(words))
        return self._imported[module.prefix].get(".".join(words))

    @cached_property
    def _imported(self) -> dict[str, dict[str, Definition]]:
        """Declarations of imported files, by the prefix of their names."""
        found: dict[str, dict[str, Definition]] = {}
        waiting = [*self.module.imports.values()]
        for module in waiting:
            found[module.prefix] = definitions_in(module)
            waiting.extend(module.imports.values())
        return found

    # --- expressions --------------------------------------------------------------------------------------

    def constant(self, node: Any) -> Found:
        """What is known before any row is read: params and lets."""
        match node:
            case tree.Name():
                definition = self.definitions.get(node.text)
                role = Role.REFERENCE if definition is not None else Role.UNKNOWN
                yield self._named(node, role, definition=definition)
            case tree.Member():
                yield from self.reference(node)
            case tree.Call():
                if isinstance(node.function, tree.Name):
                    yield self._named(node.function, Role.FUNCTION)
                for argument in node.arguments:
                    yield from self.constant(argument.value)
            case tree.Nested():
                yield from self.pipeline(node.pipeline)
            case tree.MapOf():
                for entry in node.entries:
                    if isinstance(entry.key, tree.Name):
                        yield self._named(entry.key, Role.KEY)
                    yield from self.constant(entry.value)
            case _:
                for each in _operands(node):
                    yield from self.constant(each)

    def row(self, node: Any, scope: Scope) -> Found:
        """An expression over the columns of a row."""
        match node:
            case tree.Name():
                yield self._in_row(node, scope)
            case tree.Member():
                yield from self._row_member(node, scope)
            case tree.Call():
                function = (
                    catalogue.function(node.function.text) if isinstance(node.function, tree.Name) else None
                )
                if isinstance(node.function, tree.Name):
                    yield self._named(node.function, Role.FUNCTION, word=function)
                for argument in node.arguments:
                    if argument.name is not None:
                        yield self._parameter(argument.name, function)
                    yield from self.row(argument.value, scope)
            case _:
                for each in _operands(node):
                    yield from self.row(each, scope)

    def _row_member(self, node: tree.Member, scope: Scope) -> Found:
        if isinstance(node.target, tree.Name) and node.target.text in self.module.imports:
            yield from self.reference(node)
            return
        yield from self.row(node.target, scope)
        type_ = part_of(scope.row, way_of(node)) if scope.row is not None else None
        use = ColumnUse(type_, scope.row, scope.dataset, False, scope.owner)
        yield self._named(node.name, Role.FIELD, column=use)

    def _in_row(self, name: tree.Name, scope: Scope) -> Occurrence:
        found = None if name.quoted else self.definitions.get(name.text)
        if found is not None and found.kind in ("param", "let") and not scope.has(name.text):
            return self._named(name, Role.REFERENCE, definition=found)
        return self._column(name, scope)

    def _column(self, name: tree.Name, scope: Scope, *, is_new: bool = False) -> Occurrence:
        type_ = scope.row.column(name.text) if scope.row is not None else None
        use = ColumnUse(type_, scope.row, scope.dataset, is_new, scope.owner)
        return self._named(name, Role.COLUMN, column=use)

    def _parameter(self, name: tree.Name, function: type[Function] | None) -> Occurrence:
        takes = function.takes if function is not None else ()
        setting = next((each for each in takes if each.name == name.text), None)
        role = Role.PARAMETER if setting is not None else Role.UNKNOWN
        return self._named(name, role, word=function, setting=setting)

    def score(self, node: Any, families: tuple[str, ...], scope: Scope) -> Found:
        """Rewards and metrics: functions of an answer, stages that judge, numbers."""
        match node:
            case tree.Name() | tree.Call():
                yield from self._score(node, families, scope)
            case tree.Member():
                yield from self.reference(node)
            case _:
                for each in _operands(node):
                    yield from self.score(each, families, scope)

    def _score(self, node: tree.Name | tree.Call, families: tuple[str, ...], scope: Scope) -> Found:
        head = node.function if isinstance(node, tree.Call) else node
        name = head.text if isinstance(head, tree.Name) else ""
        concept = _find(families, name)
        definition = self.definitions.get(name)
        if isinstance(node, tree.Name) and definition is not None and not scope.has(name):
            yield self._named(node, Role.REFERENCE, definition=definition)
        elif concept is not None and isinstance(head, tree.Name):
            yield self._named(head, Role.CONCEPT, word=concept)
            arguments = node.arguments if isinstance(node, tree.Call) else ()
            for argument, setting in _with_settings(concept, arguments):
                yield from self._setting_name(argument, concept, setting)
                if argument.name is None and self._is_model(argument.value):
                    yield from self.reference(argument.value)  # `pass_rate(final)` of a gate
                else:
                    yield from self.value(setting, concept, argument.value, scope)
        else:
            yield from self.row(node, scope)

    def _is_model(self, node: tree.Expression) -> bool:
        definition = self.definitions.get(node.text) if isinstance(node, tree.Name) else None
        return definition is not None and definition.kind in ("model", "stage")

    # --- one name ---------------------------------------------------------------------------------------

    def _named(self, name: tree.Name, role: Role, **more: Any) -> Occurrence:
        # The number of a round is the compiler's, not the text's.
        found = Occurrence(name.span, role, name.text.partition("[")[0] if not name.quoted else name.text)
        return replace(found, **more) if more else found


_STEPS = {
    Takes.CONDITION: Namer._step_rows,
    Takes.COLUMNS: Namer._step_rows,
    Takes.NAMED: Namer._step_new,
    Takes.RENAMES: Namer._step_new,
    Takes.SCORES: Namer._step_new,
    Takes.SETTINGS: Namer._step_settings,
    Takes.SHARES: Namer._step_shares,
    Takes.SHAPE: Namer._step_shape,
    Takes.DATASET: Namer._step_dataset,
}


def _find(families: Iterable[str], keyword: str) -> type[Concept] | None:
    known = (catalogue.find(each, keyword) for each in families if each in catalogue.FAMILIES)
    return next((each for each in known if each is not None), None)


def _with_settings(
    concept: type[Concept], arguments: Iterable[tree.Argument]
) -> Iterator[tuple[tree.Argument, Setting | None]]:
    """Arguments of a call with the settings that they fill: by name, or in order."""
    order = list(concept.settings().values())
    for index, argument in enumerate(arguments):
        if argument.name is not None:
            yield argument, concept.settings().get(argument.name.text)
        else:
            yield argument, order[index] if index < len(order) else None


def _operands(node: Any) -> Iterator[Any]:
    """Expressions inside an expression that names nothing itself."""
    match node:
        case tree.Group():
            yield node.inner
        case tree.ListOf():
            yield from node.items
        case tree.MapOf():
            yield from (each.value for each in node.entries)
        case tree.Range():
            yield from (each for each in (node.low, node.high) if each is not None)
        case tree.Unary():
            yield node.operand
        case tree.Binary():
            yield from (node.left, node.right)
        case tree.Index():
            yield from (node.target, node.index)


def _named_types(node: tree.TypeExpression | None) -> Iterator[tree.NamedType]:
    match node:
        case tree.NamedType():
            yield node
            yield from _named_types(node.item)
        case tree.RefinedType():
            yield from _named_types(node.base)
