"""What a rule is, and what it looks at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from recipedsl.diagnostics import Code, Diagnostic, Help, Severity
from recipedsl.plan.facts import Look
from recipedsl.semantics.context import Module
from recipedsl.semantics.recipe import Place, Recipe, Score, SourceUse, Stage

#: What a look at a source of rows showed; None when nobody looked.
LookAt = Callable[[SourceUse], Look | None]


@dataclass(frozen=True)
class Subject:
    """A recipe as the rules see it.

    Attributes:
        root: the file with its declarations and imports.
        recipe: what it means; parts with errors are missing.
        used: full names that something refers to, and those of the values that these were computed from.
        look: what a bounded look at a source showed.
        sound: whether nothing is wrong with the recipe.
    """

    root: Module
    recipe: Recipe
    used: frozenset[str]
    look: LookAt
    sound: bool

    def line_of(self, stage: Stage) -> Iterator[Stage]:
        """The stage, and those that it starts from."""
        yield stage
        while stage.start in self.recipe.stages:
            stage = self.recipe.stages[stage.start]
            yield stage

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The file and those that it imports, itself first."""
        found = [self.root]
        for each in found:
            found.extend(each.imports.values())
        return tuple(found)


def scores_of(stage: Stage) -> Iterator[Score]:
    """All scores in a stage's reward, those inside others too."""
    waiting = [term.score for term in stage.rewards]
    while waiting:
        score = waiting.pop()
        yield score
        waiting.extend(term.score for terms in score.terms.values() for term in terms)


class Rule(Code, ABC):
    """Base of rules: a kind of diagnostic that knows how to find its cases.

    A rule is a class in a file of its own under `lint/rules/`, listed in `lint/registry.py`. Its
    docstring is its page; a threshold is a constant with its source beside it.

    Attributes:
        despite_errors: whether it has something to say of a recipe with errors.
    """

    severity: ClassVar[Severity] = Severity.WARNING
    despite_errors: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """The cases of this rule in a recipe, in any order."""

    @classmethod
    def at(
        cls,
        place: Place,
        message: str,
        text: str = "",
        *,
        secondary: Iterable[tuple[Place, str]] = (),
        notes: tuple[str, ...] = (),
        helps: tuple[Help, ...] = (),
    ) -> Diagnostic:
        """A case of this rule at a place."""
        labels = tuple(other.label(words) for other, words in secondary)
        return Diagnostic(cls, message, place.label(text), labels, notes, helps, severity=cls.severity)
