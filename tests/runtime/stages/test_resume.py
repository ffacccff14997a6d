"""Interrupted stages: what they leave, and that they end as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from recipedsl.diagnostics import RecipeError
from recipedsl.runtime.events import Checkpoint, Problem, Step, read_events
from recipedsl.runtime.stages.progress import last_checkpoint
from recipedsl.runtime.stages.task import Interrupted
from recipedsl.runtime.stages.train import run_stage
from recipedsl.runtime.worker import command, settle
from tests.runtime.stages.workshop import LORA, Shop, plan_of, reward_term, weights

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
#: Three epochs of three steps: the interruption falls into the second.
NINE_STEPS = {"max_steps": 9}


def stop_after(task: Any, step: int) -> None:
    """Asks the stage to stop when it tells of a step."""
    write = task.events.write

    def write_and_ask(event: Any) -> None:
        write(event)
        if isinstance(event, Step) and event.step == step:
            task.stop.asked = True

    task.events.write = write_and_ask


def length(answers: list[str], rows: Any, prompts: Any) -> list[float | None]:
    """Longer is better."""
    del rows, prompts
    return [float(len(each)) for each in answers]


#: With dropout, so that the random state counts.
DROPPING = LORA.model_copy(update={"settings": {"r": 4, "lora_dropout": 0.2}})
NEW = {"adapter_use": "new", "adapter": DROPPING}
REWARDED = {"rewards": (reward_term("length"),)}


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("sft", {}),
        ("sft", NEW),
        ("dpo", {"reference": "start"}),
        ("kto", {"reference": "start"}),
        ("reward", NEW),
        ("grpo", {"reference": "start", **REWARDED}),
        ("rloo", {"reference": "adapter_off", **NEW, **REWARDED}),
    ],
    ids=["sft", "sft-lora", "dpo", "kto", "reward-lora", "grpo", "rloo-lora"],
)
def test_an_interrupted_stage_ends_like_one_that_was_not(shop: Shop, method: str, fields: Any) -> None:
    shop.scorers["length"] = length
    whole = shop.run("whole", method, arguments=NINE_STEPS, **fields)
    task = shop.task("broken", method, arguments=NINE_STEPS, **fields)
    stop_after(task, 4)
    with pytest.raises(Interrupted):
        run_stage(task)
    assert not (task.out / "artefact.json").exists()
    assert last_checkpoint(task) == task.work / "checkpoint-5"
    facts = shop.run("broken", method, arguments=NINE_STEPS, **fields)
    assert facts["losses"] == whole["losses"]
    assert facts["tokens"] == whole["tokens"]
    expected, found = weights(shop.folders["whole"]), weights(shop.folders["broken"])
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_continued_adapter_with_its_frozen_copy_resumes(shop: Shop) -> None:
    shop.run("tuned", "sft", adapter_use="new", adapter=LORA)
    fields: dict[str, Any] = {"start": "tuned", "adapter_use": "continue", "reference": "frozen_adapter"}
    whole = shop.run("whole", "dpo", arguments=NINE_STEPS, **fields)
    task = shop.task("broken", "dpo", arguments=NINE_STEPS, **fields)
    stop_after(task, 4)
    with pytest.raises(Interrupted):
        run_stage(task)
    facts = shop.run("broken", "dpo", arguments=NINE_STEPS, **fields)
    assert facts["losses"] == whole["losses"]


def test_events_of_an_interrupted_run_are_taken_over(shop: Shop) -> None:
    task = shop.task("broken", "sft", arguments=NINE_STEPS)
    stop_after(task, 2)
    with pytest.raises(Interrupted):
        run_stage(task)
    task.events.path.unlink()  # a new run is given a new folder
    shop.run("broken", "sft", arguments=NINE_STEPS)
    steps = [each.step for each in read_events(task.events.path) if isinstance(each, Step)]
    assert steps == list(range(1, 10))


def test_checkpoints_are_kept_as_asked(shop: Shop) -> None:
    shop.run("tuned", "sft", arguments={"max_steps": 6}, save_every=2)
    events = read_events(shop.folders["tuned"] / "events.jsonl")
    assert [each.step for each in events if isinstance(each, Checkpoint)] == [2, 4, 6]


def test_half_a_checkpoint_does_not_count(shop: Shop) -> None:
    task = shop.task("tuned", "sft")
    (task.work / "checkpoint-3").mkdir(parents=True)
    assert last_checkpoint(task) is None


def test_a_checkpoint_of_another_plan_is_refused(shop: Shop) -> None:
    task = shop.task("tuned", "sft", arguments=NINE_STEPS)
    stop_after(task, 2)
    with pytest.raises(Interrupted):
        run_stage(task)
    mark = task.work / "checkpoint-3" / "recipedsl.json"
    mark.write_text(json.dumps({"fingerprint": "another", "step": 3}), "utf-8")
    with pytest.raises(RecipeError, match="R606"):
        shop.run("tuned", "sft", arguments=NINE_STEPS)


# --- through the real process -----------------------------------------------------------------------


def prepare(shop: Shop, name: str, method: str, **options: Any) -> tuple[list[str], Path]:
    """The command of a worker for a stage, and its result folder."""
    task = shop.task(name, method, **options)
    plan, inputs = shop.root / f"{name}.plan.json", shop.root / f"{name}.inputs.json"
    plan.write_text(plan_of(task.node, task.tokens).model_dump_json(), "utf-8")
    folders = {each: str(folder) for each, folder in shop.folders.items() if each != name}
    inputs.write_text(json.dumps({"root": str(shop.root), **folders}), "utf-8")
    return command(plan, name, inputs=inputs, out=task.out, work=task.work), task.out


def environment() -> dict[str, str]:
    """The surroundings of a worker, with settings in them that must not matter."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "ACCELERATE_MIXED_PRECISION": "fp16",
        "WANDB_MODE": "online",
    }


def test_a_worker_trains_and_a_killed_one_leaves_nothing(shop: Shop) -> None:
    options: dict[str, Any] = {"arguments": {"max_steps": 400}, "save_every": 5}
    line, out = prepare(shop, "tuned", "sft", **options)
    process = subprocess.Popen(line, env=environment(), stderr=subprocess.DEVNULL)
    wait_for(out, step=6)
    process.kill()
    process.wait(30)
    assert not (out / "artefact.json").exists()

    process = subprocess.Popen(line, env=environment(), stderr=subprocess.DEVNULL)
    wait_for(out, step=16)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 130
    assert not (out / "artefact.json").exists()
    stopped_at = [each.step for each in read_events(out / "events.jsonl") if isinstance(each, Checkpoint)][-1]
    assert stopped_at >= 16


def wait_for(out: Path, step: int) -> None:
    """Until the worker tells of a step."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        told = read_events(out / "events.jsonl") if out.exists() else []
        if any(isinstance(each, Step) and each.step >= step for each in told):
            return
        time.sleep(0.05)
    pytest.fail(f"the worker did not reach step {step}")


def test_a_worker_ends_as_a_call_does(shop: Shop) -> None:
    facts = shop.run("called", "dpo", reference="start")
    line, out = prepare(shop, "tuned", "dpo", reference="start")
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "facts.json").read_text("utf-8"))["losses"] == facts["losses"]
    expected, found = weights(shop.folders["called"]), weights(out)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_worker_that_fails_says_why(shop: Shop) -> None:
    line, out = prepare(shop, "tuned", "sft", arguments={"learning_rat": 1.0})
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    problem = read_events(out / "events.jsonl")[-1]
    assert isinstance(problem, Problem)
    assert (problem.code, problem.helps) == ("R604", ("there is `learning_rate`",))


def test_surroundings_do_not_count() -> None:
    ambient = {
        "ACCELERATE_USE_FSDP": "1",
        "WANDB_PROJECT": "x",
        "PATH": "/bin",
        "CUDA_VISIBLE_DEVICES": "2,3",
    }
    settle(ambient, threads=3)
    assert not any(name.startswith(("ACCELERATE", "WANDB")) for name in ambient)
    assert ambient["OMP_NUM_THREADS"] == "3"
    assert ambient["CUDA_VISIBLE_DEVICES"] == "2"
