"""The processes of stages and evals: what they are given, what they tell, what their ends mean."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import WorkerKilled, WorkerStopped
from recipedsl.plan.model import EvalNode, Plan, StageNode
from recipedsl.runtime.checkpoints import newest
from recipedsl.runtime.events import Event, EventReader, Problem, diagnostic_of
from recipedsl.runtime.execute.child import Child, Ended, Interrupts
from recipedsl.runtime.surroundings import clean_environment

EVENTS = "events.jsonl"
LOG = "worker.log"

#: Exit codes of workers.
_FAILED, _INTERRUPTED = 3, 130

#: The file without which there is no result.
_PROOF = {"stage": "artefact.json", "eval": "results.json"}

_TAIL_LINES = 8


class Interrupted(Exception):
    """Somebody asked to stop. What was saved lies in the working folder."""


@dataclass
class Worker:
    """The process of one stage or eval.

    Attributes:
        plan: the whole plan.
        node: the stage or eval.
        command: what carries it out, without its arguments.
        extra: arguments after the usual ones.
        inputs: result folders by node name.
        root: the project's root.
        out: empty folder for the result.
        work: of this fingerprint; survives kills. Holds `checkpoints/`, the events so far, the log.
        tell: called with every event.
        asked: called when somebody asks to stop, with how often.
    """

    plan: Plan
    node: StageNode | EvalNode
    command: Sequence[str]
    extra: Sequence[str]
    inputs: Mapping[str, Path]
    root: Path
    out: Path
    work: Path
    tell: Callable[[Event], None]
    asked: Callable[[int], None]
    _problems: list[Problem] = field(default_factory=list, init=False)

    def run(self, interrupts: Interrupts) -> dict[str, Any]:
        """Runs it to its end; gives the facts it left.

        Raises:
            RecipeError: it told a problem, was killed, or left no result.
            Interrupted: somebody asked to stop.
            Bug: it met a broken invariant of ours.
        """
        self._prepare()
        reader = EventReader(self.out / EVENTS)
        reader.new()  # of an earlier try; they have been told
        child = Child(
            [*self.command, *self._arguments()],
            clean_environment({}),
            self.work,
            self.work / LOG,
            look=lambda: self._look(reader),
            asked=self.asked,
        )
        return self._facts(child.run(interrupts))

    def _prepare(self) -> None:
        (self.work / "checkpoints").mkdir(parents=True, exist_ok=True)
        (self.work / "plan.json").write_text(self.plan.model_dump_json(), "utf-8")
        folders = {
            "root": self.root.absolute(),
            **{name: each.absolute() for name, each in self.inputs.items()},
        }
        text = json.dumps({name: str(folder) for name, folder in folders.items()}, indent=1)
        (self.work / "inputs.json").write_text(text, "utf-8")
        (self.work / LOG).unlink(missing_ok=True)
        if (self.work / EVENTS).exists():
            shutil.copyfile(self.work / EVENTS, self.out / EVENTS)

    def _arguments(self) -> list[str]:
        plan, inputs = str(self.work / "plan.json"), str(self.work / "inputs.json")
        arguments = [plan, self.node.name, "--inputs", inputs, "--out", str(self.out.absolute())]
        if self.node.kind == "stage":
            arguments += ["--work", str(self.work / "checkpoints")]
        return [*arguments, *self.extra]

    def _look(self, reader: EventReader) -> None:
        events = reader.new()
        if events:
            # Kept where a kill does not reach: the folder of an unfinished result is thrown away.
            with (self.work / EVENTS).open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(each.to_json(), ensure_ascii=False) + "\n" for each in events)
        for event in events:
            if isinstance(event, Problem):
                self._problems.append(event)
            self.tell(event)

    def _facts(self, ended: Ended) -> dict[str, Any]:
        if ended.code == 0:
            return self._result()
        if ended.asked or ended.code == _INTERRUPTED:
            raise Interrupted
        if self._problems:
            self._raise_problems()
        raise RecipeError(self._killed(ended) if ended.code < 0 else self._stopped(f"exit code {ended.code}"))

    def _result(self) -> dict[str, Any]:
        proof = _PROOF[self.node.kind]
        if not (self.out / proof).exists():
            raise RecipeError(self._stopped(f"it said that it was done, but left no {proof}"))
        facts = self.out / "facts.json"
        return dict(json.loads(facts.read_text("utf-8"))) if facts.exists() else {}

    def _raise_problems(self) -> None:
        bugs = [each.message for each in self._problems if not each.code]
        if bugs:
            raise Bug(f"{self._what}: {'; '.join(bugs)}; log: {self.work / LOG}")
        raise RecipeError(*(diagnostic_of(each) for each in self._problems))

    @property
    def _what(self) -> str:
        return f"{self.node.kind} `{self.node.name}`"

    def _killed(self, ended: Ended) -> Diagnostic:
        name = signal.Signals(-ended.code).name if -ended.code in set(signal.Signals) else str(-ended.code)
        note = f"finished results are kept; {self._going_on()}"
        return Diagnostic(
            WorkerKilled,
            f"{self._what} was killed ({name}){_reason(name, ended)}",
            notes=(note, *self._tail()),
            helps=_helps(name),
        )

    def _going_on(self) -> str:
        """Where the next run of this node begins."""
        if self.node.kind != "stage":
            return "`recipedsl run` does this node again"
        found = newest(self.work / "checkpoints")
        if found is not None:
            return f"`recipedsl run` goes on from step {found.step}"
        return "no checkpoint was written yet, so `recipedsl run` begins this stage again"

    def _stopped(self, how: str) -> Diagnostic:
        return Diagnostic(
            WorkerStopped,
            f"the process of {self._what} ended without a word",
            notes=(how, *self._tail()),
            helps=(Help(f"its log: {self.work / LOG}"),),
        )

    def _tail(self) -> tuple[str, ...]:
        lines = self.log_text().splitlines()
        return tuple(f"log: {line}" for line in lines[-_TAIL_LINES:] if line.strip())

    def log_text(self) -> str:
        """What the process wrote to its output."""
        try:
            return (self.work / LOG).read_text("utf-8", "replace")
        except OSError:
            return ""


def _reason(name: str, ended: Ended) -> str:
    if ended.memory_short:
        return ": the machine ran out of memory"
    return ": likely the machine ran out of memory" if name == "SIGKILL" else ""


def _helps(name: str) -> tuple[Help, ...]:
    if name != "SIGKILL":
        return ()
    return (Help("fewer rows at once, a smaller `max_length`, or an adapter in place of full weights"),)
