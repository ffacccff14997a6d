"""From all tokens to those that the grammar reads: line ends only where they separate.

A line end counts except inside `( )` and `[ ]` and before a line that begins with `|`. Brackets that
are never closed would swallow what follows, so they are closed here, where their partner most
likely belongs, before any of it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from recipedsl.source import Source, Span
from recipedsl.syntax.scan import COMMENT, DOC, NEWLINE, TRIVIA, Token

END = "$END"
OPENERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}

# Brackets and operators inside each other. What comes after the parser walks the tree recursively.
DEEPEST = 100

_DEEPER = frozenset("OR AND NOT IN PLUS MINUS STAR SLASH PERCENT DOT".split())
_HEADS = {
    "IMPORT": "NAME",
    "TYPE": "NAME",
    "PARAM": "NAME",
    "LET": "NAME",
    "ROUNDS": "NUMBER",
    "FTR": "NUMBER",
}
# After one of these a line goes on, so a closing bracket is not missing there.
_GOES_ON = frozenset("COMMA EQUAL COLON LPAR LSQB LBRACE VBAR DOT".split()) | _DEEPER

_ENDS_LINE = frozenset(("VBAR", "EXPECT", *CLOSERS))


@dataclass
class Layout:
    """What the parser reads.

    Attributes:
        tokens: without comments and blanks, ended by a line end and an end mark.
        statements: indices of the tokens that begin a declaration, in order.
        missing: index of an added closing bracket -> the opening one.
        surplus: indices of closing brackets that close nothing.
        too_deep: indices of tokens nested beyond the limit.
    """

    tokens: list[Token] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    missing: dict[int, Token] = field(default_factory=dict)
    surplus: list[int] = field(default_factory=list)
    too_deep: list[int] = field(default_factory=list)

    @cached_property
    def missing_places(self) -> list[int]:
        """Indices of the added closing brackets, in order."""
        return sorted(self.missing)

    @cached_property
    def surplus_places(self) -> frozenset[int]:
        """Indices of the closing brackets that close nothing, to look one up."""
        return frozenset(self.surplus)

    @cached_property
    def unclosed(self) -> frozenset[Span]:
        """Where the brackets stand that are never closed."""
        return frozenset(opener.span for opener in self.missing.values())

    def changed(self, changes: Mapping[int, Sequence[Token]], joined: Set[int] = frozenset()) -> Layout:
        """A layout with other tokens in the place of some.

        Args:
            changes: index of a token -> what stands in its place, nothing included.
            joined: indices of tokens that begin a declaration no more.
        """
        made = Layout()
        begins, surplus, deep = set(self.statements) - joined, set(self.surplus), set(self.too_deep)
        for index, token in enumerate(self.tokens):
            place = len(made.tokens)
            if index in begins:
                made.statements.append(place)
            if index in changes:
                made.tokens.extend(changes[index])
                continue
            if index in self.missing:
                made.missing[place] = self.missing[index]
            if index in surplus:
                made.surplus.append(place)
            if index in deep:
                made.too_deep.append(place)
            made.tokens.append(token)
        return made


def layout(source: Source, tokens: list[Token]) -> Layout:
    """The tokens for the parser: see the module."""
    words = _without_trivia(tokens)
    brackets = _Brackets(source, words)
    brackets.match()
    return _emit(words, brackets, len(source.text))


def _without_trivia(tokens: list[Token]) -> list[Token]:
    """Tokens that mean something; documentation moves to the first one of the line below it."""
    words: list[Token] = []
    doc: list[str] = []
    blank = True  # nothing but blanks since the last line end
    for token in tokens:
        if token.kind == DOC and blank:
            doc.append(token.text[2:].removeprefix(" ").rstrip())
            blank = False
        elif token.kind == NEWLINE:
            doc = [] if blank else doc  # an empty line parts a comment from what follows
            blank = True
            words.append(token)
        elif token.kind == COMMENT:
            blank = False
        elif token.kind not in TRIVIA:
            words.append(replace(token, doc=tuple(doc)) if doc else token)
            doc, blank = [], False
    return words


class _Brackets:
    """Finds the partner of every bracket, and places for those that have none."""

    def __init__(self, source: Source, words: list[Token]) -> None:
        self.source = source
        self.words = words
        self.following = _following(words)
        self.added: dict[int, list[Token]] = {}  # before this word -> opening brackets to be closed there
        self.statements: set[int] = set()
        self.surplus: set[int] = set()
        self._open: list[int] = []
        self._count = dict.fromkeys(OPENERS, 0)  # of open ones by kind
        self._in_rounds = False  # the outermost open bracket holds declarations
        self._column = 1  # of the declaration that is being read
        # Open bracket -> the first line end right inside it at which its partner could belong.
        self._ends: dict[int, int] = {}

    def match(self) -> None:
        """Go through all words once."""
        begins_line = True
        for index, word in enumerate(self.words):
            if word.kind == NEWLINE:
                begins_line = True
                if self._open and self._could_end_at(index):
                    self._ends.setdefault(self._open[-1], index)
                continue
            if begins_line:
                self._line(index)
            begins_line = False
            if word.kind in OPENERS:
                self._push(index)
            elif word.kind in CLOSERS:
                self._pop(index)
        self._close(len(self._open), len(self.words))

    def _line(self, index: int) -> None:
        """A line begins: a declaration where one may stand, or where one must have been meant."""
        column = self._column_of(index)
        is_head = self._is_head(index, column)
        if is_head and self._in_rounds and self._leaves_rounds(column):
            self._close(len(self._open), index)
        inside = len(self._open) - self._in_rounds
        if inside and is_head and column <= self._column:
            self._close(inside, index)
            inside = 0
        if not inside and self.words[index].kind not in CLOSERS and self.words[index].kind != "VBAR":
            self.statements.add(index)
            self._column = column

    def _leaves_rounds(self, column: int) -> bool:
        brace = self._open[0]
        first, outer = self.following[brace + 1], self._column_of(brace - 2)
        # Where the first declaration of the rounds is not indented, indentation tells nothing.
        return column <= outer < self._column_of(first)

    def _push(self, index: int) -> None:
        if not self._open:
            self._in_rounds = index >= 2 and self.words[index - 2].kind == "ROUNDS"
        self._open.append(index)
        self._count[self.words[index].kind] += 1

    def _pop(self, index: int) -> None:
        wanted = CLOSERS[self.words[index].kind]
        if not self._count[wanted]:
            self.surplus.add(index)
            return
        unclosed = 0
        while self.words[self._open[-1 - unclosed]].kind != wanted:
            unclosed += 1
        self._close(unclosed, index)
        self._drop()

    def _drop(self) -> int:
        opener = self._open.pop()
        self._count[self.words[opener].kind] -= 1
        self._in_rounds = self._in_rounds and bool(self._open)
        return opener

    def _close(self, count: int, limit: int) -> None:
        """Close the innermost `count` open brackets somewhere before the word `limit`."""
        while limit and self.words[limit - 1].kind == NEWLINE:
            limit -= 1
        place = 0
        for _ in range(count):
            opener = self._drop()
            # One that has no place of its own is closed together with the one inside it.
            place = max(place, self._ends.get(opener, place or limit))
            if self.words[opener].kind == "LBRACE":
                place = limit
            self.added.setdefault(place, []).append(self.words[opener])

    def _could_end_at(self, index: int) -> bool:
        if index == 0 or self.words[index - 1].kind in _GOES_ON:
            return False
        following = self.following[index]
        is_setting = self._kind(following) == "NAME" and self._kind(following + 1) == "EQUAL"
        return is_setting or self._kind(following) in _ENDS_LINE

    def _is_head(self, index: int, column: int) -> bool:
        first, second, third = (self._kind(index + offset) for offset in range(3))
        if first in _HEADS:
            return _HEADS[first] == second
        if first != "NAME":
            return False
        if column == 1 and second in {"NAME", "LBRACE"}:
            return second == "NAME" or not self._continues(index)
        return second == "NAME" and third in {"EQUAL", "COLON", "LBRACE"}

    def _continues(self, index: int) -> bool:
        before = index - 1
        while before >= 0 and self.words[before].kind == NEWLINE:
            before -= 1
        return before >= 0 and self.words[before].kind in _GOES_ON

    def _kind(self, index: int) -> str:
        return self.words[index].kind if index < len(self.words) else END

    def _column_of(self, index: int) -> int:
        return self.source.position(self.words[index].span.start).column


def _following(words: list[Token]) -> list[int]:
    """For every word the index of the next one that is no line end, itself included."""
    following, nearest = [0] * (len(words) + 1), len(words)
    following[-1] = nearest
    for index in reversed(range(len(words))):
        nearest = nearest if words[index].kind == NEWLINE else index
        following[index] = nearest
    return following


def _emit(words: list[Token], brackets: _Brackets, length: int) -> Layout:
    made, depth = Layout(), _Depth()
    for index in range(len(words) + 1):
        for opener in brackets.added.get(index, ()):
            if depth.closes_rounds:
                _end_line(made)
            depth.see(_add_closer(made, opener))
        if index == len(words) or _is_hidden(index, brackets, made, depth):
            continue
        if words[index].kind == "RBRACE" and depth.closes_rounds:
            _end_line(made)
        if index in brackets.statements:
            made.statements.append(len(made.tokens))
        if index in brackets.surplus:
            made.surplus.append(len(made.tokens))
        if depth.see(words[index]):
            made.too_deep.append(len(made.tokens))
        made.tokens.append(words[index])
    return _finish(made, length)


def _add_closer(made: Layout, opener: Token) -> Token:
    place = made.tokens[-1].span.end
    closer = Token(OPENERS[opener.kind], "", Span(place, place))
    made.missing[len(made.tokens)] = opener
    made.tokens.append(closer)
    return closer


def _is_hidden(index: int, brackets: _Brackets, made: Layout, depth: _Depth) -> bool:
    """Whether the word is a line end that separates nothing."""
    words = brackets.words
    if words[index].kind != NEWLINE:
        return False
    follows_another = bool(made.tokens) and made.tokens[-1].kind == NEWLINE
    following = brackets.following[index]
    step_follows = following < len(words) and words[following].kind == "VBAR"
    return depth.hides_lines or follows_another or step_follows


def _end_line(made: Layout) -> None:
    # The grammar wants a line end after every declaration; the last one of a brace may do without.
    if made.tokens and made.tokens[-1].kind not in {NEWLINE, "LBRACE"}:
        end = made.tokens[-1].span.end
        made.tokens.append(Token(NEWLINE, "", Span(end, end)))


def _finish(made: Layout, length: int) -> Layout:
    _end_line(made)
    made.tokens.append(Token(END, "", Span(length, length)))
    return made


class _Depth:
    """How deep the tree of what was seen may get: open brackets, and operators in a row."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._chains = [0]
        self._total = 0
        self._seen = ("", "")
        self._rounds: list[int] = []

    @property
    def hides_lines(self) -> bool:
        return bool(self._open) and self._open[-1] != "LBRACE"

    @property
    def closes_rounds(self) -> bool:
        """Whether a closing brace would end rounds."""
        return bool(self._rounds) and self._rounds[-1] == len(self._open)

    def see(self, token: Token) -> bool:
        """Take in a token; whether it lies too deep."""
        before, self._seen = self._seen, (self._seen[1], token.kind)
        if token.kind in OPENERS:
            self._grow(1)
            if before[0] == "ROUNDS":
                self._rounds.append(len(self._open) + 1)
            self._open.append(token.kind)
            self._chains.append(0)
        elif token.kind in CLOSERS and self._open and self._open[-1] == CLOSERS[token.kind]:
            if self.closes_rounds:
                self._rounds.pop()
            self._open.pop()
            self._total -= self._chains.pop()
        elif token.kind in {"COMMA", "VBAR", NEWLINE}:
            self._grow(-self._chains[-1])
        elif token.kind in _DEEPER:
            self._grow(1)
        return self._total > DEEPEST

    def _grow(self, count: int) -> None:
        self._chains[-1] += count
        self._total += count
