"""A maker of data nodes in a temporary project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.making import Maker


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)
