"""Zstandard files as streams that notice when the archive breaks off, which the library's do not."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, cast

import zstandard

_CHUNK = 1 << 20
#: Compressed bytes taken at a time. Four can stand for 128 KiB: a bomb costs 32 MiB of memory.
_PIECE = 1 << 10


def open_zstd(file: Path) -> IO[bytes]:
    """Decompressed content of one or more frames. Reading raises OSError for a broken archive."""
    return cast("IO[bytes]", BufferedReader(_Frames(file), _CHUNK))


class _Frames(RawIOBase):
    def __init__(self, file: Path) -> None:
        self._stream = file.open("rb")
        self._left = b""  # compressed, not yet taken
        self._ready = b""  # decompressed, not yet given
        self._frame: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and self._fill():
            pass
        given = self._ready[: len(buffer)]
        buffer[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def _fill(self) -> bool:
        """Decompresses a piece; false at the end of the file."""
        piece = self._left or self._stream.read(_PIECE)
        self._left = b""
        if not piece:
            if self._frame is not None:
                raise OSError("the archive breaks off")
            return False
        self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
        try:
            self._ready = self._frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error
        if self._frame.eof:
            self._left, self._frame = self._frame.unused_data, None
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()
