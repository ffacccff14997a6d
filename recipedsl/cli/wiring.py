"""The only place where data, runtime and store are joined. Everything heavy is imported inside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recipedsl.plan.facts import Facts, Look, ModelFacts
    from recipedsl.plan.model import HubSource, ModelSource, ReadSource


@dataclass(frozen=True)
class ProjectFacts:
    """Facts about files from `data`, about models from `runtime`: what the compiler asks."""

    root: Path
    files: Facts

    def look(self, source: ReadSource | HubSource) -> Look:
        """A bounded look at a source of rows."""
        return self.files.look(source)

    def digest(self, path: str) -> str:
        """SHA-256 over the files of a path."""
        return self.files.digest(path)

    def read_text(self, path: str) -> str | None:
        """Text of a small file."""
        return self.files.read_text(path)

    def model(self, source: ModelSource) -> ModelFacts:
        """What is at hand of a model; never downloads."""
        from recipedsl.runtime.models import model_facts

        return model_facts(source, self.root)


def facts_of(root: Path) -> ProjectFacts:
    """Facts about a project; importing them costs no heavy library."""
    from recipedsl.data.look import FileFacts

    return ProjectFacts(root, FileFacts(root))
