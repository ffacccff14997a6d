"""Who is told what happens while a plan is carried out. All calls come from one thread, in order."""

from __future__ import annotations

import sys
from typing import Protocol, TextIO

from recipedsl.diagnostics import Diagnostic
from recipedsl.plan.model import Node, Plan
from recipedsl.runtime.events import Event, Fetch, Judge, Look, Step
from recipedsl.runtime.execute.outcome import RunOutcome
from recipedsl.runtime.store import Result, Why


class Observer(Protocol):
    """Watches a run. An observer never decides anything."""

    def run_started(self, plan: Plan, nodes: tuple[Node, ...]) -> None:
        """The run begins; these nodes are asked for."""

    def node_cached(self, node: Node, result: Result) -> None:
        """The node's result is at hand."""

    def node_waiting(self, node: Node) -> None:
        """Another run is making the node; said once."""

    def node_started(self, node: Node, why: Why) -> None:
        """The node is being made."""

    def event(self, node: Node, event: Event) -> None:
        """A worker tells something."""

    def warning(self, node: Node, diagnostic: Diagnostic) -> None:
        """Something to look at that does not stop the run, such as a damaged result."""

    def node_done(self, node: Node, result: Result) -> None:
        """The node's result is finished."""

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:
        """The node cannot be made, or its gates do not hold; `log` is the text its process left."""

    def interrupting(self, node: Node, times: int) -> None:
        """Somebody asked to stop, for the first or second time; the node is asked to save, or killed."""

    def run_finished(self, outcome: RunOutcome) -> None:
        """The run is over, whichever way; always called."""


class Silent:
    """Says nothing; base of observers that listen to a few things only."""

    def run_started(self, plan: Plan, nodes: tuple[Node, ...]) -> None: ...

    def node_cached(self, node: Node, result: Result) -> None: ...

    def node_waiting(self, node: Node) -> None: ...

    def node_started(self, node: Node, why: Why) -> None: ...

    def event(self, node: Node, event: Event) -> None: ...

    def warning(self, node: Node, diagnostic: Diagnostic) -> None: ...

    def node_done(self, node: Node, result: Result) -> None: ...

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None: ...

    def interrupting(self, node: Node, times: int) -> None: ...

    def run_finished(self, outcome: RunOutcome) -> None: ...


class Together:
    """Tells several observers, in order."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def run_started(self, plan: Plan, nodes: tuple[Node, ...]) -> None:
        for each in self._observers:
            each.run_started(plan, nodes)

    def node_cached(self, node: Node, result: Result) -> None:
        for each in self._observers:
            each.node_cached(node, result)

    def node_waiting(self, node: Node) -> None:
        for each in self._observers:
            each.node_waiting(node)

    def node_started(self, node: Node, why: Why) -> None:
        for each in self._observers:
            each.node_started(node, why)

    def event(self, node: Node, event: Event) -> None:
        for each in self._observers:
            each.event(node, event)

    def warning(self, node: Node, diagnostic: Diagnostic) -> None:
        for each in self._observers:
            each.warning(node, diagnostic)

    def node_done(self, node: Node, result: Result) -> None:
        for each in self._observers:
            each.node_done(node, result)

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:
        for each in self._observers:
            each.node_failed(node, diagnostics, log)

    def interrupting(self, node: Node, times: int) -> None:
        for each in self._observers:
            each.interrupting(node, times)

    def run_finished(self, outcome: RunOutcome) -> None:
        for each in self._observers:
            each.run_finished(outcome)


class Lines(Silent):
    """One plain line for everything that happens: for logs and pipes."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr

    def _say(self, node: Node, text: str) -> None:
        print(f"{node.name}: {text}", file=self._out, flush=True)

    def node_cached(self, node: Node, result: Result) -> None:  # noqa: ARG002 - the protocol's signature
        self._say(node, "cached")

    def node_waiting(self, node: Node) -> None:
        self._say(node, "another run is making it")

    def node_started(self, node: Node, why: Why) -> None:
        self._say(node, str(why))

    def event(self, node: Node, event: Event) -> None:
        if isinstance(event, Step):
            loss = "" if event.loss is None else f", loss {event.loss:.4f}"
            self._say(node, f"step {event.step} of {event.steps}{loss}")
        elif isinstance(event, Look):
            self._say(node, f"held-out loss {event.loss} at step {event.step}")
        elif isinstance(event, Judge):
            self._say(node, f"{event.work}({event.model}) row {event.row} of {event.rows}")
        elif isinstance(event, Fetch):
            self._say(node, f"{event.what} {event.got} of {event.size} bytes")

    def warning(self, node: Node, diagnostic: Diagnostic) -> None:
        self._say(node, f"{diagnostic.code} {diagnostic.message}")

    def node_done(self, node: Node, result: Result) -> None:
        self._say(node, f"done in {result.manifest.seconds:.1f} s")

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:  # noqa: ARG002 - the protocol's signature
        for each in diagnostics:
            self._say(node, f"{each.code} {each.message}")

    def interrupting(self, node: Node, times: int) -> None:
        self._say(node, "stopping, saving first" if times == 1 else "stopping at once")
