"""Pages as they stand in docstrings: a title, paragraphs, and sections with a heading each."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cached_property

#: Headings of the pages of codes and concepts; a line that begins with one opens a section.
HEADINGS = ("What", "Why", "Bad", "Good", "Example", "Source", "Null")

_HEADING = re.compile(rf"^({'|'.join(HEADINGS)}):", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)

#: How an example that is no recipe begins, and what it is written in.
_LANGUAGES = {
    "recipedsl ": "console",
    "apt ": "console",
    "def ": "python",
    "{%": "jinja",
    "{{": "jinja",
    "{": "json",
    "[": "json",
    '"': "json",
    "tests = ": "python",
}


@dataclass(frozen=True)
class Section:
    """What stands under a heading: an indented block of code, or text with code in backquotes.

    Attributes:
        body: as written, with the indentation of a block.
    """

    body: str

    @cached_property
    def block(self) -> str:
        """The code when the section is an indented block, empty otherwise."""
        lines = self.body.strip("\n").split("\n")
        if all(line.startswith("    ") for line in lines if line.strip()):
            return textwrap.dedent("\n".join(lines)).strip("\n")
        return ""

    @cached_property
    def text(self) -> str:
        """The text, its lines joined to paragraphs; empty for a block."""
        return "" if self.block else paragraphs(self.body)

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """The code: the block, or every span in backquotes."""
        if self.block:
            return (self.block,)
        return tuple(code.strip() for _, code in _SPAN.findall(self.text))

    @property
    def is_code(self) -> bool:
        """Whether nothing but one example stands here."""
        return bool(self.block) or bool(_SPAN.fullmatch(self.text.strip()))


@dataclass(frozen=True)
class Page:
    """A page: title without a full stop, paragraphs, sections by heading."""

    title: str
    text: str
    sections: dict[str, Section]


def read_page(docstring: str) -> Page:
    """Reads a docstring whose indentation is gone already."""
    head, *rest = _HEADING.split(docstring)
    title, _, text = head.strip().partition("\n")
    pairs = zip(rest[::2], rest[1::2], strict=True)
    sections = {name: Section(body.removeprefix(" ").rstrip()) for name, body in pairs}
    return Page(title.rstrip("."), paragraphs(text), sections)


def paragraphs(text: str) -> str:
    """Text with each paragraph on one line."""
    parts = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def language_of(code: str) -> str:
    """What an example is written in: `ftr`, or what its beginning tells."""
    return next((name for start, name in _LANGUAGES.items() if code.startswith(start)), "ftr")
