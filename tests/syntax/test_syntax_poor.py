"""Messages that we are not content with, as they are today: a better one shows up as a difference.

The first line of each recipe says what would be better. `RECIPEDSL_ACCEPT=1` writes the texts anew;
one that has become good moves to `tests/cases/diagnostics`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.diagnostics.render import render_terminal
from recipedsl.source import Source
from recipedsl.syntax import parse
from tests.golden import agrees

CASES = sorted((Path(__file__).parents[1] / "cases" / "poor").glob("*.ftr"))


def test_cases_are_found() -> None:
    assert CASES


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said_today(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# better: "), "the first line says what would be better"
    problems = parse(Source(path.name, text))[1].in_order()
    agrees(path.with_suffix(".txt"), render_terminal(problems))
