"""Rows counted while a recipe is written, by a process of its own that is ended when it takes too long.

What the recipe asks for may be large or never end; nobody must wait for it, nor the machine suffer. A new
text ends the count of the one before.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Seconds that a count may take, and bytes that it may tell.
_PATIENCE, _MOST_TOLD = 20.0, 4 << 20


@dataclass
class Counting:
    """Counts the rows of one recipe at a time.

    Attributes:
        command: what counts: it is given root and path, the recipe on its input, and writes lines of JSON.
        root: of the project.
        patience: seconds.
    """

    command: Sequence[str]
    root: Path
    patience: float = _PATIENCE
    _running: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def count(self, path: str, text: str) -> dict[str, Any]:
        """What was counted in time, as JSON: `lines` of the process, and in `why` why there are no more.

        Args:
            path: of the recipe, relative to the root.
            text: of the recipe.
        """
        self.end()
        process = self._running = await asyncio.create_subprocess_exec(
            *self.command, str(self.root), path,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True, limit=_MOST_TOLD,
        )  # fmt: skip
        lines: list[Any] = []
        try:
            async with asyncio.timeout(self.patience):
                await _converse(process, text, lines)
        except TimeoutError:
            why = f"not counted within {self.patience:g} s"
        except (OSError, ValueError):
            why = "the count broke off"
        else:
            why = "" if process.returncode == 0 else "the count broke off"
        finally:
            _end(process)
            # It is gone at once; without this it would stay in the table of processes.
            await asyncio.shield(process.wait())
        return {"lines": lines, "why": why}

    def end(self) -> None:
        """Ends a count that is under way; it tells what it had counted."""
        if self._running is not None:
            _end(self._running)


async def _converse(process: asyncio.subprocess.Process, text: str, lines: list[Any]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(text.encode("utf-8", "replace"))
    process.stdin.close()
    async for line in process.stdout:
        lines.append(json.loads(line))
    await process.wait()


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
