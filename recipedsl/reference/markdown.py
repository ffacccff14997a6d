"""Markdown as text: escaping, code, tables. It reads the same on a code host and in the built site."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_SPECIAL = re.compile(r"([\\*_\[\]<>#|])")


def plain(text: str) -> str:
    """Text in which no character means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", text)


def prose(text: str) -> str:
    """Text with code in backquotes, as docstrings have it; nothing else of it means anything."""
    parts: list[str] = []
    end = 0
    for span in _SPAN.finditer(text):
        parts += [_words(text[end : span.start()]), code(span[2].strip())]
        end = span.end()
    return "".join([*parts, _words(text[end:])])


def _words(text: str) -> str:
    # An underscore or a bracket inside running text is no markup for any reader of Markdown.
    return re.sub(r"([\\*<>|])", r"\\\1", text)


def code(text: str) -> str:
    """Code within a line; HTML where backquotes or a table's bars would end it too soon."""
    if "`" not in text and "|" not in text:
        return f"`{text}`"
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;').replace('`', '&#96;')}</code>"


def fence(text: str, language: str = "ftr") -> str:
    """A block of code; its fence is longer than any in it."""
    ticks = max((len(each) for each in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2) + 1
    mark = "`" * ticks
    return f"{mark}{language}\n{text}\n{mark}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown of one line already; empty when there is no row."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |"


def link(text: str, target: str) -> str:
    """A link whose text is Markdown."""
    return f"[{text}]({target})"


def slug(heading: str) -> str:
    """The anchor that code hosts and Python-Markdown both give a heading of words."""
    bare = re.sub(r"[^\w\- ]", "", re.sub(r"[`\\]", "", heading)).strip().lower()
    return re.sub(r"[ -]+", "-", bare)


def joined(parts: Iterable[str], between: str = "\n\n") -> str:
    """The parts that are not empty."""
    return between.join(part for part in parts if part)


def listed(words: Sequence[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
