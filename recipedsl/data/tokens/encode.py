"""Marked text to token ids with a mask of what is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from recipedsl.data.tokens.mask import Span
from recipedsl.data.tokens.tokenizer import Ids, TokenizerFacts

Mask = NDArray[np.bool_]

#: Label of a token that is not trained on.
IGNORED = -100


@dataclass(frozen=True)
class Encoded:
    """A sequence of tokens.

    Attributes:
        ids: int32 `[length]`.
        trained: bool `[length]`, which of them bear labels.
    """

    ids: Ids
    trained: Mask

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def labels(self) -> Ids:
        """The id where trained, `IGNORED` elsewhere: int32 `[length]`.

        The first token is never predicted, so it bears no label whatever its mask says.
        """
        labels = np.where(self.trained, self.ids, np.int32(IGNORED)).astype(np.int32)
        labels[:1] = IGNORED
        return labels

    def cut(self, length: int) -> Encoded:
        """The first `length` tokens."""
        return Encoded(self.ids[:length], self.trained[:length])


def encode_marked(
    facts: TokenizerFacts, texts: Sequence[str], spans: Sequence[Sequence[Span]]
) -> list[Encoded]:
    """Encode texts; tokens of the spans are trained.

    A span begins where a generation would begin: the text before it has the ids that it has as a
    prompt. Where a merge would reach across that border (a header's line break and one of the
    answer), the text is encoded in pieces.

    Args:
        facts: the tokenizer.
        texts: whole renderings.
        spans: of each text, half-open character ranges in order.
    """
    encodings = facts.tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [
        _masked(facts, text, encoding, wanted)
        for text, encoding, wanted in zip(texts, encodings, spans, strict=True)
    ]


def _masked(facts: TokenizerFacts, text: str, encoding: Encoding, spans: Sequence[Span]) -> Encoded:
    ids = np.asarray(encoding.ids, dtype=np.int32)
    trained = np.zeros(len(ids), dtype=np.bool_)
    for start, end in spans:
        first, last = _tokens_between(encoding, start, end)
        if first < last and _begins_before(encoding, first, start):
            if facts.joins:
                return _in_pieces(facts, text, spans)
            first += 1  # belongs to the prompt as much as to the answer
        trained[first:last] = True
    return Encoded(ids, trained)


def _tokens_between(encoding: Encoding, start: int, end: int) -> tuple[int, int]:
    """Tokens that hold characters of a range, as a half-open range; empty when none does."""
    first = _token_at(encoding, range(start, end))
    last = _token_at(encoding, range(end - 1, start - 1, -1))
    if first is None or last is None:
        return 0, 0
    # Several tokens may share a character (bytes of an emoji); the last of them counts.
    while last + 1 < len(encoding.ids) and _holds(encoding, last + 1, end - 1):
        last += 1
    return first, last + 1


def _token_at(encoding: Encoding, characters: range) -> int | None:
    for character in characters:
        token = encoding.char_to_token(character)
        if token is not None:
            return int(token)
    return None


def _holds(encoding: Encoding, token: int, character: int) -> bool:
    place = encoding.token_to_chars(token)
    return place is not None and place[0] <= character < place[1]


def _begins_before(encoding: Encoding, token: int, start: int) -> bool:
    place = encoding.token_to_chars(token)
    return place is not None and place[0] < start


def _in_pieces(facts: TokenizerFacts, text: str, spans: Sequence[Span]) -> Encoded:
    """Encode cut at the beginning and the end of every span."""
    ids: list[Ids] = []
    trained: list[Mask] = []
    place = 0
    for start, end in spans:
        for piece, is_trained in ((text[place:start], False), (text[start:end], True)):
            ids.append(facts.encode(piece))
            trained.append(np.full(len(ids[-1]), is_trained))
        place = end
    ids.append(facts.encode(text[place:]))
    trained.append(np.zeros(len(ids[-1]), dtype=np.bool_))
    return Encoded(np.concatenate(ids), np.concatenate(trained))
