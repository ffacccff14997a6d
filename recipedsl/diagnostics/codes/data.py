"""Data: columns, shapes, splits and files."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class UnknownColumn(Code):
    """A column that the rows do not have.

    Bad:

        where langauge == "python"

    Good:

        where language == "python"
    """

    code: ClassVar[str] = "D201"
    name: ClassVar[str] = "unknown-column"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongShape(Code):
    """A dataset of another shape than the stage trains on.

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

    Bad:

        type Row = { question: text, answer: text }
        data d: Row = read("only_questions.jsonl")

    Good:

        type Row = { question: text }
    """

    code: ClassVar[str] = "D204"
    name: ClassVar[str] = "type-differs"
    severity: ClassVar[Severity] = Severity.ERROR


class BadShares(Code):
    """Shares of a split that do not sum to 100%.

    Bad:

        split train = 90%, held = 5%

    Good:

        split train = 95%, held = 5%
    """

    code: ClassVar[str] = "D205"
    name: ClassVar[str] = "bad-shares"
    severity: ClassVar[Severity] = Severity.ERROR


class PartNeeded(Code):
    """A split dataset used without saying which part.

    Bad:

        data = solutions

    Good:

        data = solutions.train
    """

    code: ClassVar[str] = "D206"
    name: ClassVar[str] = "part-needed"
    severity: ClassVar[Severity] = Severity.ERROR


class AfterSplit(Code):
    """A step after `split`.

    What: `split` ends a pipeline: what follows would have to be done to every part.

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

    Bad:

        as chat(user = question)

    Good:

        as chat(user = question, assistant = answer)
    """

    code: ClassVar[str] = "D208"
    name: ClassVar[str] = "shape-arguments"
    severity: ClassVar[Severity] = Severity.ERROR


class ColumnClash(Code):
    """Sources whose columns have different types.

    Bad:

        concat(numbers, texts)

    Good:

        concat((numbers | derive label = text(label)), texts)
    """

    code: ClassVar[str] = "D209"
    name: ClassVar[str] = "column-clash"
    severity: ClassVar[Severity] = Severity.ERROR


class Leakage(Code):
    """A model judged on rows that it was trained on.

    What: The evaluation reads the very rows that a judged stage, or one it starts from, trained on.

    Why: The score would measure memory.

    Bad:

        eval e { models = [tuned], data = d.train, metrics = [loss()] }

    Good:

        eval e { models = [tuned], data = d.held, metrics = [loss()] }
    """

    code: ClassVar[str] = "D210"
    name: ClassVar[str] = "leakage"
    severity: ClassVar[Severity] = Severity.ERROR


class DuplicateColumn(Code):
    """Two columns of one name.

    Bad:

        rename answer = reply

    Good:

        drop answer | rename answer = reply
    """

    code: ClassVar[str] = "D211"
    name: ClassVar[str] = "duplicate-column"
    severity: ClassVar[Severity] = Severity.ERROR


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
)
