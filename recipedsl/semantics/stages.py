"""Training stages: what they start from, what they train on, and whether the two go together."""

from __future__ import annotations

from typing import Any

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.data import WrongShape
from recipedsl.diagnostics.codes.names import (
    AbsentMethod,
    MissingSetting,
    StageOrder,
    UnknownMethod,
    WrongKind,
)
from recipedsl.diagnostics.codes.plan import Conflict, IllegalBatch
from recipedsl.diagnostics.codes.types import OutOfRange
from recipedsl.language import catalogue
from recipedsl.language.stages.base import Online, StageMethod
from recipedsl.language.stages.works import Work
from recipedsl.semantics.context import Context, Declared, did_you_mean, fix
from recipedsl.semantics.copies import original
from recipedsl.semantics.models import model
from recipedsl.semantics.pipelines import reference
from recipedsl.semantics.recipe import DataReference, Stage, Training, WeightedScore
from recipedsl.semantics.scores import Scoring, read_reward, work_policy
from recipedsl.semantics.settings import ConceptUse, Deferred, Named, Settings, read_block
from recipedsl.semantics.trainer import check_trainer
from recipedsl.semantics.works import asked, work
from recipedsl.syntax import tree


def stage(context: Context, declared: Declared) -> None:
    """Resolve a stage; it is known to those below only when nothing was wrong."""
    thing = declared.node
    assert isinstance(thing, tree.Thing)
    origin = original(context, declared)
    method = None
    if origin is not None and isinstance(origin.node, tree.Thing):
        method = _method(context, origin, origin.node)
    if method is not None and issubclass(method, Work):
        work(context, declared, thing, method)
        return
    found = None if method is None else _resolve(context, declared, thing, method)
    if found is None:
        context.broken.add(declared.full_name)
    else:
        context.stages[declared.full_name] = found


def _method(context: Context, declared: Declared, thing: tree.Thing) -> type[StageMethod | Work] | None:
    if thing.method is None:
        words = f"stage `{declared.name}` does not say how it trains"
        example = (Help(f"`stage {declared.name}: sft {{ … }}`"),)
        context.report(MissingSetting, words, declared.name_place, "method missing", helps=example)
        return None
    found = catalogue.find("stage", thing.method.text)
    if found is not None and issubclass(found, StageMethod | Work):
        return found
    place, name = declared.module.place(thing.method), thing.method.text
    if name in catalogue.ABSENT_STAGES:
        words = f"no stage trains by `{name}` here: {catalogue.ABSENT_STAGES[name]}"
        context.report(AbsentMethod, words, place, "not to be had")
        return None
    helps = did_you_mean(place, name, catalogue.keywords("stage"))
    context.report(UnknownMethod, f"unknown training method `{name}`", place, "no such method", helps=helps)
    return None


def _resolve(
    context: Context, declared: Declared, thing: tree.Thing, method: type[StageMethod]
) -> Stage | None:
    settings = read_block(context, declared.module, method, thing)
    start = _start(context, declared, settings)
    data = _data(context, declared, method, settings)
    context.training[declared.full_name] = _training(settings, data)
    rewards = _rewards(context, settings, data) if issubclass(method, Online) else ()
    others = asked(context, declared, method, settings, data)
    others.failed |= not _check_looks(context, declared, method, settings, others.datasets.get("eval"))
    _check(context, method, settings)
    if not settings.complete or start is None or data is None or rewards is None or others.failed:
        return None
    elsewhere = {"from", "data", "reward", *others.names}
    values = {name: each for name, each in settings.values.items() if name not in elsewhere}
    doc = "\n".join(thing.doc)
    return Stage(
        declared.full_name,
        method,
        values,
        settings.written,
        start,
        data,
        rewards,
        declared.name_place,
        doc,
        trains_adapter(context, method, settings, start),
        others.roles,
        others.datasets,
        others.expressions,
    )


def _training(settings: Settings, data: DataReference | None) -> Training:
    """What holds of a stage, whatever else is wrong with it."""
    named = settings.get("from")
    start = named.declared.full_name if isinstance(named, Named) else None
    good = {name: settings.get(name) for name in settings.values}
    return Training(start, data, good, settings.written)


# --- what it starts from --------------------------------------------------------------------------


def _start(context: Context, declared: Declared, settings: Settings) -> str | None:
    named = settings.get("from")
    if not isinstance(named, Named):
        return None
    found, place = named.declared, named.place
    if found.kind == "model":
        return found.full_name if model(context, found) is not None else None
    if found.full_name in context.broken:
        return None
    if found.full_name in context.works:
        return work_policy(context, context.works[found.full_name], place)
    if found is declared:
        context.report(StageOrder, f"stage `{declared.name}` starts from itself", place, "this very stage")
        return None
    earlier = context.stages.get(found.full_name)
    if earlier is None:
        context.report(
            StageOrder,
            f"stage `{declared.name}` starts from `{found.name}`, which stands below it",
            place,
            "not there yet",
            secondary=[(found.name_place, "declared here")],
            helps=(Help(f"move `{found.name}` above `{declared.name}`"),),
        )
        return None
    if earlier.method.gives == "reward":
        words = f"`{found.name}` is a reward model; a stage starts from a policy"
        context.report(WrongKind, words, place, "gives rewards", secondary=[(earlier.place, "declared here")])
        return None
    return found.full_name


# --- what it trains on ------------------------------------------------------------------------------


def _data(
    context: Context, declared: Declared, method: type[StageMethod], settings: Settings
) -> DataReference | None:
    written = settings.get("data")
    if not isinstance(written, Deferred):
        return None
    found = reference(context, written.module, written.expression, f"{declared.full_name}.data")
    if found is None or context.datasets[found.name] is None:
        return None
    return found if _check_shape(context, declared, method, found) else None


def _check_shape(
    context: Context, declared: Declared, method: type[StageMethod], found: DataReference
) -> bool:
    dataset = context.datasets[found.name]
    is_unknown = dataset is None or (dataset.row is None and dataset.shape == "rows")
    if is_unknown or dataset.shape in method.takes:
        return True
    _wrong_shape(context, declared, method, found)
    return False


def _check_looks(
    context: Context,
    declared: Declared,
    method: type[StageMethod],
    settings: Settings,
    held: DataReference | None,
) -> bool:
    """Whether rows of `eval` have a shape that the stage reads, and are there if settings need them."""
    for name in ("eval_every", "patience"):
        if name in settings.written and "eval" not in settings.written:
            helps = (Help("`eval`: the rows that are looked at, such as a part of a `split`"),)
            words = f"`{name}` needs `eval`"
            context.report(MissingSetting, words, settings.written[name], "`eval` missing", helps=helps)
    return held is None or _check_shape(context, declared, method, held)


def _wrong_shape(
    context: Context, declared: Declared, method: type[StageMethod], found: DataReference
) -> None:
    dataset = context.datasets[found.name]
    takes = " or ".join(f"`{each}`" for each in method.takes)
    has = "no shape yet" if dataset.shape == "rows" else f"the shape `{dataset.shape}`"
    helps = (*_others(context, method, found), Help(f"shape it with `| as {method.takes[0]}(…)`"))
    context.report(
        WrongShape,
        f"stage `{declared.name}` ({method.keyword}) takes {takes}, `{found.name}` has {has}",
        found.place,
        f"has {has}",
        secondary=[(dataset.place, f"`{found.name}` is made here")],
        helps=helps,
    )


def _others(context: Context, method: type[StageMethod], found: DataReference) -> tuple[Help, ...]:
    """The datasets of a shape that the method takes; as a fix where there is one, and it is whole."""
    others = [each for each in context.datasets.values() if each is not None and each.shape in method.takes]
    names = [f"`{each.name}`" for each in others[:3]]
    if len(others) == 1 and not others[0].parts:
        words = f"{names[0]} has a shape that `{method.keyword}` takes"
        return (fix(found.place, others[0].name, words, Applicability.UNSAFE),)
    words = f"{', '.join(names)} have shapes that `{method.keyword}` takes"
    if len(others) == 1:
        words = f"{names[0]} has a shape that `{method.keyword}` takes"
    return (Help(words),) if others else ()


def _rewards(
    context: Context, settings: Settings, data: DataReference | None
) -> tuple[WeightedScore, ...] | None:
    written = settings.get("reward")
    if not isinstance(written, Deferred):
        return None
    row = context.datasets[data.name].row if data is not None else None
    origin = f"`{data.name}`" if data is not None else "the rows"
    return read_reward(Scoring(context, written.module, row, origin), written.expression)


# --- settings that go together ------------------------------------------------------------------------


def trains_adapter(
    context: Context, method: type[StageMethod], settings: Settings, start: str | None
) -> bool:
    """Whether an adapter is trained: a new one, or the one of the policy that the stage starts from."""
    if "adapter" in settings.written or method.gives == "reward":
        return settings.get("adapter") is not None
    return start in context.stages and context.stages[start].trains_adapter


def _check(context: Context, method: type[StageMethod], settings: Settings) -> None:
    if settings.get("epochs") is not None and settings.get("steps") is not None:
        places = settings.written
        words = "`epochs` and `steps` both say how long the stage trains"
        secondary = [(places["epochs"], "epochs here")]
        context.report(Conflict, words, places["steps"], "and steps here", secondary=secondary)
    _check_batch(context, method, settings)
    _check_losses(context, settings)
    check_trainer(context, method, settings)


def _check_losses(context: Context, settings: Settings) -> None:
    losses, weights = settings.get("loss"), settings.get("loss_weights")
    count = len(losses) if isinstance(losses, tuple) else 1
    if weights and len(weights) != count:
        words = f"`loss_weights` has {len(weights)} values, `loss` has {count}"
        context.report(Conflict, words, settings.written["loss_weights"], "one for each loss")
    if losses and "exo_pair" in losses and not settings.get("label_smoothing"):
        words = "the loss `exo_pair` needs `label_smoothing` above 0"
        context.report(
            Conflict, words, settings.written["loss"], helps=(Help("add `label_smoothing = 0.001`"),)
        )


def _check_batch(context: Context, method: type[StageMethod], settings: Settings) -> None:
    batch, micro, group = settings.get("batch"), settings.get("micro_batch"), settings.get("generations")
    if group == 1 and settings.get("value") is None:
        words = "one answer to a prompt has none beside it to be compared with"
        helps = (Help("write 2 or more, or name a model for the baseline: `value = judge`"),)
        context.report(OutOfRange, words, settings.written["generations"], "a group of one", helps=helps)
    if batch and issubclass(method, Online) and isinstance(group, int) and batch % group:
        low, high = batch - batch % group, batch - batch % group + group
        legal = [each for each in (low, high) if each]
        context.report(
            IllegalBatch,
            f"a batch of {batch} answers cannot hold whole groups of {group}",
            settings.written["batch"],
            f"no multiple of {group}",
            notes=("for online methods `batch` counts answers, `generations` of them to each prompt",),
            helps=tuple(fix(settings.written["batch"], str(each), f"`batch = {each}`") for each in legal[:1])
            + tuple(Help(f"or `batch = {each}`") for each in legal[1:]),
        )
    if batch and micro and batch % micro:
        words = f"a batch of {batch} rows cannot be made of {micro} at a time"
        context.report(IllegalBatch, words, settings.written["micro_batch"], f"does not divide {batch}")
    if method.keyword == "kto" and 1 in (batch, micro):
        which = "batch" if batch == 1 else "micro_batch"
        words = "KTO estimates its baseline from the other rows of a batch and needs at least 2"
        context.report(IllegalBatch, words, settings.written[which], "only one row")


def shown_settings(found: Stage) -> dict[str, Any]:
    """Settings as plain values, for views."""
    return {
        name: (f"{each.concept.keyword}({each.settings})" if isinstance(each, ConceptUse) else each)
        for name, each in found.settings.items()
    }
