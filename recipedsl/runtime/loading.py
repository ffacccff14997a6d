"""Loads what a stage leaves behind: a model folder, or a stage's result, full or adapter.

A stage's result is a folder with `artefact.json`, `weights/` and perhaps `merged/`. An adapter names
the folder that it lies on relative to its own (`merged`, `../<fingerprint>`), so that a store can be
moved. Weights come from safetensors only; code that ships with a model is never run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from peft import PeftConfig, PeftModel
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import ArtefactUnreadable, PrecisionUnavailable
from recipedsl.runtime.device import processor_has_bf16

Gives = Literal["policy", "reward"]

#: Files of a tokenizer, whichever of them a folder has.
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.model",
)


# --- the machine ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Machine:
    """Where it runs.

    Attributes:
        device: `cuda`, `mps` or `cpu`.
        name: for people.
        has_bf16: whether bfloat16 is computed by the hardware.
    """

    device: str
    name: str
    has_bf16: bool


def find_machine() -> Machine:
    """The device that this process will use."""
    if torch.cuda.is_available():
        return Machine("cuda", torch.cuda.get_device_name(0), torch.cuda.is_bf16_supported())
    if torch.backends.mps.is_available():
        return Machine("mps", "Apple GPU", has_bf16=False)
    return Machine("cpu", "cpu", processor_has_bf16())


def compute_dtype(wanted: str, machine: Machine) -> torch.dtype:
    """Number format of the computation for `ModelNode.dtype`; `auto` is bfloat16 where it is fast.

    Raises:
        RecipeError: float16 without a GPU: its range needs loss scaling, which a CPU has not.
    """
    if wanted == "f16" and machine.device != "cuda":
        raise RecipeError(
            Diagnostic(
                PrecisionUnavailable,
                f"float16 cannot be trained on {machine.name}",
                helps=(Help("`dtype = auto` takes the best format of each machine"),),
            )
        )
    if wanted == "auto":
        return torch.bfloat16 if machine.has_bf16 else torch.float32
    return {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}[wanted]


# --- results of nodes -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Artefact:
    """A folder that weights can be loaded from.

    Attributes:
        folder: the result of a model or stage node.
        kind: whether `weights` is a whole model or an adapter.
        gives: what it is for.
        weights: transformers folder, or peft folder.
        under: the transformers folder that the adapter lies on; None for a whole model.
    """

    folder: Path
    kind: Literal["full", "adapter"]
    gives: Gives
    weights: Path
    under: Path | None = None


def read_artefact(folder: Path) -> Artefact:
    """What lies in the result folder of a model or stage node.

    Raises:
        RecipeError: it holds no weights in a form that is read.
    """
    description = folder / "artefact.json"
    if not description.exists():
        return Artefact(folder, "full", "policy", _with_weights(folder))
    form = json.loads(description.read_text("utf-8"))
    weights = folder / "weights"
    if form["kind"] == "full":
        return Artefact(folder, "full", form["gives"], _with_weights(weights))
    under = _plain_folder((folder / form["start"]).resolve())
    return Artefact(folder, "adapter", form["gives"], _with_weights(weights, "adapter_config.json"), under)


def _plain_folder(folder: Path) -> Path:
    """The transformers folder that a result stands for, where an adapter can lie on it."""
    if not (folder / "artefact.json").exists():
        return _with_weights(folder)
    artefact = read_artefact(folder)
    if artefact.kind == "adapter":
        raise _unreadable(folder, "an adapter cannot lie on an adapter")
    return artefact.weights


def _with_weights(folder: Path, configuration: str = "config.json") -> Path:
    """The folder itself, if it holds a configuration and safetensors."""
    if not (folder / configuration).exists():
        raise _unreadable(folder, f"there is no {configuration}")
    if not any(folder.glob("*.safetensors")):
        raise _unreadable(folder, "there are no weights in safetensors")
    return folder


def _unreadable(folder: Path, reason: str) -> RecipeError:
    return RecipeError(
        Diagnostic(
            ArtefactUnreadable,
            f"no weights can be loaded from {folder.name}",
            notes=(reason, f"folder: {folder}"),
            helps=(Help("`recipedsl store verify` finds damaged results"),),
        )
    )


# --- loading ----------------------------------------------------------------------------------------


def load_plain(folder: Path, gives: Gives, dtype: torch.dtype, attention: str = "") -> Any:
    """A whole model from a transformers folder, on the CPU.

    A reward model is a classifier with one output; its score layer is random where the folder holds
    a language model, so the seed has to be set before.
    """
    options: dict[str, Any] = {
        "dtype": dtype,
        "use_safetensors": True,
        "trust_remote_code": False,
        "local_files_only": True,
    }
    if attention:
        options["attn_implementation"] = attention
    if gives == "reward":
        return AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, **options)
    return AutoModelForCausalLM.from_pretrained(folder, **options)


def load_adapted(
    artefact: Artefact, dtype: torch.dtype, attention: str = "", *, trainable: bool = False
) -> Any:
    """A PeftModel: the weights that the adapter lies on, and the adapter on top (float32 if trained)."""
    if artefact.under is None:
        raise _unreadable(artefact.folder, "it is no adapter")
    base = load_plain(artefact.under, artefact.gives, dtype, attention)
    settings = PeftConfig.from_pretrained(artefact.weights)
    settings.base_model_name_or_path = str(artefact.under)  # relative in the file
    settings.inference_mode = not trainable
    return PeftModel.from_pretrained(base, artefact.weights, config=settings, is_trainable=trainable)


def load_for_answers(
    folder: Path, *, dtype: str = "auto", attention: str = "", machine: Machine | None = None
) -> Any:
    """A model or stage result, ready to answer or to score: on its device, dropout off.

    Args:
        folder: result folder of a model or stage node.
        dtype: as in `ModelNode.dtype`.
        attention: name of the attention implementation; empty takes the default.
        machine: where; found if left out.
    """
    machine = machine or find_machine()
    artefact = read_artefact(folder)
    number = compute_dtype(dtype, machine)
    if artefact.kind == "adapter":
        model = load_adapted(artefact, number, attention)
    else:
        model = load_plain(artefact.weights, artefact.gives, number, attention)
    return model.to(machine.device).eval()


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model or stage result; one without a padding token pads with its end token."""
    weights = folder / "weights"
    tokenizer = AutoTokenizer.from_pretrained(
        weights if (folder / "artefact.json").exists() else folder,
        trust_remote_code=False,
        local_files_only=True,
    )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copies a tokenizer's files byte for byte, so that it is the same one in every stage."""
    inner = source / "weights" if (source / "artefact.json").exists() else source
    for name in TOKENIZER_FILES:
        if (inner / name).exists():
            shutil.copyfile(inner / name, target / name)


def merge_adapter(folder: Path, out: Path, dtype: torch.dtype = torch.float32) -> Path:
    """Folds the adapter of a stage result into the weights it lies on; writes a transformers folder.

    The sum is computed in float32 and stored as `dtype`.

    Raises:
        RecipeError: the folder holds no adapter.
    """
    model = load_adapted(read_artefact(folder), torch.float32)
    merged = model.merge_and_unload(safe_merge=True).to(dtype)
    merged.save_pretrained(out)
    copy_tokenizer(folder, out)
    return out


def relative_start(under: Path, out: Path) -> str:
    """How an artefact in `out` names the folder that it lies on; always with `/`."""
    return Path(os.path.relpath(under, out)).as_posix()


# --- stopping ---------------------------------------------------------------------------------------


def stop_ids(tokenizer: Any, stop: str = "") -> list[int]:
    """Token ids that end an answer: the tokenizer's end token and the one that closes a turn.

    Args:
        tokenizer: with or without a chat template.
        stop: text of the token that ends a turn (`TemplateSpec.stop`); empty means: look at the template.
    """
    found = [tokenizer.eos_token_id]
    if stop:
        found.append(tokenizer.convert_tokens_to_ids(stop))
    elif tokenizer.chat_template:
        found.append(_end_of_turn(tokenizer))
    return [each for each in dict.fromkeys(found) if each is not None and each != tokenizer.unk_token_id]


def _end_of_turn(tokenizer: Any) -> int | None:
    """The first special token behind the text of an assistant's turn."""
    mark = "recipe"
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": mark}]
    text = tokenizer.apply_chat_template(turns, tokenize=False)
    tail = tokenizer(text[text.rindex(mark) + len(mark) :], add_special_tokens=False)["input_ids"]
    special = {each for each, token in tokenizer.added_tokens_decoder.items() if token.special}
    return next((each for each in tail if each in special), None)


def cut_after_stop(ids: Sequence[int], stops: Iterable[int]) -> list[int]:
    """The ids up to and including the last stop token; all of them where there is none.

    Templates write a line end behind the last turn, which no model generates; a reward model reads
    its score at the last token, so it must be the same one in training and in scoring.
    """
    wanted = set(stops)
    last = next((place for place in range(len(ids) - 1, -1, -1) if ids[place] in wanted), len(ids) - 1)
    return list(ids[: last + 1])


# --- reward models ----------------------------------------------------------------------------------


class RewardModel:
    """An earlier reward stage, asked for scores.

    Args:
        folder: result folder of the stage.
        dtype: as in `ModelNode.dtype`.
        machine: where it runs; found if left out.
        batch: conversations at once.
    """

    def __init__(
        self, folder: Path, *, dtype: str = "auto", machine: Machine | None = None, batch: int = 8
    ) -> None:
        artefact = read_artefact(folder)
        if artefact.gives != "reward":
            raise _unreadable(folder, "it is a policy, not a reward model")
        self.machine = machine or find_machine()
        self.batch = batch
        self.tokenizer = load_tokenizer(folder)
        self.model = load_for_answers(folder, dtype=dtype, machine=self.machine)
        self.model.config.get_text_config().pad_token_id = self.tokenizer.pad_token_id
        self._stops = stop_ids(self.tokenizer)

    def score(self, conversations: list[list[dict[str, Any]]]) -> list[float]:
        """One number for each conversation; larger is better. The last message is the judged answer."""
        rows = [self._ids(messages) for messages in conversations]
        batches = [rows[start : start + self.batch] for start in range(0, len(rows), self.batch)]
        return [score for batch in batches for score in self._score_batch(batch)]

    def _ids(self, messages: list[dict[str, Any]]) -> list[int]:
        text = self.tokenizer.apply_chat_template(messages, tokenize=False)
        return cut_after_stop(self.tokenizer(text, add_special_tokens=False)["input_ids"], self._stops)

    @torch.no_grad()
    def _score_batch(self, rows: list[list[int]]) -> list[float]:
        inputs = self.tokenizer.pad({"input_ids": rows}, padding_side="right", return_tensors="pt")
        ids, mask = (
            inputs["input_ids"].to(self.machine.device),
            inputs["attention_mask"].to(self.machine.device),
        )
        scores = self.model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, 0]
        return [float(each) for each in scores.float().cpu()]
