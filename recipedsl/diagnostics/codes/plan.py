"""Plans: settings that do not go together, and what cannot be carried out."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class IllegalBatch(Code):
    """A batch that cannot be laid out.

    What: For online methods the batch counts answers and is a multiple of `generations`; KTO needs at
    least two rows at a time.

    Why: TRL refuses these only after everything is loaded.

    Bad:

        grpo { batch = 12, generations = 8 }

    Good:

        grpo { batch = 16, generations = 8 }
    """

    code: ClassVar[str] = "P401"
    name: ClassVar[str] = "illegal-batch"
    severity: ClassVar[Severity] = Severity.ERROR


class Conflict(Code):
    """Settings that exclude each other.

    Bad:

        sft { epochs = 2, steps = 100 }

    Good:

        sft { steps = 100 }
    """

    code: ClassVar[str] = "P402"
    name: ClassVar[str] = "conflicting-settings"
    severity: ClassVar[Severity] = Severity.ERROR


class UnusualRate(Code):
    """A learning rate far outside the method's usual band.

    What: Ten times outside what the method's paper, TRL's defaults and published recipes use; LoRA's
    band lies ten times higher.

    Bad:

        dpo { learning_rate = 1e-3 }

    Good:

        dpo { learning_rate = 1e-6 }
    """

    code: ClassVar[str] = "P403"
    name: ClassVar[str] = "unusual-learning-rate"
    severity: ClassVar[Severity] = Severity.WARNING


class NotYet(Code):
    """Something that the language can say and this version cannot do.

    Why: A plan that leaves out what was asked for would be a lie.

    Bad:

        rounds 3 { }
    """

    code: ClassVar[str] = "P404"
    name: ClassVar[str] = "not-carried-out-yet"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownArgument(Code):
    """An argument that the installed trainer does not have.

    Bad:

        trainer = { bteas: 0.1 }

    Good:

        trainer = { warmup_steps: 10 }
    """

    code: ClassVar[str] = "P405"
    name: ClassVar[str] = "unknown-trainer-argument"
    severity: ClassVar[Severity] = Severity.ERROR


class NothingToTrain(Code):
    """A stage with no rows or no steps left."""

    code: ClassVar[str] = "P406"
    name: ClassVar[str] = "nothing-to-train"
    severity: ClassVar[Severity] = Severity.ERROR


CODES: tuple[type[Code], ...] = (
    IllegalBatch,
    Conflict,
    UnusualRate,
    NotYet,
    UnknownArgument,
    NothingToTrain,
)
