"""The content-addressed store: finished results by fingerprint, under `.recipedsl/store/`.

    <fingerprint>/           a finished result: its files and manifest.json
    <fingerprint>.making/    being made, or left behind by a crash; never counts
    <fingerprint>.damaged/   set aside because it was not what the manifest says
    locks/                   one lock a fingerprint; and what runs under way are using
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
from contextlib import contextmanager
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
        if not folder.is_dir():
            return None
        try:
            result = _read_result(folder, fingerprint)
            faults = list(_size_faults(result)) or list(_hash_faults(result, _SMALL))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            faults = [f"{MANIFEST} cannot be read: {error}"]
        if faults:
            self._set_aside(fingerprint, faults)
            return None
        return result

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
        if final.exists():
            old = self.folder / f"{making.fingerprint}.damaged"
            _remove(old)
            final.rename(old)
            making.folder.rename(final)
            _remove(old)
        else:
            making.folder.rename(final)
        _sync_folder(self.folder)

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
            with lock:
                # Whole at once: `gc` of another process may read it right now.
                beside = note.with_suffix(".part")
                beside.write_text(json.dumps(sorted(fingerprints)), "utf-8")
                beside.replace(note)
                try:
                    yield
                finally:
                    note.unlink(missing_ok=True)

    def gc(self, keep: set[str]) -> tuple[Result, ...]:
        """Removes every result but those to keep and those that a run under way uses, and all leftovers.

        Checkpoints of unfinished stages count like results.

        Returns:
            What was removed.
        """
        kept = keep | self._in_use()
        unused = [each for each in self.list() if each.manifest.fingerprint not in kept]
        places = [(each, each.manifest.fingerprint) for each in unused]
        removed = tuple(each for each, name in places if self._remove_unlocked(name, self.place_of(name)))
        self._remove_leftovers(kept)
        return removed

    def _remove_leftovers(self, kept: set[str]) -> None:
        for each in (*self.folder.glob("*.making"), *self.folder.glob("*.damaged")):
            self._remove_unlocked(each.stem, each)
        for each in self.work_of("any").parent.glob("*"):
            if each.name not in kept:
                self._remove_unlocked(each.name, each)

    def _remove_unlocked(self, fingerprint: str, folder: Path) -> bool:
        """Removes a folder unless somebody is at work on that fingerprint."""
        lock = self._lock(fingerprint)
        try:
            with lock.acquire(timeout=0):
                _remove(folder)
        except Timeout:
            return False
        return True

    def _in_use(self) -> set[str]:
        used: set[str] = set()
        for note in (self.folder / "locks").glob("using-*.json"):
            try:
                with self._lock(note.stem).acquire(timeout=0):
                    note.unlink(missing_ok=True)  # its run has died
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


def _remove(folder: Path) -> None:
    """Removes a folder tree in such an order that half of it is never taken for a result."""
    if folder.is_symlink():  # what it leads to is not ours
        folder.unlink()
        return
    if not folder.exists():
        return
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder)


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
