"""Run folders: written while a run goes on, found again, complete."""

from __future__ import annotations

import errno
import getpass
import json
import os
import platform
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics import Diagnostic, RecipeError
from recipedsl.diagnostics.codes.run import ModelNotFound
from recipedsl.plan.model import Node, Plan
from recipedsl.runtime.events import Event, Judge, Start, Step, read_events
from recipedsl.runtime.execute import Options, RunOutcome, execute
from recipedsl.runtime.records import Recorder, environment, list_runs, load_run
from recipedsl.runtime.records.reached import reached_by
from tests.runtime.execute import small_plans
from tests.runtime.execute.conftest import Project
from tests.runtime.execute.small_plans import small_plan


@pytest.fixture
def project(tmp_path: Path) -> Project:
    small_plans.write_recipe(tmp_path)
    return Project(tmp_path)


def run(project: Project, plan: Plan, **options: Any) -> RunOutcome:
    recorder = Recorder(project.root, small_plans.RECIPE)
    return execute(
        plan,
        root=project.root,
        store=project.store,
        makers=project.makers(),
        options=Options(**options),
        observer=recorder,
    )


def test_a_whole_run(project: Project) -> None:
    plan = small_plan()
    run(project, plan)
    kept = load_run(project.root)
    assert kept.state == "done"
    assert kept.plan() == plan
    assert (kept.folder / "recipe.ftr").read_text() == small_plans.RECIPE
    assert [node["state"] for node in kept.outcome["nodes"]] == ["made"] * 6
    assert kept.read("metrics.json")["stages"]["tuned"]["steps"] == 3
    assert kept.read("metrics.json")["evals"]["report"]["gates"][0]["passed"]
    assert kept.read("samples.json")["tuned.tokens"] == [[{"text": "hi", "trained": True}]]
    assert (kept.folder / "rejects" / "lessons.jsonl").read_text() == '{"line": 7}\n'
    assert kept.read("links.json")["tuned"].startswith("../../.recipedsl/store/")
    folder = kept.result_folder("tuned")
    assert folder is not None
    assert (folder / "artefact.json").exists()
    steps = [event for event in read_events(kept.folder / "events.jsonl") if isinstance(event, Step)]
    assert [(event.stage, event.step) for event in steps] == [
        (stage, step) for stage in ("tuned", "final") for step in (1, 2, 3)
    ]


def test_the_summary(project: Project) -> None:
    run(project, small_plan())
    text = (load_run(project.root).folder / "summary.md").read_text()
    assert text.startswith("# recipe.ftr\n\nDone. ")
    assert "| lessons | data | made |" in text
    assert "train 2 rows, held 2 rows, 1 lines set aside |" in text
    assert "3 steps, loss 1.000 to 1.000 |" in text
    assert "| slice | base | tuned |" in text
    assert "| topic sql | 0.500 (0.250 to 0.875), n = 8 | 0.750 (0.250 to 0.875), n = 8 |" in text
    assert "- `pass_rate(tuned) >= pass_rate(base)` holds (pass_rate(tuned) = 0.75" in text


def test_a_cached_run_has_all_curves(project: Project) -> None:
    run(project, small_plan())
    run(project, small_plan())
    newest, oldest = list_runs(project.root)
    assert {node["state"] for node in newest.outcome["nodes"]} == {"cached"}
    assert (newest.folder / "events.jsonl").read_text() == (oldest.folder / "events.jsonl").read_text()


def test_a_failed_run(project: Project) -> None:
    run(project, small_plan(tuned={"fails_at": 2, "how": "killed"}))
    kept = load_run(project.root)
    assert kept.state == "failed"
    (problem,) = kept.outcome["problems"]
    assert problem["code"] == "R700"
    assert problem["place"] == "recipe.ftr:4:1"
    assert (kept.folder / "logs" / "tuned.log").read_text() == "something on the way\n"
    text = (kept.folder / "summary.md").read_text()
    assert "- R700 stage `tuned` was killed" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| tuned | stage | failed |")]
    assert row.endswith(" | stopped at step 2 of 3 |")
    assert "0 steps" not in text
    assert kept.reached() == {"tuned": "step 2 of 3"}


def test_a_run_that_is_resumed_has_its_whole_curve(project: Project) -> None:
    run(project, small_plan(tuned={"fails_at": 2, "how": "killed"}))
    run(project, small_plan())
    told = read_events(load_run(project.root).folder / "events.jsonl")
    steps = [event.step for event in told if isinstance(event, Step) and event.stage == "tuned"]
    assert steps == [1, 2, 2, 3]


def test_a_failed_gate(project: Project) -> None:
    run(project, small_plan(report={"scores": {"base": 0.5, "tuned": 0.25}}))
    kept = load_run(project.root)
    assert kept.state == "gate failed"
    (problem,) = kept.outcome["problems"]
    assert problem["values"] == {"pass_rate(tuned)": "0.25", "pass_rate(base)": "0.5"}
    assert "does not hold" in (kept.folder / "summary.md").read_text()


def test_a_cached_eval_is_recorded_with_the_gates_of_now(project: Project) -> None:
    """The first run's verdict is in nothing that the second one writes."""
    run(project, small_plan())
    run(project, small_plan(bar=0.5))
    kept = load_run(project.root)
    (gate,) = kept.read("metrics.json")["evals"]["report"]["gates"]
    assert (gate["text"], gate["passed"]) == ("pass_rate(tuned) >= pass_rate(base) + 50%", False)
    text = (kept.folder / "summary.md").read_text()
    assert "Stopped: a gate does not hold." in text
    assert "`pass_rate(tuned) >= pass_rate(base) + 50%` does not hold" in text
    assert "holds (" not in text


def test_a_run_that_ends_before_it_begins_has_no_folder(project: Project) -> None:
    run(project, small_plan(), only=("x",))
    assert list_runs(project.root) == ()


def test_a_run_that_died_without_a_word(project: Project) -> None:
    project.trouble["lessons"] = RecipeError(Diagnostic(ModelNotFound, "x"))
    run(project, small_plan())
    kept = load_run(project.root)
    form = {**kept.outcome, "state": "running", "process": os.getpid()}
    (kept.folder / "outcome.json").write_text(json.dumps(form))
    assert load_run(project.root).state == "running"
    (kept.folder / "outcome.json").write_text(json.dumps({**form, "process": 2**22 + 1}))
    assert load_run(project.root).state == "killed"


def test_a_run_that_was_killed_while_it_trained(project: Project) -> None:
    """The process is gone, so nothing tidied up: what it wrote on the way has to do."""
    run(project, small_plan(tuned={"fails_at": 2, "how": "killed"}))
    folder = load_run(project.root).folder
    form = json.loads((folder / "outcome.json").read_text())
    for node in form["nodes"]:
        node["state"] = "running" if node["name"] == "tuned" else node["state"]
    under_way = {**form, "state": "running", "process": os.getpid(), "problems": []}
    for process, state in ((os.getpid(), "running"), (2**22 + 1, "killed")):
        (folder / "outcome.json").write_text(json.dumps({**under_way, "process": process}))
        kept = load_run(project.root)
        states = {each["name"]: each["state"] for each in kept.nodes}
        assert kept.state == states["tuned"] == state
        assert (states["lessons"], states["report"]) == ("made", "not run")
        assert kept.reached() == {"tuned": "step 2 of 3"}


def test_a_node_under_way_is_noted_as_such(project: Project) -> None:
    seen: list[str] = []

    class Looking(Recorder):
        def event(self, node: Node, event: Event) -> None:
            super().event(node, event)
            form = json.loads((self.folder / "outcome.json").read_text())
            seen.extend(each["state"] for each in form["nodes"] if each["name"] == node.name)

    recorder = Looking(project.root, small_plans.RECIPE)
    execute(small_plan(), root=project.root, store=project.store, makers=project.makers(), observer=recorder)
    assert set(seen) == {"running"}


def test_how_far_an_eval_came() -> None:
    told = [
        Start(stage="report", steps=64),
        Judge(stage="report", work="answers", model="tuned", row=8, rows=16, step=24, steps=64),
    ]
    assert reached_by(told[:1]) == {}
    assert {name: str(place) for name, place in reached_by(told).items()} == {
        "report": "row 8 of 16 of answers(tuned)"
    }


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name in ("2026-01-02-101010-a-aaaaaa", "2026-01-03-101010-a-bbbbbb", "2026-01-03-111111-b-cccccc"):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "outcome.json").write_text('{"state": "done"}')
    (tmp_path / "runs" / "notes").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("which", "found"), [("last", "cccccc"), ("2026-01-02", "aaaaaa"), ("bbbbbb", "bbbbbb")]
)
def test_runs_are_found(runs: Path, which: str, found: str) -> None:
    assert load_run(runs, which).id.endswith(found)


@pytest.mark.parametrize(
    ("which", "said"), [("2026-01-03", "several runs"), ("2027", "no run `2027`"), ("", "no run ``")]
)
def test_runs_that_are_not(runs: Path, which: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load_run(runs, which)


def test_the_environment_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    form = environment()
    text = json.dumps(form)
    assert form["packages"]["torch"]
    assert form["memory"] > 0
    assert form["cores"] > 0
    words = text.replace('"', " ").replace(",", " ").split()
    assert platform.node() not in words
    assert getpass.getuser() not in words
    assert "hf_secret" not in text


# --- a full disk ----------------------------------------------------------------------------------------


def full_disk(*_: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("when", ["events.jsonl", "outcome.json"])
def test_a_record_without_room_ends_the_run_in_words(
    project: Project, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """The system names no file when a write fails, so nobody above could tell what it was about."""
    name = "_line" if when == "events.jsonl" else "_replace"
    monkeypatch.setattr(f"recipedsl.runtime.records.folder.{name}", full_disk)
    outcome = run(project, small_plan())
    assert outcome.state == "failed"
    assert [each.code for each in outcome.diagnostics] == ["R703"]


def test_why_a_run_ended_is_told_though_its_record_has_no_room(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recipedsl.runtime.records.folder.summary", full_disk)
    project.trouble["lessons"] = RecipeError(Diagnostic(ModelNotFound, "the real reason"))
    outcome = run(project, small_plan())
    assert [each.message for each in outcome.diagnostics] == ["the real reason"]
