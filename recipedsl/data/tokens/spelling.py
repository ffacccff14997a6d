"""Which characters each token holds, found by what tokens spell, for tokenizers whose tokens spell the text.

The tokens of a byte-level tokenizer, and those of SentencePiece's where no blank is put before a
text, written one behind another give the text again, byte by byte. Where that holds, and it is
checked for every text, the lengths of the tokens are their offsets, and no tokenizer has to be asked
for them: the fast ones tell none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recipedsl.data.tokens.ragged import Ends, Ragged, as_array, bytes_of
from recipedsl.data.tokens.texts import Texts

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def _byte_letters() -> dict[int, str]:
    """Byte-level letters to the bytes that they stand for, as letters of Latin-1 (GPT-2's table)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [each for each in range(256) if each not in shown]
    letters = {each: each for each in shown} | {256 + place: each for place, each in enumerate(hidden)}
    return {letter: chr(byte) for letter, byte in letters.items()}


_LETTERS = _byte_letters()


@dataclass(frozen=True)
class Spelling:
    """What the tokens of a vocabulary spell.

    Attributes:
        bytes: of each token, an Arrow array of `large_binary`.
    """

    bytes: Any

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Spelling:
        """Of a tokenizer's vocabulary. A guess: what it says of a text is checked with `spells`."""
        vocabulary = tokenizer.get_vocab(with_added_tokens=False)
        added = tokenizer.get_added_tokens_decoder()
        spelled = [b""] * (max([*vocabulary.values(), *added], default=-1) + 1)
        byte_level = all(chr(letter) in vocabulary for letter in (33, 97, 0x120))  # `!`, `a`, `Ġ`
        for number, data in zip(vocabulary.values(), _all_spelled(list(vocabulary), byte_level), strict=True):
            spelled[number] = data
        for number, each in added.items():
            if byte_level or not _BYTE.fullmatch(each.content):
                spelled[number] = each.content.encode()
        return cls(arrow.array(spelled, arrow.large_binary()))

    def borders(self, encoded: Ragged, texts: Texts) -> tuple[Ends, NDArray[np.bool_]]:
        """Where each token begins in what all spell, and where the last ends; and which texts are spelled.

        Args:
            encoded: ids of the texts.
            texts: compared byte by byte with what the tokens spell.
        """
        borders, data = bytes_of(self.bytes.take(as_array(encoded.values)))
        given, made = texts.utf8, Ragged(data, borders[encoded.ends])
        same = given.lengths == made.lengths
        if same.all() and arrow.py_buffer(data).equals(arrow.py_buffer(texts.data)):
            return borders, same
        for place in np.flatnonzero(same).tolist():
            same[place] = np.array_equal(given.list(place), made.list(place))
        return borders, same

    def spells(self, ids: NDArray[np.int32], text: str) -> bool:
        """Whether tokens written one behind another are this text."""
        return bool(self.borders(Ragged.of_lists([ids]), Texts.of([text]))[1][0])


def _all_spelled(tokens: list[str], byte_level: bool) -> list[bytes]:
    """What each token spells."""
    if not byte_level:
        return [_spelled(token, byte_level) for token in tokens]
    try:  # a letter is a byte: all at once
        data = "".join(tokens).translate(_LETTERS).encode("latin-1")
    except UnicodeEncodeError:
        return [_spelled(token, byte_level) for token in tokens]
    ends = accumulate(map(len, tokens), initial=0)
    return [data[start:end] for start, end in pairwise(ends)]


def _spelled(token: str, byte_level: bool) -> bytes:
    if byte_level:
        try:
            return token.translate(_LETTERS).encode("latin-1")
        except UnicodeEncodeError:
            return token.encode()
    found = _BYTE.fullmatch(token)
    return bytes([int(found[1], 16)]) if found else token.replace("▁", " ").encode()
