"""What a program may use up, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "timeout", "memory", "killed"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one program.

    Attributes:
        seconds: wall clock from the moment the program starts; every process has as much CPU time.
        memory: bytes of address space of one process, and of memory of all together.
        output: bytes on standard output and error together; one more ends the program.
        processes: processes and threads alive at once.
        file: bytes of the largest file.
        disk: bytes of all files.
        handles: open files of one process.
    """

    seconds: float
    memory: int
    output: int = 64_000
    processes: int = 32
    file: int = 8 << 20
    disk: int = 16 << 20
    handles: int = 64


@dataclass(frozen=True, slots=True)
class Program:
    """What is run: a program, and tests that run after it in the same namespace.

    Attributes:
        code: Python that the model wrote.
        tests: Python that its author trusts. A name in `names` is there before either of them.
        names: texts put into the namespace (`answer`).
    """

    code: str
    tests: str = ""
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a program.

    Attributes:
        status: `passed` only when both texts ran to their end; `failed` when an error or an early
            exit stopped them; `timeout`, `memory` when a limit did; `killed` when it took too many
            processes, wrote too much, or a signal ended it.
        stdout: its beginning.
        stderr: its end.
        seconds: from the start of the program.
        reason: why it did not pass, in words; empty when it did.
    """

    status: Status
    stdout: str
    stderr: str
    seconds: float
    reason: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed when programs are run.

    Attributes:
        allow_unsandboxed: run them under limits alone where the machine can isolate nothing.
        backend: name of the one back end to use; empty takes the first that works.
    """

    allow_unsandboxed: bool = False
    backend: str = ""
