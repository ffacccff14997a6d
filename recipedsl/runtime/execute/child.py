"""One child process: started in a group of its own, watched, interrupted, and what became of it.

The terminal's Ctrl-C reaches this process alone; it passes the wish on, so that the child can save
first. A child does not outlive this process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

#: Seconds between looks at a child.
_LOOK = 0.05

_PR_SET_PDEATHSIG = 1


@dataclass
class Interrupts:
    """How often somebody has asked to stop.

    While a child is watched, a signal only counts; otherwise it raises KeyboardInterrupt.
    """

    times: int = 0
    watching: bool = False

    def ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        """Signal handler."""
        self.times += 1
        if not self.watching:
            raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[Interrupts]:
    """Takes Ctrl-C, an ending session and a closed terminal as wishes to stop, while this lasts."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts  # only the main thread may have handlers
        return
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, interrupts.ask) for number in numbers}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        code: exit code; negative for a signal.
        asked: how often it had been asked to stop.
        memory_short: whether the system killed something for memory meanwhile.
    """

    code: int
    asked: int
    memory_short: bool = False


@dataclass
class Child:
    """A process to be run to its end.

    Attributes:
        command: with arguments.
        environment: all that it sees.
        folder: its working folder.
        log: file that its output goes to, appended.
        look: called again and again while it runs, and once after its end.
        asked: called when it has been asked to stop, with how often.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    look: Callable[[], None] = lambda: None
    asked: Callable[[int], None] = lambda _: None
    _told: int = field(default=0, init=False)

    def run(self, interrupts: Interrupts) -> Ended:
        """Runs it to its end, passing on wishes to stop: the first as an interrupt, the second kills."""
        killed_before = _memory_kills()
        already = interrupts.times
        with self.log.open("ab") as log:
            process = self._start(log)
            interrupts.watching = True
            try:
                while process.poll() is None:
                    self.look()
                    self._pass_on(process, interrupts.times - already)
                    time.sleep(_LOOK)
            finally:
                interrupts.watching = False
                _kill_group(process)
                process.wait()
        self.look()
        return Ended(process.returncode, self._told, _memory_kills() > killed_before)

    def _start(self, log: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            env=dict(self.environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_dying_with_parent(),  # noqa: PLW1509 - one call into the C library, prepared before
        )

    def _pass_on(self, process: subprocess.Popen[bytes], times: int) -> None:
        if times <= self._told:
            return
        self._told += 1
        self.asked(self._told)
        if self._told == 1:
            _signal_group(process, signal.SIGINT)
        else:
            _kill_group(process)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass  # it has ended meanwhile


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends the child and whatever it has started and left behind."""
    if hasattr(signal, "SIGKILL"):
        _signal_group(process, signal.SIGKILL)
    else:
        process.kill()


def _dying_with_parent() -> Callable[[], None] | None:
    """What a child calls before it becomes the command: the kernel kills it when this process dies.

    Without it a killed run would leave a worker behind that writes into the same checkpoints as the
    next run's. Only Linux has it.
    """
    if sys.platform != "linux":
        return None
    library, parent = ctypes.CDLL(None), os.getpid()

    def settle() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return settle


def _memory_kills() -> int:
    """How often the kernel has killed a process of this control group for memory; 0 where unknown."""
    try:
        own = Path("/proc/self/cgroup").read_text().strip().rpartition("::")[2]
        text = Path(f"/sys/fs/cgroup{own}/memory.events").read_text()
    except OSError:
        return 0
    counts = dict(line.split() for line in text.splitlines() if len(line.split()) == 2)
    return int(counts.get("oom_kill", 0))
