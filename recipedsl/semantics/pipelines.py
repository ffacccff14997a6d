"""Datasets: sources, steps one after another, and the columns and shape that come out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import (
    BadShares,
    ColumnClash,
    PartNeeded,
    TypeDiffers,
    Unreadable,
    WrongShape,
)
from recipedsl.diagnostics.codes.names import UnknownPart, WrongKind
from recipedsl.diagnostics.codes.types import NotAChoice, WrongArguments, WrongType
from recipedsl.language import catalogue
from recipedsl.language.shapes import Shape
from recipedsl.language.sources.sources import HubData
from recipedsl.language.types import ANY, INT, MESSAGES, TEXT, Kind, RowType, Type, common, record
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean
from recipedsl.semantics.looks import check_look
from recipedsl.semantics.models import is_named
from recipedsl.semantics.recipe import DataReference, Dataset, Place, SourceUse
from recipedsl.semantics.row_types import row_type
from recipedsl.semantics.rows import type_of_value
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.semantics.scores import policy
from recipedsl.semantics.settings import Deferred, Named, Settings, read_call
from recipedsl.semantics.steps import Flow, read_step
from recipedsl.semantics.values import Sort, Value, holds
from recipedsl.syntax import tree

#: Words that stand for declarations of rounds; they are gone where the rounds are written out.
OF_ROUNDS = ("every", "latest", "previous")


def dataset(context: Context, declared: Declared) -> Dataset | None:
    """The dataset of a declaration, resolved once; None after a problem was reported."""
    name = declared.full_name
    if name in context.datasets:
        return context.datasets[name]
    if name in context.looped:
        return None
    assert isinstance(declared.node, tree.Data)
    context.datasets[name] = _resolve(context, declared.module, name, declared.node)
    return context.datasets[name]


def _resolve(context: Context, module: Module, name: str, node: tree.Data) -> Dataset:
    annotated = row_type(context, module, node.annotation) if node.annotation is not None else None
    doc = "\n".join(node.doc)
    return _pipeline(context, module, name, node.pipeline, annotated, module.place(node.name), doc)


def anonymous(context: Context, module: Module, name: str, node: tree.Pipeline) -> Dataset:
    """A pipeline written in the place of an expression, under a name of its own."""
    found = _pipeline(context, module, name, node, None, module.place(node), "")
    context.datasets[name] = found
    return found


def _pipeline(
    context: Context,
    module: Module,
    name: str,
    node: tree.Pipeline,
    annotated: RowType | None,
    place: Place,
    doc: str,
) -> Dataset:
    inputs = _Inputs(context, name)
    head = _source(context, module, inputs, node.source, annotated)
    flow = Flow(context, module, name, head.row, head.shape, other=inputs)
    read = [read_step(flow, step) for step in node.steps]
    steps = tuple(each for each in read if each is not None)
    broken = len(steps) < len(read)
    return Dataset(name, head.use, steps, flow.row, flow.shape, flow.parts, place, doc, broken)


# --- references -----------------------------------------------------------------------------------


def reference(
    context: Context, module: Module, expression: tree.Expression, name: str
) -> DataReference | None:
    """The dataset that an expression stands for; one written in place gets `name`.

    Returns None after a problem was reported.
    """
    while isinstance(expression, tree.Group):
        expression = expression.inner
    place = module.place(expression)
    if isinstance(expression, tree.Nested):
        return _whole(context, anonymous(context, module, name, expression.pipeline), place)
    if isinstance(expression, tree.Call) and isinstance(expression.function, tree.Name):
        pipeline = tree.Pipeline(expression, (), expression.span)
        return _whole(context, anonymous(context, module, name, pipeline), place)
    declared, part = _declared_part(module, expression)
    if declared is None or declared.kind != "data":
        _no_dataset(context, module, expression, declared)
        return None
    context.used.add(declared.full_name)
    found = dataset(context, declared)
    return None if found is None else _part(context, module, expression, found, part)


def _whole(context: Context, found: Dataset, place: Place) -> DataReference | None:
    if found.parts:
        context.report(
            PartNeeded, "a pipeline in place cannot end in `split`", place, "declare it with `data` first"
        )
        return None
    return DataReference(found.name, "", place)


def _declared_part(module: Module, expression: tree.Expression) -> tuple[Declared | None, tree.Name | None]:
    found = lookup(module, expression)
    if found is None and isinstance(expression, tree.Member):
        return lookup(module, expression.target), expression.name
    return found, None


def _no_dataset(
    context: Context, module: Module, expression: tree.Expression, found: Declared | None
) -> None:
    place = module.place(expression)
    known = names(module, "data")
    if found is not None:
        context.report(
            WrongKind,
            f"a dataset is wanted here, `{found.name}` is {found.noun}",
            place,
            found.noun,
            secondary=[(found.name_place, f"`{found.name}` is declared here")],
            helps=did_you_mean(place, found.name, known),
        )
    elif isinstance(expression, tree.Name | tree.Member):
        unknown_reference(context, module, expression, known, "dataset")
    elif not isinstance(expression, tree.Broken):
        context.report(WrongType, "a dataset is wanted here", place, "no dataset")


def _part(
    context: Context, module: Module, expression: tree.Expression, found: Dataset, part: tree.Name | None
) -> DataReference | None:
    place = module.place(expression)
    if found.broken and not found.parts:
        return DataReference(found.name, part.text if part else "", place)
    if part is None and not found.parts:
        return DataReference(found.name, "", place)
    listed = ", ".join(f"`{found.name}.{each}`" for each in found.parts)
    if part is None:
        context.report(
            PartNeeded,
            f"`{found.name}` is split; one of its parts is wanted",
            place,
            "which part?",
            secondary=[(found.place, "it is split here")],
            helps=(Help(f"write {listed}"),),
        )
        return None
    if part.text in found.parts:
        return DataReference(found.name, part.text, place)
    where = module.place(part)
    words = f"has the parts {listed}, not" if found.parts else "is not split and has no part"
    context.report(
        UnknownPart,
        f"`{found.name}` {words} `{part.text}`",
        where,
        "no such part",
        helps=did_you_mean(where, part.text, found.parts),
    )
    return None


@dataclass(slots=True)
class _Inputs:
    """Resolves the datasets that a pipeline reads; those written in place are numbered."""

    context: Context
    owner: str
    count: int = 0

    def __call__(self, module: Module, expression: tree.Expression) -> DataReference | None:
        self.count += 1
        return reference(self.context, module, expression, f"{self.owner}.{self.count}")

    def row(self, found: DataReference) -> RowType | None:
        """Columns of a dataset."""
        return self.context.datasets[found.name].row


# --- sources ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Head:
    use: SourceUse
    row: RowType | None
    shape: Shape = Shape.ROWS


def _source(
    context: Context,
    module: Module,
    inputs: _Inputs,
    expression: tree.Expression,
    annotated: RowType | None,
) -> _Head:
    while isinstance(expression, tree.Group):
        expression = expression.inner
    place = module.place(expression)
    if isinstance(expression, tree.Call) and isinstance(expression.function, tree.Name):
        return _call(context, module, inputs, expression, expression.function, annotated)
    found = None if isinstance(expression, tree.Broken) else inputs(module, expression)
    if found is None:
        return _Head(SourceUse("data", {}, (), annotated, place), annotated)
    origin = context.datasets[found.name]
    use = SourceUse("data", {}, (found,), annotated, place)
    return _Head(use, _as_declared(context, use, annotated, origin.row), origin.shape)


def _as_declared(
    context: Context, use: SourceUse, declared: RowType | None, found: RowType | None
) -> RowType | None:
    """The columns that there are, held against those that were declared."""
    if declared is not None and found is not None:
        _compare(context, use, declared, found)
    return found or declared


def _call(
    context: Context,
    module: Module,
    inputs: _Inputs,
    call: tree.Call,
    function: tree.Name,
    annotated: RowType | None,
) -> _Head:
    keyword, place = function.text, module.place(call)
    concept = catalogue.find("source", keyword)
    unknown = _Head(SourceUse(keyword, {}, (), annotated, place), annotated)
    if concept is None:
        _unknown_source(context, module, function)
        return unknown
    if keyword == "concat":
        return _concat(context, module, inputs, call, annotated)
    if keyword == "rows":
        return _rows(context, module, call, annotated)
    settings = read_call(context, module, concept, call)
    if not settings.complete:
        return unknown
    if keyword == "generate":
        return _generated(context, inputs, settings, annotated, place)
    if keyword in ("mix", "interleave"):
        return _mixed(context, module, inputs, call, settings, annotated)
    if concept is HubData and not is_named(context, settings.values, settings.written["name"]):
        return unknown
    use = SourceUse(keyword, settings.values, (), annotated, place)
    return _Head(use, _look(context, use, annotated))


def _unknown_source(context: Context, module: Module, function: tree.Name) -> None:
    place = module.place(function)
    if function.text in OF_ROUNDS:
        words = f"`{function.text}` speaks of `rounds {{ … }}`, and nothing here is declared in rounds"
        context.report(WrongArguments, words, place, "no rounds")
        return
    known = catalogue.keywords("source")
    context.report(
        NotAChoice,
        f"unknown source `{function.text}`",
        place,
        "no such source",
        helps=did_you_mean(place, function.text, known),
    )


def _look(context: Context, use: SourceUse, annotated: RowType | None) -> RowType | None:
    look = context.look(use.keyword, use.settings, use.place.source.path)
    if look is None:
        return annotated
    if look.problem:
        helps = (Help(look.hint),) if look.hint else ()
        context.report(Unreadable, look.problem, use.place, "cannot be read", helps=helps)
        return annotated
    check_look(context, use.place, annotated, look)
    if annotated is None or look.row is None:
        return annotated or look.row
    _compare(context, use, annotated, look.row)
    return annotated


def _compare(context: Context, use: SourceUse, declared: RowType, found: RowType) -> None:
    for column in declared.columns:
        type_ = found.column(column.name)
        if type_ is None and not column.type.nullable:
            words = f"the rows have no column `{column.name}`, which the row type declares"
            helps = did_you_mean(use.place, column.name, found.names)
            shown = tuple(Help(each.text) for each in helps)
            context.report(TypeDiffers, words, use.place, "column missing here", helps=shown)
        elif type_ is not None and not (type_.fits(column.type) or _is_read_as(use, type_, column.type)):
            words = f"column `{column.name}` is declared `{column.type}`, the rows have `{type_}`"
            context.report(TypeDiffers, words, use.place, f"`{column.name}` is `{type_}` here")


def _is_read_as(use: SourceUse, found: Type, declared: Type) -> bool:
    """Whether rows as they are written become what is declared: a date is written as text."""
    return not use.inputs and found.kind is Kind.TEXT and declared.kind is Kind.DATE


# --- rows that a model writes -----------------------------------------------------------------------


def _generated(
    context: Context, inputs: _Inputs, settings: Settings, annotated: RowType | None, place: Place
) -> _Head:
    """Rows with what a model writes to their prompts."""
    written, named = settings.get("prompts"), settings.get("model")
    found = inputs(written.module, written.expression) if isinstance(written, Deferred) else None
    model_ = policy(context, named.declared, named.place) if isinstance(named, Named) else None
    kept = {name: each for name, each in settings.values.items() if name not in ("model", "prompts")}
    use = SourceUse("generate", kept, (found,) if found else (), annotated, place, model_ or "")
    if found is None or model_ is None:
        return _Head(use, annotated)
    asked = context.datasets[found.name]
    unknown = asked.row is None and asked.shape is Shape.ROWS
    if asked.shape not in (Shape.PROMPT, Shape.CHAT) and not unknown:
        words = f"`generate` takes prompts, `{found.name}` has the shape `{asked.shape}`"
        helps = (Help("shape it with `| as prompt(…)`"),)
        context.report(WrongShape, words, found.place, "no prompts", helps=helps)
        return _Head(use, annotated)
    row = None if asked.row is None else asked.row.with_columns(_WRITTEN)
    return _Head(use, _as_declared(context, use, annotated, row))


#: Columns that `generate` adds: what was asked, the answer, and which sample it is.
_WRITTEN = {"prompt": MESSAGES, "completion": TEXT, "draw": INT}


# --- shares ---------------------------------------------------------------------------------------------


def _mixed(
    context: Context,
    module: Module,
    inputs: _Inputs,
    call: tree.Call,
    settings: Settings,
    annotated: RowType | None,
) -> _Head:
    """Datasets with their shares: `mix({ a: 70%, b: 30% })`."""
    assert isinstance(call.function, tree.Name)
    place, keyword = module.place(call), call.function.text
    written = next((each.value for each in call.arguments if isinstance(each.value, tree.MapOf)), None)
    if written is None or any(not isinstance(each.key, tree.Name) for each in written.entries):
        words = f"`{keyword}` takes names of datasets with their shares, written in place"
        context.report(WrongType, words, place, helps=(Help("such as `{ lessons: 70%, chats: 30% }`"),))
        return _Head(SourceUse(keyword, {}, (), annotated, place), annotated)
    _check_shares(context, module, written, settings)
    keys = [each.key for each in written.entries if isinstance(each.key, tree.Name)]
    head = _together(context, keyword, [inputs(module, each) for each in keys], annotated, place)
    shares = list(settings.values["shares"].values())
    return replace(head, use=replace(head.use, settings={**settings.values, "shares": shares}))


def _check_shares(context: Context, module: Module, written: tree.MapOf, settings: Settings) -> None:
    """Shares of a mixture are shares, and sum to 100 %."""
    shares = settings.values["shares"]
    for entry, share in zip(written.entries, shares.values(), strict=False):
        if not isinstance(share, float) or not 0 < share <= 1:
            place = module.place(entry.value)
            context.report(
                BadShares, "a share of a mixture is more than 0% and up to 100%", place, "no share"
            )
            return
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        words = f"the shares of a mixture sum to {total * 100:g}%, not 100%"
        context.report(BadShares, words, module.place(written), f"{total * 100:g}% in all")


# --- concat and rows --------------------------------------------------------------------------------


def _concat(
    context: Context, module: Module, inputs: _Inputs, call: tree.Call, annotated: RowType | None
) -> _Head:
    place = module.place(call)
    if not call.arguments:
        context.report(WrongType, "`concat` takes datasets", place, "nothing to put together")
    read = [inputs(module, argument.value) for argument in call.arguments]
    return _together(context, "concat", read, annotated, place)


def _together(
    context: Context,
    keyword: str,
    read: list[DataReference | None],
    annotated: RowType | None,
    place: Place,
) -> _Head:
    """Several datasets as one: the columns of all, and the shape if they agree in it."""
    found = [each for each in read if each is not None]
    rows = [context.datasets[each.name].row for each in found]
    shapes = {context.datasets[each.name].shape for each in found}
    shape = shapes.pop() if len(shapes) == 1 else Shape.ROWS
    use = SourceUse(keyword, {}, tuple(found), annotated, place)
    row = _union(context, found, rows) if len(found) == len(read) else None
    return _Head(use, _as_declared(context, use, annotated, row), shape)


def _union(context: Context, inputs: list[DataReference], rows: list[RowType | None]) -> RowType | None:
    if not rows or any(each is None for each in rows):
        return None
    known = [each for each in rows if each is not None]
    columns: dict[str, Type] = {}
    first: dict[str, DataReference] = {}
    for used, row in zip(inputs, known, strict=True):
        for column in row.columns:
            both = common(columns.get(column.name, column.type), column.type)
            if both is None:
                _clash(context, used, first[column.name], column.name, columns[column.name], column.type)
                return None
            columns[column.name] = both
            first.setdefault(column.name, used)
    lacking = {name for name in columns if any(row.column(name) is None for row in known)}
    return RowType(()).with_columns({n: t.or_null() if n in lacking else t for n, t in columns.items()})


def _clash(
    context: Context, used: DataReference, first: DataReference, name: str, one: Type, two: Type
) -> None:
    context.report(
        ColumnClash,
        f"column `{name}` is `{two}` in `{used.name}` and `{one}` in `{first.name}`",
        used.place,
        f"`{two}` here",
        secondary=[(first.place, f"`{one}` here")],
        helps=(Help(f"bring them together first: `| derive {name} = …`, or leave it out: `| drop {name}`"),),
    )


def _rows(context: Context, module: Module, call: tree.Call, annotated: RowType | None) -> _Head:
    place = module.place(call)
    value = constant(context, module, call.arguments[0].value) if len(call.arguments) == 1 else None
    good = value is not None and value.sort is Sort.LIST and all(each.sort is Sort.MAP for each in value.data)
    if value is None or not good:
        if value is None or value.sort is not Sort.UNKNOWN:
            words = "`rows` takes a list of maps, one a row"
            context.report(WrongType, words, place, helps=(Help('rows([{ question: "…", answer: "…" }])'),))
        return _Head(SourceUse("rows", {"rows": []}, (), annotated, place), annotated)
    if holds(value, Sort.SECRET):
        context.report(WrongType, "a secret cannot be part of rows: it would stand in the plan", place)
    found = _row_of_values(context, module, call.arguments[0].value, value.data)
    use = SourceUse("rows", {"rows": value.plain}, (), annotated or found, place)
    if annotated is not None and found is not None:
        _compare(context, use, annotated, found)
    return _Head(use, annotated or found)


def _row_of_values(
    context: Context, module: Module, written: tree.Expression, rows: tuple[Value, ...]
) -> RowType | None:
    columns: dict[str, Type] = {}
    for index, row in enumerate(rows):
        for name, value in row.data.items():
            type_ = common(columns.get(name, _type_of(value)), _type_of(value))
            if type_ is None:
                place = module.place(written.items[index] if isinstance(written, tree.ListOf) else written)
                words = f"column `{name}` is `{_type_of(value)}` here and `{columns[name]}` further up"
                context.report(ColumnClash, words, place, f"`{name}` is `{_type_of(value)}` here")
                return None
            columns[name] = type_
    lacking = {name for name in columns if any(name not in row.data for row in rows)}
    return RowType(()).with_columns(
        {name: _settled(type_, name in lacking) for name, type_ in columns.items()}
    )


def _settled(type_: Type, lacking: bool) -> Type:
    # `any` stands for null only; what is left is null where some row said none or nothing.
    return type_.or_null() if lacking else type_


def _type_of(value: Value) -> Type:
    if value.sort is Sort.MAP:
        return record(**{name: _type_of(each) for name, each in value.data.items()})
    if value.sort is Sort.LIST and any(each.sort in (Sort.MAP, Sort.LIST) for each in value.data):
        item = ANY
        for each in value.data:
            item = common(item, _type_of(each)) or ANY
        return Type(Kind.LIST, item=item.without_null())
    return type_of_value(value) or ANY
