"""What a look at a dataset shows: a profile of its columns, and a funnel of its steps.

Records of plain values, written and read as JSON. Counts are of rows unless something else is said,
quantiles are values that occur (the nearest rank from below), lengths are in characters (Unicode
code points) and in words (runs without white space).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from recipedsl.diagnostics import Diagnostic
from recipedsl.plan.model import Origin, Record

#: Version of the JSON forms; a change that a reader could trip over raises it.
VERSION = 1

Kind = Literal["text", "number", "bool", "date", "messages", "list", "record"]


class Histogram(Record):
    """How often values lie between edges.

    Attributes:
        edges: ascending, one more than there are counts; a value lies at or above its left edge.
        counts: of the values between two edges.
        above: values beyond the last edge, which the longest few per cent may be.
    """

    edges: tuple[int | float, ...]
    counts: tuple[int, ...]
    above: int = 0


class Numbers(Record):
    """A set of numbers.

    Attributes:
        count: how many there are; what is null or no number is not counted.
        odd: how many were infinite or no number.
    """

    count: int
    min: int | float
    p50: int | float
    p95: int | float
    max: int | float
    mean: float
    odd: int = 0
    histogram: Histogram


class Value(Record):
    """A value and how many rows have it; a long one is cut."""

    value: str
    rows: int


class RoleUse(Record):
    """What is said in one role.

    Attributes:
        messages: how many.
        characters: of each message.
    """

    role: str
    messages: int
    characters: Numbers | None = None


class Conversation(Record):
    """What lists of messages hold.

    Attributes:
        turns: messages of each row.
        roles: by the first row in which they occur, the frequent ones if there are many.
        other_roles: how many more roles there are.
        with_system: rows that begin with a system message.
        with_calls: rows in which a function is called.
    """

    turns: Numbers | None
    roles: tuple[RoleUse, ...]
    other_roles: int = 0
    with_system: int = 0
    with_calls: int = 0


class Column(Record):
    """One column.

    Attributes:
        type: in the words of the language.
        blank: texts without anything but white space; not the null ones.
        distinct: different values, null not counted; exact but for collisions of 64-bit hashes.
        numbers: the values, of numbers.
        characters: of each text, or of all messages of a row.
        words: of each text.
        items: of each list.
        first, last: of dates.
        top: the most frequent values, those that occur once left out unless the values are few.
    """

    name: str
    type: str
    kind: Kind
    nulls: int = 0
    blank: int = 0
    distinct: int = 0
    numbers: Numbers | None = None
    characters: Numbers | None = None
    words: Numbers | None = None
    items: Numbers | None = None
    conversation: Conversation | None = None
    first: str = ""
    last: str = ""
    top: tuple[Value, ...] = ()


class Duplicates(Record):
    """Rows that repeat an earlier one.

    Attributes:
        rows: equal in every column.
        texts: equal in the columns `by` when case and white space count for nothing.
        by: the columns of texts; empty where there is none.
    """

    rows: int
    texts: int = 0
    by: tuple[str, ...] = ()


class Languages(Record):
    """Languages of a sample of rows.

    Attributes:
        sample: rows that were looked at, drawn with a fixed seed.
        by: the columns of texts.
        found: languages by number of rows; the empty one where none could be told.
    """

    sample: int
    by: tuple[str, ...]
    found: tuple[Value, ...]


class Sides(Record):
    """Chosen beside rejected answers, in characters: a judge that only sees length learns length.

    Attributes:
        rows: that have both.
        longer: rows whose chosen answer is the longer one.
        equal: rows whose answers are equally long.
    """

    rows: int
    longer: int
    equal: int
    chosen: Numbers
    rejected: Numbers


class Profile(Record):
    """What the rows of a dataset hold."""

    version: int = VERSION
    rows: int
    columns: tuple[Column, ...]
    duplicates: Duplicates
    languages: Languages | None = None
    sides: Sides | None = None


# --- funnels ------------------------------------------------------------------------------------------


class Measure(Record):
    """What the texts of a funnel are measured in.

    Attributes:
        unit: `tokens`, or `characters` where no tokenizer is at hand.
        of: the model whose tokenizer counted; empty for characters.
        exact: false where tokens are told from characters by the ratio of a sample.
        sample: rows of that sample.
    """

    unit: Literal["tokens", "characters"]
    of: str = ""
    exact: bool = True
    sample: int = 0


class Example(Record):
    """A row that fell.

    Attributes:
        row: its number among the rows that were read, from 1; 0 where it is not known.
        reason: why it fell; empty where the step says it.
        values: what decided, and what the row says, by name; cut.
        kept: the row that stayed in its place, in the same form.
        kept_row: its number.
    """

    row: int = 0
    reason: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    kept: dict[str, str] = Field(default_factory=dict)
    kept_row: int = 0


class FunnelStep(Record):
    """What one step did.

    Attributes:
        before, after: rows.
        fell: rows that are not there any more; less than `before - after` never, more where rows were added.
        size: tokens or characters of the rows that fell, as they entered the step.
        reasons: rows by what they fell to: the parts of a condition (a row may fail several), what
            could not be brought into shape.
        told: what the step says of itself: what was masked, groups that are alike.
        problem: why the step could not be carried out, or the gate that does not hold.
    """

    keyword: str
    text: str
    before: int
    after: int
    fell: int = 0
    size: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    told: dict[str, Any] = Field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    problem: str = ""


class Funnel(Record):
    """What became of the rows of a dataset, step by step.

    Attributes:
        source: where the rows come from, in words.
        rows: that enter the first step.
        rejects: lines that were set aside while reading.
        rejected: the first few, in words.
        by: the columns whose texts are measured, as they are called where rows enter.
        size: of these rows, in the unit of `measure`.
        result, result_size: rows and their size at the end.
        parts: rows of each part, where the last step splits.
        complete: whether all steps were carried out.
    """

    version: int = VERSION
    rows: int
    rejects: int = 0
    rejected: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    measure: Measure
    size: int = 0
    steps: tuple[FunnelStep, ...] = ()
    result: int = 0
    result_size: int = 0
    parts: dict[str, int] = Field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True)
class Made:
    """A funnel, and what is wrong with the steps that could not be carried out, with their places."""

    funnel: Funnel
    problems: tuple[tuple[Diagnostic, Origin], ...] = ()
