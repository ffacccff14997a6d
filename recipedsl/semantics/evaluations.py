"""Evaluations: models, rows, metrics, slices, gates."""

from __future__ import annotations

from recipedsl.diagnostics import Applicability, Bug, Help
from recipedsl.diagnostics.codes.data import Leakage, UnknownColumn, WrongShape
from recipedsl.diagnostics.codes.names import DuplicateName, MissingSetting
from recipedsl.diagnostics.codes.types import WrongType
from recipedsl.language import catalogue
from recipedsl.language.blocks import Eval
from recipedsl.language.metrics.metrics import Benchmark, Metric
from recipedsl.language.shapes import Shape
from recipedsl.language.steps.base import Step
from recipedsl.language.types import Kind, RowType
from recipedsl.semantics.context import Context, Declared, did_you_mean, fix
from recipedsl.semantics.copies import inherited, originals
from recipedsl.semantics.gates import Scores, read_gate
from recipedsl.semantics.pipelines import reference
from recipedsl.semantics.recipe import DataReference, Evaluation, Place, ResolvedStep, Score
from recipedsl.semantics.scores import Scoring, policy, read_score
from recipedsl.semantics.settings import Deferred, Settings, read_block
from recipedsl.syntax import tree

#: Types whose values make slices: few of them, each on many rows.
_SLICED = (Kind.TEXT, Kind.CHOICE, Kind.INT, Kind.BOOL, Kind.DATE, Kind.ANY)


def evaluation(context: Context, declared: Declared) -> Evaluation | None:
    """Resolve an evaluation; None after a problem was reported."""
    thing = declared.node
    assert isinstance(thing, tree.Thing)
    if originals(context, declared) is None:
        return None
    settings = read_block(context, declared.module, Eval, thing)
    models = _models(context, declared, settings)
    data = _data(context, declared, settings)
    metrics = _metrics(context, settings, data)
    slices = _slices(context, settings, data)
    if data is not None:
        named = tuple(each.declared.full_name for each in settings.get("models") or ())
        _leakage(context, declared, models or named, data)
    if models is None or metrics is None:
        return None
    written = (*((declared.module, entry) for entry in thing.block.entries), *inherited(context, declared))
    gates = [
        read_gate(Scores(context, module, models, metrics), entry)
        for module, entry in written
        if isinstance(entry, tree.Expect)
    ]
    if not settings.complete or slices is None or None in gates:
        return None
    if data is None and not _brings_rows(context, declared, settings, metrics):
        return None
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
        settings.written,
    )


def _brings_rows(
    context: Context, declared: Declared, settings: Settings, metrics: tuple[Score, ...]
) -> bool:
    """Whether an eval without data needs none; reported where it does."""
    if "data" in settings.written:
        return False
    if all(each.keyword == Benchmark.keyword for each in metrics):
        return True
    words = f"eval `{declared.name}` needs `data`"
    helps = (Help("`data`: rows they are judged on"),)
    context.report(MissingSetting, words, declared.name_place, "`data` missing", helps=helps)
    return False


# --- models and rows ------------------------------------------------------------------------------


def _models(context: Context, declared: Declared, settings: Settings) -> tuple[str, ...] | None:
    found: dict[str, Place] = {}
    failed = False
    for each in settings.get("models") or ():
        name = policy(context, each.declared, each.place)
        failed = failed or name is None
        if name in found:
            secondary = [(found[name], "first named here")]
            words = f"`{declared.name}` judges `{name}` twice"
            context.report(DuplicateName, words, each.place, "again here", secondary=secondary)
        elif name is not None:
            found[name] = each.place
    return tuple(found) if found and not failed else None


def _data(context: Context, declared: Declared, settings: Settings) -> DataReference | None:
    written = settings.get("data")
    if not isinstance(written, Deferred):
        return None
    return reference(context, written.module, written.expression, f"{declared.full_name}.data")


def _slices(context: Context, settings: Settings, data: DataReference | None) -> tuple[str, ...] | None:
    found = settings.get("slice")
    if found is None or (data is None and (found or "data" in settings.written)):
        return None
    if data is None:
        return ()
    place = settings.written.get("slice")
    columns = {name.text: Place(place.source, name.span) for name in found if place is not None}
    row = context.datasets[data.name].row
    good = [row is None or _good_slice(context, data, row, name, where) for name, where in columns.items()]
    return tuple(columns) if all(good) else None


def _good_slice(context: Context, data: DataReference, row: RowType, name: str, place: Place) -> bool:
    type_ = row.column(name)
    if type_ is None:
        helps = did_you_mean(place, name, row.names)
        words = f"unknown column `{name}` in `{data.name}`"
        context.report(UnknownColumn, words, place, "no such column", helps=helps)
        return False
    if type_.kind in _SLICED:
        return True
    words = f"`{name}` is of type `{type_}`, which makes no slices"
    helps = (Help(f'make groups of it first: `| derive group = if({name} > …, "high", "low")`'),)
    context.report(WrongType, words, place, f"of type `{type_}`", helps=helps if type_.is_number else ())
    return False


# --- metrics --------------------------------------------------------------------------------------


def _metrics(context: Context, settings: Settings, data: DataReference | None) -> tuple[Score, ...] | None:
    written = settings.get("metrics")
    if not isinstance(written, Deferred):
        return None
    expression = written.expression
    while isinstance(expression, tree.Group):
        expression = expression.inner
    nodes = expression.items if isinstance(expression, tree.ListOf) else (expression,)
    if not nodes:
        words = "an eval measures something: `metrics = [loss()]`"
        context.report(WrongType, words, written.place, "an empty list")
    row = context.datasets[data.name].row if data is not None else None
    scoring = Scoring(context, written.module, row, f"`{data.name}`" if data is not None else "the rows")
    scores = [read_score(scoring, node, "metric") for node in nodes]
    found = tuple(each for each in scores if each is not None)
    if len(found) < len(scores) or not found or not _different(context, found):
        return None
    return found if data is None or not [each for each in found if not _suits(context, data, each)] else None


def _different(context: Context, scores: tuple[Score, ...]) -> bool:
    """Whether no metric stands twice; what is measured is told apart by how it is written."""
    good = True
    for index, score in enumerate(scores):
        same = [each for each in scores[:index] if each.same_as(score)]
        if same:
            words = f"the metric `{score.written}` is written twice"
            secondary = [(same[0].place, "first written here")]
            context.report(DuplicateName, words, score.place, "again here", secondary=secondary)
            good = False
    return good


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


# --- leakage --------------------------------------------------------------------------------------


def _leakage(context: Context, declared: Declared, models: tuple[str, ...], data: DataReference) -> None:
    """Whether a judged model was trained on these very rows."""
    for name in models:
        ancestor: str | None = name
        seen: set[str] = set()
        while ancestor in context.training and ancestor not in seen:
            seen.add(ancestor)
            stage = context.training[ancestor]
            if stage.data is not None and _trained_on(context, stage.data, data):
                context.report(
                    Leakage,
                    f"`{name}` was trained on `{_title(data)}`, on which `{declared.name}` judges it",
                    data.place,
                    "these rows were trained on",
                    secondary=[(stage.data.place, f"`{ancestor}` trains on them here")],
                    helps=_apart(context, data),
                )
                return
            ancestor = stage.start


def _apart(context: Context, data: DataReference) -> tuple[Help, ...]:
    """The part that no stage trains on, as a fix; else how to keep one."""
    dataset, trained = context.datasets[data.name], [each.data for each in context.training.values()]
    for part in dataset.parts:
        kept = DataReference(data.name, part, data.place)
        if not any(each is not None and _trained_on(context, each, kept) for each in trained):
            words = f"`{_title(kept)}` is kept apart: judge on it"
            return (fix(data.place, _title(kept), words, Applicability.UNSAFE),)
    return (Help("keep rows apart with `| split train = 95%, held = 5%` and judge on the held ones"),)


def _title(data: DataReference) -> str:
    return f"{data.name}.{data.part}" if data.part else data.name


def _trained_on(context: Context, trained: DataReference, judged: DataReference) -> bool:
    """Whether rows that are judged were surely trained on.

    They were when what is trained on comes from what is judged, or what is judged from what is
    trained on whole. Two that both come from a third may have been told apart by `where`.
    """
    key = (judged.name, judged.part)
    if key in _sources(context, trained):
        return True
    whole = _sources(context, trained, whole=True)
    return any(each in whole for each in _sources(context, judged))


def _sources(context: Context, found: DataReference, *, whole: bool = False) -> set[tuple[str, str]]:
    """The dataset and all that it comes from, by name and part; with `whole`, those of which no row fell."""
    seen: set[tuple[str, str]] = set()
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if (each.name, each.part) in seen:
            continue
        seen.add((each.name, each.part))
        dataset = context.datasets.get(each.name)
        if dataset is not None and not (whole and any(_drops(step) for step in dataset.steps)):
            waiting.extend(dataset.source.inputs)
    return seen


def _drops(step: ResolvedStep) -> bool:
    concept = catalogue.find("step", step.keyword)
    return concept is not None and issubclass(concept, Step) and concept.drops
