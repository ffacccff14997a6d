"""A workspace without a protocol: documents opened in a folder, with everything they ask about looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types

from recipedsl.data.look import FileFacts
from recipedsl.data.peek import FilesAround
from recipedsl.editor.analysis import Analysis
from recipedsl.editor.documents import Document
from recipedsl.editor.workspace import Workspace, uri_of
from recipedsl.editor.world import World

MARK = "<|>"


@dataclass
class Editor:
    """Documents open in a folder; paths are relative to it."""

    root: Path
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.workspace = Workspace(World(FileFacts, FilesAround, lambda _: self.root))
        self.workspace.folders = [self.root]

    def open(self, path: str, text: str, *, settled: bool = True) -> Analysis:
        """Opens a document, or gives an open one another text."""
        uri = self.uri(path)
        before = self.workspace.documents.get(uri)
        if isinstance(before, Document):
            change = types.TextDocumentContentChangeWholeDocument(text)
            self.workspace.change(uri, before.version + 1, [change])
        else:
            self.workspace.open(uri, text)
        if settled:
            self.workspace.settle(uri)
        return self.analysis(path)

    def uri(self, path: str) -> str:
        """Its address."""
        return uri_of(self.root / path)

    def analysis(self, path: str) -> Analysis:
        """What is known of an open document now."""
        found = self.workspace.analysis(self.uri(path))
        assert found is not None
        return found


def without_marks(text: str) -> tuple[str, list[int]]:
    """The text without its cursor marks, and the offsets where they stood."""
    first, *others = text.split(MARK)
    offsets, whole = [], first
    for part in others:
        offsets.append(len(whole))
        whole += part
    return whole, offsets
