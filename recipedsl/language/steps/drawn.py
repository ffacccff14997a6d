"""Steps over rows that a model wrote: scoring them, choosing among them."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.steps.base import Step, StepUse, Takes
from recipedsl.language.types import FLOAT, MESSAGES, RowType
from recipedsl.language.values import name_of, number


class Score(Step):
    """Adds columns of rewards: what an earlier `reward` stage, a test or a pattern says of `completion`.

    Example: `| score quality = judge, right = passes(tests)`
    """

    keyword: ClassVar[str] = "score"
    not_yet: ClassVar[str] = "score rows beforehand and read the column"
    takes: ClassVar[Takes] = Takes.SCORES
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        return rows.with_columns(use.types)


class Best(Step):
    """Keeps of each group the row with the largest value; of equal ones the first.

    Example: `| best quality by question`
    """

    keyword: ClassVar[str] = "best"
    not_yet: ClassVar[str] = "`| sort by quality, descending = true | take 1 by question` is the same"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.COLUMNS
    grouped: ClassVar[bool] = True
    least: ClassVar[int] = 1


class Band(Step):
    """Keeps one row of each group whose mean score lies between two bounds, both included.

    With a score of 0 or 1 that is the pass rate: what the model that wrote the answers always or
    never gets right teaches it little. The column of the score then holds the mean.

    Source: Hugging Face 2025, open-r1, "pass rate filtering".

    Example: `| band by question, on = quality, low = 0.1, high = 0.6`
    """

    keyword: ClassVar[str] = "band"
    not_yet: ClassVar[str] = "compute rates beforehand; `where rate in 0.1..0.6` keeps the same rows"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.SETTINGS
    grouped: ClassVar[bool] = True

    on: Any = setting(name_of("column"), "column of the score")
    low: Any = setting(number(), "lowest mean", None)
    high: Any = setting(number(), "highest mean", None)


class Pair(Step):
    """Makes a preference of each group: its best completion against its worst.

    Groups whose two differ by less than `margin` fall. What comes out has the shape `preference`,
    with the columns of `by`, `margin`, and the prompt that the completions answer.

    Example: `| pair by question, on = quality, margin = 0.2`
    """

    keyword: ClassVar[str] = "pair"
    not_yet: ClassVar[str] = "make pairs beforehand and read them"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.SETTINGS
    grouped: ClassVar[bool] = True
    gives: ClassVar[Shape | None] = Shape.PREFERENCE

    on: Any = setting(name_of("column"), "column of the score; the only score when left out", None)
    margin: Any = setting(number(0), "least difference between the two", 0.0)

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        shaped = {"prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES, "margin": FLOAT}
        return rows.only(use.by).with_columns(shaped)


class Rank(Step):
    """Makes preferences of answers that are ranked: all pairs of each group, or the ends of it.

    Example: `| rank place by prompt`
    """

    keyword: ClassVar[str] = "rank"
    not_yet: ClassVar[str] = "make pairs beforehand and read them"
    takes: ClassVar[Takes] = Takes.COLUMNS
    grouped: ClassVar[bool] = True
    least: ClassVar[int] = 1
    gives: ClassVar[Shape | None] = Shape.PREFERENCE

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        shaped = {"prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES}
        return rows.only(use.by).with_columns(shaped)
