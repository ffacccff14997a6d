"""What planning has to know of the world, and the only door through which it asks.

`data` and `runtime` implement the protocol, tests and an editor give a fake or a cached one, so
that everything above stays pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from recipedsl.language.types import RowType
from recipedsl.plan.model import HubSource, ModelSource, ReadSource


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
    """

    row: RowType | None
    files: tuple[str, ...] = ()
    complete: bool = False
    rows: int = 0
    problem: str = ""
    hint: str = ""


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
    context: int = 0
    problem: str = ""


class Facts(Protocol):
    """Facts about files and models. Implementations never raise for a missing thing: they say so."""

    def look(self, source: ReadSource | HubSource) -> Look:
        """A bounded look at a source: at most some hundred rows of each file."""
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
