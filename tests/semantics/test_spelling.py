"""What is told of an expression reads as the recipe does, and means the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.language.expressions import Expression
from recipedsl.language.spelling import spelled
from recipedsl.plan.model import DataNode
from tests.compiling import CHATS, plan_of

CONDITIONS = [
    "chars(answer) in 40..8k",
    "chars(answer) in 40..",
    "chars(answer) in ..8_000",
    "chars(answer) not in [1, 2Ki]",
    "id in -3..2e3",
    "score > 5% and (id > 1 or id < 1M)",
    "not (id > 1 and id < 3)",
    "(id > 1) == (score > 0.5)",
    "id - (id - 1) == id - id - 1",
    "-(id + 1) * 2 < -id",
    "(id + 1) % 2 == 0",
    'contains(answer, "a \\"b\\"\\n\\\\") or answer == "8k"',
    'matches(answer, "\\\\d{2}..none") and id < 8',
    'slice_text(answer, 0, 10) != coalesce(topic, "none..")',
    'split(answer, ",")[0] == "none"',
    "not is_null(score)",
    "if(id > 1, score, 0.5) >= 0.25",
    "length(code_blocks(answer)) > 0",
]


def _condition(root: Path, text: str) -> tuple[Expression, str]:
    plan = plan_of(root, f"ftr 1\n{CHATS.replace(' | as', f' | where {text} | as')}")
    (node,) = [each for each in plan.nodes if isinstance(each, DataNode)]
    return node.steps[0].expressions["condition"], node.steps[0].text


@pytest.mark.parametrize("text", CONDITIONS)
def test_it_reads_as_the_recipe(text: str, tmp_path: Path) -> None:
    assert spelled(*_condition(tmp_path, text)) == text


@pytest.mark.parametrize("text", CONDITIONS)
def test_without_the_recipe_it_means_the_same(text: str, tmp_path: Path) -> None:
    condition, _ = _condition(tmp_path, text)
    assert _condition(tmp_path, spelled(condition))[0] == condition
