"""Open documents: a text with its version, changed by the edits that the client sends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from recipedsl.editor.positions import Encoding, Positions


@dataclass(frozen=True, eq=False)
class Document:
    """One version of a text that is open in the editor.

    Attributes:
        uri: as the client calls it.
        file: where it lies; None for a text that lies nowhere.
        root: of the project that it belongs to.
        path: relative to the root, with `/`; what messages and imports call it.
    """

    uri: str
    file: Path | None
    root: Path
    path: str
    version: int
    text: str
    encoding: Encoding = Encoding.Utf16

    @cached_property
    def positions(self) -> Positions:
        """Its lines."""
        return Positions(self.text, self.encoding)

    def changed(self, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]) -> Document:
        """The document after edits, each of which counts from the one before."""
        text, positions = self.text, self.positions
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                span = positions.span(change.range)
                text = text[: span.start] + change.text + text[span.end :]
            else:
                text = change.text
            positions = Positions(text, self.encoding)
        return self.with_text(version, text)

    def with_text(self, version: int, text: str) -> Document:
        """Another version."""
        return Document(self.uri, self.file, self.root, self.path, version, text, self.encoding)


def file_of(uri: str) -> Path | None:
    """The file that an address means; None for a text that lies nowhere (`untitled:`)."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None
