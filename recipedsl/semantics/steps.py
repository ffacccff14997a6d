"""One step of a pipeline: its arguments read as its concept says, its effect on the columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.data import AfterSplit, BadShares, DuplicateColumn, WrongShape
from recipedsl.diagnostics.codes.names import AbsentMethod, DuplicateSetting, UnknownSetting, UnknownStep
from recipedsl.diagnostics.codes.types import WrongArguments, WrongOperand, WrongType
from recipedsl.language import catalogue
from recipedsl.language.functions.base import is_plain
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape
from recipedsl.language.steps.base import Step, StepUse, Takes
from recipedsl.language.steps.shaping import ShapeForm
from recipedsl.language.types import ANY, FLOAT, Kind, RowType, Type, common
from recipedsl.language.values import Unit
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Module, did_you_mean, fix
from recipedsl.semantics.nulls import narrowed
from recipedsl.semantics.recipe import DataReference, Place, ResolvedStep, RowExpression, WeightedScore
from recipedsl.semantics.rows import Rows, Typed, column_name, type_condition, type_expression
from recipedsl.semantics.scores import Scoring, read_reward
from recipedsl.semantics.settings import Entry, Settings, named_arguments, note_later, read_entries
from recipedsl.semantics.shapes import read_shape
from recipedsl.semantics.values import Sort
from recipedsl.syntax import tree


class Inputs(Protocol):
    """Finds the datasets that a step names."""

    def __call__(self, module: Module, expression: tree.Expression) -> DataReference | None: ...

    def row(self, found: DataReference) -> RowType | None: ...


@dataclass(slots=True)
class Flow:
    """The columns and the shape as they stand after the steps so far."""

    context: Context
    module: Module
    name: str
    row: RowType | None
    shape: Shape
    other: Inputs
    parts: tuple[str, ...] = ()
    ended: Place | None = None

    def rows(self, *, aggregates: bool = False) -> Rows:
        """What expressions of the next step may refer to."""
        return Rows(self.context, self.module, self.row, f"`{self.name}`", aggregates)


@dataclass(slots=True)
class Parts:
    """What a step was given, while it is read."""

    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    expressions: dict[str, RowExpression] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, tuple[WeightedScore, ...]] = field(default_factory=dict)
    other: DataReference | None = None
    other_row: RowType | None = None
    failed: bool = False


def read_step(flow: Flow, node: tree.Step | tree.Expect | tree.Broken) -> ResolvedStep | None:
    """Resolve a step and move the flow on; None after a problem was reported."""
    if isinstance(node, tree.Broken):
        flow.row = None
        return None
    if isinstance(node, tree.Expect):
        _after_split(flow, "expect", flow.module.place(node))
        return _expect(flow, node)
    concept = _concept(flow, node)
    if concept is None:
        flow.row = None
        return None
    _after_split(flow, node.name.text, flow.module.place(node.name))
    _twice(flow, node)
    parts = _READERS[concept.takes](flow, concept, node)
    _by(flow, concept, node, parts)
    return _finish(flow, concept, node, parts)


def _concept(flow: Flow, node: tree.Step) -> type[Step] | None:
    found = catalogue.find("step", node.name.text)
    if found is not None and issubclass(found, Step):
        note_later(flow.context, found, flow.module.place(node.name))
        return found
    place = flow.module.place(node.name)
    absent = catalogue.ABSENT_STEPS.get(node.name.text)
    if absent is not None:
        flow.context.report(
            AbsentMethod, f"there is no step `{node.name.text}`: {absent}", place, "no such step"
        )
        return None
    known = (*catalogue.keywords("step"), "expect")
    helps = did_you_mean(place, node.name.text, known)
    flow.context.report(UnknownStep, f"unknown step `{node.name.text}`", place, "no such step", helps=helps)
    return None


def _after_split(flow: Flow, keyword: str, place: Place) -> None:
    if flow.ended is not None:
        flow.context.report(
            AfterSplit,
            f"`{keyword}` stands after `split`, which ends a pipeline",
            place,
            "nothing may follow",
            secondary=[(flow.ended, "the pipeline ends here")],
            helps=(Help(f"move `{keyword}` before `split`"),),
        )


def _twice(flow: Flow, node: tree.Step) -> None:
    """Report names that a step is given twice: `derive a = 1, a = 2`."""
    first: dict[str, tree.Name] = {}
    for name in (each.name for each in (*node.arguments, *node.by)):
        if name is not None and first.setdefault(name.text, name) is not name:
            secondary = [(flow.module.place(first[name.text]), "first written here")]
            words = f"`{name.text}` is written twice"
            flow.context.report(
                DuplicateSetting, words, flow.module.place(name), "again here", secondary=secondary
            )


def _finish(flow: Flow, concept: type[Step], node: tree.Step, parts: Parts) -> ResolvedStep | None:
    place = flow.module.place(node)
    if concept.last:
        flow.ended, flow.parts = flow.module.place(node.name), tuple(parts.settings.get("parts", ()))
    if concept.takes is Takes.SHAPE:
        flow.shape = Shape(parts.settings.get("shape", Shape.ROWS))
    if concept.gives is not None:
        flow.shape = concept.gives
    if parts.failed:
        # What came out is not known, so nothing more is said about columns further down.
        flow.row = flow.row if concept.takes in (Takes.CONDITION, Takes.SETTINGS, Takes.SHARES) else None
        return None
    if flow.row is not None:
        use = StepUse(parts.columns, parts.by, parts.types, parts.settings, parts.other_row)
        flow.row = (
            None
            if concept.takes is Takes.DATASET and parts.other_row is None
            else concept.flow(flow.row, use)
        )
        _no_twins(flow, place)
        if concept.takes is not Takes.SHAPE and concept.gives is None:
            _keeps_shape(flow, concept, place)
    return ResolvedStep(
        concept.keyword,
        place,
        parts.columns,
        parts.by,
        parts.expressions,
        parts.types,
        parts.settings,
        parts.other,
        scores=parts.scores,
    )


def _no_twins(flow: Flow, place: Place) -> None:
    names = flow.row.names if flow.row else ()
    twins = sorted({each for each in names if names.count(each) > 1})
    if twins:
        words = f"two columns would be named `{twins[0]}`"
        flow.context.report(DuplicateColumn, words, place, helps=(Help(f"`| drop {twins[0]}` first"),))
        flow.row = None


def _keeps_shape(flow: Flow, concept: type[Step], place: Place) -> None:
    """Report a step that takes away what makes the shape."""
    wanted = [*SHAPE_COLUMNS[flow.shape]]
    lost = [name for name in wanted if flow.row is not None and not _is_shaped(flow.row, flow.shape, name)]
    if not lost:
        return
    flow.context.report(
        WrongShape,
        f"`{concept.keyword}` changes `{lost[0]}`, which makes the shape `{flow.shape}`",
        place,
        f"`{lost[0]}` is no longer what the shape needs",
        helps=(Help(f"move `{concept.keyword}` before `as {flow.shape}(…)`"),),
    )
    flow.row, flow.shape = None, Shape.ROWS


def _is_shaped(row: RowType, shape: Shape, name: str) -> bool:
    form = catalogue.find("shape", str(shape))
    type_ = row.column(name)
    if type_ is None or form is None or not issubclass(form, ShapeForm):
        return False
    return type_.fits(form.columns[name])


def _expect(flow: Flow, node: tree.Expect) -> ResolvedStep | None:
    typed = type_condition(flow.rows(aggregates=True), node.condition)
    if typed is None:
        return None
    message = node.message.value if node.message else ""
    return ResolvedStep(
        "expect",
        flow.module.place(node),
        expressions={"condition": typed.expression},
        settings={},
        message=message,
    )


# --- by -------------------------------------------------------------------------------------------


def _by(flow: Flow, concept: type[Step], node: tree.Step, parts: Parts) -> None:
    if concept.keyword == "sort":
        return
    if node.by and not concept.grouped:
        words = f"`{concept.keyword}` has no `by`"
        flow.context.report(WrongArguments, words, flow.module.place(node.by[0]), "not wanted here")
        parts.failed = True
    if concept.takes not in (Takes.SHARES, Takes.SETTINGS):
        for each in node.by:
            if each.name is not None:
                words = f"`by` of `{concept.keyword}` takes columns, not `{each.name.text} = …`"
                flow.context.report(UnknownSetting, words, flow.module.place(each.name), "not wanted here")
    columns = [_group(flow, each.value) for each in node.by if each.name is None]
    parts.by = tuple(each for each in columns if each is not None)
    parts.failed = parts.failed or None in columns


def _group(flow: Flow, expression: tree.Expression) -> str | None:
    """Name of a column whose values make groups."""
    name = _column(flow, expression)
    type_ = flow.row.column(name) if flow.row is not None and name is not None else None
    if type_ is None or is_plain(type_):
        return name
    words = f"rows are grouped by single values, `{name}` is of type `{type_}`"
    flow.context.report(WrongOperand, words, flow.module.place(expression), f"of type `{type_}`")
    return None


def _column(flow: Flow, expression: tree.Expression) -> str | None:
    """Name of a column that has to be there."""
    if not isinstance(expression, tree.Name):
        if not isinstance(expression, tree.Broken):
            words = "the name of a column is wanted here"
            flow.context.report(WrongOperand, words, flow.module.place(expression), "not a column's name")
        return None
    name = column_name(expression)
    quoted = tree.Name(name, expression.span, quoted=True)
    return name if type_expression(flow.rows(), quoted) is not None else None


# --- what stands behind the keyword -----------------------------------------------------------------


def _too_few(flow: Flow, concept: type[Step], node: tree.Step, count: int) -> bool:
    if count >= concept.least:
        return False
    words = f"`{concept.keyword}` takes {concept.takes}"
    example = concept.page().split("Example:")[-1].strip()
    flow.context.report(
        WrongArguments,
        words,
        flow.module.place(node.name),
        "nothing is given",
        helps=(Help(f"such as {example}"),),
    )
    return True


def _only_one(flow: Flow, node: tree.Step, words: str) -> None:
    if len(node.arguments) > 1:
        flow.context.report(WrongArguments, words, flow.module.place(node.arguments[1]), "a second one")


def _condition(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    if _too_few(flow, concept, node, len(node.arguments)):
        return Parts(failed=True)
    _only_one(flow, node, f"`{concept.keyword}` takes one condition; put two together with `and`")
    argument = node.arguments[0]
    if argument.name is not None:
        place = flow.module.place(argument)
        compared = f"{argument.name.text} == {flow.module.source.slice(argument.value.span)}"
        helps = (fix(place, compared, f"write `{compared}`"),)
        flow.context.report(
            WrongArguments, "`=` sets a value, `==` compares", place, "sets a value", helps=helps
        )
        return Parts(failed=True)
    typed = type_condition(flow.rows(), argument.value)
    if typed is not None and flow.row is not None and concept.keyword == "where":
        flow.row = narrowed(flow.row, typed.expression)
    return Parts(failed=True) if typed is None else Parts(expressions={"condition": typed.expression})


def _named(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    parts = Parts(failed=_too_few(flow, concept, node, len(node.arguments)))
    for argument in node.arguments:
        if argument.name is None:
            place = flow.module.place(argument)
            flow.context.report(
                WrongArguments, f"`{concept.keyword}` takes {concept.takes}", place, "has no name"
            )
            parts.failed = True
            continue
        typed = type_expression(flow.rows(), argument.value)
        if typed is None:
            parts.failed = True
            # The column exists from here on, whatever it is: later steps may name it.
            parts.types[argument.name.text] = ANY
            continue
        parts.expressions[argument.name.text] = typed.expression
        parts.types[argument.name.text] = typed.type
    return parts


def _columns(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    positional = [each for each in node.arguments if each.name is None]
    columns: list[str | None] = []
    for argument in positional:
        value = argument.value
        items = value.items if isinstance(value, tree.ListOf) else (value,)
        columns += [_column(flow, each) for each in items]
    settings = _settings(flow, concept, node, [each for each in node.arguments if each.name is not None])
    failed = _too_few(flow, concept, node, len(columns)) or None in columns or not settings.complete
    found = tuple(each for each in columns if each is not None)
    if concept.keyword == "explode" and found:
        _only_one(flow, node, "`explode` takes one list; a second one is another `| explode …`")
        failed = failed or not _is_list(flow, found[0], node)
    return Parts(columns=found, settings=settings.values, failed=failed)


def _is_list(flow: Flow, name: str, node: tree.Step) -> bool:
    type_ = (flow.row.column(name) if flow.row else None) or ANY
    if type_.kind in (Kind.LIST, Kind.ANY):
        return True
    words = f"`explode` takes a list, `{name}` is of type `{type_}`"
    flow.context.report(WrongOperand, words, flow.module.place(node.arguments[0]), f"of type `{type_}`")
    return False


def _settings(flow: Flow, concept: type[Step], node: tree.Step, arguments: list[tree.Argument]) -> Settings:
    entries: list[Entry] = named_arguments(flow.context, flow.module, concept, arguments, concept.keyword)
    return read_entries(flow.context, concept, entries, flow.module.place(node.name), concept.keyword)


def _renames(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    parts = Parts(failed=_too_few(flow, concept, node, len(node.arguments)))
    renamed: dict[str, str] = {}
    for argument in node.arguments:
        old = _column(flow, argument.value) if argument.name is not None else None
        if argument.name is None:
            words = f"`{concept.keyword}` takes {concept.takes}"
            flow.context.report(WrongArguments, words, flow.module.place(argument), "has no new name")
        if old in renamed:
            words = f"`{old}` is renamed twice"
            flow.context.report(DuplicateSetting, words, flow.module.place(argument), "again here")
        if old is None or argument.name is None or old in renamed:
            parts.failed = True
            continue
        renamed[old] = argument.name.text
    parts.settings = {"names": renamed}
    return parts


def _given(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    if concept.keyword == "sort":
        return _sort(flow, concept, node)
    # What is named behind `by` belongs to the step as well: `pair by question, margin = 0.2`.
    named = [each for each in node.by if each.name is not None]
    settings = _settings(flow, concept, node, [*node.arguments, *named])
    parts = Parts(settings=dict(settings.values), failed=not settings.complete)
    for name, value in settings.values.items():
        if isinstance(value, tree.Name):
            parts.settings[name] = _column(flow, value)
            parts.failed = parts.failed or parts.settings[name] is None
    amount = parts.settings.pop("amount", None)
    if amount is not None and settings.complete:
        # A share is a float; a number of rows an int.
        parts.settings["share" if isinstance(amount, float) else "count"] = amount
    return parts


def _sort(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    keys = [each for each in node.by if each.name is None]
    settings = _settings(flow, concept, node, [each for each in node.by if each.name is not None])
    if not keys or node.arguments:
        flow.context.report(
            WrongArguments, "`sort` takes `by` and what to order by", flow.module.place(node.name),
            helps=(Help("such as `| sort by score, descending = true`"),),
        )  # fmt: skip
        return Parts(failed=True)
    typed = [_sort_key(flow, each.value) for each in keys]
    expressions = {f"key{index}": each.expression for index, each in enumerate(typed) if each is not None}
    descending = settings.get("descending")
    marks = list(descending) if isinstance(descending, tuple) else [bool(descending)]
    marks = marks * len(keys) if len(marks) == 1 else marks
    if len(marks) != len(keys):
        words = f"`descending` has {len(marks)} values for {len(keys)} keys"
        flow.context.report(WrongArguments, words, flow.module.place(node))
    failed = None in typed or not settings.complete or len(marks) != len(keys)
    return Parts(expressions=expressions, settings={"descending": marks}, failed=failed)


def _sort_key(flow: Flow, expression: tree.Expression) -> Typed | None:
    typed = type_expression(flow.rows(), expression)
    if typed is None or is_plain(typed.type):
        return typed
    words = f"rows are ordered by single values, this is of type `{typed.type}`"
    flow.context.report(WrongOperand, words, flow.module.place(expression), f"of type `{typed.type}`")
    return None


def _shares(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    parts = Parts(failed=_too_few(flow, concept, node, len(node.arguments)))
    shares: dict[str, float] = {}
    counts: dict[str, int] = {}
    group: str | None = None
    rest = next((each for each in node.arguments if _is_rest(flow, each)), None)
    for argument in (*node.arguments, *(each for each in node.by if each.name is not None)):
        if argument.name is not None and argument.name.text == "group":
            group = _column(flow, argument.value)
            parts.failed = parts.failed or group is None
            continue
        share = 0.0 if argument is rest else _share(flow, argument, counted=rest is not None)
        parts.failed = parts.failed or share is None
        if argument.name is None:
            continue
        if not argument.name.text.isidentifier():
            place = flow.module.place(argument.name)
            words = f"a part is called by a plain name, not `{argument.name.text}`"
            flow.context.report(WrongArguments, words, place, "letters, digits and `_`")
            parts.failed = True
        if isinstance(share, int):
            counts[argument.name.text] = share
        # A part whose share is wrong is a part all the same.
        shares[argument.name.text] = share if isinstance(share, float) else 0.0
    # A name that is written twice was reported, and its share counts once.
    unique = len(shares) == len(node.arguments) - (group is not None)
    if not parts.failed and unique:
        parts.failed = not _is_whole(flow, node, sum(shares.values()), rest)
    parts.settings = {"parts": shares, "group": group}
    if rest is not None and rest.name is not None:
        shares[rest.name.text] = 1 - sum(shares.values())
        parts.settings |= {"counts": counts, "rest": rest.name.text} if counts else {}
    return parts


def _is_rest(flow: Flow, argument: tree.Argument) -> bool:
    """Whether a part takes what the others leave: `train = rest`."""
    value = argument.value
    named = argument.name is not None and argument.name.text != "group"
    is_word = isinstance(value, tree.Name) and value.text == "rest" and not value.quoted
    return named and is_word and "rest" not in flow.module.declared


def _is_whole(flow: Flow, node: tree.Step, total: float, rest: tree.Argument | None) -> bool:
    """Whether the shares sum to 100%, or leave something for the part that takes the rest."""
    if rest is None and abs(total - 1) > 1e-9:
        words = f"the shares of a split sum to {total * 100:g}%, not 100%"
        flow.context.report(BadShares, words, flow.module.place(node), f"{total * 100:g}% in all")
        return False
    if rest is not None and total > 1 - 1e-9:
        words = f"the other parts of a split take {total * 100:g}%, and leave no rest"
        flow.context.report(BadShares, words, flow.module.place(rest), "nothing is left")
        return False
    return True


def _share(flow: Flow, argument: tree.Argument, *, counted: bool) -> float | int | None:
    """The share of a part, or its number of rows where another part takes the rest.

    None after a problem was reported.
    """
    if _is_rest(flow, argument):
        words = "only one part of a split can take the rest"
        flow.context.report(BadShares, words, flow.module.place(argument), "a second one")
        return None
    value = constant(flow.context, flow.module, argument.value)
    if value.sort is Sort.UNKNOWN:
        return None
    if (
        argument.name is not None
        and value.sort is Sort.NUMBER
        and value.unit is Unit.SHARE
        and 0 < value.data <= 1
    ):
        return float(value.data)
    is_count = value.sort is Sort.NUMBER and value.unit is Unit.NONE and value.data == int(value.data) > 0
    if counted and argument.name is not None and is_count:
        return int(value.data)
    words = f"`split` takes named shares, found {value.describe()}"
    helps: tuple[Help, ...] = (
        Help("such as `| split train = 95%, held = 5%`, or `| split train = rest, held = 1k`"),
    )
    if argument.name is not None and value.sort is Sort.NUMBER and 0 < value.data <= 100:
        percent = value.data * 100 if value.data <= 1 else value.data
        words = f"`{argument.name.text}` of a split is a share, found {value.describe()}"
        helps = (
            fix(
                flow.module.place(argument.value),
                f"{percent:g}%",
                f"write `{percent:g}%`",
                Applicability.UNSAFE,
            ),
        )
    flow.context.report(BadShares, words, flow.module.place(argument), "not a named share", helps=helps)
    return None


def _shape(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    if _too_few(flow, concept, node, len(node.arguments)):
        return Parts(failed=True)
    _only_one(flow, node, "`as` takes one shape")
    if node.arguments[0].name is not None:
        place = flow.module.place(node.arguments[0].name)
        flow.context.report(WrongArguments, "the shape of `as` has no name", place, "leave the name out")
    found = read_shape(flow.rows(), node.arguments[0].value)
    if found is None:
        return Parts(failed=True)
    return Parts(
        expressions=found.expressions,
        types=found.columns,
        settings={"shape": str(found.shape)},
        failed=found.failed,
    )


def _dataset(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    positional = [each for each in node.arguments if each.name is None]
    on = [each for each in node.arguments if each.name is not None and each.name.text == "on"]
    named = [each for each in node.arguments if each.name is not None and each not in on]
    if _too_few(flow, concept, node, len(positional)) or not on:
        if positional:
            words = f"`{concept.keyword}` needs `on = column`"
            flow.context.report(WrongArguments, words, flow.module.place(node.name), "`on` missing")
        return Parts(failed=True)
    if len(positional) > 1:
        words = f"`{concept.keyword}` takes one dataset"
        flow.context.report(WrongArguments, words, flow.module.place(positional[1]), "a second one")
    other = flow.other(flow.module, positional[0].value)
    value = on[0].value
    keys = [_column(flow, each) for each in (value.items if isinstance(value, tree.ListOf) else (value,))]
    settings = _settings(flow, concept, node, named)
    row = flow.other.row(other) if other is not None else None
    known = [each for each in keys if each is not None]
    good = other is None or row is None or _good_keys(flow, concept, other, row, known, value)
    return Parts(
        settings={**settings.values, "on": known},
        other=other,
        other_row=row,
        failed=other is None or None in keys or not settings.complete or not good,
    )


def _good_keys(
    flow: Flow,
    concept: type[Step],
    other: DataReference,
    row: RowType,
    keys: list[str],
    written: tree.Expression,
) -> bool:
    """Whether the other dataset has the keys, of the same types, and no other column of the rows'."""
    other_rows = Rows(flow.context, flow.module, row, f"`{other.name}`")
    found = [type_expression(other_rows, tree.Name(key, written.span, quoted=True)) for key in keys]
    types = {key: each.type for key, each in zip(keys, found, strict=True) if each is not None}
    if len(types) < len(keys) or flow.row is None:
        return len(types) == len(keys)
    unlike = [key for key, type_ in types.items() if common(flow.row.column(key) or ANY, type_) is None]
    for key in unlike:
        mine = flow.row.column(key)
        words = f"the key `{key}` is `{mine}` in `{flow.name}` and `{types[key]}` in `{other.name}`"
        flow.context.report(WrongType, words, flow.module.place(written), "no value is in both")
    return not unlike and (not concept.joins or _no_shared(flow, other, row, keys))


def _no_shared(flow: Flow, other: DataReference, row: RowType, keys: list[str]) -> bool:
    """Whether no column but the keys is in both."""
    mine = flow.row.names if flow.row is not None else ()
    shared = [name for name in row.names if name in mine and name not in keys]
    if not shared:
        return True
    listed = ", ".join(f"`{name}`" for name in shared)
    kept = f"join ({other.name} | drop {', '.join(shared)}), on = {', '.join(keys)}"
    flow.context.report(
        DuplicateColumn,
        f"`{other.name}` has columns that the rows have too: {listed}",
        other.place,
        "joined here",
        helps=(Help(f"leave them out: `{kept}`"),),
    )
    return False


def _scores(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    """New columns that rewards fill."""
    parts = Parts(failed=_too_few(flow, concept, node, len(node.arguments)))
    scoring = Scoring(flow.context, flow.module, flow.row, f"`{flow.name}`")
    for argument in node.arguments:
        if argument.name is None:
            words = f"`{concept.keyword}` takes {concept.takes}"
            flow.context.report(WrongArguments, words, flow.module.place(argument), "has no name")
            parts.failed = True
            continue
        found = read_reward(scoring, argument.value)
        parts.failed = parts.failed or found is None
        parts.scores[argument.name.text] = found or ()
        parts.types[argument.name.text] = FLOAT
    return parts


Reader = Callable[[Flow, type[Step], tree.Step], Parts]

_READERS: dict[Takes, Reader] = {
    Takes.CONDITION: _condition,
    Takes.NAMED: _named,
    Takes.COLUMNS: _columns,
    Takes.RENAMES: _renames,
    Takes.SETTINGS: _given,
    Takes.SHARES: _shares,
    Takes.SHAPE: _shape,
    Takes.DATASET: _dataset,
    Takes.SCORES: _scores,
}
