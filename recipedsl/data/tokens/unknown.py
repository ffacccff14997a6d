"""Texts that a template copies without knowing them, so that one rendering tells how all like it come out.

A chat template mostly copies: it writes the text of a message between marks of its own. So the
texts of a conversation are given to it as `Unknown`, in which one character stands for the whole of
a row's text. What comes out says, for every conversation with the same roles, which pieces it is
made of. Whatever the template asks an unknown (whether it is empty, what it begins with) is
answered with the row at hand and kept as a question: rows that answer alike come out alike. What
cannot be kept so raises `Untraceable`, and such rows are rendered one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from recipedsl.data.tokens.sandbox import to_json

#: Characters that stand for texts: the last plane of private use, in which no character is ever defined.
FIRST, LAST = 0x100000, 0x10FFFD
STANDING = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]")

#: Methods of texts whose result is a text that can be made again for another row.
_DERIVING = frozenset({"strip", "lstrip", "rstrip"})
#: Methods of texts that answer yes or no.
_ASKING = frozenset({"startswith", "endswith"})
#: Methods of texts that give several.
_PARTING = frozenset({"split", "rsplit", "partition", "rpartition"})
#: What is done with a text beside the methods of `str`: it is joined, written as JSON, or as JSON rewritten.
JOINED, QUOTED, REWRITTEN = "joined", "quoted", "rewritten"


class Untraceable(Exception):
    """The rendering depends on a text in a way that is not kept."""


@dataclass(frozen=True)
class Step:
    """How a text is made: the row's own text of that number, or what a method gives of an earlier one.

    Attributes:
        number: of the row's text, for `method` empty; else of the step that it is made from.
        method: of `str`, or `JOINED` (no number; one text, in which characters stand for earlier steps),
            `QUOTED` and `REWRITTEN` (a text, and JSON text, as the filter `tojson` writes what they are).
        arguments: of the method.
        item: which of several texts is taken; None for one that gives one.
    """

    number: int
    method: str = ""
    arguments: tuple[Any, ...] = ()
    item: int | None = None

    def of(self, texts: Sequence[str], made: Sequence[str]) -> str:
        """The text of this step; `made` are those before. Raises IndexError for a missing item."""
        if not self.method:
            return texts[self.number]
        if self.method == JOINED:
            return STANDING.sub(lambda found: made[ord(found.group()) - FIRST], self.arguments[0])
        return self.derived(made[self.number])

    def joins(self, numbers: Collection[int]) -> bool:
        """Whether it joins a text of one of these steps with others."""
        return self.method == JOINED and any(
            ord(each) - FIRST in numbers for each in STANDING.findall(self.arguments[0])
        )

    def derived(self, text: str) -> str:
        """What the method gives of a text. Raises IndexError for a missing item."""
        if self.method in {QUOTED, REWRITTEN}:
            return to_json(text if self.method == QUOTED else json.loads(text), *self.arguments)
        given = getattr(text, self.method)(*self.arguments)
        return str(given if self.item is None else given[self.item])


@dataclass(frozen=True)
class Question:
    """What was asked of a step's text: a method of `str`, `bool`, whether it `begins` another …"""

    number: int
    method: str
    arguments: tuple[Any, ...]
    answer: Any

    def holds(self, text: str) -> bool:
        """Whether the text of another row answers the same."""
        return bool(ask(text, self.method, self.arguments) == self.answer)


def ask(text: str, method: str, arguments: tuple[Any, ...]) -> Any:
    """A question answered for a plain text."""
    if method == "bool":
        return bool(text)
    if method == "begins":
        return arguments[0].startswith(text)
    if method == "filled":  # of a record in JSON
        return text != "{}"
    given = getattr(text, method)(*arguments)
    return len(given) if method in _PARTING else given


@dataclass
class Trail:
    """The unknowns of a rendering, what was made of them and what was asked.

    Attributes:
        texts: of the row at hand.
        steps: how each unknown is made; the first are the row's texts.
        made: the text of each step for the row at hand.
        questions: in the order in which they were asked.
    """

    texts: Sequence[str]
    steps: list[Step] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    questions: dict[Question, None] = field(default_factory=dict)

    def unknown(self, step: Step) -> Unknown:
        """The unknown of a step; the same for the same step."""
        if step not in self.steps:
            if FIRST + len(self.steps) > LAST:
                raise Untraceable("too many texts")
            self.steps.append(step)
            self.made.append(step.of(self.texts, self.made))
        made = Unknown(chr(FIRST + self.steps.index(step)))
        made._trail = self
        return made

    def record(self, step: Step) -> UnknownRecord:
        """A record of which only the step that gives its JSON text is known."""
        self.unknown(step)
        made = UnknownRecord()
        made._trail, made._number = self, self.steps.index(step)
        return made

    def woven(self, text: str) -> Unknown:
        """A text of known and unknown parts."""
        made = Unknown(text)
        made._trail = self
        return made

    def made_of(self, number: int) -> set[int]:
        """The steps that give a step's text, or it without blanks around. Raises Untraceable for others."""
        found = {number}
        for place, step in enumerate(self.steps):
            if step.method and (step.number in found or step.joins(found)):
                if step.method not in _DERIVING or any(step.arguments):
                    raise Untraceable("a turn whose text is written in parts")
                found.add(place)
        return found

    def ask(self, number: int, method: str, *arguments: Any) -> Any:
        """Answer for the row at hand, and keep the question."""
        answer = ask(self.made[number], method, arguments)
        self.questions[Question(number, method, arguments, answer)] = None
        return answer


def is_unknown(text: str) -> bool:
    """Whether a text has parts that stand for others."""
    return isinstance(text, Unknown) or STANDING.search(text) is not None


def holds_unknown(value: Any) -> bool:
    """Whether a text is in a value of plain data that stands for another."""
    open_values = [value]
    while open_values:
        each = open_values.pop()
        if isinstance(each, UnknownRecord | UnknownLength):
            return True
        if isinstance(each, str):
            if is_unknown(each):
                return True
        elif isinstance(each, dict):
            open_values += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            open_values += each
    return False


class Unknown(str):
    """A text of which parts stand for others. Copying and joining are free, asking is kept, else it raises.

    `len` counts the standing characters: what measures and bounds values may see it, templates may not.
    """

    #: Private, so that the sandbox keeps templates from it.
    _trail: Trail

    @property
    def _number(self) -> int:
        """Of the step that this is the whole text of; a text of several parts becomes one."""
        text = str.__str__(self)
        if STANDING.fullmatch(text) is None:
            text = str.__str__(self._trail.unknown(Step(-1, JOINED, (text,))))
        return ord(text) - FIRST

    def __str__(self) -> str:
        return self

    def __format__(self, form: str) -> str:
        if form:
            raise Untraceable("an unknown text in a format")
        return self

    def __add__(self, other: Any) -> Any:
        return self._trail.woven(str.__add__(self, other)) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return self._trail.woven(str.__add__(other, self)) if isinstance(other, str) else NotImplemented

    def __bool__(self) -> bool:
        if STANDING.sub("", str.__str__(self)):
            return True
        return bool(self._trail.ask(self._number, "bool"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return False
        if str.__eq__(self, other):
            return True
        if is_unknown(other):
            raise Untraceable("two unknown texts are compared")
        return bool(self._trail.ask(self._number, "__eq__", other))

    def __hash__(self) -> int:
        raise Untraceable("an unknown text as a key")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __contains__(self, part: object) -> bool:
        if not isinstance(part, str) or is_unknown(part):
            raise Untraceable("an unknown text is looked for")
        return bool(self._trail.ask(self._number, "__contains__", str(part)))


class UnknownRecord(dict[str, Any]):
    """A record that stands for others. Writing it as JSON is free, being filled is kept, else it raises."""

    _trail: Trail
    _number: int

    def __bool__(self) -> bool:
        return bool(self._trail.ask(self._number, "filled"))

    def _json(self, *options: Any) -> Unknown:
        return self._trail.unknown(Step(self._number, REWRITTEN, options))


class Safe(Unknown):
    """An unknown text marked as safe: such texts escape what they meet, so it can be written, no more."""

    @classmethod
    def of(cls, text: Unknown) -> Safe:
        """A text marked as safe."""
        made = cls(str.__str__(text))
        made._trail = text._trail
        return made


class UnknownLength:
    """The length of an unknown text: whether it is more than nothing is kept, else it raises."""

    def __init__(self, text: Unknown) -> None:
        self._text = text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return not self._above(other)

    def __gt__(self, other: object) -> bool:
        return self._above(other)

    def _above(self, other: object) -> bool:
        if type(other) is not int or other != 0:
            raise Untraceable("a length that is compared")
        return bool(self)

    def __str__(self) -> str:
        raise Untraceable("a length that is written")

    __repr__ = __str__
    __hash__ = None  # type: ignore[assignment]  # as `Unknown`


def _derived(name: str) -> Callable[..., Unknown]:
    def derive(self: Unknown, *arguments: Any) -> Unknown:
        return self._trail.unknown(Step(self._number, name, _plain(arguments)))

    return derive


def _asked(name: str) -> Callable[..., bool]:
    def ask_(self: Unknown, *arguments: Any) -> bool:
        return bool(self._trail.ask(self._number, name, *_plain(arguments)))

    return ask_


def _parted(name: str) -> Callable[..., list[Unknown]]:
    def part(self: Unknown, *arguments: Any) -> list[Unknown]:
        plain = _plain(arguments)
        count = self._trail.ask(self._number, name, *plain)
        return [self._trail.unknown(Step(self._number, name, plain, item)) for item in range(count)]

    return part


def _plain(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if holds_unknown(list(arguments)) or any(isinstance(each, list | dict) for each in arguments):
        raise Untraceable("an unknown text as an argument")
    return arguments


def _refused(name: str) -> Callable[..., NoReturn]:
    def refuse(self: Any, *arguments: Any, **named: Any) -> NoReturn:
        raise Untraceable(f"`{name}` of an unknown value")

    return refuse


#: What stays as it is of `str`: making it, measuring it, copying it.
_KEPT = {
    *("__class__", "__new__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__", "__dir__"),
    *("__getattribute__", "__setattr__", "__delattr__", "__len__", "__sizeof__", "__reduce__"),
    *("__reduce_ex__", "__getstate__", "__getnewargs__"),
}


def _close() -> None:
    """Give the unknowns every method of `str` and `dict`: those that can be kept, refusals for the others."""
    for name in dir(dict):
        if name not in _KEPT - {"__len__"} and name not in vars(UnknownRecord):
            setattr(UnknownRecord, name, _refused(name))
    for name in dir(str):
        if name in _DERIVING:
            setattr(Unknown, name, _derived(name))
        elif name in _ASKING:
            setattr(Unknown, name, _asked(name))
        elif name in _PARTING:
            setattr(Unknown, name, _parted(name))
        elif name not in _KEPT and name not in vars(Unknown):
            setattr(Unknown, name, _refused(name))
        if name not in _KEPT | {"__str__", "__hash__"}:
            setattr(Safe, name, _refused(name))


_close()


class Woven(str):
    """A rendering with unknown parts. What is asked of it holds for every row, or raises Untraceable."""

    _trail: Trail

    @classmethod
    def of(cls, text: str, trail: Trail) -> Woven:
        """A rendering of the unknowns of a trail."""
        made = cls(text)
        made._trail = trail
        return made

    def startswith(self, prefix: Any, start: Any = 0, _: Any = None) -> bool:
        """As for plain texts."""
        shared = _common(self[start:], prefix)
        if shared == len(prefix):
            return True
        own = self._is_empty(self, start + shared)
        if own or self._is_empty(prefix, shared):
            behind = Woven.of(self[start + shared + own :], self._trail)
            if behind.startswith(prefix[shared + (not own) :]):
                raise Untraceable("a rendering that begins as another one but for an empty text")
            return False
        rest = STANDING.split(prefix[shared:], maxsplit=1)[0]
        if _stands(self, start + shared):
            number = ord(self[start + shared]) - FIRST
            alike = self._trail.ask(number, "startswith", rest) or self._trail.ask(number, "begins", rest)
        else:
            alike = not rest
        if alike:
            raise Untraceable("a rendering that begins as another one for some rows only")
        return False

    def _is_empty(self, text: str, place: int) -> bool:
        """Whether an empty text stands somewhere in a rendering."""
        return _stands(text, place) and not self._trail.ask(ord(text[place]) - FIRST, "bool")

    def last_end(self, stops: Sequence[str], start: int, border: int) -> int | None:
        """Behind the last of the stop tokens in a range, None when there is none."""
        found = [
            (place + len(stop), place, stop)
            for stop in stops
            if (place := self.rfind(stop, start, border)) >= 0
        ]
        end, place, stop = max(found, default=(None, start, ""))
        # Texts before this token may hold such tokens too: what counts is the last.
        if STANDING.search(self, place, border) or any(
            stop in each and stop != each for each in stops if stop
        ):
            raise Untraceable("a turn whose text may hold its end")
        return end

    def range_of(self, text: str, others: Sequence[str]) -> tuple[int, int]:
        """From where a row's text is first written to where it was written last.

        Args:
            text: the row's.
            others: texts of one letter each. The rendering has to come out alike with each of them in
                place of the text, so that it differs where the text stands and nowhere else.
        """
        if not isinstance(text, Unknown):
            raise Untraceable("a turn that is found by a text that is known")
        own = self._trail.made_of(text._number)
        for question in self._trail.questions:
            if question.number in own and not all(question.holds(other) for other in others):
                raise Untraceable("a turn that other texts would change")
        places = [place for place, letter in enumerate(self) if ord(letter) - FIRST in own]
        ends = {ord(self[place]) - FIRST for place in (*places[:1], *places[-1:])}
        if not ends or not all(self._trail.ask(number, "bool") for number in ends):
            raise Untraceable("a turn without a text")
        return places[0], places[-1] + 1

    def common_length(self, other: str) -> int:
        """Length of what two renderings begin with."""
        shared = _common(self, other)
        if _stands(other, shared):
            raise Untraceable("renderings that differ by a text")
        if _stands(self, shared) and shared < len(other):
            number = ord(self[shared]) - FIRST
            if not self._trail.ask(number, "bool") or self._trail.ask(number, "startswith", other[shared]):
                raise Untraceable("renderings that may differ later")
        return shared


def _common(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _stands(text: str, place: int) -> bool:
    return place < len(text) and STANDING.match(text, place) is not None
