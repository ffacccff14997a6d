"""One stage in a process of its own: `python -m recipedsl.runtime.worker PLAN STAGE --inputs … --out …`.

The process settles everything that would otherwise come from its surroundings (threads, network,
launchers, trackers) before torch is imported, carries out the stage, and tells what happens in
`OUT/events.jsonl`. Exit codes: 0 done, 3 failed (the last event is the problem), 130 interrupted
(a checkpoint lies in the working folder; the same command goes on from it).
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recipedsl.plan.model import Plan
    from recipedsl.runtime.stages.task import Stop, Task

DONE, FAILED, INTERRUPTED = 0, 3, 130

#: Ambient settings of launchers and trackers that would change what a plan says.
_AMBIENT = ("ACCELERATE_", "FSDP_", "WANDB_", "COMET_", "MLFLOW_", "TRACKIO_", "CLEARML_")

_SETTLED = {
    # Threads that wait give up their core: spinning ones are up to ten times slower on a shared machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "TQDM_DISABLE": "1",
}


def command(
    plan: Path, stage: str, *, inputs: Path, out: Path, work: Path, allow_unsandboxed: bool = False
) -> list[str]:
    """The command that starts a worker for a stage with this Python."""
    options = ["--inputs", str(inputs), "--out", str(out), "--work", str(work)]
    options += ["--allow-unsandboxed"] if allow_unsandboxed else []
    return [sys.executable, "-m", "recipedsl.runtime.worker", str(plan), stage, *options]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out a stage; gives the exit code."""
    options = _options(arguments)
    plan = _read_plan(options.plan)
    settle(os.environ, threads=plan.run.threads)
    return _work(options, plan)


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="recipedsl.runtime.worker", description="Carries out one stage of a plan.")
    parser.add_argument("plan", type=Path, help="the plan, as JSON")
    parser.add_argument("stage", help="name of the stage's node")
    parser.add_argument(
        "--inputs", type=Path, required=True, help="JSON: node name to result folder, and `root`"
    )
    parser.add_argument("--out", type=Path, required=True, help="empty folder for the result")
    parser.add_argument("--work", type=Path, help="folder for checkpoints; default: beside OUT")
    parser.add_argument(
        "--allow-unsandboxed",
        action="store_true",
        help="rewards may run programs where nothing isolates them",
    )
    return parser.parse_args(arguments)


def _read_plan(path: Path) -> Plan:
    from recipedsl.diagnostics import Bug
    from recipedsl.plan.model import Plan
    from recipedsl.plan.verify import faults

    plan = Plan.model_validate_json(path.read_text("utf-8"))
    found = list(faults(plan))
    if found:
        raise Bug("; ".join(found))
    return plan


def settle(environment: MutableMapping[str, str], *, threads: int) -> None:
    """Makes the environment say what the plan says and nothing else. Before torch is imported.

    Args:
        environment: changed in place.
        threads: of the plan; 0 takes OMP_NUM_THREADS if somebody set it, else every core at hand.
    """
    for name in [each for each in environment if each.startswith(_AMBIENT)]:
        del environment[name]
    environment.update(_SETTLED)
    given = environment.get("OMP_NUM_THREADS", "")
    environment["OMP_NUM_THREADS"] = str(threads or (int(given) if given.isdigit() else _cores()))
    if "WORLD_SIZE" not in environment:
        # Trainers refuse several GPUs in one process; a launcher gives each process its own.
        environment["CUDA_VISIBLE_DEVICES"] = environment.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _work(options: Namespace, plan: Plan) -> int:
    from recipedsl.diagnostics import Bug, RecipeError
    from recipedsl.runtime.stages.task import Interrupted
    from recipedsl.runtime.stages.train import run_stage

    task = _task(options, plan)
    listen(task.stop)
    try:
        run_stage(task)
    except Interrupted:
        return INTERRUPTED
    except (RecipeError, Bug) as error:
        traceback.print_exc()
        _tell(task, error)
        return FAILED
    return DONE


def _task(options: Namespace, plan: Plan) -> Task:
    from recipedsl.runtime.loading import find_machine
    from recipedsl.runtime.stages.task import read_inputs, scorer_maker, task_of

    root, folders = read_inputs(options.inputs)
    out = options.out.absolute()
    return task_of(
        plan,
        options.stage,
        folders,
        root=root,
        out=out,
        work=(options.work or out.with_name(f"{out.name}.work")).absolute(),
        machine=find_machine(),
        make_scorer=scorer_maker(allow_unsandboxed=options.allow_unsandboxed),
    )


def listen(stop: Stop) -> None:
    """The first interrupt asks for a checkpoint and an end; the second one ends at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)


def _tell(task: Task, error: Exception) -> None:
    from recipedsl.diagnostics import RecipeError
    from recipedsl.runtime.events import Problem, problem_of

    if isinstance(error, RecipeError):
        for diagnostic in error.diagnostics:
            task.events.write(problem_of(diagnostic, task.node.name))
    else:
        task.events.write(Problem(stage=task.node.name, message=f"internal error: {error}"))


if __name__ == "__main__":
    sys.exit(main())
