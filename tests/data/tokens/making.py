"""Makes a tiny byte-level tokenizer with the special tokens of several families, nodes and rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from recipedsl.plan.model import Input, Origin, TemplateSpec, TokensNode

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<bos>", "<start_of_turn>", "<end_of_turn>", "<|end|>", "<|user|>",
    "<|assistant|>", "<|system|>", "<|start|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>",
    "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>",
    "<|SYSTEM_TOKEN|>",
    "[gMASK]", "<sop>", "<|observation|>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>",
    "<｜Assistant｜>", "<|startoftext|>", "<end_of_utterance>",
)  # fmt: skip

TEXTS = [
    "What is the capital of France? The capital of France is Paris.",
    "user assistant system\n\nhello there, how are you today? I am fine\n",
    "def add(a, b):\n    return a + b\n",
]


def build_tokenizer(*, prefix_space: bool = False, bos: str = "") -> Tokenizer:
    """A byte-level BPE tokenizer with a few merges, `bos` put before every text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS * 10, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    if bos:
        template = processors.TemplateProcessing(f"{bos} $A", None, [(bos, tokenizer.token_to_id(bos))])
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    return tokenizer


def build_piece_tokenizer(*, prepend: str) -> Tokenizer:
    """A tokenizer as SentencePiece makes them: words begin with `▁`, what is unknown becomes bytes.

    `prepend` says whether the first word of a text does too: "first" or "never".
    """
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            *([decoders.Strip(" ", 1, 0)] if prepend == "first" else []),
        ]
    )
    pieces = ["<unk>", *(f"<0x{number:02X}>" for number in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=pieces, show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 10, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return tokenizer


def save_model(
    folder: Path, tokenizer: Tokenizer, *, eos: str = "<|im_end|>", bos: str = "", template: str = ""
) -> Path:
    """The tokenizer's part of a plain transformers folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {
        "eos_token": eos,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    if bos:
        config["bos_token"] = {"__type": "AddedToken", "content": bos, "special": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    if template:
        (folder / "chat_template.jinja").write_text(template)
    return folder


def node(shape: str = "chat", purpose: str = "sft", template: str = "chatml", **changes: Any) -> TokensNode:
    """A tokens node with a shipped template."""
    spec = changes.pop("spec", TemplateSpec(keyword="shipped", name=template))
    origin = Origin(path="a.ftr", line=1, column=1, end_line=1, end_column=2)
    return TokensNode.model_validate(
        {
            "name": "lessons.tokens",
            "origin": origin,
            "data": Input(node="lessons"),
            "model": "base",
            "template": spec,
            "shape": shape,
            "purpose": purpose,
            **changes,
        }
    )


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
    return path


def chat(*turns: str, system: str = "") -> list[dict[str, str]]:
    """Messages of user and assistant in turn."""
    opening = [{"role": "system", "content": system}] if system else []
    return opening + [
        {"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(turns)
    ]
