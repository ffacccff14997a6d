"""The language server with files that take long to be looked at: until there is a file `now` in the root."""

from __future__ import annotations

import sys
import time

from recipedsl.data.look import FileFacts
from recipedsl.data.peek import FilesAround
from recipedsl.editor.server import RecipeServer
from recipedsl.editor.speaking import serve_stdio
from recipedsl.editor.world import World
from recipedsl.plan.facts import FileRows, HubRows, Look


class _SlowFacts(FileFacts):
    """As a disk that hangs for a while."""

    def look(self, source: FileRows | HubRows) -> Look:
        while not (self._root / "now").exists():
            time.sleep(0.01)
        return super().look(source)


def main() -> None:
    """Serve over standard input and output."""
    serve_stdio(RecipeServer(World(_SlowFacts, FilesAround)), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
