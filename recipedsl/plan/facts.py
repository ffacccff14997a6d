"""What planning has to know of the world, and the only door through which it asks.

`data` and `runtime` implement the protocol, tests and an editor give a fake or a cached one, so
that everything above stays pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from recipedsl.language.types import RowType

if TYPE_CHECKING:
    from recipedsl.plan.model import ModelSource


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows in files: a path or glob relative to the root, and their form, empty when names tell it."""

    path: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class HubRows:
    """Rows of a dataset of the hub."""

    name: str
    config: str = ""
    split: str = "train"
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a bounded look at a source showed.

    Attributes:
        row: names and types of the columns; None when nothing could be read.
        files: the files that the path stands for, relative to the root.
        complete: whether all rows were seen (then types are certain).
        rows: number of rows seen.
        problem: why nothing could be read, in words; empty when something could.
        hint: what to do about it.
        absent: whether it was not looked at because it would have to be fetched.
        broken: number of records seen that cannot be read.
        first_broken: where the first of them stands, and why it cannot be read.
        texts: where each text was seen first, by the path of its column (`meta.level`, `tags[]`); of a
            path with many texts only some, long ones cut.
        nulls: where null was seen first, by the path of its column.
        unread: columns and parts of columns that are no values of rows, and what they are, in words.
        changed: what is not as it was when an address was asked last, in words.
        stale: why rows behind an address may not be the newest; empty when they are.
    """

    row: RowType | None
    files: tuple[str, ...] = ()
    complete: bool = False
    rows: int = 0
    problem: str = ""
    hint: str = ""
    absent: bool = False
    broken: int = 0
    first_broken: str = ""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    nulls: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    stale: str = ""


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """What the first rows of a source hold in one column.

    Attributes:
        rows: how many rows were seen.
        nulls: in how many of them it is null or lacks.
        values: some of the others, cut, each once.
    """

    rows: int
    nulls: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a path of a recipe leads to nothing that can be used.

    Attributes:
        problem: in words.
        hint: what to do about it, empty when nothing is known.
        outside: whether it leads out of the project.
    """

    problem: str
    hint: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a base model without loading it.

    Attributes:
        folder: where its plain transformers folder lies; empty when it is not at hand.
        template: text of the tokenizer's chat template; empty when it has none.
        special: texts of the special tokens by role (`bos_token`, `eos_token`, `pad_token`).
        vocabulary: number of tokens.
        parameters: number of weights; 0 when unknown.
        layers, hidden: sizes of the architecture; 0 when unknown.
        feedforward: width inside the MLP; 0 when unknown.
        heads: attention heads; 0 when unknown.
        queries, keys: width of all queries and of all keys (the values' is the same); 0 when unknown.
        context: longest sequence it was made for, in tokens; 0 when unknown.
        problem: why it is not at hand, in words; empty when it is.
    """

    folder: str = ""
    template: str = ""
    special: dict[str, str] = field(default_factory=dict)
    vocabulary: int = 0
    parameters: int = 0
    layers: int = 0
    hidden: int = 0
    feedforward: int = 0
    heads: int = 0
    queries: int = 0
    keys: int = 0
    context: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What a stage would train on.

    Attributes:
        kind: as torch calls it.
        memory: bytes that it holds in all, not what is free just now; 0 when unknown.
        has_bf16: whether it computes bfloat16 itself.
    """

    kind: Literal["cpu", "cuda", "mps"] = "cpu"
    memory: int = 0
    has_bf16: bool = False


class Facts(Protocol):
    """Facts about files, models and the machine. Nothing is raised for a missing thing: answers say so."""

    def look(self, source: FileRows | HubRows) -> Look | None:
        """A bounded look at a source: some hundred rows of each file; None while nobody has looked."""
        ...

    def digest(self, path: str) -> str:
        """SHA-256 over the contents of the files of a path or glob; empty when there are none."""
        ...

    def model(self, source: ModelSource) -> ModelFacts:
        """What is at hand of a model; never downloads."""
        ...

    def read_text(self, path: str) -> str | None:
        """Text of a small file (a template, an import); None when it cannot be read."""
        ...

    def device(self) -> Device:
        """What this machine would train on."""
        ...

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        """Why a file, or a folder, is none that can be used; None when it is there."""
        ...


@dataclass(frozen=True)
class Manifest:
    """What a finished node left in the store.

    Attributes:
        fingerprint: of the node.
        kind: of the node.
        name: of the node when it was made.
        files: SHA-256 by file name, relative to the result's folder.
        facts: what was counted while it was made; keys by kind, see the makers.
        seconds: how long it took.
    """

    fingerprint: str
    kind: str
    name: str
    files: dict[str, str]
    facts: dict[str, Any]
    seconds: float
