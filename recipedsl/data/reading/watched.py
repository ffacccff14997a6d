"""What may happen to files and disks while rows are read and written, in words.

A file that changes while it is read gives half of the old rows and half of the new, or makes no sense at
all; whatever came of reading it is explained by the change, so that is looked at first. A full disk comes
out of Polars as words; it becomes the error of the system again, which whoever holds the disk knows.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.diagnostics import RecipeError
from recipedsl.diagnostics.codes.data_remote import ChangedWhileRead

_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_HINT = "a file is written beside, and renamed when it is whole; then run again"


class Watched:
    """Files that are read: what they were when it began."""

    def __init__(self) -> None:
        self._states: dict[str, tuple[Path, tuple[int, ...]]] = {}
        self._is_planned: Callable[[], bool] = lambda: True
        self._what = ""

    def begin(self, what: str, files: Mapping[str, Path], is_planned: Callable[[], bool]) -> None:
        """Notes how the files are.

        Args:
            what: path or name of the source.
            files: by the name that people know them by.
            is_planned: whether they still hold what the plan was made from.
        """
        self._what = what
        self._is_planned = is_planned
        self._states = {name: (file, _state(file)) for name, file in files.items()}

    def check(self) -> None:
        """Raises RecipeError when one of the files is not what it was."""
        for name, (file, state) in self._states.items():
            if _state(file) != state:
                raise mistake(ChangedWhileRead, f"`{name}` changed while it was read", helps=_HINT)
        if not self._is_planned():
            words = f"`{self._what}` is not what the plan was made from any more"
            raise mistake(ChangedWhileRead, words, helps=_HINT)


def _state(file: Path) -> tuple[int, ...]:
    with suppress(OSError):
        found = file.stat()
        return (found.st_size, found.st_mtime_ns)
    return ()


@contextmanager
def told_in_words(watched: Watched) -> Iterator[None]:
    """While rows are read and written.

    Raises:
        RecipeError: a watched file changed, or as it was raised inside.
        OSError: the disk is full.
    """
    try:
        yield
    except (RecipeError, pl.exceptions.PolarsError, OSError) as error:
        watched.check()
        full = _full_disk(error)
        if full is not None:
            raise full from error
        raise
    watched.check()


def _full_disk(error: BaseException) -> OSError | None:
    """The system's error below another one, when it says that nothing more fits."""
    each: BaseException | None = error
    while each is not None:
        number = _system_error(each)
        if number in _FULL:
            return OSError(number, os.strerror(number))
        each = each.__cause__ or each.__context__
    return None


def _system_error(error: BaseException) -> int:
    """The system's number of an error, 0 for none; Polars has it among its words."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = (
        _SYSTEM_ERROR.search(str(error)) if isinstance(error, pl.exceptions.PolarsError | OSError) else None
    )
    return int(found[1]) if found else 0
