"""What is tried before the first step, so that it does not fail hours later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import DiskFull, PackingLeaks, SaveFailed
from recipedsl.plan.memory import gigabytes
from recipedsl.runtime.stages.result import bare_model, is_adapted, save_weights
from recipedsl.runtime.stages.task import Task

#: Bytes of a float32 weight; and of AdamW's two moments beside it.
_WEIGHT, _MOMENTS = 4, 8


# --- disk -------------------------------------------------------------------------------------------


def check_disk(task: Task, trainer: Any) -> None:
    """Compares free space with what the result and two checkpoints take. Raises RecipeError."""
    trained, whole = weights_of(trainer.model)
    result = _WEIGHT * (trained if is_adapted(trainer.model) else whole)
    needed = result + (2 * (result + _MOMENTS * trained) if task.node.save_every else 0)
    free = shutil.disk_usage(task.out).free
    if free < needed:
        raise RecipeError(
            Diagnostic(
                DiskFull,
                f"`{task.node.name}` needs {gigabytes(needed)} on the disk, {gigabytes(free)} are free",
                helps=(Help("fewer trained weights, no `save_every`, or `recipedsl store gc`"),),
            )
        )


def weights_of(model: Any) -> tuple[int, int]:
    """Number of trained weights and of all weights; a frozen reference adapter counts as neither."""
    own = [parameter for name, parameter in model.named_parameters() if ".ref." not in name]
    return sum(each.numel() for each in own if each.requires_grad), sum(each.numel() for each in own)


# --- saving -----------------------------------------------------------------------------------------


def check_saving(task: Task, trainer: Any) -> None:
    """Saves the untrained weights as the result will be saved, and reads them back.

    Raises:
        RecipeError: a trained tensor is missing in what was written, or another one.
    """
    folder = task.work / "trial"
    shutil.rmtree(folder, ignore_errors=True)
    save_weights(task, trainer, folder, lies_on="")
    wrong = sorted(_not_saved(trainer.model, folder))
    shutil.rmtree(folder)
    if wrong:
        raise RecipeError(
            Diagnostic(
                SaveFailed,
                f"the weights of `{task.node.name}` cannot be saved so that they load again",
                notes=(f"missing or different: {', '.join(wrong[:5])}", f"tensors: {len(wrong)}"),
                helps=(Help("`recipedsl lock` pins versions of transformers and peft that can"),),
            )
        )


def _not_saved(model: Any, folder: Path) -> Iterator[str]:
    """Names of trained parameters that the files of the folder do not hold as they are."""
    with ExitStack() as stack:
        files = [stack.enter_context(safe_open(path, "pt")) for path in sorted(folder.glob("*.safetensors"))]
        stored = {key: file for file in files for key in file.keys()}  # noqa: SIM118 - a file, not a mapping
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and not _is_stored(name, parameter, stored):
                yield name


def _is_stored(name: str, parameter: torch.Tensor, stored: dict[str, Any]) -> bool:
    """Whether a file holds the parameter, under its own name or another.

    peft leaves the adapter's name out, transformers may rename, and tied weights stand under one
    name only; so what is not found by name is looked for by shape and value.
    """
    mine = parameter.detach().cpu()
    usual = name.replace(".default", "").replace(".modules_to_save", "")
    others = (key for key, file in stored.items() if file.get_slice(key).get_shape() == list(mine.shape))
    keys = chain([usual] if usual in stored else [], others)
    return any(torch.equal(mine, stored[key].get_tensor(key).to(mine.dtype)) for key in keys)


# --- packing ----------------------------------------------------------------------------------------


def check_packing(trainer: Any) -> None:
    """Puts two rows into one sequence, changes the first, and looks whether the second notices.

    Raises:
        RecipeError: it does.
    """
    change, scale = packing_leak(trainer.model, trainer.data_collator)
    if change > 1e-3 * scale:  # equal shapes and positions: apart from a leak nothing differs
        raise RecipeError(
            Diagnostic(
                PackingLeaks,
                f"packed rows see each other in {type(bare_model(trainer.model)).__name__}",
                notes=(f"a change in one row moved the scores of the next by up to {change:.3g}",),
                helps=(Help("set `packing = false`, or another `attention` for the model"),),
            )
        )


def packing_leak(model: Any, collate: Any, length: int = 12) -> tuple[float, float]:
    """Largest change of the second row's logits when the first row changes, and their spread."""
    generator = torch.Generator().manual_seed(0)
    vocabulary = model.config.get_text_config().vocab_size
    first, other, second = torch.randint(vocabulary, (3, length), generator=generator).tolist()
    before, after = (_packed_logits(model, collate, row, second) for row in (first, other))
    return float((before - after).abs().max()), float(before.std())


@torch.no_grad()
def _packed_logits(model: Any, collate: Any, first: list[int], second: list[int]) -> torch.Tensor:
    ids = [*first, *second]
    batch = collate([{"input_ids": ids, "labels": ids, "seq_lengths": [len(first), len(second)]}])
    if "position_ids" not in batch:
        raise Bug("the collator gives no positions for packed rows")
    inputs = {name: _moved(value, model.device) for name, value in batch.items() if name != "labels"}
    was_training = model.training
    model.eval()
    logits: torch.Tensor = model(**inputs, use_cache=False).logits[0, len(first) :].float()
    model.train(was_training)
    return logits


def _moved(value: Any, device: Any) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


# --- memory -----------------------------------------------------------------------------------------


def try_longest(trainer: Any) -> None:
    """Computes loss and gradient of the longest batch once and forgets them.

    Memory that is too small shows at once then, not at the batch that happens to be the longest. The
    random state, the gradients and the trainer's counters are as before.
    """
    rows = trainer.train_dataset
    lengths = [_length(row) for row in rows]
    longest = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    batch = [_wanted(trainer, rows[place]) for place in longest[: trainer.args.per_device_train_batch_size]]
    counted = trainer._total_train_tokens
    with torch.random.fork_rng():
        trainer.model.train()
        inputs = trainer._prepare_inputs(trainer.data_collator(batch))
        with trainer.compute_loss_context_manager():
            loss = trainer.compute_loss(trainer.model, inputs)
        loss.backward()
    trainer.model.zero_grad(set_to_none=True)
    trainer._total_train_tokens = counted
    trainer._metrics["train"].clear()


def _length(row: dict[str, Any]) -> int:
    return sum(len(value) for name, value in row.items() if name.endswith("_ids"))


def _wanted(trainer: Any, row: dict[str, Any]) -> dict[str, Any]:
    trainer._set_signature_columns_if_needed()
    return {name: value for name, value in row.items() if name in trainer._signature_columns}
