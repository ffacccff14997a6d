"""What every name in a document is: declared here, a reference, a column, a word of the vocabulary.

One table for hover, definitions, references, rename, highlights and semantic tokens, so that they agree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from recipedsl.editor.nodes import declarations
from recipedsl.language.concept import Setting, Word
from recipedsl.language.functions.base import Parameter
from recipedsl.language.types import RowType, Type
from recipedsl.semantics.context import Module
from recipedsl.semantics.scope import kind_of
from recipedsl.source import Source, Span
from recipedsl.syntax import tree

#: What leads to a part of a column: its name, then that of each field, `[]` for the items of a list.
Way = tuple[str, ...]
ITEM = "[]"


class Role(StrEnum):
    """What a name is at its place."""

    KIND = "kind"  # of a declaration: `data`, `stage`
    DECLARATION = "declaration"  # the name that is declared
    REFERENCE = "reference"  # to a declaration, an import or a part of a dataset
    METHOD = "method"  # of a stage: `sft`
    STEP = "step"
    CONCEPT = "concept"  # any other word of the catalogue: `lora`, `read`, `passes`, `chat`
    FUNCTION = "function"  # of expressions
    SETTING = "setting"  # `epochs =` in a block, `rank =` in a call
    PARAMETER = "parameter"  # an argument of a function, by name
    CHOICE = "choice"  # `bf16`, `chatml`, `sigmoid`
    COLUMN = "column"
    FIELD = "field"  # part of a record: `meta.level`
    TYPE = "type"  # of the language: `text`
    KEY = "key"  # of a map
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Definition:
    """Where a name is declared.

    Attributes:
        source: the file.
        name: as others call it inside that file; `solutions.train` for a part of a dataset.
        kind: `data`, `stage`, `model` and so on, the keyword of the declaration; `part` of a dataset.
        span: of the name.
        node: the declaration; of a part the step.
    """

    source: Source
    name: str
    kind: str
    span: Span
    node: tree.Item | tree.Step

    @property
    def key(self) -> tuple[str, int]:
        """The same for every look at one declaration: its file and offset."""
        return (self.source.path, self.span.start)


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column where it stands.

    Attributes:
        type: None when it is not known, or there is none of that name.
        row: the columns that may be named there; None when they are not known.
        dataset: full name of the dataset whose rows these are; empty for a row type.
        is_new: whether it comes to be here (`derive name = …`, a field of a row type).
        owner: span of the pipeline or row type that it belongs to.
    """

    type: Type | None
    row: RowType | None
    dataset: str
    is_new: bool
    owner: Span


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name in the text.

    Attributes:
        name: without backquotes.
        definition: what a declaration declares or a reference means; None for one that leads nowhere.
        word: of the catalogue: the method, step, concept or function; of a setting or choice its owner.
        setting: the setting or parameter that is named, or that a choice is for.
    """

    span: Span
    role: Role
    name: str
    definition: Definition | None = None
    word: type[Word] | None = None
    setting: Setting | Parameter | None = None
    column: ColumnUse | None = None


class Names:
    """The names of one document, in the order of the text."""

    def __init__(self, found: Iterable[Occurrence], definitions: dict[str, Definition]) -> None:
        self.all = sorted(found, key=lambda each: (each.span.start, each.span.end))
        self.definitions = definitions

    @cached_property
    def _starts(self) -> list[int]:
        return [each.span.start for each in self.all]

    def at(self, offset: int) -> Occurrence | None:
        """The name in which an offset stands, its end included; None when there is none."""
        index = bisect_right(self._starts, offset)
        before = reversed(self.all[max(0, index - 2) : index])
        return next((each for each in before if each.span.start <= offset <= each.span.end), None)

    def of(self, definition: Definition) -> Iterator[Occurrence]:
        """Every place that names a declaration, the declaration itself included."""
        return (each for each in self.all if each.definition and each.definition.key == definition.key)


# --- parts of columns -------------------------------------------------------------------------------------


def way_of(node: tree.Expression) -> Way:
    """`meta.tags[0].name` as names; empty for what leads to no part of a column."""
    match node:
        case tree.Name():
            return (node.text if node.quoted else node.text.partition("[")[0],)
        case tree.Group():
            return way_of(node.inner)
        case tree.Member() | tree.Index():
            before = way_of(node.target)
            last = node.name.text if isinstance(node, tree.Member) else ITEM
            return (*before, last) if before else ()
        case _:
            return ()


def part_of(row: RowType, way: Way) -> Type | None:
    """Type of a part of a row; None when there is none."""
    type_ = row.column(way[0]) if way else None
    for each in way[1:]:
        if type_ is not None:
            type_ = type_.item if each == ITEM else type_.field(each)
    return type_


# --- what a file declares --------------------------------------------------------------------------------


def definitions_of(source: Source, items: Iterable[tree.Item]) -> dict[str, Definition]:
    """Declarations of a file by name, those in rounds without their number, parts of datasets too."""
    found: dict[str, Definition] = {}
    for item in declarations(items):
        name = getattr(item, "name", None)
        if name is None:
            continue
        bare = name.text.partition("[")[0]
        found.setdefault(bare, Definition(source, bare, kind_of(item), name.span, item))
        for part in _parts(source, bare, item):
            found.setdefault(part.name, part)
    return found


def _parts(source: Source, dataset: str, item: tree.Item) -> Iterator[Definition]:
    for step in item.pipeline.steps if isinstance(item, tree.Data) else ():
        if isinstance(step, tree.Step) and step.name.text == "split":
            for name in (each.name for each in step.arguments):
                if name is not None and name.text != "group":
                    yield Definition(source, f"{dataset}.{name.text}", "part", name.span, step)


def definitions_in(module: Module) -> dict[str, Definition]:
    """Declarations of an imported file."""
    return definitions_of(module.source, module.file.items)
