"""The command line as a process: what only shows there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from tests.cli.conftest import GOOD

ROOT = Path(__file__).parents[2]
START = "from recipedsl.cli.main import main; main()"

#: Nothing of these may be imported to answer `--help`; `check` may have the parser and the concepts.
HEAVY = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "polars",
    "tokenizers",
    "numpy",
    "pyarrow",
    "rich",
)
NOT_FOR_HELP = (*HEAVY, "pydantic", "lark", "rapidfuzz")


def process(
    *arguments: str, code: str = START, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**variables, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def imported(arguments: list[str], cwd: Path = ROOT) -> set[str]:
    """Modules that are there when a command has ended."""
    code = (
        "import sys\n"
        "from recipedsl.cli.boundary import guarded\n"
        "from recipedsl.cli.main import group\n"
        f"guarded(group, {arguments!r})\n"
        "print('modules', *sys.modules)"
    )
    done = process(code=code, cwd=cwd)
    return set(done.stdout.rpartition("modules ")[2].split())


def test_help_imports_nothing_heavy() -> None:
    assert not imported(["--help"]).intersection(NOT_FOR_HELP)


def test_check_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.jsonl").write_text('{"question": "a", "answer": "b"}\n')
    (tmp_path / "a.ftr").write_text(GOOD)
    assert not imported(["check"], tmp_path).intersection(HEAVY)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "bad.ftr").write_text(GOOD.replace("from = base", "from = bsae"))
    return tmp_path


def test_piped_output_has_no_escape_codes(bad: Path) -> None:
    done = process("check", "bad.ftr", cwd=bad)
    assert done.returncode == exit_codes.RECIPE_ERRORS
    assert "error[N101]" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_colour_can_be_forced_and_refused(bad: Path) -> None:
    assert "\x1b[1;31merror[N101]" in process("check", "bad.ftr", cwd=bad, FORCE_COLOR="1").stdout
    assert "\x1b" not in process("check", "bad.ftr", cwd=bad, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_letters_that_the_terminal_lacks_are_spelled_out(bad: Path) -> None:
    (bad / "bad.ftr").write_text(GOOD.replace("from = base", "from = 日本"), encoding="utf-8")
    done = process("check", "bad.ftr", cwd=bad, PYTHONIOENCODING="latin-1")
    assert done.returncode == exit_codes.RECIPE_ERRORS
    assert "from = \\u65e5\\u672c" in done.stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['recipedsl', 'explain', '--list']; " + START
    writer = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(timeout=60) == exit_codes.FINE
