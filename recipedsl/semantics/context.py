"""What every part of the analysis shares: the modules, the problems, and what was settled before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from recipedsl.diagnostics import Applicability, Code, Diagnostic, Edit, Help, Problems, nearest
from recipedsl.diagnostics.codes.names import UnknownName
from recipedsl.language.foreign import LOOSELY, VALUES
from recipedsl.language.types import RowType, Type
from recipedsl.semantics.recipe import Dataset, Later, Passage, Place, Stage, Training, WorkUse
from recipedsl.semantics.values import Value
from recipedsl.source import Source
from recipedsl.syntax import tree


class RowLook(Protocol):
    """What a look at a source of rows shows."""

    @property
    def row(self) -> RowType | None: ...

    @property
    def problem(self) -> str: ...

    @property
    def hint(self) -> str: ...

    @property
    def absent(self) -> bool: ...

    @property
    def rows(self) -> int: ...

    @property
    def broken(self) -> int: ...

    @property
    def first_broken(self) -> str: ...

    @property
    def texts(self) -> dict[str, dict[str, str]]: ...

    @property
    def nulls(self) -> dict[str, str]: ...

    @property
    def unread(self) -> dict[str, str]: ...

    @property
    def changed(self) -> tuple[str, ...]: ...

    @property
    def stale(self) -> str: ...


class MissingFile(Protocol):
    """Why a path leads to nothing that can be used."""

    @property
    def problem(self) -> str: ...

    @property
    def hint(self) -> str: ...

    @property
    def outside(self) -> bool: ...


class Files(Protocol):
    """What is asked of files that a recipe names; paths are relative to the project root."""

    def missing(self, path: str, *, folder: bool = False) -> MissingFile | None:
        """Why a file or folder is none that can be used; None when it is there."""
        ...

    def text(self, path: str) -> str | None:
        """Text of a small file; None when it cannot be read."""
        ...


#: Looks at a source of rows, given its keyword, its settings and the path of the file that names
#: it; None when nobody can look.
Looker = Callable[[str, dict[str, Any], str], RowLook | None]
#: Opens and parses an imported file; None when it cannot be read.
Importer = Callable[[str], tuple[tree.File, Problems] | None]


@dataclass(frozen=True, slots=True)
class Given:
    """What was given from outside.

    Attributes:
        params: `--set` values as text, by name.
        profile: name of the profile in force, or empty.
        overrides: `--override` values as parsed expressions with their sources, by
            (kind, name, key).
    """

    params: dict[str, str] = field(default_factory=dict)
    profile: str = ""
    overrides: dict[tuple[str, str, str], tuple[Source, tree.Expression]] = field(default_factory=dict)


#: Kinds of declarations that are not called by their keyword.
NOUNS = {"data": "a dataset", "eval": "an eval"}


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration with the module it stands in; `kind` is what may be done with the name."""

    kind: str
    name: str
    node: tree.Item
    module: Module

    @property
    def noun(self) -> str:
        """What it is, with its article, for messages."""
        return NOUNS.get(self.kind, f"a {self.kind}")

    @property
    def full_name(self) -> str:
        """Name with the import's prefix, unique in the recipe."""
        return self.module.prefix + self.name

    @property
    def name_place(self) -> Place:
        written = getattr(self.node, "name", None)
        span = written.span if written is not None else self.node.span
        return Place(self.module.source, span)


@dataclass(frozen=True, eq=False)
class Module:
    """A file: its declarations by name, and the modules that it imports by name, with where it says so.

    Attributes:
        failed: names that it meant to declare in a way that is none; they are not unknown.
    """

    source: Source
    prefix: str
    file: tree.File
    declared: dict[str, Declared] = field(default_factory=dict)
    imports: dict[str, Module] = field(default_factory=dict)
    imported: dict[str, Place] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def place(self, node: Any) -> Place:
        """Where a node of this module's tree stands."""
        return Place(self.source, node.span)

    def reading(self, source: Source) -> Module:
        """The same names, for a tree that came from another text (an override)."""
        return replace(self, source=source)


@dataclass
class Context:
    """State of one analysis.

    Attributes:
        values: params and lets, by full name, once computed.
        types: declared row types, by full name, with the number of names in them.
        looped: full names of declarations that need themselves; nothing more is said about them.
        imports: number of files imported so far.
        used: full names that something refers to.
        needs: full names of values that each value was computed from.
        shown: places about whose names a problem was reported.
        broken: full names of stages that could not be resolved; nothing more is said about them.
        training: what is known of every stage that trains, of broken ones too, by full name.
        later: what was asked for and cannot be carried out yet, in the order in which it was met.
        copies: what each declaration copies, by full name; None after a problem was reported.
        passages: the rows behind every source and step, in the order in which they were met.
    """

    root: Module
    given: Given
    look: Looker
    files: Files
    problems: Problems = field(default_factory=Problems)
    values: dict[str, Value] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    types: dict[str, tuple[Type | None, int]] = field(default_factory=dict)
    looped: set[str] = field(default_factory=set)
    imports: int = 0
    used: set[str] = field(default_factory=set)
    needs: dict[str, set[str]] = field(default_factory=dict)
    shown: set[tuple[str, int, str]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    training: dict[str, Training] = field(default_factory=dict)
    works: dict[str, WorkUse] = field(default_factory=dict)
    later: dict[Later, None] = field(default_factory=dict)
    copies: dict[str, tuple[Declared, ...] | None] = field(default_factory=dict)
    passages: list[Passage] = field(default_factory=list)

    @contextmanager
    def computing(self, name: str) -> Iterator[None]:
        """While it lasts, what is referred to is what the value or type of that name needs."""
        others, self.used = self.used, set()
        yield
        self.needs[name], self.used = self.used, others

    def report(
        self,
        kind: type[Code],
        message: str,
        place: Place,
        text: str = "",
        *,
        secondary: Iterable[tuple[Place, str]] = (),
        notes: tuple[str, ...] = (),
        helps: tuple[Help, ...] = (),
    ) -> Diagnostic:
        """Record a problem at a place."""
        labels = tuple(other.label(words) for other, words in secondary)
        return self.problems.report(
            kind, message, place.label(text), secondary=labels, notes=notes, helps=helps
        )

    def unknown_name(
        self, module: Module, name: tree.Name, candidates: Iterable[str], what: str = "name"
    ) -> None:
        """Report a name that is not known, unless its declaration was."""
        if name.text in module.failed:
            return
        place = module.place(name)
        self.report(
            UnknownName,
            f"unknown {what} `{name.text}`",
            place,
            "nothing has this name",
            # To look for similar names takes time: of a file of thousands of such names nobody reads them.
            helps=did_you_mean(place, name.text, candidates) if len(self.problems) < _MOST_HELPED else (),
        )


#: Problems of a recipe beyond which no similar names are looked for.
_MOST_HELPED = 500


def did_you_mean(place: Place, written: str, candidates: Iterable[str]) -> tuple[Help, ...]:
    """A help with the nearest candidate as a fix, or a list of a few candidates."""
    known = sorted(set(candidates))
    found = nearest_one(place, written, known)
    if found or not known or len(known) > 12:
        return found
    return (Help("known here: " + ", ".join(f"`{each}`" for each in known)),)


def nearest_one(place: Place, written: str, candidates: Iterable[str]) -> tuple[Help, ...]:
    """A help with the nearest candidate as a fix, nothing when none is near."""
    known = sorted(set(candidates))
    ours = VALUES.get(written)
    if ours is not None and ours in known:
        safety = Applicability.UNSAFE if written in LOOSELY else Applicability.SAFE
        return (fix(place, ours, f"what other tools call `{written}` is `{ours}` here", safety),)
    best = nearest(written, known)
    return (fix(place, best, f"a similar name exists: `{best}`"),) if best is not None else ()


def fix(place: Place, text: str, words: str, applicability: Applicability = Applicability.SAFE) -> Help:
    """A help that replaces a place by a text; in words alone where the text is no file's."""
    if place.source.path.startswith("--"):
        return Help(words)
    return Help(words, (Edit(place.source, place.span, text),), applicability)


def share_meant(place: Place, number: float) -> Help:
    """A help with the share that a plain number was likely meant as: 0.95 and 95 both as `95%`."""
    share = f"{number * 100 if number <= 1 else number:g}%"
    return fix(place, share, f"write `{share}`", Applicability.UNSAFE)
