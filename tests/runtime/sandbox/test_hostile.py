"""Programs that mean harm: none passes, none reaches anything, all end in time."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recipedsl.runtime.sandbox import Outcome, Program
from recipedsl.runtime.sandbox.backends import Backend, can_change_user, candidates
from recipedsl.runtime.sandbox.limits import Limits, Policy
from recipedsl.runtime.sandbox.run import run_on
from recipedsl.runtime.sandbox.seccomp import filter_of
from recipedsl.runtime.sandbox.trial import problem_of

LIMITS = Limits(seconds=3.0, memory=256 << 20)
TESTS = "assert f(2) == 4\nassert f(3) == 9\n"


def _backends() -> list[Backend]:
    """Those of this machine; for root also those of other people, with a namespace of users."""
    mine = [each for each in candidates(Policy()) if each.isolates]
    if not can_change_user():
        return mine
    filter_ = filter_of(network=True)
    return mine + [Backend(name, True, False, filter_) for name in ("bubblewrap", "namespaces")]


def _id(backend: Backend) -> str:
    return f"{backend.name}-{'other-user' if backend.other_user else 'user-namespace'}"


@pytest.fixture(params=_backends(), ids=_id, scope="session")
def backend(request: pytest.FixtureRequest) -> Backend:
    problem = problem_of(request.param)
    if problem:
        pytest.skip(f"{_id(request.param)} does not work here: {problem}")
    chosen: Backend = request.param
    return chosen


def run(backend: Backend, code: str, tests: str = TESTS, limits: Limits = LIMITS) -> Outcome:
    return run_on(backend, Program(code, tests), limits)


@pytest.fixture
def no_leftovers() -> Iterator[None]:
    """No process of a sandbox may outlive its program; those of tests that run beside end by themselves."""
    yield
    left, deadline = _sandboxed(), time.monotonic() + 8
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left &= _sandboxed()
    assert not left


def _sandboxed() -> set[str]:
    """Processes with the text of `inside.py` or `enter.py` on their command line."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            content = each.read_bytes()
            if b"def close_doors" in content or b"def build_root" in content:
                found.add(each.parent.name)
    return found


# --- a program that does what it should -----------------------------------------------------------


def test_right_program_passes(backend: Backend) -> None:
    assert run(backend, "def f(x): return x * x").passed


def test_wrong_program_fails_and_says_why(backend: Backend) -> None:
    outcome = run(backend, "def f(x): return x + x")
    assert (outcome.status, outcome.reason) == ("failed", "the tests: AssertionError")


def test_output_is_kept(backend: Backend) -> None:
    outcome = run(backend, "print('seen')\nf = lambda x: x * x")
    assert (outcome.stdout, outcome.passed) == ("seen\n", True)


# --- a program that pretends ------------------------------------------------------------------------

PRETENDERS = {
    "exit": "import sys\nsys.exit(0)",
    "exit_in_function": "import sys\ndef f(x): sys.exit(0)",
    "hard_exit": "import os\nos._exit(0)",
    "hard_exit_in_function": "import os\ndef f(x): os._exit(0)",
    "raises_system_exit": "raise SystemExit(0)",
    "atexit": "import atexit, os\natexit.register(os._exit, 0)\nraise SystemExit(0)",
    "thread_exits": "import os, threading\nthreading.Timer(0.05, os._exit, (0,)).start()\nimport time\ntime.sleep(2)",
    "exec": "import os\nos.execv('/bin/true', ['true'])",
    "exec_python": "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', ''])",
    "equals_everything": "class E:\n def __eq__(self, o): return True\ndef f(x): return E()",
    "equals_in_a_list": "class E(int):\n def __eq__(self, o): return True\n __hash__ = None\ndef f(x): return E(7)",
    "new_assertion_error": "import builtins\nbuiltins.AssertionError = type('N', (BaseException,), {})\nf = abs",
    "new_builtins": "import builtins\nbuiltins.exec = builtins.compile = lambda *a: None\nf = abs",
    "new_import": "import builtins\nbuiltins.__import__ = lambda *a, **k: None\nf = abs",
    "writes_to_every_handle": "import os\nfor n in range(3, 64):\n try: os.write(n, b'SAP' + b'0' * 16)\n except OSError: pass\nf = abs",
    "reads_every_handle": (
        "import os\nfor n in range(3, 64):\n try:\n  os.set_blocking(n, False)\n  print(os.read(n, 999))\n"
        " except OSError: pass\nf = abs"
    ),
    "trace": "import sys\nsys.settrace(lambda *a: None)\nsys.excepthook = lambda *a: None\nf = abs",
    "dead_stderr": "import sys\nsys.stderr = None\nsys.stdout = None\nf = abs",
    "optimised_away": "import sys\nsys.flags = None\n__debug__ if True else 0\nf = abs",
    "kills_its_parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nf = abs",
    "kills_everyone": "import os, signal\nos.kill(-1, signal.SIGKILL)\nf = abs",
    "kills_itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "recursion": "def f(x): return f(x)",
    "not_python": "select 1;",
    "empty": "",
}


@pytest.mark.parametrize("name", PRETENDERS)
def test_pretender_does_not_pass(backend: Backend, name: str) -> None:
    outcome = run(backend, PRETENDERS[name])
    assert outcome.status in ("failed", "killed")
    assert outcome.reason


def test_tests_are_not_on_the_socket_while_the_program_runs(backend: Backend) -> None:
    code = (
        "import os\nfound = b''\nfor n in range(3, 64):\n try:\n  os.set_blocking(n, False)\n  found += os.read(n, 9999)\n"
        " except OSError: pass\nprint(found)"
    )
    assert "== 4" not in run(backend, code).stdout


def test_patched_builtins_are_put_back(backend: Backend) -> None:
    code = "import builtins\nf = lambda x: x * x\nbuiltins.sorted = lambda *a: 1\n"
    assert run(backend, code, "assert sorted([2, 1]) == [1, 2]").passed


def test_honest_equality_still_counts(backend: Backend) -> None:
    code = "class P:\n def __init__(s, x): s.x = x\n def __eq__(s, o): return s.x == (o.x if isinstance(o, P) else o)\n"
    assert run(backend, code, "assert P(3) == P(3)\nassert P(3) == 3\nassert not P(3) == 4").passed


# --- a program that takes too much ------------------------------------------------------------------


@pytest.mark.usefixtures("no_leftovers")
def test_endless_loop(backend: Backend) -> None:
    outcome = run(backend, "while True: pass", limits=Limits(seconds=0.5, memory=256 << 20))
    assert outcome.status == "timeout"
    assert 0.4 < outcome.seconds < 2


@pytest.mark.usefixtures("no_leftovers")
def test_sleeper_that_ignores_signals(backend: Backend) -> None:
    code = "import signal, time\nfor n in range(1, 30):\n try: signal.signal(n, signal.SIG_IGN)\n except OSError: pass\ntime.sleep(60)"
    assert run(backend, code, limits=Limits(seconds=0.5, memory=256 << 20)).status == "timeout"


def test_memory(backend: Backend) -> None:
    assert run(backend, "x = bytearray(1 << 30)").status == "memory"
    assert run(backend, "x = []\nwhile True: x.append(bytes(1 << 20))").status == "memory"


@pytest.mark.usefixtures("no_leftovers")
def test_memory_of_many_processes(backend: Backend) -> None:
    code = (
        "import os, time\nfor _ in range(12):\n if os.fork() == 0:\n  x = bytearray(b'x' * (100 << 20))\n  time.sleep(9)\n"
        "time.sleep(9)"
    )
    assert run(backend, code).status == "memory"


def test_memory_behind_files(backend: Backend) -> None:
    code = "import os\nfor n in range(40):\n h = os.memfd_create(str(n))\n os.write(h, bytes(8 << 20))"
    outcome = run(backend, code)
    assert outcome.status == "failed"
    assert "PermissionError" in outcome.stderr


@pytest.mark.usefixtures("no_leftovers")
def test_fork_bomb(backend: Backend) -> None:
    _skip_where_root_is_not_counted(backend)
    before = time.monotonic()
    outcome = run(
        backend,
        "import os\nwhile True:\n try: os.fork()\n except OSError: pass",
        limits=Limits(1.0, 256 << 20),
    )
    assert outcome.status in ("timeout", "killed", "memory")
    assert time.monotonic() - before < 10


@pytest.mark.usefixtures("no_leftovers")
def test_number_of_processes_is_limited(backend: Backend) -> None:
    _skip_where_root_is_not_counted(backend)
    code = "import os, time\nfor n in range(100):\n try:\n  if os.fork() == 0: time.sleep(5)\n except OSError: break\nprint(n)"
    outcome = run(backend, code, "")
    assert int(outcome.stdout) < 40


@pytest.mark.usefixtures("no_leftovers")
def test_daemon_does_not_outlive_its_program(backend: Backend) -> None:
    code = (
        "import os, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  time.sleep(60)\n os._exit(0)\n"
        "f = lambda x: x * x"
    )
    outcome = run(backend, code)
    assert outcome.passed
    assert outcome.seconds < 2


@pytest.mark.usefixtures("no_leftovers")
def test_output_flood(backend: Backend) -> None:
    outcome = run(backend, "import os\nwhile True: os.write(1, b'x' * 65536)")
    assert outcome.status == "killed"
    assert len(outcome.stdout) <= LIMITS.output
    outcome = run(backend, "import os\nwhile True: os.write(2, b'x' * 65536)")
    assert outcome.status == "killed"
    assert len(outcome.stderr) <= LIMITS.output


def test_big_file(backend: Backend) -> None:
    outcome = run(backend, "h = open('big', 'wb')\nwhile True: h.write(bytes(1 << 20))")
    assert outcome.status == "failed"
    assert "OSError" in outcome.stderr


def test_many_files(backend: Backend) -> None:
    outcome = run(backend, "for n in range(100):\n with open(str(n), 'wb') as h: h.write(bytes(1 << 20))")
    assert outcome.status == "failed"
    assert "No space left" in outcome.stderr


def test_open_files(backend: Backend) -> None:
    outcome = run(backend, "h = [open(str(n), 'w') for n in range(2000)]")
    assert "Too many open files" in outcome.stderr


def _skip_where_root_is_not_counted(backend: Backend) -> None:
    if not backend.other_user and os.geteuid() == 0:
        pytest.skip("the kernel counts no processes of root; root's programs get a user of their own")


# --- a program that looks around --------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/shadow", "/proc/1/environ", "/sys/class", "/var/log", "/home", "/dev/shm"]
)
def test_system_is_out_of_sight(backend: Backend, path: str) -> None:
    assert run(backend, f"import os\nassert not os.path.exists({path!r})\nf = lambda x: x * x").passed


def test_user_files_are_out_of_sight(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    places = [
        str(tmp_path),
        str(Path(__file__).parent),
        str(Path.home() / ".ssh"),
        str(Path.home() / ".cache"),
    ]
    code = f"import os\nassert not any(os.path.exists(each) for each in {places!r})\nf = lambda x: x * x"
    assert run(backend, code).passed


def test_home_shows_the_interpreter_at_most(backend: Backend) -> None:
    code = (
        "import os, sys\nhome = sys.base_prefix\nwhile home != '/':\n below, home = os.path.basename(home), os.path.dirname(home)\n"
        " assert os.listdir(home) == [below] or home in ('/', '/usr'), (home, os.listdir(home))\nf = lambda x: x * x"
    )
    outcome = run(backend, code)
    assert outcome.passed, outcome.stderr


def test_folder_is_empty_and_the_only_place_to_write(backend: Backend) -> None:
    code = (
        "import os\nassert os.listdir('.') == []\nopen('x', 'w').close()\n"
        "for place in ('/', '/usr/lib', '/dev', os.path.dirname(os.__file__)):\n"
        " try: open(place + '/x', 'w')\n except OSError: continue\n raise AssertionError(place)\nf = lambda x: x * x"
    )
    outcome = run(backend, code)
    assert outcome.passed, outcome.stderr
    assert run(backend, "import os\nassert os.listdir('.') == []\nf = lambda x: x * x").passed


def test_environment_is_clean(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    outcome = run(backend, "import os\nprint(sorted(os.environ.items()))\nf = lambda x: x * x")
    assert "hf_secret" not in outcome.stdout
    assert outcome.passed


def test_network_is_unreachable(backend: Backend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)"
        outcome = run(backend, code)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert outcome.status == "failed"
    assert re.search(r"ConnectionRefusedError|OSError: .*unreachable", outcome.stderr)


def test_names_do_not_resolve(backend: Backend) -> None:
    assert "gaierror" in run(backend, "import socket\nsocket.getaddrinfo('example.org', 80)").stderr


def test_hypervisor_is_unreachable(backend: Backend) -> None:
    assert "PermissionError" in run(backend, "import socket\nsocket.socket(socket.AF_VSOCK)").stderr


def test_rights_are_gone(backend: Backend) -> None:
    code = (
        "import os, ctypes\nassert os.getuid() != 0\nlib = ctypes.CDLL(None)\n"
        "assert lib.unshare(0x10000000) == -1\nassert lib.unshare(0x20000) == -1\n"
        "assert lib.mount(b'x', b'/tmp', b'tmpfs', 0, 0) == -1\nassert lib.ptrace(0, 0, 0, 0) == -1\n"
        "assert lib.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) == -1\n"
        "try: os.setuid(0)\nexcept OSError: pass\nelse: raise AssertionError\nf = lambda x: x * x"
    )
    outcome = run(backend, code)
    assert outcome.passed, outcome.stderr


def test_limits_cannot_be_raised(backend: Backend) -> None:
    code = (
        "import resource\nfor kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):\n"
        " try: resource.setrlimit(kind, (1 << 40, 1 << 40))\n except (ValueError, OSError): continue\n raise AssertionError(kind)\n"
        "f = lambda x: x * x"
    )
    assert run(backend, code).passed


def test_host_name_and_processes_of_the_machine_are_hidden(backend: Backend) -> None:
    code = "import os\nassert os.getpid() < 10\nf = lambda x: x * x"
    assert run(backend, code).passed
