"""Documents, what is known of them and of the files around them. No protocol here: tests use it as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import from_fs_path

from recipedsl.diagnostics import Code, Diagnostic
from recipedsl.editor.analysis import Analysis, analyse_document
from recipedsl.editor.chunks import ChunkParser
from recipedsl.editor.documents import Document, file_of
from recipedsl.editor.facts import Memory, Question
from recipedsl.editor.positions import Encoding
from recipedsl.editor.world import World


@dataclass(frozen=True)
class Traits:
    """What the client can do.

    Attributes:
        snippets: whether a completion may have stops for the cursor.
        refreshes_hints: whether it asks for inlay hints anew when it is told to.
    """

    snippets: bool = True
    refreshes_hints: bool = False


class Workspace:
    """Everything that is open."""

    def __init__(self, world: World, encoding: Encoding | str = Encoding.Utf16) -> None:
        self.world = world
        self.encoding = Encoding(encoding)
        self.folders: list[Path] = []
        self.traits = Traits()
        self.documents: dict[str, Document] = {}
        #: What was answered last about the colours of each document: the next answer says what is other.
        self.painted: dict[str, tuple[str, list[int]]] = {}
        self._analyses: dict[str, Analysis] = {}
        self._projects: dict[Path, Project] = {}

    # --- documents ----------------------------------------------------------------------------------

    def open(self, uri: str, text: str, version: int = 0) -> Document:
        """A document as the client sees it from now on."""
        file = file_of(uri)
        root = self._root(file)
        path = file.relative_to(root).as_posix() if file is not None else uri
        self.documents[uri] = Document(uri, file, root, path, version, text, self.encoding)
        return self.documents[uri]

    def change(
        self, uri: str, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]
    ) -> Document | None:
        """Edits of an open document; None for one that is not open."""
        if uri not in self.documents:
            return None
        self.documents[uri] = self.documents[uri].changed(version, changes)
        return self.documents[uri]

    def close(self, uri: str) -> None:
        """What the file holds counts again."""
        document = self.documents.pop(uri, None)
        self._analyses.pop(uri, None)
        self.painted.pop(uri, None)
        if document is not None:
            self.project(document.root).forget(uri)

    def _root(self, file: Path | None) -> Path:
        if file is None:
            return (self.folders or [Path()])[0].resolve()
        # Links stay as they are: the client's names are what answers are given in.
        return self._named_root(file)

    def _named_root(self, file: Path) -> Path:
        root = self.world.root_of(file.parent)
        if file.is_relative_to(root):
            return root
        resolved = file.resolve()
        depth = len(resolved.relative_to(root).parts) if resolved.is_relative_to(root) else 1
        return file.parents[min(depth, len(file.parents)) - 1]

    # --- analyses -----------------------------------------------------------------------------------

    def analysis(self, uri: str) -> Analysis | None:
        """What is known of a document now; None for one that is not open.

        It is made anew where the document, an open document that it imports, or an answer to something that
        it asked has changed.
        """
        document = self.documents.get(uri)
        if document is None:
            return None
        kept = self._analyses.get(uri)
        if kept is None or kept.document is not document or not kept.facts.is_fresh:
            kept = self._analyses[uri] = self._analyse(document)
        return kept

    def _analyse(self, document: Document) -> Analysis:
        project = self.project(document.root)
        return analyse_document(
            document, project.memory, self._opened(document.root), project.parser(document.uri)
        )

    def stale_documents(self, but: str) -> list[str]:
        """Open documents, save one, whose meaning has changed since it was asked for last."""
        kept = self._analyses.items()
        return [uri for uri, each in kept if uri != but and not each.facts.is_fresh]

    def analysis_of_file(self, file: Path) -> Analysis | None:
        """What is known of a recipe that need not be open; None where it cannot be read as text."""
        uri = uri_of(file)
        if uri in self.documents:
            return self.analysis(uri)
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None
        root = self._root(file)
        document = Document(uri, file, root, file.relative_to(root).as_posix(), 0, text, self.encoding)
        return self._analyse(document)

    def _opened(self, root: Path) -> Callable[[str], str | None]:
        """The texts of a project's open documents, by path."""

        def text(path: str) -> str | None:
            document = self.documents.get(uri_of(root / path))
            return document.text if document is not None else None

        return text

    # --- the files around -----------------------------------------------------------------------------

    def project(self, root: Path) -> Project:
        """What is known of the files below a root."""
        if root not in self._projects:
            self._projects[root] = Project(root, self.world)
        return self._projects[root]

    def settle(self, uri: str) -> None:
        """Look up here and now what a document asks of the files around it: for tests."""
        while (found := self.analysis(uri)) is not None and found.questions and found.facts.unanswered:
            project = self.project(found.document.root)
            for question in found.facts.unanswered:
                project.memory.keep(question, project.ask(question))

    def uri_in(self, root: Path, path: str) -> str:
        """Address of a file of a project; that of a `path` that lies nowhere is the path itself."""
        return path if path in self.documents else uri_of(root / path)

    def page_of(self, kind: type[Code]) -> str:
        """Address of the page of a code; empty where it has none."""
        return self.world.page_of(kind)

    def shown(self, analysis: Analysis) -> list[Diagnostic]:
        """Problems of a document that the settings of its project show."""
        document = analysis.document
        shows = self.world.shows_of(document.file or document.root / document.path)
        return [each for each in analysis.problems if shows(each)]


class Project:
    """The files below one root: who answers about them, and what was answered."""

    def __init__(self, root: Path, world: World) -> None:
        self.root = root
        self._facts, self._around = world.facts_of(root), world.around(root)
        self.memory = Memory()
        self._parsers: dict[str, ChunkParser] = {}

    def ask(self, question: Question) -> Any:
        """Look something up, which may take long."""
        return question.ask(self._facts, self._around)

    def parser(self, uri: str) -> ChunkParser:
        """A parser that knows the last text of this document."""
        return self._parsers.setdefault(uri, ChunkParser())

    def forget(self, uri: str) -> None:
        """The document was closed."""
        self._parsers.pop(uri, None)


def uri_of(file: Path) -> str:
    """Address of a file."""
    return from_fs_path(str(file)) or ""
