"""Which characters each token holds, found by what tokens spell, for tokenizers whose tokens spell the text.

The tokens of a byte-level tokenizer, and those of SentencePiece's where no blank is put before a
text, written one behind another give the text again, byte by byte. Where that holds, and it is
checked for every text, the lengths of the tokens are their offsets, and no tokenizer has to be asked
for them: the fast ones tell none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recipedsl.data.tokens.ragged import as_array

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
        bytes: of each token.
        lengths: in bytes, int32 `[vocabulary]`.
    """

    bytes: arrow.LargeBinaryArray
    lengths: NDArray[np.int32]

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Spelling:
        """Of a tokenizer's vocabulary. A guess: what it says of a text is checked with `spells`."""
        vocabulary = tokenizer.get_vocab(with_added_tokens=True)
        spelled = [b""] * (max(vocabulary.values(), default=-1) + 1)
        byte_level = all(chr(letter) in vocabulary for letter in (33, 97, 0x120))  # `!`, `a`, `Ġ`
        for token, number in vocabulary.items():
            spelled[number] = _spelled(token, byte_level)
        for number, added in tokenizer.get_added_tokens_decoder().items():
            if byte_level or not _BYTE.fullmatch(added.content):
                spelled[number] = added.content.encode()
        lengths = np.fromiter(map(len, spelled), np.int32, len(spelled))
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        buffers = [None, arrow.py_buffer(ends), arrow.py_buffer(b"".join(spelled))]
        return cls(arrow.Array.from_buffers(arrow.large_binary(), len(spelled), buffers), lengths)

    def spells(self, ids: NDArray[np.int32], text: bytes) -> bool:
        """Whether tokens written one behind another are this text."""
        if int(self.lengths[ids].sum()) != len(text):
            return False
        data = self.bytes.take(as_array(ids)).buffers()[2]
        return data is None or data.slice(0, len(text)).equals(arrow.py_buffer(text))


def _spelled(token: str, byte_level: bool) -> bytes:
    if byte_level:
        try:
            return token.translate(_LETTERS).encode("latin-1")
        except UnicodeEncodeError:
            return token.encode()
    found = _BYTE.fullmatch(token)
    return bytes([int(found[1], 16)]) if found else token.replace("▁", " ").encode()
