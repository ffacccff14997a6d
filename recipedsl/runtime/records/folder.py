"""The folder of a run, `runs/<yyyy-mm-dd-HHMMSS>-<recipe>-<id>/`: written while it goes on, read later.

recipe.ftr        the recipe as written
plan.json         what was carried out
environment.json  machine and versions
events.jsonl      of all nodes, as they come; complete and in order of time at the end
outcome.json      state, nodes with fingerprints and seconds, problems; rewritten after every node
metrics.json      facts of stages (losses, steps) and results of evals
samples.json      rendered samples by tokens node
rejects/          lines that were set aside, by data node
answers/          what models wrote and how it was scored, by eval
logs/             what the processes of failed nodes wrote
links.json        result folders by node name, relative to the run's folder
summary.md        the short page
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec
from uuid import uuid4

from pydantic import ValidationError

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import UnknownRun
from recipedsl.plan.model import Node, Plan
from recipedsl.runtime.events import Event, read_events
from recipedsl.runtime.execute.gates import judged_results
from recipedsl.runtime.execute.observer import Silent
from recipedsl.runtime.execute.outcome import NodeOutcome, RunOutcome
from recipedsl.runtime.records.environment import environment
from recipedsl.runtime.records.reached import Reached, place_of, reached_by
from recipedsl.runtime.records.summary import summary
from recipedsl.runtime.store import FULL, Result, Why, no_room
from recipedsl.source.paths import folder_below

_Given = ParamSpec("_Given")

RUNS = "runs"

#: Version of the form of these files.
FORMAT = 1

#: States of nodes that were begun and are not finished.
_STOPPED = ("running", "killed", "failed", "interrupted")


# --- writing --------------------------------------------------------------------------------------------

_Method = Callable[Concatenate["Recorder", _Given], None]


def _when_full(act: Callable[[Recorder, OSError], None]) -> Callable[[_Method[_Given]], _Method[_Given]]:
    """What becomes of a method that writes where the disk has no room."""

    def decorate(method: _Method[_Given]) -> _Method[_Given]:
        @wraps(method)
        def writing(recorder: Recorder, /, *given: _Given.args, **named: _Given.kwargs) -> None:
            try:
                method(recorder, *given, **named)
            except OSError as error:
                if error.errno not in FULL:
                    raise
                act(recorder, error)

        return writing

    return decorate


def _end(recorder: Recorder, error: OSError) -> None:
    """The run ends there, in words."""
    raise RecipeError(no_room(recorder.folder)) from error


def _go_on(recorder: Recorder, error: OSError) -> None:
    """What tells of an end is no end of its own: that the disk is full is said already, or by the next."""


@dataclass
class Recorder(Silent):
    """An observer that writes a run's folder.

    Args:
        root: the project's root.
        recipe: text of the recipe as written.

    Attributes:
        folder: of the run; made when the run starts.
    """

    root: Path
    recipe: str
    folder: Path = field(default=Path(), init=False)
    _plan: Plan | None = field(default=None, init=False)
    _nodes: dict[str, NodeOutcome] = field(default_factory=dict, init=False)
    _reached: dict[str, Reached] = field(default_factory=dict, init=False)
    _results: dict[str, Result] = field(default_factory=dict, init=False)
    _started: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)

    @_when_full(_end)
    def run_started(self, plan: Plan, nodes: tuple[Node, ...]) -> None:
        self._plan, self._started = plan, datetime.now(UTC)
        self.folder = _new_folder(self.root, plan.recipe)
        (self.folder / "recipe.ftr").write_text(self.recipe, "utf-8")
        (self.folder / "plan.json").write_text(plan.model_dump_json(indent=1), "utf-8")
        _write_json(self.folder / "environment.json", environment())
        self._nodes = {
            each.name: NodeOutcome(each.name, each.kind, each.fingerprint, "not run") for each in nodes
        }
        self._write_state("running")

    @_when_full(_end)
    def node_started(self, node: Node, why: Why) -> None:
        self._note(node, "running", str(why))

    @_when_full(_end)
    def node_cached(self, node: Node, result: Result) -> None:
        self._keep(node, result)
        self._note(node, "cached", "cached")

    @_when_full(_end)
    def node_done(self, node: Node, result: Result) -> None:
        self._keep(node, result)
        self._note(node, "made", self._nodes[node.name].why, result.manifest.seconds)

    @_when_full(_go_on)
    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:  # noqa: ARG002 - the protocol's signature
        self._note(node, "failed", self._nodes[node.name].why)
        if log:
            (self.folder / "logs").mkdir(exist_ok=True)
            (self.folder / "logs" / f"{node.name}.log").write_text(log, "utf-8")

    @_when_full(_end)
    def event(self, node: Node, event: Event) -> None:
        place = place_of(event)
        if place is not None:
            self._reached[node.name] = place
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(_line(event) + "\n")

    @_when_full(_go_on)
    def run_finished(self, outcome: RunOutcome) -> None:
        if self._plan is None:
            return  # it ended before it began: the plan is not fit, or a name is unknown
        self._nodes = {each.name: each for each in outcome.nodes}
        self._results.update(outcome.results)
        self._complete_events()
        facts = {name: each.manifest.facts for name, each in self._results.items()}
        results = judged_results(self._results, outcome.gates)
        self._write_numbers(facts, results)
        page = summary(self._plan, outcome, facts, results, self._reached)
        (self.folder / "summary.md").write_text(page, "utf-8")
        self._write_state(outcome.state, (*outcome.diagnostics, *outcome.gates_failed), outcome.seconds)

    def _note(self, node: Node, state: Any, why: str, seconds: float = 0.0) -> None:
        self._nodes[node.name] = NodeOutcome(node.name, node.kind, node.fingerprint, state, seconds, why)
        self._write_state("running")

    def _keep(self, node: Node, result: Result) -> None:
        """What of a result is worth having in the run's folder itself."""
        self._results[node.name] = result
        for kept in ("rejects", "answers"):
            file = result.folder / f"{kept}.jsonl"
            if file.exists():
                (self.folder / kept).mkdir(exist_ok=True)
                shutil.copyfile(file, self.folder / kept / f"{node.name}.jsonl")
        links = {name: _relative(each.folder, self.folder) for name, each in self._results.items()}
        _write_json(self.folder / "links.json", links)

    def _write_state(
        self, state: str, diagnostics: Iterable[Diagnostic] = (), seconds: float | None = None
    ) -> None:
        form = {
            "format": FORMAT,
            "state": state,
            "recipe": self._plan.recipe if self._plan else "",
            "started": self._started.isoformat(timespec="seconds"),
            "time": self._started.timestamp(),
            "seconds": seconds,
            "process": os.getpid() if state == "running" else None,
            "nodes": [_node_form(each) for each in self._nodes.values()],
            "problems": [_problem_form(each) for each in diagnostics],
        }
        _write_json(self.folder / "outcome.json", form)

    def _complete_events(self) -> None:
        """Adds what cached nodes, and earlier tries of resumed ones, have told before this run."""
        path = self.folder / "events.jsonl"
        lines = dict.fromkeys(_lines_of(path))
        for result in self._results.values():
            lines.update(dict.fromkeys(_lines_of(result.folder / "events.jsonl")))
        ordered = sorted(lines, key=_time_of)
        _replace(path, "".join(f"{line}\n" for line in ordered))

    def _write_numbers(self, facts: dict[str, Any], results: dict[str, Any]) -> None:
        kinds = {name: each.manifest.kind for name, each in self._results.items()}
        stages = {name: each for name, each in facts.items() if kinds[name] == "stage"}
        _write_json(self.folder / "metrics.json", {"stages": stages, "evals": results})
        samples = {name: each.get("samples", []) for name, each in facts.items() if kinds[name] == "tokens"}
        _write_json(self.folder / "samples.json", samples)


def _new_folder(root: Path, recipe: str) -> Path:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(recipe).stem) or "recipe"
    moment = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    folder = root / RUNS / f"{moment}-{stem}-{uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    return folder


def _node_form(node: NodeOutcome) -> dict[str, Any]:
    return {
        "name": node.name,
        "kind": node.kind,
        "fingerprint": node.fingerprint,
        "state": node.state,
        "cached": node.state == "cached",
        "seconds": node.seconds,
        "why": node.why,
    }


def _problem_form(diagnostic: Diagnostic) -> dict[str, Any]:
    label = diagnostic.primary
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        "place": str(label.source.location(label.span)) if label else "",
        "notes": list(diagnostic.notes),
        "helps": [each.text for each in diagnostic.helps],
        "values": {label.source.slice(each.span): each.text for each in diagnostic.values} if label else {},
    }


def _relative(folder: Path, start: Path) -> str:
    return Path(os.path.relpath(folder, start)).as_posix()


def _line(event: Event) -> str:
    return json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False)


def _lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines() if path.exists() else []


def _time_of(line: str) -> float:
    try:
        return float(json.loads(line)["time"])
    except (ValueError, KeyError, TypeError):
        return 0.0


def _write_json(path: Path, form: Any) -> None:
    _replace(path, json.dumps(form, indent=1, ensure_ascii=False) + "\n")


def _replace(path: Path, text: str) -> None:
    """Writes a file so that a reader sees the old one or the new one."""
    scrap = path.with_name(f".{path.name}.part")
    scrap.write_text(text, "utf-8")
    scrap.replace(path)


# --- reading --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """A run's folder, read.

    Attributes:
        folder: the folder; its name is the run's id.
        outcome: contents of `outcome.json`.
    """

    folder: Path
    outcome: dict[str, Any]

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def state(self) -> str:
        """`running`, `done`, `failed`, `interrupted`, `gate failed`; `killed` for one that died silently."""
        state = str(self.outcome["state"])
        return "killed" if state == "running" and not _is_alive(self.outcome.get("process")) else state

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """What became of each node: what was under way when the run was killed was killed too."""
        ended = "killed" if self.state == "killed" else "running"
        nodes = self.outcome.get("nodes", [])
        return [{**each, "state": ended} if each["state"] == "running" else each for each in nodes]

    def reached(self) -> dict[str, str]:
        """How far the nodes came that did not end, in words, by their name."""
        stopped = [each["name"] for each in self.nodes if each["state"] in _STOPPED]
        if not stopped:
            return {}
        found = reached_by(read_events(self.folder / "events.jsonl"))
        return {name: str(found[name]) for name in stopped if name in found}

    def plan(self) -> Plan:
        """The plan that was carried out. Raises RecipeError where it cannot be read."""
        try:
            return Plan.model_validate_json((self.folder / "plan.json").read_bytes())
        except (OSError, ValidationError) as error:
            message = f"the plan of run `{self.id}` cannot be read"
            raise RecipeError(
                Diagnostic(UnknownRun, message, notes=(str(error).split("\n", 1)[0],))
            ) from None

    def read(self, name: str) -> dict[str, Any] | None:
        """One of the JSON files (`metrics.json` …); None where it is missing or broken."""
        try:
            form = json.loads((self.folder / name).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return form if isinstance(form, dict) else None

    def result_folder(self, node: str) -> Path | None:
        """Where a node's result lies in the store; None if it has none, or it was removed."""
        link = (self.read("links.json") or {}).get(node)
        # A store may lie on another disk, so any folder will do.
        anywhere = Path(self.folder.absolute().anchor)
        return folder_below(anywhere, str(self.folder.absolute() / link)) if isinstance(link, str) else None


def list_runs(root: Path) -> tuple[Run, ...]:
    """All runs of a project, the newest first."""
    folders = (root / RUNS).iterdir() if (root / RUNS).is_dir() else ()
    runs = [run for folder in folders if (run := _read_run(folder)) is not None]
    return tuple(sorted(runs, key=_age, reverse=True))


def _age(run: Run) -> tuple[float, str]:
    """When it began; names alone cannot tell two runs of one second apart."""
    return float(run.outcome.get("time") or 0.0), run.id


def load_run(root: Path, which: str = "last") -> Run:
    """The run of that id, the only one whose id begins so, or the last one.

    Raises:
        RecipeError: there is none, or there are several.
    """
    runs = list_runs(root)
    fitting = runs[:1] if which == "last" else tuple(run for run in runs if _fits(run.id, which))
    if len(fitting) == 1:
        return fitting[0]
    message = f"several runs are meant by `{which}`" if fitting else f"there is no run `{which}`"
    shown = ", ".join(run.id for run in (fitting or runs)[:5])
    notes = (f"runs: {shown}",) if shown else ("nothing was run yet in this project",)
    hint = "`last`, or the beginning or the last letters of a run's name"
    helps = (Help(hint if shown else "`recipedsl run RECIPE` makes a run"),)
    raise RecipeError(Diagnostic(UnknownRun, message, notes=notes, helps=helps))


def _fits(run: str, which: str) -> bool:
    """Whether it is the run's id, its beginning, or its last part."""
    return bool(which) and (run.startswith(which) or run.rpartition("-")[2] == which)


def _read_run(folder: Path) -> Run | None:
    try:
        outcome = json.loads((folder / "outcome.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return Run(folder, outcome) if _is_outcome(outcome) else None


def _is_outcome(form: Any) -> bool:
    """Whether it has the form that `Recorder` writes: a project may come from anybody."""
    if not isinstance(form, dict) or not isinstance(form.get("state"), str):
        return False
    nodes, problems = form.get("nodes", []), form.get("problems", [])
    return (
        all(isinstance(form.get(name), int | float | None) for name in ("time", "seconds"))
        and _are_records(nodes, "name", "kind", "state")
        and all(isinstance(each.get("seconds"), int | float | None) for each in nodes)
        and _are_records(problems, "code", "message", "place")
        and all(isinstance(each.get("notes", []), list) for each in problems)
    )


def _are_records(values: Any, *texts: str) -> bool:
    return isinstance(values, list) and all(
        isinstance(each, dict) and all(isinstance(each.get(name), str) for name in texts) for each in values
    )


def _is_alive(process: Any) -> bool:
    if not isinstance(process, int) or os.name == "nt":
        return isinstance(process, int)  # there, asking would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
