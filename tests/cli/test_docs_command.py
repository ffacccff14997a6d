"""`recipedsl docs` and `recipedsl explain` at the user's door."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from recipedsl.reference.site import MARK
from tests.cli.conftest import Call


def test_markdown_is_written_and_written_again(tmp_path: Path, call: Call) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        said = call("docs", "build", "--markdown-only", "--out", str(out))
        assert said.code == exit_codes.FINE, said.err
    assert (out / "index.md").read_text(encoding="utf-8").startswith("# recipedsl\n")
    assert (out / MARK).exists()


def test_a_folder_of_somebody_is_not_emptied(tmp_path: Path, call: Call) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    said = call("docs", "build", "--out", str(tmp_path))
    assert said.code == exit_codes.USAGE
    assert "holds files that are not of the reference" in said.err
    assert (tmp_path / "thesis.tex").exists()


def test_without_the_generator_it_is_told_what_to_install(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "recipedsl.reference.site.find_spec", lambda name: None if name == "mkdocs" else util.find_spec(name)
    )
    said = call("docs", "build", "--out", str(tmp_path / "out"))
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[D523]: the site needs `mkdocs-material`, which is not installed" in said.err
    assert "pip install 'recipedsl[docs]'" in said.err
    assert not (tmp_path / "out").exists()


def test_the_readme_is_rewritten(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "README.md"
    path.write_text("<!-- generated: works -->\n<!-- /generated -->\n")
    assert call("docs", "readme", str(path)).out == f"{path} is rewritten\n"
    assert call("docs", "readme", str(path)).out == f"{path} is up to date\n"


def test_a_setting_is_explained(call: Call) -> None:
    said = call("explain", "sft.packing")
    assert said.out.startswith("packing (setting of sft)\n")
    assert "Default: false" in said.out


def test_several_meanings_stand_apart(call: Call) -> None:
    assert "\n\nhub (model source)\n" in call("explain", "hub").out


def test_the_list_has_groups(call: Call) -> None:
    said = call("explain", "--list").out
    for words in ("Syntax (S…)\n", "  D201  unknown-column", "\nStages\n  sft ", "\nFunctions\n"):
        assert words in said
