"""A tokenizer read from its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer
from recipedsl.diagnostics import RecipeError

from .making import build_tokenizer, save_model


def test_reads_special_tokens_and_their_ids(facts: TokenizerFacts) -> None:
    assert facts.special == {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    assert facts.id_of("eos_token") == facts.added["<|im_end|>"]
    assert facts.id_of("bos_token") is None


@pytest.mark.parametrize("bos", ["", "<s>"])
def test_finds_out_whether_encoding_adds_bos(tmp_path: Path, bos: str) -> None:
    facts = load_tokenizer(save_model(tmp_path, build_tokenizer(bos=bos), bos=bos))
    assert facts.adds_bos == bool(bos)
    assert facts.opening.tolist() == ([facts.added[bos]] if bos else [])


def test_the_configuration_decides_about_bos(tmp_path: Path) -> None:
    save_model(tmp_path, build_tokenizer(bos="<s>"), bos="<s>")
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "add_bos_token": False}))
    assert not load_tokenizer(tmp_path).adds_bos


def test_a_list_of_templates_has_a_default(tmp_path: Path) -> None:
    save_model(tmp_path, build_tokenizer())
    listed = [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": listed}))
    assert load_tokenizer(tmp_path).template == "a"


def test_the_template_file_wins(tmp_path: Path) -> None:
    save_model(tmp_path, build_tokenizer(), template="from the file")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "from the configuration"}))
    assert load_tokenizer(tmp_path).template == "from the file"


def test_offsets_cover_leading_spaces(facts: TokenizerFacts) -> None:
    encoding = facts.tokenizer.encode("hello world  there")
    covered = [place for start, end in encoding.offsets for place in range(start, end)]
    assert covered == list(range(len("hello world  there")))


@pytest.mark.parametrize("prefix_space", [False, True])
def test_notices_tokenizers_that_mark_the_start(tmp_path: Path, prefix_space: bool) -> None:
    facts = load_tokenizer(save_model(tmp_path, build_tokenizer(prefix_space=prefix_space)))
    assert facts.joins == (not prefix_space)


def test_a_missing_tokenizer_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"M320.*tokenizer\.json"):
        load_tokenizer(tmp_path)
