"""Records one by one against a row type: what is good, what is set aside, and what a late value widens."""

from __future__ import annotations

from typing import Any

from recipedsl.data.reading.files import Form
from recipedsl.data.reading.inference import widened_row
from recipedsl.data.reading.records import Record
from recipedsl.data.reading.rejects import LONGEST, LONGEST_REASON, Reject
from recipedsl.data.reading.values import Mismatch, RowCheck
from recipedsl.language.types import RowType


class Strict:
    """Checks records of a file.

    Attributes:
        row: type of the rows, which may grow when it was only looked at.
        check: the check against it; it counts keys that nobody declared.
        bad: records set aside since somebody took them.
    """

    def __init__(self, name: str, form: Form, row: RowType, *, looked: bool) -> None:
        self._name = name
        self._form = form
        self._looked = looked
        self.row = row
        self.check = RowCheck(row, cells=form == "csv")
        self.bad: list[Reject] = []

    def values(self, record: Record) -> list[Any] | None:
        """Values of the columns in order; None when the record is set aside."""
        problem = record.problem
        if not problem:
            try:
                return self.check(record.value)
            except Mismatch as error:
                values, problem = self._after_growth(record.value, error)
                if not problem:
                    return values
        reason, raw = _printable(problem, LONGEST_REASON), _printable(record.raw, LONGEST)
        self.bad.append(Reject(self._name, record.line, record.offset, reason, raw))
        return None

    def take_bad(self) -> list[Reject]:
        """What was set aside since the last call."""
        taken, self.bad = self.bad, []
        return taken

    def _after_growth(self, value: Any, error: Mismatch) -> tuple[list[Any] | None, str]:
        """The row's values once a type that was only looked at has grown to hold them, or why it cannot."""
        if self._looked and isinstance(value, dict):
            grown = widened_row(self.row, value, self._form)
            check = RowCheck(grown, cells=self._form == "csv", unseen=self.check.unseen)
            try:
                values = check(value)
            except Mismatch as other:
                error = other
            else:
                # Rows gathered so far are of the narrower type, which the wider one takes in.
                self.row, self.check = grown, check
                return values, ""
        return None, str(error) if error.path else error.why


def _printable(text: str, longest: int) -> str:
    return text[:longest].encode(errors="replace").decode()
