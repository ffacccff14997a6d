"""Code actions: each does what it says, and leaves nothing wrong behind that was not wrong before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from recipedsl.compiler.fixing import fix_all
from recipedsl.diagnostics import Applicability
from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.actions import FIX_ALL
from recipedsl.source import Span
from recipedsl.syntax import parse
from recipedsl.syntax.format import format_source
from tests.editor.asking import answered
from tests.editor.editing import Editor

CASES = sorted((Path(__file__).parents[1] / "cases" / "diagnostics").glob("*.ftr"))
COMMIT = "7ae557604adf67be50417f59c2c2f167def9a775"


def asked(
    editor: Editor, analysis: Analysis, span: Span, *only: str, trigger: Any = None
) -> list[types.CodeAction]:
    """What is offered at a range."""
    document = types.TextDocumentIdentifier(analysis.document.uri)
    context = types.CodeActionContext([], only=list(only) or None, trigger_kind=trigger)
    params = types.CodeActionParams(document, analysis.positions.range(span), context)
    found: list[types.CodeAction] = answered(
        editor.workspace, analysis.document.uri, types.TEXT_DOCUMENT_CODE_ACTION, params
    )
    return found


def applied(analysis: Analysis, action: types.CodeAction) -> str:
    """The text of the document once the action was carried out."""
    assert action.edit is not None
    text = analysis.text
    edits = (action.edit.changes or {}).get(analysis.document.uri, ())
    for each in sorted(edits, key=lambda one: one.range.start, reverse=True):
        span = analysis.positions.span(each.range)
        text = text[: span.start] + each.new_text + text[span.end :]
    return text


def codes(analysis: Analysis) -> Counter[str]:
    return Counter(each.code for each in analysis.problems)


def starting(found: Iterable[types.CodeAction], title: str) -> list[types.CodeAction]:
    return [each for each in found if each.title.startswith(title)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_allowed_is_no_problem(path: Path, tmp_path: Path) -> None:
    """A comment takes away what it names and nothing else; documentation stays where it was."""
    editor = Editor(tmp_path)
    text = path.read_text(encoding="utf-8", errors="replace")
    before = editor.open("a.ftr", text)
    for action in starting(asked(editor, before, Span(0, len(text))), "Allow"):
        code = action.title.split()[1]
        after = editor.open("a.ftr", applied(before, action))
        assert codes(after)[code] < codes(before)[code], after.text
        assert not codes(after) - codes(before), after.text
        assert after.tree == before.tree
        before = editor.open("a.ftr", text)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_fixing_all_is_what_check_fix_does(path: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    before = editor.open("a.ftr", path.read_text(encoding="utf-8", errors="replace"))
    found = asked(editor, before, Span(0, 0), FIX_ALL)

    def diagnose(source: Any) -> Any:
        return editor.open("a.ftr", source.text).problems

    wanted = fix_all(before.source, diagnose, frozenset((Applicability.SAFE,))).source.text
    assert [applied(before, each) for each in found] == ([wanted] if wanted != before.text else [])


def test_a_fix_is_told_with_its_problem(tmp_path: Path) -> None:
    """A safe fix is preferred and carries the client's own problem."""
    editor = Editor(tmp_path)
    analysis = editor.open("a.ftr", 'ftr 1\nmodel base { form = hub("example/tiny") }\n')
    start = analysis.text.index("form")
    range_ = analysis.positions.range(Span(start, start + 4))
    code = next(each.code for each in analysis.problems if each.primary and each.primary.span.start == start)
    mine = types.Diagnostic(range_, "", code=code)
    document = types.TextDocumentIdentifier(analysis.document.uri)
    params = types.CodeActionParams(document, range_, types.CodeActionContext([mine]))
    found = answered(editor.workspace, analysis.document.uri, types.TEXT_DOCUMENT_CODE_ACTION, params)
    first = found[0]
    assert first.is_preferred
    assert first.diagnostics == [mine]
    assert "from = hub" in applied(analysis, first)


def test_only_what_is_asked_for(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    analysis = editor.open(
        "a.ftr", 'ftr 1\nmodel base { from = hub("example/tiny") }\ndata a = read("x") | take 5\n'
    )
    whole = Span(0, len(analysis.text))
    kinds = {
        str(getattr(each.kind, "value", each.kind)) for each in asked(editor, analysis, whole, "quickfix")
    }
    assert kinds == {"quickfix"}
    assert not asked(editor, analysis, whole, "source.organizeImports")


def test_fix_all_is_worked_out_when_it_is_chosen(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    analysis = editor.open("a.ftr", 'model base { form = hub("example/tiny") }\n')
    action = starting(asked(editor, analysis, Span(0, 0)), "Fix all")[0]
    assert action.edit is None
    resolved = answered(editor.workspace, analysis.document.uri, types.CODE_ACTION_RESOLVE, action)
    assert applied(analysis, resolved).startswith("ftr 1\n")


# --- rewriting -------------------------------------------------------------------------------------------


def test_nothing_is_tried_for_a_cursor_that_moves(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    analysis = editor.open("a.ftr", "ftr 1\nrun { seed = 7 }\n")
    place = analysis.text.index("7")
    quiet = types.CodeActionTriggerKind.Automatic
    assert not starting(asked(editor, analysis, Span(place, place), trigger=quiet), "Extract")
    assert starting(asked(editor, analysis, Span(place, place)), "Extract to `let seed`")
    assert starting(asked(editor, analysis, Span(place, place + 1), trigger=quiet), "Extract to `param seed`")


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("10", "int"),
        ("2Ki", "int"),
        ("1.5M", "float"),
        ("5%", "share"),
        ("3h", "duration"),
        ("80GB", "size"),
        ('"t"', "text"),
        ("true", "bool"),
        ("-1", "int"),
    ],
)
def test_types_of_params(tmp_path: Path, value: str, type_: str) -> None:
    editor = Editor(tmp_path)
    text = f"ftr 1\nlet one = 1\nprofile p {{ x = {value} }}\nparam x: {type_} = {value}\n"
    analysis = editor.open("a.ftr", text)
    start = text.index(value)
    titles = {each.title: each for each in asked(editor, analysis, Span(start, start + len(value)))}
    action = titles["Extract to `param x_2`"]
    assert f"param x_2: {type_} = {value}\n" in applied(analysis, action)


def test_columns_are_no_constants(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n')
    editor = Editor(tmp_path)
    text = 'ftr 1\ndata d = read("rows.jsonl") | where a + 1 > 2\n'
    analysis = editor.open("a.ftr", text)
    start = text.index("a + 1")
    assert not starting(asked(editor, analysis, Span(start, start + 5)), "Extract")
    assert starting(asked(editor, analysis, Span(start + 4, start + 5)), "Extract")


ROWS = [
    '{"a": 1}',
    '{"a b": "x", "by": null, "c": [1, 2], "d": {"e": 1.5, "f g": [{"h": true}]}}',
    "{" + ", ".join(f'"column_{each}": {each}' for each in range(30)) + "}",
]


@pytest.mark.parametrize("row", ROWS, ids=["one", "nested", "many"])
def test_row_types_of_files(tmp_path: Path, row: str) -> None:
    """What is written reads back as what the look showed, and the formatter would write it so."""
    (tmp_path / "rows.jsonl").write_text(f"{row}\n{row}\n")
    editor = Editor(tmp_path)
    text = 'ftr 1\n\ndata d = read("rows.jsonl")\n'
    before = editor.open("a.ftr", text)
    place = text.index("read")
    action = starting(asked(editor, before, Span(place, place)), "Add the row type")[0]
    after = editor.open("a.ftr", applied(before, action))
    assert codes(after) == codes(before)
    assert not parse(after.source)[1].has_errors
    assert format_source(after.source) == after.text
    assert after.recipe.datasets["d"].row is not None
    assert after.recipe.datasets["d"].row.names == (before.recipe.datasets["d"].row or 0).names  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["models", "datasets"])
def test_a_revision_that_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The commit that the local cache has is the one that was tried; nothing is asked of the network."""
    repository = tmp_path / "hub" / f"{kind}--example--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    (repository / "snapshots" / COMMIT).mkdir(parents=True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    editor = Editor(tmp_path)
    text = {
        "models": 'ftr 1\nmodel base { from = hub("example/tiny") }\n',
        "datasets": 'ftr 1\ndata rows = hub("example/tiny", revision = "main")\n',
    }[kind]
    analysis = editor.open("a.ftr", text)
    place = text.index("tiny")
    action = starting(asked(editor, analysis, Span(place, place)), "Pin the revision")[0]
    assert f'hub("example/tiny", revision = "{COMMIT}")' in applied(analysis, action)


def test_no_revision_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    editor = Editor(tmp_path)
    text = 'ftr 1\nmodel base { from = hub("example/tiny") }\n'
    analysis = editor.open("a.ftr", text)
    assert not starting(asked(editor, analysis, Span(text.index("tiny"), text.index("tiny"))), "Pin")
