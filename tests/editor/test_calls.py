"""The graph of a recipe, followed from file to file."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from recipedsl.editor.features.calls import incoming, outgoing, prepare
from tests.editor.editing import Editor

SHARED = 'ftr 1\ndata greetings = rows([{ question: "a?" }])\n'
USING = 'ftr 1\nimport common = "common.ftr"\ndata mine = common.greetings | take 5\ndata more = mine\n'


def item_at(editor: Editor, path: str, offset: int) -> types.CallHierarchyItem:
    analysis = editor.analysis(path)
    position = analysis.positions.position(offset)
    document = types.TextDocumentIdentifier(analysis.document.uri)
    found = prepare(editor.workspace, types.CallHierarchyPrepareParams(document, position))
    assert found is not None
    return found[0]


def test_from_file_to_file(tmp_path: Path) -> None:
    """Down to a file that is not open, and up again to one that imports it."""
    (tmp_path / "common.ftr").write_text(SHARED)
    editor = Editor(tmp_path)
    editor.open("a.ftr", USING)
    more = item_at(editor, "a.ftr", USING.index("more"))
    mine = outgoing(editor.workspace, types.CallHierarchyOutgoingCallsParams(more))[0].to
    assert mine.name == "mine"
    greetings = outgoing(editor.workspace, types.CallHierarchyOutgoingCallsParams(mine))[0].to
    assert (greetings.name, greetings.uri) == ("greetings", editor.uri("common.ftr"))
    assert not outgoing(editor.workspace, types.CallHierarchyOutgoingCallsParams(greetings))
    back = incoming(editor.workspace, types.CallHierarchyIncomingCallsParams(greetings))
    assert [each.from_.name for each in back] == ["mine"]


def test_no_file_outside_the_workspace_is_read(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.ftr").write_text(USING)
    editor = Editor(inside)
    editor.open("a.ftr", USING)
    item = item_at(editor, "a.ftr", USING.index("more"))
    for path in ("../outside.ftr", "../inside/../outside.ftr"):
        item.uri = f"{inside.as_uri()}/{path}"
        assert not outgoing(editor.workspace, types.CallHierarchyOutgoingCallsParams(item))
    item.uri = (tmp_path / "outside.ftr").as_uri()
    assert not outgoing(editor.workspace, types.CallHierarchyOutgoingCallsParams(item))
