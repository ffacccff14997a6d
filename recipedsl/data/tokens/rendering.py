"""Many conversations to marked texts, each kind of conversation rendered once.

Conversations of one kind (the same roles in order, the same optional parts, tools and variables)
take the same way through a template as long as their texts answer its questions alike. The way is
taken once, with unknown texts (`tracing.py`), and kept as a `Weave`: pieces of the template and
places for the row's texts. The weave of a row has been proven on the row that it was made with, and
fills all rows of a batch at once (`filling.py`). Where there is none, the row goes the plain way: it
is rendered by itself, several times.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

from recipedsl.data.tokens.calls import Form, with_calls, with_tools
from recipedsl.data.tokens.filling import Filling, Rendered, Weave
from recipedsl.data.tokens.mask import Conversation, Marked
from recipedsl.data.tokens.sandbox import render
from recipedsl.data.tokens.talk import FIELDS, Places, Talk
from recipedsl.data.tokens.template import ChatTemplate, Message, Rendering
from recipedsl.data.tokens.tracing import TracingEnvironment, compile_traced
from recipedsl.data.tokens.unknown import (
    FIRST,
    STANDING,
    Step,
    Trail,
    Untraceable,
    Woven,
    holds_unknown,
)

#: Kinds that are kept, and ways through the template for each: beyond these, rows are rendered one by one.
MOST_KINDS, MOST_WAYS = 4096, 8

#: What is done with a conversation: the text, and which of it is trained.
Mark = Callable[[ChatTemplate, Conversation], Marked]
#: Keys of a message that hold the text of a field of another name.
_KEYS = {"thinking": ("thinking", "reasoning_content")}
#: Tried to see whether a template writes calls and definitions of tools as they are, or looks into them.
_ASKED = [{"role": "user", "content": "Question"}, {"role": "assistant", "content": "Answer"}]
_TEXTS = ("Question", "Answer", *[""] * (2 * len(FIELDS) - 2))


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
    kinds: dict[Hashable, list[Weave] | None] = field(default_factory=dict)
    plainly: int = 0

    def __post_init__(self) -> None:
        try:
            self._traced: Traced | None = Traced(self.template)
        except Exception:  # whatever the plain template says of it was said before
            self._traced = None

    def __call__(self, talk: Talk, conversation: Callable[[int], Conversation]) -> Rendered:
        """Texts and spans of all conversations of a batch.

        Args:
            talk: the conversations.
            conversation: a row of them as a whole, made when it is needed; what it checks, it checks
                once for each kind, the first row first.

        Raises:
            RecipeError: the template refuses a row, or its spans cannot be found.
        """
        filling = Filling(talk, talk.besides(self._form(talk)))
        waiting: list[tuple[int, Hashable, Places]] = []
        for kind, rows in talk.kinds(filling.besides):
            left = rows
            for weave in self._ways(kind) or ():
                left = filling.fill(weave, left)
            if len(left):
                heappush(waiting, (int(left[0]), kind, left))
        while waiting:
            _, kind, left = heappop(waiting)
            if len(left := self._first(filling, kind, left, conversation)):
                heappush(waiting, (int(left[0]), kind, left))
        return filling.rendered()

    def _ways(self, kind: Hashable) -> Sequence[Weave] | None:
        return None if kind is None else self.kinds.get(kind, ())

    def _first(
        self, filling: Filling, kind: Hashable, rows: Places, conversation: Callable[[int], Conversation]
    ) -> Places:
        """Render the first of rows of one kind by itself; returns those that do not come out like it."""
        row, others, ways = int(rows[0]), rows[1:], self._ways(kind)
        whole = conversation(row)
        marked = self.mark(self.template, whole)
        self.plainly += 1
        filling.put(row, marked)
        if ways is None or len(ways) >= MOST_WAYS or not (ways or len(self.kinds) < MOST_KINDS):
            return others
        weave = self._weave(whole, filling.talk.texts(row, filling.besides), self._form(filling.talk))
        if weave is None or not filling.proves(weave, row, marked):
            self.kinds[kind] = None
            return others
        self.kinds[kind] = [*ways, weave]
        return filling.fill(weave, others)

    def _form(self, talk: Talk) -> Form:
        """How the template takes what these conversations have; the same for all of them."""
        opens_calls, opens_tools = talk.has_calls and self._opens_calls, talk.has_tools and self._opens_tools
        return Form(self.template.arguments_as_text, opens_calls, opens_tools)

    @cached_property
    def _opens_calls(self) -> bool:
        arguments = '{"a": "b"}' if self.template.arguments_as_text else {"a": "b"}
        called = {**_ASKED[1], "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}
        whole = Conversation([_ASKED[0], called], opening=1)
        return self._weave(whole, [*_TEXTS, "f", '{"a": "b"}'], Form()) is None

    @cached_property
    def _opens_tools(self) -> bool:
        whole = Conversation(_ASKED, tools=[{}], opening=1)
        return self._weave(whole, [*_TEXTS, "{}"], Form()) is None

    def _weave(self, conversation: Conversation, texts: Sequence[str], form: Form) -> Weave | None:
        if self._traced is None:
            return None
        try:
            trail = self._traced.trail = Trail(texts)
            if holds_unknown([conversation.messages, conversation.tools, dict(conversation.variables)]):
                return None  # the row itself holds characters that stand for texts
            marked = self.mark(self._traced, _unknown_texts(conversation, texts, trail, form))
        except Exception:  # a template may raise whatever Python can: the row goes the plain way
            return None
        return _weave(marked, trail)


def _unknown_texts(
    conversation: Conversation, texts: Sequence[str], trail: Trail, form: Form
) -> Conversation:
    """The conversation with unknowns in place of its texts."""
    count = len(conversation.messages)
    behind = _Behind(texts, len(FIELDS) * count, trail)
    messages = [dict(message) for message in conversation.messages]
    for place, message in enumerate(messages):
        for number, name in enumerate(FIELDS):
            for key in _KEYS.get(name, (name,)):
                if message.get(key) == texts[number * count + place]:
                    message[key] = trail.unknown(Step(number * count + place))
        if message.get("tool_calls"):
            message["tool_calls"] = with_calls(message["tool_calls"], form, behind.text, behind.record)
    tools = conversation.tools if behind.ended else with_tools(conversation.tools, behind.record)
    return replace(conversation, messages=messages, tools=tools)


class _Behind:
    """The texts of a row that stand behind those of its messages: of calls and tools, in order."""

    def __init__(self, texts: Sequence[str], number: int, trail: Trail) -> None:
        self._texts, self._number, self._trail = texts, number, trail

    @property
    def ended(self) -> bool:
        return self._number == len(self._texts)

    def text(self, text: str) -> Any:
        return self._trail.unknown(self._next(text))

    def record(self, text: str) -> Any:
        return self._trail.record(self._next(text))

    def _next(self, text: str) -> Step:
        if self.ended or self._texts[self._number] != text:
            raise Untraceable("calls or tools that are not texts of the row")
        self._number += 1
        return Step(self._number - 1)


def _weave(marked: Marked, trail: Trail) -> Weave:
    parts: list[bytes] = []
    places: list[tuple[int, int]] = []
    borders: list[int] = []
    cuts = [each for span in marked.spans for each in span]
    for start, end in zip((0, *cuts), (*cuts, len(marked.text)), strict=True):
        for part in _split(marked.text[start:end]):
            stands = STANDING.match(part) is not None
            if stands:
                places.append((len(parts), ord(part) - FIRST))
            parts.append(b"" if stands else part.encode())
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
