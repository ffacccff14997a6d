"""Where in a rendered conversation the assistant speaks: from its header to the token that ends the turn.

The spans are found by rendering, so that they hold for any template:

    messages[:i] with a generation prompt   ->  "…<|im_start|>assistant\\n"          a turn begins here
    messages                                ->  "…<|im_start|>assistant\\nHi<|im_end|>\\n…"
    messages[:i + 1]                        ->  "…<|im_start|>assistant\\nHi<|im_end|>\\n"   and is over here

Each beginning has to be a prefix of the whole, which is at once the proof that training shows the
model the very prompt that it gets when it is asked. Where that fails, the template's own
`{% generation %}` marks are taken; a template without them is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from recipedsl.data.tokens.template import ChatTemplate, Message, Rendering, training_name
from recipedsl.data.tokens.unknown import Woven
from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import SpansUnknown

Span = tuple[int, int]

#: Texts that a message's is replaced by to see what it changes: of three letters one is neither its first
#: nor its last.
OTHERS = "ABC"


@dataclass(frozen=True)
class Conversation:
    """A row's messages and tools as plain values.

    Attributes:
        messages: what was said, in order.
        tools: definitions of tools.
        row: number of the row, from 0; None for what is no row.
        variables: what the template is told beside the messages, by name.
        opening: how many of the messages are the prompt, where there is one.
        trains: whether a message is trained, as the row says; None where it says nothing.
    """

    messages: list[Message]
    tools: list[Any] | None = None
    row: int | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    opening: int = 0
    trains: tuple[bool | None, ...] = ()

    def first(self, count: int) -> Conversation:
        """The conversation up to and without message `count`."""
        return replace(self, messages=self.messages[:count])

    def with_message(self, position: int, message: Message) -> Conversation:
        """The conversation with one message replaced."""
        return replace(self, messages=[*self.messages[:position], message, *self.messages[position + 1 :]])

    @property
    def turns(self) -> list[int]:
        """Positions of the assistant's messages."""
        return [position for position, message in enumerate(self.messages) if message["role"] == "assistant"]


@dataclass(frozen=True)
class Marked:
    """A rendered conversation with what the assistant says in it.

    Attributes:
        text: the whole rendering.
        spans: half-open character ranges, one for each turn asked for, in order; header left out,
            token that ends the turn included.
    """

    text: str
    spans: tuple[Span, ...]


def render_text(template: ChatTemplate, conversation: Conversation, *, prompt: bool = False) -> str:
    """The text of a conversation, with `prompt` up to where the next answer begins."""
    return _render(template, conversation, prompt).text


def _render(template: ChatTemplate, conversation: Conversation, prompt: bool = False) -> Rendering:
    given, told = conversation, conversation.variables
    return template.render(given.messages, given.tools, prompt=prompt, row=given.row, variables=told)


def mark_turns(
    template: ChatTemplate,
    conversation: Conversation,
    stops: Sequence[str],
    turns: Sequence[int] | None = None,
) -> Marked:
    """Render a conversation and find what the assistant says in it.

    Args:
        template: renders.
        conversation: the messages.
        stops: texts of the tokens that end a turn of the assistant.
        turns: positions of the messages that are asked for; None for all of the assistant.

    Raises:
        RecipeError: the template refuses the row, or its spans cannot be found.
    """
    rendering = _render(template, conversation)
    wanted = conversation.turns if turns is None else turns
    spoken = [turn for turn in wanted if turn in conversation.turns]
    starts = {turn: _start(template, conversation, turn, rendering.text) for turn in spoken}
    spans = _by_marks(template, rendering, conversation, spoken) if None in starts.values() else {}
    for turn, start in starts.items():
        if turn not in spans and start is not None:
            border = _border(template, conversation, turn, rendering.text)
            spans[turn] = (start, _end(rendering.text, start, border, stops))
    for turn in wanted:
        if turn not in spans:
            spans[turn] = _said(template, conversation, turn, rendering.text, stops)
    return Marked(rendering.text, tuple(spans[turn] for turn in wanted))


def _said(
    template: ChatTemplate, conversation: Conversation, turn: int, whole: str, stops: Sequence[str]
) -> Span:
    """What another role says: where another text would make a difference, and the end token behind."""
    if isinstance(whole, Woven):
        start, end = whole.range_of(conversation.messages[turn]["content"], OTHERS)
    else:
        other = render_text(template, with_other_text(conversation, turn))
        start = _common_length(whole, other)
        end = max(start, len(whole) - _common_length(whole[::-1], other[::-1]))
    return start, max((end + len(stop) for stop in stops if whole.startswith(stop, end)), default=end)


def _start(template: ChatTemplate, conversation: Conversation, turn: int, whole: str) -> int | None:
    """Where a turn begins; None where the prompt for it does not begin the whole."""
    if turn == 0:
        return _start_of_first(template, conversation, whole)
    prompt = render_text(template, conversation.first(turn), prompt=True)
    return len(prompt) if whole.startswith(prompt) else None


def _start_of_first(template: ChatTemplate, conversation: Conversation, whole: str) -> int | None:
    """As `_start` for a conversation that the assistant opens: many templates refuse an empty one."""
    try:
        prompt = render_text(template, conversation.first(0), prompt=True)
    except RecipeError:
        return None
    return len(prompt) if whole.startswith(prompt) else None


def _end(whole: str, start: int, border: int, stops: Sequence[str]) -> int:
    """Behind the last stop token before the next message; where none is, where the next message begins."""
    end = _last_end(whole, stops, start, border)
    if end is not None:
        return end
    # Some templates write the end of a turn with the message that follows.
    late = [border + len(stop) for stop in stops if whole.startswith(stop, border)]
    return max(late, default=border)


def _last_end(whole: str, stops: Sequence[str], start: int, border: int) -> int | None:
    if isinstance(whole, Woven):
        return whole.last_end(stops, start, border)
    found = [place + len(stop) for stop in stops if (place := whole.rfind(stop, start, border)) >= 0]
    return max(found, default=None)


def _border(template: ChatTemplate, conversation: Conversation, turn: int, whole: str) -> int:
    """Where the turn is over at the latest: before the text of the next message."""
    if turn == len(conversation.messages) - 1:
        return len(whole)
    so_far = render_text(template, conversation.first(turn + 1))
    if whole.startswith(so_far):
        return len(so_far)
    # What follows changes how this turn is rendered (thoughts are taken out of earlier turns). The
    # next message begins where a rendering with another next message begins to differ.
    for position in range(turn + 1, len(conversation.messages)):
        other = render_text(template, with_other_text(conversation, position))
        if other != whole:
            return _common_length(whole, other)
    return len(whole)


def _common_length(left: str, right: str) -> int:
    """How many characters two texts have in common from the first on."""
    if isinstance(left, Woven):
        return left.common_length(right)
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def with_other_text(conversation: Conversation, position: int) -> Conversation:
    """The conversation with one message's text replaced by one that differs in its first and last letter."""
    message = conversation.messages[position]
    said = str(message["content"])
    taken = [
        letter for letter in OTHERS[:2] if said.lstrip().startswith(letter) or said.rstrip().endswith(letter)
    ]
    other = next(letter for letter in OTHERS if letter not in taken)
    return conversation.with_message(position, {**message, "content": other})


def _by_marks(
    template: ChatTemplate, rendering: Rendering, conversation: Conversation, wanted: Sequence[int]
) -> dict[int, Span]:
    """The template's own marks, which have to be one for each turn of the assistant."""
    turns = conversation.turns
    if len(rendering.generated) != len(turns):
        raise _unknown(template, conversation, len(rendering.generated))
    return {turn: rendering.generated[turns.index(turn)] for turn in wanted}


def _unknown(template: ChatTemplate, conversation: Conversation, marks: int) -> RecipeError:
    at = "" if conversation.row is None else f" of row {conversation.row + 1}"
    note = (
        f"the template marks {marks} blocks as generated, for {len(conversation.turns)} turns"
        if marks
        else "the template does not mark what is generated"
    )
    trained = training_name(template.text)
    hint = f"take the shipped template `{trained}`, which is the same" if trained else "take a template"
    return RecipeError(
        Diagnostic(
            SpansUnknown,
            f"what the assistant writes cannot be found in the rendered text{at}",
            notes=(
                "the prompt for an answer does not begin the conversation as it is rendered for training",
                note,
            ),
            helps=(Help(f"{hint} with `{{% generation %}}` marks"),),
        )
    )
