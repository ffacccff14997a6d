"""L111: a reward that tells no answers apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic
from recipedsl.language.expressions import Call, Column, columns_of
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Score, Stage, WeightedScore

#: Texts so different that a pattern found in all of them is found in any answer.
_ANSWERS = ("", " ", "a", "0", "\n", "two words\nand a line", "<x>{1}</x>", "猫", "!?")

#: Weights that were added up and came out as nothing; people write no smaller ones.
_NOTHING = 1e-12


class ConstantReward(Rule):
    """A reward, or a term of one, that tells no answers apart.

    What: A term whose weights sum to zero, a pattern that every answer holds, an expected answer that is the
    same for all rows, or a reward of length alone, which the empty answer wins.

    Why: GRPO and RLOO learn from the differences between answers to one prompt; where there are none the
    gradient is zero, and the loss shows nothing of it.

    Bad:

        grpo { reward = format(".*") }

    Good:

        grpo { reward = format("#### -?[0-9]") }
    """

    code: ClassVar[str] = "L111"
    name: ClassVar[str] = "constant-reward"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at every term of every reward."""
        for stage in subject.recipe.stages.values():
            idle = {id(term): _why_idle(term) for term in stage.rewards}
            for term in stage.rewards:
                if idle[id(term)]:
                    yield cls.at(
                        term.score.place, f"`{term.score.written}` {idle[id(term)]}", "tells no answers apart"
                    )
            yield from cls._of_all(stage, [term for term in stage.rewards if not idle[id(term)]])

    @classmethod
    def _of_all(cls, stage: Stage, terms: list[WeightedScore]) -> Iterator[Diagnostic]:
        if terms and all(term.score.keyword == "length" and term.weight > 0 for term in terms):
            words = f"the reward of `{stage.name}` is length alone: the empty answer wins"
            place = stage.written.get("reward", stage.place)
            yield cls.at(place, words, "says nothing of what is answered")


def _why_idle(term: WeightedScore) -> str:
    """Why a term gives all answers the same; empty when it need not."""
    if abs(term.weight) < _NOTHING:
        return "has the weight 0 in the sum"
    score = term.score
    if score.keyword == "format" and _is_everywhere(str(score.settings.get("pattern") or "")):
        return "is found in every answer"
    if score.keyword in ("exact", "numeric") and _is_same_for_all(score):
        return "asks for one and the same answer on every row"
    return ""


def _is_everywhere(pattern: str) -> bool:
    try:
        compiled = re.compile(pattern)
    except re.error:  # a construct of the other dialect: it means something, whatever it is
        return False
    return all(compiled.search(text) for text in _ANSWERS)


def _is_same_for_all(score: Score) -> bool:
    expected = score.expressions.get("expected")
    if expected is None or isinstance(expected, Column):
        return False
    return not (isinstance(expected, Call) and any(True for _ in columns_of(expected)))
