"""L110: preferences for a model that was never taught to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic, Help
from recipedsl.language.models.models import HubModel
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import BaseModel, Stage

#: Names by which published models say that they were taught to answer.
_TAUGHT = re.compile(
    r"instruct|chat|sft|rlhf|dpo|tulu|zephyr|hermes|vicuna|alpaca|assistant|think|reason|r1|-it\b",
    re.IGNORECASE,
)

#: Names of pretrained models: those that say so, and families whose bare name is the pretrained one. Qwen3,
#: whose bare name is the taught one, is left out, and so is whatever is not known.
_PRETRAINED = re.compile(
    r"-base\b|-pt\b"
    r"|\bqwen2(\.5)?-[\d.]+b$"
    r"|\bllama-(2|3|3\.1|3\.2)-\d+b(-hf)?$|\bmeta-llama-3(\.1)?-\d+b$"
    r"|\bmistral-7b-v0\.[13]$|\bmixtral-8x\d+b-v0\.1$"
    r"|\bsmollm2?-[\d.]+[mb]$|\bgemma-(2-)?\d+b$|\bpythia-|\bgpt2\b|\bopt-[\d.]+[mb]$|\bolmo-[\d.]+b",
    re.IGNORECASE,
)


class UntaughtStart(Rule):
    """Preferences for a model that was never taught to answer.

    What: A stage that learns from preferences starts from a pretrained model, as its name says, with no
    `sft` between.

    Why: The loss compares with the starting model, which has to give the answers some probability: Rafailov
    et al. 2023 (arXiv:2305.18290, section 4) train the chosen answers first. Models of which nothing is
    known are left alone.

    Bad:

        model base { from = hub("Qwen/Qwen2.5-0.5B") }
        stage final: dpo { from = base, data = pairs }

    Good:

        stage tuned: sft { from = base, data = lessons }
        stage final: dpo { from = tuned, data = pairs }
    """

    code: ClassVar[str] = "L110"
    name: ClassVar[str] = "untaught-start"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Follows every stage that compares with a reference back to its model."""
        for stage in subject.recipe.stages.values():
            if stage.method.purpose not in ("preference", "feedback") or not stage.method.compares:
                continue
            line = list(subject.line_of(stage))
            # What stands before it was taught by one of them, whatever the method.
            model = subject.recipe.models.get(stage.start) if len(line) == 1 else None
            if model is not None and _is_pretrained(model):
                yield cls._found(stage, model)

    @classmethod
    def _found(cls, stage: Stage, model: BaseModel) -> Diagnostic:
        return cls.at(
            stage.written.get("from", stage.place),
            f"stage `{stage.name}` ({stage.method.keyword}) starts from the pretrained model `{model.name}`",
            "never taught to answer",
            secondary=[(model.written.get("from", model.place), "a pretrained model, as its name says")],
            helps=(
                Help("teach it first: a stage `sft` on the chosen answers, or start from an instruct model"),
            ),
        )


def _is_pretrained(model: BaseModel) -> bool:
    if model.source is not HubModel:
        return False
    name = str(model.settings["name"]).rsplit("/", 1)[-1]
    return _PRETRAINED.search(name) is not None and _TAUGHT.search(name) is None
