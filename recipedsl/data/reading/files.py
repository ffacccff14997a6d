"""Which files a path stands for, whether they may be read, and their bytes without compression."""

from __future__ import annotations

import glob
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from recipedsl.data.problems import mistake
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
#: What reading raises for a file that is broken or may not be read.
BROKEN = (OSError, EOFError, zlib.error, UnicodeDecodeError)
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
        """The files of a path or glob, sorted by name.

        Raises:
            RecipeError: when there is none, or one lies outside the root and no grant covers it.
        """
        found = tuple(each for each in self._candidates(path) if self._allowed(each, path))
        if not found:
            raise mistake(
                FileNotFound,
                f"no file for `{path}`",
                f"looked under {self.root}",
                helps="paths are relative to the project root",
            )
        return found

    def _candidates(self, path: str) -> list[Path]:
        whole = self.root / path
        if whole.is_dir():
            raise mistake(
                FileNotFound, f"`{path}` is a folder", helps=f'name its files: "{path.rstrip("/")}/*.jsonl"'
            )
        if whole.is_file():
            return [whole]
        base = "" if Path(path).is_absolute() else glob.escape(str(self.root)) + "/"
        names = sorted(glob.glob(base + path, recursive=True))  # noqa: PTH207 - Path.glob takes no `..`
        return [Path(name) for name in names if Path(name).is_file()]

    def _allowed(self, file: Path, path: str) -> bool:
        real = file.resolve()
        if any(real.is_relative_to(each.resolve()) for each in (self.root, *self.granted)):
            return True
        raise mistake(
            PathOutsideRoot,
            f"`{path}` leads outside the project",
            f"it is {real}",
            helps="move the file into the project, or grant its folder on the command line",
        )

    def relative(self, file: Path) -> str:
        """How people name a file: relative to the root, with `/`."""
        return file.relative_to(self.root).as_posix() if file.is_relative_to(self.root) else str(file)


def form_of(file: Path, asked: str = "") -> Form:
    """Format of a file: as asked for, else by the ending of its name, else by its first bytes.

    A `.json` that holds an object a line is taken as JSON Lines, a `.jsonl` that begins with `[`
    as an array: both are common.

    Raises:
        RecipeError: when nothing tells.
    """
    plain = file.with_suffix("") if file.suffix in _COMPRESSED else file
    form = cast("Form | None", asked or _FORMS.get(plain.suffix.lower()) or None)
    if form in ("csv", "parquet"):
        return form
    start = _first_bytes(file)
    if form is None and start.startswith(b"PAR1"):
        return "parquet"
    if form is None and not start.startswith((b"[", b"{")):
        raise mistake(
            UnknownFormat,
            f"the format of `{file.name}` is not known",
            helps="write `format = jsonl` (or json, csv, parquet)",
        )
    return "json" if start.startswith(b"[") else "jsonl"


def _first_bytes(file: Path) -> bytes:
    try:
        with open_bytes(file) as stream:
            return stream.read(4096).removeprefix(_BYTE_ORDER_MARK).lstrip()
    except BROKEN as error:
        raise mistake(UnreadableFile, f"`{file.name}` cannot be read", str(error)) from error


def open_bytes(file: Path) -> IO[bytes]:
    """Content of a file, decompressed as its ending says (`.gz`, `.zst`)."""
    if file.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(file, "rb"))
    if file.suffix == ".zst":
        from recipedsl.data.reading.zstd import open_zstd

        return open_zstd(file)
    return file.open("rb")


def separator_of(file: Path) -> str:
    """What separates the cells of a CSV file."""
    plain = file.with_suffix("") if file.suffix in _COMPRESSED else file
    return "\t" if plain.suffix.lower() == ".tsv" else ","
