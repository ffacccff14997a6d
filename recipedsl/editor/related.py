"""The recipes that import one another, for what reaches over files: references, renaming, calls."""

from __future__ import annotations

from pathlib import Path

from recipedsl.editor.analysis import Analysis, analyse_document
from recipedsl.editor.facts import Question, TextOf
from recipedsl.editor.workspace import Workspace, uri_of
from recipedsl.semantics.context import Module

#: Recipes of a workspace that are looked through for imports.
_MOST = 2_000

#: Rounds of following imports: each may lead to files that nobody has read yet.
_ROUNDS = 100


def related(
    workspace: Workspace, analysis: Analysis, settling: tuple[type[Question], ...] = (TextOf,)
) -> list[Analysis]:
    """A recipe, those that it imports, and those of the workspace that import one of them; itself first.

    Args:
        workspace: with the folders that are looked through.
        analysis: the recipe.
        settling: what is looked up here and now where nobody has done so: without what an import holds, a
            name of it seems to lead nowhere.
    """
    found = {each.document.path: each for each in with_imports(workspace, analysis, settling)}
    first, declared_in = next(iter(found.values())), set(found)
    for file in _recipes(workspace, first):
        text = _text(workspace, file)
        if text is None or "import" not in text or not any(Path(each).name in text for each in declared_in):
            continue
        other = _of_file(workspace, file, settling)
        if other is not None and declared_in & set(_imported(other.module)):
            found.setdefault(other.document.path, other)
    return list(found.values())


def with_imports(
    workspace: Workspace, analysis: Analysis, settling: tuple[type[Question], ...] = (TextOf,)
) -> list[Analysis]:
    """A recipe, and those that it imports; itself first."""
    first = _settled(workspace, analysis, settling)
    files = [first.document.root / each for each in _imported(first.module)]
    others = (_of_file(workspace, each, settling) for each in files)
    return [first, *(each for each in others if each is not None)]


def _of_file(workspace: Workspace, file: Path, settling: tuple[type[Question], ...]) -> Analysis | None:
    found = workspace.analysis_of_file(file)
    return _settled(workspace, found, settling) if found is not None else None


def _settled(workspace: Workspace, analysis: Analysis, settling: tuple[type[Question], ...]) -> Analysis:
    """The analysis once what it asks of these kinds is known."""
    for _ in range(_ROUNDS):
        _ = analysis.questions
        wanted = [each for each in analysis.facts.unanswered if isinstance(each, settling)]
        if not wanted:
            break
        project = workspace.project(analysis.document.root)
        for question in wanted:
            project.memory.keep(question, project.ask(question))
        analysis = _anew(workspace, analysis)
    return analysis


def _anew(workspace: Workspace, analysis: Analysis) -> Analysis:
    """The same text, with what is known by now."""
    document, facts = analysis.document, analysis.facts
    return workspace.analysis(document.uri) or analyse_document(
        document, facts.memory, facts.opened, analysis.parse
    )


def _imported(module: Module) -> list[str]:
    """Paths of the files that a recipe imports, and of those that they import."""
    waiting = list(module.imports.values())
    for each in waiting:
        waiting.extend(each.imports.values())
    return list(dict.fromkeys(each.source.path for each in waiting))


def _recipes(workspace: Workspace, analysis: Analysis) -> list[Path]:
    """Recipes that may import a file: those that are open, and those below the folders that hold it."""
    own = analysis.document.file
    opened = [each.file for each in workspace.documents.values() if each.file is not None]
    holding = [each for each in workspace.folders if own is not None and own.is_relative_to(each)]
    listed = [file for each in holding for file in workspace.world.recipes_of(each)]
    return [each for each in dict.fromkeys((*opened, *listed[:_MOST])) if each != own]


def _text(workspace: Workspace, file: Path) -> str | None:
    """What a recipe holds, as it stands in the editor where it is open."""
    document = workspace.documents.get(uri_of(file))
    if document is not None:
        return document.text
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
