"""Renaming: what it changes, what it refuses, and that there and back is where one began."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.rename import Refused, prepare, rename
from recipedsl.editor.names import Occurrence, Role
from tests.editor.editing import Editor

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.ftr"))

MADE = """ftr 1
type Row = { question: text, answer: text }
data first: Row = rows([{ question: "a?", answer: "b" }, { question: "c?", answer: "d" }])
  | derive long = chars(answer)
  | where long > 0
data second = first
  | rename size = long
  | sort by size
data third = concat(first, (first | where long > 1))
  | as prompt(question)
data fourth = first | join (second | select question, size), on = question | take 5 by size
"""

NESTED = """ftr 1
type Meta = { level: int, who: { name: text } }
type Row = { q: text, meta: Meta, items: list[{ size: int }] }
data first: Row = rows([{ q: "a", meta: { level: 1, who: { name: "x" } }, items: [{ size: 1 }] }])
  | where meta.level > 0 and meta.who.name == "x"
  | derive n = items[0].size, m = (meta.who).name
  | sort by meta.level
data second = first | rename info = meta | where info.level > 1
data third = concat(first, second) | where meta.level > 0
data fourth = rows([{ meta: { level: 1, `odd one`: 2 } }]) | where meta.level > 0 and meta.`odd one` > 1
data fifth = first | join (second | select q, info), on = q | where info.who.name != ""
"""


def changed(editor: Editor, path: str, edit: types.WorkspaceEdit) -> dict[str, str]:
    """Texts after an edit, by address; they are opened as they are then."""
    texts = {}
    for uri, edits in (edit.changes or {}).items():
        document = editor.workspace.documents[uri]
        text = document.text
        for each in sorted(edits, key=lambda one: one.range.start, reverse=True):
            assert isinstance(each, types.TextEdit)
            span = document.positions.span(each.range)
            text = text[: span.start] + each.new_text + text[span.end :]
        texts[uri] = text
        editor.open(document.path, text)
    return texts


def rename_at(editor: Editor, path: str, offset: int, name: str) -> types.WorkspaceEdit:
    """The edits; raises Refused."""
    analysis = editor.analysis(path)
    document = types.TextDocumentIdentifier(analysis.document.uri)
    position = analysis.positions.position(offset)
    found = rename(editor.workspace, types.RenameParams(document, position, name))
    assert found is not None
    return found


def all_names(analysis: Analysis) -> Iterator[Occurrence]:
    """One place of everything that a recipe declares or makes."""
    for each in analysis.names.all:
        is_new = each.column is not None and each.column.is_new
        if each.role is Role.DECLARATION or is_new:
            yield each


def codes(analysis: Analysis) -> Counter[str]:
    return Counter(each.code for each in analysis.problems)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_there_and_back(path: Path, tmp_path: Path) -> None:
    """Every name of a recipe, given another: nothing new is wrong, and given back the text is the same."""
    # What is looked up is remembered beside the recipes, which makes a folder a project's root.
    shutil.copytree(path.parent, tmp_path / "recipes", ignore=shutil.ignore_patterns(".recipedsl"))
    editor = Editor(tmp_path / "recipes")
    before = editor.open(path.name, path.read_text(encoding="utf-8"))
    done = 0
    for index, each in enumerate(list(all_names(before))):
        done += _there_and_back(editor, path.name, before, each, f"fresh_{index}")
    assert done > 5


@pytest.mark.parametrize("text", [MADE, NESTED], ids=["columns", "fields"])
def test_there_and_back_for_columns(text: str, tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    before = editor.open("a.ftr", text)
    names = list(all_names(before))
    assert sum(
        _there_and_back(editor, "a.ftr", before, each, f"fresh_{i}") for i, each in enumerate(names)
    ) == len(names)


def _there_and_back(editor: Editor, path: str, before: Analysis, found: Occurrence, fresh: str) -> int:
    try:
        there = rename_at(editor, path, found.span.start, fresh)
    except Refused:
        assert found.role is not Role.DECLARATION
        return 0
    changed(editor, path, there)
    after = editor.analysis(path)
    assert codes(after) == codes(before), (found.name, after.problems)
    offset = after.text.index(fresh)
    changed(editor, path, rename_at(editor, path, offset, found.name))
    assert editor.analysis(path).text == before.text
    return 1


# --- columns ---------------------------------------------------------------------------------------------


def test_a_column_goes_where_it_is_carried(tmp_path: Path) -> None:
    """Through steps, another dataset and one written in place, up to the step that calls it otherwise."""
    editor = Editor(tmp_path)
    editor.open("a.ftr", MADE)
    edit = rename_at(editor, "a.ftr", MADE.index("long = "), "letters")
    text = next(iter(changed(editor, "a.ftr", edit).values()))
    assert "long" not in text
    assert text.count("letters") == MADE.count("long") == 4
    assert text.count("size") == MADE.count("size")


def test_columns_of_written_rows(tmp_path: Path) -> None:
    """The keys of the rows, the row type and every use."""
    editor = Editor(tmp_path)
    editor.open("a.ftr", MADE)
    edit = rename_at(editor, "a.ftr", MADE.index("question:"), "asked for")
    text = next(iter(changed(editor, "a.ftr", edit).values()))
    assert "question" not in text
    assert text.count("`asked for`") == MADE.count("question")


def test_columns_of_files_are_what_the_files_call_them(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "a?", "answer": "b"}\n' * 3)
    editor = Editor(tmp_path)
    text = 'ftr 1\ndata rows = read("rows.jsonl") | where chars(answer) > 0\n'
    analysis = editor.open("a.ftr", text)
    with pytest.raises(Refused, match=r"`answer` is what `rows.jsonl` calls it; `\| rename new = old`"):
        rename_at(editor, "a.ftr", text.index("answer"), "reply")
    document = types.TextDocumentIdentifier(analysis.document.uri)
    position = analysis.positions.position(text.index("answer"))
    with pytest.raises(Refused, match="is what"):
        prepare(editor.workspace, types.PrepareRenameParams(document, position))


def test_columns_that_a_shape_makes(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    text = MADE + "data fifth = third | where count_of(prompt) > 0\n"
    text = text.replace("count_of(prompt) > 0", "prompt != none")
    editor.open("a.ftr", text)
    with pytest.raises(Refused, match="`prompt` is what `as` calls it"):
        rename_at(editor, "a.ftr", text.rindex("prompt"), "asked")


def test_columns_that_code_is_given(tmp_path: Path) -> None:
    (tmp_path / "rewards.py").write_text("def score(answer, row):\n    return 1.0\n")
    editor = Editor(tmp_path)
    text = MADE + (
        'model base { from = hub("example/tiny") }\n'
        'stage online: grpo { from = base, data = third, reward = python("rewards.py:score") }\n'
    )
    editor.open("a.ftr", text)
    with pytest.raises(Refused, match="`long` is read by the code that stage `online` names"):
        rename_at(editor, "a.ftr", text.index("long"), "letters")


# --- fields of records --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "name", "lines"),
    [
        # By the type of the column, the keys, the steps, another name of the column, and rows put together.
        ("level: int", "grade", {2: 1, 4: 1, 5: 1, 7: 1, 8: 1, 9: 1}),
        ("level > 1", "grade", {2: 1, 4: 1, 5: 1, 7: 1, 8: 1, 9: 1}),
        ("name: text", "title", {2: 1, 4: 1, 5: 1, 6: 1, 11: 1}),
        ("size: int", "width", {3: 1, 4: 1, 6: 1}),
        # Records that nothing joins to those are others.
        ("level: 1, `odd", "depth", {10: 2}),
        ("`odd one`: 2", "odd", {10: 2}),
    ],
)
def test_a_field_goes_where_its_column_is_carried(
    place: str, name: str, lines: dict[int, int], tmp_path: Path
) -> None:
    editor = Editor(tmp_path)
    before = editor.open("a.ftr", NESTED)
    edit = rename_at(editor, "a.ftr", NESTED.index(place), name)
    edits = next(iter((edit.changes or {}).values()))
    assert Counter(each.range.start.line + 1 for each in edits) == lines
    changed(editor, "a.ftr", edit)
    assert codes(editor.analysis("a.ftr")) == codes(before)


@pytest.mark.parametrize(
    ("more", "place", "reason"),
    [
        (
            "data sixth = first | derive all = meta\n",
            "level",
            "line 12 of a.ftr uses `meta`, which it is a part",
        ),
        (
            "data sixth = first | derive one = meta.who\n",
            "name",
            "line 12 of a.ftr uses `who`, which it is a pa",
        ),
        (
            "data sixth = first | derive one = first(items).size\n",
            "size",
            "line 12 of a.ftr uses `items`, which",
        ),
        (
            "data sixth = first | explode items | where items.size > 1\n",
            "size",
            "part of `items`, which a step",
        ),
        (
            "data sixth = first | wher x | where meta.level > 1\n",
            "level",
            "not known where line 12 of a.ftr names",
        ),
    ],
)
def test_fields_of_which_not_all_is_known(more: str, place: str, reason: str, tmp_path: Path) -> None:
    """What takes all of a record may name its fields where nobody sees it."""
    editor = Editor(tmp_path)
    editor.open("a.ftr", NESTED + more)
    with pytest.raises(Refused, match=reason):
        rename_at(editor, "a.ftr", NESTED.index(place), "fresh")


def test_fields_that_other_values_name(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    rows = "data d = rows([{ meta: { level: 1 } }, { meta: %s }]) | where meta.level > 0\n"
    for other in ("m", '{ "level": 2 }'):
        text = "ftr 1\nlet m = { level: 2 }\n" + rows % other
        editor.open("a.ftr", text)
        with pytest.raises(Refused, match="`level` is named by the values that the rows have"):
            rename_at(editor, "a.ftr", text.rindex("level"), "grade")


def test_fields_that_files_name(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"meta": {"level": 1}}\n')
    editor = Editor(tmp_path)
    text = 'ftr 1\ntype Row = { meta: { level: int } }\ndata d: Row = read("rows.jsonl")\n'
    editor.open("a.ftr", text)
    with pytest.raises(Refused, match=r"`level` is what `rows\.jsonl` calls it"):
        rename_at(editor, "a.ftr", text.index("level"), "grade")


def test_fields_that_code_is_given(tmp_path: Path) -> None:
    (tmp_path / "rewards.py").write_text("def score(answer, row):\n    return row['meta']['level']\n")
    editor = Editor(tmp_path)
    text = NESTED + (
        'model base { from = hub("example/tiny") }\n'
        "data asked = first | as prompt(q)\n"
        'stage online: grpo { from = base, data = asked, reward = python("rewards.py:score") }\n'
    )
    editor.open("a.ftr", text)
    with pytest.raises(Refused, match="`level` is read by the code that stage `online` names"):
        rename_at(editor, "a.ftr", text.index("level"), "grade")


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "name", "reason"),
    [
        ("first", "second", "that would clash: "),
        ("first", "where me", "is no name"),
        ("first", "import", "is a word of the language"),
        ("long", "question", "there is a column `question` beside `long`"),
        ("long", "", "cannot be the name of a column"),
        ("long", "a`b", "cannot be the name of a column"),
    ],
)
def test_what_is_refused(tmp_path: Path, word: str, name: str, reason: str) -> None:
    editor = Editor(tmp_path)
    editor.open("a.ftr", MADE)
    with pytest.raises(Refused, match=reason):
        rename_at(editor, "a.ftr", MADE.index(word), name)


@pytest.mark.parametrize(
    ("more", "word", "reason"),
    [
        ("eval e { data = first first }\nfirst\n", "first", "line 12 of a.ftr names `first` too and cannot"),
        ("data fifth = first | wher x | where long > 1\n", "long", "not known where line 12 of a.ftr names"),
    ],
)
def test_what_may_be_missed(tmp_path: Path, more: str, word: str, reason: str) -> None:
    """Where something is wrong nobody knows whether it means the same."""
    editor = Editor(tmp_path)
    editor.open("a.ftr", MADE + more)
    with pytest.raises(Refused, match=reason):
        rename_at(editor, "a.ftr", MADE.index(word), "fresh")


def test_a_param_that_would_hide_a_column(tmp_path: Path) -> None:
    """A bare name that is a column and a param is an error where it stands."""
    editor = Editor(tmp_path)
    text = "ftr 1\nparam least: int = 1\n" + MADE.removeprefix("ftr 1\n").replace("long > 0", "long > least")
    editor.open("a.ftr", text)
    with pytest.raises(Refused, match="that would clash: `long` is a column"):
        rename_at(editor, "a.ftr", text.index("least"), "long")


# --- other files -----------------------------------------------------------------------------------------


def test_names_that_other_recipes_import(tmp_path: Path) -> None:
    """One that is open, and one that is not: both name it after the rename as before."""
    shared = 'ftr 1\ndata greetings = rows([{ question: "a?", answer: "b" }]) | derive n = chars(answer)\n'
    using = 'ftr 1\nimport common = "common.ftr"\ndata mine = common.greetings | where n > 0\n'
    (tmp_path / "closed.ftr").write_text(using)
    (tmp_path / "common.ftr").write_text(shared)
    editor = Editor(tmp_path)
    editor.open("open.ftr", using)
    editor.open("common.ftr", shared)
    for word in ("greetings", "n ="):
        edit = rename_at(editor, "common.ftr", shared.index(word), "others")
        assert edit.changes is not None
        found = {uri.rpartition("/")[2]: len(each) for uri, each in edit.changes.items()}
        assert found == {"common.ftr": 1, "open.ftr": 1, "closed.ftr": 1}


def test_from_the_file_that_imports(tmp_path: Path) -> None:
    shared = 'ftr 1\ndata greetings = rows([{ question: "a?", answer: "b" }])\n'
    using = 'ftr 1\nimport common = "common.ftr"\ndata mine = common.greetings\n'
    (tmp_path / "common.ftr").write_text(shared)
    editor = Editor(tmp_path)
    editor.open("open.ftr", using)
    edit = rename_at(editor, "open.ftr", using.index("greetings"), "others")
    assert sorted(uri.rpartition("/")[2] for uri in edit.changes or {}) == ["common.ftr", "open.ftr"]
    alias = rename_at(editor, "open.ftr", using.index("common"), "shared")
    assert [len(each) for each in (alias.changes or {}).values()] == [2]
