"""Scores that compare or measure the text of an answer."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from typing import Any

from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.runtime.scores.patterns import compile_pattern, search
from recipedsl.runtime.scores.rows import as_text, evaluate, require_available

AnyExpression = Column | Constant | Call
Rows = list[dict[str, Any]]
Prompts = list[list[dict[str, Any]]]

_DIGITS = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)"
_NUMBER = re.compile(
    rf"""
    (?<!\w) (?<!\d\.)                                   # not inside a word or another number
    (?P<sign>[-+−]?) [$€£]? (?P<inner>[-−]?)             # -$5 and $-5
    (?: (?<!\d/) (?P<over>{_DIGITS}) / (?P<under>\d++) (?![.,]\d|/)     # a fraction, but no date
      | (?P<plain>(?:{_DIGITS} (?:\.\d++)? | (?<!\.)\.\d++) (?:[eE][-+]?\d{{1,3}}(?!\w))?)
    )
    """,
    re.VERBOSE,
)


def last_number(text: str) -> float | None:
    """The last number in a text, None when there is none.

    Thousands separators (`1,234`), a currency sign before (`$5`), a percent sign or unit behind (`5%`
    and `5km` are 5) and marks like `####` are read over. `-` belongs to a number unless something
    stands directly before it (`7-5` ends in 5). `1/2` is the quotient, `1/2/2024` no fraction;
    decimals and exponents count. Numbers in words and LaTeX fractions are not read.
    """
    values = (_value(each) for each in reversed([*_NUMBER.finditer(text)]))
    return next((each for each in values if each is not None), None)


def _value(match: re.Match[str]) -> float | None:
    negative = (match["sign"] in ("-", "−")) != (match["inner"] != "")
    if match["over"] is not None:
        under = float(match["under"])
        size = float(match["over"].replace(",", "")) / under if under else math.inf
    else:
        size = float(match["plain"].replace(",", ""))
    return None if math.isinf(size) else (-size if negative else size)


def equal_numbers(value: float, expected: float, tolerance: float) -> bool:
    """Whether they differ by `tolerance` of the expected one at most; of 1 where 0 is expected."""
    return abs(value - expected) <= tolerance * (abs(expected) or 1.0)


class _AgainstExpected(ABC):
    """Base of scores that compare with a value of the row; a row where it is null has no score."""

    def __init__(self, expected: AnyExpression) -> None:
        require_available(expected)
        self.expected = expected

    def __call__(self, answers: list[str], rows: Rows, prompts: Prompts) -> list[float | None]:  # noqa: ARG002 - the protocol's signature
        """One score for each answer."""
        pairs = zip(answers, (evaluate(self.expected, row) for row in rows), strict=True)
        return [None if expected is None else self.compare(answer, expected) for answer, expected in pairs]

    @abstractmethod
    def compare(self, answer: str, expected: Any) -> float | None:
        """The score of one answer."""


class Exact(_AgainstExpected):
    """1 when the answer is the expected text, white space at the ends aside, else 0."""

    def compare(self, answer: str, expected: Any) -> float:
        return float(answer.strip() == as_text(expected).strip())


class Numeric(_AgainstExpected):
    """1 when the last number of the answer is the expected one, else 0; None where none is expected."""

    def __init__(self, expected: AnyExpression, tolerance: float) -> None:
        super().__init__(expected)
        self.tolerance = tolerance

    def compare(self, answer: str, expected: Any) -> float | None:
        wanted = float(expected) if isinstance(expected, int | float) else last_number(as_text(expected))
        found = last_number(answer)
        if wanted is None:
            return None
        return float(found is not None and equal_numbers(found, wanted, self.tolerance))


class Format:
    """1 when a pattern is found in the answer, else 0."""

    def __init__(self, pattern: str) -> None:
        compile_pattern(pattern)
        self.pattern = pattern

    def __call__(self, answers: list[str], rows: Rows, prompts: Prompts) -> list[float | None]:  # noqa: ARG002 - the protocol's signature
        """One score for each answer."""
        return [float(search(self.pattern, answer) is not None) for answer in answers]


class Length:
    """1 up to `target` characters, then in a straight line to 0 at `limit`."""

    def __init__(self, target: int, limit: int) -> None:
        self.target = target
        self.limit = limit

    def __call__(self, answers: list[str], rows: Rows, prompts: Prompts) -> list[float | None]:  # noqa: ARG002 - the protocol's signature
        """One score for each answer."""
        return [self._score(len(answer)) for answer in answers]

    def _score(self, length: int) -> float:
        if length <= self.target:
            return 1.0
        if length >= self.limit:
            return 0.0
        return (self.limit - length) / (self.limit - self.target)
