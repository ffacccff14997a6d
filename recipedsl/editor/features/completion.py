"""Completion: what may be written at the cursor, told by the words before it, whatever is broken above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lsprotocol import types

from recipedsl.diagnostics.render.pieces import escaped
from recipedsl.editor.analysis import Analysis
from recipedsl.editor.contexts import Context, Frame, Sort, context_at, parameters_of
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.rows_here import row_at
from recipedsl.editor.telling import (
    STEP_WORDS,
    column_name,
    fenced,
    meaning,
    setting_head,
    setting_page,
    value_text,
    word_page,
)
from recipedsl.editor.workspace import Workspace
from recipedsl.language import catalogue
from recipedsl.language.blocks import Run
from recipedsl.language.concept import Concept, Setting, Word
from recipedsl.language.functions.base import Function
from recipedsl.language.functions.catalogue import FUNCTIONS
from recipedsl.language.steps.base import BEST, Step, Takes
from recipedsl.language.steps.rows import Dedup
from recipedsl.language.templates.shipped import SHIPPED
from recipedsl.language.types import RowType
from recipedsl.language.values import ValueType, Wants
from recipedsl.reference.facts import signature
from recipedsl.reference.grammar_words import GRAMMAR_WORDS
from recipedsl.reference.values import default_of
from recipedsl.semantics.params import PARAM_TYPES
from recipedsl.semantics.rounds import OF_ROUNDS
from recipedsl.semantics.scope import BUILT_IN_TYPES, names
from recipedsl.semantics.values import Sort as ValueSort
from recipedsl.semantics.values import Value
from recipedsl.syntax import tree

Kind = types.CompletionItemKind


@dataclass(frozen=True)
class Offer:
    """One thing that may be written.

    Attributes:
        label: what is listed.
        kind: what it is, for the picture beside it.
        detail: a few words beside it.
        insert: what is written, with `$1` where the cursor goes next; the label when empty.
        rank: smaller ones are listed first.
        page: names what `completionItem/resolve` tells: (family, keyword) or (family, keyword, setting).
    """

    label: str
    kind: types.CompletionItemKind
    detail: str = ""
    insert: str = ""
    rank: int = 5
    page: tuple[str, ...] = ()


def completion(workspace: Workspace, params: types.CompletionParams) -> types.CompletionList | None:
    """What may be written at a position."""
    analysis = workspace.analysis(params.text_document.uri)
    if analysis is None:
        return None
    context = context_at(analysis, offset_of(analysis, params))
    offers = _offers(workspace, analysis, context)
    known = dict.fromkeys(offers)
    range_ = analysis.positions.range(context.replaced)
    items = [_item(each, range_, snippets=workspace.traits.snippets) for each in known]
    return types.CompletionList(is_incomplete=False, items=items)


def _item(offer: Offer, range_: types.Range, *, snippets: bool) -> types.CompletionItem:
    insert = offer.insert or _escaped(offer.label)
    is_snippet = snippets and "$" in insert
    text = insert if is_snippet else _without_stops(insert)
    return types.CompletionItem(
        offer.label,
        kind=offer.kind,
        detail=offer.detail or None,
        sort_text=f"{offer.rank}{offer.label.lower()}",
        filter_text=offer.label.strip("`"),
        insert_text_format=types.InsertTextFormat.Snippet if is_snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(range_, text if is_snippet else text.replace("\\$", "$")),
        data=list(offer.page) or None,
    )


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}") if "$" in label else label


def _without_stops(insert: str) -> str:
    """A snippet as plain text, up to where the first stop stood."""
    return insert.partition("$")[0] if "$" in insert.replace("\\$", "") else insert


def resolve(_: Workspace, item: types.CompletionItem) -> types.CompletionItem:
    """The page of what is listed."""
    page = item.data if isinstance(item.data, list) else []
    told = _told(tuple(str(each) for each in page))
    if told:
        item.documentation = types.MarkupContent(types.MarkupKind.Markdown, told)
    return item


def _told(page: tuple[str, ...]) -> str:
    if len(page) < 2:
        return ""
    family, keyword, *setting = page
    word = next((each for each in catalogue.words().get(family, ()) if each.keyword == keyword), None)
    if word is None:
        return ""
    if not setting:
        return word_page(word)
    found = word.settings().get(setting[0])
    return "" if found is None else fenced([setting_head(found)]) + "\n\n" + setting_page(found, word)


# --- what is offered ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Here:
    """A place, with what is known around it."""

    workspace: Workspace
    analysis: Analysis
    context: Context

    @property
    def row(self) -> RowType | None:
        return row_at(self.analysis, self.context)

    def names(self, *kinds: str) -> list[str]:
        """Declarations, those of imported files with their prefix; without the numbers of rounds."""
        known = (each.partition("[")[0] for each in names(self.analysis.module, *kinds))
        # Nothing names itself, save in the round before.
        words = self.context.words
        is_of_rounds = any(each.head in OF_ROUNDS for each in self.context.frames)
        own = words[1].text if len(words) > 1 and not is_of_rounds else ""
        return [each for each in dict.fromkeys(known) if each != own]

    @property
    def is_in_rounds(self) -> bool:
        """Whether the declaration stands further in, which is so in rounds alone."""
        return self.analysis.positions.position(self.context.head).character > 0


def _offers(workspace: Workspace, analysis: Analysis, context: Context) -> list[Offer]:
    here = _Here(workspace, analysis, context)
    if context.in_text is not None:
        return list(_in_text(here))
    if context.target:
        return list(_members(here))
    if context.after_value:
        return list(_connections(here))
    found = list(_SORTS[context.want.sort](here))
    if context.names_too:
        found = [*_argument_names(here), *found]
    return found


def _nothing(_: _Here) -> Iterable[Offer]:
    return ()


_FORMS = {
    "import": 'import ${1:common} = "$2"',
    "type": "type ${1:Row} = { $2 }",
    "param": "param ${1:name}: ${2:int} = $3",
    "let": "let ${1:name} = $2",
    "data": "data ${1:name} = $2",
    "model": "model ${1:name} {\n  from = $2\n}",
    "template": "template ${1:name} {\n  $2\n}",
    "stage": "stage ${1:name}: ${2:sft} {\n  from = $3\n  data = $4\n}",
    "eval": "eval ${1:name} {\n  models  = [$2]\n  data    = $3\n  metrics = [$4]\n}",
    "run": "run { seed = ${1:17} }",
    "profile": "profile ${1:name} { $2 }",
    "rounds": "rounds ${1:3} {\n  $2\n}",
    "ftr": "ftr 1",
}


def _declarations(here: _Here) -> Iterator[Offer]:
    means = {each.word: meaning(each) for each in GRAMMAR_WORDS}
    for word, form in _FORMS.items():
        if word != "ftr" or here.analysis.tree.edition is None:
            yield Offer(word, Kind.Keyword, means.get(word, ""), form)


def _methods(_: _Here) -> Iterator[Offer]:
    for each in catalogue.STAGES:
        yield Offer(
            each.keyword, Kind.Class, _title(each), f"{each.keyword} {{\n  $1\n}}", 5, _page("stage", each)
        )


def _title(word: type[Word]) -> str:
    return word.title().rstrip(".")


def _page(family: str, word: type[Word]) -> tuple[str, ...]:
    return (family, word.keyword)


def _types(here: _Here) -> Iterator[Offer]:
    for each in BUILT_IN_TYPES:
        yield Offer(each, Kind.Struct, "type of the language", "list[$1]" if each == "list" else "")
    for name in here.names("type"):
        yield Offer(name, Kind.Struct, "row type", rank=3)


def _param_types(_: _Here) -> Iterator[Offer]:
    for each in PARAM_TYPES:
        yield Offer(each, Kind.Struct, "type of a param")


def _param_range(here: _Here) -> Iterator[Offer]:
    if not any(each.kind == "IN" for each in here.context.words):
        yield Offer("in", Kind.Keyword, "what it may be", "in $1", 6)


def _constants(here: _Here) -> Iterator[Offer]:
    values = here.analysis.checked.analysis.values
    for kind in ("param", "let"):
        for name in here.names(kind):
            yield Offer(name, Kind.Constant, _valued(kind, values.get(name)), rank=3)


def _valued(kind: str, value: Value | None) -> str:
    if value is None or value.sort in (ValueSort.UNKNOWN, ValueSort.SECRET):
        return kind
    return f"{kind} = {escaped(value.written or value_text(value.plain))[:_SHOWN]}"


#: Characters of a value or type beside a name.
_SHOWN = 60


def _copies(here: _Here) -> Iterator[Offer]:
    word = here.context.want.word
    yield from (Offer(name, Kind.Variable, word) for name in here.names(word))


def _datasets(here: _Here) -> Iterator[Offer]:
    datasets = here.analysis.recipe.datasets
    for name in here.names("data"):
        found = datasets.get(name)
        if found is None or not found.parts:
            yield Offer(name, Kind.Variable, f"dataset, {found.shape}" if found else "dataset", rank=2)
        for part in found.parts if found else ():
            yield Offer(f"{name}.{part}", Kind.Variable, f"part, {found.shape}" if found else "part", rank=2)
    for each in catalogue.SOURCES:
        yield Offer(each.keyword, Kind.Function, _title(each), _call(each), 4, _page("source", each))
    yield from _of_rounds(here, "previous", "every", "latest")


def _call(concept: type[Word], *, braces: bool = True) -> str:
    """A call with stops at what has to be written."""
    required = [each for each in concept.settings().values() if each.required]
    if not required:
        return f"{concept.keyword}($1)" if braces and concept.settings() else concept.keyword
    text = required[0].type.wants in (Wants.TEXT, Wants.FILE) and len(required) == 1
    return f'{concept.keyword}("$1")' if text else f"{concept.keyword}($1)"


def _steps(_: _Here) -> Iterator[Offer]:
    for each in catalogue.STEPS:
        if issubclass(each, Step):
            yield Offer(
                each.keyword,
                Kind.Method,
                _title(each),
                _STEP_FORMS.get(each.takes, "{} $1").format(each.keyword),
                4,
                _page("step", each),
            )
    yield Offer("expect", Kind.Keyword, "stops before training where it does not hold", 'expect $1 else "$2"')


_STEP_FORMS = {
    Takes.NAMED: "{} ${{1:name}} = $2",
    Takes.SCORES: "{} ${{1:name}} = $2",
    Takes.RENAMES: "{} ${{1:new}} = $2",
    Takes.SHARES: "{} ${{1:train}} = ${{2:95%}}, ${{3:held}} = ${{4:5%}}",
    Takes.DATASET: "{} $1, on = $2",
    Takes.SETTINGS: "{} $1",
    Takes.SHAPE: "{} $1",
    Takes.COLUMNS: "{} $1",
    Takes.CONDITION: "{} $1",
}


def _columns(here: _Here) -> Iterator[Offer]:
    row = here.row
    for each in row.columns if row is not None else ():
        yield Offer(column_name(each.name), Kind.Field, escaped(str(each.type))[:_SHOWN], rank=1)


def _rows(here: _Here) -> Iterator[Offer]:
    yield from _columns(here)
    yield from _constants(here)
    aggregates = here.context.want.word == "expect"
    for each in FUNCTIONS:
        if not each.operator and (aggregates or not each.aggregate):
            yield Offer(
                each.keyword, Kind.Function, signature(each), _function_call(each), 4, _page("function", each)
            )
    yield from _words("not", "true", "false", "none")


def _function_call(function: type[Function]) -> str:
    return f"{function.keyword}($1)" if function.takes or function.rest else f"{function.keyword}()"


def _words(*words: str) -> Iterator[Offer]:
    for each in words:
        yield Offer(each, Kind.Keyword, rank=7)


def _shapes(_: _Here) -> Iterator[Offer]:
    for each in catalogue.SHAPES:
        yield Offer(each.keyword, Kind.Struct, _title(each), f"{each.keyword}($1)", 4, _page("shape", each))


def _shares(_: _Here) -> Iterator[Offer]:
    yield Offer("rest", Kind.Keyword, STEP_WORDS["rest"])
    yield Offer("group", Kind.Property, STEP_WORDS["group"], "group = $1")


def _scores(here: _Here) -> Iterator[Offer]:
    families = here.context.want.families
    for family in families:
        for each in catalogue.FAMILIES.get(family, ()):
            yield Offer(each.keyword, Kind.Function, _title(each), _call(each), 3, _page(family, each))
    judges = [name for name, stage in here.analysis.recipe.stages.items() if stage.method.gives == "reward"]
    if "reward" in families:
        yield from (Offer(name, Kind.Variable, "reward model", rank=2) for name in judges)
    if here.context.want.word == "expect":
        yield from _policies(here)
    yield from _constants(here)


def _policies(here: _Here) -> Iterator[Offer]:
    for kind in ("model", "stage"):
        yield from (Offer(name, Kind.Variable, kind, rank=2) for name in here.names(kind))


def _of_rounds(here: _Here, *words: str) -> Iterator[Offer]:
    """What names something of other rounds, where there are any."""
    has_rounds = any(isinstance(each, tree.Rounds) for each in here.analysis.tree.items)
    if not (has_rounds or here.is_in_rounds) or here.context.frames[-1].head in OF_ROUNDS:
        return
    means = {each.word: meaning(each) for each in GRAMMAR_WORDS}
    for word in words:
        if here.is_in_rounds or word in ("every", "latest"):
            yield Offer(word, Kind.Keyword, means[word], _ROUNDS_FORMS.get(word, f"{word}($1)"), 6)


_ROUNDS_FORMS = {"previous": "previous($1, first = $2)"}


def _settings(here: _Here) -> Iterator[Offer]:
    concept = here.context.want.concept
    written = set(here.context.keys) - {here.context.prefix}
    for setting in concept.settings().values() if concept is not None else ():
        if setting.name not in written:
            yield _setting(concept, setting)
    if concept is not None and concept.gates:
        yield Offer("expect", Kind.Keyword, "a gate: what has to hold", 'expect $1 else "$2"', 6)


def _setting(concept: type[Concept] | None, setting: Setting) -> Offer:
    head = setting_head(setting).partition(": ")[2]
    rank = 1 if setting.required else 6 if setting.not_yet else 3
    page = _page(_family_of(concept), concept) if concept is not None else ()
    return Offer(
        setting.name,
        Kind.Property,
        head,
        f"{setting.name} = {_value_stop(setting)}",
        rank,
        (*page, setting.name),
    )


def _value_stop(setting: Setting) -> str:
    if setting.type.wants is Wants.LIST:
        return "[$1]"
    return '"$1"' if setting.type.wants is Wants.TEXT else "$1"


def _family_of(concept: type[Concept]) -> str:
    return next((name for name, members in catalogue.FAMILIES.items() if concept in members), "")


def _profile(here: _Here) -> Iterator[Offer]:
    for name in here.names("param"):
        yield Offer(name, Kind.Constant, "param", f"{name} = $1", 2)
    yield from (_setting(Run, each) for each in Run.settings().values())


def _values(here: _Here) -> Iterator[Offer]:
    setting, type_ = here.context.want.setting, here.context.want.type
    if setting is None or type_ is None:
        return
    for each in (type_, type_.also) if type_.also is not None else (type_,):
        yield from _of_type(here, setting, each)
    if type_.optional or setting.type.optional:
        yield Offer("none", Kind.Keyword, rank=7)
    if type_.wants not in (Wants.NAME, Wants.CONCEPT):
        yield from _constants(here)
        yield from _of_rounds(here, "each") if here.is_in_rounds else ()


def _of_type(here: _Here, setting: Setting, type_: ValueType) -> Iterator[Offer]:
    match type_.wants:
        case Wants.CHOICE:
            for each in type_.choices:
                yield Offer(each, Kind.EnumMember, "default" if each == setting.default else "", rank=2)
            if setting is Dedup.settings()["keep"]:
                yield Offer(BEST, Kind.Function, "the row with the largest number", f"{BEST}($1)", rank=2)
        case Wants.FLAG:
            yield from (Offer(each, Kind.Keyword, rank=2) for each in ("true", "false"))
        case Wants.NAME:
            yield from _names_of(here, type_)
        case Wants.CONCEPT:
            for family in type_.families:
                for word in catalogue.FAMILIES.get(family, ()):
                    yield Offer(word.keyword, Kind.Class, _title(word), _call(word), 3, _page(family, word))
        case Wants.FILE:
            yield Offer("file", Kind.Function, "a file of the project", 'file("$1")')
        case Wants.ROW:
            yield from _rows(here)
        case _:
            default = default_of(setting)
            if default:
                yield Offer(default, Kind.Value, "default", rank=2)


def _names_of(here: _Here, type_: ValueType) -> Iterator[Offer]:
    if "template" in type_.families:
        yield from (Offer(each, Kind.EnumMember, "shipped template", rank=3) for each in SHIPPED)
    for kind in type_.families:
        yield from (Offer(name, Kind.Variable, kind, rank=2) for name in here.names(kind))
    if {"model", "stage"} & {*type_.families}:
        setting = here.context.want.setting
        several = ["every"] if setting is not None and setting.type.wants is Wants.LIST else []
        yield from _of_rounds(here, "previous", "latest", *several)


_SORTS: dict[Sort, Callable[[_Here], Iterable[Offer]]] = {
    Sort.NOTHING: _nothing,
    Sort.DECLARATION: _declarations,
    Sort.METHOD: _methods,
    Sort.TYPE: _types,
    Sort.PARAM_TYPE: _param_types,
    Sort.PARAM_RANGE: _param_range,
    Sort.CONSTANT: _constants,
    Sort.COPY: _copies,
    Sort.DATASET: _datasets,
    Sort.STEP: _steps,
    Sort.ROW: _rows,
    Sort.COLUMN: _columns,
    Sort.SHAPE: _shapes,
    Sort.SHARE: _shares,
    Sort.SCORE: _scores,
    Sort.POLICY: _policies,
    Sort.SETTINGS: _settings,
    Sort.PROFILE: _profile,
    Sort.VALUE: _values,
}


# --- arguments, members, what connects --------------------------------------------------------------------


def _argument_names(here: _Here) -> Iterator[Offer]:
    """`timeout =` of a call or a step."""
    context = here.context
    frame = context.frames[-1]
    for parameter in parameters_of(frame):
        if parameter.optional and parameter.name not in frame.keys:
            yield Offer(
                f"{parameter.name} =", Kind.Property, str(parameter.type), f"{parameter.name} = $1", 3
            )
    if frame.head == "previous" and frame.count and "first" not in frame.keys:
        yield Offer("first =", Kind.Property, "what stands for it in the first round", "first = $1", 3)
    yield from _of_step(frame)
    concept = context.want.concept or frame.items.concept
    if concept is None or parameters_of(frame):
        return
    for setting in concept.settings().values():
        if setting.name not in frame.keys:
            offer = _setting(concept, setting)
            yield Offer(f"{setting.name} =", Kind.Property, offer.detail, offer.insert, 3, offer.page)


def _of_step(frame: Frame) -> Iterator[Offer]:
    """What belongs to a step beside its settings."""
    step = frame.step
    if step is None or not issubclass(step, Step) or frame.is_call:
        return
    if step.takes is Takes.DATASET and frame.count and "on" not in frame.keys:
        yield Offer("on =", Kind.Property, STEP_WORDS["on"], "on = $1", 2)
    if step.grouped and not frame.is_by and not frame.count:
        yield _BY


_BY = Offer("by", Kind.Keyword, "of each group of these columns", "by $1", 6)


def _members(here: _Here) -> Iterator[Offer]:
    """What follows a dot: parts of a dataset, names of an imported file, parts of a record."""
    target = here.context.target.removesuffix(".")
    module = here.analysis.module
    for part in target.split("."):
        if part in module.imports:
            module = module.imports[part]
    if module is not here.analysis.module and module.prefix == f"{target}.":
        for each in names(module):
            yield Offer(each, Kind.Variable, module.declared[each].kind if each in module.declared else "")
        return
    dataset = here.analysis.recipe.datasets.get(target)
    for part in dataset.parts if dataset is not None else ():
        yield Offer(part, Kind.Variable, f"part of {target}")
    yield from _fields(here, target)


def _fields(here: _Here, target: str) -> Iterator[Offer]:
    first, *rest = target.split(".")
    row = here.row
    type_ = row.column(first.strip("`")) if row is not None else None
    for each in rest:
        type_ = type_.field(each) if type_ is not None else None
    for field in type_.fields if type_ is not None else ():
        yield Offer(column_name(field.name), Kind.Field, escaped(str(field.type))[:_SHOWN], rank=1)


def _connections(here: _Here) -> Iterator[Offer]:
    """What may follow a value."""
    want, frame = here.context.want, here.context.frames[-1]
    step = frame.step
    if want.sort in (Sort.ROW, Sort.SCORE):
        yield from _words("and", "or", "in", "not in")
    if want.word == "expect":
        yield Offer("else", Kind.Keyword, "what it means when it does not hold", 'else "$1"', 7)
    if step is not None and issubclass(step, Step) and step.grouped and not frame.is_by and not frame.is_call:
        yield _BY
    if want.sort is Sort.COPY:
        yield Offer("with", Kind.Keyword, "with other settings", "with { $1 }", 6)


# --- files ------------------------------------------------------------------------------------------------


def _in_text(here: _Here) -> Iterator[Offer]:
    """Files and folders in the text of a path."""
    want, written = here.context.want, here.context.in_text or ""
    is_path = want.word == "import" or (
        want.setting is not None
        and (want.setting.type.wants is Wants.FILE or want.setting.name in ("path", "function"))
    )
    is_path = is_path or any(each.head == "file" for each in here.context.frames)
    if not is_path:
        return
    folder = written.rpartition("/")[0]
    for name, is_folder in here.analysis.facts.files_in(_folder(here.analysis, folder)):
        kind = Kind.Folder if is_folder else Kind.File
        if not is_folder and want.word == "import" and not name.endswith(".ftr"):
            continue
        yield Offer(name + "/" * is_folder, kind, rank=2 if is_folder else 3)


def _folder(analysis: Analysis, written: str) -> str:
    from recipedsl.source.paths import beside

    return beside(analysis.source.path, f"{written}/") if written else beside(analysis.source.path, "")


def _options() -> types.CompletionOptions:
    return types.CompletionOptions(
        trigger_characters=[".", "|", "=", "(", ",", '"', "/", ":", "["], resolve_provider=True
    )


FEATURES = (
    Feature(types.TEXT_DOCUMENT_COMPLETION, completion, _options(), wide=True, waits=True),
    Feature(types.COMPLETION_ITEM_RESOLVE, resolve, wide=True),
)
