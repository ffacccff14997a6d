"""Files behind addresses: `s3://…` and `hf://…`, fetched into a cache and read from there.

    .recipedsl/cache/remote/<key>.json         what an address stood for when it was fetched last
    .recipedsl/cache/remote/objects/<sha256>/  a file, by what it holds

What was fetched is sealed: its SHA-256 is noted, and a file that is not as it was noted counts as not
there. So what is planned is what is run, whatever happens at the address meanwhile; planning alone asks
whether there is something newer, and tells what. Files of the hub lie in the cache of its own client.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipedsl.data.problems import mistake
from recipedsl.data.reading.whole import write_whole
from recipedsl.diagnostics.codes.data_remote import AddressNotAtHand
from recipedsl.diagnostics.codes.data_run import FileNotFound

if TYPE_CHECKING:
    from recipedsl.data.reading.s3 import Object, Store

_VERSION = 1  # of the notes
#: Endings that a kept file has too: its format and compression are told from them.
_ENDINGS = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".pq", ".gz", ".zst"})
_SPARE = 1 << 28  # bytes of the disk that fetching leaves free


class Fetching(Enum):
    """How far from this machine files may be looked for."""

    NEVER = "never"
    MISSING = "missing"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Found:
    """The files that a path or address stands for.

    Attributes:
        files: by the name that people know each by, in order.
        changed: what is not as it was when the address was asked last, in words.
        stale: why it is not known whether this is the newest; empty when it is.
    """

    files: dict[str, Path]
    changed: tuple[str, ...] = ()
    stale: str = ""


def is_address(path: str) -> bool:
    """Whether a path of a recipe is none of this machine."""
    return "://" in path


def files_at(address: str, root: Path, fetching: Fetching) -> Found:
    """The files behind an address.

    Args:
        address: `s3://bucket/key` or `hf://datasets/owner/name/path`; the last part may be a glob.
        root: of the project, which holds the cache.
        fetching: whether they may be fetched.

    Raises:
        RecipeError: they are not at hand and may not, or cannot, be fetched.
    """
    scheme = address.partition("://")[0]
    if scheme == "hf":
        from recipedsl.data.reading.hub import files_of_address

        return Found(files_of_address(address, fetch=fetching is not Fetching.NEVER))
    if scheme != "s3":
        words = f"`{address[:200]}` is an address of a kind that is not read"
        raise mistake(
            FileNotFound, words, helps="`s3://…` and `hf://datasets/…` are; fetch others into the project"
        )
    return _Cache(address, root / ".recipedsl" / "cache" / "remote").found(fetching)


# --- objects kept on this machine ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kept:
    """A fetched object: what it was at its store, and what it is here."""

    name: str
    size: int
    tag: str
    digest: str
    changed_ns: int  # time stamp of the kept file

    @property
    def place(self) -> str:
        """Where it lies, relative to the folder of objects. Nothing of a stranger's name is in it."""
        endings = Path(self.name).suffixes[-2:]
        return f"{self.digest}/rows{''.join(each for each in endings if each in _ENDINGS)}"


@dataclass(frozen=True, slots=True)
class _Note:
    """What an address stood for when it was fetched."""

    kept: tuple[_Kept, ...]
    fetched: float = field(default_factory=time.time)


class _Cache:
    """What is kept of one address."""

    def __init__(self, address: str, folder: Path) -> None:
        from recipedsl.data.reading.s3 import endpoint

        self._address = address
        self._folder = folder
        self._objects = folder / "objects"
        self._key = hashlib.sha256(repr((_VERSION, endpoint(), address)).encode()).hexdigest()

    def found(self, fetching: Fetching) -> Found:
        """The kept files, fetched first where that is wanted. Raises RecipeError."""
        note = self._read()
        if note is not None and fetching is not Fetching.NEWEST:
            return self._given(note)
        if fetching is Fetching.NEVER:
            raise mistake(
                AddressNotAtHand,
                f"`{self._address}` is not fetched yet",
                helps="where there is a network, `recipedsl plan` fetches it",
            )
        return self._fetched(note)

    def _fetched(self, before: _Note | None) -> Found:
        from recipedsl.data.reading.s3 import Store, Unreachable

        store = Store(self._address)
        try:
            objects = store.objects()
            with self._locked():
                now = self._keep(store, objects)
        except Unreachable as error:
            if before is None:
                raise
            stamp = time.strftime("%Y-%m-%d %H:%M", time.localtime(before.fetched))
            words = f"{error.diagnostics[0].notes[0]}; its rows are those that were fetched on {stamp}"
            return Found(self._given(before).files, stale=words)
        return Found(self._given(now).files, tuple(_changes(before, now)) if before else ())

    def _given(self, note: _Note) -> Found:
        return Found({each.name: self._objects / each.place for each in note.kept})

    def _keep(self, store: Store, objects: list[Object]) -> _Note:
        """Fetches what is not kept of these objects, and notes them all."""
        note = self._read()  # another run may have been faster
        known = {(each.name, each.size, each.tag): each for each in (note.kept if note else ())}
        missing = [each for each in objects if (each.name, each.size, each.tag) not in known]
        self._check_room(missing)
        fresh = {each.name: self._copy(store, each) for each in missing}
        kept = [fresh.get(each.name) or known[each.name, each.size, each.tag] for each in objects]
        now = _Note(tuple(kept))
        self._write(now)
        return now

    def _check_room(self, missing: list[Object]) -> None:
        self._objects.mkdir(parents=True, exist_ok=True)
        wanted, free = sum(each.size for each in missing), shutil.disk_usage(self._objects).free
        if missing and wanted + _SPARE > free:
            words = f"`{self._address}` has {_size(wanted)} to fetch, and the disk has {_size(free)} left"
            raise mistake(AddressNotAtHand, words, helps="make room, or name fewer files")

    def _copy(self, store: Store, found: Object) -> _Kept:
        # Under the lock of the address, so what a killed run left there is nobody's any more.
        part = self._folder / f"{self._key}.part"
        try:
            digest = store.copy(found, part)
            part.chmod(0o444)
            kept = _Kept(found.name, found.size, found.tag, digest, part.stat().st_mtime_ns)
            target = self._objects / kept.place
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            return kept
        finally:
            part.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two runs at once fetch once."""
        from filelock import FileLock

        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / f"{self._key}.lock"):
            yield

    # --- notes ----------------------------------------------------------------------------------

    def _read(self) -> _Note | None:
        """What was noted; None where there is nothing, or a file is not as it was noted."""
        try:
            form = json.loads((self._folder / f"{self._key}.json").read_text("utf-8"))
            note = _Note(tuple(_Kept(**each) for each in form["kept"]), float(form["fetched"]))
            is_whole = all(self._is_sealed(each) for each in note.kept)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return note if is_whole else None

    def _is_sealed(self, kept: _Kept) -> bool:
        file = self._objects / kept.place
        state = file.stat()
        if state.st_size != kept.size:
            return False
        if state.st_mtime_ns == kept.changed_ns:
            return True
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == kept.digest

    def _write(self, note: _Note) -> None:
        form: dict[str, Any] = {"address": self._address, **asdict(note)}
        write_whole(self._folder / f"{self._key}.json", json.dumps(form, indent=1))


# --- what nothing uses any more -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unused:
    """A fetched file that no address stands for any more, or whose address nobody reads.

    Attributes:
        name: the address that it was fetched from; empty where a newer version took its place.
        file: on this machine.
        size: bytes.
    """

    name: str
    file: Path
    size: int


def tidied(root: Path, used: Callable[[str], bool], *, dry_run: bool) -> tuple[Unused, ...]:
    """Removes fetched files that nothing reads, unless something is being fetched at this moment.

    Args:
        root: of the project.
        used: whether an address is still read.
        dry_run: only tells.

    Returns:
        What was removed, or would be.
    """
    folder = root / ".recipedsl" / "cache" / "remote"
    # Listed first: a file that a fetch brings later is not among them, one that it brought before has a
    # lock that is held or a note that is written.
    files = {each: each.stat() for each in folder.glob("objects/*/*")}
    with ExitStack() as locks:
        if not all(_is_free(each, locks) for each in folder.glob("*.lock")):
            return ()
        notes = {each: _address_in(each) for each in folder.glob("*.json")}
        stale = [note for note, (address, _) in notes.items() if not used(address)]
        kept = {place for note, (_, places) in notes.items() if note not in stale for place in places}
        names = {place: notes[note][0] for note in stale for place in notes[note][1]}
        found = {file: file.relative_to(folder / "objects").as_posix() for file in files}
        unused = [Unused(names.get(place, ""), file, files[file].st_size)
                  for file, place in found.items() if place not in kept]  # fmt: skip
        unused += [Unused("", each, each.stat().st_size) for each in folder.glob("*.part")]
        if not dry_run:
            _remove([*stale, *(each.file for each in unused)])
    return tuple(sorted(unused, key=lambda each: (each.name, str(each.file))))


def _is_free(lock: Path, locks: ExitStack) -> bool:
    from filelock import FileLock, Timeout

    try:
        locks.enter_context(FileLock(lock, timeout=0))
    except Timeout:
        return False
    return True


def _address_in(note: Path) -> tuple[str, frozenset[str]]:
    """The address of a note, and where its files lie; of one that cannot be read neither."""
    try:
        form = json.loads(note.read_text("utf-8"))
        return str(form["address"]), frozenset(_Kept(**each).place for each in form["kept"])
    except (OSError, ValueError, TypeError, KeyError):
        return "", frozenset()


def _remove(files: Iterable[Path]) -> None:
    for each in files:
        each.unlink(missing_ok=True)
        with suppress(OSError):  # another file of the same folder stays
            each.parent.rmdir()


def _changes(before: _Note, now: _Note) -> Iterator[str]:
    """What is not as it was at the address, in words."""
    old, new = ({each.name: each for each in note.kept} for note in (before, now))
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"`{name}` is not there any more"
        elif name not in old:
            yield f"`{name}` is new, {_size(new[name].size)}"
        elif old[name].digest != new[name].digest:
            yield f"`{name}` has changed, {_size(old[name].size)} before, {_size(new[name].size)} now"


def _size(count: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
