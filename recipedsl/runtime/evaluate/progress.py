"""Tells how far an evaluation is, as events."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from recipedsl.runtime.events import Done, EventWriter, Start, Step

#: Seconds between two events of one kind of work; every batch would flood the file.
_PAUSE = 1.0


@dataclass
class Progress:
    """Counts rows over all models and metrics.

    Attributes:
        events: where it tells.
        total: rows of all work together: each row counts once for every model and kind of work.
        done: rows so far.
    """

    events: EventWriter
    total: int
    done: int = 0
    began: float = field(default_factory=monotonic)
    _work: str = ""
    _told: float = 0.0

    def start(self, device: str, dtype: str) -> None:
        """The evaluation begins."""
        self.events.write(Start(stage=self.events.stage, steps=self.total, device=device, dtype=dtype))

    def add(self, work: str, rows: int, of: int) -> None:
        """Some rows are done.

        Args:
            work: which, such as `answers(tuned)` or `pass_rate(tuned)`.
            rows: how many more.
            of: how many this work has.
        """
        self.done += rows
        if work == self._work and monotonic() - self._told < _PAUSE and self.done < self.total:
            return
        self._work, self._told = work, monotonic()
        elapsed = monotonic() - self.began
        left = elapsed / self.done * max(0, self.total - self.done) if self.done else 0.0
        metrics = {work: float(of)}
        event = Step(
            stage=self.events.stage, step=self.done, steps=self.total, seconds_left=left, metrics=metrics
        )
        self.events.write(event)

    def finish(self) -> None:
        """The results are written."""
        seconds = monotonic() - self.began
        self.events.write(Done(stage=self.events.stage, step=self.total, steps=self.total, seconds=seconds))
