"""Playgrounds for tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recipedsl.editor.playground.door import Door
from tests.playground.serving import Client, page, served, write_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project, with something beside it that is none of the playground's business."""
    project = tmp_path / "project"
    project.mkdir()
    write_project(project)
    (tmp_path / "secret.ftr").write_text("ftr 1\n# secret\n", encoding="utf-8")
    (tmp_path / "secret.jsonl").write_text('{"hidden_column": "x", "answer": "x"}\n', encoding="utf-8")
    return project


@pytest.fixture
def door(root: Path) -> Iterator[Door]:
    with served(root) as found:
        yield found


@pytest.fixture
def client(door: Door, root: Path) -> Iterator[Client]:
    with page(door, root) as found:
        yield found
