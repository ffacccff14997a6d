"""L114: the same weights under two chat templates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, ClassVar

from recipedsl.diagnostics import Diagnostic, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import BaseModel


class TwoTemplates(Rule):
    """The same weights under two chat templates.

    What: Two models have one source and different templates, and stages start from both.

    Why: A template is the language that the model was taught; a judge that reads another one than the
    policy writes, or a second stage with another one than the first, sees tokens that it never saw.

    Bad:

        model base  { from = local("m"), template = chatml }
        model other { from = local("m"), template = zephyr }
        stage tuned: sft    { from = base, data = lessons }
        stage judge: reward { from = other, data = pairs }

    Good:

        stage judge: reward { from = base, data = pairs }
    """

    code: ClassVar[str] = "L114"
    name: ClassVar[str] = "two-templates"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Compares the models that stages start from."""
        started = {stage.start for stage in subject.recipe.stages.values()}
        models = [each for name, each in subject.recipe.models.items() if name in started]
        for first, second in combinations(models, 2):
            if _weights(first) == _weights(second) and _template(first) != _template(second):
                yield cls._found(first, second)

    @classmethod
    def _found(cls, first: BaseModel, second: BaseModel) -> Diagnostic:
        place, other = (each.written.get("template", each.place) for each in (second, first))
        words = f"`{second.name}` and `{first.name}` are the same weights under different templates"
        helps = (Help("give both one template, or start from one of them"),)
        return cls.at(
            place, words, "another template here", secondary=[(other, "one template here")], helps=helps
        )


def _weights(model: BaseModel) -> Any:
    return (model.source, model.settings)


def _template(model: BaseModel) -> Any:
    return (model.template.shipped, model.template.settings) if model.template is not None else None
