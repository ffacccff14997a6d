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

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from recipedsl.data.tokens.template import ChatTemplate, Message, Rendering, training_name
from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import SpansUnknown

Span = tuple[int, int]


@dataclass(frozen=True)
class Conversation:
    """A row's messages and tools as plain values.

    Attributes:
        messages: what was said, in order.
        tools: definitions of tools.
        row: number of the row, from 0; None for what is no row.
    """

    messages: list[Message]
    tools: list[Any] | None = None
    row: int | None = None

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
    return template.render(
        conversation.messages, conversation.tools, prompt=prompt, row=conversation.row
    ).text


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
        turns: positions of the assistant messages that are asked for; None for all.

    Raises:
        RecipeError: the template refuses the row, or its spans cannot be found.
    """
    rendering = template.render(conversation.messages, conversation.tools, row=conversation.row)
    wanted = conversation.turns if turns is None else turns
    spans: list[Span] = []
    for turn in wanted:
        start = _start(template, conversation, turn, rendering.text)
        if start is None:
            return _by_marks(template, rendering, conversation, wanted)
        border = _border(template, conversation, turn, rendering.text)
        spans.append((start, _end(rendering.text, start, border, stops)))
    return Marked(rendering.text, tuple(spans))


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
    found = [position + len(stop) for stop in stops if (position := whole.rfind(stop, start, border)) >= 0]
    if found:
        return max(found)
    # Some templates write the end of a turn with the message that follows.
    late = [border + len(stop) for stop in stops if whole.startswith(stop, border)]
    return max(late, default=border)


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
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def with_other_text(conversation: Conversation, position: int) -> Conversation:
    """The conversation with one message's text replaced by one that differs from its first letter on."""
    message = conversation.messages[position]
    opening = "B" if str(message["content"]).lstrip().startswith("A") else "A"
    return conversation.with_message(position, {**message, "content": opening})


def _by_marks(
    template: ChatTemplate, rendering: Rendering, conversation: Conversation, wanted: Sequence[int]
) -> Marked:
    """The template's own marks, which have to be one for each turn."""
    turns = conversation.turns
    if len(rendering.generated) != len(turns):
        raise _unknown(template, conversation, len(rendering.generated))
    chosen = [rendering.generated[turns.index(turn)] for turn in wanted]
    return Marked(rendering.text, tuple(chosen))


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
