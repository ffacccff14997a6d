"""The grammars of editors are up to date, and colour every recipe at hand as the scanner and the parser read it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from recipedsl.language import catalogue
from recipedsl.reference.grammars import lezer, textmate, vim, words
from recipedsl.reference.grammars.files import stale, write
from recipedsl.syntax.scan import MASTER
from tests.editors.node_packages import EDITORS, node
from tests.editors.token_classes import classes, corpus

_HERE = Path(__file__).parent
_FEWEST = 150  # a floor, so that recipes that are not found do not pass

Spans = list[tuple[int, int, str]]


@pytest.fixture(scope="module")
def recipes() -> dict[str, str]:
    """Every recipe whose syntax is right."""
    found = corpus()
    assert len(found) >= _FEWEST
    return found


def asked(script: str, texts: Mapping[str, str], *arguments: str | Path) -> Any:
    """What a script of Node makes of texts."""
    command = ["node", str(_HERE / "node" / script), *map(str, arguments)]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def differing(text: str, wanted: list[str], spans: Spans) -> Iterator[str]:
    """Words that a grammar sees another way, with their lines; `spans` count in units of UTF-16."""
    places = [index for index, letter in enumerate(text) for _ in range(len(letter.encode("utf-16-le")) // 2)]
    places.append(len(text))
    found = [""] * len(text)
    for start, end, kind in spans:
        found[places[start] : places[end]] = [kind] * (places[end] - places[start])
    yield from compared(text, wanted, found)


def compared(text: str, wanted: list[str], found: list[str]) -> Iterator[str]:
    """The first letters of stretches that differ."""
    before = False
    for index, letter in enumerate(text):
        differs = not letter.isspace() and wanted[index] != found[index]
        if differs and not before:
            line = text.count("\n", 0, index) + 1
            yield f"{line}: {text[index : index + 20]!r} is {wanted[index] or 'nothing'}, not {found[index] or 'nothing'}"
        before = differs


def all_differing(
    recipes: Mapping[str, str], spans_of: Callable[[str], Spans], *, by_place: bool = False
) -> list[str]:
    """What differs in all recipes, with their paths."""
    return [
        f"{path}:{each}"
        for path, text in recipes.items()
        for each in differing(text, classes(text, by_place=by_place), spans_of(path))
    ]


# --- generated, and from what the language has -----------------------------------------------------


def test_the_files_are_up_to_date() -> None:
    assert [str(each) for each in stale(EDITORS)] == [], "`recipedsl docs grammars` rewrites them"


def test_they_can_be_written_anywhere(tmp_path: Path) -> None:
    written = write(tmp_path)
    assert tmp_path / "vim/syntax/ftr.vim" in written
    assert write(tmp_path) == []
    written[0].write_text("changed", encoding="utf-8")
    assert list(stale(tmp_path)) == [written[0]]


def test_every_word_of_the_vocabulary_is_in_them() -> None:
    texts = [textmate.as_json(), vim.syntax()]
    for family, members in catalogue.words().items():
        for word in members:
            is_called_by_name = not getattr(word, "operator", "")
            if is_called_by_name and family not in ("block",):
                assert all(word.keyword in text for text in texts), word.keyword
    assert not {*words.steps()} & {*words.keywords()}


def test_all_dialects_write_every_word_that_they_are_asked_for() -> None:
    from recipedsl.reference.grammars.patterns import Dialect, LezerDialect, VimDialect, parts

    for group in ("number", "name", "quoted", "doc", "comment", "string"):
        assert group in MASTER.groupindex
        assert all(dialect().write(parts(group)) for dialect in (Dialect, VimDialect, LezerDialect))


def test_every_class_has_its_colour_in_every_grammar() -> None:
    assert set(words.CLASSES) == set(textmate.SCOPES) == set(vim.GROUPS) == set(lezer.TAGS)


def test_the_corpus_holds_every_class(recipes: dict[str, str]) -> None:
    seen = {kind for text in recipes.values() for kind in classes(text)}
    assert seen - {""} == set(words.CLASSES)


# --- agreement ---------------------------------------------------------------------------------------


def test_textmate_agrees(recipes: dict[str, str]) -> None:
    home = node("vscode", "vscode-textmate", "vscode-oniguruma")
    found = asked("textmate.mjs", recipes, home, home / "syntaxes/ftr.tmLanguage.json")
    spans = {
        path: [(start, end, textmate.class_of(scope)) for start, end, scope in each]
        for path, each in found.items()
    }
    assert all_differing(recipes, spans.__getitem__) == []


def test_the_grammar_of_sublime_is_that_of_textmate(recipes: dict[str, str]) -> None:
    home = node("vscode", "vscode-textmate", "vscode-oniguruma")
    few = dict(list(recipes.items())[:5])
    property_list = asked("textmate.mjs", few, home, EDITORS / "sublime/Recipe.tmLanguage")
    assert property_list == asked("textmate.mjs", few, home, home / "syntaxes/ftr.tmLanguage.json")


@pytest.fixture(scope="module")
def codemirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CodeMirror package, its parser built from the grammar."""
    home = node("codemirror", "@lezer/generator", "@codemirror/language")
    copy = tmp_path_factory.mktemp("codemirror")
    shutil.copytree(home, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(home / "node_modules")
    generator = copy / "node_modules/@lezer/generator/src/lezer-generator.cjs"
    command = ["node", str(generator), "src/ftr.grammar", "-o", "src/parser.js"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    # A conflict or an unused rule is told on the way.
    assert [line for line in done.stderr.splitlines() if not line.startswith("Wrote")] == []
    return copy


def test_lezer_agrees(recipes: dict[str, str], codemirror: Path) -> None:
    found = asked("lezer.mjs", recipes, codemirror)
    assert [path for path, each in found.items() if each["errors"]] == []
    # It tells words apart by their place alone: what the vocabulary lacks is for the language server to say.
    assert all_differing(recipes, lambda path: found[path]["spans"], by_place=True) == []


def test_lezer_goes_on_after_what_it_cannot_read(codemirror: Path) -> None:
    text = 'data a = read("x\ndata b = read("y")\nstage c: sft { from = \n}\nlet d = 1\n'
    found = asked("lezer.mjs", {"broken": text}, codemirror)["broken"]
    declared = [text[start:end] for start, end, kind in found["spans"] if kind == "declaration"]
    assert found["errors"]
    assert {"b", "c", "d"} <= set(declared)


_VIMS = {
    "vim": ("vim", "-es", "-N", "-u", "NONE", "-i", "NONE"),
    "nvim": ("nvim", "--headless", "-u", "NONE", "-i", "NONE"),
}


@pytest.mark.parametrize("program", _VIMS)
def test_vim_agrees(program: str, recipes: dict[str, str], tmp_path: Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no `{program}`")
    files = {path: tmp_path / f"{index}.ftr" for index, path in enumerate(recipes)}
    for path, file in files.items():
        file.write_text(recipes[path], encoding="utf-8")
    runtime = EDITORS / ("neovim" if program == "nvim" else "vim")
    given = f"let g:files = {json.dumps([str(each) for each in files.values()])}"
    command = [*_VIMS[program], "-c", f"set runtimepath^={runtime}", "-c", "syntax on", "-c", given]
    subprocess.run(
        [*command, "-S", str(_HERE / "vim" / "groups.vim")], timeout=300, check=True, capture_output=True
    )
    wrong = [
        f"{path}:{each}"
        for path, text in recipes.items()
        for each in compared(text, classes(text), _of_groups(text, files[path]))
    ]
    assert wrong == []


def _of_groups(text: str, file: Path) -> list[str]:
    """The class of each letter, from the group of each byte."""
    found = []
    groups = Path(f"{file}.groups").read_text(encoding="utf-8").split("\n")
    for line, names in zip(text.split("\n"), groups, strict=False):
        of_bytes, column = names.split(" "), 0
        for letter in line:
            found.append(vim.class_of(of_bytes[column]))
            column += len(letter.encode())
        found.append("")
    return found
