"""A tiny chat model made in the test itself: byte-level tokenizer, two random layers, no network.

`make_tiny_model` writes a plain transformers folder that loads in milliseconds and trains in
seconds on one core. Imports of transformers and torch stay inside the functions, so that naming
this module costs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

IM_START = "<|im_start|>"
IM_END = "<|im_end|>"
PAD = "<|endoftext|>"

#: ChatML with the end token after every turn; `add_generation_prompt` opens the assistant's turn.
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def make_tiny_tokenizer(folder: Path) -> Path:
    """Writes a byte-level chat tokenizer of 259 tokens: 256 bytes, pad, `<|im_start|>`, `<|im_end|>`.

    Any text can be encoded, one token a byte. The end-of-sequence token is `<|im_end|>` (258), the
    padding token `<|endoftext|>` (256); there is no token at the beginning.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {letter: place for place, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    marks = [AddedToken(text, special=True, normalized=False) for text in (PAD, IM_START, IM_END)]
    inner.add_special_tokens(marks)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=PAD,
        eos_token=IM_END,
        clean_up_tokenization_spaces=False,
        model_max_length=512,
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    _inline_template(folder)
    return folder


def make_tiny_model(
    folder: Path, *, seed: int = 0, architecture: Literal["llama", "qwen2"] = "llama", hidden: int = 16
) -> Path:
    """Writes a random two-layer chat model with its tokenizer as a plain transformers folder.

    Args:
        folder: made if it is not there.
        seed: of the weights; equal seeds give equal files.
        architecture: which of two families.
        hidden: width; 16 gives about 9 thousand weights.

    Returns:
        The folder: config.json, model.safetensors (float32), generation_config.json, tokenizer.json,
        tokenizer_config.json.
    """
    import torch
    from transformers import LlamaForCausalLM, Qwen2ForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    make_tiny_tokenizer(folder)
    model_class: Any = {"llama": LlamaForCausalLM, "qwen2": Qwen2ForCausalLM}[architecture]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = model_class(_configuration(architecture, hidden))
    model.generation_config.eos_token_id = 258
    model.generation_config.pad_token_id = 256
    model.save_pretrained(folder)
    return folder


def _configuration(architecture: str, hidden: int) -> Any:
    from transformers import LlamaConfig, Qwen2Config

    configuration: Any = {"llama": LlamaConfig, "qwen2": Qwen2Config}[architecture]
    return configuration(
        vocab_size=259,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=258,
        pad_token_id=256,
        tie_word_embeddings=True,
        # Wider than the usual 0.02: at this width gradients would all but vanish.
        initializer_range=0.2,
    )


def _inline_template(folder: Path) -> None:
    """Keeps the template in tokenizer_config.json too, where most published models have it."""
    import json

    path = folder / "tokenizer_config.json"
    configuration = json.loads(path.read_text("utf-8"))
    configuration["chat_template"] = CHATML
    path.write_text(json.dumps(configuration, indent=2, sort_keys=True), "utf-8")
