"""Marked text to token ids with a mask of what is trained.

`encode_marked` is the definition: it asks the tokenizer for the offsets of every token.
`encode_texts` gives the same for whole batches, with any encoder of ids: offsets follow from what
the tokens spell, and the few rows where they do not, or where a token reaches over the beginning
of a span, go through `encode_marked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from recipedsl.data.tokens.encoders import Encoder, EncoderFailed
from recipedsl.data.tokens.filling import Rendered, in_characters
from recipedsl.data.tokens.mask import Span
from recipedsl.data.tokens.ragged import Ragged, Sequences
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


# --- batches --------------------------------------------------------------------------------------------


def encode_texts(facts: TokenizerFacts, encoder: Encoder, rendered: Rendered) -> Sequences:
    """Encode texts; tokens of the spans are trained, as `encode_marked` says.

    Args:
        facts: the tokenizer.
        encoder: gives the same ids as `facts.tokenizer`.
        rendered: texts and spans.

    Raises:
        EncoderFailed: the encoder is not to be relied on.
    """
    spelling, texts = facts.spelling, rendered.texts
    if spelling is None:  # without offsets of its own there is no faster way
        return _by_offsets(facts, rendered, np.arange(len(texts)))
    encoded = Ragged(*encoder.encode(texts))
    if len(encoded.values) and not 0 <= encoded.values.min() <= encoded.values.max() < len(spelling.bytes):
        raise EncoderFailed("it gave an id that no token has")
    borders, spelled = spelling.borders(encoded, texts)
    trained, astride = _trained(borders, encoded, rendered, spelled)
    plainly = ~spelled
    plainly[astride if facts.joins else astride[:0]] = True
    found = Sequences(encoded, trained)
    return _replaced(facts, found, rendered, np.flatnonzero(plainly)) if plainly.any() else found


def _by_offsets(facts: TokenizerFacts, rendered: Rendered, rows: NDArray[np.int64]) -> Sequences:
    texts = rendered.texts.take(rows).strings()
    spans = rendered.spans.of_rows(rows, rendered.texts)
    wanted = [in_characters(text, each) for text, each in zip(texts, spans, strict=True)]
    return _joined(encode_marked(facts, texts, wanted))


def _joined(encoded: Sequence[Encoded]) -> Sequences:
    ids = Ragged.of_lists([each.ids for each in encoded])
    return Sequences(ids, np.concatenate([each.trained for each in encoded]))


def _trained(
    borders: NDArray[np.int64], encoded: Ragged, rendered: Rendered, spelled: Mask
) -> tuple[Mask, NDArray[np.int64]]:
    """Mask of all tokens, and the rows in which a token begins before a span and goes on into it.

    Args:
        borders: where each token begins in what all of them spell, and where the last ends.
        encoded: ids.
        rendered: texts and spans.
        spelled: which texts are what their tokens spell; the spans of others are left out.
    """
    spans = rendered.spans
    wanted = spelled[spans.rows] & (spans.starts < spans.ends)
    rows = spans.rows[wanted]
    shift = borders[encoded.ends[rows]] - rendered.texts.utf8.ends[rows]  # by texts that are not spelled
    from_, to = spans.starts[wanted] + shift, spans.ends[wanted] + shift
    first = np.searchsorted(borders, from_, side="right") - 1
    last = np.searchsorted(borders, to, side="left")
    begins_before = borders[first] < from_
    first += begins_before  # such a token belongs to the prompt as much as to the answer
    return _between(first, last, len(encoded.values)), rows[begins_before]


def _between(first: NDArray[np.int64], last: NDArray[np.int64], count: int) -> Mask:
    """A mask of so many items that is set in half-open ranges, which may overlap."""
    order = np.argsort(first, kind="stable")
    edges = np.column_stack([first, last])[order].ravel()
    edges = np.concatenate([[0], np.maximum.accumulate(edges), [count]])
    return np.repeat(np.arange(len(edges) - 1) % 2 == 1, np.diff(edges))


def _replaced(
    facts: TokenizerFacts, found: Sequences, rendered: Rendered, rows: NDArray[np.int64]
) -> Sequences:
    """The sequences with those of some rows encoded by `encode_marked`."""
    plain = _by_offsets(facts, rendered, rows)
    number = {row: place for place, row in enumerate(rows.tolist())}
    sources = [(plain, number[row]) if row in number else (found, row) for row in range(len(found))]
    return _joined([_one(source, place) for source, place in sources])


def _one(sequences: Sequences, place: int) -> Encoded:
    start, end = sequences.ids.ends[place], sequences.ids.ends[place + 1]
    return Encoded(sequences.ids.values[start:end], sequences.trained[start:end])
