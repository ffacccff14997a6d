"""`check`: what is shown, what is fixed, what a project sets, and what is watched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from recipedsl.cli.settings import forget_settings, recipes_under
from tests.cli.conftest import GOOD, Call

UNSEEDED = GOOD.replace("run { seed = 1 }\n", "let unused = 1\n")


@pytest.fixture(autouse=True)
def _fresh(project: Path) -> None:
    (project / "tiny").mkdir(exist_ok=True)
    (project / "tiny" / "config.json").write_text("{}")
    (project / "good.ftr").write_text(UNSEEDED)
    forget_settings()


def shown(call: Call, *arguments: str) -> list[str]:
    """Codes of what is shown."""
    forget_settings()
    said = call("check", "--format", "concise", *arguments)
    return [line.partition("[")[2][:4] for line in said.out.splitlines()]


# --- selection --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ((), ["L103", "L102"]),
        (("--select", "L103"), ["L103"]),
        (("--select", "missing-seed"), ["L103"]),
        (("--select", "L10"), ["L103", "L102"]),
        (("--select", "L104,L102"), ["L102"]),
        (("--ignore", "L102,L103"), []),
        (("--ignore", "l102", "--ignore", "missing-seed"), []),
        (("--ignore", "ALL"), []),
        (("--select", "L1", "--ignore", "L103"), ["L102"]),
    ],
)
def test_what_is_selected(call: Call, arguments: tuple[str, ...], codes: list[str]) -> None:
    assert shown(call, *arguments) == codes


def test_errors_are_shown_whatever_is_selected(project: Path, call: Call) -> None:
    (project / "good.ftr").write_text(UNSEEDED.replace("base,", "bsae,"))
    assert shown(call, "--select", "L104") == ["N101"]
    assert shown(call, "--ignore", "ALL") == ["N101"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "unused-declration"), "did you mean `unused-declaration`?"),
        (("--select", "L999"), "`L999` is no code"),
        (("--ignore", "D201"), "is an error, which cannot be ignored"),
        (("--ignore", "S"), "is an error, which cannot be ignored"),
        (("--unsafe-fixes",), "one of them is wanted"),
        (("--fix", "--diff"), "one of them is wanted"),
        (("--watch", "-"), "cannot watch the standard input"),
    ],
)
def test_wrong_use(call: Call, arguments: tuple[str, ...], words: str) -> None:
    said = call("check", *arguments)
    assert said.code == exit_codes.USAGE
    assert words in said.err


def test_exit_codes(project: Path, call: Call) -> None:
    assert call("check").code == exit_codes.FINE  # lints stop nothing
    (project / "good.ftr").write_text("let a = b\n")
    assert call("check").code == exit_codes.RECIPE_ERRORS
    assert call("check", "--exit-zero").code == exit_codes.FINE


def test_statistics(call: Call) -> None:
    said = call("check", "--statistics")
    assert said.out == "    1  L102  unused-declaration\n    1  L103  missing-seed\n"


# --- fixes ------------------------------------------------------------------------------------------


def test_fixes_are_applied_until_none_is_left(project: Path, call: Call) -> None:
    (project / "good.ftr").write_text(UNSEEDED.replace("ftr 1\n\n", "").replace("base,", "bsae,"))
    said = call("check", "--fix")
    text = (project / "good.ftr").read_text()
    assert text.startswith("ftr 1\n\nparam")
    assert "from = base," in text
    assert text.endswith("run { seed = 0 }\n")
    assert (
        "good.ftr:7: fixed N101: unknown model or stage `bsae`; a similar name exists: `base`"
        in said.err.replace("\n\n", "\n")
    )
    assert "fixed 3 problems in good.ftr" in said.err
    assert shown(call) == ["L102"]


def test_unsafe_fixes_are_asked_for(project: Path, call: Call) -> None:
    call("check", "--fix", "--unsafe-fixes")
    assert "unused" not in (project / "good.ftr").read_text()
    assert shown(call) == []


def test_what_is_ignored_is_not_fixed(project: Path, call: Call) -> None:
    call("check", "--fix", "--ignore", "L103")
    assert (project / "good.ftr").read_text() == UNSEEDED


def test_diff_writes_nothing(project: Path, call: Call) -> None:
    said = call("check", "--diff")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "+run { seed = 0 }" in said.out
    assert (project / "good.ftr").read_text() == UNSEEDED
    assert call("check", "--diff", "--select", "L102").code == exit_codes.FINE


def test_line_ends_are_kept(project: Path, call: Call) -> None:
    (project / "good.ftr").write_bytes(UNSEEDED.replace("base,", "bsae,").replace("\n", "\r\n").encode())
    call("check", "--fix", "--ignore", "L103")
    assert (project / "good.ftr").read_bytes() == UNSEEDED.replace("\n", "\r\n").encode()


# --- settings of a project --------------------------------------------------------------------------


def test_settings_of_the_project(project: Path, call: Call) -> None:
    (project / "pyproject.toml").write_text('[tool.recipedsl]\nignore = ["L103"]\n')
    assert shown(call) == ["L102"]
    (project / "recipedsl.toml").write_text('select = ["L103"]\n')
    assert shown(call) == ["L103"]
    assert shown(call, "--select", "L102") == ["L102"]
    (project / "recipedsl.toml").write_text('[per-file-ignores]\n"goo*.ftr" = ["L1"]\n')
    assert shown(call) == []


def test_what_the_command_line_selects_is_shown(project: Path, call: Call) -> None:
    (project / "recipedsl.toml").write_text('ignore = ["L103"]\n')
    assert shown(call, "--select", "L103") == ["L103"]


@pytest.mark.parametrize(
    ("text", "place", "code", "words"),
    [
        ('exclud = ["a"]\n', "1:1", "L181", "there is no setting `exclud`"),
        ('ignore = "L103"\n', "1:1", "L182", "`ignore` is a list of texts"),
        ('\nignore = ["L102",\n  "L999"]\n', "3:4", "L182", "`L999` is no code"),
        ('ignore = ["N101"]\n', "1:12", "L182", "is an error, which cannot be ignored"),
        ("per-file-ignores = []\n", "1:1", "L182", "is a table of globs"),
        ('[per-file-ignores]\n"x.ftr" = "L1"\n', "2:2", "L182", "`x.ftr` is a list of texts"),
        ("ignore = [L103]\n", "1:11", "L180", "cannot be read: invalid value"),
    ],
)
def test_what_is_wrong_with_settings(
    project: Path, call: Call, text: str, place: str, code: str, words: str
) -> None:
    (project / "recipedsl.toml").write_text(text)
    forget_settings()
    said = call("check", "--format", "concise")
    line = next(each for each in said.out.splitlines() if "toml" in each)
    assert line.startswith(f"recipedsl.toml:{place}: error[{code}]")
    assert words in line
    assert said.code == exit_codes.RECIPE_ERRORS


def test_a_misspelt_key_has_a_neighbour(project: Path, call: Call) -> None:
    (project / "pyproject.toml").write_text('[project]\nexclud = 1\n[tool.recipedsl]\nexclud = ["a"]\n')
    forget_settings()
    said = call("check")
    assert "pyproject.toml:4:1" in said.out
    assert "did you mean `exclude`?" in said.out


def test_where_recipes_are_searched(project: Path) -> None:
    (project / "recipedsl.toml").write_text('exclude = ["old", "drafts/*.ftr", "**/deep/*.ftr"]\n')
    for name in (
        "a/b.ftr",
        "old/c.ftr",
        "drafts/d.ftr",
        "drafts/e/f.ftr",
        "x/deep/g.ftr",
        ".venv/h.ftr",
        "build/i.ftr",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(GOOD)
    forget_settings()
    assert list(recipes_under(())) == ["a/b.ftr", "drafts/e/f.ftr", "good.ftr"]
    assert list(recipes_under(("old/c.ftr", "drafts"))) == ["old/c.ftr", "drafts/e/f.ftr"]


def test_a_folder_that_is_named_is_searched(project: Path) -> None:
    (project / "recipedsl.toml").write_text('exclude = ["tests/cases"]\n')
    (project / "tests" / "cases").mkdir(parents=True)
    (project / "tests" / "cases" / "wrong.ftr").write_text(GOOD)
    forget_settings()
    assert list(recipes_under(())) == ["good.ftr"]
    assert list(recipes_under(("tests/cases",))) == ["tests/cases/wrong.ftr"]


# --- forms ------------------------------------------------------------------------------------------


def test_sarif_and_github(call: Call) -> None:
    log = json.loads(call("check", "--format", "sarif").out)
    assert [each["ruleId"] for each in log["runs"][0]["results"]] == ["L103", "L102"]
    lines = call("check", "--format", "github").out.splitlines()
    assert lines[1].startswith(
        "::warning file=good.ftr,line=11,endLine=11,col=5,endColumn=11,title=L102 unused-"
    )


def test_an_empty_log_is_a_log(project: Path, call: Call) -> None:
    (project / "good.ftr").write_text(GOOD)
    assert json.loads(call("check", "--format", "sarif").out)["runs"][0]["results"] == []
    assert call("check", "--format", "github").out == ""


# --- watch ------------------------------------------------------------------------------------------


def test_watch(project: Path) -> None:
    """What is checked is checked again when the recipe, its data or the settings change; Ctrl-C ends it."""
    command = [
        sys.executable,
        "-c",
        "from recipedsl.cli.main import main; main()",
        "check",
        "--watch",
        "--format=concise",
    ]
    out = project / "said.log"
    with out.open("w") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, cwd=project, env={**os.environ})
        try:
            _until(out, "L102", 1)
            (project / "good.ftr").write_text(UNSEEDED.replace("base,", "bsae,"))
            _until(out, "N101", 1)
            (project / "good.ftr").write_text(UNSEEDED)
            _until(out, "L102", 2)
            (project / "recipedsl.toml").write_text('ignore = ["L103"]\n')
            (project / "data" / "rows.jsonl").write_text('{"question": "?", "reply": "!"}\n')
            _until(out, "D201", 1)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == exit_codes.INTERRUPTED
        finally:
            process.kill()
    assert "Traceback" not in out.read_text()


def _until(out: Path, words: str, times: int) -> None:
    end = time.monotonic() + 30
    while out.read_text().count(words) < times:
        assert time.monotonic() < end, out.read_text()
        time.sleep(0.1)
