"""Recipes of the project, for the page: listed, opened, saved. Nothing else, and nothing outside the root."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recipedsl.source.paths import below, file_below, folder_below

SUFFIX = ".ftr"

#: Bytes of a recipe that the page opens or saves, and how many recipes it lists.
MOST_BYTES, _MOST_RECIPES = 1 << 20, 500


class Refused(Exception):
    """What the page asked for is not done; the words say why."""


@dataclass(frozen=True)
class Opened:
    """A recipe as it lies in its file; `digest` tells whether it is still the same."""

    path: str
    text: str
    digest: str


@dataclass(frozen=True)
class Recipes:
    """The recipes below a root.

    Attributes:
        root: of the project, links followed.
        found: recipes below a folder.
    """

    root: Path
    found: Callable[[Path], list[Path]]

    def paths(self) -> list[str]:
        """Relative to the root, with `/`, in order; links that lead out of it are left out."""
        files = (each.resolve() for each in self.found(self.root))
        inside = {each.relative_to(self.root).as_posix() for each in files if each.is_relative_to(self.root)}
        return sorted(inside)[:_MOST_RECIPES]

    def open(self, path: str) -> Opened:
        """Reads a recipe.

        Raises:
            Refused: it lies outside, is none, is too large or no text.
        """
        _check_name(path)
        file = file_below(self.root, path)
        if file is None:
            raise Refused(f"there is no recipe {path} in this project")
        try:
            content = _content(file)
            text = content.decode("utf-8-sig")
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise Refused(f"{path} is not UTF-8 text") from None
        return Opened(path, text, _digest(content))

    def save(self, path: str, text: str, digest: str) -> Opened:
        """Writes a recipe; a reader finds the old one or the new one, never a part.

        Args:
            path: relative to the root.
            text: all of it.
            digest: what the file held when it was opened; empty for one that is new. Another content is
                somebody else's work and is not written over.

        Raises:
            Refused: it would lie outside, is called otherwise, is too large, or changed meanwhile.
        """
        _check_name(path)
        place = below(self.root, path)
        if place is None or folder_below(self.root, str(Path(path).parent)) is None:
            raise Refused(f"{path} is in no folder of this project")
        if place.suffix != SUFFIX:  # a link may be called like a recipe and lead to another file
            raise Refused(f"{path} is a link to something else")
        content = text.encode("utf-8", "replace")
        if len(content) > MOST_BYTES:
            raise Refused(f"a recipe of more than {MOST_BYTES >> 20} MiB is not saved")
        try:
            _check_unchanged(place, path, digest)
            _write(place, content)
        except OSError as error:
            raise Refused(f"{path} cannot be written: {error.strerror}") from None
        return Opened(path, text, _digest(content))


def _check_name(path: str) -> None:
    parts = path.split("/")
    if not path.endswith(SUFFIX) or path == SUFFIX:
        raise Refused(f"the name of a recipe ends in `{SUFFIX}`")
    if "\\" in path or "\0" in path or any(part in ("", "..") or part.startswith(".") for part in parts):
        raise Refused(f"{path!r} is no path inside this project")


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Refused(f"a recipe of more than {MOST_BYTES >> 20} MiB is not opened")
    return content


def _check_unchanged(place: Path, path: str, digest: str) -> None:
    """Raises Refused where the file is not what the page has seen."""
    if not place.exists():
        return
    if not digest:
        raise Refused(f"{path} is there already; open it, or choose another name")
    if not place.is_file() or _digest(_content(place)) != digest:
        raise Refused(f"{path} was changed by something else; open it again first")


def _write(place: Path, content: bytes) -> None:
    mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_mask()
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mask() -> int:
    """What new files are not given; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
