"""Running programs: real rows, batches, what is allowed, what is refused."""

from __future__ import annotations

import json
import socket
import struct
import time
from pathlib import Path

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.runtime.sandbox import Policy, Program, backends, describe_backend, run_program, run_programs
from recipedsl.runtime.sandbox.backends import Backend, candidates
from recipedsl.runtime.sandbox.limits import Limits
from recipedsl.runtime.sandbox.run import SandboxBroken, compile_tests, run_on
from recipedsl.runtime.sandbox.seccomp import ARCHITECTURES, filter_of
from recipedsl.runtime.sandbox.trial import problem_of
from recipedsl.runtime.sandbox.view import find_view
from recipedsl.runtime.scores.programs import program_of

MEMORY = 512 << 20
SQUARE = Program("def f(x): return x * x", "assert f(2) == 4")
RECIPES = Path(__file__).parents[3] / "recipes" / "data"


def isolates() -> bool:
    try:
        return describe_backend(Policy()) != ""
    except RecipeError:
        return False


needs_isolation = pytest.mark.skipif(not isolates(), reason="nothing isolates on this machine")


# --- what is run ------------------------------------------------------------------------------------


@needs_isolation
def test_program_alone() -> None:
    assert run_program("print(6 * 7)", timeout=5, memory=MEMORY).stdout == "42\n"
    assert (
        run_program("1 / 0", timeout=5, memory=MEMORY).reason
        == "the program: ZeroDivisionError: division by zero"
    )


@needs_isolation
def test_batch_keeps_its_order() -> None:
    programs = [f"print({number})" for number in range(6)]
    assert [each.stdout for each in run_programs(programs, timeout=5, memory=MEMORY)] == [
        f"{number}\n" for number in range(6)
    ]
    assert run_programs([], timeout=5, memory=MEMORY) == []


@needs_isolation
def test_answers_do_not_depend_on_the_hash_seed() -> None:
    program = "print([*{'a', 'b', 'c', 'd', 'e'}], hash('x'))"
    assert len({run_program(program, timeout=5, memory=MEMORY).stdout for _ in range(3)}) == 1


@needs_isolation
def test_dataclasses_and_main_work_as_in_a_script() -> None:
    code = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport pickle\n"
        "@dataclass(frozen=True)\nclass P:\n    x: int\n"
        "if __name__ == '__main__':\n    ran = True\nassert pickle.loads(pickle.dumps(P(1))) == P(1)"
    )
    outcome = run_program(Program(code, "assert ran\nassert P(1) == P(1)"), timeout=5, memory=MEMORY)
    assert outcome.passed, outcome.stderr


@needs_isolation
def test_threads_and_event_loops_work() -> None:
    code = (
        "import asyncio, threading\nfound = []\n"
        "t = threading.Thread(target=found.append, args=(1,))\nt.start()\nt.join()\n"
        "async def two():\n    await asyncio.sleep(0)\n    return 2\nfound.append(asyncio.run(two()))"
    )
    assert run_program(Program(code, "assert found == [1, 2]"), timeout=5, memory=MEMORY).passed


@needs_isolation
def test_start_is_quick() -> None:
    run_program("", timeout=5, memory=MEMORY)
    began = time.monotonic()
    for _ in range(5):
        run_program("", timeout=5, memory=MEMORY)
    # About 30 ms where nothing else runs; the bound is wide for machines that do a lot beside.
    assert (time.monotonic() - began) / 5 < 1.0


@needs_isolation
@pytest.mark.parametrize("tests", ["assert f(1) = 2", "def", "\0", "(" * 500])
def test_tests_that_are_no_python(tests: str) -> None:
    with pytest.raises(RecipeError, match="R652"):
        run_program(Program("", tests), timeout=5, memory=MEMORY)


def test_equalities_keep_their_lines() -> None:
    code = compile_tests("x = 1\n\nassert x == 2")
    with pytest.raises(AssertionError) as problem:
        exec(code, {"__same__": lambda left, right: left == right})
    assert problem.traceback[-1].lineno == 2  # counted from 0


def _rows(name: str, step: int) -> list[dict[str, str]]:
    if not (RECIPES / name).exists():
        pytest.skip(f"there is no recipes/data/{name}")
    return [json.loads(line) for line in (RECIPES / name).read_text("utf-8").splitlines()][::step]


@needs_isolation
def test_real_answers_pass_their_tests() -> None:
    rows = _rows("coding.jsonl", 12)
    programs = [program_of(row["answer"], row["tests"], row["language"]) for row in rows]
    assert all(each.passed for each in run_programs(programs, timeout=10, memory=MEMORY))


@needs_isolation
@pytest.mark.parametrize(("column", "passes"), [("chosen", True), ("rejected", False)])
def test_real_pairs_differ_in_their_tests(column: str, passes: bool) -> None:
    rows = _rows("preferences.jsonl", 16)
    programs = [program_of(row[column], row["tests"]) for row in rows]
    assert {each.passed for each in run_programs(programs, timeout=10, memory=MEMORY)} == {passes}


# --- what is allowed --------------------------------------------------------------------------------


@pytest.fixture
def nothing_isolates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without bubblewrap and without namespaces."""

    def broken(name: str) -> Backend:
        return Backend(name, isolates=True, filter=b"\xff" * 8)

    def found(policy: Policy) -> list[Backend]:
        return [broken("namespaces"), *(each for each in candidates(policy) if not each.isolates)]

    monkeypatch.setattr(backends, "candidates", found)
    backends._find_backend.cache_clear()
    yield
    backends._find_backend.cache_clear()


@pytest.mark.usefixtures("nothing_isolates")
def test_refusal_says_what_to_do() -> None:
    with pytest.raises(RecipeError) as refusal:
        run_program("", timeout=5, memory=MEMORY)
    (diagnostic,) = refusal.value.diagnostics
    assert diagnostic.code == "R650"
    assert "apt install bubblewrap" in diagnostic.helps[0].text
    assert "--allow-unsandboxed" in diagnostic.helps[-1].text
    assert diagnostic.notes[0].startswith("namespaces: ")


@pytest.mark.usefixtures("nothing_isolates")
def test_accepted_risk_runs_and_is_recorded() -> None:
    policy = Policy(allow_unsandboxed=True)
    assert describe_backend(policy) == "none (allowed)"
    assert run_program(SQUARE, timeout=5, memory=MEMORY, policy=policy).passed


PLAIN = Backend("none", False, False, filter_of(network=False, processes=False))
LIMITS = Limits(seconds=2.0, memory=256 << 20)


def plain(code: str, tests: str = "assert f(2) == 4") -> str:
    return run_on(PLAIN, Program(code, tests), LIMITS).status


def test_limits_hold_without_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert plain("f = lambda x: x * x") == "passed"
    assert plain("f = abs") == "failed"
    assert plain("import os\nos._exit(0)") == "failed"
    assert plain("while True: pass") == "timeout"
    assert plain("x = bytearray(1 << 30)") == "memory"
    assert plain("h = open('x', 'wb')\nwhile True: h.write(bytes(1 << 20))") == "failed"
    assert (
        plain(
            "import os\nassert 'HF_TOKEN' not in os.environ\nassert os.listdir() == []\nf = lambda x: x * x"
        )
        == "passed"
    )


def test_no_processes_and_no_network_without_a_sandbox() -> None:
    if not PLAIN.filter:
        pytest.skip("there is no filter of system calls for this processor")
    assert plain("import os\nos.fork()") == "failed"
    assert plain("import subprocess\nsubprocess.run(['/bin/true'])") == "failed"
    assert (
        plain(
            "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()\nf = lambda x: x * x"
        )
        == "passed"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert (
            plain(f"import socket\nsocket.create_connection({server.getsockname()!r}, 1)\nf = lambda x: 4")
            == "failed"
        )


def test_folder_of_a_plain_run_goes_away() -> None:
    outcome = run_on(PLAIN, Program("import os\nprint(os.getcwd())\nopen('x', 'w').close()"), LIMITS)
    assert outcome.stdout.strip()
    assert not Path(outcome.stdout.strip()).exists()


# --- back ends --------------------------------------------------------------------------------------


def test_broken_backend_is_not_an_answer_that_failed() -> None:
    broken = Backend("none", False, False, b"\xff" * 8)
    with pytest.raises(SandboxBroken):
        run_on(broken, SQUARE, LIMITS)
    assert problem_of(broken)


def test_missing_bubblewrap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert problem_of(Backend("bubblewrap")) == "it is not installed"


def test_trial_sees_through_a_backend_that_does_not_isolate() -> None:
    pretender = Backend("none", True, False, filter_of(network=True))
    assert "a file of the user can be seen" in problem_of(pretender)


def test_view_holds_no_folder_above_the_interpreter() -> None:
    view = find_view()
    assert not {"/", "/usr", "/home", "/root", str(Path.home())} & set(view.binds)
    assert view.interpreter in view.binds or any(
        Path(each) in Path(view.interpreter).parents for each in view.binds
    )


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("processes", [True, False])
def test_filter_is_well_formed(machine: str, processes: bool) -> None:
    """Every jump lands inside, and the last instruction returns (the kernel asks for both)."""
    content = filter_of(network=True, processes=processes, machine=machine)
    instructions = [struct.unpack_from("=HBBI", content, at) for at in range(0, len(content), 8)]
    for place, (code, yes, no, _) in enumerate(instructions):
        if code & 0x07 == 0x05:
            assert place + 1 + max(yes, no) < len(instructions)
    assert instructions[-1][0] == 0x06


def test_unknown_processor_has_no_filter() -> None:
    assert filter_of(network=True, machine="vax") == b""
