"""Texts to ids: the tokenizer itself, or a faster one in a process of its own, proven equal as it goes.

The faster one is `fastokens` (extra `recipedsl[fast]`): the same `tokenizer.json`, some twenty times
the speed. It is young, so nothing is taken on trust:

- it runs in a child process: if it crashes or hangs, the run survives;
- of every batch a sample is encoded with `tokenizers` as well: of the first batch the first, the
  longest, those with other letters than ASCII, and some by chance; of later ones a few of each;
- the number of answers has to be that of the texts, every id one of the vocabulary.

At the first difference `EncoderFailed` is raised, and all is done again with `tokenizers`.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recipedsl.data.tokens.encoding_child import read_frame, write_frame
from recipedsl.data.tokens.texts import Texts
from recipedsl.data.tokens.tokenizer import Ids

#: The package that is taken when it is there.
PACKAGE = "fastokens"
#: Fewer rows are encoded sooner than the other process has started.
WORTH = 2_000
#: Seconds that a batch may take, and that the start may take.
PATIENCE = 120.0
#: The program of the other process: by its path, as the package around it would take longer to import
#: than it takes to encode.
PROGRAM = Path(__file__).with_name("encoding_child.py")
#: Bytes that a pipe holds, where that can be set: the fewer times both sides wait for each other.
_PIPE = 1 << 20
#: Texts of each sort that are compared: of the first batch, and of later ones.
_FIRST_SAMPLE, _LATER_SAMPLE = 16, 2

Ends = NDArray[np.int64]


class EncoderFailed(Exception):
    """The faster tokenizer is not to be relied on; the words say why."""


class Encoder(Protocol):
    """Texts to ids, without the tokens that encoding would put round a text."""

    def encode(self, texts: Texts) -> tuple[Ids, Ends]:
        """Ids of all texts behind one another, int32, and where each text begins: int64 `[texts + 1]`."""
        ...

    def facts(self) -> dict[str, Any]:
        """What was used, for the manifest."""
        ...


@dataclass(frozen=True)
class Plain:
    """The tokenizer itself.

    Attributes:
        tokenizer: the model's.
        reason: why no faster one is used; empty when none was tried.
    """

    tokenizer: Tokenizer
    reason: str = ""

    def encode(self, texts: Texts) -> tuple[Ids, Ends]:
        """See `Encoder`."""
        found = [
            each.ids for each in self.tokenizer.encode_batch_fast(texts.strings(), add_special_tokens=False)
        ]
        ends = np.cumsum([0, *map(len, found)], dtype=np.int64)
        return np.fromiter(chain.from_iterable(found), np.int32, int(ends[-1])), ends

    def facts(self) -> dict[str, Any]:
        """See `Encoder`."""
        used: dict[str, Any] = {"name": "tokenizers", "version": version("tokenizers")}
        return {**used, "instead_of": PACKAGE, "reason": self.reason} if self.reason else used


@dataclass
class Proven:
    """The faster tokenizer, compared with the tokenizer itself.

    Attributes:
        plain: the tokenizer itself.
        child: the faster one.
        seed: of the chance by which texts are compared.
        compared: number of texts that were.
    """

    plain: Plain
    child: Child
    seed: int = 0
    compared: int = field(default=0, init=False)

    def encode(self, texts: Texts) -> tuple[Ids, Ends]:
        """See `Encoder`. Raises EncoderFailed."""
        ids, ends = self.child.encode(texts)
        if len(ends) != len(texts) + 1 or ends[0] != 0 or ends[-1] != len(ids) or (np.diff(ends) < 0).any():
            raise EncoderFailed(f"it answered {len(ends) - 1} of {len(texts)} texts")
        self._compare(texts, ids, ends)
        return ids, ends

    def _compare(self, texts: Texts, ids: Ids, ends: Ends) -> None:
        places = _sample(texts, _LATER_SAMPLE if self.compared else _FIRST_SAMPLE, self.seed + self.compared)
        right, right_ends = self.plain.encode(texts.take(places))
        for number, place in enumerate(places.tolist()):
            given = ids[ends[place] : ends[place + 1]]
            if not np.array_equal(given, right[right_ends[number] : right_ends[number + 1]]):
                raise EncoderFailed(
                    f"its ids differ from those of tokenizers for the text {texts[place][:60]!r}"
                )
        self.compared += len(places)

    def facts(self) -> dict[str, Any]:
        """See `Encoder`."""
        return {"name": PACKAGE, "version": version(PACKAGE), "compared": self.compared}


def _sample(texts: Texts, most: int, seed: int) -> NDArray[np.int64]:
    """Places of the first texts, the longest, some with other letters than ASCII, and some by chance."""
    few = max(1, most // 4)
    longest = np.argsort(-texts.utf8.lengths, kind="stable")[:few]
    chance = np.random.default_rng(seed).integers(0, max(1, len(texts)), most if len(texts) else 0)
    first = np.arange(min(len(texts), few))
    return np.unique(np.concatenate([first, longest, texts.beyond_ascii(most), chance]))


class Child:
    """A process that encodes texts with the faster tokenizer: `encoding_child.py`."""

    def __init__(self, form: str, program: Path = PROGRAM) -> None:
        """Start it with a tokenizer as JSON text. Raises EncoderFailed.

        It comes up while the first rows are rendered.
        """
        command = [sys.executable, "-P", str(program)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self._ready = False
        with suppress(ImportError, OSError):  # not on every system, and not as large as one likes
            from fcntl import F_SETPIPE_SZ, fcntl

            for each in filter(None, (self._process.stdin, self._process.stdout)):
                fcntl(each, F_SETPIPE_SZ, _PIPE)
        try:
            with self._watched() as (sent, _):
                write_frame(sent, [form.encode()])
        except BaseException:
            self.close()
            raise

    def encode(self, texts: Texts) -> tuple[Ids, Ends]:
        """See `Encoder`. Raises EncoderFailed."""
        answer = self._ask([texts.utf8.ends.tobytes(), texts.data])
        if len(answer) != 2 or len(answer[0]) % 4 or len(answer[1]) % 8:
            raise EncoderFailed("its answer cannot be read")
        ids, ends = np.frombuffer(answer[0], np.uint32), np.frombuffer(answer[1], np.uint64)
        return ids.view(np.int32), ends.view(np.int64)

    def _ask(self, parts: Sequence[bytes | memoryview]) -> list[bytes]:
        """Send a frame and read the answer. Raises EncoderFailed when the process is or gets lost."""
        with self._watched() as (sent, received):
            if not self._ready and read_frame(received) != [b"ready"]:
                raise EOFError
            self._ready = True
            write_frame(sent, parts)
            answer = read_frame(received)
            if not answer:
                raise EOFError
        return answer

    @contextmanager
    def _watched(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """The pipes to and from the process, which is killed when it takes too long to read or to answer."""
        sent, received = self._process.stdin, self._process.stdout
        assert sent is not None
        assert received is not None
        watch = threading.Timer(PATIENCE, self._process.kill)
        watch.start()
        try:
            yield sent, received
        except (OSError, EOFError, ValueError, struct.error) as error:
            raise EncoderFailed(f"it ended without a result ({self._end()})") from error
        finally:
            watch.cancel()

    def _end(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)  # it may be about to end
        self.close()
        return f"exit status {self._process.returncode}"

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()


def at_hand() -> bool:
    """Whether the faster tokenizer is installed."""
    try:
        return bool(version(PACKAGE))
    except PackageNotFoundError:
        return False
