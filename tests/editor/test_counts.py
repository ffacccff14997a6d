"""What was counted belongs to what is written: it stays, and is shown, as long as nothing else is meant."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.counts import Counts, Identities, Layout, Rows, keep_counts
from recipedsl.editor.server import OWN_FILES
from recipedsl.editor.telling import rows_label, rows_told
from tests.compiling import write_rows
from tests.editor.editing import Editor
from tests.editor.talking import Server, Talker, over_pipes

RECIPE = """ftr 1
param most: int = 2
model base { from = local("tiny") }
data all = read("rows.jsonl") | where chars(answer) > 1 | take most
data chats = all | as chat(user = question, assistant = answer)
stage tuned: sft { from = base, data = chats, batch = 4, micro_batch = 2 }
run { seed = 1 }
"""

#: Where rows are known behind, in the order of the text.
PLACES = ["source", "where", "take", "all", "as"]


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(write_rows(tmp_path))


def told(analysis: Analysis) -> list[dict[str, Any]]:
    """What the counter would tell of this recipe: a row less behind each step."""
    lines: list[dict[str, Any]] = []
    for dataset in analysis.recipe.datasets.values():
        positions = [each.place.source.position(each.place.span.start) for each in dataset.steps]
        origins = [f"{analysis.source.path}:{each.line}:{each.column}" for each in positions]
        steps = [{"origin": each, "rows": 9 - n} for n, each in enumerate(origins)]
        lines.append({"data": dataset.name, "source": 10, "rejects": 0, "steps": steps, "parts": {}})
    layout = {"rows": 2, "times": 2, "device": "cpu"}
    return [*lines, {"stage": "tuned", "steps": 7, "layout": layout}]


def known(analysis: Analysis) -> list[str]:
    """Places behind which rows are known, and stages whose layout is."""
    counts, identities = analysis.facts.memory.counts, Identities(analysis)
    behind = [each for name in ("all", "chats") for each in identities.behind(analysis.recipe.datasets[name])]
    found = [name for name, each in zip(PLACES, behind, strict=True) if counts.rows(each) is not None]
    return [*found, *(["tuned"] if counts.layout(identities.of_stage("tuned")) is not None else [])]


EDITS = {
    "nothing": (("", ""), [*PLACES, "tuned"]),
    "a line above": (("ftr 1\n", "ftr 1\n# hello\n\n"), [*PLACES, "tuned"]),
    "a param that no step reads": (("param most", "param other: int = 9\nparam most"), [*PLACES, "tuned"]),
    "the last step of the other": (("user = question", "user = topic"), ["source", "where", "take", "all"]),
    "the value of a param": (("= 2\n", "= 3\n"), ["source", "where"]),
    "the first step": (("> 1", "> 11"), ["source"]),
    "the source": (('"rows.jsonl"', '"more.jsonl"'), []),
    "the seed": (("seed = 1", "seed = 2"), []),
    "the stage": (("batch = 4", "batch = 8"), PLACES),
    "the model": (('"tiny"', '"other"'), PLACES),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_is_known_after_an_edit(name: str, editor: Editor) -> None:
    (before, after), left = EDITS[name]
    first = editor.open("a.ftr", RECIPE)
    assert known(first) == []
    assert keep_counts(first, told(first))
    assert not keep_counts(first, told(first)), "the same again is no news"
    assert known(editor.open("a.ftr", RECIPE.replace(before, after, 1))) == left


def test_what_was_counted_before_files_changed_is_shown_and_counted_again() -> None:
    counts = Counts()
    counts.keep("a", Rows(3))
    assert counts.wanting(["a", "b"]) == {"b"}
    counts.age += 1
    assert counts.rows("a") == Rows(3)
    assert counts.wanting(["a", "b"]) == {"a", "b"}
    assert counts.layout("a") is None


def test_only_so_much_is_remembered() -> None:
    counts = Counts()
    for number in range(6_000):
        counts.keep(str(number), Layout(1, 1, "cpu"))
    assert counts.layout("0") is None
    assert counts.layout("5999") is not None


def test_how_rows_are_told() -> None:
    assert rows_label([Rows(1)]) == "1 row"
    assert rows_label([Rows(2_000), Rows(2_000)]) == "2,000 rows"
    assert rows_label([Rows(12), Rows(9)]) == "12 rows / 9 rows"
    assert rows_label([Rows(5, (("train", 4), ("held", 1)))]) == "4 train, 1 held"
    assert rows_label([Rows(5, problem="too few")]) == "5 rows, stops here"
    assert rows_told(Rows(5, stored=True)) == "From a result in the store."
    assert rows_told(Rows(5, rejects=1)).startswith("1 line set aside")


# --- sessions -------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def talker(tmp_path: Path) -> AsyncIterator[Talker]:
    """A client that shows hints, and asks for them anew when it is told to."""
    async with Server() as server:
        talker = over_pipes(server)
        await talker.start(write_rows(tmp_path), workspace={"inlayHint": {"refreshSupport": True}})
        yield talker
        await talker.leave()
        assert await server.ended() == (0, "")


async def hints(talker: Talker, uri: str) -> list[str]:
    """What is shown now."""
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    found = await talker.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": whole})
    return [each["label"] for each in found["result"]]


async def hints_once(talker: Talker, uri: str, are: Callable[[list[str]], bool]) -> list[str]:
    """What is shown once it is so: asked for as often as the server says that there is more."""
    while not are(found := await hints(talker, uri)):
        await talker.told("workspace/inlayHint/refresh")
        talker.heard.clear()
    return found


def are_counted(found: list[str]) -> bool:
    """Rows are shown behind both sources and all three steps."""
    return len([each for each in found if each.endswith((" row", " rows"))]) == 5


@pytest.mark.asyncio
async def test_counts_come_to_the_hints(talker: Talker, tmp_path: Path) -> None:
    uri = await talker.open(tmp_path / "a.ftr", RECIPE)
    found = await hints_once(talker, uri, are_counted)
    assert found.count("2 rows") == 5
    # Another row: what is shown stays until it is counted again.
    with (tmp_path / "rows.jsonl").open("a") as file:
        row = {"id": 3, "question": "What?", "answer": "Five.", "topic": "sums", "score": 0.5}
        file.write(json.dumps(row) + "\n")
    await talker.tell("textDocument/didSave", {"textDocument": {"uri": uri}})
    again = await hints_once(talker, uri, lambda each: "3 rows" in each)
    assert are_counted(again)


@pytest.mark.asyncio
async def test_a_recipe_is_counted_once_it_has_no_errors(talker: Talker, tmp_path: Path) -> None:
    uri = await talker.open(tmp_path / "a.ftr", RECIPE.replace("chars", "charz"))
    assert not are_counted(await hints(talker, uri))
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": RECIPE}]}
    await talker.tell("textDocument/didChange", change)
    assert (await hints_once(talker, uri, are_counted)).count("2 rows") == 5


def test_own_files_that_change_are_no_reason_to_look_again() -> None:
    for uri in ("file:///p/.recipedsl/cache/counting/x", "file:///p/.recipedsl", "file:///p/.git/HEAD"):
        assert OWN_FILES.search(uri)
    for uri in ("file:///p/rows.jsonl", "file:///p/.recipedslx/a", "file:///p/a.git"):
        assert not OWN_FILES.search(uri)
