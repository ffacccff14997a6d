"""The language server with a bug in every feature: what `test_sessions.py` starts to see that it lives on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from recipedsl.data.look import FileFacts
from recipedsl.data.peek import FilesAround
from recipedsl.editor import pulling, pushing, server
from recipedsl.editor.features import every_feature
from recipedsl.editor.features.base import Feature
from recipedsl.editor.speaking import serve_stdio
from recipedsl.editor.world import World


def _fails(*_: object) -> object:
    raise ZeroDivisionError("injected")


def _buggy() -> tuple[Feature, ...]:
    return tuple(replace(each, answer=_fails) for each in every_feature())


def main() -> None:
    """Serve over standard input and output; with `diagnostics` those fail too."""
    server.every_feature = _buggy
    if "diagnostics" in sys.argv:
        pushing.problems_of = pulling.problems_of = _fails  # type: ignore[assignment]
    serve_stdio(server.RecipeServer(World(FileFacts, FilesAround, Path)), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
