"""The user's door: plan, run, look, talk, with a tiny model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from recipedsl.plan.identity import fingerprint
from recipedsl.plan.model import Plan
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


def test_another_threshold_lets_no_model_answer_again(tiny: Path, call: Call) -> None:
    (tiny / "good.ftr").write_text(GATED)
    assert call("run", "good.ftr").code == exit_codes.GATE_FAILED
    (tiny / "good.ftr").write_text(GATED.replace("0 * loss(base)", "100 * loss(base)"))
    said = call("run", "good.ftr")
    assert said.code == exit_codes.FINE, said.err
    assert "eval report           cached" in said.err
    assert "holds     loss(tuned) < 100 * loss(base)" in said.out
    assert "holds     loss(tuned) < 100 * loss(base)" in call("runs", "show").out
    assert "eval report  cached" in call("plan", "good.ftr").out
    (tiny / "good.ftr").write_text(GATED)
    said = call("run", "good.ftr")
    assert said.code == exit_codes.GATE_FAILED
    assert "eval report           cached" in said.err
    assert "4 made" not in call("runs", "list").out.splitlines()[0]


def test_a_run_that_is_killed_says_how_far_it_came(tiny: Path, call: Call) -> None:
    recipe = GOOD.replace("steps = 2", "steps = 5000").replace("seed = 1", "seed = 1, save_every = 5")
    (tiny / "good.ftr").write_text(recipe)
    root = str(Path(__file__).parents[2])
    code = f"import sys; sys.path.insert(0, {root!r}); from recipedsl.cli.main import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, "run", "good.ftr"], stderr=subprocess.DEVNULL)
    try:
        _wait(lambda: [*tiny.glob(".recipedsl/work/*/checkpoints/checkpoint-*/recipedsl.json")])
        assert "1 running; tuned at step" in call("runs", "list").out.replace(", ", "; ")
    finally:
        process.kill()
        process.wait()
    listed = call("runs", "list").out
    assert re.search(r"killed +4 nodes: 3 made, 1 killed; tuned stopped at step \d+ of 5,000\n", listed)
    shown = call("runs", "show").out
    assert re.search(r"stage tuned +killed +stopped at step \d+ of 5,000\n", shown)
    assert "0 steps" not in shown
    assert re.search(r"stage tuned: sft  new, goes on from step \d+\n", call("plan", "good.ftr").out)


def _wait(ready: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_store_of_somebody_else_is_used_once_it_is_adopted(
    tiny: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", "good.ftr").code == exit_codes.FINE
    monkeypatch.setenv("XDG_STATE_HOME", str(tiny / "state"))
    for command in (("run", "good.ftr"), ("plan", "good.ftr"), ("plan", "good.ftr", "--no-data")):
        said = call(*command)
        assert said.code == exit_codes.RUN_FAILED
        assert "error[R709]: the project's store of results was not made here" in said.err
    assert "4 results" in call("store", "list").out
    assert "4 results adopted" in call("store", "adopt").out
    said = call("run", "good.ftr")
    assert said.code == exit_codes.FINE
    assert said.err.count("cached") == 4


def test_an_edited_manifest_is_damage_and_no_bug(tiny: Path, call: Call) -> None:
    assert call("run", "good.ftr").code == exit_codes.FINE
    for manifest in tiny.glob(".recipedsl/store/*/manifest.json"):
        form = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**form, "facts": dict.fromkeys(form["facts"], "nonsense")}))
    said = call("plan", "good.ftr")
    assert said.code == exit_codes.FINE, said.err
    assert said.err.count("warning[R702]") == 4
    assert "again because its result was damaged" in said.out
    assert call("run", "good.ftr").code == exit_codes.FINE


def test_a_plan_of_other_versions(tiny: Path, call: Call) -> None:
    assert call("plan", "good.ftr", "--json", "p.json").code == exit_codes.FINE
    plan = Plan.model_validate_json((tiny / "p.json").read_text())
    versions = {**plan.versions, "trl": "1.0.0"}
    known: dict[str, str] = {}
    nodes = []
    for node in plan.nodes:
        known[node.name] = fingerprint(node, known, versions)
        nodes.append(node.model_copy(update={"fingerprint": known[node.name]}))
    other = plan.model_copy(update={"versions": versions, "nodes": tuple(nodes)})
    (tiny / "p.json").write_text(other.model_dump_json())
    said = call("run", "p.json")
    assert said.code == exit_codes.RUN_FAILED
    assert "error[R710]: `tuned` cannot be made as planned: other versions are installed" in said.err
    assert "trl: 1.0.0 in the plan" in said.err
    assert call("run", "p.json", "--only", "tuned.tokens").code == exit_codes.FINE


def test_a_node_that_is_not_there(tiny: Path, call: Call) -> None:
    said = call("run", "good.ftr", "--only", "tund")
    assert said.code == exit_codes.RUN_FAILED
    assert "did you mean `tuned`?" in said.err


def test_a_model_that_is_not_there(project: Path, call: Call) -> None:
    (project / "tiny").rmdir()
    said = call("run", "good.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[R720]: there is no folder `tiny`" in said.err
