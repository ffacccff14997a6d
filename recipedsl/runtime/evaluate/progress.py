"""Tells how far an evaluation is, as events."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from recipedsl.runtime.events import Done, EventWriter, Judge, Start

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
    _work: tuple[str, str] = ("", "")
    _row: int = 0
    _told: float = 0.0

    def start(self, device: str, dtype: str) -> None:
        """The evaluation begins."""
        self.events.write(Start(stage=self.events.stage, steps=self.total, device=device, dtype=dtype))

    def add(self, work: str, model: str, rows: int, of: int) -> None:
        """Some rows are done.

        Args:
            work: `loss`, `answers`, or the keyword of a metric.
            model: whose rows.
            rows: how many more.
            of: how many this work has.
        """
        # Two metrics of one keyword follow each other where there is one model.
        is_new = (work, model) != self._work or self._row >= of
        self._row = rows if is_new else self._row + rows
        self._work = work, model
        self.done += rows
        if is_new or self._row == of or monotonic() - self._told >= _PAUSE:
            self._told = monotonic()
            self.events.write(self._event(of))

    def _event(self, of: int) -> Judge:
        elapsed = monotonic() - self.began
        left = elapsed / self.done * max(0, self.total - self.done) if self.done else 0.0
        work, model = self._work
        return Judge(
            stage=self.events.stage,
            work=work,
            model=model,
            row=self._row,
            rows=of,
            step=self.done,
            steps=self.total,
            seconds_left=left,
        )

    def finish(self) -> None:
        """The results are written."""
        seconds = monotonic() - self.began
        self.events.write(Done(stage=self.events.stage, step=self.total, steps=self.total, seconds=seconds))
