"""D5xx: what goes wrong with rows while a plan is carried out."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code


class FileNotFound(Code):
    """No file for a path.

    What: the path or glob of a source stands for no file under the project root.

    Why: a misspelt glob would otherwise give an empty dataset.

    Bad: `read("data/solutons.jsonl")`

    Good: `read("data/solutions.jsonl")`
    """

    code: ClassVar[str] = "D501"
    name: ClassVar[str] = "file-not-found"


class PathOutsideRoot(Code):
    """A path leaves the project.

    What: a file lies outside the project root once symbolic links are followed, and no grant covers it.

    Why: a recipe from elsewhere must not read what it was not given.

    Bad: `read("../../home/notes.jsonl")`

    Good: the file inside the project, or a wider project named with `--root`.
    """

    code: ClassVar[str] = "D502"
    name: ClassVar[str] = "path-outside-root"


class UnreadableFile(Code):
    """A file that cannot be read as what it claims to be.

    What: a broken archive, a JSON array that breaks off, a Parquet file without its footer.

    Why: unlike a bad line, nothing behind the break can be trusted.

    Bad: `[{"a": 1}, {"a": `

    Good: `[{"a": 1}, {"a": 2}]`
    """

    code: ClassVar[str] = "D503"
    name: ClassVar[str] = "unreadable-file"


class TooManyRejects(Code):
    """Too many rows had to be set aside.

    What: the share of malformed rows of a source is over `max_rejects`.

    Why: a few bad lines are noise, many mean that the file or the declared type is wrong.

    Bad: `type Row = { score: int }` for rows such as `{"score": "high"}`

    Good: `type Row = { score: text }`
    """

    code: ClassVar[str] = "D504"
    name: ClassVar[str] = "too-many-rejects"


class UnknownFormat(Code):
    """A file of no known format.

    What: neither the ending of the name nor the content tells how to read it.

    Why: guessing would give rows that nobody wrote.

    Bad: `read("data/rows.dat")`

    Good: `read("data/rows.dat", format = jsonl)`
    """

    code: ClassVar[str] = "D505"
    name: ClassVar[str] = "unknown-format"


class WrongColumnType(Code):
    """A column of a file has another type than declared.

    What: a Parquet column cannot be taken as the type that the row type gives it.

    Why: a forced cast would null or change values.

    Bad: `type Row = { score: int }` over a file whose `score` is text

    Good: `type Row = { score: text }`
    """

    code: ClassVar[str] = "D506"
    name: ClassVar[str] = "wrong-column-type"


class ColumnsDiverge(Code):
    """Datasets that are put together disagree about a column.

    What: a column of the same name has types that no common type holds.

    Why: one of the two would be cast behind the author's back.

    Bad: `concat(a, b)` where `a.score` is a number and `b.score` a text

    Good: `concat(a, (b | derive score = number(score)))`
    """

    code: ClassVar[str] = "D507"
    name: ClassVar[str] = "columns-diverge"


class MissingColumn(Code):
    """A declared column is in no row.

    What: a file lacks a column that the row type declares without `?`.

    Why: null in every row is never what was meant.

    Bad: `type Row = { answer: text }` over a file without `answer`

    Good: `type Row = { answer: text? }`, or the right file
    """

    code: ClassVar[str] = "D508"
    name: ClassVar[str] = "missing-column"


class DatasetNotAtHand(Code):
    """A dataset of the hub that cannot be reached.

    What: it is neither in the local cache nor can it be fetched.

    Why: an offline machine trains only on what it has.

    Bad: `hub("someone/some-dataset")` on a machine that never fetched it

    Good: the same after a fetch on a connected machine, or `read("data/rows.parquet")`
    """

    code: ClassVar[str] = "D509"
    name: ClassVar[str] = "dataset-not-at-hand"


class DuplicateJoinKey(Code):
    """A key stands twice on the right side of a join.

    What: `join` gives one partner a row; two rows of the other dataset have the same key.

    Why: rows would multiply silently.

    Bad: `join ratings, on = id` where `ratings` has two rows for an `id`

    Good: `join (ratings | dedup id), on = id`
    """

    code: ClassVar[str] = "D510"
    name: ClassVar[str] = "duplicate-join-key"


class JoinCollision(Code):
    """Both sides of a join have a column of the same name.

    What: a column beside the keys is in both datasets.

    Why: one of the two would vanish or be renamed silently.

    Bad: `join scores, on = id` where both have `source`

    Good: `join (scores | drop source), on = id`
    """

    code: ClassVar[str] = "D511"
    name: ClassVar[str] = "join-collision"


class GateFailed(Code):
    """An `expect` over the rows does not hold.

    What: the condition of an `expect` step is false for the rows so far.

    Why: it was written to stop the run before training.

    Bad: `expect count() > 1k` with 12 rows left

    Good: rows that meet it, or a gate that says what is really needed
    """

    code: ClassVar[str] = "D512"
    name: ClassVar[str] = "data-gate-failed"


class NothingShaped(Code):
    """No row could be brought into the shape.

    What: every row that reached `as` was set aside.

    Why: a stage cannot train on nothing; mostly the wrong columns were named.

    Bad: `as chat(messages = turns)` where `turns` is always empty

    Good: `as chat(messages = conversations)`
    """

    code: ClassVar[str] = "D513"
    name: ClassVar[str] = "nothing-shaped"


class NotShapable(Code):
    """A column cannot take a place in a shape.

    What: its type is neither text nor messages, or its records have no role and content.

    Why: there is no way to tell who says what.

    Bad: `as chat(messages = score)`

    Good: `as chat(messages = conversations)`
    """

    code: ClassVar[str] = "D514"
    name: ClassVar[str] = "not-shapable"


class ImpossibleArgument(Code):
    """A constant that a function cannot work with.

    What: an argument that is known beforehand is of the right type and makes no sense.

    Why: every row would come out empty or wrong.

    Bad: `dedup score, near = 0.85` where `score` is a number

    Good: `dedup answer, near = 0.85`
    """

    code: ClassVar[str] = "D515"
    name: ClassVar[str] = "impossible-argument"


class StepFailed(Code):
    """A step of a pipeline cannot be carried out on these rows.

    What: the data engine refused the step; its words stand in the notes.

    Why: types that are only known from the rows themselves do not go together.

    Bad: `where year(created) > "2020"`

    Good: `where year(created) > 2020`
    """

    code: ClassVar[str] = "D516"
    name: ClassVar[str] = "step-failed"


CODES: tuple[type[Code], ...] = (
    FileNotFound,
    PathOutsideRoot,
    UnreadableFile,
    TooManyRejects,
    UnknownFormat,
    WrongColumnType,
    ColumnsDiverge,
    MissingColumn,
    DatasetNotAtHand,
    DuplicateJoinKey,
    JoinCollision,
    GateFailed,
    NothingShaped,
    NotShapable,
    ImpossibleArgument,
    StepFailed,
)
