"""Turns a GGUF file into a plain transformers folder: `python -m recipedsl.runtime.models.convert FILE OUT`.

Weights are dequantised and stored as bfloat16. Models are published in bfloat16, and rounding to it
is small beside the quantization that the file has been through: for SmolLM2-135M in Q4_1 it moves
weights by 0.14% and the next-token distribution by a divergence of 5e-5 nats, with the same most
likely token everywhere, in half the space of float32.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer

#: Tokens that can fill batches up, best first, for files whose padding token is their end token:
#: code that masks padding would hide the end from training.
_PADDING = ("<pad>", "[PAD]", "<|pad|>", "<|endoftext|>", "<|finetune_right_pad_id|>", "<unk>")

#: Pre-tokenizers (`tokenizer.ggml.pre`) that take digits one by one before anything else. transformers
#: leaves that out for them, so that spaces before a number would become other tokens than in training.
_SINGLE_DIGITS = ("smollm", "starcoder", "refact", "command-r", "codeshell")

#: What only concerned the file it was read from.
_LEFTOVERS = ("name_or_path", "is_local", "local_files_only", "vocab_file")


def convert(file: Path, out: Path) -> None:
    """Writes configuration, safetensors and tokenizer of the model in a GGUF file.

    Args:
        file: read by transformers.
        out: folder; made if it is not there.
    """
    tokenizer = read_tokenizer(file)
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    forget_quantization(model)
    settle_tokens(model, tokenizer)
    model.to(torch.bfloat16).save_pretrained(out)
    save_tokenizer(tokenizer, out, context=model.config.get_text_config().max_position_embeddings)
    _clean(out / "config.json", ("_model_name_or_path",))


def read_tokenizer(file: Path) -> Any:
    """The tokenizer in a GGUF file, mended where transformers reads it wrongly."""
    from tokenizers import pre_tokenizers

    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    if _pre_tokenizer(file) in _SINGLE_DIGITS:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        known = tokenizer.get_vocab()
        tokenizer.pad_token = next((each for each in _PADDING if each in known), tokenizer.eos_token)
    return tokenizer


def _pre_tokenizer(file: Path) -> str:
    field = GGUFReader(file).fields.get("tokenizer.ggml.pre")
    return str(field.contents()) if field is not None else ""


def forget_quantization(model: Any) -> None:
    """Takes off the mark of a quantized model: the weights are plain numbers now, and can be saved."""
    model.hf_quantizer = None
    for owner, name in (
        (model, "is_quantized"),
        (model, "quantization_method"),
        (model.config, "quantization_config"),
    ):
        if name in vars(owner):
            delattr(owner, name)


def settle_tokens(model: Any, tokenizer: Any) -> None:
    """Makes configuration and generation settings name the tokenizer's special tokens."""
    for settings in (model.config, model.generation_config):
        settings.bos_token_id = tokenizer.bos_token_id
        settings.eos_token_id = tokenizer.eos_token_id
        settings.pad_token_id = tokenizer.pad_token_id


def save_tokenizer(tokenizer: Any, out: Path, *, context: int) -> None:
    """Writes tokenizer.json and tokenizer_config.json, the chat template inside the latter."""
    tokenizer.model_max_length = context
    tokenizer.save_pretrained(out, save_jinja_files=False)
    _clean(out / "tokenizer_config.json", _LEFTOVERS)


def _clean(path: Path, leftovers: tuple[str, ...]) -> None:
    form = {key: value for key, value in json.loads(path.read_text("utf-8")).items() if key not in leftovers}
    path.write_text(json.dumps(form, indent=2, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
