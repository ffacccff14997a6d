"""Messages in a stream of bytes, as the protocol frames them; what is no message is stepped over.

A length that is wrong makes the rest of a message look like the head of the next one. So a head is looked for
wherever it stands, and one message is lost, not all that follow.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

#: Bytes of a message. What is larger is a wrong length, or nothing that anybody reads.
LARGEST = 256 << 20

_LENGTH = re.compile(rb"Content-Length:[ \t]*(\d+)[ \t]*\r?\n\Z", re.IGNORECASE)

#: Lines of a head that say nothing of its length.
_FIELD = re.compile(rb"[A-Za-z-]+:.*", re.DOTALL)

#: How a request of a browser begins: a page that somebody opened must not speak with the server.
_WEB = re.compile(rb"[A-Z]+ \S+ HTTP/\d")


class Unreadable(Exception):
    """Nothing more of a stream can be read; the words say why."""


async def messages(reader: asyncio.StreamReader, skipped: Callable[[str], None]) -> AsyncIterator[bytes]:
    """The bodies of all messages.

    Args:
        reader: the stream.
        skipped: told of what is stepped over, in words.

    Raises:
        Unreadable: the stream ends inside a message, one is too large, or a browser speaks.
    """
    while (length := await _length(reader, skipped)) is not None:
        if length > LARGEST:
            raise Unreadable(f"a message of {length:,} bytes was announced; {LARGEST:,} are the most")
        try:
            yield await reader.readexactly(length)
        except asyncio.IncompleteReadError as error:
            got = len(error.partial)
            raise Unreadable(f"the input ends inside a message, {got:,} of {length:,} bytes came") from None


async def _length(reader: asyncio.StreamReader, skipped: Callable[[str], None]) -> int | None:
    """Length of the next message, its head read; None at the end of the stream."""
    length: int | None = None
    is_told = False
    while line := await _line(reader):
        if _WEB.match(line):
            raise Unreadable("this is a language server; what came is a request of a browser")
        found = _LENGTH.search(line)
        if found is not None:
            length = int(found[1])
        elif length is not None and not line.strip():
            return length
        if not is_told and (found.start() if found is not None else not _is_of_head(line)):
            is_told = True
            skipped("a Content-Length was wrong: what came belongs to no message, and is passed over")
    return None


def _is_of_head(line: bytes) -> bool:
    return not line.strip() or _FIELD.fullmatch(line) is not None


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line, or so much of a longer one that nothing is kept waiting; empty at the end."""
    try:
        return await reader.readline()
    except ValueError:
        return b"\0\n"  # longer than the reader keeps: no head, whatever it is
