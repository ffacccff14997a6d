"""Many conversations to marked texts, each kind of conversation rendered once.

Conversations of one kind (the same roles in order, the same optional parts, tools and variables)
take the same way through a template as long as their texts answer its questions alike. The way is
taken once, with unknown texts (`tracing.py`), and kept as a `Weave`: pieces of the template and
places for the row's texts. The weave of a row has been proven on the row that it was made with. Where
there is none, the row goes the plain way: it is rendered by itself, several times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from recipedsl.data.tokens.mask import Conversation, Marked, Span
from recipedsl.data.tokens.sandbox import MAX_CHARACTERS, render
from recipedsl.data.tokens.template import ChatTemplate, Message, Rendering
from recipedsl.data.tokens.tracing import TracingEnvironment, compile_traced
from recipedsl.data.tokens.unknown import (
    FIRST,
    STANDING,
    Question,
    Step,
    Trail,
    Woven,
    holds_unknown,
)

#: Kinds that are kept, and ways through the template for each: beyond these, rows are rendered one by one.
MOST_KINDS, MOST_WAYS = 4096, 8

#: What is done with a conversation: the text, and which of it is trained.
Mark = Callable[[ChatTemplate, Conversation], Marked]
#: What may be unknown of a message: keys that hold one text, by the name of its column.
UNKNOWN_KEYS = {"content": ("content",), "thinking": ("thinking", "reasoning_content")}


@dataclass(frozen=True)
class Texts:
    """Rendered conversations.

    Attributes:
        texts: whole renderings.
        spans: of each, half-open ranges of its UTF-8 bytes, in order.
    """

    texts: list[str]
    spans: list[tuple[Span, ...]]

    @classmethod
    def of(cls, marked: Sequence[Marked]) -> Texts:
        """Of marked texts, whose spans are in characters."""
        return cls([each.text for each in marked], [in_bytes(each.text, each.spans) for each in marked])


def in_bytes(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Ranges of characters as ranges of UTF-8 bytes."""
    if text.isascii():
        return tuple(spans)
    return tuple((len(text[:start].encode()), len(text[:end].encode())) for start, end in spans)


def in_characters(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Ranges of UTF-8 bytes, which begin and end with characters, as ranges of characters."""
    if text.isascii():
        return tuple(spans)
    data = text.encode()
    return tuple((len(data[:start].decode()), len(data[:end].decode())) for start, end in spans)


@dataclass(frozen=True)
class Weave:
    """How all conversations of a kind come out that answer the same.

    Attributes:
        steps: how the texts are made that the template writes, one from another.
        questions: what has to be answered as before.
        parts: pieces of text; a place for a text is empty.
        places: positions in `parts`, with the number of the step whose text goes there.
        borders: positions in `parts` where spans begin and end, in order.
    """

    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    parts: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    borders: tuple[int, ...]

    def fill(self, texts: Sequence[str]) -> tuple[str, tuple[Span, ...]] | None:
        """The text of a row and its spans in bytes; None when the row answers otherwise."""
        made = texts if self._copies else self._made(texts)
        if made is None:
            return None
        parts = list(self.parts)
        for position, number in self.places:
            parts[position] = made[number]
        text = "".join(parts)
        if not self.borders:
            return text, ()
        sizes = map(len, parts) if text.isascii() else (len(part.encode()) for part in parts)
        ends = list(accumulate(sizes, initial=0))
        places = [ends[border] for border in self.borders]
        return text, tuple(zip(places[::2], places[1::2], strict=True))

    @cached_property
    def _copies(self) -> bool:
        """Whether texts are written as they are, and nothing was asked of them."""
        return not self.questions and self.steps == tuple(map(Step, range(len(self.steps))))

    def _made(self, texts: Sequence[str]) -> list[str] | None:
        made: list[str] = []
        try:
            for step in self.steps:
                made.append(step.of(texts, made))
        except IndexError:  # fewer parts than the row that this was made with
            return None
        return made if all(question.holds(made) for question in self.questions) else None


class Traced(ChatTemplate):
    """A chat template in the tracing sandbox. Errors come as they are: whoever asked goes the plain way."""

    def __init__(self, plain: ChatTemplate) -> None:
        self.text, self.arguments_as_text, self._special = plain.text, plain.arguments_as_text, plain._special
        self._template = compile_traced(plain.text)
        self.trail = Trail(())

    def render(
        self,
        messages: list[Message],
        tools: list[Any] | None = None,
        *,
        prompt: bool = False,
        row: int | None = None,  # noqa: ARG002 - as the base
        variables: Any = None,
    ) -> Rendering:
        """The text of a conversation, with unknown parts."""
        environment = self._template.environment
        assert isinstance(environment, TracingEnvironment)
        environment.trail = self.trail
        told = {**self._special, **(variables or {}), "messages": messages, "tools": tools, "documents": None}
        text, spans = render(self._template, {**told, "add_generation_prompt": prompt})
        return Rendering(Woven.of(text, self.trail), tuple(spans))


@dataclass
class Renderer:
    """Renders the conversations of one column, or of a prompt and an answer.

    Attributes:
        template: renders plainly.
        mark: what is done with each conversation.
        kinds: ways of the kinds that were met; a kind without any is rendered one by one.
        plainly: conversations that were rendered by themselves.
    """

    template: ChatTemplate
    mark: Mark
    kinds: dict[Any, list[Weave] | None] = field(default_factory=dict)
    plainly: int = 0

    def __post_init__(self) -> None:
        try:
            self._traced: Traced | None = Traced(self.template)
        except Exception:  # whatever the plain template says of it was said before
            self._traced = None

    def __call__(
        self, kind: Any, texts: Sequence[str], conversation: Callable[[], Conversation]
    ) -> tuple[str, tuple[Span, ...]]:
        """Text and spans in bytes of a conversation.

        Args:
            kind: equal for conversations that differ in their texts only; None for one of its own.
            texts: those that may be unknown.
            conversation: the whole, made when it is needed; what it checks, it checks once for each kind.

        Raises:
            RecipeError: the template refuses the row, or its spans cannot be found.
        """
        ways = self.kinds.get(kind, ()) if kind is not None else None
        for weave in ways or ():
            filled = weave.fill(texts)
            if filled is not None and len(filled[0]) <= MAX_CHARACTERS:
                return filled
        whole = conversation()
        marked = self.mark(self.template, whole)
        plain = (marked.text, in_bytes(marked.text, marked.spans))
        self.plainly += 1
        if ways is not None and len(ways) < MOST_WAYS and (ways or len(self.kinds) < MOST_KINDS):
            weave_ = self._weave(whole, texts)
            proven = weave_ is not None and weave_.fill(texts) == plain
            self.kinds[kind] = [*ways, weave_] if weave_ is not None and proven else None
        return plain

    def _weave(self, conversation: Conversation, texts: Sequence[str]) -> Weave | None:
        if self._traced is None:
            return None
        try:
            trail = self._traced.trail = Trail(texts)
            if holds_unknown([conversation.messages, conversation.tools, dict(conversation.variables)]):
                return None  # the row itself holds characters that stand for texts
            marked = self.mark(self._traced, _unknown_texts(conversation, texts, trail))
        except (
            Exception
        ):  # a template may raise whatever an expression of Python can: the row goes the plain way
            return None
        return _weave(marked, trail)


def _unknown_texts(conversation: Conversation, texts: Sequence[str], trail: Trail) -> Conversation:
    """The conversation with unknowns in place of its texts."""
    changed = conversation
    count = len(conversation.messages)
    for place in range(count):
        message = dict(changed.messages[place])
        for number, keys in zip((place, place + count), UNKNOWN_KEYS.values(), strict=True):
            for key in keys:
                if number < len(texts) and message.get(key) == texts[number]:
                    message[key] = trail.unknown(Step(number))
        changed = changed.with_message(place, message)
    return changed


def _weave(marked: Marked, trail: Trail) -> Weave:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    borders: list[int] = []
    cuts = [each for span in marked.spans for each in span]
    for start, end in zip((0, *cuts), (*cuts, len(marked.text)), strict=True):
        for part in _split(marked.text[start:end]):
            stands = STANDING.match(part) is not None
            if stands:
                places.append((len(parts), ord(part) - FIRST))
            parts.append("" if stands else part)
        borders.append(len(parts))
    return Weave(tuple(trail.steps), tuple(trail.questions), tuple(parts), tuple(places), tuple(borders[:-1]))


def _split(text: str) -> Iterator[str]:
    """The pieces of a text between standing characters, and those."""
    start = 0
    for found in STANDING.finditer(text):
        if found.start() > start:
            yield text[start : found.start()]
        yield found.group()
        start = found.end()
    if start < len(text):
        yield text[start:]
