"""The grammar has no conflicts, its cache cannot hurt, and time grows with the text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import FrameType

import lark
import pytest

from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source
from recipedsl.syntax import grammar, parse, tree
from recipedsl.syntax.parse import LARGEST
from recipedsl.syntax.scan import RESERVED

RECIPES = Path(__file__).parents[1] / "cases" / "recipes"


def test_the_grammar_has_no_conflicts() -> None:
    pytest.importorskip("interegular", reason="Lark's strict mode needs interegular")
    lark.Lark(grammar.grammar_text(), parser="lalr", strict=True, lexer="basic")


@pytest.mark.parametrize("name", ["whole", "rounds"])
def test_the_recipes_of_the_language_read(name: str) -> None:
    path = RECIPES / f"{name}.ftr"
    file, problems = parse(Source(path.name, path.read_text(encoding="utf-8")))
    assert [each.message for each in problems] == []
    assert len(file.items) > 3


FREE = "data stage model sft where chars read lora run eval profile template mix as take with rank".split()


@pytest.mark.parametrize("word", FREE)
def test_words_that_are_not_reserved_are_free_everywhere(word: str) -> None:
    assert word not in RESERVED
    text = (
        f"data {word} = {word} | {word} {word}, {word} = {word} by {word}\n"
        f"let x = {word} and not {word} in [{word}]\nparam {word}: {word} = {word}.{word}\n"
        f"type T = {{ {word}: {word} }}\nstage {word}: {word} {{ {word} = {word}({word} = {word}) }}\n"
    )
    assert [each.message for each in parse(Source("free.ftr", text))[1]] == []


def test_a_damaged_cache_is_built_anew(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    code = (
        "from recipedsl.source import Source; from recipedsl.syntax import parse; "
        "print(len(parse(Source('a.ftr', 'let a = 1\\n'))[0].items))"
    )
    for damage in (b"", b"no pickle", b"\x80\x05\x8c\x00.", b"left behind"):
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("1\n", "")
        (stored,) = tmp_path.rglob("grammar-*.pickle")
        assert stored.parent.stat().st_mode & 0o077 == 0
        stored.write_bytes(damage)


def test_a_cache_that_others_may_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "user_cache_path", lambda _: tmp_path)
    tmp_path.chmod(0o777)
    assert grammar._cache_file("text") is None
    tmp_path.chmod(0o700)
    assert grammar._cache_file("text") is not None


def test_a_text_beyond_the_limit_is_one_problem() -> None:
    file, problems = parse(Source("large.ftr", " " * (LARGEST + 1)))
    assert [each.kind for each in problems] == [codes.TooLarge]
    assert isinstance(file.items[0], tree.Broken)


MANY = {
    "declarations": "let a = [1, 2]\n",
    "brackets": "let a = ([{",
    "closers": ")",
    "errors": "stage a: ( {\n x = 1\n y = \n}\n",
    "bare assignments": " a = 1\n",
    "quotes": "\\'",
    "long quotes": 'let a = \\"""\n',
    "operators": "1 + ",
    "signs": "| = : , ",
}


@pytest.mark.parametrize("piece", MANY.values(), ids=MANY.keys())
def test_work_grows_with_the_text(piece: str) -> None:
    # Ten times the text makes about ten times the calls; growth by the square would make a hundred
    # times as many. Calls are counted, not seconds, so that a busy machine changes nothing.
    short, long = (_calls(piece * (length // len(piece))) for length in (1_000, 10_000))
    assert long < 20 * short


def _calls(text: str) -> int:
    """Number of Python functions that reading a text calls."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    source = Source("long.ftr", text)
    sys.setprofile(profile)
    try:
        parse(source)
    finally:
        sys.setprofile(None)
    return count
