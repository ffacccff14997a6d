"""A maker of data nodes in a temporary project, and a dataset in a hub's cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.making import Maker
from tests.hub_server import COMMIT


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.fixture
def hub_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty snapshot folder of `some/rows` in a hub's cache that somebody else filled, and no network."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    base = tmp_path / "hub" / "datasets--some--rows"
    (base / "refs").mkdir(parents=True)
    (base / "refs" / "main").write_text(COMMIT)
    (base / "snapshots" / COMMIT).mkdir(parents=True)
    return base / "snapshots" / COMMIT
