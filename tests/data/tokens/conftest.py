"""A model folder with a tiny tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer

from .making import build_tokenizer, save_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder without a template, that ends turns with `<|im_end|>`."""
    return save_model(tmp_path_factory.mktemp("model"), build_tokenizer())


@pytest.fixture(scope="session")
def facts(model: Path) -> TokenizerFacts:
    return load_tokenizer(model)
