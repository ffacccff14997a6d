"""Stands in for the processes of stages and evals: takes their arguments, does what the node's doc says.

A stage trains `steps` steps, one file a step as its checkpoint, and goes on from what it finds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from recipedsl.runtime.checkpoints import MARK
from recipedsl.runtime.events import Checkpoint, Done, EventWriter, Problem, Start, Step

STOP = False


def main(plan: str, name: str, *options: str) -> int:
    given = dict(zip(options[::2], options[1::2], strict=False))
    nodes = json.loads(Path(plan).read_text())["nodes"]
    node = next(each for each in nodes if each["name"] == name)
    does = json.loads(node["doc"] or "{}")
    out = Path(given["--out"])
    if node["kind"] == "eval":
        return judge(out, does, options)
    does["options"] = options
    return train(name, out, Path(given["--work"]), does, json.loads(Path(given["--inputs"]).read_text()))


def train(name: str, out: Path, work: Path, does: dict[str, Any], inputs: dict[str, str]) -> int:
    events = EventWriter(out / "events.jsonl", name)
    signal.signal(signal.SIGINT, signal.SIG_IGN if does.get("stubborn") else ask)
    done, steps = len(list(work.iterdir())), does.get("steps", 3)
    events.write(Start(stage=name, step=done, steps=steps))
    for number in range(done + 1, steps + 1):
        events.write(Step(stage=name, step=number, steps=steps, loss=1 / number))
        if number == does.get("fails_at"):
            return fail(events, name, does)
        mark(work / f"checkpoint-{number}", number)
        events.write(Checkpoint(stage=name, step=number, steps=steps))
        time.sleep(does.get("seconds", 0))
        if STOP:
            return 130
    events.write(Done(stage=name, step=steps, steps=steps, loss=0.1))
    seen = {"inputs": inputs, "environment": sorted(os.environ), "path": sys.path, "resumed": done}
    seen["options"] = does["options"]
    (out / "facts.json").write_text(json.dumps({"steps": steps, "loss": 0.1, "losses": [[1, 1.0]], **seen}))
    (out / "weights").mkdir()
    (out / "artefact.json").write_text("{}")
    return 0


def mark(folder: Path, step: int) -> None:
    folder.mkdir()
    (folder / MARK).write_text(json.dumps({"fingerprint": "", "step": step}))


def ask(number: int, frame: FrameType | None) -> None:
    global STOP  # noqa: PLW0603 - one handler in a small script
    STOP = True


def fail(events: EventWriter, name: str, does: dict[str, Any]) -> int:
    print("something on the way", flush=True)
    match does["how"]:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "problem":
            events.write(
                Problem(stage=name, code="R601", message="the loss is not a number", helps=("less",))
            )
            return 3
        case "bug":
            events.write(Problem(stage=name, message="internal error: seven"))
            return 3
    return 0 if does["how"] == "nothing" else 5


def judge(out: Path, does: dict[str, Any], options: tuple[str, ...]) -> int:
    scores = does.get("scores", {"base": 0.5, "tuned": 0.75})
    parts = {"value": None, "low": 0.25, "high": 0.875, "rows": 8}
    tables = {
        model: {"overall": {**parts, "value": score}, "slices": {"topic": {"sql": {**parts, "value": score}}}}
        for model, score in scores.items()
    }
    (out / "results.json").write_text(json.dumps({"pass_rate()": tables, **does.get("beside", {})}))
    (out / "facts.json").write_text(json.dumps({"rows": 8, "results": {}, "options": options}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
