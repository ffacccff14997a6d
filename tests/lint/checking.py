"""Checks small recipes against files made in a temporary folder; nothing is planned."""

from __future__ import annotations

from pathlib import Path

from recipedsl.compiler import Outcome, Request, check_source
from recipedsl.data.look import FileFacts
from recipedsl.source import Source
from tests.compiling import write_rows


def checked(root: Path, text: str, request: Request | None = None) -> Outcome:
    """What is said of a recipe that lies in `root`."""
    return check_source(Source("recipe.ftr", text), FileFacts(write_rows(root)), request)
