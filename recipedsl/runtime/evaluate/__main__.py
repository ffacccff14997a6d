"""One evaluation in a process of its own.

    python -m recipedsl.runtime.evaluate PLAN EVAL --inputs INPUTS --out OUT [--allow-unsandboxed]

Writes `results.json`, `answers.jsonl`, `facts.json` and `events.jsonl` into OUT. Exit codes: 0 done;
3 failed (the last event is the problem). Gates are decided by who reads the result.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.plan.model import EvalNode, Plan
from recipedsl.runtime.worker import settle

DONE, FAILED = 0, 3


def command(plan: Path, name: str, *, inputs: Path, out: Path, allow_unsandboxed: bool = False) -> list[str]:
    """The command that starts an evaluation with this Python."""
    options = ["--inputs", str(inputs), "--out", str(out)]
    allowed = ["--allow-unsandboxed"] if allow_unsandboxed else []
    return [sys.executable, "-m", "recipedsl.runtime.evaluate", str(plan), name, *options, *allowed]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out an evaluation; gives the exit code."""
    options = _options(arguments)
    plan = Plan.model_validate_json(options.plan.read_text("utf-8"))
    settle(os.environ, threads=plan.run.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        facts = _carry_out(plan, options)
    except Exception as error:  # libraries raise all kinds; none may leave without a word
        traceback.print_exc()
        _tell(error, options)
        return FAILED
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    (options.out / "facts.json").write_text(text + "\n", "utf-8")
    return DONE


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog="recipedsl.runtime.evaluate", description="Carries out one evaluation of a plan."
    )
    parser.add_argument("plan", type=Path, help="the plan, as JSON")
    parser.add_argument("eval", help="name of the evaluation's node")
    parser.add_argument(
        "--inputs", type=Path, required=True, help="JSON: node name to result folder, and `root`"
    )
    parser.add_argument("--out", type=Path, required=True, help="empty folder for the result")
    parser.add_argument("--workers", type=int, default=2, help="programs run at once")
    parser.add_argument(
        "--allow-unsandboxed",
        action="store_true",
        help="run programs under limits alone where nothing isolates",
    )
    return parser.parse_args(arguments)


def _carry_out(plan: Plan, options: Namespace) -> dict[str, Any]:
    from recipedsl.runtime.evaluate.evaluation import Evaluation
    from recipedsl.runtime.loading import find_machine
    from recipedsl.runtime.scores import ScorePolicy
    from recipedsl.runtime.stages.task import read_inputs

    root, folders = read_inputs(options.inputs)
    node = plan.node(options.eval)
    if not isinstance(node, EvalNode):
        raise Bug(f"`{node.name}` is a {node.kind} node, not an evaluation")
    policy = ScorePolicy(allow_unsandboxed=options.allow_unsandboxed, workers=options.workers)
    return Evaluation(plan, node, folders, root, options.out.absolute(), policy, find_machine()).carry_out()


def _tell(error: Exception, options: Namespace) -> None:
    """Writes what went wrong as the last event."""
    from recipedsl.diagnostics.codes.run_scores import EvaluationFailed
    from recipedsl.diagnostics.codes.run_stages import StageFailed
    from recipedsl.runtime.events import EventWriter, Problem, problem_of
    from recipedsl.runtime.stages.problems import diagnose

    events = EventWriter(options.out / "events.jsonl", options.eval)
    if isinstance(error, Bug):
        events.write(Problem(stage=options.eval, message=f"internal error: {error}"))
        return
    found = error.diagnostics if isinstance(error, RecipeError) else (diagnose(error, options.eval),)
    for each in found:
        diagnostic = replace(each, kind=EvaluationFailed) if each.kind is StageFailed else each
        events.write(problem_of(diagnostic, options.eval))


if __name__ == "__main__":
    sys.exit(main())
