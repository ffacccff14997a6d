"""What a feature is: a method of the protocol, what the client is told of it, and a pure function.

A feature's function gets an `Analysis` and the request's parameters, reads no file, sends nothing and keeps
nothing. One that looks at more than one document gets the `Workspace` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recipedsl.editor.analysis import Analysis


@dataclass(frozen=True)
class Feature:
    """One method.

    Attributes:
        method: as the protocol calls it (`types.TEXT_DOCUMENT_HOVER`).
        answer: the pure function `(analysis, params) -> result`; with `wide` it gets the workspace instead.
        options: what the client is told of it when it starts; None where it is enough that there is it.
        wide: whether it looks at more than the document that its parameters name.
        waits: whether what it shows hangs on files that may not have been looked at yet: then the answer is
            given a moment later, once they were.
        counts: whether it shows what is counted: then rows are counted once the document rests.
    """

    method: str
    answer: Callable[[Any, Any], Any]
    options: Any = None
    wide: bool = False
    waits: bool = False
    counts: bool = False


def offset_of(analysis: Analysis, params: Any) -> int:
    """The offset that a request's `position` means."""
    return analysis.positions.offset(params.position)
