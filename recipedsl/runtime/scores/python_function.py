"""Scores by a function of the user's own, called in a separate process that stays alive."""

from __future__ import annotations

import contextlib
import json
import math
import selectors
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Diagnostic, Help, RecipeError, nearest
from recipedsl.diagnostics.codes.run_scores import PythonFailed, PythonMissing, PythonWrongType
from recipedsl.runtime.scores.texts import Prompts, Rows

_WORKER = Path(__file__).with_name("python_worker.py")
#: Seconds that loading the user's file may take; it may import large libraries.
LOAD_SECONDS = 300.0


class PythonFunction:
    """`score(answer: str, row: dict) -> float | None` of a file of the project.

    The code is the user's and runs with the user's rights; answers and rows reach it as data.

    Args:
        function: `file.py:name`, the file relative to `root`.
        root: folder of the project, and the working folder of the function.
        timeout: seconds for one answer.

    Raises:
        RecipeError: the file or the function is not there, or the file cannot be loaded.
    """

    def __init__(self, function: str, *, root: Path, timeout: float) -> None:
        self.function = function
        self.timeout = timeout
        path, _, self.name = function.rpartition(":")
        self.root = root.resolve()
        self.file = (self.root / path).resolve()
        self._check_file(path)
        self._lock = threading.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process that writes to it
        self._process = self._start()
        self._finalizer = weakref.finalize(self, _end, self._process)
        self._check_ready(self._reply(LOAD_SECONDS))

    def __call__(self, answers: list[str], rows: Rows, prompts: Prompts) -> list[float | None]:  # noqa: ARG002 - the protocol's signature
        """One score for each answer.

        Raises:
            RecipeError: the function failed, took too long, or gave something that is no score.
        """
        with self._lock:
            return [self._score(answer, row) for answer, row in zip(answers, rows, strict=True)]

    def close(self) -> None:
        """Ends the process."""
        self._finalizer()

    # --- the process --------------------------------------------------------------------------------

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C is for the parent, which saves first.
        return subprocess.Popen(
            [sys.executable, "-P", str(_WORKER), str(self.file), self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=self.root,
            start_new_session=True,
        )

    def _reply(self, seconds: float) -> dict[str, Any]:
        """The next line of the process."""
        line = _read_line(self._process, time.monotonic() + seconds)
        if line is None:
            self.close()
            raise self._failed(f"`{self.function}` took more than {seconds:g} s", ())
        if not line:
            code = self._process.wait()
            raise self._failed(
                f"the process of `{self.function}` ended with status {code}", self._last_words()
            )
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _score(self, answer: str, row: dict[str, Any]) -> float | None:
        request = json.dumps({"answer": answer, "row": row}, default=str) + "\n"
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):  # it has ended; the reply's error says how
            pass
        reply = self._reply(self.timeout)
        if "score" not in reply:
            raise self._problem(reply)
        score: float | None = reply["score"]
        if score is not None and not math.isfinite(score):
            raise self._wrong_type(f"float: {score}")
        return score

    def _last_words(self) -> tuple[str, ...]:
        self._log.seek(0)
        lines = self._log.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        return tuple(lines[-1:])

    # --- what can be wrong --------------------------------------------------------------------------

    def _check_file(self, path: str) -> None:
        if not self.file.is_relative_to(self.root):
            raise _error(
                PythonMissing, f"`{self.function}` lies outside the project", (f"project: {self.root}",)
            )
        if not self.file.is_file() or not self.name:
            others = (
                sorted(each.name for each in self.file.parent.glob("*.py"))
                if self.file.parent.is_dir()
                else []
            )
            near = nearest(self.file.name, others)
            helps = (
                (f"`{near}` is there",)
                if near
                else ("the form is `file.py:function`, from the project's folder",)
            )
            raise _error(PythonMissing, f"there is no file `{path}`", (f"looked for {self.file}",), helps)

    def _check_ready(self, reply: dict[str, Any]) -> None:
        if not reply.get("ready"):
            self.close()
            raise self._problem(reply)

    def _problem(self, reply: dict[str, Any]) -> RecipeError:
        message, where = reply["message"], self._place(reply)
        if reply["kind"] == "missing":
            return self._no_function(message)
        if reply["kind"] == "type":
            return self._wrong_type(message)
        if reply["kind"] == "loading":
            return _error(PythonMissing, f"`{self.file.name}` cannot be loaded: {message}", where)
        return self._failed(f"`{self.function}` failed: {message}", where)

    def _place(self, reply: dict[str, Any]) -> tuple[str, ...]:
        if not reply["line"]:
            return ()
        return (f"{self.file.relative_to(self.root).as_posix()}:{reply['line']}: {reply['text']}",)

    def _no_function(self, others: str) -> RecipeError:
        near = nearest(self.name, json.loads(others)) if others.startswith("[") else None
        helps = (f"`{near}` is there",) if near else ()
        return _error(PythonMissing, f"`{self.file.name}` has no function `{self.name}`", (), helps)

    def _wrong_type(self, found: str) -> RecipeError:
        helps = ("a score is a finite number, or None where there is nothing to say",)
        return _error(PythonWrongType, f"`{self.function}` gave no number", (f"it gave {found}",), helps)

    def _failed(self, message: str, notes: tuple[str, ...]) -> RecipeError:
        helps = ("None is a score too: the answer then counts neither way",)
        return _error(PythonFailed, message, notes, helps)


def _error(kind: Any, message: str, notes: tuple[str, ...], helps: tuple[str, ...] = ()) -> RecipeError:
    return RecipeError(Diagnostic(kind, message, notes=notes, helps=tuple(Help(each) for each in helps)))


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """A line of its output; empty when it has ended, None when time is up."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        # The worker writes a line in one piece, so what is readable is a whole line.
        ready = selector.select(max(0.0, deadline - time.monotonic()))
    return process.stdout.readline() if ready else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and closes the pipes."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
