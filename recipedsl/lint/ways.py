"""Where the rows of a dataset come from, and whether two datasets may share some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from recipedsl.language import catalogue
from recipedsl.language.steps.base import Step
from recipedsl.lint.base import Subject
from recipedsl.semantics.recipe import DataReference, Dataset, Place, ResolvedStep, SourceUse
from recipedsl.source.paths import beside

#: Ways that are followed: datasets put together again and again double their number each time.
_MOST_WAYS = 200

#: Steps that lose rows and still cannot tell two datasets apart: equal rows fall, or parts have names.
_NO_CHOICE = frozenset({"dedup", "split"})


@dataclass(frozen=True, slots=True)
class Way:
    """How rows come from a source into a dataset.

    Attributes:
        files: what the source reads; two sources share rows when they share one of these.
        source: where it is read.
        entered: where the dataset that is looked at names what the rows come through.
        parts: the part taken of each split dataset on the way.
        choices: the steps that chose among the rows, as text.
    """

    files: frozenset[str]
    source: Place
    entered: Place
    parts: tuple[tuple[str, str], ...] = ()
    choices: tuple[str, ...] = ()

    def may_share(self, other: Way) -> bool:
        """Whether rows of both can be the same ones.

        Parts of one split share none. Two that were each chosen by steps of their own may have been
        told apart by these; of two chosen alike, or one not chosen at all, the rows are the same.
        """
        if not self.files & other.files:
            return False
        parts = dict(self.parts)
        if any(parts.get(name, part) != part for name, part in other.parts):
            return False
        return not (self.choices and other.choices) or self.choices == other.choices


def ways(subject: Subject, reference: DataReference) -> list[Way]:
    """All ways by which rows come into a dataset."""
    return list(islice(_ways(subject, reference, reference.place), _MOST_WAYS))


def _ways(subject: Subject, reference: DataReference, entered: Place) -> Iterator[Way]:
    dataset = subject.recipe.datasets.get(reference.name)
    if dataset is None:
        return
    # What a model writes to prompts are rows of their own.
    inputs = () if dataset.source.model else dataset.source.inputs
    for inner in inputs:
        # With several inputs it is here that the ways part, and here that a repetition is to be shown.
        here = inner.place if len(inputs) > 1 else entered
        for way in _ways(subject, inner, here):
            yield _through(way, dataset, reference)
    if not inputs:
        place = dataset.source.place
        yield _through(Way(_files(subject, dataset.source), place, entered), dataset, reference)


def _through(way: Way, dataset: Dataset, reference: DataReference) -> Way:
    part = ((dataset.name, reference.part),) if reference.part else ()
    chosen = tuple(_text(step) for step in dataset.steps if _chooses(step))
    return replace(way, parts=way.parts + part, choices=way.choices + chosen)


def _files(subject: Subject, source: SourceUse) -> frozenset[str]:
    settings = source.settings
    if source.keyword == "read":
        look = subject.look(source)
        named = beside(source.place.source.path, str(settings["path"]))
        return frozenset(look.files) if look is not None and look.files else frozenset({named})
    if source.keyword == "hub":
        words = (settings.get(name) or "" for name in ("name", "config", "split", "revision"))
        return frozenset({"hub " + " ".join(map(str, words))})
    # Rows that are written, or made by a model, are nobody else's.
    return frozenset({f"{source.place.source.path} {source.place.span.start}"})


def _chooses(step: ResolvedStep) -> bool:
    concept = catalogue.find("step", step.keyword)
    loses = concept is not None and issubclass(concept, Step) and concept.drops
    return step.keyword not in _NO_CHOICE and (loses or step.other is not None)


def _text(step: ResolvedStep) -> str:
    return " ".join(step.place.source.slice(step.place.span).split())
