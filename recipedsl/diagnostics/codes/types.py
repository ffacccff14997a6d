"""Types: values that do not fit where they stand."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class WrongType(Code):
    """A value of another sort than the setting takes.

    Bad:

        stage s: sft { from = base, data = d, epochs = "2" }

    Good:

        stage s: sft { from = base, data = d, epochs = 2 }
    """

    code: ClassVar[str] = "T101"
    name: ClassVar[str] = "wrong-type"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongUnit(Code):
    """A unit that is missing, or one that does not belong.

    What: A duration needs `s`, `min` or `h`, a size `MB` or `GB`; a plain number takes none.

    Why: 3 of what? Guessing a unit is how warm-ups become a thousand times too long.

    Bad:

        reward = passes(tests, timeout = 10)

    Good:

        reward = passes(tests, timeout = 10s)
    """

    code: ClassVar[str] = "T102"
    name: ClassVar[str] = "wrong-unit"
    severity: ClassVar[Severity] = Severity.ERROR


class OutOfRange(Code):
    """A number outside its range.

    Bad:

        param rank: int in 1..256 = 512

    Good:

        param rank: int in 1..256 = 64
    """

    code: ClassVar[str] = "T103"
    name: ClassVar[str] = "out-of-range"
    severity: ClassVar[Severity] = Severity.ERROR


class NotAChoice(Code):
    """A word that is none of the choices.

    Bad:

        model base { from = local("m"), dtype = bfloat16 }

    Good:

        model base { from = local("m"), dtype = bf16 }
    """

    code: ClassVar[str] = "T104"
    name: ClassVar[str] = "not-a-choice"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongArguments(Code):
    """Too many, too few or unknown arguments.

    Bad:

        adapter = lora(rank = 8, 16)

    Good:

        adapter = lora(rank = 8, alpha = 16)
    """

    code: ClassVar[str] = "T105"
    name: ClassVar[str] = "wrong-arguments"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongOperand(Code):
    """An operand or argument of the wrong type.

    What: A function or operator is given a column or value that it does not work on.

    Why: Most of these would only fail in the middle of the data, or compare numbers with text.

    Bad:

        where chars(score) > 10

    Good:

        where score > 10
    """

    code: ClassVar[str] = "T106"
    name: ClassVar[str] = "wrong-operand"
    severity: ClassVar[Severity] = Severity.ERROR


class NotACondition(Code):
    """Something that is neither true nor false where a condition is wanted.

    Bad:

        where chars(answer)

    Good:

        where chars(answer) > 0
    """

    code: ClassVar[str] = "T107"
    name: ClassVar[str] = "not-a-condition"
    severity: ClassVar[Severity] = Severity.ERROR


class NeverTrue(Code):
    """A comparison with a value that the column cannot have.

    What: The column is an enumeration and the value is none of its members.

    Bad:

        where difficulty == "hrad"

    Good:

        where difficulty == "hard"
    """

    code: ClassVar[str] = "T108"
    name: ClassVar[str] = "never-true"
    severity: ClassVar[Severity] = Severity.ERROR


class BadPattern(Code):
    """A regular expression that cannot run.

    What: Patterns are in Rust-regex syntax, which has no look-around and no back-references.

    Bad:

        where matches(answer, "(as an ai")

    Good:

        where matches(answer, "(as an ai)")
    """

    code: ClassVar[str] = "T109"
    name: ClassVar[str] = "bad-pattern"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownType(Code):
    """A type that does not exist.

    Bad:

        type Row = { question: string }

    Good:

        type Row = { question: text }
    """

    code: ClassVar[str] = "T110"
    name: ClassVar[str] = "unknown-type"
    severity: ClassVar[Severity] = Severity.ERROR


class NotConstant(Code):
    """A value that depends on the row where it has to be known before.

    Bad:

        take chars(answer)

    Good:

        take 2k
    """

    code: ClassVar[str] = "T111"
    name: ClassVar[str] = "not-constant"
    severity: ClassVar[Severity] = Severity.ERROR


class ParamValue(Code):
    """A param without a value, or with one that does not fit its type.

    Bad:

        param rank: int

    Good:

        param rank: int = 16
    """

    code: ClassVar[str] = "T112"
    name: ClassVar[str] = "param-value"
    severity: ClassVar[Severity] = Severity.ERROR


CODES: tuple[type[Code], ...] = (
    WrongType,
    WrongUnit,
    OutOfRange,
    NotAChoice,
    WrongArguments,
    WrongOperand,
    NotACondition,
    NeverTrue,
    BadPattern,
    UnknownType,
    NotConstant,
    ParamValue,
)
