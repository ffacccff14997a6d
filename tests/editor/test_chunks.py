"""What is parsed piece by piece is what is parsed whole: trees with all their places, problems with their fixes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics import Problems
from recipedsl.editor.chunks import ChunkParser, cut, every_span, moved
from recipedsl.source import Source
from recipedsl.syntax import parse, tree

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.ftr"))
OTHERS = sorted((ROOT / "tests" / "published").glob("c1*.ftr"))
BROKEN = sorted((ROOT / "tests" / "cases" / "broken").glob("*.ftr"))
LARGEST = 8_000  # characters: all of it is parsed again for every edit

BITS = (
    *"( ) { } [ ] | , = # . - / ` ' true None in where stage data with &".split(),
    *('"', '"""', "/*", "\n", "\n  ", "\n}\n", "let a = ", "rounds 2 {\n", "data b = "),
    *("<<<<<<< x\n", "ftr 1\n", "## doc\n"),
)


def everything(found: tuple[tree.File, Problems]) -> Any:
    """A file and its problems, with every place."""
    file, problems = found
    told = [
        (
            each.code,
            each.message,
            each.primary and (each.primary.span, each.primary.text, each.primary.source),
            [(label.span, label.text, label.source) for label in each.secondary],
            each.notes,
            [
                (help_.text, help_.applicability, [(e.span, e.text, e.source) for e in help_.edits])
                for help_ in each.helps
            ],
        )
        for each in problems.in_order()
    ]
    edition = file.edition and (file.edition, file.edition.span)
    return edition, file.items, [list(every_span(each)) for each in file.items], file.span, told


@pytest.mark.parametrize("path", [*RECIPES, *OTHERS[:6], *BROKEN], ids=lambda path: path.stem)
def test_random_edits(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")[:LARGEST]
    rng = random.Random(path.stem)
    parser = ChunkParser()
    for _ in range(12):
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice(BITS) * rng.randint(0, 1) + text[place + rng.choice((0, 0, 1, 4)) :]
        source = Source("a.ftr", text)
        assert everything(parser(source)) == everything(parse(source))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_typing_a_declaration(path: Path) -> None:
    """A letter at a time, in the middle of a good recipe: most of it is kept."""
    text = path.read_text(encoding="utf-8")
    typed = 'data other = read("data/x.jsonl")\n  | where chars(answer) in 1..8k\n\n'
    place = text.index("\nstage") + 1
    parser = ChunkParser()
    before = parser(Source("a.ftr", text))[0]
    for count in range(1, len(typed) + 1):
        source = Source("a.ftr", text[:place] + typed[:count] + text[place:])
        file, problems = parser(source)
        assert everything((file, problems)) == everything(parse(source))
        # The very same nodes, not equal ones: nothing above the edit is made anew.
        assert file.items[0] is before.items[0]


def test_pieces_are_all_of_the_text() -> None:
    for path in (*RECIPES, *BROKEN):
        text = path.read_text(encoding="utf-8", errors="replace")
        assert "".join(cut(text)) == text


def test_a_comment_belongs_to_what_stands_below() -> None:
    text = "let a = 1\n\n# one\n## two\nlet b = 2\n# three\n\nlet c = 3\n"
    assert cut(text) == ["let a = 1\n\n", "# one\n## two\nlet b = 2\n# three\n\n", "let c = 3\n"]


def test_moving_changes_places_only() -> None:
    file, _ = parse(Source("a.ftr", RECIPES[0].read_text(encoding="utf-8")))
    for item in file.items:
        shifted = moved(item, 7)
        assert shifted == item
        assert [(each.start - 7, each.end - 7) for each in every_span(shifted)] == [
            (each.start, each.end) for each in every_span(item)
        ]
