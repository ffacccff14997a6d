"""Golden diagnostics: what is expected stands as a comment where it is about.

`# error[S003]: text` at the end of a line, or on the line above it, expects a diagnostic on that
line whose message holds the text. Several may stand on one line. Nothing else may be reported.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from recipedsl.diagnostics import Diagnostic
from recipedsl.diagnostics.codes import syntax
from recipedsl.source import Source
from recipedsl.syntax import parse

DIAGNOSTICS = Path(__file__).parent / "cases" / "diagnostics"
CASES = sorted(DIAGNOSTICS.glob("*.ftr"))
FEWEST = 22  # a floor, so that cases that are not found do not pass

_EXPECTED = re.compile(r"(error|warning|info|hint)\[(\w+)\]: (.*?)(?=\s*#? ?(?:error|warning|info|hint)\[|$)")

# Cases that need more than a text file of a few lines have tests of their own.
_ELSEWHERE = {syntax.TooLarge}


def diagnose(path: Path) -> list[Diagnostic]:
    """What is wrong with the recipe at `path`; of a case of family S its syntax only."""
    source = Source(str(path), path.read_text(encoding="utf-8"))
    if path.name.startswith("S"):
        return parse(source)[1].in_order()
    if importlib.util.find_spec("recipedsl.compiler") is None:
        pytest.skip("the compiler is not there yet")
    from recipedsl import compiler

    return list(compiler.compile(source).problems.in_order())


def expected(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, severity, code and words of every expectation in a text."""
    waiting: list[tuple[str, str, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        comment = re.search(r"# (?:error|warning|info|hint)\[", line)
        if comment:
            waiting += _EXPECTED.findall(line[comment.start() :])
        if comment is None or line[: comment.start()].strip():
            yield from ((number, *each) for each in waiting)
            waiting = []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    wanted = list(expected(path.read_text(encoding="utf-8")))
    found = [(*_place(each), each.message) for each in diagnose(path)]
    shown = "\n".join(f"{line}: {severity}[{code}]: {message}" for line, severity, code, message in found)
    assert Counter(each[:3] for each in found) == Counter(each[:3] for each in wanted), shown
    for line, severity, code, words in wanted:
        messages = [each[3] for each in found if each[:3] == (line, severity, code)]
        assert any(words in message for message in messages), (
            f"line {line}: {words!r} is in none of {messages}"
        )


def _place(diagnostic: Diagnostic) -> tuple[int, str, str]:
    label = diagnostic.primary
    line = label.source.position(label.span.start).line if label else 0
    return line, str(diagnostic.severity), diagnostic.code


def test_cases_are_found() -> None:
    assert len(CASES) >= FEWEST


def test_every_case_expects_something() -> None:
    empty = [path.name for path in CASES if not list(expected(path.read_text(encoding="utf-8")))]
    assert not empty


@pytest.mark.parametrize(
    "code", [each for each in syntax.CODES if each not in _ELSEWHERE], ids=lambda each: each.code
)
def test_every_syntax_code_has_a_case(code: type) -> None:
    named = [path for path in CASES if path.name.startswith(code.code)]
    assert any(
        code.code in {each[2] for each in expected(path.read_text(encoding="utf-8"))} for path in named
    )
