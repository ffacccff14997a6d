"""Reward functions. The same functions score answers in evaluations."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import duration, number, row_value, size, text, whole


class RewardFunction(Concept):
    """Base of reward functions: an answer and its row in, a number out."""


class Passes(RewardFunction):
    """1 when the program in the answer passes the row's tests, else 0.

    The last fenced block of the answer is the program; an answer without one is taken whole. The
    tests are Python: a Python program runs first in the same namespace, and the text of the
    program is the variable `answer` (so that tests of SQL can run it in sqlite3). It runs
    isolated: own process, no network, empty directory, limits.

    Example: `reward = passes(tests, timeout = 10s)`
    """

    keyword: ClassVar[str] = "passes"

    tests: Any = setting(row_value("text"), "Python tests of the row")
    language: Any = setting(
        row_value("text", optional=True), "`python` or `sql` of the row; the fence's when left out", None
    )
    timeout: Any = setting(duration(), "longest time of one program", 10.0)
    memory: Any = setting(size(), "most memory of one program", 512e6)


class Exact(RewardFunction):
    """1 when the answer is the expected text, white space at the ends aside, else 0.

    Example: `reward = exact(answer)`
    """

    keyword: ClassVar[str] = "exact"

    expected: Any = setting(row_value("text", "number"), "text that the answer should be")


class Numeric(RewardFunction):
    """1 when the last number in the answer is the expected one, else 0.

    Thousands separators and a currency sign are read over; the expected value may be a text whose
    last number counts (`… #### 42`).

    Example: `reward = numeric(answer)`
    """

    keyword: ClassVar[str] = "numeric"

    expected: Any = setting(row_value("text", "number"), "number, or text that ends in one")
    tolerance: Any = setting(number(0), "largest difference that counts as equal, relative", 1e-6)


class Format(RewardFunction):
    """1 when a pattern is found in the answer, else 0.

    Example: `reward = format("(?s)```python.*```")`
    """

    keyword: ClassVar[str] = "format"

    pattern: Any = setting(text(), "regular expression, searched anywhere")


class Length(RewardFunction):
    """1 up to `target` characters, falling in a straight line to 0 at `limit`.

    Example: `reward = passes(tests) + 0.1 * length(target = 600, limit = 1200)`
    """

    keyword: ClassVar[str] = "length"

    target: Any = setting(whole(0), "characters up to which nothing is lost")
    limit: Any = setting(whole(1), "characters at which nothing is left")


class PythonFunction(RewardFunction):
    """A function of the user's own: the one place where a recipe names code.

    `python("rewards.py:score")` calls `score(answer: str, row: dict) -> float | None` in a
    separate process. The file is part of the fingerprint and shown in the plan; it runs only with
    the run, never while checking or planning.

    Example: `reward = python("rewards.py:score")`
    """

    keyword: ClassVar[str] = "python"

    function: Any = setting(text(), "`file.py:name`, the file relative to the project root")
    timeout: Any = setting(duration(), "longest time for one answer", 10.0)
