"""Fenced code in prose: its blocks, and the prose without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from recipedsl.data.functions.rowwise import each
from recipedsl.language.functions.code import CODE_NAMES

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*([^`]*)")
_NAME = re.compile(r"[\w+#-]+")

#: Fenced and inline code, for expressions; a fence that stays open takes the rest.
_CODE = r"(?s)```.*?(?:```|\z)|~~~.*?(?:~~~|\z)|`[^`\n]*`"


@dataclass
class Block:
    """A fenced block.

    Attributes:
        fence: the signs that opened it.
        indent: white space before them.
        name: language that it names, in lower case; empty when it names none.
        lines: what stands between the fences.
        closed: whether it was closed.
    """

    fence: str
    indent: int
    name: str
    lines: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def code(self) -> str:
        """Its lines, ended by a line feed each."""
        return "".join(line + "\n" for line in self.lines)

    @property
    def language(self) -> str:
        """The language that is meant; the name itself when it is not known."""
        return CODE_NAMES.get(self.name, self.name)


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a text, in order."""
    if "```" not in text and "~~~" not in text:
        return []
    return [part for part in parts(text) if isinstance(part, Block)]


def parts(text: str) -> Iterator[Block | str]:
    """The blocks of a text, and its other lines one by one."""
    block: Block | None = None
    for line in re.split(r"\r?\n", text):
        fence = _FENCE.fullmatch(line)
        if block is None:
            if fence is None:
                yield line
            else:
                block = _opened(fence)
        elif fence is not None and _closes(fence, block):
            block.closed = True
            yield block
            block = None
        else:
            block.lines.append(_outdented(line, block.indent))
    if block is not None:
        yield block


def _opened(fence: re.Match[str]) -> Block:
    name = _NAME.search(fence[3])
    return Block(fence[2], len(fence[1]), name[0].lower() if name else "")


def _closes(fence: re.Match[str], block: Block) -> bool:
    same = fence[2][0] == block.fence[0] and len(fence[2]) >= len(block.fence)
    return same and not fence[3].strip()


def _outdented(line: str, indent: int) -> str:
    """A line without the white space that its fence has too."""
    there = len(line) - len(line.lstrip(" \t"))
    return line[min(there, indent) :]


def code_blocks(text: pl.Expr, language: str = "") -> pl.Expr:
    """Lists of the blocks of a language, or of all."""
    name = language.lower()
    wanted = CODE_NAMES.get(name, name)

    def run(text: str) -> list[str]:
        return [each.code for each in blocks(text) if not wanted or each.language == wanted]

    return each(text, run, pl.List(pl.String))


def fences_ok(text: pl.Expr) -> pl.Expr:
    """Whether all blocks are closed."""
    return each(text, lambda text: all(block.closed for block in blocks(text)), pl.Boolean())


def prose(text: pl.Expr) -> pl.Expr:
    """Texts without their code."""
    return text.str.replace_all(_CODE, " ")
