"""The content-addressed store: finished results by fingerprint, under `.recipedsl/store/`.

    <fingerprint>/           a finished result: its files and manifest.json
    <fingerprint>.making/    being made, or left behind by a crash; never counts
    <fingerprint>.damaged/   set aside because it was not what the manifest says
    <fingerprint>.<unique>.removed/    on its way out; never counts
    locks/                   one lock a fingerprint, one for noting; and what runs under way are using
    last/<recipe>/<node>.json    what each node was made from last, for `again because …`
    id                       the store's name, see `recipedsl.runtime.ownership`

A result is made beside its place and renamed into it when every byte is on the disk; so whatever
stands under a fingerprint is whole, and two runs at once make it once.

Whoever reads a result relies on its manifest and small files without a second look: both are
checked against checksums each time (`Store.get`), weights and rows when they are asked for
(`Store.verify`). Checksums find damage and edits, not intent: who can write a result can write
fitting ones. Whether a store is taken at all is therefore a question of whose it is.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from uuid import uuid4

from filelock import FileLock, Timeout

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import ResultDamaged, StoreFull, StoreUnwritable
from recipedsl.plan.diff import changes, described
from recipedsl.plan.facts import Manifest
from recipedsl.plan.identity import to_canonical_json
from recipedsl.plan.model import Node, Plan, inputs_of
from recipedsl.runtime.facts_form import fault_of

MANIFEST = "manifest.json"

#: Endings of folders that are no results (any more).
_NEVER_COUNT = frozenset((".making", ".damaged", ".removed"))

#: Lock under which runs note what they use, and `gc` looks at the notes and acts on them.
_NOTING = "noting"

#: Files up to so many bytes are hashed whenever their result is looked up: all that this package reads
#: itself. Weights and rows are larger, and hashing them takes seconds.
_SMALL = 2**20

#: How long one try to get a lock lasts, in seconds; between tries the caller may give up.
_LOCK_TRY = 0.2

#: What the system says of a full disk.
FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class Result:
    """A finished result.

    Attributes:
        folder: where its files lie; not to be written to.
        manifest: what they are.
        sizes: bytes by file name.
        node: canonical JSON of the node when it was made.
    """

    folder: Path
    manifest: Manifest
    sizes: dict[str, int]
    node: dict[str, Any]

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class Why:
    """Why a node is made, or that it is not."""

    state: Literal["cached", "new", "again"]
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"again because {', '.join(self.reasons)}" if self.state == "again" else self.state


@dataclass
class Making:
    """A result under construction.

    Attributes:
        folder: empty; the maker writes here.
        result: the finished result; set by `finish`, or from the start where another run was faster.
    """

    store: Store
    fingerprint: str
    folder: Path
    result: Result | None = None

    def finish(
        self, *, kind: str, name: str, node: dict[str, Any], facts: dict[str, Any], seconds: float
    ) -> Result:
        """Writes the manifest, brings everything to the disk and gives the result its final name."""
        try:
            names = _files_of(self.folder)
        except ValueError as error:
            raise Bug(str(error)) from error
        files = {path: _hash_file(self.folder / path) for path in names}
        sizes = {path: (self.folder / path).stat().st_size for path in files}
        manifest = Manifest(self.fingerprint, kind, name, files, facts, seconds)
        _write_synced(self.folder / MANIFEST, _manifest_text(manifest, sizes, node))
        self.store._publish(self)
        self.result = Result(self.store.place_of(self.fingerprint), manifest, sizes, node)
        return self.result


@dataclass
class Store:
    """Results by fingerprint.

    Args:
        root: the project's root.
        place: folder of the store, relative to the root.

    Attributes:
        damage: what was found damaged and set aside, until somebody takes it (`take_damage`).
    """

    root: Path
    place: str = ".recipedsl/store"
    damage: list[Diagnostic] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.root / self.place

    def place_of(self, fingerprint: str) -> Path:
        """Where the result of a fingerprint stands, whether it is there or not."""
        return self.folder / fingerprint

    def work_of(self, fingerprint: str) -> Path:
        """Where an unfinished stage keeps its checkpoints; survives kills, is removed when it is done."""
        return self.root / ".recipedsl" / "work" / fingerprint

    # --- reading ------------------------------------------------------------------------------------

    def get(self, fingerprint: str) -> Result | None:
        """The finished result; None where there is none.

        Its manifest, names and sizes of its files and what is in the small ones are checked each time. A
        result that differs is set aside, reported in `damage`, and counts as not there.
        """
        folder = self.place_of(fingerprint)
        while (identity := _identity(folder)) is not None:
            found = _look_at(folder, fingerprint)
            if isinstance(found, Result):
                return found
            # Where another run has exchanged or removed it meanwhile, half of each may have been seen.
            if identity == _identity(folder):
                self._set_aside(fingerprint, found)
        return None

    def verify(self, fingerprint: str) -> tuple[str, ...]:
        """Hashes every file of a result; what differs, in words. A damaged result is set aside."""
        found = len(self.damage)
        result = self.get(fingerprint)
        if result is None:
            notes = tuple(note for each in self.damage[found:] for note in each.notes)
            return notes or ("there is no such result",)
        faults = tuple(_hash_faults(result))
        if faults:
            self._set_aside(fingerprint, faults)
        return faults

    def list(self) -> tuple[Result, ...]:
        """All finished results, by kind and name."""
        if not self.folder.is_dir():
            return ()
        names = [each.name for each in self.folder.iterdir() if _is_result(each)]
        results = [result for name in names if (result := self.get(name)) is not None]
        return tuple(sorted(results, key=_order))

    def take_damage(self) -> tuple[Diagnostic, ...]:
        """What was found damaged since the last call."""
        taken, self.damage = tuple(self.damage), []
        return taken

    # --- making -------------------------------------------------------------------------------------

    @contextmanager
    def making(
        self, fingerprint: str, *, again: bool = False, waiting: Callable[[], None] | None = None
    ) -> Iterator[Making]:
        """A folder to make a result in, which no other run makes at the same time.

        Where another run is making it, this one waits and then finds it finished. What is not finished
        with `Making.finish` is thrown away.

        Args:
            fingerprint: of the node.
            again: make it even if it is there; the old result is replaced at the end.
            waiting: called several times a second while another run has the lock; may raise to give up.

        Raises:
            RecipeError: the disk is full or cannot be written.
        """
        with self._said_in_words(), self._locked(fingerprint, waiting):
            found = None if again else self.get(fingerprint)
            temporary = self.folder / f"{fingerprint}.making"
            _remove(temporary)
            if found is not None:
                yield Making(self, fingerprint, temporary, found)
                return
            temporary.mkdir(parents=True)
            try:
                yield Making(self, fingerprint, temporary)
            finally:
                _remove(temporary)

    def _publish(self, making: Making) -> None:
        _sync_tree(making.folder)
        final = self.place_of(making.fingerprint)
        old = _taken_away(final)
        making.folder.rename(final)
        _sync_folder(self.folder)
        _remove(old)

    @contextmanager
    def _locked(self, fingerprint: str, waiting: Callable[[], None] | None) -> Iterator[None]:
        lock = self._lock(fingerprint)
        while True:
            try:
                lock.acquire(timeout=_LOCK_TRY)
                break
            except Timeout:
                if waiting is not None:
                    waiting()
        try:
            yield
        finally:
            lock.release()

    def _lock(self, name: str) -> FileLock:
        folder = self.folder / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{name}.lock")

    @contextmanager
    def _said_in_words(self) -> Iterator[None]:
        """Turns what the system says of disks into diagnostics."""
        try:
            yield
        except OSError as error:
            if error.errno in FULL:
                raise RecipeError(no_room(self.folder)) from error
            if error.errno in _FORBIDDEN and str(error.filename or "").startswith(str(self.folder)):
                raise RecipeError(_unwritable(self.folder, error)) from error
            raise

    # --- tidying ------------------------------------------------------------------------------------

    @contextmanager
    def using(self, fingerprints: Iterable[str]) -> Iterator[None]:
        """While this lasts, `gc` of any process keeps these results."""
        with self._said_in_words():
            name = f"using-{uuid4().hex[:12]}"
            lock, note = self._lock(name), self.folder / "locks" / f"{name}.json"
            try:
                with lock:
                    # What a run has noted before it looks for results, `gc` keeps; what `gc` has taken away
                    # before, the run does not find.
                    with self._lock(_NOTING):
                        note.write_text(json.dumps(sorted(fingerprints)), "utf-8")
                    try:
                        yield
                    finally:
                        note.unlink(missing_ok=True)
            finally:
                Path(lock.lock_file).unlink(missing_ok=True)  # nobody else takes a lock of this name

    def gc(self, keep: set[str]) -> tuple[Result, ...]:
        """Removes every result but those to keep and those that a run under way uses, and all leftovers.

        Checkpoints of unfinished stages count like results.

        Returns:
            What was removed.
        """
        unused = [each for each in self.list() if each.manifest.fingerprint not in keep]
        with self._lock(_NOTING):
            kept = keep | self._in_use()
            removed = tuple(each for each in unused if self._let_go(each.folder, kept))
            for each in self.work_of("any").parent.glob("[!.]*"):
                self._let_go(each, kept)
        self._remove_leftovers()
        return removed

    def _let_go(self, folder: Path, kept: set[str]) -> bool:
        """Makes a folder count no more, at once, unless it is kept or somebody is at work on it."""
        if folder.name in kept or folder.suffix:
            return False
        try:
            with self._lock(folder.name).acquire(timeout=0):
                return _taken_away(folder).exists()
        except Timeout:
            return False

    def _remove_leftovers(self) -> None:
        """Removes what does not count, unless somebody is at work on it."""
        for each in (*self.folder.glob("*.*"), *self.work_of("any").parent.glob("*.removed")):
            if each.suffix in _NEVER_COUNT:
                with suppress(Timeout), self._lock(each.name.partition(".")[0]).acquire(timeout=0):
                    _remove(each)

    def _in_use(self) -> set[str]:
        used: set[str] = set()
        for note in (self.folder / "locks").glob("using-*.json"):
            try:
                with (lock := self._lock(note.stem)).acquire(timeout=0):
                    note.unlink(missing_ok=True)  # its run has died
                Path(lock.lock_file).unlink(missing_ok=True)
            except Timeout:
                used |= _names_in(note)
        return used

    def _set_aside(self, fingerprint: str, faults: Sequence[str]) -> None:
        folder, aside = self.place_of(fingerprint), self.folder / f"{fingerprint}.damaged"
        _remove(aside)
        try:
            folder.rename(aside)
        except FileNotFoundError:
            return  # another run was faster
        self.damage.append(_damaged(fingerprint, aside, faults))

    # --- why ----------------------------------------------------------------------------------------

    def why(self, plan: Plan, node: Node) -> Why:
        """Whether a node is cached, new, or made again and because of what."""
        found = len(self.damage)
        if self.get(node.fingerprint) is not None:
            return Why("cached")
        if len(self.damage) > found:
            return Why("again", ("its result was damaged",))
        last = self._read_last(plan.recipe, node.name)
        if last is None:
            return Why("new")
        if last["fingerprint"] == node.fingerprint:
            return Why("again", ("its result is gone",))
        return Why("again", _changes(last["form"], form_of(plan, node)))

    def remember(self, plan: Plan, node: Node) -> None:
        """Keeps what a node was made from, for the next `why`."""
        if (last := self._read_last(plan.recipe, node.name)) and last["fingerprint"] == node.fingerprint:
            return
        path = self._last_path(plan.recipe, node.name)
        text = json.dumps({"fingerprint": node.fingerprint, "form": form_of(plan, node)}, ensure_ascii=False)
        with self._said_in_words():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f"{path.name}.{uuid4().hex[:8]}")
            beside.write_text(text, "utf-8")
            beside.replace(path)

    def _read_last(self, recipe: str, node: str) -> dict[str, Any] | None:
        try:
            last = json.loads(self._last_path(recipe, node).read_text("utf-8"))
            return last if "fingerprint" in last and isinstance(last["form"], dict) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def _last_path(self, recipe: str, node: str) -> Path:
        return self.folder / "last" / quote(recipe, safe="") / f"{quote(node, safe='')}.json"


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """What differs, in words; a note that somebody has edited is as good as none."""
    try:
        found = changes(before, after)
    except (AttributeError, KeyError, TypeError, ValueError):
        found = []
    return tuple(found) or ("the way it is made has changed",)


def form_of(plan: Plan, node: Node) -> dict[str, Any]:
    """What decides the node's result, names kept: see `recipedsl.plan.diff`."""
    fingerprints = {name: plan.node(name).fingerprint for name in inputs_of(node)}
    return described(node, fingerprints, plan.versions)


def timed() -> Callable[[], float]:
    """A clock that gives the seconds since it was made."""
    start = time.monotonic()
    return lambda: round(time.monotonic() - start, 3)


# --- manifests ------------------------------------------------------------------------------------------


def _manifest_text(manifest: Manifest, sizes: dict[str, int], node: dict[str, Any]) -> str:
    form = asdict(manifest)
    form["files"] = {
        name: {"sha256": digest, "bytes": sizes[name]} for name, digest in manifest.files.items()
    }
    form["node"] = node
    return json.dumps({**form, "seal": _seal(form)}, indent=1, ensure_ascii=False)


def _seal(form: dict[str, Any]) -> str:
    """SHA-256 over everything else that stands in a manifest: facts are relied on as files are."""
    as_read = json.loads(json.dumps(form))  # tuples and keys as they will be read
    return hashlib.sha256(to_canonical_json(as_read).encode()).hexdigest()


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one that takes its place; None where there is none."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_mtime_ns) if folder.is_dir() else None


def _look_at(folder: Path, fingerprint: str) -> Result | list[str]:
    """The result in a folder, or what is wrong with it, in words."""
    try:
        result = _read_result(folder, fingerprint)
        return list(_size_faults(result)) or list(_hash_faults(result, _SMALL)) or result
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return [f"{MANIFEST} cannot be read: {error}"]


def _read_result(folder: Path, fingerprint: str) -> Result:
    if folder.is_symlink():
        raise ValueError("it is a link")
    form = json.loads((folder / MANIFEST).read_text("utf-8"))
    seal = form.pop("seal", "")
    if seal != _seal(form):
        raise ValueError("it is not as it was written")
    if form["fingerprint"] != fingerprint:
        raise ValueError(f"it belongs to {form['fingerprint']}")
    node, files = form.pop("node"), form.pop("files")
    sizes = {name: each["bytes"] for name, each in files.items()}
    manifest = Manifest(files={name: each["sha256"] for name, each in files.items()}, **form)
    if not _has_form(manifest, node):
        raise TypeError("it has another form")
    if fault := fault_of(manifest.kind, manifest.facts):
        raise ValueError(fault)
    return Result(folder, manifest, sizes, node)


def _has_form(manifest: Manifest, node: Any) -> bool:
    """Whether the parts of a manifest are what everything that reads one relies on."""
    if not all(isinstance(each, dict) for each in (node, node.get("inputs", {}), manifest.facts)):
        return False
    names = (manifest.name, manifest.kind, *node.get("inputs", {}).values())
    is_timed = isinstance(manifest.seconds, int | float) and math.isfinite(manifest.seconds)
    return is_timed and all(isinstance(each, str) for each in names)


def _size_faults(result: Result) -> Iterator[str]:
    there = set(_files_of(result.folder))
    for name, size in result.sizes.items():
        if name not in there:
            yield f"{name} is missing"
        elif (found := (result.folder / name).stat().st_size) != size:
            yield f"{name} has {found} bytes instead of {size}"
    yield from (f"{name} does not belong to it" for name in sorted(there - set(result.sizes)))


def _hash_faults(result: Result, most: float = math.inf) -> Iterator[str]:
    """Files of at most so many bytes whose contents differ."""
    for name, digest in result.manifest.files.items():
        if result.sizes[name] <= most and _hash_file(result.folder / name) != digest:
            yield f"{name} has other contents than when it was made"


# --- files ----------------------------------------------------------------------------------------------


def _is_result(path: Path) -> bool:
    return path.is_dir() and (path / MANIFEST).exists() and "." not in path.name


def _order(result: Result) -> tuple[str, str, str]:
    return result.manifest.kind, result.manifest.name, result.manifest.fingerprint


def _files_of(folder: Path) -> list[str]:
    """Names of all files but the manifest, relative, with `/`, sorted. Raises ValueError for a link.

    Hidden files belong to no result: systems leave theirs in any folder that is looked at.
    """
    found = []
    for path in sorted(folder.rglob("[!.]*")):
        if path.is_symlink():
            raise ValueError(f"a result holds a link: {path.name}")
        if path.is_file() and path != folder / MANIFEST:
            found.append(path.relative_to(folder).as_posix())
    return found


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names_in(note: Path) -> set[str]:
    """The fingerprints that a run under way has noted; none where it has just ended."""
    try:
        return set(map(str, json.loads(note.read_text("utf-8"))))
    except (OSError, ValueError, TypeError):
        return set()


def _taken_away(folder: Path) -> Path:
    """Gives a folder a name of its own under which it never counts; where it would lie if there was none."""
    aside = folder.with_name(f"{folder.name.partition('.')[0]}.{uuid4().hex[:12]}.removed")
    with suppress(FileNotFoundError):
        folder.rename(aside)
    return aside


def _remove(folder: Path) -> None:
    """Removes a folder tree; half of it is never taken for a result, and two may do it at once."""
    aside = _taken_away(folder)
    if aside.is_symlink():  # what it leads to is not ours
        aside.unlink()
        return
    with suppress(FileNotFoundError):  # `gc` of another process was faster
        shutil.rmtree(aside)


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- diagnostics ----------------------------------------------------------------------------------------


def no_room(folder: Path) -> Diagnostic:
    """What is said when the disk is full."""
    return Diagnostic(
        StoreFull,
        "there is no room left on the disk",
        notes=(f"while writing under {folder}", "nothing half-written counts; finished results are kept"),
        helps=(Help("`recipedsl store gc` removes results that no recipe needs any more"),),
    )


def _unwritable(folder: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        StoreUnwritable,
        f"the store cannot be written: {error.strerror}",
        notes=(f"folder: {folder}",),
        helps=(Help("a project folder that belongs to the user who runs it"),),
    )


def _damaged(fingerprint: str, aside: Path, faults: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        ResultDamaged,
        f"the stored result {fingerprint[:12]} is damaged and is made again",
        notes=(*faults[:5], f"set aside as {aside}"),
        helps=(Help("`recipedsl store verify` looks at every other result"),),
        severity=ResultDamaged.severity,
    )
