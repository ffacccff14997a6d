"""L112: answers that are rewarded and may grow without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic, Help, Severity
from recipedsl.language.stages.base import Online
from recipedsl.lint.base import Rule, Subject, scores_of
from recipedsl.semantics.recipe import Stage

#: Rewards that know how long an answer is.
_OF_LENGTH = frozenset({"length", "overlong", "ended", "constraints", "python"})

#: Names of the arguments by which a trainer's configuration controls length where the vocabulary does not.
_ARGUMENTS = frozenset({"mask_truncated_completions", "max_completion_length", "repetition_penalty"})


class UncontrolledLength(Rule):
    """Answers that are rewarded and whose length nothing holds.

    What: A stage that writes answers rewards them by a reward model without a term for length, or says
    nothing of length at all: no `length` term, no `mask_truncated`, no `max_new_tokens`.

    Why: Reward models prefer long answers (Singhal et al. 2023, arXiv:2310.03716), and policies learn that
    first. With the default of `max_new_tokens` answers are cut where nobody decided it, and what is cut off
    scores as wrong (Yu et al. 2025, DAPO, arXiv:2503.14476, section 3.4).

    Bad:

        grpo { reward = judge }

    Good:

        grpo { reward = judge + 0.1 * length(target = 900, limit = 1600), max_new_tokens = 512 }
    """

    code: ClassVar[str] = "L112"
    name: ClassVar[str] = "uncontrolled-length"
    severity: ClassVar[Severity] = Severity.HINT

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at every stage that writes answers."""
        for stage in subject.recipe.stages.values():
            asked = {score.keyword for score in scores_of(stage)}
            if not issubclass(stage.method, Online) or asked & _OF_LENGTH:
                continue
            judged = "model" in asked
            if judged or not _is_held(stage):
                why = "reward models prefer long answers" if judged else "nothing says how long they may be"
                words = f"nothing holds the length of the answers of `{stage.name}`: {why}"
                helps = (
                    Help("add a term such as `+ 0.1 * length(target = 900, limit = 1600)`"),
                    *(
                        ()
                        if judged
                        else (Help("or say `max_new_tokens`, and `mask_truncated = true` for grpo"),)
                    ),
                )
                yield cls.at(
                    stage.written.get("reward", stage.place), words, "no term for length", helps=helps
                )


def _is_held(stage: Stage) -> bool:
    own = "max_new_tokens" in stage.written or bool(stage.settings.get("mask_truncated"))
    return own or bool(_ARGUMENTS & set(stage.settings.get("trainer") or ()))
