"""The resolved recipe: what the declarations mean, with the places where they were written.

Names are settled, constants computed, defaults filled in, rows and shapes proven. Lowering turns
this into a plan without asking anything more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from recipedsl.diagnostics import Label
from recipedsl.language.concept import Concept
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.stages.works import Work
from recipedsl.language.types import RowType, Type
from recipedsl.source import Source, Span

RowExpression = Column | Constant | Call


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a source text."""

    source: Source
    span: Span

    def label(self, words: str = "") -> Label:
        """The place with what is said of it in a diagnostic."""
        return Label(self.source, self.span, words)


@dataclass(frozen=True, slots=True)
class Later:
    """Words that a plan can hold and nothing carries out yet.

    Attributes:
        what: the words, for a sentence.
        instead: what can be done meanwhile, empty when nothing is known.
    """

    what: str
    instead: str
    place: Place


@dataclass(frozen=True, slots=True)
class DataReference:
    """A dataset used somewhere: its name and, if it is split, the part."""

    name: str
    part: str
    place: Place


@dataclass(frozen=True, slots=True)
class SourceUse:
    """The head of a pipeline.

    Attributes:
        keyword: `read`, `hub`, `rows`, `concat`, or `data` for another dataset.
        settings: constants by name.
        inputs: datasets that it reads.
        declared: the annotated row type; None when the recipe leaves it to the data.
        model: the model or stage that writes the rows.
    """

    keyword: str
    settings: dict[str, Any]
    inputs: tuple[DataReference, ...]
    declared: RowType | None
    place: Place
    model: str = ""


@dataclass(frozen=True, slots=True)
class ResolvedStep:
    """A step with everything it was given, see `plan.StepSpec` for the meaning of the parts."""

    keyword: str
    place: Place
    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    expressions: dict[str, RowExpression] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    other: DataReference | None = None
    message: str = ""
    scores: dict[str, tuple[WeightedScore, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A pipeline, resolved.

    Attributes:
        name: unique; pipelines written in the place of an expression get the name of where they stand.
        row: columns at the end, None when they could not be known.
        shape: what the rows are for.
        parts: names of the parts, when it ends in `split`.
        broken: whether a problem was reported about a step; what else it is good for is not known then.
    """

    name: str
    source: SourceUse
    steps: tuple[ResolvedStep, ...]
    row: RowType | None
    shape: Shape
    parts: tuple[str, ...]
    place: Place
    doc: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """The rows on their way through a pipeline: as they stand behind its source, or behind one of its steps.

    Attributes:
        dataset: whose pipeline it is.
        place: the source or the step.
        row: columns; None when they are not known.
    """

    dataset: str
    place: Place
    row: RowType | None
    shape: Shape


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A chat template: a shipped one by name, or a declared one by its settings."""

    shipped: str
    settings: dict[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base model.

    Attributes:
        source: class of the source that it comes from.
        settings: of that source, by name.
        written: places of the settings that the recipe wrote.
        beyond: settings that cannot be carried out yet.
    """

    name: str
    source: type[Concept]
    settings: dict[str, Any]
    dtype: str
    template: TemplateUse | None
    attention: str
    place: Place
    doc: str = ""
    written: dict[str, Place] = field(default_factory=dict)
    beyond: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """A reward function or metric, applied.

    Attributes:
        written: as in the recipe, for tables.
        stage: the reward stage it asks.
        against: the other model of a comparison, or the one that is asked.
        terms: the other rewards that it is made of, by setting.
    """

    keyword: str
    written: str
    expressions: dict[str, RowExpression]
    settings: dict[str, Any]
    stage: str
    against: str
    place: Place
    terms: dict[str, tuple[WeightedScore, ...]] = field(default_factory=dict)

    def same_as(self, other: Score) -> bool:
        """Whether both measure the same, however they are written."""
        return replace(self, written=other.written, place=other.place) == other


@dataclass(frozen=True, slots=True)
class WeightedScore:
    """A term of a reward."""

    weight: float
    score: Score


@dataclass(frozen=True, slots=True)
class Stage:
    """A training step.

    Attributes:
        method: class of the method.
        settings: every setting by name, defaults filled in.
        written: names of those that the recipe wrote, with their places.
        start: the model or stage it starts from.
        data: what it trains on.
        rewards: terms of the reward.
        trains_adapter: whether what is trained is an adapter, its own or the one that it goes on with.
        roles: other models that it asks, by setting.
        datasets: other datasets that it reads, by setting.
        expressions: values of the rows that settings name.
    """

    name: str
    method: type[StageMethod]
    settings: dict[str, Any]
    written: dict[str, Place]
    start: str
    data: DataReference
    rewards: tuple[WeightedScore, ...]
    place: Place
    doc: str = ""
    trains_adapter: bool = False
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    datasets: dict[str, DataReference] = field(default_factory=dict)
    expressions: dict[str, RowExpression] = field(default_factory=dict)

    @property
    def losses(self) -> tuple[str, ...]:
        """Names of its losses; none where the method has a single one without a name."""
        loss = self.settings.get("loss")
        return (loss,) if isinstance(loss, str) else tuple(loss or ())


@dataclass(frozen=True, slots=True)
class Training:
    """What is known of a stage that trains, whatever else is wrong with it.

    Attributes:
        start: the model or stage that it names as its start; None when it names none.
        data: what it trains on; None when that is wrong.
        settings: every setting by name, without those that are wrong.
        written: names of those that the recipe wrote, with their places.
    """

    start: str | None
    data: DataReference | None
    settings: dict[str, Any]
    written: dict[str, Place]


@dataclass(frozen=True, slots=True)
class WorkUse:
    """A stage that trains nothing.

    Attributes:
        concept: what it does.
        models: what it reads, in order.
        settings: every other setting by name, defaults filled in.
    """

    name: str
    concept: type[Work]
    models: tuple[str, ...]
    settings: dict[str, Any]
    place: Place
    doc: str = ""


@dataclass(frozen=True, slots=True)
class GateUse:
    """A gate of an evaluation: a condition over scores named `metric(model)`."""

    condition: RowExpression
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation; without data when its metrics bring their own.

    Attributes:
        written: places of the settings that the recipe wrote.
    """

    name: str
    models: tuple[str, ...]
    data: DataReference | None
    metrics: tuple[Score, ...]
    slices: tuple[str, ...]
    gates: tuple[GateUse, ...]
    settings: dict[str, Any]
    place: Place
    doc: str = ""
    written: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe, resolved; dictionaries are in the order in which things can be carried out.

    Attributes:
        order: names of stages and evaluations in written order, those of imported files first.
        run: settings of the block `run`, and in `written` the names of those that it writes.
        later: what was asked for and cannot be carried out yet.
        training: what is known of every stage that trains, of those with errors too.
    """

    source: Source
    params: dict[str, Any]
    models: dict[str, BaseModel]
    datasets: dict[str, Dataset]
    stages: dict[str, Stage]
    works: dict[str, WorkUse]
    evaluations: dict[str, Evaluation]
    order: tuple[str, ...]
    run: dict[str, Any]
    profile: str = ""
    later: tuple[Later, ...] = ()
    training: dict[str, Training] = field(default_factory=dict)
