"""Everything that is known of one version of a document: a snapshot, computed where it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recipedsl.compiler.compiler import Checked, Request, check_parsed
from recipedsl.diagnostics import Diagnostic, Problems
from recipedsl.editor.chunks import pieces_around
from recipedsl.editor.documents import Document
from recipedsl.editor.facts import Memory, Question, RememberedFacts, TextOf
from recipedsl.editor.names import Names
from recipedsl.editor.naming import names_of
from recipedsl.editor.nodes import path_to
from recipedsl.editor.positions import Positions
from recipedsl.plan.facts import FileRows, HubRows, Look
from recipedsl.semantics.context import Declared, Module
from recipedsl.semantics.recipe import Passage, Recipe
from recipedsl.source import Source, Span
from recipedsl.syntax import scan
from recipedsl.syntax.scan import Token
from recipedsl.syntax.tree import File

#: Parses a text; the workspace gives one that reuses what did not change.
Parser = Callable[[Source], tuple[File, Problems]]


@dataclass(frozen=True, eq=False)
class Analysis:
    """A document with its meaning.

    Attributes:
        document: the version that was analysed.
        facts: what was asked of the files around it.
        parse: reads a text.
    """

    document: Document
    facts: RememberedFacts
    parse: Parser

    # --- the text ---------------------------------------------------------------------------------

    @cached_property
    def source(self) -> Source:
        """The text under the name that messages give it."""
        return Source(self.document.path, self.document.text)

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def positions(self) -> Positions:
        return self.document.positions

    @cached_property
    def tokens(self) -> list[Token]:
        """All words of the text, comments and blanks too."""
        return scan(self.source)[0]

    def words_around(self, offset: int) -> list[Token]:
        """The words of the declaration around an offset, trivia too: cheaper than all words."""
        span = pieces_around(self.text, offset)
        tokens, _ = scan(Source(self.document.path, self.text[span.start : span.end]))
        by = span.start
        return [
            Token(each.kind, each.text, Span(each.span.start + by, each.span.end + by), each.value)
            for each in tokens
        ]

    @cached_property
    def _token_starts(self) -> list[int]:
        return [each.span.start for each in self.tokens]

    def token_index(self, offset: int) -> int:
        """Index of the token in which an offset stands, of the one behind it where two meet."""
        return max(0, bisect_right(self._token_starts, offset) - 1)

    # --- the tree ---------------------------------------------------------------------------------

    @cached_property
    def _parsed(self) -> tuple[File, Problems]:
        return self.parse(self.source)

    @property
    def tree(self) -> File:
        """The syntax tree, as written: `rounds` are not written out."""
        return self._parsed[0]

    @property
    def syntax_problems(self) -> Problems:
        return self._parsed[1]

    def path_at(self, offset: int) -> list[Any]:
        """The nodes around an offset, the file first, the smallest last; an end counts as inside."""
        return path_to(self.tree, offset)

    # --- the meaning ------------------------------------------------------------------------------

    @cached_property
    def checked(self) -> Checked:
        """The compiler's answer."""
        file, syntax = self._parsed
        return check_parsed(file, syntax, self.facts, Request(), self._imported)

    def _imported(self, path: str) -> tuple[File, Problems] | None:
        text = self.facts.read_text(path)
        return None if text is None else self.parse(Source(path, text))

    @cached_property
    def is_guess(self) -> bool:
        """Whether an imported file is not known yet, so that names may only seem to be unknown."""
        _ = self.checked
        return any(isinstance(each, TextOf) for each in self.facts.unanswered)

    @cached_property
    def problems(self) -> list[Diagnostic]:
        """What is wrong, in order; of a guess the syntax only."""
        return (self.syntax_problems if self.is_guess else self.checked.problems).in_order()

    @property
    def module(self) -> Module:
        """The file's declarations and the modules that it imports; `rounds` are written out in it."""
        return self.checked.analysis.root

    @property
    def recipe(self) -> Recipe:
        """What the declarations mean, as far as they could be resolved."""
        return self.checked.analysis.recipe

    @property
    def questions(self) -> list[Question]:
        """What the meaning depends on beside the text."""
        _ = self.checked
        return list(self.facts.asked)

    # --- rows ---------------------------------------------------------------------------------------

    @cached_property
    def passages(self) -> dict[Span, Passage]:
        """The rows behind every source and step of this file, by its place."""
        mine = (each for each in self.checked.analysis.passages if each.place.source is self.source)
        return {each.place.span: each for each in mine}

    def look(self, source: FileRows | HubRows) -> Look | None:
        """What the last look at a source showed; None while nobody has looked."""
        return self.facts.look(source)

    @cached_property
    def names(self) -> Names:
        """What every name of the text is."""
        return names_of(self)

    # --- declarations -------------------------------------------------------------------------------

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """Every declaration of the recipe by full name: `solutions`, `common.base`, `policy[2]`."""
        found: dict[str, Declared] = {}
        waiting = [self.module]
        for module in waiting:
            found |= {each.full_name: each for each in module.declared.values()}
            waiting.extend(module.imports.values())
        return found


def analyse_document(
    document: Document, memory: Memory, opened: Callable[[str], str | None], parse: Parser
) -> Analysis:
    """The snapshot of a document; nothing is computed yet."""
    return Analysis(document, RememberedFacts(memory, opened), parse)
