"""The words of a text as brackets within statements: what the formatter decides about.

It needs no more of the grammar than this: where a statement, a setting, a step or an argument ends,
and what kind of bracket stands where. The text has been parsed before, so every bracket has its
partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from recipedsl.syntax.layout import CLOSERS, END, OPENERS
from recipedsl.syntax.scan import NAME, NUMBER, STRING
from recipedsl.syntax.trivia import BLANK, Word

_VALUES = frozenset((NAME, NUMBER, STRING, "TRUE", "FALSE", "NONE", *CLOSERS))


class Kind(Enum):
    """What a pair of brackets holds."""

    BLOCK = auto()  # settings
    ROUNDS = auto()  # declarations
    MAP = auto()  # `key: value`, of a map or a row type
    LIST = auto()
    CALL = auto()
    INDEX = auto()  # `target[index]`, `list[item]`
    PAREN = auto()  # an expression or a pipeline


@dataclass(slots=True)
class Unit:
    """A statement, setting, argument or step: words and brackets, then the steps of a pipeline."""

    parts: list[Word | Group] = field(default_factory=list)
    steps: list[Unit] = field(default_factory=list)
    flat: str = ""  # on one line
    is_broken: bool = False  # was on several lines, or has a comment inside

    @property
    def has_comments(self) -> bool:
        """Whether comments stand between its words, those within brackets aside."""
        return _has_comments(self.parts)

    @property
    def first(self) -> Word:
        part = self.parts[0]
        return part.opener if isinstance(part, Group) else part

    @property
    def last(self) -> Word:
        part = self.steps[-1].parts[-1] if self.steps else self.parts[-1]
        return part.closer if isinstance(part, Group) else part


@dataclass(slots=True)
class Group:
    """Brackets and what stands between them."""

    kind: Kind
    opener: Word
    units: list[Unit]
    closer: Word
    is_tight: bool  # nothing between it and the value before
    flat: str = ""
    is_broken: bool = False


def outline(words: list[Word]) -> tuple[list[Unit], Word]:
    """The statements of a text and its end mark."""
    reader = _Reader(words)
    statements = list(reader.statements())
    return statements, words[-1]


class _Reader:
    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.index = 0

    @property
    def word(self) -> Word:
        return self.words[self.index]

    def next(self) -> Word:
        self.index += 1
        return self.words[self.index - 1]

    def statements(self) -> Iterator[Unit]:
        """Units up to the end of the text or a closing brace."""
        while self.word.kind not in {END, "RBRACE"}:
            yield self._unit(by_line=True, by_comma=False)

    def _unit(self, *, by_line: bool, by_comma: bool) -> Unit:
        unit = Unit()
        current = unit
        while not self._ends(unit, by_line, by_comma):
            if self.word.kind == "VBAR":
                current = Unit()
                unit.steps.append(current)
            current.parts.append(self._part(current.parts, is_step=current is not unit))
        _measure(unit)
        return unit

    def _ends(self, unit: Unit, by_line: bool, by_comma: bool) -> bool:
        kind = self.word.kind
        if kind == END or kind in CLOSERS or (by_comma and kind == "COMMA"):
            return True
        return by_line and bool(unit.parts) and self.word.begins_line and kind != "VBAR"

    def _part(self, before: list[Word | Group], *, is_step: bool) -> Word | Group:
        if self.word.kind not in OPENERS:
            return self.next()
        # The name of a step takes no brackets: what follows it is its first argument.
        follows_value = (
            bool(before) and _kind_of(before[-1]) in _VALUES and not (is_step and len(before) == 2)
        )
        kind = self._kind_of_group(before, follows_value)
        return self._group(kind, is_tight=follows_value and kind in {Kind.CALL, Kind.INDEX})

    def _kind_of_group(self, before: list[Word | Group], follows_value: bool) -> Kind:
        if self.word.kind == "LPAR":
            return Kind.CALL if follows_value else Kind.PAREN
        if self.word.kind == "LSQB":
            return Kind.INDEX if follows_value else Kind.LIST
        if before and _kind_of(before[0]) == "ROUNDS":
            return Kind.ROUNDS
        return Kind.BLOCK if follows_value else Kind.MAP

    def _group(self, kind: Kind, *, is_tight: bool) -> Group:
        opener = self.next()
        units = list(self.statements() if kind is Kind.ROUNDS else self._items(kind))
        group = Group(kind, opener, units, self.next(), is_tight)
        _measure_group(group, has_comma=bool(units) and self.words[self.index - 2].kind == "COMMA")
        return group

    def _items(self, kind: Kind) -> Iterator[Unit]:
        by_line = kind in {Kind.BLOCK, Kind.MAP}
        while self.word.kind not in CLOSERS:
            unit = self._unit(by_line=by_line, by_comma=kind is not Kind.PAREN)
            if self.word.kind == "COMMA":
                self._take_comma(unit)
            yield unit

    def _take_comma(self, unit: Unit) -> None:
        """A comma is not kept as a word; its comments go to its neighbours, in order."""
        comma = self.next()
        moved = comma.comments_above
        if comma.trailing and not moved and not unit.last.trailing:
            unit.last.trailing = comma.trailing
        elif comma.trailing:
            moved.append(comma.trailing)
        self.word.leading[:0] = moved
        self.word.begins_line = self.word.begins_line or bool(moved)


def _kind_of(part: Word | Group) -> str:
    return part.closer.kind if isinstance(part, Group) else part.kind


# --- what a unit looks like on one line, and whether it may stand on one ---------------------------


def _measure(unit: Unit) -> None:
    pieces = [flat_parts(unit.parts), *(flat_parts(step.parts) for step in unit.steps)]
    unit.flat = " ".join(pieces)
    heads = [unit, *unit.steps]
    is_split = any(step.first.begins_line or step.first.comments_above for step in unit.steps)
    has_comment = any(head.parts[-1:] and _trailing(head.parts[-1]) for head in heads[:-1])
    unit.is_broken = is_split or has_comment or any(_is_broken_inside(head.parts) for head in heads)


def _is_broken_inside(parts: list[Word | Group]) -> bool:
    if any(isinstance(part, Group) and part.is_broken for part in parts):
        return True
    return _has_comments(parts)


def _has_comments(parts: list[Word | Group]) -> bool:
    return any(map(_trailing, parts[:-1])) or any(_leads(part) for part in parts[1:])


def _measure_group(group: Group, *, has_comma: bool) -> None:
    units = group.units
    inner = ", ".join(unit.flat for unit in units)
    blank = " " if units and group.opener.kind == "LBRACE" else ""
    group.flat = f"{group.opener.text}{blank}{inner}{blank}{group.closer.text}"
    has_comment = bool(group.opener.trailing or group.closer.comments_above)
    has_comment = has_comment or any(unit.first.comments_above or unit.last.trailing for unit in units)
    is_kept = bool(units) and _was_on_lines(group, has_comma)
    group.is_broken = (
        has_comment or is_kept or any(unit.is_broken for unit in units) or group.kind is Kind.ROUNDS
    )


def _was_on_lines(group: Group, has_comma: bool) -> bool:
    if group.opener.kind == "LBRACE":
        on_lines = any(unit.first.begins_line for unit in group.units) or group.closer.begins_line
        return on_lines or "\n" in group.flat
    # A comma at the end says: one item a line, please.
    return has_comma and group.units[0].first.begins_line


def _trailing(part: Word | Group) -> str | None:
    return part.closer.trailing if isinstance(part, Group) else part.trailing


def _leads(part: Word | Group) -> bool:
    word = part.opener if isinstance(part, Group) else part
    return bool(word.comments_above)


def flat_parts(parts: list[Word | Group]) -> str:
    """Parts on one line."""
    text = ""
    for index, part in enumerate(parts):
        text += gap(parts, index) + (part.flat if isinstance(part, Group) else part.text)
    return text


_NO_BLANK_BEFORE = frozenset(("COMMA", "COLON", "QMARK", "DOT"))


def gap(parts: list[Word | Group], index: int) -> str:
    """The blank, or nothing, before a part."""
    if index == 0:
        return ""
    part, left = parts[index], _kind_of(parts[index - 1])
    kind = part.opener.kind if isinstance(part, Group) else part.kind
    if isinstance(part, Group) and part.is_tight:
        return ""
    if kind in _NO_BLANK_BEFORE or left == "DOT" or _is_sign(parts, index - 1):
        return ""
    if kind == "UP_TO":
        return "" if _ends_value(parts, index - 1) else " "
    if left == "UP_TO":
        return "" if kind in _VALUES or kind in OPENERS or kind == "MINUS" else " "
    return " "


def _ends_value(parts: list[Word | Group], index: int) -> bool:
    is_step_name = index == 1 and _kind_of(parts[0]) == "VBAR"
    return index >= 0 and _kind_of(parts[index]) in _VALUES and not is_step_name


def _is_sign(parts: list[Word | Group], index: int) -> bool:
    """Whether a part is the minus of a negative value."""
    return _kind_of(parts[index]) == "MINUS" and not _ends_value(parts, index - 1)


def without_edges(lines: list[str]) -> list[str]:
    """Leading lines without empty ones at the beginning: where a block or a file begins."""
    first = next((index for index, line in enumerate(lines) if line != BLANK), len(lines))
    return lines[first:]
