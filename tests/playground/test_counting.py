"""Rows are counted by a process of its own, which ends in time."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from recipedsl.cli import counting
from recipedsl.editor.counting import Counting
from tests.playground.serving import COUNTER, RECIPE, Client


def counted(root: Path, text: str) -> dict[str, Any]:
    found = asyncio.run(Counting(COUNTER, root).count("recipe.ftr", text))
    assert found["why"] == ""
    return {each.get("data") or each["stage"]: each for each in found["lines"]}


def test_rows_behind_every_step(root: Path) -> None:
    found = counted(root, RECIPE)
    assert found["lessons"]["source"] == 6
    assert [each["rows"] for each in found["lessons"]["steps"]] == [4, 4]
    assert [each["origin"] for each in found["lessons"]["steps"]] == ["recipe.ftr:6:5", "recipe.ftr:7:5"]
    assert found["tuned"]["steps"] is None, "how many steps it takes hangs on tokens that nobody has made"
    assert not list((root / ".recipedsl" / "cache" / "counting").iterdir())


def test_the_rows_of_a_dataset_go_on_into_another(root: Path) -> None:
    more = "data few = lessons | take 2 | split train = 50%, held = 50%\n\nstage"
    found = counted(root, RECIPE.replace("stage", more).replace("data = lessons,", "data = few.train,"))
    assert [each["rows"] for each in found["few"]["steps"]] == [2, 2]
    assert found["few"]["parts"] == {"train": 1, "held": 1}


def test_a_gate_that_does_not_hold_is_told(root: Path) -> None:
    gate = '> 2\n  | expect count() > 100 else "too few"'
    found = counted(root, RECIPE.replace("> 2", gate))
    assert [each["rows"] for each in found["lessons"]["steps"]] == [4, 4, 4]
    assert "too few" in found["lessons"]["steps"][1]["problem"]


def test_what_stands_behind_a_gate_that_does_not_hold_is_counted(root: Path) -> None:
    gate = 'data nobody = lessons | expect count() > 100 else "too few"\n'
    more = f"{gate}data few = lessons | take 2\n\nstage other: sft {{ from = base, data = nobody }}\n\nstage"
    found = counted(root, RECIPE.replace("stage", more).replace("data = lessons,", "data = few,"))
    assert "too few" in found["nobody"]["steps"][0]["problem"]
    assert [each["rows"] for each in found["few"]["steps"]] == [2]


def test_a_recipe_with_errors_is_not_counted(root: Path) -> None:
    assert counted(root, RECIPE.replace("chars", "charz")) == {}


def test_large_files_are_not_counted(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counting, "_MOST_READ", 10)
    counting.main(root, "recipe.ftr", RECIPE)
    assert "MB to read; `recipedsl data` counts them" in capsys.readouterr().out


def test_a_count_that_takes_too_long_is_ended(root: Path) -> None:
    slow = (sys.executable, "-c", 'import time; print(\'{"data": "first"}\', flush=True); time.sleep(60)')
    began = time.monotonic()
    found = asyncio.run(Counting(slow, root, patience=1.0).count("recipe.ftr", RECIPE))
    assert time.monotonic() - began < 20
    assert found == {"lines": [{"data": "first"}], "why": "not counted within 1 s"}


def test_a_new_text_ends_the_count_before(root: Path) -> None:
    slow = (sys.executable, "-c", "import time; time.sleep(60)")
    began = time.monotonic()

    async def both() -> Any:
        waiting = Counting(slow, root)
        first = asyncio.create_task(waiting.count("recipe.ftr", RECIPE))
        await asyncio.sleep(0.3)
        waiting.command = COUNTER
        return await asyncio.gather(first, waiting.count("recipe.ftr", RECIPE))

    first, second = asyncio.run(both())
    assert time.monotonic() - began < 30
    assert first == {"lines": [], "why": "the count broke off"}
    assert len(second["lines"]) == 2


def test_a_process_that_breaks_is_survived(root: Path) -> None:
    for code in ("print('rubbish')", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"):
        found = asyncio.run(Counting((sys.executable, "-c", code), root).count("recipe.ftr", RECIPE))
        assert found == {"lines": [], "why": "the count broke off"}


def test_the_page_gets_the_counts(client: Client) -> None:
    client.open("recipe.ftr", RECIPE)
    found = client.result("recipedsl/counts", {"uri": client.uri("recipe.ftr")})
    assert [each.get("data") or each.get("stage") for each in found["lines"]] == ["lessons", "tuned"]
    assert found["version"] == 0
