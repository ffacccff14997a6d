"""Starts one process of a sandbox, speaks with it, watches it, and ends it."""

from __future__ import annotations

import contextlib
import marshal
import os
import re
import selectors
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from recipedsl.runtime.sandbox.backends import Start
from recipedsl.runtime.sandbox.limits import Limits

#: Seconds until a sandbox must have begun to run its program, on a machine that is busy.
START_SECONDS = 30.0
#: Seconds between two looks at memory and processes.
LOOK_SECONDS = 0.05
_STDERR_TAIL = 4_000
_REPLY_LENGTH = 64
#: What `inside.py` writes, whole or begun; anything else was written by the program.
_REPLY = re.compile(rb"(S(M|A(M|P.{0,16})?)?)?\Z", re.DOTALL)


@dataclass
class Ended:
    """What was seen of a process.

    Attributes:
        reply: what came over the socket.
        code: exit status; 128 and more for signals.
        verdict: why it was ended by us (`timeout`, `memory`, `output`, `processes`,
            `forged`), else empty.
        stdout, stderr: beginning of the one, end of the other.
        seconds: since the program began; 0 when it never did.
    """

    reply: bytes = b""
    code: int = 0
    verdict: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0

    @property
    def started(self) -> bool:
        return self.reply.startswith(b"S")


@dataclass
class _Watch:
    """A running process and what is still to be said to it."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    limits: Limits
    pending: bytes
    second: bytes
    ended: Ended = field(default_factory=Ended)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    written: int = 0
    deadline: float = 0.0
    began: float = 0.0
    next_look: float = 0.0

    def follow(self) -> Ended:
        """Until it ends or has to be ended."""
        self.deadline = time.monotonic() + START_SECONDS
        self.channel.setblocking(False)
        streams = [stream for stream in (self.process.stdout, self.process.stderr) if stream]
        for each in streams:
            os.set_blocking(each.fileno(), False)
            self.selector.register(each, selectors.EVENT_READ)
        self.selector.register(self.channel, selectors.EVENT_READ | selectors.EVENT_WRITE)
        with self.selector:
            while not self.ended.verdict and not self._is_over():
                self._turn()
        return self._finish()

    def _is_over(self) -> bool:
        """Everything closed, or the process gone and nothing left to read."""
        if not self.selector.get_map():
            return True
        return self.process.poll() is not None and not self.selector.select(0)

    def _turn(self) -> None:
        for key, events in self.selector.select(LOOK_SECONDS):
            if key.fileobj is self.channel:
                self._speak(events)
            else:
                self._collect(key.fileobj)  # type: ignore[arg-type]  # only streams are registered beside it
        now = time.monotonic()
        if now >= self.deadline:
            self.ended.verdict = "timeout"
        elif now >= self.next_look:
            self.next_look = now + LOOK_SECONDS
            self.ended.verdict = self.ended.verdict or _excess(self.process.pid, self.limits)

    def _speak(self, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE and self.pending:
                self.pending = self.pending[self.channel.send(self.pending) :]
            if events & selectors.EVENT_READ:
                self._hear(self.channel.recv(_REPLY_LENGTH))
        except BlockingIOError:
            pass
        except OSError:  # the other side has gone; its exit status tells the rest
            self._hear(b"")
        if not self.pending and self.channel in (key.fileobj for key in self.selector.get_map().values()):
            self.selector.modify(self.channel, selectors.EVENT_READ)

    def _hear(self, piece: bytes) -> None:
        if not piece:
            self.selector.unregister(self.channel)
            return
        self.ended.reply = (self.ended.reply + piece)[: 2 * _REPLY_LENGTH]
        if not _REPLY.match(self.ended.reply):
            self.ended.verdict = "forged"
            return
        if self.ended.started and not self.began:
            self.began = time.monotonic()
            self.deadline = self.began + self.limits.seconds
        if self.ended.reply[:2] == b"SA" and self.second:
            self.pending, self.second = self.second, b""
            self.selector.modify(self.channel, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _collect(self, stream: IO[bytes]) -> None:
        """Keeps the first part of stdout and the last of stderr, never more than the limit."""
        piece = os.read(stream.fileno(), 65_536)
        if not piece:
            self.selector.unregister(stream)
            return
        self.written += len(piece)
        if stream is self.process.stdout:
            self.ended.stdout = (self.ended.stdout + piece)[: self.limits.output]
        else:
            self.ended.stderr = (self.ended.stderr + piece)[-_STDERR_TAIL:]
        if self.written > self.limits.output:
            self.ended.verdict = "output"

    def _finish(self) -> Ended:
        if self.ended.verdict or self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                # Closed everything but not gone yet: most often on its way out.
                self.process.wait(0 if self.ended.verdict else max(0.1, self.deadline - time.monotonic()))
        if self.process.poll() is None:
            self.ended.verdict = self.ended.verdict or "timeout"
        self.ended.seconds = time.monotonic() - self.began if self.began else 0.0
        kill(self.process)
        code = self.process.wait()
        self.ended.code = code if code >= 0 else 128 - code
        return self.ended


def watch(start: Start, frames: list[dict[str, Any]], second: dict[str, Any], limits: Limits) -> Ended:
    """Runs one process of a sandbox to its end, which comes at the latest with the time limit.

    Args:
        start: what to start.
        frames: messages sent at once, after those of `start`.
        second: message sent when the program has come to its end.
        limits: see there; `seconds` counts from the program's first line.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(
            [*start.command, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=start.folder,
            env=start.environment or {"PATH": os.environ.get("PATH", os.defpath)},
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        try:
            _prefer_for_out_of_memory(process.pid)
            pending = b"".join(_frame(each) for each in (*start.frames, *frames))
            return _Watch(process, ours, limits, pending, _frame(second)).follow()
        finally:
            kill(process)
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()


def _frame(message: dict[str, Any]) -> bytes:
    content = marshal.dumps(message)
    return len(content).to_bytes(8, "big") + content


def _prefer_for_out_of_memory(process: int) -> None:
    """If the machine runs short of memory, the kernel ends the program and not the training."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/oom_score_adj").write_text("1000", "ascii")


# --- the tree of processes --------------------------------------------------------------------------


def tree(process: int, most: int = 256) -> list[int]:
    """A process and what it started, itself first; what has gone meanwhile is left out.

    A program may start new ones faster than they are counted, so that counting stops at `most`.
    """
    found = [process]
    for each in found:
        if len(found) > most:
            break
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                with contextlib.suppress(OSError):
                    found.extend(int(child) for child in (task / "children").read_text("ascii").split())
    return found


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all below it; the end of a namespace's init ends what is in it."""
    if process.returncode is not None:
        return
    for each in tree(process.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
    process.wait()


def _excess(process: int, limits: Limits) -> str:
    """Which limit on all processes together is broken, if any."""
    members = tree(process, 2 * limits.processes)
    if len(members) > 2 * limits.processes:
        return "processes"
    if sum(_resident(each) for each in members) <= limits.memory:
        return ""
    return "memory" if sum(_proportional(each) for each in members) > limits.memory else ""


def _resident(process: int) -> int:
    """Bytes in memory, shared ones in full."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _proportional(process: int) -> int:
    """Bytes in memory, shared ones divided among those who share; dearer to find out."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return _resident(process)
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
