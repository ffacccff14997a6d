"""Comments and empty lines, attached to the words that they stand with.

An own-line comment leads the next word, one at the end of a line trails the word before it. What
stands last in a block leads its closing bracket, and at the end of the file an end mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recipedsl.source import Span
from recipedsl.syntax.layout import END
from recipedsl.syntax.scan import COMMENT, DOC, NEWLINE, TRIVIA, Token

BLANK = ""  # among leading comments: an empty line


@dataclass(slots=True)
class Word:
    """A token that means something, and what stands around it that does not.

    Attributes:
        token: the token.
        leading: own-line comments above, `BLANK` for each run of empty lines.
        trailing: comment behind it on its line.
        begins_line: whether a line ended between it and the word before.
    """

    token: Token
    leading: list[str] = field(default_factory=list)
    trailing: str | None = None
    begins_line: bool = False

    @property
    def kind(self) -> str:
        return self.token.kind

    @property
    def text(self) -> str:
        return self.token.text

    @property
    def comments_above(self) -> list[str]:
        """The leading comments without the empty lines."""
        return [line for line in self.leading if line != BLANK]


def attach(tokens: Iterable[Token]) -> list[Word]:
    """The words of a text with their comments; the last one is an end mark."""
    words: list[Word] = []
    leading: list[str] = []
    is_empty = True  # the line so far
    begins_line = True  # nothing but comments since the last line end after a word
    for token in tokens:
        if token.kind == NEWLINE:
            if is_empty and leading[-1:] != [BLANK]:
                leading.append(BLANK)
            is_empty = begins_line = True
        elif token.kind in {COMMENT, DOC}:
            comment = token.text.rstrip()
            if begins_line:
                leading.append(comment)
            else:
                words[-1].trailing = comment
            is_empty = False
        elif token.kind not in TRIVIA:
            words.append(Word(token, leading, None, begins_line))
            leading, is_empty, begins_line = [], False, False
    words.append(Word(Token(END, "", Span(0, 0)), leading, None, True))
    return words


def comments(tokens: Iterable[Token]) -> list[str]:
    """All comments of a text in order."""
    return [token.text.rstrip() for token in tokens if token.kind in {COMMENT, DOC}]
