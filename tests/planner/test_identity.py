"""What is part of a node's identity, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiling import CHATS, MODEL, plan_of

TUNED = "stage tuned: sft { from = base, data = (chats | derive text = answer), steps = 3 }\n"


def prints(root: Path, text: str) -> dict[str, str]:
    return {node.name: node.fingerprint for node in plan_of(root, MODEL + CHATS + text).nodes}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("derive text = answer", "derive text = question"),
        ("derive text = answer", "derive doc = answer"),
        ("derive text = answer", 'derive text = "model"'),
        ("steps = 3", "steps = 4"),
        ("steps = 3", "trainer = { neftune_noise_alpha: 5 }"),
    ],
)
def test_what_decides_a_result_is_part_of_it(tmp_path: Path, before: str, after: str) -> None:
    assert before in TUNED
    assert prints(tmp_path, TUNED)["tuned"] != prints(tmp_path, TUNED.replace(before, after))["tuned"]


@pytest.mark.parametrize("column", ["text", "origin", "doc", "fingerprint", "model", "node", "base", "name"])
def test_rows_written_in_a_recipe_are_kept_whole(tmp_path: Path, column: str) -> None:
    text = 'data own = rows([{{ {}: "{}" }}])\nstage s: sft {{ from = base, data = (own | as text({})) }}\n'
    found = {prints(tmp_path, text.format(column, value, column))["own"] for value in ("a", "b", "base")}
    assert len(found) == 3


def test_layout_is_no_part_of_it(tmp_path: Path) -> None:
    spread = TUNED.replace("derive text = answer", "derive   text=answer  # why")
    spread = spread.replace("  # why)", " )")
    assert prints(tmp_path, TUNED) == prints(tmp_path, spread)
