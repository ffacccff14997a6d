"""L108: the same rows twice in one training set."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.lint.ways import Way, ways
from recipedsl.semantics.recipe import Stage

#: Characters that fit into a message.
_SHORT = 40


class SameSource(Rule):
    """The same rows twice in one training set.

    What: A training set takes rows of one file or dataset on two ways, and nothing tells them apart. Parts
    of one split, and rows that each way chose by steps of its own, are told apart.

    Why: The rows count double, which is nowhere said. A published RL recipe lists one dataset twice by
    mistake. Where it is meant, `repeat` says so.

    Bad:

        data lessons = concat(solutions, chats, solutions)
        stage tuned: sft { from = base, data = lessons }

    Good:

        data lessons = concat((solutions | repeat 2), chats)
    """

    code: ClassVar[str] = "L108"
    name: ClassVar[str] = "same-source-twice"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at what each stage trains on; one place is shown once."""
        seen: set[tuple[str, int]] = set()
        for stage in subject.recipe.stages.values():
            for first, second in combinations(ways(subject, stage.data), 2):
                place = (second.entered.source.path, second.entered.span.start)
                if first.entered != second.entered and place not in seen and first.may_share(second):
                    seen.add(place)
                    yield cls._found(stage, first, second)

    @classmethod
    def _found(cls, stage: Stage, first: Way, second: Way) -> Diagnostic:
        secondary = [(first.entered, "they come in here first")]
        if first.source != second.source:
            secondary.append((second.source, "read again here"))
        return cls.at(
            second.entered,
            f"stage `{stage.name}` trains twice on the same rows, those of {_title(first, second)}",
            "the same rows again",
            secondary=secondary,
            helps=(Help("take one of them out, or say `| repeat 2` if the rows are to count double"),),
        )


def _title(first: Way, second: Way) -> str:
    """How the rows are called where they come in again, or where they are read."""
    for place in (second.entered, first.source):
        text = " ".join(place.source.slice(place.span).split())
        if len(text) <= _SHORT:
            return f"`{text}`"
    return "one source"
