"""A stream that ends a look: what is small on the disk may be endless once it is decompressed."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from typing import IO, Any, cast

_CHUNK = 1 << 16


class Enough(Exception):
    """The bytes that may be looked at are used up."""


def bounded(stream: IO[bytes], most: int) -> IO[bytes]:
    """The first `most` bytes of a stream; reading on raises `Enough`."""
    return cast("IO[bytes]", BufferedReader(_Bounded(stream, most), _CHUNK))


class _Bounded(RawIOBase):
    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            raise Enough
        found = self._stream.read(min(len(buffer), self._left))
        buffer[: len(found)] = found
        self._left -= len(found)
        return len(found)

    def close(self) -> None:
        self._stream.close()
        super().close()
