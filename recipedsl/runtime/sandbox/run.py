"""Runs programs that a model wrote."""

from __future__ import annotations

import ast
import functools
import marshal
import math
import os
import secrets
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_scores import SandboxFailed, TestsUnreadable
from recipedsl.runtime.sandbox.backends import Backend, find_backend
from recipedsl.runtime.sandbox.limits import Limits, Outcome, Policy, Program, Status
from recipedsl.runtime.sandbox.watch import Ended, watch

_ATTEMPTS = 3


class SandboxBroken(Exception):
    """A sandbox did not come up: nothing can be said of the program."""


def run_program(
    program: str | Program, *, timeout: float, memory: int, output: int = 64_000, policy: Policy | None = None
) -> Outcome:
    """Runs a program, and tests after it, in a process of its own, away from network and files.

    Args:
        program: Python, or a program with its tests.
        timeout: seconds, from the program's first line.
        memory: bytes.
        output: bytes that it may write to standard output and error.
        policy: what is allowed; isolation is a must if left out.

    Raises:
        RecipeError: nothing isolates on this machine (R650), the sandbox fails (R651), or the tests
            are no Python (R652).
    """
    whole = Program(program) if isinstance(program, str) else program
    limits = Limits(seconds=timeout, memory=memory, output=output)
    backend = find_backend(policy or Policy())
    return _with_patience(backend, whole, limits)


def run_programs(
    programs: Sequence[str | Program],
    *,
    timeout: float,
    memory: int,
    output: int = 64_000,
    policy: Policy | None = None,
    workers: int = 2,
) -> list[Outcome]:
    """`run_program` for several, `workers` at a time; outcomes in order."""

    def run(program: str | Program) -> Outcome:
        return run_program(program, timeout=timeout, memory=memory, output=output, policy=policy)

    if len(programs) < 2 or workers < 2:
        return [run(each) for each in programs]
    with ThreadPoolExecutor(workers, "program") as pool:
        return list(pool.map(run, programs))


def _with_patience(backend: Backend, program: Program, limits: Limits) -> Outcome:
    """A machine that is out of processes or namespaces for a moment does not fail an answer."""
    for attempt in range(_ATTEMPTS):
        try:
            return run_on(backend, program, limits)
        except SandboxBroken as problem:
            reason = str(problem)
            time.sleep(0.2 * attempt)
    raise RecipeError(
        Diagnostic(
            SandboxFailed,
            "the sandbox for programs does not start any more",
            notes=(f"{backend.name}: {reason}",),
            helps=(Help("`--allow-unsandboxed` runs programs under limits alone"),),
        )
    )


def run_on(backend: Backend, program: Program, limits: Limits) -> Outcome:
    """Runs a program on one back end.

    Raises:
        SandboxBroken: the back end did not get as far as the program.
    """
    nonce = secrets.token_bytes(16)
    user = backend.user()
    job = {
        "code": program.code,
        "names": dict(program.names),
        "limits": _for_kernel(limits, backend),
        "user": user,
        "filter": backend.filter,
    }
    rest: dict[str, Any] = {"tests": marshal.dumps(compile_tests(program.tests)), "nonce": nonce}
    with backend.start(limits, user) as start:
        ended = watch(start, [job], rest, limits)
    if not ended.started:
        raise SandboxBroken(_text(ended.stderr).strip() or f"it ended with status {ended.code}")
    return _outcome(ended, nonce, limits)


def _for_kernel(limits: Limits, backend: Backend) -> dict[str, int]:
    """Limits by the names that `inside.py` gives to the kernel."""
    ours = 0 if backend.isolates or backend.other_user else _threads_of_user()
    return {
        "cpu": math.ceil(limits.seconds) + 1,
        "memory": limits.memory,
        "file": limits.file,
        "handles": limits.handles,
        "processes": limits.processes + ours,
    }


def _threads_of_user() -> int:
    """Threads that our user runs; where a program has no user of its own the kernel counts them all."""
    if not Path("/proc/self").exists():
        return 4096
    mine = (each for each in Path("/proc").iterdir() if each.name.isdigit())
    return sum(_threads_if_mine(each) for each in mine)


def _threads_if_mine(process: Path) -> int:
    try:
        if process.stat().st_uid != os.getuid():
            return 0
        return sum(1 for _ in (process / "task").iterdir())
    except OSError:  # it has gone meanwhile
        return 0


# --- tests ------------------------------------------------------------------------------------------


class _Equalities(ast.NodeTransformer):
    """`a == b` of the tests becomes a call that looks through objects which equal everything."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
            return node
        name = ast.Name("__same__", ast.Load())
        return ast.copy_location(ast.Call(name, [node.left, node.comparators[0]], []), node)


@functools.lru_cache(maxsize=1024)
def compile_tests(tests: str) -> Any:
    """The tests as a code object.

    Raises:
        RecipeError: they are no Python.
    """
    try:
        tree = ast.fix_missing_locations(_Equalities().visit(ast.parse(tests, "tests")))
        return compile(tree, "tests", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", None)
        raise RecipeError(
            Diagnostic(
                TestsUnreadable,
                "the tests of a row are no Python that can be read",
                notes=(
                    f"{problem}",
                    f"line {line}: {(tests.splitlines() or [''])[line - 1]}" if line else tests[:200],
                ),
                helps=(Help("`where code_ok(tests)` in the pipeline sets such rows aside"),),
            )
        ) from None


# --- outcomes ---------------------------------------------------------------------------------------

_VERDICTS: dict[str, tuple[Status, str]] = {
    "timeout": ("timeout", "it took longer than the time limit"),
    "memory": ("memory", "it took more memory than the limit"),
    "output": ("killed", "it wrote more than the limit"),
    "forged": ("killed", "it wrote to the socket of the sandbox"),
    "processes": ("killed", "it started more processes than the limit"),
}


def _outcome(ended: Ended, nonce: bytes, limits: Limits) -> Outcome:
    status, reason = _judge(ended, nonce)
    stdout, stderr = _text(ended.stdout[: limits.output]), _text(ended.stderr)
    return Outcome(status, stdout, stderr, ended.seconds, reason)


def _judge(ended: Ended, nonce: bytes) -> tuple[Status, str]:
    if ended.verdict:
        return _VERDICTS[ended.verdict]
    if ended.reply == b"SAP" + nonce and ended.code == 0:
        return "passed", ""
    if ended.reply.endswith(b"M"):
        return _VERDICTS["memory"]
    if ended.code == 128 + signal.SIGXCPU:
        return _VERDICTS["timeout"]
    if ended.code > 128:
        return "killed", f"a signal ended it: {_signal_name(ended.code - 128)}"
    return "failed", _failure(ended)


def _failure(ended: Ended) -> str:
    last = (_text(ended.stderr).strip().splitlines() or [""])[-1]
    who = "the tests" if ended.reply.startswith(b"SA") else "the program"
    return f"{who}: {last}" if last else f"{who} ended early with status {ended.code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
