"""What carries out jobs side by side, and what may come of a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Protocol, TypeVar, cast

from recipedsl.diagnostics import Diagnostic, RecipeError
from recipedsl.source import Location

Job = TypeVar("Job")
Done = TypeVar("Done")


class Workers(Protocol):
    """Processes that take jobs.

    A job may be begun several times, when a process dies in between: what a function does has to come out
    the same however often it is begun.
    """

    @property
    def count(self) -> int:
        """How many jobs are done at a time."""

    def each(self, function: Callable[[Job], Done], jobs: Sequence[Job]) -> list[Done]:
        """What the function, one of a module, gives for each job, in the order of the jobs."""


@dataclass(frozen=True)
class Refused:
    """A user's mistake that a job came upon: an exception with diagnostics does not travel."""

    diagnostics: tuple[Diagnostic, ...]
    at: Location | None = None

    def error(self) -> RecipeError:
        """The same, to be raised."""
        return RecipeError(*self.diagnostics, at=self.at)


def refusing(function: Callable[[Job], Done]) -> Callable[[Job], Done | Refused]:
    """The function, giving a mistake instead of raising it."""

    @wraps(function)
    def given(job: Job) -> Done | Refused:
        try:
            return function(job)
        except RecipeError as error:
            return Refused(error.diagnostics, error.at)

    return cast("Callable[[Job], Done | Refused]", given)
