"""Data: columns, shapes, splits and files."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class UnknownColumn(Code):
    """A column that the rows do not have.

    What: An expression or step names a column, and the rows that reach it have none of that name.

    Why: In most tools a misspelt column is found when the rows are read, or is taken as null for every
    row.

    Bad:

        | where langauge == "python"

    Good:

        | where language == "python"
    """

    code: ClassVar[str] = "D201"
    name: ClassVar[str] = "unknown-column"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongShape(Code):
    """A dataset of another shape than the stage trains on.

    What: The shape that `as …` gave the rows is not one that the stage or metric works on.

    Why: A DPO run that reads a chat dataset reads the wrong columns, or none.

    Bad:

        stage final: dpo { from = tuned, data = lessons }

    Good:

        stage final: dpo { from = tuned, data = pairs }
    """

    code: ClassVar[str] = "D202"
    name: ClassVar[str] = "wrong-shape"
    severity: ClassVar[Severity] = Severity.ERROR


class Unreadable(Code):
    """Rows that cannot be read.

    What: The file is missing, outside the project, or of no known form.

    Why: Every row of the dataset hangs on it; found now, it costs a second instead of a queued run.

    Bad:

        data d = read("dta/rows.jsonl")

    Good:

        data d = read("data/rows.jsonl")
    """

    code: ClassVar[str] = "D203"
    name: ClassVar[str] = "unreadable-source"
    severity: ClassVar[Severity] = Severity.ERROR


class TypeDiffers(Code):
    """A declared row type that the file does not have.

    What: The annotation `data name: Type` promises a column, or a type of one, that a look at the file
    does not show.

    Why: The rest of the recipe is checked against the declared type; a wrong one would make every check
    worthless.

    Bad:

        type Row = { question: text, level: int }
        data d: Row = read("data/rows.jsonl")

    Good:

        type Row = { question: text }
        data d: Row = read("data/rows.jsonl")
    """

    code: ClassVar[str] = "D204"
    name: ClassVar[str] = "type-differs"
    severity: ClassVar[Severity] = Severity.ERROR


class BadShares(Code):
    """Shares of a split that do not sum to 100%.

    What: The shares of `split` have to sum to 100%, so that each row falls into exactly one part.

    Why: Rows that belong to no part would be lost without a word.

    Bad:

        | split train = 90%, held = 5%

    Good:

        | split train = 95%, held = 5%
    """

    code: ClassVar[str] = "D205"
    name: ClassVar[str] = "bad-shares"
    severity: ClassVar[Severity] = Severity.ERROR


class PartNeeded(Code):
    """A split dataset used without saying which part.

    What: The dataset ends in `split`, and a name of one of its parts has to follow: `solutions.train`.

    Why: Taking all parts would train on the very rows that were set apart for judging.

    Bad:

        data solutions = read("data/rows.jsonl") | as chat(messages) | split train = 95%, held = 5%
        stage tuned: sft { from = base, data = solutions }

    Good:

        data solutions = read("data/rows.jsonl") | as chat(messages) | split train = 95%, held = 5%
        stage tuned: sft { from = base, data = solutions.train }
    """

    code: ClassVar[str] = "D206"
    name: ClassVar[str] = "part-needed"
    severity: ClassVar[Severity] = Severity.ERROR


class AfterSplit(Code):
    """A step after `split`.

    What: `split` ends a pipeline: what follows would have to be done to every part.

    Why: A step that draws or orders rows would do so in each part anew, and that is seldom what was
    meant.

    Bad:

        | split train = 90%, held = 10% | shuffle

    Good:

        | shuffle | split train = 90%, held = 10%
    """

    code: ClassVar[str] = "D207"
    name: ClassVar[str] = "after-split"
    severity: ClassVar[Severity] = Severity.ERROR


class ShapeArguments(Code):
    """A shape given too little, too much, or columns of the wrong type.

    What: Each shape has sets of arguments that are enough: `chat` takes `messages`, or `user` and
    `assistant`.

    Why: A row without a question or without an answer teaches nothing, and a number is no turn of a
    conversation.

    Bad:

        | as chat(user = question)

    Good:

        | as chat(user = question, assistant = answer)
    """

    code: ClassVar[str] = "D208"
    name: ClassVar[str] = "shape-arguments"
    severity: ClassVar[Severity] = Severity.ERROR


class ColumnClash(Code):
    """Sources whose columns have different types.

    What: Datasets that are put together have a column of one name whose types no common type holds.

    Why: One of the two would be cast or nulled behind the author's back; some tools fail in the middle
    of the run instead.

    Bad:

        data both = concat(numbers, texts)

    Good:

        data both = concat((numbers | derive label = text(label)), texts)
    """

    code: ClassVar[str] = "D209"
    name: ClassVar[str] = "column-clash"
    severity: ClassVar[Severity] = Severity.ERROR


class Leakage(Code):
    """A model judged on rows that it was trained on.

    What: The evaluation reads the very rows that a judged stage, or one it starts from, trained on.

    Why: The score would measure memory.

    Bad:

        stage tuned: sft { from = base, data = solutions.train }
        eval e { models = [tuned], data = solutions.train, metrics = [loss()] }

    Good:

        stage tuned: sft { from = base, data = solutions.train }
        eval e { models = [tuned], data = solutions.held, metrics = [loss()] }
    """

    code: ClassVar[str] = "D210"
    name: ClassVar[str] = "leakage"
    severity: ClassVar[Severity] = Severity.ERROR


class DuplicateColumn(Code):
    """Two columns of one name.

    What: A step gives a column a name that another column has already.

    Why: One of the two would vanish silently.

    Bad:

        | rename answer = reply

    Good:

        | drop answer | rename answer = reply
    """

    code: ClassVar[str] = "D211"
    name: ClassVar[str] = "duplicate-column"
    severity: ClassVar[Severity] = Severity.ERROR


class BrokenRecords(Code):
    """Records of a file that cannot be read.

    What: Among the first records that `check` looks at are some that are no JSON, no row of the table,
    or no object.

    Why: Each is set aside when the rows are read, and above `max_rejects` the run stops. A line number
    now is cheaper than a count then.

    Bad:

        {"question": "one", "answer": "two"

    Good:

        {"question": "one", "answer": "two"}
    """

    code: ClassVar[str] = "D215"
    name: ClassVar[str] = "broken-records"
    severity: ClassVar[Severity] = Severity.WARNING


class OutsideChoices(Code):
    """A value that the declared enumeration does not have.

    What: Among the first rows of the file is one whose value is none of those that the row type names.

    Why: The row is set aside when the rows are read. The value is misspelt in the data, or missing in
    the type.

    Bad:

        type Row = { question: text, level: ["easy", "medium"] }

    Good:

        type Row = { question: text, level: ["easy", "medium", "hard"] }
    """

    code: ClassVar[str] = "D216"
    name: ClassVar[str] = "outside-choices"
    severity: ClassVar[Severity] = Severity.WARNING


class NullSeen(Code):
    """A column that is null where its declared type has a value.

    What: Among the first rows of the file is one where the column is null or missing, and its type has
    no `?`.

    Why: The row is set aside when the rows are read, though it may be meant to stay.

    Bad:

        type Row = { question: text, score: float }

    Good:

        type Row = { question: text, score: float? }
    """

    code: ClassVar[str] = "D217"
    name: ClassVar[str] = "null-seen"
    severity: ClassVar[Severity] = Severity.WARNING


class NullInShape(Code):
    """A shape made of a column that is null in some rows.

    What: What becomes the question, the answer or the label of a row may be null, and no step before
    drops such rows.

    Why: Rows without it are set aside and counted as rejects, so that a run may stop over rows that were
    meant to be passed over.

    Bad:

        | as chat(user = question, assistant = answer)

    Good:

        | where answer != none
        | as chat(user = question, assistant = answer)
    """

    code: ClassVar[str] = "D218"
    name: ClassVar[str] = "null-in-shape"
    severity: ClassVar[Severity] = Severity.WARNING


class NotFetched(Code):
    """Rows of the hub, or behind an address, that are not on this machine yet.

    What: The rows have not been fetched, and no row type is declared for it, so its columns are not
    known and what refers to them is not checked.

    Why: Checking never uses the network. `recipedsl plan` and `recipedsl run` fetch what is missing and
    check everything again before anything is trained.

    Bad:

        data pairs = hub("acme/pairs", revision = "1f2e3d4c") | where chars(question) > 10

    Good:

        type Pair = { question: text, good: text, bad: text }
        data pairs: Pair = hub("acme/pairs", revision = "1f2e3d4c") | where chars(question) > 10
    """

    code: ClassVar[str] = "D219"
    name: ClassVar[str] = "not-fetched"
    severity: ClassVar[Severity] = Severity.INFO


class UnusualTag(Code):
    """A name of a code block's language that looks mistyped.

    What: Blocks are asked for by a language that is nearly the name of a known one.

    Why: What fences name is free, so the name is taken letter for letter; one that no fence bears finds
    nothing, and every row falls.

    Bad:

        where length(code_blocks(answer, "pyton")) > 0

    Good:

        where length(code_blocks(answer, "python")) > 0
    """

    code: ClassVar[str] = "D212"
    name: ClassVar[str] = "unusual-tag"
    severity: ClassVar[Severity] = Severity.WARNING


CODES: tuple[type[Code], ...] = (
    UnknownColumn,
    WrongShape,
    Unreadable,
    TypeDiffers,
    BadShares,
    PartNeeded,
    AfterSplit,
    ShapeArguments,
    ColumnClash,
    Leakage,
    DuplicateColumn,
    BrokenRecords,
    OutsideChoices,
    NullSeen,
    NullInShape,
    NotFetched,
    UnusualTag,
)
