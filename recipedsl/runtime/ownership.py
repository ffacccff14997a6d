"""Whose a store is: results are taken as they are, so a store is only used where somebody vouches for it.

A result is looked up by the fingerprint of what was asked for and not made again. Whoever can write
`.recipedsl/store` can put other weights or rows under a fingerprint, with checksums that fit, and an
archive or a clone of a project may bring such a store along. Weights are read from safetensors only,
so what is at stake is what a result is, not what runs; but a base model that is not the one that the
recipe names spoils everything above it.

So a store has a name, a random one in its file `id`, and the user's state folder keeps the names of
the stores that this user began or adopted, one file each. The name goes along when a checkout is
moved or its disk is mounted elsewhere on the machine, and a store that several people share is
adopted once by each. On another machine, or in a container with a new home, `recipedsl store adopt`
says once that it is wanted. Who was given a whole store before can give back a changed one with the
same name: this keeps out what strangers ship, not what those do who share the disk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from filelock import FileLock
from platformdirs import user_state_path

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import StoreForeign, StoreUnwritable
from recipedsl.runtime.store import Result, Store

_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Ownership:
    """What this user says of a store.

    Args:
        store: of a project.
        known: folder with one file for the name of every store of this user.
    """

    store: Store
    known: Path

    def check(self) -> None:
        """Raises RecipeError where the store holds something that this user has not vouched for."""
        if not self._is_own() and not self._is_empty():
            raise RecipeError(_foreign(self.store))

    def claim(self) -> None:
        """Makes a store that holds nothing yet this user's own.

        Raises:
            RecipeError: it holds something already, or cannot be written.
        """
        if self._is_own():
            return
        with self._locked():
            self.check()
            if not self._is_own():
                self._vouch(uuid4().hex)

    def adopt(self) -> tuple[Result, ...]:
        """Hashes every file of every result and vouches for those that are whole.

        What is damaged is set aside and found in `Store.damage`.

        Returns:
            What was adopted.
        """
        for result in self.store.list():
            self.store.verify(result.manifest.fingerprint)
        with self._locked():
            if not self._is_own():
                self._vouch(self._name() or uuid4().hex)
        return self.store.list()

    def _locked(self) -> FileLock:
        folder = self.store.folder / "locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except PermissionError as error:
            raise RecipeError(_unwritable(folder, error)) from error
        return FileLock(folder / "id.lock")

    def _is_own(self) -> bool:
        name = self._name()
        return bool(name) and (self.known / name).is_file()

    def _name(self) -> str:
        """The store's name; empty where it has none, or something else stands there."""
        try:
            name = (self.store.folder / "id").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return name if _NAME.fullmatch(name) else ""

    def _is_empty(self) -> bool:
        """Whether there is neither a result nor a checkpoint that a run would go on from."""
        places = (self.store.folder, self.store.work_of("any").parent)
        others = {"locks", "last"}
        return not any(
            each.is_dir() and each.name not in others
            for place in places
            if place.is_dir()
            for each in place.iterdir()
        )

    def _vouch(self, name: str) -> None:
        """The user's note first: a store whose name nobody knows would be foreign to its own maker."""
        try:
            self.known.mkdir(parents=True, exist_ok=True)
            (self.known / name).write_text(f"{self.store.folder.absolute()}\n", "utf-8")
        except PermissionError as error:
            raise RecipeError(_unwritable(self.known, error)) from error
        beside = self.store.folder / f"id.{name[:8]}"
        beside.write_text(f"{name}\n", "ascii")
        beside.replace(self.store.folder / "id")


def ownership_of(store: Store) -> Ownership:
    """What the user of this process says of a store."""
    return Ownership(store, user_state_path("recipedsl") / "stores")


def _foreign(store: Store) -> Diagnostic:
    return Diagnostic(
        StoreForeign,
        "the project's store of results was not made here",
        notes=(
            f"folder: {store.folder}",
            "what is in it would be taken for what the recipe asks for, without being made",
        ),
        helps=(
            Help("`recipedsl store adopt` takes it over, be it moved, mounted, or of people one trusts"),
            Help(f"else remove {store.folder.parent}: everything is made anew"),
        ),
    )


def _unwritable(folder: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        StoreUnwritable,
        f"the store cannot be written: {error.strerror}",
        notes=(f"folder: {folder}",),
        helps=(Help("a folder that belongs to the user who runs it; `XDG_STATE_HOME` names another one"),),
    )
