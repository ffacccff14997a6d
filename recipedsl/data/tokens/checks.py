"""What has to hold of a template and a tokenizer before a row is trained on. Each check is a gate: it raises.

- a turn of the assistant ends in a token that a generation can stop at, and that token bears a label;
- nothing begins with two begin-of-sequence tokens;
- the prompt for an answer begins what is trained (`recipedsl.data.tokens.mask`, `encode`).

That padding and end token may be the same is harmless here: labels are explicit and made before
anything is padded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recipedsl.data.tokens.encode import encode_marked
from recipedsl.data.tokens.mask import Conversation, mark_turns, render_text, with_other_text
from recipedsl.data.tokens.ragged import Ragged
from recipedsl.data.tokens.talk import Talk
from recipedsl.data.tokens.template import ChatTemplate, training_name
from recipedsl.data.tokens.tokenizer import TokenizerFacts
from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import (
    DoubleBos,
    NoStopToken,
    NotRendered,
    StopDiffers,
    StopUntrained,
)

_FOR_IMAGES = "it may be made for messages of text and images in pieces; take a template for plain text"
_ANSWER = "Certainly"
_ONE_TURN = Conversation([{"role": "user", "content": "Question"}, {"role": "assistant", "content": _ANSWER}])
_TWO_TURNS = Conversation([*_ONE_TURN.messages, {"role": "user", "content": "Thanks"}])


@dataclass(frozen=True)
class Stops:
    """How a template ends a turn of the assistant.

    Attributes:
        text: of the token that ends a conversation's last turn.
        ids: tokens that a generation stops at: that one, and the tokenizer's end token.
        inside: texts of the tokens that may end a turn anywhere; `text` first.
    """

    text: str
    ids: tuple[int, ...]
    inside: tuple[str, ...]


def find_stops(template: ChatTemplate, facts: TokenizerFacts, declared: str = "") -> Stops:
    """The token that ends a turn, found in a rendered one.

    Args:
        template: renders.
        facts: the tokenizer.
        declared: the recipe's `stop`, compared with what is found; empty when it says nothing.

    Raises:
        RecipeError: no token ends the turn, or not the declared one.
    """
    rendered = render_text(template, _ONE_TURN)
    if _ANSWER not in rendered:
        raise _error(NotRendered, "the chat template does not write the text of messages", _FOR_IMAGES)
    last = _after_answer(rendered)
    text = _first_token(last, facts)
    if declared:
        text = _check_declared(declared, text, last, facts)
    if not text:
        raise _no_stop(last, template, facts)
    return Stops(text, _stop_ids(text, facts), _inside(text, template, facts))


def _after_answer(rendered: str) -> str:
    return rendered.rpartition(_ANSWER)[2]


def _first_token(text: str, facts: TokenizerFacts) -> str:
    """The added token that stands first in a text, the longest of those; empty when there is none."""
    places = [
        (place, -len(token), token) for token in facts.added if token and (place := text.find(token)) >= 0
    ]
    return min(places)[2] if places else ""


def _check_declared(declared: str, found: str, after: str, facts: TokenizerFacts) -> str:
    if declared not in facts.added and facts.tokenizer.token_to_id(declared) is None:
        raise _error(StopDiffers, f"the stop token `{declared}` is no token of the model", f"write `{found}`")
    if declared not in after:
        hint = f"leave `stop` out, or write `{found}`" if found else "end the assistant's part with it"
        raise _error(StopDiffers, f"the template does not end a turn with `{declared}`", hint, _shows(after))
    return declared


def _no_stop(after: str, template: ChatTemplate, facts: TokenizerFacts) -> RecipeError:
    trained, end = training_name(template.text), facts.special.get("eos_token", "a special token")
    hint = f"take the shipped template `{trained}`" if trained else f"end the assistant's part with `{end}`"
    if after.strip():
        message = "the chat template ends a turn of the assistant with text that is no token of the model"
    else:
        message = "the chat template writes no token at the end of a turn of the assistant"
    return _error(NoStopToken, message, f"{hint}, or take another template", _shows(after))


def _shows(after: str) -> str:
    return (
        f"after the assistant's text comes {after!r}" if after else "nothing comes after the assistant's text"
    )


def _stop_ids(text: str, facts: TokenizerFacts) -> tuple[int, ...]:
    ids = (facts.tokenizer.token_to_id(text), facts.id_of("eos_token"))
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def _inside(text: str, template: ChatTemplate, facts: TokenizerFacts) -> tuple[str, ...]:
    """The end tokens of last and earlier turns; templates may tell them apart."""
    try:
        after = _after_answer(render_text(template, _TWO_TURNS).rpartition("Thanks")[0])
    except RecipeError:  # a template for one question and one answer
        return (text,)
    if text in after:
        return (text,)
    stripped = after.lstrip()
    first = _first_token(stripped, facts)
    return (text, first) if first and stripped.startswith(first) else (text,)


def check_stop_trained(template: ChatTemplate, facts: TokenizerFacts, stops: Stops) -> None:
    """Prove that the token that ends a turn bears a label. Raises RecipeError when it does not."""
    marked = mark_turns(template, _ONE_TURN, stops.inside)
    encoded = encode_marked(facts, [marked.text], [marked.spans])[0]
    stop = facts.tokenizer.token_to_id(stops.text)
    if stop not in encoded.ids[encoded.trained]:
        hint = "put the end of the turn inside the template's `{% generation %}` block"
        raise _error(StopUntrained, f"the end of a turn, `{stops.text}`, is not trained", hint)


class RenderedCheck:
    """Refuses rows of which the template would leave something out.

    Each kind of thing (a role, tools, calls of tools, thinking) is tried on the first row that has
    it: the row is rendered once more with that thing changed, and has to come out otherwise.
    """

    def __init__(self, template: ChatTemplate) -> None:
        self._template = template
        self._seen: set[str] = set()

    def __call__(self, conversation: Conversation) -> None:
        """Check what this row is the first to have. Raises RecipeError."""
        last = len(conversation.messages) - 1
        for position, message in enumerate(conversation.messages):
            self._try(f"messages of the role `{message['role']}`", conversation, with_other_text, position)
            if message.get("tool_calls"):
                self._try("calls of tools", conversation, _without, position, "tool_calls")
            if position == last and message.get("thinking"):
                self._try("thinking", conversation, _without, position, "thinking", "reasoning_content")
        if conversation.tools:
            self._try("definitions of tools", conversation, _without_tools)

    def _try(
        self, what: str, conversation: Conversation, change: Callable[..., Conversation], *args: Any
    ) -> None:
        if what in self._seen:
            return
        self._seen.add(what)
        given = render_text(self._template, conversation)
        if given == render_text(self._template, change(conversation, *args)):
            hint = "take another template, or take these out of the rows"
            row = (conversation.row or 0) + 1
            raise _error(NotRendered, f"the chat template leaves out {what} of row {row}", hint)


def _without(conversation: Conversation, position: int, *keys: str) -> Conversation:
    message = {key: value for key, value in conversation.messages[position].items() if key not in keys}
    return conversation.with_message(position, message)


def _without_tools(conversation: Conversation) -> Conversation:
    return replace(conversation, tools=None)


class MarkCheck:
    """Tells conversations whose own text holds a special token, such as `<|im_end|>`.

    Tokenizers cut special tokens out of any text, wherever it comes from: a message that holds one
    ends its turn, and what follows speaks in another role. Tokens are made as the model's own code
    makes them, so this is counted and shown, not changed.
    """

    def __init__(self, facts: TokenizerFacts) -> None:
        self._marks = list(facts.marks)

    def __call__(self, talk: Talk) -> NDArray[np.bool_]:
        """Which rows of a batch hold one in any text of their messages or tools: bool `[rows]`."""
        found = np.zeros(len(talk), np.bool_)
        if not self._marks:
            return found
        for texts, rows in talk.all_texts():
            held = texts.str.contains_any(self._marks).fill_null(False).to_numpy()
            found[rows[held]] = True
        return found


def check_bos(ids: Ragged, facts: TokenizerFacts, first: int) -> None:
    """Refuse sequences that begin with two begin-of-sequence tokens. Raises RecipeError.

    Args:
        ids: of rows one after another.
        facts: the tokenizer.
        first: number of the first of these rows, from 0.
    """
    bos = facts.id_of("bos_token")
    rows = np.flatnonzero(ids.lengths > 1)
    starts = ids.ends[:-1][rows]
    twice = (
        rows[(ids.values[starts] == bos) & (ids.values[starts + 1] == bos)] if bos is not None else rows[:0]
    )
    if len(twice):
        text = facts.special["bos_token"]
        hint = f"take `{text}` out of the data or out of the template"
        raise _error(DoubleBos, f"row {first + int(twice[0]) + 1} begins with `{text}` twice", hint)


def _error(kind: type[Code], message: str, hint: str, *notes: str) -> RecipeError:
    return RecipeError(Diagnostic(kind, message, notes=notes, helps=(Help(hint),)))
