"""The process in which the faster tokenizer runs: frames of bytes in, frames of bytes out; see `encoders.py`.

The first frame is the text of `tokenizer.json`, answered by `ready`; every other holds where
texts begin and end, and the texts, answered by ids and where each text begins.
It imports as little as it can.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import IO

#: Bounds of a frame that is one: parts, and bytes of a part.
_PARTS, _LARGEST = 2, 1 << 33


def main(received: IO[bytes], sent: IO[bytes]) -> None:
    """Answer until the other side is gone."""
    from fastokens import Tokenizer  # an extra: it is there when this is started

    tokenizer = Tokenizer.from_json_str(read_frame(received)[0].decode())
    write_frame(sent, [b"ready"])
    while parts := read_frame(received):
        write_frame(sent, tokenizer.encode_batch_flat(_texts(parts[1], memoryview(parts[0]).cast("q"))))


def _texts(data: bytes, ends: memoryview[int]) -> list[str]:
    whole = data.decode()
    if len(whole) == len(data):  # then bytes are characters
        return [whole[start:end] for start, end in pairwise(ends)]
    return [data[start:end].decode() for start, end in pairwise(ends)]


def read_frame(received: IO[bytes]) -> list[bytes]:
    """The parts of a frame: how many there are, how long they are, then they; none when there is no more.

    Raises:
        ValueError: the frame is cut off, or it is none.
    """
    head = received.read(8)
    if not head:
        return []
    count = struct.unpack("<q", head)[0] if len(head) == 8 else 0
    if not 0 < count <= _PARTS:
        raise ValueError("that is no frame")
    sizes = struct.unpack(f"<{count}q", _whole(received, 8 * count))
    return [_whole(received, size) for size in sizes]


def _whole(received: IO[bytes], size: int) -> bytes:
    if not 0 <= size <= _LARGEST:
        raise ValueError("that is no frame")
    data = received.read(size)
    if len(data) < size:
        raise ValueError("a frame is cut off")
    return data


def write_frame(sent: IO[bytes], parts: Sequence[bytes | memoryview]) -> None:
    """Write a frame as `read_frame` reads it. Raises OSError when nobody reads."""
    sent.write(struct.pack(f"<{len(parts) + 1}q", len(parts), *map(len, parts)))
    for part in parts:
        sent.write(part)
    sent.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever the library prints is no answer
        main(sys.stdin.buffer, answers)
