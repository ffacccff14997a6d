"""Every word of every recipe: each feature answers, and names, settings and words have something to tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.names import Occurrence, Role
from recipedsl.syntax.scan import NAME, NUMBER, RESERVED
from tests.editor.asking import answered, of_document, of_place
from tests.editor.editing import Editor
from tests.editor.writing import SEEN, due_words, shares

ROOT = Path(__file__).parents[2]
FOLDERS = ("recipes", "tests/cases/recipes", "tests/cases/format", "tests/published")
RECIPES = sorted(path for each in FOLDERS for path in (ROOT / each).glob("*.ftr"))

#: What need not be told: a part of a record says what it is, a key of a map names what is told behind it.
_SILENT = frozenset((Role.FIELD, Role.KEY, Role.UNKNOWN))

ROUNDS = """ftr 1
model base { from = hub("example/tiny", revision = "7ae557604adf67be50417f59c2c2f167def9a775") }
data rows = read("rows.jsonl") | as chat(user = question, assistant = answer) | split train = rest, held = 10%
data rated = read("rows.jsonl") | as preference(prompt = question, chosen = answer, rejected = topic)
stage judge: reward { from = base, data = rated }
rounds 3 {
  data fresh = generate(previous(policy, first = base), rows.train, n = 4)
    | score quality = judge
    | pair by question, on = quality
  stage policy: dpo {
    from          = previous(policy, first = base)
    data          = concat(every(fresh))
    learning_rate = each(1e-5, 5e-6, 2e-6)
    adapter       = lora(rank = 8)
  }
  eval report {
    models  = [latest(policy)]
    data    = rows.held
    metrics = [loss()]
  }
}
stage averaged: merge { models = [policy[1], policy[2], policy[3]], weights = [1, 1, 2] }
stage longer = policy with { epochs = 4 }
run { seed = 1 }
"""


def words(analysis: Analysis) -> list[int]:
    """Offsets of the names and numbers of a text, and of its reserved words."""
    kinds = (NAME, NUMBER)
    found = (each for each in analysis.tokens if each.kind in kinds or each.text in RESERVED)
    return [each.span.start for each in found]


def is_told(found: Occurrence | None) -> bool:
    """Whether there is something to say of a word: not of a column that no row has."""
    if found is None or found.role in _SILENT:
        return False
    is_unknown = found.column is not None and found.column.row is not None and found.column.type is None
    leads_nowhere = found.role is Role.REFERENCE and found.definition is None
    return not is_unknown and not leads_nowhere


def hover_at(editor: Editor, uri: str, offset: int) -> object:
    position = editor.workspace.documents[uri].positions.position(offset)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), position)
    return answered(editor.workspace, uri, types.TEXT_DOCUMENT_HOVER, params)


@pytest.mark.parametrize("text", [*RECIPES, ROUNDS], ids=lambda each: getattr(each, "stem", "rounds"))
def test_every_name_has_a_hover(text: Path | str) -> None:
    folder = text.parent if isinstance(text, Path) else ROOT / "tests" / "cases" / "editor"
    editor = Editor(folder)
    analysis = editor.open("every.ftr", text.read_text(encoding="utf-8") if isinstance(text, Path) else text)
    uri = analysis.document.uri
    silent = []
    for offset in words(analysis):
        found = analysis.names.at(offset)
        if hover_at(editor, uri, offset) is None and is_told(found):
            line = analysis.positions.line_of(offset) + 1
            silent.append(f"{line}: {found.role if found else ''} {found.name if found else ''}")
    assert not silent


@pytest.mark.parametrize(
    "text",
    [*(each for each in RECIPES if each.parent.name == "recipes"), ROUNDS],
    ids=lambda each: getattr(each, "stem", "rounds"),
)
def test_every_feature_answers_at_every_word(text: Path | str, tmp_path: Path) -> None:
    """Where a bug is, it raises: a refusal is an answer."""
    editor = Editor(tmp_path)
    analysis = editor.open("every.ftr", text.read_text(encoding="utf-8") if isinstance(text, Path) else text)
    uri = analysis.document.uri
    for method, params in of_document(editor.workspace, uri):
        answered(editor.workspace, uri, method, params)
    position = analysis.positions.position
    for offset in words(analysis)[::3]:
        at = {"text_document": types.TextDocumentIdentifier(uri), "position": position(offset)}
        for method, params in (
            *of_place(editor.workspace, uri, offset),
            (types.TEXT_DOCUMENT_HOVER, types.HoverParams(**at)),  # type: ignore[arg-type]
            (types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)),  # type: ignore[arg-type]
            (types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpParams(**at)),  # type: ignore[arg-type]
        ):
            answered(editor.workspace, uri, method, params)


@pytest.mark.parametrize("name", ["quickstart", "coder"])
def test_a_recipe_is_written_by_completion(name: str) -> None:
    """All of its words are offered, and seen at once when one letter is written."""
    text = (ROOT / "recipes" / f"{name}.ftr").read_text(encoding="utf-8")
    found = list(due_words(Editor(ROOT / "recipes"), "writing.ftr", text))
    assert [f"{each.line}: {each.word}" for each in found if each.place == 0] == []
    assert [f"{each.line}: {each.word}" for each in found if not 0 < each.after <= SEEN] == []
    count, _, seen, _ = shares(found)["all"]
    assert seen >= 0.8 * count


def test_rounds_are_written_by_completion() -> None:
    """All but the name of a stage that stands further down, and columns that the open brace hides."""
    found = list(due_words(Editor(ROOT / "tests" / "cases" / "editor"), "writing.ftr", ROUNDS))
    missing = [f"{each.line}: {each.word}" for each in found if each.place == 0]
    assert missing == ["7: policy", "9: question", "9: quality"]
