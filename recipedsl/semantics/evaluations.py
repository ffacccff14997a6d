"""Evaluations: models, rows, metrics, slices, gates."""

from __future__ import annotations

from recipedsl.diagnostics import Bug, Help
from recipedsl.diagnostics.codes.data import Leakage, UnknownColumn, WrongShape
from recipedsl.diagnostics.codes.names import StageOrder, WrongKind
from recipedsl.diagnostics.codes.types import NotACondition, WrongOperand, WrongType
from recipedsl.language import catalogue
from recipedsl.language.blocks import Eval
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.language.metrics.metrics import Metric
from recipedsl.language.shapes import Shape
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean
from recipedsl.semantics.models import model
from recipedsl.semantics.pipelines import reference
from recipedsl.semantics.recipe import DataReference, Evaluation, GateUse, RowExpression, Score
from recipedsl.semantics.rows import OPERATORS
from recipedsl.semantics.scope import lookup
from recipedsl.semantics.scores import Scoring, read_score
from recipedsl.semantics.settings import Deferred, Settings, read_block
from recipedsl.semantics.values import Sort
from recipedsl.syntax import tree

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "and", "or")


def evaluation(context: Context, declared: Declared) -> Evaluation | None:
    """Resolve an evaluation; None after a problem was reported."""
    thing = declared.node
    assert isinstance(thing, tree.Thing)
    settings = read_block(context, declared.module, Eval, thing)
    models = _models(context, declared, settings)
    data = _data(context, declared, settings)
    metrics = _metrics(context, settings, data)
    slices = _slices(context, settings, data)
    if models is None or metrics is None:
        return None
    gates = [
        _gate(context, declared.module, entry, models, metrics)
        for entry in thing.block.entries
        if isinstance(entry, tree.Expect)
    ]
    if not settings.complete or data is None or slices is None or None in gates:
        return None
    _leakage(context, declared, models, data)
    kept = {n: v for n, v in settings.values.items() if n not in ("models", "data", "metrics", "slice")}
    return Evaluation(
        declared.full_name,
        models,
        data,
        metrics,
        slices,
        tuple(each for each in gates if each),
        kept,
        declared.name_place,
        "\n".join(thing.doc),
    )


# --- models and rows ------------------------------------------------------------------------------


def _models(context: Context, declared: Declared, settings: Settings) -> tuple[str, ...] | None:
    found = settings.get("models")
    if found is None:
        return None
    names = [_policy(context, declared, each, settings) for each in found]
    return None if None in names else tuple(each for each in names if each)


def _policy(context: Context, declared: Declared, found: Declared, settings: Settings) -> str | None:
    if found.kind == "model":
        return found.full_name if model(context, found) is not None else None
    stage = context.stages.get(found.full_name)
    place = settings.written["models"]
    if stage is None:
        if found.full_name not in context.broken:
            words = f"eval `{declared.name}` judges `{found.name}`, which stands below it"
            context.report(StageOrder, words, place, secondary=[(found.name_place, "declared here")])
        return None
    if stage.method.gives == "reward":
        words = f"`{found.name}` is a reward model; an eval judges policies"
        context.report(WrongKind, words, place, secondary=[(stage.place, "declared here")])
        return None
    return found.full_name


def _data(context: Context, declared: Declared, settings: Settings) -> DataReference | None:
    written = settings.get("data")
    if not isinstance(written, Deferred):
        return None
    return reference(context, written.module, written.expression, f"{declared.full_name}.data")


def _slices(context: Context, settings: Settings, data: DataReference | None) -> tuple[str, ...] | None:
    found = settings.get("slice")
    row = context.datasets[data.name].row if data is not None else None
    if found is None:
        return None
    good = True
    for name in found:
        if row is not None and row.column(name.text) is None:
            assert data is not None
            where = settings.written["slice"]
            place = type(where)(where.source, name.span)
            helps = did_you_mean(place, name.text, row.names)
            words = f"unknown column `{name.text}` in `{data.name}`"
            context.report(UnknownColumn, words, place, "no such column", helps=helps)
            good = False
    return tuple(name.text for name in found) if good else None


# --- metrics --------------------------------------------------------------------------------------


def _metrics(context: Context, settings: Settings, data: DataReference | None) -> tuple[Score, ...] | None:
    written = settings.get("metrics")
    if not isinstance(written, Deferred):
        return None
    nodes = written.expression.items if isinstance(written.expression, tree.ListOf) else (written.expression,)
    row = context.datasets[data.name].row if data is not None else None
    scoring = Scoring(context, written.module, row, f"`{data.name}`" if data is not None else "the rows")
    scores = [read_score(scoring, node, "metric") for node in nodes]
    if None in scores:
        return None
    found = tuple(each for each in scores if each)
    return found if data is None or not [each for each in found if not _suits(context, data, each)] else None


def _suits(context: Context, data: DataReference, score: Score) -> bool:
    concept = catalogue.find("metric", score.keyword)
    if concept is None or not issubclass(concept, Metric):
        raise Bug(f"no metric {score.keyword}")
    dataset = context.datasets[data.name]
    if dataset.shape in concept.takes or (dataset.row is None and dataset.shape is Shape.ROWS):
        return True
    takes = " or ".join(f"`{each}`" for each in concept.takes)
    has = "no shape yet" if dataset.shape is Shape.ROWS else f"the shape `{dataset.shape}`"
    context.report(
        WrongShape,
        f"the metric `{score.keyword}` takes {takes}, `{data.name}` has {has}",
        score.place,
        f"needs {takes}",
        secondary=[(dataset.place, f"`{data.name}` is made here")],
    )
    return False


# --- gates ----------------------------------------------------------------------------------------


def _gate(
    context: Context, module: Module, node: tree.Expect, models: tuple[str, ...], metrics: tuple[Score, ...]
) -> GateUse | None:
    condition = node.condition
    while isinstance(condition, tree.Group):
        condition = condition.inner
    compares = isinstance(condition, tree.Binary) and condition.operator.text in _COMPARISONS
    if not compares and not isinstance(condition, tree.Unary):
        words = "a gate compares scores: `expect pass_rate(final) >= pass_rate(base)`"
        context.report(NotACondition, words, module.place(node.condition), "compares nothing")
        return None
    expression = _score_expression(context, module, condition, models, metrics)
    if expression is None:
        return None
    return GateUse(expression, node.message.value if node.message else "", module.place(node.condition))


def _score_expression(
    context: Context,
    module: Module,
    node: tree.Expression,
    models: tuple[str, ...],
    metrics: tuple[Score, ...],
) -> RowExpression | None:
    """An expression over scores: `metric(model)`, numbers, arithmetic, comparison."""
    match node:
        case tree.Group():
            return _score_expression(context, module, node.inner, models, metrics)
        case tree.Call():
            return _measured(context, module, node, models, metrics)
        case tree.Binary() if node.operator.text in OPERATORS:
            sides = [
                _score_expression(context, module, each, models, metrics) for each in (node.left, node.right)
            ]
            left, right = sides
            if left is None or right is None:
                return None
            return Call(function=OPERATORS[node.operator.text], arguments=(left, right))
        case tree.Unary():
            operand = _score_expression(context, module, node.operand, models, metrics)
            keyword = "not" if node.operator.text == "not" else "negate"
            return None if operand is None else Call(function=keyword, arguments=(operand,))
        case _:
            value = constant(context, module, node)
            if value.sort is Sort.NUMBER:
                return Constant(value=value.data)
            if value.sort is not Sort.UNKNOWN:
                context.report(
                    WrongOperand, f"{value.describe()} cannot be compared with scores", module.place(node)
                )
            return None


def _measured(
    context: Context, module: Module, node: tree.Call, models: tuple[str, ...], metrics: tuple[Score, ...]
) -> RowExpression | None:
    written = node.function.text if isinstance(node.function, tree.Name) else ""
    place = module.place(node)
    metric = next((each for each in metrics if each.keyword == written), None)
    if metric is None:
        helps = did_you_mean(module.place(node.function), written, {each.keyword for each in metrics})
        words = f"this eval does not measure `{written}`"
        context.report(WrongOperand, words, module.place(node.function), "not among its metrics", helps=helps)
        return None
    argument = node.arguments[0].value if len(node.arguments) == 1 else None
    found = lookup(module, argument) if argument is not None else None
    if found is None or found.full_name not in models:
        known = ", ".join(f"`{each}`" for each in models)
        helps = (Help(f"it judges {known}"),)
        context.report(
            WrongType, f"`{written}` of a model that this eval judges", place, "of which?", helps=helps
        )
        return None
    return Column(name=f"{metric.keyword}({found.full_name})")


# --- leakage --------------------------------------------------------------------------------------


def _leakage(context: Context, declared: Declared, models: tuple[str, ...], data: DataReference) -> None:
    """Whether a judged model was trained on these very rows."""
    for name in models:
        ancestor = name
        while ancestor in context.stages:
            stage = context.stages[ancestor]
            if _trained_on(context, stage.data, data):
                context.report(
                    Leakage,
                    f"`{name}` was trained on `{_title(data)}`, on which `{declared.name}` judges it",
                    data.place,
                    "these rows were trained on",
                    secondary=[(stage.data.place, f"`{name}` trains on them here")],
                    helps=(
                        Help(
                            "keep rows apart with `| split train = 95%, held = 5%` and judge on the held ones"
                        ),
                    ),
                )
                return
            ancestor = stage.start


def _title(data: DataReference) -> str:
    return f"{data.name}.{data.part}" if data.part else data.name


def _trained_on(context: Context, trained: DataReference, judged: DataReference) -> bool:
    if (trained.name, trained.part) == (judged.name, judged.part):
        return True
    dataset = context.datasets.get(trained.name)
    if dataset is None or trained.part:
        return False
    return any(_trained_on(context, each, judged) for each in dataset.source.inputs)
