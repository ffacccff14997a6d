"""A tokenizer read from its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

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


@pytest.mark.parametrize("indent", [None, 2])
def test_its_form_cuts_and_trims_nothing(tmp_path: Path, indent: int | None) -> None:
    """A faster tokenizer gets the form that ids are made with, whatever the file asks for."""
    tokenizer = build_tokenizer()
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=5)
    odd = '"trim_offsets": true'
    tokenizer.add_tokens([odd])
    form = json.loads(save_model(tmp_path, tokenizer).joinpath("tokenizer.json").read_text())
    (tmp_path / "tokenizer.json").write_text(json.dumps(form, indent=indent))
    facts = load_tokenizer(tmp_path)
    given = json.loads(facts.form)
    assert (given["truncation"], given["padding"]) == (None, None)
    assert given["post_processor"]["trim_offsets"] is False
    assert odd in [token["content"] for token in given["added_tokens"]]
    assert (
        Tokenizer.from_str(facts.form).encode("hello there " * 9).ids
        == facts.encode("hello there " * 9).tolist()
    )
