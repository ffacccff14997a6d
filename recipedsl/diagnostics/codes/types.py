"""Types: values that do not fit where they stand."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class WrongType(Code):
    """A value of another sort than the setting takes.

    What: A setting takes a number, a text, a choice, a list … and something of another sort is written.

    Why: Nothing is converted silently: a text that looks like a number is how `1e-5` becomes a word in
    other tools.

    Bad:

        stage s: sft { from = base, data = lessons, epochs = "2" }

    Good:

        stage s: sft { from = base, data = lessons, epochs = 2 }
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

    What: The number lies outside what the setting, or the range of a `param`, allows.

    Why: Bounds stand where a value outside has no meaning, or is refused by the trainer after everything
    is loaded.

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

    What: The setting takes one of a few words, and another one is written.

    Why: The words are those of this language, the same for every trainer below it.

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

    What: A call has arguments that the concept does not have, has one twice, or lacks one that it needs.

    Why: An argument that is dropped silently would train something else than was written.

    Bad:

        | where score > 0, score < 1

    Good:

        | where score > 0 and score < 1
    """

    code: ClassVar[str] = "T105"
    name: ClassVar[str] = "wrong-arguments"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongOperand(Code):
    """An operand or argument of the wrong type.

    What: A function or operator is given a column or value that it does not work on.

    Why: Most of these would only fail in the middle of the data, or compare numbers with text.

    Bad:

        | where chars(score) > 10

    Good:

        | where score > 10
    """

    code: ClassVar[str] = "T106"
    name: ClassVar[str] = "wrong-operand"
    severity: ClassVar[Severity] = Severity.ERROR


class NotACondition(Code):
    """Something that is neither true nor false where a condition is wanted.

    What: `where`, `expect`, `and`, `or` and `not` want something that is true or false.

    Why: Counting every number but 0 as true hides a comparison that was forgotten.

    Bad:

        | where chars(answer)

    Good:

        | where chars(answer) > 0
    """

    code: ClassVar[str] = "T107"
    name: ClassVar[str] = "not-a-condition"
    severity: ClassVar[Severity] = Severity.ERROR


class NeverTrue(Code):
    """A comparison with a value that the column cannot have.

    What: The column is an enumeration and the value is none of its members.

    Why: The filter would drop every row, or none; a misspelt value is the usual cause.

    Bad:

        | where difficulty == "hrad"

    Good:

        | where difficulty == "hard"
    """

    code: ClassVar[str] = "T108"
    name: ClassVar[str] = "never-true"
    severity: ClassVar[Severity] = Severity.ERROR


class BadPattern(Code):
    """A regular expression that cannot run.

    What: Patterns are in Rust-regex syntax, which has no look-around and no back-references.

    Why: It would fail on the first row; here it fails before one is read.

    Bad:

        | where matches(answer, "(as an ai")

    Good:

        | where matches(answer, "(as an ai)")
    """

    code: ClassVar[str] = "T109"
    name: ClassVar[str] = "bad-pattern"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownType(Code):
    """A type that does not exist.

    What: Types of columns are `text`, `int`, `float`, `bool`, `date`, `list[…]`, records, enumerations
    and declared row types.

    Why: A type that nobody knows can be checked against nothing.

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

    What: The value is needed before the first row is read: a count, a share, a pattern, a setting.

    Why: The plan shows it, and the same recipe has to give the same plan.

    Bad:

        | take chars(answer)

    Good:

        | take 2k
    """

    code: ClassVar[str] = "T111"
    name: ClassVar[str] = "not-constant"
    severity: ClassVar[Severity] = Severity.ERROR


class ParamValue(Code):
    """A param without a value, or with one that does not fit its type.

    What: A param has no default and none is set from outside, or the value set does not fit its type or
    range.

    Why: A run must not begin with a hole, nor with a value that the recipe rules out.

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
