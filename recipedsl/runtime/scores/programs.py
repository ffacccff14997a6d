"""Scores of programs: the code of an answer, run against the tests of its row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from recipedsl.diagnostics import Diagnostic, RecipeError
from recipedsl.diagnostics.codes.run_scores import RowValueUnusable
from recipedsl.runtime.sandbox import Policy, Program, describe_backend, run_programs
from recipedsl.runtime.scores.rows import evaluate, require_available
from recipedsl.runtime.scores.texts import AnyExpression, Prompts, Rows

_FENCE = re.compile(r"```([A-Za-z0-9_+-]*)[^\S\n]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Code:
    """The program of an answer and the language that its fence names; empty for none."""

    text: str
    language: str


def code_of(answer: str) -> Code:
    """The last fenced block of an answer; an answer without a closed one is taken whole."""
    blocks = _FENCE.findall(answer)
    tag, text = blocks[-1] if blocks else ("", answer)
    return Code(text, tag.lower())


def program_of(answer: str, tests: str, language: str | None = None) -> Program:
    """What the sandbox runs: the code first, unless it is SQL, then the tests; `answer` is its text.

    Args:
        answer: the whole answer.
        tests: Python.
        language: of the row; the fence's when left out.
    """
    code = code_of(answer)
    is_sql = (language or code.language).lower() == "sql"
    return Program("" if is_sql else code.text, tests, (("answer", code.text),))


class Passes:
    """1 when the program in the answer passes the row's tests, else 0; None where a row has no tests.

    Args:
        tests: expression of the row's tests.
        language: expression of the row's language; None takes the fence's.
        timeout: seconds of one program.
        memory: bytes of one program.
        policy: see the sandbox.
        workers: programs at once.

    Raises:
        RecipeError: nothing isolates here and that was not allowed.
    """

    def __init__(
        self,
        tests: AnyExpression,
        language: AnyExpression | None,
        *,
        timeout: float,
        memory: int,
        policy: Policy,
        workers: int,
    ) -> None:
        for each in (tests, language):
            if each is not None:
                require_available(each)
        self.tests = tests
        self.language = language
        self.timeout = timeout
        self.memory = memory
        self.policy = policy
        self.workers = workers
        self.backend = describe_backend(policy)

    def __call__(self, answers: list[str], rows: Rows, prompts: Prompts) -> list[float | None]:  # noqa: ARG002 - the protocol's signature
        """One score for each answer."""
        programs = [self._program(answer, row) for answer, row in zip(answers, rows, strict=True)]
        outcomes = run_programs(
            [each for each in programs if each],
            timeout=self.timeout,
            memory=self.memory,
            policy=self.policy,
            workers=self.workers,
        )
        scores = (float(each.passed) for each in outcomes)
        return [next(scores) if each else None for each in programs]

    def _program(self, answer: str, row: dict[str, Any]) -> Program | None:
        tests = _text_or_none(evaluate(self.tests, row), "tests")
        language = (
            _text_or_none(evaluate(self.language, row), "language") if self.language is not None else None
        )
        return None if tests is None else program_of(answer, tests, language)


def _text_or_none(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    message = f"`{name}` of a row is no text"
    notes = (f"the value is a {type(value).__name__}: {str(value)[:100]}",)
    raise RecipeError(Diagnostic(RowValueUnusable, message, notes=notes))
