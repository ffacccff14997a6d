"""Which files a path stands for, whether they may be read, and their bytes without compression."""

from __future__ import annotations

import glob
import gzip
import os.path
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.bounded import bounded
from recipedsl.data.reading.patterns import MOST_STARS
from recipedsl.data.reading.remote import Fetching, Found, files_at, is_address
from recipedsl.diagnostics import nearest
from recipedsl.diagnostics.codes.data_run import FileNotFound, PathOutsideRoot, UnknownFormat, UnreadableFile

Form = Literal["json", "jsonl", "csv", "parquet"]

_FORMS: dict[str, Form] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSED = (".gz", ".zst")

#: `**` right below `**` finds the same again.
_SAME_TWICE = re.compile(r"(?:/\*\*)+(?=/|$)")
#: What reading raises for a file that is broken or may not be read.
BROKEN = (OSError, EOFError, zlib.error, UnicodeDecodeError)
_LISTED = 5  # files of a folder that a help names
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """Where a recipe may read.

    Attributes:
        root: folder of the project; paths of recipes are relative to it.
        granted: folders or files outside that may be read all the same.
    """

    root: Path
    granted: tuple[Path, ...] = ()

    def files(self, path: str) -> tuple[Path, ...]:
        """The files of a path or glob of this machine, sorted by name.

        Raises:
            RecipeError: when there is none, or one lies outside the root and no grant covers it.
        """
        if is_address(path):
            words = f"`{path[:200]}` is an address, and only a file of the project will do here"
            raise mistake(FileNotFound, words, helps="fetch it into the project first")
        # Refused before the disk is asked, which would tell what exists outside.
        self._allow(Path(os.path.normpath((self.root / path).absolute())), path)
        try:
            found = tuple(self._candidates(path))
        except OSError as error:
            raise mistake(FileNotFound, f"no file can be called `{path[:60]}…`", reason_of(error)) from None
        if not found:
            raise mistake(FileNotFound, f"no file for `{path}`", helps=self._instead(path))
        for each in found:
            self._allow(each.resolve(), path)
        return found

    def found(self, path: str, fetching: Fetching = Fetching.NEVER) -> Found:
        """The files of a path, glob or address, by the name that people know each by.

        Raises:
            RecipeError: as `files`; or what lies behind an address is not at hand.
        """
        if is_address(path):
            return files_at(path, self.root, fetching)
        return Found({self.relative(each): each for each in self.files(path)})

    def named(self, path: str) -> dict[str, Path]:
        """The files that `found` tells of, where nothing is fetched."""
        return self.found(path).files

    def _candidates(self, path: str) -> list[Path]:
        whole = self.root / path
        if whole.is_dir():
            inside = path.rstrip("/") + "/" if path.strip("/.") else ""
            raise mistake(FileNotFound, f"`{path}` is a folder", helps=f'name its files: "{inside}*.jsonl"')
        if whole.is_file():
            return [whole]
        base = "" if Path(path).is_absolute() else glob.escape(str(self.root)) + "/"
        pattern = _SAME_TWICE.sub("/**", os.path.normpath(base + path))
        if pattern.count("/**") > MOST_STARS:
            words = f"a path has at most {MOST_STARS} times `**`, each is searched below the one before"
            raise mistake(FileNotFound, words)
        names = sorted(set(self._matching(pattern, path)))
        return [Path(name) for name in names if Path(name).is_file()]

    def _matching(self, pattern: str, path: str) -> Iterator[str]:
        """Names that a pattern stands for. `**` follows no links: they may lead out, or in circles."""
        before, stars, after = pattern.partition("/**")
        if not stars or after[:1] not in ("", "/"):
            yield from glob.iglob(pattern)  # noqa: PTH207 - Path.glob finds hidden files
            return
        for start in glob.iglob(before):  # noqa: PTH207
            self._allow(Path(start).resolve(), path)
            for folder, inner, _ in os.walk(start):
                inner[:] = [each for each in inner if not each.startswith(".")]
                yield from self._matching(f"{glob.escape(folder)}/{after.lstrip('/') or '*'}", path)

    def _allow(self, file: Path, path: str) -> None:
        places = [place for each in (self.root, *self.granted) for place in (each, each.resolve())]
        if not any(file.is_relative_to(os.path.normpath(each.absolute())) for each in places):
            raise mistake(
                PathOutsideRoot,
                f"`{path}` leads outside the project",
                helps="move the file into the project, or name a wider project with `--root`",
            )

    def _instead(self, path: str) -> str:
        """What may have been meant by a path that leads nowhere."""
        folder, _, name = path.rpartition("/")
        if glob.has_magic(folder):
            return "no file matches the pattern"
        place = self.root / folder
        if not place.is_dir():
            return self._other_folder(folder)
        names = sorted(each.name for each in place.iterdir() if each.is_file() and form_of_name(each))
        close = nearest(name, names)
        beside = f"{folder}/" if folder else ""
        if close is not None:
            return f"a similar file exists: `{beside}{close}`"
        listed = ", ".join(f"`{beside}{each}`" for each in names[:_LISTED])
        where = f"`{folder}`" if folder else "the project's folder"
        more = " …" if len(names) > _LISTED else ""
        return f"{where} has {listed}{more}" if names else f"{where} has no data files"

    def _other_folder(self, folder: str) -> str:
        """The first part of a path that does not exist, and what may have been meant by it."""
        there = self.root
        for part in Path(folder).parts:
            if not (there / part).is_dir():
                names = [each.name for each in there.iterdir() if each.is_dir()] if there.is_dir() else []
                close = nearest(part, names)
                return f"there is no folder `{part}`" + (f", but `{close}`" if close else "")
            there = there / part
        return ""  # not reached: the caller found that it does not exist

    def relative(self, file: Path) -> str:
        """How people name a file: relative to the root, with `/`."""
        return file.relative_to(self.root).as_posix() if file.is_relative_to(self.root) else str(file)


def form_of_name(file: Path) -> Form | None:
    """Format that the ending of a file's name tells, None when it tells nothing."""
    plain = file.with_suffix("") if file.suffix in _COMPRESSED else file
    return _FORMS.get(plain.suffix.lower())


def form_of(file: Path, asked: str = "", name: str = "") -> Form:
    """Format of a file: as asked for, else by the ending of its name, else by its first bytes.

    A `.json` that holds an object a line is taken as JSON Lines, a `.jsonl` that begins with `[`
    as an array: both are common.

    Raises:
        RecipeError: when nothing tells.
    """
    name = name or file.name
    form = cast("Form | None", asked or form_of_name(file))
    if form in ("csv", "parquet"):
        return form
    start = _first_bytes(file, name)
    if form is None and start.startswith(b"PAR1"):
        return "parquet"
    if form is None and not start.startswith((b"[", b"{")):  # an ending that tells is believed
        raise mistake(
            UnknownFormat,
            f"the format of `{name}` is not known",
            helps="write `format = jsonl` (or json, csv, parquet)",
        )
    return "json" if start.startswith(b"[") else "jsonl"


def _first_bytes(file: Path, name: str) -> bytes:
    try:
        with open_bytes(file) as stream:
            return stream.read(4096).removeprefix(_BYTE_ORDER_MARK).lstrip()
    except BROKEN as error:
        raise mistake(UnreadableFile, f"`{name}` cannot be read", reason_of(error)) from error


def open_bytes(file: Path, most: int = 0) -> IO[bytes]:
    """Content of a file, decompressed as its ending says (`.gz`, `.zst`).

    Args:
        file: the file.
        most: bytes that may be read before `Enough` is raised; 0 for all.
    """
    return bounded(_opened(file), most) if most else _opened(file)


def _opened(file: Path) -> IO[bytes]:
    if file.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(file, "rb"))
    if file.suffix == ".zst":
        from recipedsl.data.reading.zstd import open_zstd

        return open_zstd(file)
    return file.open("rb")


def is_compressed(file: Path) -> bool:
    """Whether the bytes of a file are not its content."""
    return file.suffix in _COMPRESSED


def separator_of(file: Path) -> str:
    """What separates the cells of a CSV file."""
    plain = file.with_suffix("") if file.suffix in _COMPRESSED else file
    return "\t" if plain.suffix.lower() == ".tsv" else ","
