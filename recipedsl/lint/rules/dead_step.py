"""L117: a step that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Dataset, Place, ResolvedStep

#: An order of rows, and the step behind it that undoes it.
_UNDONE = {("sort", "shuffle"), ("shuffle", "shuffle")}


class DeadStep(Rule):
    """A step that changes nothing.

    What: `sample 100%`, `repeat 1`, or an order that the next step undoes.

    Why: It was meant to do something.

    Bad:

        data lessons = read("a.jsonl") | sort by score | shuffle | as chat(messages)

    Good:

        data lessons = read("a.jsonl") | sort by score | take 1k | shuffle | as chat(messages)
    """

    code: ClassVar[str] = "L117"
    name: ClassVar[str] = "dead-step"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at the steps of every pipeline."""
        for dataset in subject.recipe.datasets.values():
            for step in dataset.steps:
                why = _why_dead(step)
                if why:
                    yield cls.at(step.place, f"`{step.keyword}` changes nothing: {why}", "changes nothing")
            yield from cls._undone(dataset)

    @classmethod
    def _undone(cls, dataset: Dataset) -> Iterator[Diagnostic]:
        for first, second in pairwise(dataset.steps):
            if (first.keyword, second.keyword) in _UNDONE:
                secondary: list[tuple[Place, str]] = [(second.place, "undone here")]
                words = f"`{first.keyword}` changes nothing: `{second.keyword}` follows it"
                yield cls.at(first.place, words, "undone by the next step", secondary=secondary)


def _why_dead(step: ResolvedStep) -> str:
    if step.keyword == "sample" and step.settings.get("share") == 1:
        return "100% are all rows"
    return "once is what they are" if step.keyword == "repeat" and step.settings.get("times") == 1 else ""
