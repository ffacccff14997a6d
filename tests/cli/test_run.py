"""The user's door: plan, run, look, talk, with a tiny model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from tests.cli.conftest import GOOD, Call
from tests.tiny import make_tiny_model

pytestmark = pytest.mark.slow

GATED = (
    GOOD.replace("assistant = answer)\n", "assistant = answer)\n  | split train = 50%, held = 50%\n")
    .replace("data = lessons,", "data = lessons.train,")
    .replace(
        "run {", "eval report { models = [base, tuned], data = lessons.held, metrics = [loss()],\n@}\nrun {"
    )
    .replace("@", 'expect loss(tuned) < 0 * loss(base) else "nothing reaches this"')
)


@pytest.fixture
def tiny(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with its model; results and caches stay inside."""
    make_tiny_model(project / "tiny")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / ".cache"))
    return project


def test_plan_counts_rows_and_tokens_for_real(tiny: Path, call: Call) -> None:
    said = call("plan", "good.ftr")
    assert said.code == exit_codes.FINE, said.err
    assert "4 of 4 rows kept" in said.out
    assert "⟦1<|im_end|>⟧" in said.out
    assert "2 steps" in said.out
    again = call("plan", "good.ftr")
    assert "total 4 nodes: 3 cached, 1 new" in again.out


def test_a_run_from_the_recipe_and_its_records(tiny: Path, call: Call) -> None:
    said = call("run", "good.ftr")
    assert said.code == exit_codes.FINE, said.err
    assert "step 2 of 2" in said.err
    (folder,) = (tiny / "runs").iterdir()
    assert (folder / "recipe.ftr").read_text() == GOOD
    assert f"{folder.name}  done" in call("runs", "list").out
    shown = call("runs", "show")
    assert "stage tuned          made" in shown.out
    assert json.loads(call("runs", "show", "last", "--json").out)["state"] == "done"
    assert "4 results verified, 0 damaged" in call("store", "verify").out
    assert "0 results would be removed" in call("store", "gc", "--dry-run").out
    assert "again because learning_rate" in call("plan", "good.ftr", "--set", "rate=2e-3").out
    _talk(tiny)


def _talk(project: Path) -> None:
    """A conversation, as a process: the model is loaded in one of its own."""
    root = str(Path(__file__).parents[2])
    code = f"import sys; sys.path.insert(0, {root!r}); from recipedsl.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "chat", "last", "--max-new-tokens", "5"],
        input="hello\n/reset\nagain\n/quit\nnever asked\n",
        cwd=project,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "forgotten"
    assert len(done.stdout.splitlines()) >= 2


def test_a_plan_made_before_is_carried_out(tiny: Path, call: Call) -> None:
    assert call("plan", "good.ftr", "--json", "p.json").code == exit_codes.FINE
    said = call("run", "p.json", "--only", "lessons")
    assert said.code == exit_codes.FINE, said.err
    assert "data lessons" in said.err


def test_a_gate_that_fails_has_its_own_end(tiny: Path, call: Call) -> None:
    (tiny / "good.ftr").write_text(GATED)
    said = call("run", "good.ftr")
    assert said.code == exit_codes.GATE_FAILED, said.err
    assert "nothing reaches this" in said.err
    assert "fails" in said.out


def test_a_node_that_is_not_there(tiny: Path, call: Call) -> None:
    said = call("run", "good.ftr", "--only", "tund")
    assert said.code == exit_codes.RUN_FAILED
    assert "did you mean `tuned`?" in said.err


def test_a_model_that_is_not_there(project: Path, call: Call) -> None:
    said = call("run", "good.ftr")
    assert said.code == exit_codes.RUN_FAILED
    assert "error[R7" in said.err
