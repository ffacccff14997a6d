"""Tries a back end out before anything is trusted to it."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path

from recipedsl.runtime.sandbox.backends import Backend
from recipedsl.runtime.sandbox.limits import Limits, Program
from recipedsl.runtime.sandbox.run import SandboxBroken, run_on

_LIMITS = Limits(seconds=20.0, memory=512 << 20)

#: What programs use of the standard library; an interpreter that cannot load it is of no use.
_LOADS = "import collections, decimal, datetime, heapq, itertools, json, math, random, re, sqlite3, typing"

_ISOLATED = """
import os, socket
for path in secrets.splitlines():
    assert not os.path.exists(path), 'a file of the user can be seen: ' + path
try:
    socket.create_connection(('127.0.0.1', int(port)), 2)
except OSError:
    pass
else:
    raise AssertionError('the network can be reached')
assert os.getuid() != 0, 'it runs as root'
assert not os.listdir('.'), 'its folder is not empty'
known = {'PATH', 'HOME', 'TMPDIR', 'LANG', 'PYTHONHASHSEED', 'PWD', 'LC_CTYPE'}
assert set(os.environ) <= known, 'the environment came along'
"""


def problem_of(backend: Backend) -> str:
    """Why a back end cannot be used here; empty when it works.

    The trial runs a real program: it must load the standard library, and inside an isolating back
    end must neither see a file that was just written nor reach a port that was just opened.
    """
    if backend.name == "bubblewrap" and not shutil.which("bwrap"):
        return "it is not installed"
    try:
        return _problem_of_loading(backend) or (_problem_of_isolation(backend) if backend.isolates else "")
    except (SandboxBroken, OSError) as problem:
        return str(problem)


def _problem_of_loading(backend: Backend) -> str:
    outcome = run_on(backend, Program("", _LOADS), _LIMITS)
    return "" if outcome.passed else _last_line(outcome.stderr) or outcome.reason


def _problem_of_isolation(backend: Backend) -> str:
    """A secret file and an open port of the machine must be out of reach."""
    with (
        tempfile.NamedTemporaryFile(prefix="secret-") as secret,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        paths = (secret.name, str(Path(__file__)), "/etc/passwd")
        names = (("secrets", "\n".join(paths)), ("port", str(server.getsockname()[1])))
        outcome = run_on(backend, Program("", _ISOLATED, names), _LIMITS)
    return "" if outcome.passed else _last_line(outcome.stderr) or outcome.reason


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
