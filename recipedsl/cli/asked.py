"""Facts that note which files they were asked about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recipedsl.plan.facts import FileRows

if TYPE_CHECKING:
    from recipedsl.cli.watching import Seen
    from recipedsl.plan.facts import Device, Facts, HubRows, Look, Missing, ModelFacts
    from recipedsl.plan.model import ModelSource


@dataclass(frozen=True)
class Asking:
    """The facts of a project; every file that is asked about is noted."""

    facts: Facts
    root: Path
    seen: Seen

    def look(self, source: FileRows | HubRows) -> Look | None:
        """A bounded look at a source; a glob stands for its files and for its folder."""
        found = self.facts.look(source)
        if isinstance(source, FileRows):
            self._note(source.path.partition("*")[0])
            for each in found.files if found is not None else ():
                self._note(each)
        return found

    def digest(self, path: str) -> str:
        """SHA-256 of the files of a path."""
        self._note(path)
        return self.facts.digest(path)

    def model(self, source: ModelSource) -> ModelFacts:
        """What is at hand of a model."""
        return self.facts.model(source)

    def read_text(self, path: str) -> str | None:
        """Text of a small file."""
        self._note(path)
        return self.facts.read_text(path)

    def device(self) -> Device:
        """What this machine would train on."""
        return self.facts.device()

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        """Why a file or folder is none that can be used."""
        self._note(path)
        return self.facts.missing(path, folder=folder)

    def _note(self, path: str) -> None:
        if "://" not in path:
            self.seen.add(self.root / path)
