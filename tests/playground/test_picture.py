"""The recipe as a graph and as funnels, also while it is being written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recipedsl.editor.playground.funnel import funnels_of
from recipedsl.editor.playground.graph import graph_of
from tests.editor.editing import Editor
from tests.playground.serving import RECIPE


@pytest.fixture
def editor(root: Path) -> Editor:
    return Editor(root)


def by_name(graph: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in graph["nodes"]}


def test_the_graph_of_a_recipe(editor: Editor) -> None:
    graph = graph_of(editor.open("recipe.ftr", RECIPE))
    nodes = by_name(graph)
    assert {name: (each["kind"], each["word"]) for name, each in nodes.items()} == {
        "base": ("model", "local"),
        "lessons": ("data", "read"),
        "tuned": ("stage", "sft"),
    }
    assert nodes["lessons"]["about"] == "chat"
    assert nodes["tuned"]["at"] == {"line": 8, "character": 6}
    assert [(each["start"], each["end"]) for each in graph["edges"]] == [
        ("base", "tuned"),
        ("lessons", "tuned"),
    ]
    assert {each["severity"] for each in graph["nodes"]} == {""}


def test_a_mistake_stands_at_its_declaration_and_the_rest_stays(editor: Editor) -> None:
    graph = graph_of(editor.open("recipe.ftr", RECIPE.replace("epochs = 1", "epoks = 1")))
    assert by_name(graph)["tuned"]["severity"] == "error"
    assert by_name(graph)["lessons"]["severity"] == ""
    assert len(graph["edges"]) == 2


@pytest.mark.parametrize("length", range(0, len(RECIPE), 7))
def test_there_is_a_picture_of_every_beginning(editor: Editor, length: int) -> None:
    analysis = editor.open("recipe.ftr", RECIPE[:length])
    assert graph_of(analysis)["left_out"] == 0
    funnels_of(analysis)


def test_places_count_as_the_client_does(editor: Editor) -> None:
    text = RECIPE.replace("ftr 1\n", 'ftr 1\nlet `𝒳` = "𝒳" stage\n', 1).replace("\n\nmodel", "\nmodel")
    analysis = editor.open("recipe.ftr", text.replace('"𝒳" stage', '"𝒳"'))
    assert by_name(graph_of(analysis))["base"]["at"] == {"line": 2, "character": 6}


def test_the_funnel_knows_what_a_look_has_seen(editor: Editor) -> None:
    (funnel,) = funnels_of(editor.open("recipe.ftr", RECIPE))
    assert funnel["source"]["text"] == 'read("rows.jsonl")'
    assert funnel["source"]["rows"] == 6
    assert [(each["text"], each["origin"]) for each in funnel["steps"]] == [
        ("where chars(answer) > 2", "recipe.ftr:6:5"),
        ("as chat(user = question, assistant = answer)", "recipe.ftr:7:5"),
    ]


def test_rows_that_are_written_are_not_shown_all(editor: Editor) -> None:
    text = "ftr 1\ndata few = rows([{ a: 1 }, { a: 2 }])\n  | where a > 1\n"
    (funnel,) = funnels_of(editor.open("few.ftr", text))
    assert funnel["source"]["text"] == "rows([…])"
