"""Our masks against those of TRL's training templates, as transformers computes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recipedsl.data.tokens.checks import find_stops
from recipedsl.data.tokens.encode import encode_marked
from recipedsl.data.tokens.mask import Conversation, mark_turns
from recipedsl.data.tokens.template import ChatTemplate, shipped_text
from recipedsl.data.tokens.tokenizer import load_tokenizer

from .making import build_piece_tokenizer, build_tokenizer, chat, save_model

pytestmark = pytest.mark.slow  # imports transformers

CONVERSATIONS: dict[str, list[dict[str, Any]]] = {
    "one": chat("Hi", "Hello there"),
    "several": chat("Hi", "Hello there", "And?", "Fine, thanks."),
    "spaces": chat("Hi", "def f():\n    return 1"),
}

#: Plain template, and what TRL trains besides: white space after the end of a turn, and what
#: phi-3 writes after the very last one. None of it is ever generated, as generation has stopped.
TEMPLATES = {
    "cohere": "",
    "cohere2": "",
    "llama3": "",
    "gemma": "\n",
    "gemma3": "\n",
    "lfm2": "\n",
    "phi3": "\n<|endoftext|>",
    "phi3_5": "\n<|endoftext|>",
    "qwen2_5": "\n",
    "qwen3_instruct_2507": "\n",
    "deepseek_r1_distill_training": "",
    "deepseekv3_training": "",
    "glm4moe_training": "",
    "nemotron_3_nano_training": "",
    "qwen3_training": "\n",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("bos"), build_tokenizer(), eos="<|endoftext|>", bos="<s>")


@pytest.fixture(scope="module")
def reference(model: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.PreTrainedTokenizerFast.from_pretrained(model)


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("name", TEMPLATES)
def test_same_tokens_and_labels(name: str, conversation: str, model: Path, reference: Any) -> None:
    facts = load_tokenizer(model)
    messages = CONVERSATIONS[conversation]
    template = ChatTemplate(shipped_text(name) or "", facts.special)
    marked = mark_turns(template, Conversation(messages), find_stops(template, facts).inside)
    ours = encode_marked(facts, [marked.text], [marked.spans])[0]

    training = name if name.endswith("_training") else f"{name}_training"
    options = {
        "chat_template": shipped_text(training),
        "return_dict": True,
        "return_assistant_tokens_mask": True,
    }
    theirs = reference.apply_chat_template(messages, **options)
    mask = np.array(theirs["assistant_masks"], dtype=np.bool_)

    assert ours.ids.tolist() == list(theirs["input_ids"])
    assert not (ours.trained & ~mask).any()
    beyond = reference.decode(ours.ids[mask & ~ours.trained])
    assert set(beyond.replace("<|endoftext|>", "")) <= set(TEMPLATES[name])
    assert "<|endoftext|>" not in beyond or "<|endoftext|>" in TEMPLATES[name]


@pytest.mark.parametrize("name", ["llama3", "qwen2_5", "gemma3", "qwen3", "cohere2", "chatml"])
def test_same_text_as_transformers(name: str, model: Path, reference: Any) -> None:
    facts = load_tokenizer(model)
    template = ChatTemplate(shipped_text(name) or "", facts.special)
    for messages in CONVERSATIONS.values():
        for prompt in (False, True):
            theirs = reference.apply_chat_template(
                messages, chat_template=shipped_text(name), tokenize=False, add_generation_prompt=prompt
            )
            assert template.render(messages, prompt=prompt).text == theirs


# --- tokenizers that mark the start of words, as SentencePiece does ------------------------------------


@pytest.fixture(scope="module", params=["first", "never"])
def pieces(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a tokenizer in the form of Llama 2's and Gemma's: `▁` for blanks, bytes for the rest."""
    tokenizer = build_piece_tokenizer(prepend=request.param)
    return save_model(tmp_path_factory.mktemp("pieces"), tokenizer, eos="<|endoftext|>", bos="<s>")


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("name", ["llama3", "gemma3", "qwen2_5", "cohere2"])
def test_same_tokens_and_labels_of_pieces(name: str, conversation: str, pieces: Path) -> None:
    transformers = pytest.importorskip("transformers")
    test_same_tokens_and_labels(
        name, conversation, pieces, transformers.PreTrainedTokenizerFast.from_pretrained(pieces)
    )
