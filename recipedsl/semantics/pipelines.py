"""Datasets: a source, steps one after another, and the columns, shape and parts that come out."""

from __future__ import annotations

from dataclasses import dataclass

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.data import PartNeeded
from recipedsl.diagnostics.codes.names import UnknownPart, WrongKind
from recipedsl.diagnostics.codes.types import WrongType
from recipedsl.language.types import RowType
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean, fix
from recipedsl.semantics.flow import Flow
from recipedsl.semantics.recipe import DataReference, Dataset, Passage, Place, ResolvedStep
from recipedsl.semantics.row_types import row_type
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.semantics.sources import read_source
from recipedsl.semantics.starts import Start
from recipedsl.semantics.steps import read_step
from recipedsl.syntax import tree


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
    head = read_source(Start(context, module, inputs, annotated), node.source)
    flow = Flow(context, module, name, head.row, head.shape, inputs=inputs)
    _note(flow, node.source)
    read = [_read(flow, step) for step in node.steps]
    steps = tuple(each for each in read if each is not None)
    broken = len(steps) < len(read)
    return Dataset(name, head.use, steps, flow.row, flow.shape, flow.parts, place, doc, broken)


def _read(flow: Flow, step: tree.Step | tree.Expect | tree.Broken) -> ResolvedStep | None:
    found = read_step(flow, step)
    _note(flow, step)
    return found


def _note(flow: Flow, node: tree.Expression | tree.Step | tree.Expect) -> None:
    """Keep what the rows are behind a node, for those who look at a recipe while it is written."""
    flow.context.passages.append(Passage(flow.name, flow.module.place(node), flow.row, flow.shape))


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
        helps = _meant_dataset(place, module, expression)
        context.report(WrongType, "a dataset is wanted here", place, "no dataset", helps=helps)


def _meant_dataset(place: Place, module: Module, expression: tree.Expression) -> tuple[Help, ...]:
    """The path of a file, and `rows["train"]`, in the words of the language."""
    if isinstance(expression, tree.Text) and expression.value in names(module, "data"):
        return (fix(place, expression.value, f"write `{expression.value}`, without quotes"),)
    together = _put_together(module, expression)
    if together:
        return (fix(place, together, f"write `{together}`"),)
    if isinstance(expression, tree.Text) and expression.value:
        return (fix(place, f"read({expression.raw})", f"write `read({expression.raw})`"),)
    if isinstance(expression, tree.Index) and isinstance(expression.index, tree.Text):
        part = f"{module.source.slice(expression.target.span)}.{expression.index.value}"
        return (fix(place, part, f"write `{part}`", Applicability.UNSAFE),)
    return ()


def _put_together(module: Module, expression: tree.Expression) -> str:
    """`a + b` and `[a, b]` as the source that they are; empty where they are none."""
    if isinstance(expression, tree.ListOf) and len(expression.items) > 1:
        return f"concat({', '.join(module.source.slice(each.span) for each in expression.items)})"
    if isinstance(expression, tree.Binary) and expression.operator.text == "+":
        sides = (module.source.slice(each.span) for each in (expression.left, expression.right))
        return f"concat({', '.join(sides)})"
    return ""


def _part(
    context: Context, module: Module, expression: tree.Expression, found: Dataset, part: tree.Name | None
) -> DataReference | None:
    place = module.place(expression)
    if found.broken and not found.parts:
        return DataReference(found.name, part.text if part else "", place)
    if part is None and not found.parts:
        return DataReference(found.name, "", place)
    listed = ", ".join(f"`{found.name}.{each}`" for each in found.parts)
    written = module.source.slice(expression.span)
    if part is None:
        context.report(
            PartNeeded,
            f"`{found.name}` is split; one of its parts is wanted",
            place,
            "which part?",
            secondary=[(found.place, "it is split here")],
            helps=(fix(place, f"{written}.{found.parts[0]}", f"write {listed}", Applicability.UNSAFE),),
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
        helps=_held_out(where, part.text, found.parts) or did_you_mean(where, part.text, found.parts),
    )
    return None


#: What the part that no stage trains on is called.
_HELD = frozenset("held test eval val valid validation dev holdout heldout".split())


def _held_out(place: Place, written: str, parts: tuple[str, ...]) -> tuple[Help, ...]:
    """The part that is meant by another of its usual names."""
    held = [each for each in parts if each in _HELD]
    if written not in _HELD or len(held) != 1:
        return ()
    return (fix(place, held[0], f"the part that is held out is called `{held[0]}`", Applicability.UNSAFE),)


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
