"""Metrics of evaluations. Each is a mean over rows, so that it has slices and an interval."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.shapes import Shape
from recipedsl.language.values import duration, name_of, number, row_value, size, text


class Metric(Concept):
    """Base of metrics.

    Attributes:
        reads_answers: whether models have to write answers for it.
        higher: whether more is better.
        share: whether it is a share of rows (a Wilson interval; else a normal one).
        takes: shapes of datasets it works on.
    """

    reads_answers: ClassVar[bool] = True
    higher: ClassVar[bool] = True
    share: ClassVar[bool] = False
    takes: ClassVar[tuple[Shape, ...]] = (Shape.CHAT, Shape.PROMPT, Shape.COMPLETION)


class Loss(Metric):
    """Mean negative log-likelihood of the rows' own answers, in nats a token.

    Every row counts with its trained tokens. Lower is better.

    Example: `metrics = [loss()]`
    """

    keyword: ClassVar[str] = "loss"
    reads_answers: ClassVar[bool] = False
    higher: ClassVar[bool] = False
    takes: ClassVar[tuple[Shape, ...]] = (Shape.CHAT, Shape.COMPLETION, Shape.TEXT)


class PassRate(Metric):
    """Share of answers whose program passes the row's tests.

    Isolated as the reward `passes` is.

    Example: `metrics = [pass_rate(tests, timeout = 10s)]`
    """

    keyword: ClassVar[str] = "pass_rate"
    share: ClassVar[bool] = True

    tests: Any = setting(row_value("text"), "Python tests of the row")
    language: Any = setting(
        row_value("text", optional=True), "`python` or `sql` of the row; the fence's when left out", None
    )
    timeout: Any = setting(duration(), "longest time of one program", 10.0)
    memory: Any = setting(size(), "most memory of one program", 512e6)


class ExactMetric(Metric):
    """Share of answers that are the expected text, white space at the ends aside.

    Example: `metrics = [exact(answer)]`
    """

    keyword: ClassVar[str] = "exact"
    share: ClassVar[bool] = True

    expected: Any = setting(row_value("text", "number"), "text that the answer should be")


class NumericMetric(Metric):
    """Share of answers whose last number is the expected one.

    Example: `metrics = [numeric(answer)]`
    """

    keyword: ClassVar[str] = "numeric"
    share: ClassVar[bool] = True

    expected: Any = setting(row_value("text", "number"), "number, or text that ends in one")
    tolerance: Any = setting(number(0), "largest difference that counts as equal, relative", 1e-6)


class FormatMetric(Metric):
    """Share of answers in which a pattern is found.

    Example: `metrics = [format("(?s)```python.*```")]`
    """

    keyword: ClassVar[str] = "format"
    share: ClassVar[bool] = True

    pattern: Any = setting(text(), "regular expression, searched anywhere")


class RewardMetric(Metric):
    """Mean score that a reward stage gives the answers.

    Example: `metrics = [reward(judge)]`
    """

    keyword: ClassVar[str] = "reward"

    judge: Any = setting(name_of("stage"), "reward stage that scores")


class WinRate(Metric):
    """Share of rows where a reward stage prefers the answer to that of another model; ties count half.

    Example: `metrics = [win_rate(against = base, judge = judge)]`
    """

    keyword: ClassVar[str] = "win_rate"
    share: ClassVar[bool] = True

    against: Any = setting(name_of("model", "stage"), "model whose answers are the other side")
    judge: Any = setting(name_of("stage"), "reward stage that compares")
