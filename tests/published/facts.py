"""What the published recipes need to know of datasets and files, recorded, so that they compile offline.

`facts-*.toml` holds a table for each dataset of the hub, or `name:config` where configurations differ,
and for each file that a recipe names:

    ["HuggingFaceH4/ultrachat_200k"]
    columns = { prompt = "text", messages = "list[{ role: text, content: text }]" }

The types are written as in a recipe. A table without `columns` says that the file exists.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from recipedsl.data.look import FileFacts
from recipedsl.language.types import Field, RowType, Type
from recipedsl.plan.facts import Device, FileRows, HubRows, Look, Missing, ModelFacts
from recipedsl.plan.model import ModelSource
from recipedsl.semantics.context import Context, Given, Module
from recipedsl.semantics.row_types import read_type
from recipedsl.source import Source
from recipedsl.syntax import parse, tree

FOLDER = Path(__file__).parent
#: What nearly all of these recipes were published for.
DEVICE = Device("cuda", memory=80 << 30, has_bf16=True)


@cache
def recorded() -> dict[str, dict[str, str]]:
    """Columns by dataset or file. Raises ValueError when two files tell different types of one column."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("facts-*.toml")):
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            before, here = found.get(name, {}), table.get("columns", {})
            differing = [each for each in before.keys() & here.keys() if before[each] != here[each]]
            if differing:
                raise ValueError(f"{path.name} tells another type of {differing} of `{name}` than before")
            found[name] = {**before, **here}
    return found


def type_of(text: str) -> Type:
    """The type that is written as in a recipe. Raises ValueError when it is none."""
    source = Source("facts", f"ftr 1\ntype Column = {text}\n")
    file, problems = parse(source)
    context = Context(Module(source, "", file), Given(), lambda *_: None, NoFiles(), problems)
    item = file.items[0] if file.items else None
    found = None
    if isinstance(item, tree.TypeDeclaration):
        found = read_type(context, context.root, item.type)
    if found is None or problems.has_errors:
        raise ValueError(f"no type: {text}")
    return found


class NoFiles:
    """A type names no file."""

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:  # noqa: ARG002
        return Missing(f"there is no `{path}`")

    def text(self, path: str) -> str | None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class RecordedFacts:
    """Facts of recorded datasets and files, and of the files that lie beside the recipes."""

    files: FileFacts = field(default_factory=lambda: FileFacts(FOLDER))

    def look(self, source: FileRows | HubRows) -> Look:
        """The recorded columns of a source."""
        names = _names(source)
        table = next((recorded()[each] for each in names if each in recorded()), None)
        if not table:
            return Look(None, problem=f"no facts of `{names[0]}` are recorded")
        fields = (Field(name, type_of(text)) for name, text in table.items())
        return Look(RowType(tuple(fields)), files=(names[-1],), rows=1)

    def digest(self, path: str) -> str:
        """That of a file beside the recipes; a recorded one has none."""
        return self.files.digest(path)

    def model(self, source: ModelSource) -> ModelFacts:  # noqa: ARG002 - the protocol's signature
        """No model is at hand."""
        return ModelFacts(problem="not at hand")

    def read_text(self, path: str) -> str | None:
        """Text of a file beside the recipes."""
        return self.files.read_text(path)

    def device(self) -> Device:
        """A device of the size that these recipes were published for."""
        return DEVICE

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        """Whether a file is neither recorded nor beside the recipes."""
        return None if path in recorded() else self.files.missing(path, folder=folder)


def _names(source: FileRows | HubRows) -> list[str]:
    """How a source may be called in the recorded facts, the most exact first."""
    if isinstance(source, FileRows):
        return [source.path]
    return [f"{source.name}:{source.config}", source.name] if source.config else [source.name]
