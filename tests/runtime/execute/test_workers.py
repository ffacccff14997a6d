"""Workers that fail, are killed, are interrupted, and go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recipedsl.plan.model import Plan
from recipedsl.runtime.events import Step, read_events
from recipedsl.runtime.execute.child import Child, Interrupts
from tests.runtime.execute.conftest import Project
from tests.runtime.execute.small_plans import small_plan

#: Runs the plan in a process of its own, which the test interrupts.
RUN = """
import sys
from pathlib import Path
from recipedsl.plan.model import Plan
from tests.runtime.execute.conftest import Project
root = Path(sys.argv[1])
project = Project(root)
outcome = project.run(Plan.model_validate_json((root / "plan.json").read_text()))
print(outcome.state, [node.name for node in outcome.nodes if node.state == "interrupted"])
"""


def steps_told(project: Project) -> list[int]:
    return [event.step for event in project.heard.events if isinstance(event, Step)]


def work_of(project: Project, plan: Plan, name: str = "tuned") -> Path:
    return project.root / ".recipedsl" / "work" / plan.node(name).fingerprint


def test_events_are_told_as_they_come(project: Project) -> None:
    project.run(small_plan())
    assert steps_told(project) == [1, 2, 3, 1, 2, 3]
    assert [event.event for event in project.heard.events][:2] == ["start", "step"]


def test_a_killed_worker_and_how_it_goes_on(project: Project) -> None:
    plan = small_plan(tuned={"steps": 4, "fails_at": 3, "how": "killed"})
    outcome = project.run(plan)
    (found,) = outcome.diagnostics
    assert outcome.state == "failed"
    assert found.code == "R700"
    assert found.message == "stage `tuned` was killed (SIGKILL): likely the machine ran out of memory"
    assert found.notes[0] == "finished results are kept; `recipedsl run` goes on from step 2"
    assert "log: something on the way" in found.notes
    assert found.primary is not None
    assert found.primary.source.line(4).startswith("stage tuned")
    assert project.heard.logs == ["something on the way\n"]

    outcome = project.run(small_plan(tuned={"steps": 4}))
    assert outcome.state == "done"
    assert outcome.results["tuned"].manifest.facts["resumed"] == 2
    assert steps_told(project) == [3, 4, 1, 2, 3]
    told = read_events(outcome.results["tuned"].folder / "events.jsonl")
    assert [event.step for event in told if isinstance(event, Step)] == [1, 2, 3, 3, 4]
    assert not work_of(project, plan).exists()


def test_a_told_problem_is_placed(project: Project) -> None:
    outcome = project.run(small_plan(tuned={"fails_at": 2, "how": "problem"}))
    (found,) = outcome.diagnostics
    assert (found.code, found.message) == ("R601", "the loss is not a number")
    assert found.helps[0].text == "less"
    assert found.primary is not None


@pytest.mark.parametrize(("how", "note"), [("silent", "exit code 5"), ("nothing", "left no artefact.json")])
def test_an_end_without_a_word(project: Project, how: str, note: str) -> None:
    (found,) = project.run(small_plan(tuned={"fails_at": 1, "how": how})).diagnostics
    assert found.code == "R701"
    assert note in found.notes[0]


def test_an_eval_whose_gate_does_not_hold_stops_the_run(project: Project) -> None:
    plan = small_plan(report={"scores": {"base": 0.5, "tuned": 0.4}})
    for time_of_running in ("first", "cached"):
        outcome = project.run(plan)
        assert outcome.state == "gate failed", time_of_running
        assert outcome.nodes[-2].state == "gate failed"
        assert outcome.nodes[-1].state == "not run"
    (found,) = outcome.gates_failed
    assert found.message == "it must not get worse"
    assert found.primary is not None
    text = found.primary.source
    assert text.slice(found.primary.span) == "pass_rate(tuned) >= pass_rate(base)"
    drawn = {text.slice(each.span): each.text for each in found.values}
    assert drawn == {"pass_rate(tuned)": "0.4", "pass_rate(base)": "0.5"}


def test_another_threshold_judges_again_and_measures_nothing(project: Project) -> None:
    """The stored scores are 0.5 and 0.75; only the bar between them moves."""
    assert project.run(small_plan()).state == "done"
    for bar, state in ((0.5, "gate failed"), (0.25, "done"), (0.3, "gate failed")):
        outcome = project.run(small_plan(bar=bar))
        assert outcome.state == state
        assert "report cached" in project.heard.said
        assert [each.passed for each in outcome.gates["report"]] == [state == "done"]
        assert outcome.nodes[-1].state == ("cached" if state == "done" else "not run")
    (found,) = outcome.gates_failed
    assert found.notes[0] == "expected pass_rate(tuned) >= pass_rate(base) + 30%"


def test_verdicts_in_an_old_result_count_for_nothing(project: Project) -> None:
    old = {"text": "old", "message": "", "passed": False, "values": {}}
    outcome = project.run(small_plan(report={"beside": {"gates": [old], "unfinished": {"tuned": 0.5}}}))
    assert outcome.state == "done"
    assert [each.passed for each in outcome.gates["report"]] == [True]


@pytest.mark.parametrize("node", ["tuned", "report"])
def test_programs_may_be_allowed_to_run_without_a_sandbox(project: Project, node: str) -> None:
    """Rewards of a stage run what models wrote, as metrics of an eval do."""
    strict = project.run(small_plan()).results[node]
    assert "--allow-unsandboxed" not in strict.manifest.facts["options"]
    allowed = project.run(small_plan(), allow_unsandboxed=True, from_="base").results[node]
    assert "--allow-unsandboxed" in allowed.manifest.facts["options"]


# --- interruptions --------------------------------------------------------------------------------------


def start_run(project: Project, plan: Plan) -> subprocess.Popen[str]:
    """Starts the plan in a process of its own; comes back when the stage has told its first steps."""
    (project.root / "plan.json").write_text(plan.model_dump_json())
    command = [sys.executable, "-c", RUN, str(project.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    wait_for((work_of(project, plan) / "checkpoints" / "checkpoint-2").exists)
    return process


def wait_for(ready: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_saves_first_and_the_next_run_goes_on(project: Project, number: int) -> None:
    plan = small_plan(tuned={"steps": 60, "seconds": 0.05})
    process = start_run(project, plan)
    process.send_signal(number)
    assert process.communicate(timeout=20)[0] == "interrupted ['tuned']\n"
    outcome = project.run(small_plan(tuned={"steps": 60}))
    assert outcome.state == "done"
    assert outcome.results["tuned"].manifest.facts["resumed"] >= 2
    assert all(project.store.verify(each.manifest.fingerprint) == () for each in project.store.list())


def test_a_second_interrupt_kills(project: Project) -> None:
    plan = small_plan(tuned={"steps": 10_000, "seconds": 0.02, "stubborn": True})
    process = start_run(project, plan)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "interrupted ['tuned']\n"
    assert (work_of(project, plan) / "checkpoints" / "checkpoint-2").exists()
    assert project.store.get(plan.node("tuned").fingerprint) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_run_leaves_no_worker_behind(project: Project) -> None:
    plan = small_plan(tuned={"steps": 10_000, "seconds": 0.02})
    process = start_run(project, plan)
    process.kill()
    process.wait()
    checkpoints = work_of(project, plan) / "checkpoints"

    def is_still() -> bool:
        before = len(list(checkpoints.iterdir()))
        time.sleep(0.2)
        return len(list(checkpoints.iterdir())) == before

    wait_for(is_still)
    outcome = project.run(small_plan(tuned={"steps": 5}))
    assert outcome.state == "done"
    assert outcome.results["tuned"].manifest.facts["resumed"] >= 2


def test_what_a_child_leaves_behind_is_ended_too(tmp_path: Path) -> None:
    script = "import subprocess, sys, pathlib; \
p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); \
pathlib.Path('pid').write_text(str(p.pid))"
    child = Child([sys.executable, "-c", script], dict(os.environ), tmp_path, tmp_path / "log")
    assert child.run(Interrupts()).code == 0
    orphan = int((tmp_path / "pid").read_text())

    def is_gone() -> bool:
        try:
            return "Z" in Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True

    wait_for(is_gone)


def test_two_runs_at_once_train_a_stage_once(project: Project) -> None:
    plan = small_plan(tuned={"steps": 20, "seconds": 0.03})
    process = start_run(project, plan)
    outcome = project.run(plan)
    assert outcome.state == "done"
    assert process.communicate(timeout=20)[0] == "done []\n"
    told = read_events(outcome.results["tuned"].folder / "events.jsonl")
    assert [event.step for event in told if isinstance(event, Step)] == list(range(1, 21))
    assert json.loads((outcome.results["tuned"].folder / "manifest.json").read_text())["kind"] == "stage"
