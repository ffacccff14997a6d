"""Packages of Node under `editors/`: their libraries are installed by `npm ci`, and not a part of the project."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

EDITORS = Path(__file__).parents[2] / "editors"


def node(folder: str, *packages: str) -> Path:
    """A package of an editor, its libraries installed; skips where they are not."""
    if shutil.which("node") is None:
        pytest.skip("there is no `node`")
    home = EDITORS / folder
    missing = [each for each in packages if not (home / "node_modules" / each).is_dir()]
    if missing:
        pytest.skip(f"`npm ci` in editors/{folder} installs {', '.join(missing)}")
    return home
