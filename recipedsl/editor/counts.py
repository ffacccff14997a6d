"""What was counted of recipes: rows behind steps, layouts of batches. Kept by what was counted, not by where.

A count belongs to the text of a source and of the steps up to it, and to all that they name. So it stays
while something else is edited, and is gone at once where it would be another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from recipedsl.semantics.recipe import DataReference, Dataset, Place
from recipedsl.semantics.values import Sort

if TYPE_CHECKING:
    from recipedsl.editor.analysis import Analysis

#: Counts that are remembered of one project.
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows behind a source or step.

    Attributes:
        parts: of them in each part, behind a split.
        rejects: lines of the source that are no rows.
        problem: why a run stops here; empty where it goes on.
        stored: whether a result in the store tells it; otherwise it was counted for the editor.
    """

    rows: int
    parts: tuple[tuple[str, int], ...] = ()
    rejects: int = 0
    problem: str = ""
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How a stage is planned.

    Attributes:
        rows: at a time.
        times: how often their gradients are added up for one step.
        device: that it is planned for, as torch calls it.
        steps: of the optimizer; None where the rows are not turned into tokens yet.
    """

    rows: int
    times: int
    device: str
    steps: int | None = None


@dataclass
class Counts:
    """Everything that was counted in one project.

    Attributes:
        age: how often the files may have changed; what was counted before is shown, and counted again.
    """

    age: int = 0
    _kept: dict[str, tuple[int, Rows | Layout]] = field(default_factory=dict)

    def rows(self, identity: str) -> Rows | None:
        """Rows behind a source or step."""
        found = self._kept.get(identity, (0, None))[1]
        return found if isinstance(found, Rows) else None

    def layout(self, identity: str) -> Layout | None:
        """How a stage is planned."""
        found = self._kept.get(identity, (0, None))[1]
        return found if isinstance(found, Layout) else None

    def keep(self, identity: str, found: Rows | Layout) -> bool:
        """Remember a count; whether it is another one than before."""
        before = self._kept.pop(identity, (0, None))[1]
        self._kept[identity] = (self.age, found)
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return before != found

    def wanting(self, identities: Iterable[str]) -> frozenset[str]:
        """Those that nobody has counted since the files may have changed."""
        return frozenset(each for each in identities if self._kept.get(each, (-1,))[0] != self.age)


# --- identities -----------------------------------------------------------------------------------------

#: Settings of `run` that rows hang on.
_DECIDING = ("seed", "max_rows", "max_rejects")

_NAME = re.compile(r"[A-Za-z_][\w.]*")


class Identities:
    """What the counts of one version of a recipe belong to."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._datasets: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _values(self) -> dict[str, str]:
        """Params and lets by name."""
        values = self._analysis.checked.analysis.values.items()
        return {name: repr(each.plain) for name, each in values if each.sort is not Sort.SECRET}

    def _said(self, place: Place) -> str:
        """What is written at a place, and what the names in it stand for."""
        text = place.source.slice(place.span)
        used = sorted({name for name in _NAME.findall(text) if name in self._values})
        return _digest(place.source.path, text, *(f"{name} = {self._values[name]}" for name in used))

    def behind(self, dataset: Dataset) -> tuple[str, ...]:
        """Of the rows behind the source of a dataset, and behind each of its steps."""
        if dataset.name not in self._datasets:
            self._datasets[dataset.name] = ()  # one that names itself is an error, and not counted
            self._datasets[dataset.name] = tuple(self._along(dataset))
        return self._datasets[dataset.name]

    def _along(self, dataset: Dataset) -> Iterator[str]:
        source, run = dataset.source, self._analysis.recipe.run
        limits = repr([run.get(each) for each in _DECIDING])
        inputs = (self._of_reference(each) for each in source.inputs)
        last = _digest(self._said(source.place), repr(source.declared), limits, *inputs)
        yield last
        for step in dataset.steps:
            other = self._of_reference(step.other) if step.other is not None else ""
            last = _digest(last, self._said(step.place), other)
            yield last

    def _of_reference(self, reference: DataReference) -> str:
        dataset = self._analysis.recipe.datasets.get(reference.name)
        behind = self.behind(dataset) if dataset is not None else ()
        return _digest(reference.part, *behind[-1:])

    def of_stage(self, name: str) -> str:
        """Of how a stage is planned; that of a model, which stages start from, too."""
        declared, stage = self._analysis.declared.get(name), self._analysis.recipe.stages.get(name)
        said = self._said(Place(declared.module.source, declared.node.span)) if declared is not None else ""
        if stage is None:
            return said
        return _digest(name, said, self.of_stage(stage.start), self._of_reference(stage.data))

    def all(self) -> Iterator[str]:
        """Of everything in the recipe that is counted."""
        recipe = self._analysis.recipe
        for dataset in recipe.datasets.values():
            yield from self.behind(dataset)
        yield from map(self.of_stage, recipe.stages)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


# --- what the counter tells -----------------------------------------------------------------------------


def keep_counts(analysis: Analysis, lines: Iterable[Mapping[str, Any]]) -> bool:
    """Remember what the counter told of this version of a recipe; whether there is anything new in it."""
    counts, identities = analysis.facts.memory.counts, Identities(analysis)
    recipe, news = analysis.recipe, []
    for line in lines:
        dataset = recipe.datasets.get(line.get("data", ""))
        if dataset is not None and "source" in line:
            found = _rows_along(dataset, line)
            news += [
                counts.keep(identity, each)
                for identity, each in zip(identities.behind(dataset), found, strict=False)
                if each is not None
            ]
        elif line.get("stage") in recipe.stages:
            news.append(counts.keep(identities.of_stage(line["stage"]), _layout(line)))
    return any(news)


def _rows_along(dataset: Dataset, line: Mapping[str, Any]) -> Iterator[Rows | None]:
    """Rows behind the source and each step; None where they are not told."""
    stored = bool(line.get("stored"))
    yield Rows(line["source"], rejects=line["rejects"], stored=stored)
    told = {each["origin"]: each for each in line["steps"]}
    for step in dataset.steps:
        each = told.get(_origin(step.place))
        parts = tuple(line["parts"].items()) if step.keyword == "split" else ()
        problem = (each or {}).get("problem") or ""
        yield Rows(each["rows"], parts, problem=problem, stored=stored) if each is not None else None


def _origin(place: Place) -> str:
    """A place as plans write it."""
    first = place.source.position(place.span.start)
    return f"{place.source.path}:{first.line}:{first.column}"


def _layout(line: Mapping[str, Any]) -> Layout:
    found = line["layout"]
    return Layout(found["rows"], found["times"], found["device"], line["steps"])
