"""Vim and Neovim: the kind of file is known, and indentation is the formatter's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.node_packages import EDITORS
from tests.editors.token_classes import formatted_recipes

_HERE = Path(__file__).parent
#: Letters of a recipe that is indented here: Vim looks for the bracket around each line anew.
_LONGEST, _FEWEST = 1500, 50

_PROGRAMS = {
    "vim": ("vim", "-es", "-N", "-u", "NONE", "-i", "NONE"),
    "nvim": ("nvim", "--headless", "-u", "NONE", "-i", "NONE"),
}


def _run(program: str, *words: str) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"there is no `{program}`")
    runtime = EDITORS / ("neovim" if program == "nvim" else "vim")
    given = f"set runtimepath^={runtime} | filetype plugin indent on | syntax on"
    command = [*_PROGRAMS[program], "-c", given, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("program", _PROGRAMS)
def test_it_indents_as_the_formatter_does(program: str, tmp_path: Path) -> None:
    # What stands inside of a long text is a part of it, and no matter of indentation.
    texts = {each: each.read_text(encoding="utf-8") for each in formatted_recipes(tmp_path)}
    files = [each for each, text in texts.items() if '"""' not in text and len(text) < _LONGEST]
    assert len(files) >= _FEWEST
    given = f"let g:files = {json.dumps([str(each) for each in files])}"
    _run(program, "-c", given, "-S", str(_HERE / "vim" / "indent.vim"))
    wrong = [
        f"{want!r} became {got!r}"
        for file in files
        for want, got in zip(_lines(file), _lines(Path(f"{file}.indented")), strict=True)
        if want != got
    ]
    assert wrong == []


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize("program", _PROGRAMS)
def test_it_knows_recipes_and_what_check_prints(program: str, tmp_path: Path) -> None:
    recipe, found = tmp_path / "a.ftr", tmp_path / "found.json"
    recipe.write_text("ftr 1\n", encoding="utf-8")
    printed = f"{recipe}:3:7: error[N103] `sft` has no setting `x`"
    quickfix = "map(getqflist(), '[v:val.lnum, v:val.col, v:val.type, v:val.text]')"
    words = ["-c", f"edit {recipe}", "-c", "compiler! recipedsl", "-c", f"cgetexpr {json.dumps(printed)}"]
    written = f"call writefile([json_encode([&filetype, &commentstring, {quickfix}])], '{found}')"
    _run(program, *words, "-c", written, "-c", "quitall!")
    kind, comment, problems = json.loads(found.read_text(encoding="utf-8"))
    assert (kind, comment) == ("ftr", "# %s")
    assert [each[:3] for each in problems] == [[3, 7, "e"]]
    assert problems[0][3] == "[N103] `sft` has no setting `x`"
