"""Pages of codes as files of this user, each written when it is first named.

A problem names the page of its code by an address. Every editor opens a file; a scheme of our own would be
opened by those alone that ask a server for what stands behind it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from recipedsl.diagnostics import Code


def in_background(action: Callable[[], None]) -> None:
    """Does something on a thread of its own: what makes pages takes its time to be imported."""
    threading.Thread(target=action, name="page", daemon=True).start()


@dataclass
class Pages:
    """The pages of one version.

    Attributes:
        folder: to write to; each version of the program has one of its own.
        begin: has a page written, now or soon.
    """

    folder: Path
    begin: Callable[[Callable[[], None]], None] = in_background
    _known: dict[str, str] = field(default_factory=dict)

    def address(self, kind: type[Code]) -> str:
        """Of the page of a code; empty where it could not be written."""
        if kind.code not in self._known:
            file = self.folder.absolute() / f"{kind.code}.md"
            self._known[kind.code] = file.as_uri()
            self.begin(partial(self._write, kind, file))
        return self._known[kind.code]

    def _write(self, kind: type[Code], file: Path) -> None:
        text = page_text(kind)
        try:
            if not _holds(file, text):
                file.parent.mkdir(parents=True, exist_ok=True)
                # At once or not at all: another server may write the same.
                beside = file.with_name(f".{file.name}.{id(self):x}")
                beside.write_text(text, encoding="utf-8")
                beside.replace(file)
        except OSError:
            self._known[kind.code] = ""


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def page_text(kind: type[Code]) -> str:
    """The page of a code as Markdown: what is wrong, why it matters, a bad and a good recipe."""
    from recipedsl.reference.codes import code_section

    return (
        code_section(kind).removeprefix("#") + f"\n\n`recipedsl explain {kind.code}` shows this page too.\n"
    )
