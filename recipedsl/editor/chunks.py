"""Parsing again only what was edited: declarations that stand alone are parsed alone, and kept.

A text is cut at the lines that begin a declaration. A piece that has nothing wrong with it means the same
wherever it stands, so its tree is kept until the piece changes, and moved where it moves. From the first
piece with a problem to the last one all is parsed anew (the way to go on after a mistake hangs on what is
missing further down), together with the good ones around, which have to come out as they were: a bracket that
is never closed, or a quote, might reach into them. Where that fails the whole text is parsed, so that what
comes out is always what `parse` gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import Any

from recipedsl.diagnostics import Diagnostic, Edit, Help, Label, Problems, Value
from recipedsl.source import Source, Span
from recipedsl.syntax import parse, tree
from recipedsl.syntax.parse import LARGEST

_HEAD = re.compile(
    r"^(?:data|model|template|stage|eval|profile|run|import|type|param|let|rounds|ftr)\b", re.MULTILINE
)

#: What may reach over any number of declarations.
_REACHES = re.compile(r'"""|/\*|^[<>=|]{7}', re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """A stretch of text, parsed alone.

    Attributes:
        edition: number behind `ftr`, if it has that line.
        items: with spans from its beginning; None where something is wrong with it.
    """

    text: str
    edition: tree.Number | None = None
    items: tuple[tree.Item, ...] | None = None


@dataclass(frozen=True)
class _Placed:
    """A piece where it stood last, with spans of the whole text."""

    start: int
    edition: tree.Number | None
    items: tuple[tree.Item, ...]


class ChunkParser:
    """Parses the versions of one document, one after another."""

    def __init__(self) -> None:
        self._pieces: dict[str, Piece] = {}
        self._placed: dict[str, list[_Placed]] = {}
        self._was_broken = False

    def __call__(self, source: Source) -> tuple[tree.File, Problems]:
        """What `parse` gives."""
        if len(source.text) > LARGEST or "\0" in source.text:
            return parse(source)
        texts = cut(source.text)
        # Where something was wrong it most likely still is: then a look at the piece alone tells nothing.
        read = _unread if self._was_broken else _piece
        pieces = [self._pieces.get(text) or read(source.path, text) for text in texts]
        made = _Assembled(source, pieces, self._moved)
        self._was_broken = not made.run() or bool(made.problems)
        # What stood in one version only is forgotten with the next: memory stays that of two versions.
        self._pieces = {each.text: each for each in made.pieces}
        self._placed = made.placed
        return made.result or parse(source)

    def _moved(self, piece: Piece, start: int) -> _Placed:
        """A piece at an offset; where it stood last time nothing is made anew."""
        for each in self._placed.get(piece.text, ()):
            if each.start == start:
                return each
        assert piece.items is not None
        items = tuple(moved(item, start) for item in piece.items)
        return _Placed(start, moved(piece.edition, start), items)


def cut(text: str) -> list[str]:
    """Stretches of a text: a line that begins a declaration, the comments above it, all up to the next."""
    starts = (_above(text, match.start()) for match in _HEAD.finditer(text))
    bounds = sorted({0, *starts, len(text)})
    return [text[start:end] for start, end in pairwise(bounds)]


def _above(text: str, start: int) -> int:
    """Offset of the first of the comment lines right above a line."""
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text.startswith("#", line):
            return start
        start = line
    return start


def _piece(path: str, text: str) -> Piece:
    file, problems = parse(Source(path, text))
    return Piece(text, file.edition, file.items) if not problems else Piece(text)


def _unread(_: str, text: str) -> Piece:
    return Piece(text)


class _Assembled:
    """Pieces put together."""

    def __init__(
        self, source: Source, pieces: Sequence[Piece], move: Callable[[Piece, int], _Placed]
    ) -> None:
        self.source, self.pieces, self.move = source, list(pieces), move
        self.result: tuple[tree.File, Problems] | None = None
        self.edition: tree.Number | None = None
        self.items: list[tree.Item] = []
        self.problems = Problems()
        self.placed: dict[str, list[_Placed]] = {}

    def run(self) -> bool:
        """Whether all pieces could be put together; then there is a result."""
        if not self._all():
            return False
        whole = Span(0, len(self.source.text))
        self.result = tree.File(self.edition, tuple(self.items), self.source, whole), self.problems
        return True

    def _all(self) -> bool:
        broken = [index for index, each in enumerate(self.pieces) if each.items is None]
        first, end = (broken[0], broken[-1] + 1) if broken else (len(self.pieces), len(self.pieces))
        start = 0
        for index, piece in enumerate(self.pieces):
            if index == first and not self._add_broken(first, end, start):
                return False
            if not first <= index < end and not self._add(piece, start, is_first=start == 0):
                return False
            start += len(piece.text)
        return True

    def _add(self, piece: Piece, start: int, *, is_first: bool) -> bool:
        if piece.edition is not None and not is_first:
            return False
        placed = self.move(piece, start)
        self.placed.setdefault(piece.text, []).append(placed)
        self.edition = self.edition or placed.edition
        self.items += placed.items
        return True

    def _add_broken(self, first: int, end: int, start: int) -> bool:
        """Pieces with problems, parsed between the good ones around them."""
        broken = self.pieces[first:end]
        if any(_REACHES.search(each.text) for each in broken):
            return False
        before = _end_of(self.pieces[first - 1]) if first else _EMPTY
        after = _enough(self.pieces[end:])
        text = before.text + "".join(each.text for each in (*broken, *after))
        base = start - len(before.text)
        file, problems = parse(Source(self.source.path, text))
        inner = Span(len(before.text), len(text) - sum(len(each.text) for each in after))
        items = [each for each in file.items if inner.start <= each.span.start < inner.end]
        kept = [each for each in file.items if not inner.start <= each.span.start < inner.end]
        if first and file.edition != before.edition:
            return False
        self.edition = self.edition or file.edition
        if not _are_as_alone(kept, before, after, inner.end):
            return False
        if not all(_lies_in(each, inner) for each in problems) or any(e.span.end > inner.end for e in items):
            return False
        if not problems and end == first + 1:
            alone = tuple(moved(each, -inner.start) for each in items)
            self.pieces[first] = Piece(broken[0].text, None if first else file.edition, alone)
        self.items += [moved(each, base) for each in items]
        self.problems.found += [_moved_problem(each, self.source, base) for each in problems]
        return True


_EMPTY = Piece("", None, ())

#: A short declaration without mistakes.
_SHORT = "let a=0"


def _end_of(piece: Piece) -> Piece:
    """What stands behind a good piece's last word, behind a shorter declaration: no more of it matters."""
    assert piece.items is not None
    if not piece.items:
        return piece
    text = _SHORT + piece.text[piece.items[-1].span.end :]
    item = tree.Let(tree.Name("a", Span(4, 5)), tree.Number("0", Span(6, 7)), (), Span(0, 7))
    return Piece(text, None, (item,))


#: Words and signs that the parser looks ahead when it looks for a way to go on, and one more.
_AHEAD = 17
_WORD = re.compile(r"\w+|[^\w\s]")
_COMMENT = re.compile(r"#[^\r\n]*")


def _enough(pieces: Sequence[Piece]) -> list[Piece]:
    """So many of the good pieces below that the parser does not look beyond them."""
    kept: list[Piece] = []
    words = 0
    for each in pieces:
        if words >= _AHEAD:
            break
        kept.append(each)
        words += len(_WORD.findall(_COMMENT.sub("", each.text)))
    return kept


def _are_as_alone(kept: list[tree.Item], before: Piece, after: Sequence[Piece], end: int) -> bool:
    """Whether the good pieces came out as they do alone, at the same places."""
    alone = [*(before.items or ())]
    for piece in after:
        alone += [moved(each, end) for each in piece.items or ()]
        end += len(piece.text)
    return len(kept) == len(alone) and all(
        mine == theirs and mine.span == theirs.span for mine, theirs in zip(kept, alone, strict=True)
    )


def _lies_in(problem: Diagnostic, span: Span) -> bool:
    labels = (*((problem.primary,) if problem.primary else ()), *problem.secondary)
    edits = (edit for help_ in problem.helps for edit in help_.edits)
    # The character before is where what is missing is shown.
    return all(span.start - 1 <= each.span.start and each.span.end <= span.end for each in (*labels, *edits))


# --- moving -------------------------------------------------------------------------------------------------


def _moved_problem(problem: Diagnostic, source: Source, by: int) -> Diagnostic:
    return replace(
        problem,
        primary=_moved_label(problem.primary, source, by) if problem.primary else None,
        secondary=tuple(_moved_label(each, source, by) for each in problem.secondary),
        helps=tuple(_moved_help(each, source, by) for each in problem.helps),
        values=tuple(Value(_shifted(each.span, by), each.text) for each in problem.values),
    )


def _moved_label(label: Label, source: Source, by: int) -> Label:
    return Label(source, _shifted(label.span, by), label.text)


def _moved_help(help_: Help, source: Source, by: int) -> Help:
    edits = tuple(Edit(source, _shifted(each.span, by), each.text) for each in help_.edits)
    return replace(help_, edits=edits)


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def moved(node: Any, by: int) -> Any:
    """A node of a tree, and all inside it, so many characters further on."""
    if by == 0 or node is None:
        return node
    return _move(node, by)


def _move(node: Any, by: int) -> Any:
    kind: Any = type(node)
    return _mover(kind)(node, by)


@cache
def _mover(kind: Any) -> Callable[[Any, int], Any]:
    """Makes moved copies of nodes of a kind; knowing its fields makes that three times as fast."""
    plain, nodes = _split(kind)

    def move(node: Any, by: int) -> Any:
        made: Any = object.__new__(kind)
        put = object.__setattr__
        for name in plain:
            put(made, name, getattr(node, name))
        for name in nodes:
            put(made, name, _moved_value(getattr(node, name), by))
        span = node.span
        put(made, "span", Span(span.start + by, span.end + by))
        return made

    return move


def _split(kind: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [each.name for each in fields(kind) if each.name != "span"]
    plain = tuple(name for name in names if name in _PLAIN and not (kind in _NODES and name in _NODES[kind]))
    return plain, tuple(name for name in names if name not in plain)


#: Fields that hold no nodes, and kinds of nodes in which one of that name does.
_PLAIN = frozenset(("text", "quoted", "value", "raw", "doc", "nullable"))
_NODES: dict[type, frozenset[str]] = {
    each: frozenset(("value",)) for each in (tree.MapEntry, tree.Argument, tree.Attribute, tree.Let)
}


def _moved_value(value: Any, by: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_move(each, by) for each in value)
    return None if value is None else _move(value, by)


def pieces_around(text: str, offset: int) -> Span:
    """The stretch of a text around an offset, from one declaration's beginning to the next one's."""
    start = 0
    for match in _HEAD.finditer(text):
        if match.start() > offset:
            return Span(start, match.start())
        start = match.start()
    return Span(start, len(text))


def every_span(node: Any) -> Iterator[Span]:
    """Spans of a node and of all inside it: what tests compare, as equality ignores them."""
    yield node.span
    for name in _split(type(node))[1]:
        value = getattr(node, name)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                yield from every_span(each)
