"""A store with a tiny model for the tests of stages; trainers are imported once a session."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import pytest
import torch

from tests.runtime.stages.workshop import Shop
from tests.tiny import make_tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny model, read only."""
    torch.set_num_threads(1)
    return make_tiny_model(tmp_path_factory.mktemp("models") / "base-1")


@pytest.fixture
def shop(tiny: Path, tmp_path: Path) -> Shop:
    """An empty store beside the tiny model."""
    return Shop(tmp_path, {"base": tiny})
