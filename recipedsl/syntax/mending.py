"""A laid-out text that is being mended before it is parsed: what is looked at and what is changed.

What is mended has been reported. The parser then reads what was meant, so that nothing around it
is lost and nothing is said twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from recipedsl.diagnostics import Applicability, Code, Edit, Help, Label, Problems
from recipedsl.source import Source, Span
from recipedsl.syntax import grammar
from recipedsl.syntax.layout import CLOSERS, END, Layout
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, NUMBER, STRING, Token

ENDS_VALUE = frozenset((NAME, NUMBER, STRING, "TRUE", "FALSE", "NONE", *CLOSERS))
SIMPLE_VALUES = frozenset((NAME, NUMBER, STRING, "TRUE", "FALSE", "NONE"))


def broken_statement(span: Span) -> tuple[Token, ...]:
    """Stands in the place of a statement that is given up."""
    return Token(BROKEN, "", span), Token(NEWLINE, "", Span(span.end, span.end))


class Draft:
    """A layout, its problems, and the changes that are collected until `result` makes them."""

    def __init__(self, source: Source, laid: Layout, problems: Problems) -> None:
        self.source = source
        self.laid = laid
        self.tokens = laid.tokens
        self.problems = problems
        self.changes: dict[int, tuple[Token, ...]] = {}
        self.joined: set[int] = set()

    @cached_property
    def kinds(self) -> list[str]:
        """The kind of every token."""
        return [token.kind for token in self.tokens]

    @cached_property
    def begins(self) -> frozenset[int]:
        """Indices of the tokens that begin a declaration."""
        return frozenset(self.laid.statements)

    def result(self) -> Layout:
        """The layout as mended."""
        return self.laid.changed(self.changes, self.joined) if self.changes or self.joined else self.laid

    # Looking

    def kind(self, index: int) -> str:
        """The kind of a token; that of the end beyond it."""
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else END

    def text(self, index: int) -> str:
        """A token as written; empty beyond the end."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def span(self, first: int, last: int) -> Span:
        """From one token to another, both included."""
        return self.tokens[first].span.to(self.tokens[last].span)

    def touch(self, index: int) -> bool:
        """Whether nothing stands between a token and the next one."""
        return self.tokens[index].span.end == self.tokens[index + 1].span.start

    def share_a_line(self, first: int, last: int) -> bool:
        """Whether two tokens stand on one line."""
        between = self.source.text[self.tokens[first].span.end : self.tokens[last].span.start]
        return "\n" not in between

    def column(self, index: int) -> int:
        """Where a token stands on its line, counted from 1."""
        return self.source.position(self.tokens[index].span.start).column

    def fits(self, begin: int) -> bool:
        """Whether the declaration that begins at a token can be parsed as it stands."""
        places = self.laid.statements
        number = bisect_right(places, begin)
        end = places[number] if number < len(places) else len(self.tokens) - 1
        table, stack = grammar.table(), list(grammar.fresh_state().state_stack)
        odd = next((place for place in range(begin, end) if not table.shift(stack, self.kinds[place])), end)
        return set(self.kinds[odd:end]) <= _ENDS_ROUNDS  # the braces of `rounds` close behind its last one

    def closer(self, opener: int) -> int:
        """Index of the bracket that closes the one at an index; 0 when it is not closed on its own."""
        depth = 0
        for place in range(opener, len(self.kinds)):
            depth += (self.kinds[place] in _OPENERS) - (self.kinds[place] in CLOSERS)
            if depth == 0:
                return 0 if place in self.laid.missing else place
        return 0

    def part_end(self, index: int) -> int:
        """Index of the token that ends the part around `index`: a `,`, `|`, line end or closing bracket."""
        depth = 0
        for place in range(index, len(self.tokens)):
            kind = self.tokens[place].kind
            if depth == 0 and kind in _PART_ENDS:
                return place
            depth += (kind in _OPENERS) - (kind in CLOSERS)
        return len(self.tokens) - 1

    # Changing

    def replace(self, first: int, last: int, *tokens: Token) -> bool:
        """Put tokens in the place of those from `first` to `last`; not where something was changed before."""
        if any(index in self.changes for index in range(first, last + 1)):
            return False
        self.changes |= dict.fromkeys(range(first, last + 1), ())
        self.changes[first] = tokens
        return True

    def mend(
        self,
        kind: type[Code],
        first: int,
        last: int,
        tokens: Iterable[Token],
        proper: str,
        message: str,
        *,
        behind: str = "",
        safe: bool = True,
    ) -> bool:
        """Put tokens in the place of others, and report what they are written as here.

        Args:
            kind: of the problem.
            first, last: indices of the tokens that go, both included.
            tokens: what stands for them.
            proper: how they are written.
            message: may name what is written as `{written}`, and `proper`.
            behind: what stands before `proper` in the words of the fix, and stays as it is.
            safe: whether the fix keeps what the recipe means.

        Returns:
            Whether it was done; not where something was changed before.
        """
        if not self.replace(first, last, *tokens):
            return False
        span = self.span(first, last)
        words = message.format(written=" ".join(self.source.slice(span).split()), proper=proper)
        fix = self.fix(f"write `{behind}{proper}`", (span, proper), safe=safe)
        self.report(kind, words, span, f"write `{proper}`", fix)
        return True

    def sign(self, kind: str, index: int) -> Token:
        """A sign in the place of the token at `index`."""
        token = self.tokens[index]
        return Token(kind, token.text, token.span, token.value)

    def report(
        self,
        kind: type[Code],
        message: str,
        span: Span,
        label: str,
        *helps: Help,
        others: tuple[Span, ...] = (),
    ) -> None:
        """Record a problem; `others`: further places of the same."""
        secondary = tuple(Label(self.source, other, "and here") for other in others)
        place = Label(self.source, span, label)
        self.problems.report(kind, message, place, secondary=secondary, helps=helps)

    def fix(self, words: str, *edits: tuple[Span, str], safe: bool = True) -> Help:
        """A help with edits: what to put where."""
        applicability = Applicability.SAFE if safe else Applicability.UNSAFE
        return Help(words, tuple(Edit(self.source, span, text) for span, text in edits), applicability)


class Walk:
    """One way through the tokens of a draft, and where it is.

    Attributes:
        draft: what is looked at.
        open: indices of the brackets that are open.
        begin: index of the token that begins the declaration.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.open: list[int] = []
        self.begin = 0

    def innermost(self) -> str:
        """The kind of the innermost open bracket; empty outside of all."""
        return self.draft.kinds[self.open[-1]] if self.open else ""

    def is_in_block(self) -> bool:
        """Whether settings stand here: right inside the braces of a block."""
        if self.innermost() != "LBRACE":
            return False
        head = self.draft.kinds[self.begin : self.open[-1]]
        return 0 < len(head) <= 4 and not set(head) - {NAME, "COLON"}


_ENDS_ROUNDS = frozenset(("RBRACE", NEWLINE))
_OPENERS = frozenset(CLOSERS.values())
_PART_ENDS = frozenset(("COMMA", "VBAR", NEWLINE, END, *CLOSERS))
