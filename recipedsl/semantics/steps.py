"""One step of a pipeline: its concept found, its arguments read, its effect on the columns and the shape."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from recipedsl.diagnostics import Applicability, Edit, Help
from recipedsl.diagnostics.codes.data import AfterSplit, DuplicateColumn, WrongShape
from recipedsl.diagnostics.codes.names import AbsentMethod, DuplicateSetting, UnknownSetting, UnknownStep
from recipedsl.diagnostics.codes.types import WrongArguments, WrongOperand
from recipedsl.language import catalogue
from recipedsl.language.functions.base import is_plain
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape
from recipedsl.language.steps.base import Step, StepUse, Takes, speaks, type_of
from recipedsl.language.steps.shaping import ShapeForm
from recipedsl.language.types import ANY, RowType
from recipedsl.semantics.context import did_you_mean, fix
from recipedsl.semantics.flow import Flow, Parts, wanted_column
from recipedsl.semantics.recipe import Place, ResolvedStep
from recipedsl.semantics.rows import type_condition
from recipedsl.semantics.settings import note_later
from recipedsl.semantics.step_arguments import READERS, lacks_amount
from recipedsl.source import Span
from recipedsl.syntax import tree


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
    if lacks_amount(flow, concept, node):
        flow.row = None
        return None
    parts = READERS[concept.takes](flow, concept, node)
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
        return _absent(flow, node, place, absent)
    known = (*catalogue.keywords("step"), "expect")
    steps = Help("the steps: " + ", ".join(f"`{each}`" for each in known))
    helps = did_you_mean(place, node.name.text, known) or (steps,)
    flow.context.report(UnknownStep, f"unknown step `{node.name.text}`", place, "no such step", helps=helps)
    return None


def _absent(flow: Flow, node: tree.Step, place: Place, absent: catalogue.Elsewhere) -> type[Step] | None:
    """Report another tool's word for a step; gives ours where what stands behind it means the same."""
    words = f"there is no step `{node.name.text}`: {absent.words}"
    safety = Applicability.SAFE if absent.same else Applicability.UNSAFE
    # `order by x` is `sort by x`, `order_by x` is not.
    is_alike = absent.ours != "sort" or (node.by and not node.arguments)
    fits = (
        bool(absent.ours) and bool(is_alike) and (absent.same or absent.ours in ("dedup", "sort", "redact"))
    )
    fits = fits or (absent.ours == "as" and any(isinstance(each.value, tree.Call) for each in node.arguments))
    helps = (_instead(flow, node, absent.ours, safety),) if fits else ()
    if absent.ours == "sort" and not is_alike and node.arguments:
        helps = (fix(place, "sort by", "write `sort by`", Applicability.UNSAFE),)
    flow.context.report(AbsentMethod, words, place, "no such step", helps=helps)
    found = catalogue.find("step", absent.ours) if fits else None
    return found if found is not None and issubclass(found, Step) else None


def _instead(flow: Flow, node: tree.Step, ours: str, safety: Applicability) -> Help:
    """A fix that writes our word for a step, and leaves out brackets around what it is given."""
    source, start = flow.module.source, node.name.span.end
    help_ = fix(flow.module.place(node.name), ours, f"write `{ours}`", safety)
    last = max((each.span.end for each in (*node.arguments, *node.by)), default=start)
    closing = _CLOSING.match(source.text, last)
    if not help_.edits or source.text[start : start + 1] != "(" or closing is None or not node.arguments:
        return help_
    if isinstance(node.arguments[0].value, tree.Group):
        return help_  # these brackets are those of a value
    brackets = Edit(source, Span(start, start + 1), " "), Edit(source, Span(last, closing.end()), "")
    return replace(help_, edits=(*help_.edits, *brackets))


#: What closes the brackets around the arguments of a step.
_CLOSING = re.compile(r"[\s,]*\)")


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
            flow.report(DuplicateSetting, words, name, "again here", secondary=secondary)


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
    twins = sorted(name for name, count in Counter(names).items() if count > 1)
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
        _needless_by(flow, concept, node)
        parts.failed = True
    if concept.takes not in (Takes.SHARES, Takes.SETTINGS):
        for each in node.by:
            if each.name is not None:
                words = f"`by` of `{concept.keyword}` takes columns, not `{each.name.text} = …`"
                flow.report(UnknownSetting, words, each.name, "not wanted here")
    if concept.by_texts:
        columns = _texts(flow, concept, node)
    else:
        columns = [_group(flow, each.value) for each in node.by if each.name is None]
    parts.by = tuple(each for each in columns if each is not None)
    parts.failed = parts.failed or None in columns


def _needless_by(flow: Flow, concept: type[Step], node: tree.Step) -> None:
    """Report a `by` that says nothing; of steps that take columns these stand right behind the keyword."""
    helps: tuple[Help, ...] = ()
    if concept.takes is Takes.COLUMNS and not node.arguments:
        gap = Place(flow.module.source, Span(node.name.span.end, node.by[0].span.start))
        helps = (fix(gap, " ", "leave `by` out"),)
    words = f"`{concept.keyword}` has no `by`"
    flow.report(WrongArguments, words, node.by[0], "not wanted here", helps=helps)


def _texts(flow: Flow, concept: type[Step], node: tree.Step) -> list[str | None]:
    """Names of the columns that are compared as texts."""
    written = [each.value for each in node.by if each.name is None]
    if not written:
        helps = (Help(f"such as {concept.page().split('Example:')[1].strip()}"),)
        words = f"`{concept.keyword}` takes `by` and the texts that it compares"
        flow.report(WrongArguments, words, node.name, "`by` missing", helps=helps)
        return [None]
    names = [wanted_column(flow, each) for each in written]
    for name, expression in zip(names, written, strict=True):
        type_ = type_of(flow.row, name) if flow.row is not None and name is not None else ANY
        if not speaks(type_):
            words = f"`{concept.keyword}` compares texts, `{name}` is of type `{type_}`"
            flow.report(WrongOperand, words, expression, f"of type `{type_}`")
            return [None]
    return names


def _group(flow: Flow, expression: tree.Expression) -> str | None:
    """Name of a column whose values make groups."""
    name = wanted_column(flow, expression)
    type_ = flow.row.column(name) if flow.row is not None and name is not None else None
    if type_ is None or is_plain(type_):
        return name
    words = f"rows are grouped by single values, `{name}` is of type `{type_}`"
    flow.report(WrongOperand, words, expression, f"of type `{type_}`")
    return None
