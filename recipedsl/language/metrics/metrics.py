"""Metrics of evaluations. Each is a mean over rows, so that it has slices and an interval."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.shapes import Shape
from recipedsl.language.values import duration, name_of, number, row_value, size, text, whole


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


class Benchmark(Metric):
    """A published benchmark, with rows and rules of its own; the eval names no `data` for it.

    Source: EleutherAI's lm-evaluation-harness, whose names of tasks are used.

    Example: `metrics = [benchmark("gsm8k", shots = 5)]`
    """

    keyword: ClassVar[str] = "benchmark"
    not_yet: ClassVar[str] = "`exact`, `numeric` and `pass_rate` judge answers to rows"
    share: ClassVar[bool] = True
    takes: ClassVar[tuple[Shape, ...]] = tuple(Shape)

    task: Any = setting(text(), "name of the task")
    shots: Any = setting(whole(0), "examples in front of each question", 0)
    limit: Any = setting(whole(1), "rows at most", None)


class PassAt(Metric):
    """Share of rows of which at least one of k sampled answers passes the row's tests.

    Source: Chen et al. 2021, arXiv:2107.03374.

    Example: `metrics = [pass_at(tests, k = 4)]`
    """

    keyword: ClassVar[str] = "pass_at"
    not_yet: ClassVar[str] = "`pass_rate` judges one answer to each row"
    share: ClassVar[bool] = True

    tests: Any = setting(row_value("text"), "Python tests of the row")
    k: Any = setting(whole(1), "answers of which one has to pass")


class RubricMetric(Metric):
    """What a model says of the answers, asked with a rubric: a number from 0 to 1.

    Source: Zheng et al. 2023, arXiv:2306.05685.

    Example: `metrics = [rubric(base, "Is the answer polite?")]`
    """

    keyword: ClassVar[str] = "rubric"
    not_yet: ClassVar[str] = "`reward` and `win_rate` ask a reward stage"

    model: Any = setting(name_of("model", "stage"), "the model that is asked")
    question: Any = setting(text(), "what it is asked")
