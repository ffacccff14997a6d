"""What a run says while it goes on: a live display on a terminal, plain lines elsewhere.

Both are observers of `recipedsl.runtime.execute`; they never decide anything.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recipedsl.diagnostics import Diagnostic
from recipedsl.diagnostics.render.pieces import STYLES, Line, Piece, Role, escaped, line
from recipedsl.plan.model import Node, Plan, StageNode
from recipedsl.report.data_summary import aside_words
from recipedsl.report.layout import pad
from recipedsl.report.numbers import about, count, duration, plural, short, size
from recipedsl.runtime.events import Event, Fetch, Judge, Look, Start, Step, Warn
from recipedsl.runtime.execute import Silent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.text import Text

    from recipedsl.runtime.execute import RunOutcome
    from recipedsl.runtime.store import Result, Why

#: Plain lines of one stage come at least so far apart, in seconds, and no later than after ten steps.
_PAUSE, _SHORT_PAUSE, _STEPS = 5.0, 1.0, 10


def counted(kind: str, facts: Mapping[str, Any]) -> str:
    """What a finished node has to tell, in a few words."""
    if kind == "model":
        return f"{short(facts['parameters'])} weights" if facts.get("parameters") else ""
    if kind == "data":
        rows = facts.get("rows", {})
        parts = [f"{part or 'rows'} {count(number)}" for part, number in rows.items()]
        lost = [f"{plural(facts['rejects'], 'line')} set aside"] if facts.get("rejects") else []
        lost += [escaped(words)] if (words := aside_words(facts)) else []
        return " · ".join([*parts, *lost])
    if kind == "tokens" and "kept" in facts:
        given_up = " · without the faster tokenizer" if facts.get("encoder", {}).get("reason") else ""
        return f"{plural(facts['kept'], 'row')} · {short(facts.get('tokens', 0))} tokens{given_up}"
    if kind == "stage" and "steps" in facts:
        loss = facts.get("loss")
        last = [f"last loss {loss:.3f}"] if isinstance(loss, float) else []
        looks = looks_words(facts.get("looks") or ())
        return " · ".join([plural(int(facts["steps"]), "step"), *last, *looks])
    return plural(facts["rows"], "row") if kind == "eval" and "rows" in facts else ""


def looks_words(looks: Sequence[tuple[int, float | None]]) -> list[str]:
    """`held-out loss 2.412 to 2.103`, of all looks together; nothing where none gave a number."""
    known = [loss for _, loss in looks if loss is not None]
    return [f"held-out loss {known[0]:.3f} to {known[-1]:.3f}"] if known else []


def look_words(look: Look) -> str:
    """`held-out loss 2.103 at step 40 · best 2.098 · ends after 2 more that are no better`."""
    told = "no number" if look.loss is None else f"{look.loss:.3f}"
    words = [f"held-out loss {told} at step {count(look.step)}"]
    is_worse = look.best is not None and look.best != look.loss
    words += [f"best {look.best:.3f}"] if is_worse else []
    words += [f"ends after {look.left} more that are no better"] if look.left and is_worse else []
    return " · ".join(words)


def node_line(node: Node, word: str, role: Role, rest: str, room: int) -> Line:
    """`stage tuned   done      12 steps · last loss 1.234 · 3 min`."""
    name = pad(escaped(f"{node.kind} {node.name}"), room)
    return line(Piece(name, Role.NAME), "  ", Piece(f"{word:<8}", role), f" {rest}")


def step_words(step: Step) -> str:
    """`step 10 of 120 · loss 1.234 · 1.2k tokens/s · 3 min left`."""
    words = [f"step {count(step.step)} of {count(step.steps)}"]
    words += [f"loss {step.loss:.3f}"] if step.loss is not None else []
    words += [f"reward {step.metrics['reward']:.3f}"] if "reward" in step.metrics else []
    words += [f"{short(step.tokens_per_second)} tokens/s"] if step.tokens_per_second else []
    words += [f"{about(step.seconds_left)} left"] if step.seconds_left and step.step < step.steps else []
    return " · ".join(words)


def judge_words(judge: Judge) -> str:
    """`answers of tuned · row 8 of 16 · 3 min left`."""
    words = [f"{escaped(judge.work)} of {escaped(judge.model)}"]
    words += [f"row {count(judge.row)} of {count(judge.rows)}"]
    words += [f"{about(judge.seconds_left)} left in all"] if judge.step < judge.steps else []
    return " · ".join(words)


def fetch_words(fetch: Fetch) -> str:
    """`120 MB of 500 MB · 3 min left`."""
    words = [f"{size(fetch.got)} of {size(fetch.size)}" if fetch.size else size(fetch.got)]
    words += [f"{about(fetch.seconds_left)} left"] if fetch.seconds_left else []
    return " · ".join(words)


class _Watcher(Silent, ABC):
    """What both have in common: a line for each thing that happens, printed in some way."""

    def __init__(self) -> None:
        self.room = 10

    @abstractmethod
    def say(self, lines: Iterable[Line]) -> None:
        """Prints lines."""

    def tell(self, node: Node, word: str, role: Role, rest: str = "") -> None:
        """One line about a node."""
        self.say([node_line(node, word, role, rest, self.room)])

    def run_started(self, plan: Plan, nodes: tuple[Node, ...]) -> None:  # noqa: ARG002 - the protocol's signature
        """Names are aligned from here on."""
        self.room = max((len(f"{node.kind} {node.name}") for node in nodes), default=10)

    def node_cached(self, node: Node, result: Result) -> None:
        """At hand."""
        self.tell(node, "cached", Role.FAINT, counted(node.kind, result.manifest.facts))

    def node_waiting(self, node: Node) -> None:
        """Somebody else makes it."""
        self.tell(node, "waiting", Role.WARNING, "another run is making it")

    def node_done(self, node: Node, result: Result) -> None:
        """Finished."""
        known = counted(node.kind, result.manifest.facts)
        took = duration(result.manifest.seconds)
        self.tell(node, "done", Role.GOOD, f"{known} · {took}" if known else took)

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:  # noqa: ARG002 - the protocol's signature
        """The problem itself is told at the end."""
        self.tell(node, "failed", Role.BAD, ", ".join(each.code for each in diagnostics))

    def warning(self, node: Node, diagnostic: Diagnostic) -> None:
        """Something to look at."""
        self.tell(node, "warning", Role.WARNING, f"[{diagnostic.code}] {escaped(diagnostic.message)}")

    def event(self, node: Node, event: Event) -> None:
        """A worker tells something."""
        match event:
            case Start():
                self.started(node, event)
            case Step():
                self.stepped(node, event)
            case Look():
                self.tell(node, "", Role.PLAIN, look_words(event))
            case Judge():
                self.judged(node, event)
            case Fetch():
                self.fetched(node, event)
            case Warn():
                code = f"[{event.code}] " if event.code else ""
                self.tell(node, "warning", Role.WARNING, f"{code}{escaped(event.message)}")

    @abstractmethod
    def node_started(self, node: Node, why: Why) -> None:
        """A node is being made."""

    @abstractmethod
    def started(self, node: Node, start: Start) -> None:
        """A worker begins."""

    @abstractmethod
    def stepped(self, node: Node, step: Step) -> None:
        """A training is further."""

    @abstractmethod
    def judged(self, node: Node, judge: Judge) -> None:
        """An evaluation is further."""

    @abstractmethod
    def fetched(self, node: Node, fetch: Fetch) -> None:
        """A download is further."""

    def interrupting(self, node: Node, times: int) -> None:
        """Somebody pressed Ctrl-C."""
        words = "saving first; once more stops at once" if times == 1 else "at once"
        self.tell(node, "stopping", Role.WARNING, words)


def _beginning(start: Start) -> str:
    weights = f"{short(start.trainable)} of {short(start.parameters)} weights" if start.parameters else ""
    again = f"goes on from step {count(start.step)}" if start.step else ""
    return " · ".join(each for each in (weights, start.device, start.dtype, again) if each)


class PlainProgress(_Watcher):
    """Lines only: for logs and pipes.

    Args:
        say: prints lines.
        clock: seconds; for the tests.
    """

    def __init__(
        self, say: Callable[[Iterable[Line]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._say = say
        self._clock = clock
        self._told = (float("-inf"), 0)
        self._fetching = ""

    def say(self, lines: Iterable[Line]) -> None:
        """Prints lines."""
        self._say(lines)

    def node_started(self, node: Node, why: Why) -> None:
        """What takes long says that it begins."""
        if node.kind in ("model", "stage", "eval"):
            self.tell(node, "begins", Role.INFO, str(why))
        self._told = (float("-inf"), 0)

    def started(self, node: Node, start: Start) -> None:
        """On which machine."""
        self.tell(node, "trains" if isinstance(node, StageNode) else "judges", Role.INFO, _beginning(start))

    def stepped(self, node: Node, step: Step) -> None:
        """Now and then, and the last one."""
        if self._is_due(step.step, is_last=step.step == step.steps):
            self.tell(node, "", Role.PLAIN, step_words(step))

    def judged(self, node: Node, judge: Judge) -> None:
        """Now and then, and the end of each kind of work."""
        if self._is_due(judge.step, is_last=judge.row == judge.rows):
            self.tell(node, "", Role.PLAIN, judge_words(judge))

    def fetched(self, node: Node, fetch: Fetch) -> None:
        """Once, as soon as the size is known: what is fetched and how large it is."""
        if fetch.size and self._fetching != fetch.what:
            self._fetching = fetch.what
            self.tell(node, "fetches", Role.INFO, f"{escaped(fetch.what)} · {size(fetch.size)}")

    def _is_due(self, number: int, *, is_last: bool) -> bool:
        before, told = self._told
        passed = self._clock() - before
        is_due = passed >= _PAUSE or (passed >= _SHORT_PAUSE and number - told >= _STEPS)
        if is_due or is_last:
            self._told = (self._clock(), number)
        return is_due or is_last


class LiveProgress(_Watcher):
    """A bar for what takes long, with everything else as lines above it. Use as a context manager."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        # Only standard error: the output of a command can be piped while its progress is watched.
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._progress: Progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[words]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> LiveProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, lines: Iterable[Line]) -> None:
        """Prints lines above the bar."""
        for each in lines:
            self._progress.console.print(_as_text(each), soft_wrap=True)

    def node_started(self, node: Node, why: Why) -> None:
        """A bar appears."""
        self._end()
        name = escaped(f"{node.kind} {node.name}")
        self._task = self._progress.add_task(name, total=None, words=escaped(str(why)))

    def started(self, node: Node, start: Start) -> None:
        """The bar has a length."""
        self.tell(node, "begins", Role.INFO, _beginning(start))
        if self._task is not None:
            self._progress.update(self._task, total=start.steps or None, completed=start.step, words="")

    def stepped(self, node: Node, step: Step) -> None:  # noqa: ARG002 - there is one bar at a time
        """The bar grows."""
        self._show(step_words(step), step.step, step.steps)

    def judged(self, node: Node, judge: Judge) -> None:  # noqa: ARG002 - there is one bar at a time
        """The bar grows: it stands for all work together, the words for what is done now."""
        self._show(judge_words(judge), judge.step, judge.steps)

    def fetched(self, node: Node, fetch: Fetch) -> None:  # noqa: ARG002 - there is one bar at a time
        """The bar grows by bytes; without a size it only moves."""
        self._show(fetch_words(fetch), fetch.got, fetch.size)

    def _show(self, words: str, done: int, of: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=of or None, completed=done, words=words)

    def node_done(self, node: Node, result: Result) -> None:
        """The bar becomes a line."""
        self._end()
        super().node_done(node, result)

    def node_failed(self, node: Node, diagnostics: tuple[Diagnostic, ...], log: str) -> None:
        """The bar becomes a line."""
        self._end()
        super().node_failed(node, diagnostics, log)

    def run_finished(self, outcome: RunOutcome) -> None:
        """No bar is left."""
        self._end()
        super().run_finished(outcome)

    def _end(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


def _as_text(pieces: Line) -> Text:
    from rich.text import Text

    return Text.assemble(*((escaped(piece.text), STYLES[piece.role]) for piece in pieces))
