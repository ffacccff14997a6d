"""R600 to R649: what can go wrong while a stage trains."""

from __future__ import annotations

from recipedsl.diagnostics.code import Code, Severity


class OutOfMemory(Code):
    """The device ran out of memory.

    What: a batch, its activations or the optimizer's state did not fit into the memory of the device.

    Why: memory grows with rows per device, sequence length and number of trained weights; the longest
    batch decides, not the average one.

    Bad: `batch = 64`, `max_length = 4Ki` and full weights on a small device.

    Good: an adapter (`adapter = lora(rank = 16)`), a smaller `max_length`, fewer rows per device, or
    `gradient_checkpointing = true`.
    """

    code = "R600"
    name = "out-of-memory"


class LossNotFinite(Code):
    """The loss or the gradient is not a number any more.

    What: a step gave a loss or a gradient norm that is NaN or infinite; training stops there, before
    a checkpoint can hold the broken weights.

    Why: every later step would only spread it. The usual reasons are a learning rate that is too
    large, 16-bit floats without range, or rows without a single trained token.

    Bad: `learning_rate = 1e-2` on full weights.

    Good: a learning rate ten times smaller, a warmup, `dtype = bf16` or `f32` instead of `f16`.
    """

    code = "R601"
    name = "loss-not-finite"


class RewardFailed(Code):
    """A reward could not be computed.

    What: a term of the reward raised an error, or gave something else than one number (or none) for
    each answer.

    Why: a reward that fails in the middle loses hours; so every term is called on sample rows first.

    Bad: a Python function that returns one number for the whole batch.

    Good: a list with one `float` or `None` for each answer.
    """

    code = "R602"
    name = "reward-failed"


class RewardConstant(Code):
    """A reward gives the same value to every answer.

    What: one term of the reward has not told two answers apart since training began.

    Why: only differences between answers to one prompt teach anything; a constant term is dead weight.

    Bad: a format check that no answer of this model can pass.

    Good: a term that some answers pass: an easier check, or a stage of `sft` before it.
    """

    code = "R603"
    name = "reward-constant"
    severity = Severity.WARNING


class ArgumentRefused(Code):
    """The trainer's configuration refuses an argument.

    What: a setting of the stage, or of its `trainer = { … }`, is unknown to the installed trainer, has
    a value that it does not take, or is one that the runtime decides itself.

    Why: an ignored setting would train something else than the recipe says.

    Bad: `trainer = { learning_rat: 1e-4 }`

    Good: `learning_rate = 1e-4`
    """

    code = "R604"
    name = "argument-refused"


class NoRows(Code):
    """There is nothing to train on.

    What: no row is left for the stage, or fewer than one batch of the method needs.

    Why: filters, gates and the longest sequence may have dropped all of them.

    Bad: `max_length = 16` for rows of some hundred tokens.

    Good: a longer `max_length`, or a smaller batch.
    """

    code = "R605"
    name = "no-rows"


class CheckpointMismatch(Code):
    """A checkpoint belongs to another plan.

    What: the working folder holds a checkpoint of a stage with another fingerprint.

    Why: going on from it would mix two recipes in one result.

    Bad: a working folder that two recipes share.

    Good: a working folder of its own for each fingerprint; an old one can be removed.
    """

    code = "R606"
    name = "checkpoint-mismatch"


class PackingLeaks(Code):
    """Packed rows see each other.

    What: in a trial with two rows in one sequence, changing the first row changed what the model says
    about the second one.

    Why: not every attention implementation of every model keeps packed rows apart; where it does not,
    the model learns from rows that have nothing to do with each other.

    Bad: `packing = true` with a model whose attention ignores positions.

    Good: `packing = false`, or another `attention` for the model.
    """

    code = "R607"
    name = "packing-leaks"


class DiskFull(Code):
    """The disk is too small for the result.

    What: there is less free space than the result and its checkpoints need.

    Why: a save that fails at the end of a stage loses all of it.

    Bad: `save_every = 10` with full weights on a small disk.

    Good: fewer checkpoints, an adapter, or room on the disk (`recipedsl store gc`).
    """

    code = "R608"
    name = "disk-full"


class ArtefactUnreadable(Code):
    """What a stage starts from cannot be read.

    What: the folder that the stage starts from holds no model, is incomplete, or is not of the form
    that the plan says.

    Why: weights are read from safetensors only, and nothing of a model's own code is run.

    Bad: a folder with `pytorch_model.bin` alone.

    Good: a folder with `config.json` and `model.safetensors`; `recipedsl store verify` tells damage.
    """

    code = "R609"
    name = "artefact-unreadable"


class SaveFailed(Code):
    """The trained weights cannot be saved so that they load again.

    What: a trial before the first step saved the weights and found something else when it read them.

    Why: found at the end, the same would have cost the whole stage.

    Bad: tied or shared weights that the installed versions save under one name only.

    Good: another version of transformers or peft; an adapter in place of full weights.
    """

    code = "R610"
    name = "save-failed"


class TrainerUnknown(Code):
    """There is no way to run this trainer.

    What: the plan names a trainer that this runtime has no mapping for.

    Why: each trainer wants its rows in its own way; guessing would train on something else than shown.

    Bad: a plan made by a newer version.

    Good: a plan made by the installed version.
    """

    code = "R611"
    name = "trainer-unknown"


class AdapterRefused(Code):
    """The adapter does not fit the model.

    What: a setting of the adapter is unknown, or names modules that the model does not have.

    Why: an adapter that touches nothing, or the output layer of a fused loss, trains nothing.

    Bad: `lora(target_modules = ["query"])` for a model whose layers are called `q_proj`.

    Good: `lora()`, which takes all linear layers but the output.
    """

    code = "R612"
    name = "adapter-refused"


class PrecisionUnavailable(Code):
    """The device cannot compute in this precision.

    What: the model asks for a number format or a quantization that this machine cannot train in.

    Why: the result would be not-a-number, or silently another format than the recipe says.

    Bad: `dtype = f16` on a machine without a GPU.

    Good: `dtype = auto`
    """

    code = "R613"
    name = "precision-unavailable"


class StageFailed(Code):
    """Training stopped with an error.

    What: the trainer or one of the libraries below it raised an error that has no page of its own.

    Why: the notes hold the error's text; the stage's log holds the rest.

    Bad: a version of a library outside the tested range.

    Good: the versions in the lock file.
    """

    code = "R614"
    name = "stage-failed"


CODES: tuple[type[Code], ...] = (
    OutOfMemory,
    LossNotFinite,
    RewardFailed,
    RewardConstant,
    ArgumentRefused,
    NoRows,
    CheckpointMismatch,
    PackingLeaks,
    DiskFull,
    ArtefactUnreadable,
    SaveFailed,
    TrainerUnknown,
    AdapterRefused,
    PrecisionUnavailable,
    StageFailed,
)
