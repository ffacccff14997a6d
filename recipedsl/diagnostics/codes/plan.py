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

        stage online: grpo { from = tuned, data = prompts, reward = judge, batch = 12, generations = 8 }

    Good:

        stage online: grpo { from = tuned, data = prompts, reward = judge, batch = 16, generations = 8 }
    """

    code: ClassVar[str] = "P401"
    name: ClassVar[str] = "illegal-batch"
    severity: ClassVar[Severity] = Severity.ERROR


class Conflict(Code):
    """Settings that exclude each other.

    What: Two settings are written of which one leaves no room for the other.

    Why: One of the two would have to be ignored, and a setting that is ignored is a lie about what was
    trained.

    Bad:

        stage tuned: sft { from = base, data = lessons, epochs = 2, steps = 100 }

    Good:

        stage tuned: sft { from = base, data = lessons, steps = 100 }
    """

    code: ClassVar[str] = "P402"
    name: ClassVar[str] = "conflicting-settings"
    severity: ClassVar[Severity] = Severity.ERROR


class NotYet(Code):
    """Something that the language can say and this version cannot do.

    What: The words are part of the language and their names and types are checked; carrying them out is
    not built yet.

    Why: A plan that leaves out what was asked for would be a lie.

    Bad:

        type Row = { score: float in 0..1 }

    Good:

        | where score in 0..1
    """

    code: ClassVar[str] = "P404"
    name: ClassVar[str] = "not-carried-out-yet"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownArgument(Code):
    """An argument that the installed trainer does not have.

    What: A key of `trainer = { … }` is no argument of the configuration that the method is trained with,
    has a type that it does not take, or is one that the runtime decides.

    Why: Most trainers drop an unknown key, or fail after the model is loaded.

    Bad:

        stage tuned: sft { from = base, data = lessons, trainer = { dataloader_workers: 2 } }

    Good:

        stage tuned: sft { from = base, data = lessons, trainer = { dataloader_num_workers: 2 } }
    """

    code: ClassVar[str] = "P405"
    name: ClassVar[str] = "unknown-trainer-argument"
    severity: ClassVar[Severity] = Severity.ERROR


class NothingToTrain(Code):
    """A stage with no rows or no steps left.

    What: No row is left for a stage after filters, cutting and `max_rows`, or they are too few for one
    batch.

    Why: A stage without a step hands on the model that it was given, and looks like a success.

    Bad:

        stage tuned: sft { from = base, data = (solutions.train | where chars(answer) > 1M) }

    Good:

        stage tuned: sft { from = base, data = (solutions.train | where chars(answer) < 8k) }
    """

    code: ClassVar[str] = "P406"
    name: ClassVar[str] = "nothing-to-train"
    severity: ClassVar[Severity] = Severity.ERROR


class DoesNotFit(Code):
    """A stage that takes more memory than the GPU has.

    What: The least that the stage takes, with as few rows at a time as its batch allows, is more than
    the memory of the device. It is an estimate from the model's size, the longest row and the settings,
    and the plan shows what it is made of.

    Why: Without a word beforehand it ends in `CUDA out of memory` after models and rows were loaded.

    Bad:

        stage tuned: sft { from = large, data = lessons, max_length = 32Ki }

    Good:

        stage tuned: sft { from = large, data = lessons, max_length = 4Ki, adapter = lora }
    """

    code: ClassVar[str] = "P407"
    name: ClassVar[str] = "does-not-fit"
    severity: ClassVar[Severity] = Severity.ERROR


class TightMemory(Code):
    """A stage that takes more memory than the machine has.

    What: The least that the stage takes, with as few rows at a time as its batch allows, is more than
    the physical memory. It is an estimate from the model's size, the longest row and the settings, and
    the plan shows what it is made of.

    Why: A processor can go on with memory on the disk, many times slower, until the system ends the
    process.

    Bad:

        stage tuned: sft { from = large, data = lessons, max_length = 32Ki }

    Good:

        stage tuned: sft { from = large, data = lessons, max_length = 4Ki, gradient_checkpointing = true }
    """

    code: ClassVar[str] = "P408"
    name: ClassVar[str] = "tight-memory"
    severity: ClassVar[Severity] = Severity.WARNING


CODES: tuple[type[Code], ...] = (
    IllegalBatch,
    Conflict,
    NotYet,
    UnknownArgument,
    NothingToTrain,
    DoesNotFit,
    TightMemory,
)
