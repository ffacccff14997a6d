"""The reward of an online stage: weighted terms, tried out before training and watched during it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import RewardConstant, RewardFailed
from recipedsl.runtime.events import Warn
from recipedsl.runtime.stages.task import Scorer, Task

#: Answers seen before a term that never changed is called constant.
_ENOUGH = 24
#: Rows on which the terms are tried out before training.
_REHEARSED = 2


@dataclass
class Term:
    """One term: `weight * score`.

    Attributes:
        name: as in the metrics.
        weight: what its score is multiplied with.
        scorer: gives the scores.
        seen, total: number and sum of the scores so far.
        low, high: extremes so far.
        warned: whether it has been called constant.
    """

    name: str
    weight: float
    scorer: Scorer
    seen: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    warned: bool = False

    def note(self, scores: list[float | None]) -> None:
        """Takes scores into account."""
        values = [each for each in scores if each is not None]
        self.seen += len(values)
        self.total += sum(values)
        self.low, self.high = min([self.low, *values]), max([self.high, *values])

    @property
    def is_constant(self) -> bool:
        return self.seen >= _ENOUGH and self.low == self.high

    def facts(self) -> dict[str, float | None]:
        """What the report needs: weight, mean and extremes over all answers of this process."""
        if not self.seen:
            return {"weight": self.weight, "mean": None, "low": None, "high": None}
        return {"weight": self.weight, "mean": self.total / self.seen, "low": self.low, "high": self.high}


@dataclass
class Rewards:
    """All terms of a stage's reward.

    Attributes:
        task: the stage.
        rows: the rows by place, with the columns of the data.
        terms: in the order of the plan.
    """

    task: Task
    rows: list[dict[str, Any]]
    terms: list[Term] = field(default_factory=list)

    @staticmethod
    def of(task: Task, rows: list[dict[str, Any]]) -> Rewards:
        """The rewards of a stage. Raises Bug when the plan names none."""
        if not task.node.rewards:
            raise Bug(f"`{task.node.name}` samples answers, but the plan has no reward for them")
        made = [(each, _made(task, each.score)) for each in task.node.rewards]
        return Rewards(task, rows, [Term(each.score.name, each.weight, scorer) for each, scorer in made])

    @property
    def weights(self) -> list[float]:
        return [term.weight for term in self.terms]

    def rehearse(self, prompts: list[Any]) -> None:
        """Calls every term on sample rows, with an empty and a short answer. Raises RecipeError."""
        places = [place for place in range(min(_REHEARSED, len(prompts))) for _ in range(2)]
        answers = ["" if number % 2 == 0 else "yes" for number in range(len(places))]
        for term in self.terms:
            self._scores(term, answers, places, [prompts[place] for place in places])

    def functions(self) -> list[Callable[..., list[float | None]]]:
        """The terms as TRL calls them."""
        return [self._function(term) for term in self.terms]

    def facts(self) -> dict[str, dict[str, float | None]]:
        """Facts of each term by name."""
        return {term.name: term.facts() for term in self.terms}

    def _function(self, term: Term) -> Callable[..., list[float | None]]:
        def reward(
            prompts: list[Any], completions: list[Any], place: list[int], trainer_state: Any, **_: Any
        ) -> list[float | None]:
            scores = self._scores(term, [answer_text(each) for each in completions], place, prompts)
            term.note(scores)
            self._warn(term, trainer_state.global_step)
            return scores

        reward.__name__ = term.name
        return reward

    def _scores(
        self, term: Term, answers: list[str], places: list[int], prompts: list[Any]
    ) -> list[float | None]:
        try:
            scores = term.scorer(answers, [self.rows[place] for place in places], prompts)
            return _checked(scores, len(answers))
        except (RecipeError, Bug):
            raise
        except Exception as error:  # a reward may run anything: whatever it raises is its own failure
            raise _failed(term.name, error) from error

    def _warn(self, term: Term, step: int) -> None:
        if term.is_constant and not term.warned:
            term.warned = True
            message = f"the reward `{term.name}` gave {term.low:g} to all of {term.seen} answers"
            self.task.events.write(
                Warn(stage=self.task.node.name, code=RewardConstant.code, message=message, step=step)
            )


def answer_text(completion: Any) -> str:
    """The text of an answer, which TRL gives as a list of messages or as a string."""
    if isinstance(completion, str):
        return completion
    return "".join(str(message.get("content") or "") for message in completion)


def _made(task: Task, score: Any) -> Scorer:
    try:
        return task.make_scorer(score, root=task.root, folders=task.folders)
    except (RecipeError, Bug):
        raise
    except Exception as error:  # loading a user's function may raise anything
        raise _failed(score.name, error) from error


def _checked(scores: Any, wanted: int) -> list[float | None]:
    """One finite number or None for each answer. Raises ValueError."""
    if not isinstance(scores, list | tuple) or len(scores) != wanted:
        got = f"{len(scores)} values" if isinstance(scores, list | tuple) else type(scores).__name__
        raise ValueError(f"one value for each of {wanted} answers is wanted, {got} came back")
    values = [None if each is None else float(each) for each in scores]
    if not all(each is None or math.isfinite(each) for each in values):
        raise ValueError(f"a score is not finite: {values}")
    return values


def _failed(name: str, error: Exception) -> RecipeError:
    return RecipeError(
        Diagnostic(
            RewardFailed,
            f"the reward `{name}` failed",
            notes=(f"{type(error).__name__}: {error}",),
            helps=(Help("a reward gives one float or None for each answer"),),
        )
    )
