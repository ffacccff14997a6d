"""`recipedsl fmt` from the command line: every word that its help says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from recipedsl.cli.boundary import guarded
from recipedsl.cli.main import group
from recipedsl.cli.settings import forget_settings
from recipedsl.syntax import format as formatter

UNTIDY = "ftr 1\n# why\n## a value\nlet a=1  # so\nrun {\nseed=1\n}\n"
TIDY = "ftr 1\n# why\n## a value\nlet a = 1  # so\nrun {\n  seed = 1\n}\n"
BROKEN = "ftr 1\nlet a = [1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a recipe that is untidy, and one in each kind of folder below."""
    (tmp_path / "pyproject.toml").write_text('[tool.recipedsl]\nexclude = ["old"]\n')
    for name in ("one.ftr", "deep/er/two.ftr", ".hidden/three.ftr", "venv/four.ftr", "old/five.ftr"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(UNTIDY)
    forget_settings()
    return tmp_path


def fmt(folder: Path, *arguments: str, given: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-c", "from recipedsl.cli.main import main; main()", "fmt", *arguments]
    content = given.encode() if isinstance(given, str) else given
    done = subprocess.run(command, cwd=folder, input=content, capture_output=True, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_folders_are_searched_without_hidden_and_excluded_ones(project: Path) -> None:
    done = fmt(project)
    assert (done.returncode, done.stdout, done.stderr) == (exit_codes.FINE, "", "2 of 2 recipes formatted\n")
    changed = {
        path.relative_to(project).as_posix() for path in project.rglob("*.ftr") if path.read_text() == TIDY
    }
    assert changed == {"one.ftr", "deep/er/two.ftr"}
    assert fmt(project, "old/five.ftr").returncode == exit_codes.FINE
    assert (project / "old/five.ftr").read_text() == TIDY, "what is named itself is never left out"


def test_check_names_what_would_change_and_changes_nothing(project: Path) -> None:
    done = fmt(project, "--check")
    assert done.returncode == exit_codes.RECIPE_ERRORS
    assert done.stdout.splitlines() == ["would format deep/er/two.ftr", "would format one.ftr"]
    assert done.stderr == "2 of 2 recipes would be formatted\n"
    assert (project / "one.ftr").read_text() == UNTIDY
    (project / "one.ftr").write_text(TIDY)
    assert fmt(project, "--check", "one.ftr").returncode == exit_codes.FINE


def test_diff_shows_and_changes_nothing(project: Path) -> None:
    done = fmt(project, "--diff", "one.ftr")
    assert done.returncode == exit_codes.RECIPE_ERRORS
    assert done.stdout.splitlines()[:2] == ["--- one.ftr", "+++ one.ftr (formatted)"]
    assert {"-let a=1  # so", "+let a = 1  # so", "-seed=1", "+  seed = 1"} <= set(done.stdout.splitlines())
    assert (project / "one.ftr").read_text() == UNTIDY


def test_the_standard_input_goes_to_the_standard_output(project: Path) -> None:
    done = fmt(project, "-", given=UNTIDY)
    assert (done.returncode, done.stdout, done.stderr) == (exit_codes.FINE, TIDY, "")
    done = fmt(project, "--check", "-", given=UNTIDY)
    assert (done.returncode, done.stdout) == (exit_codes.RECIPE_ERRORS, "would format <stdin>\n")
    done = fmt(project, "-", given=BROKEN)
    assert (done.returncode, done.stdout) == (exit_codes.RECIPE_ERRORS, "")


def test_a_recipe_with_syntax_errors_is_left_alone_and_the_others_are_not(project: Path) -> None:
    (project / "broken.ftr").write_text(BROKEN)
    done = fmt(project, "broken.ftr", "one.ftr", "missing.ftr")
    assert done.returncode == exit_codes.RECIPE_ERRORS
    assert "error[S005]" in done.stderr
    assert "there is no file missing.ftr" in done.stderr
    assert (project / "broken.ftr").read_text() == BROKEN
    assert (project / "one.ftr").read_text() == TIDY


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_line_ends_become_line_feeds(project: Path, start: bytes) -> None:
    (project / "one.ftr").write_bytes(start + TIDY.replace("\n", "\r\n").encode())
    assert "-ftr 1␍" in fmt(project, "--diff", "one.ftr").stdout.splitlines()
    fmt(project, "one.ftr")
    assert (project / "one.ftr").read_bytes() == TIDY.encode()


def test_links_and_rights_stay(project: Path) -> None:
    (project / "one.ftr").chmod(0o640)
    (project / "link.ftr").symlink_to("one.ftr")
    fmt(project, "link.ftr")
    assert (project / "link.ftr").is_symlink()
    assert (project / "one.ftr").read_text() == TIDY
    assert (project / "one.ftr").stat().st_mode & 0o777 == 0o640
    assert not list(project.glob(".one.ftr.*"))


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [("a = 1", "a = 2", "formatting changed the tree"), ("# so", "# no", "formatting changed the comments")],
)
def test_it_checks_its_own_output(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    right: str,
    wrong: str,
    words: str,
) -> None:
    whole = formatter._formatted
    monkeypatch.setattr(formatter, "_formatted", lambda tokens: whole(tokens).replace(right, wrong))
    monkeypatch.chdir(project)
    assert guarded(group, ["fmt", "one.ftr"]) == exit_codes.RUN_FAILED
    assert words in capsys.readouterr().err
    assert (project / "one.ftr").read_text() == UNTIDY
