"""Tells how far a download is, whoever carries it out: by the bytes that lie on the disk already."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from recipedsl.runtime.events import Event, Fetch

#: Seconds between two looks.
LOOK = 0.25
#: Seconds between two events; more would flood the log.
_PAUSE = 0.5

T = TypeVar("T")

Tell = Callable[[Event], None]


def nobody(event: Event) -> None:
    """Listens to nothing."""


@dataclass
class Meter:
    """One download.

    Attributes:
        node: name of the model's node.
        what: is fetched.
        tell: who is told.
        size: bytes in all; 0 while it is not known.
    """

    node: str
    what: str
    tell: Tell
    size: int = 0
    _began: float = field(default_factory=time.monotonic)
    _told: float = float("-inf")
    _got: int = -1

    def at(self, got: int, *, is_last: bool = False) -> None:
        """So many bytes are there."""
        now = time.monotonic()
        if got <= self._got or (now - self._told < _PAUSE and not is_last):
            return
        self._told, self._got = now, got
        left = (self.size - got) * (now - self._began) / got if 0 < got < self.size else 0.0
        self.tell(Fetch(stage=self.node, what=self.what, got=got, size=self.size, seconds_left=left))


@dataclass
class _Ending(Generic[T]):
    """How the work of a thread ended."""

    value: T | None = None
    error: BaseException | None = None


def watched(work: Callable[[], T], look: Callable[[], None]) -> T:
    """Carries out work in a thread of its own and looks at it now and then from this one.

    Everybody who is told of a run is told by one thread. The other one does not outlive the process:
    an interrupt is not held up by a download that waits for a network.
    """
    ending: _Ending[T] = _Ending()

    def carry_out() -> None:
        try:
            ending.value = work()
        except BaseException as error:  # it is raised again below, where somebody listens
            ending.error = error

    thread = threading.Thread(target=carry_out, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK)
        look()
    if ending.error is not None:
        raise ending.error
    return ending.value  # type: ignore[return-value]  # it ended without an error, so there is one
