"""Gates of pipelines that do not hold: shown in the recipe, each value below the words that have it."""

from __future__ import annotations

from pathlib import Path

from recipedsl.cli import exit_codes
from tests.cli.conftest import GOOD, Call
from tests.tiny import make_tiny_model

GATE = 'expect count() > 2 and share(chars(answer) > 1) >= 50% else "too few long answers"'
GATED = GOOD.replace('read("data/rows.jsonl")', f'read("data/rows.jsonl")\n  | {GATE}\n ')

DRAWN = f"""\
error[D512]: too few long answers
 --> good.ftr:8:5
  |
8 |   | {GATE}
  |     {"^" * len(GATE)}
  |            |               |
  |            4               0
"""


def test_values_are_drawn_below_what_has_them(project: Path, call: Call) -> None:
    make_tiny_model(project / "tiny")
    (project / "good.ftr").write_text(GATED)
    said = call("plan", "good.ftr")
    assert said.code != exit_codes.FINE
    assert DRAWN in said.err
