"""The server of the playground: plain answers for the page's files, a language server behind each socket."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve

from recipedsl.diagnostics import Diagnostic
from recipedsl.editor.counting import Counting
from recipedsl.editor.facts import Around
from recipedsl.editor.playground.door import HOST, Door
from recipedsl.editor.playground.gate import MOST_MESSAGE, Gate
from recipedsl.editor.playground.methods import Beginning, add_methods
from recipedsl.editor.playground.recipes import Recipes
from recipedsl.editor.server import RecipeServer
from recipedsl.editor.speaking import converse_over
from recipedsl.editor.world import World
from recipedsl.plan.facts import Facts

#: Pages that may be open at a time, and the code that tells one more to come again later (RFC 6455, 7.4.1).
_MOST_PAGES, _TRY_LATER = 8, 1013

#: Pages answered with an error, and messages that cannot be read, are no news of the terminal.
_SILENT = logging.getLogger("recipedsl.playground")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True)
class Playground:
    """What is served.

    Attributes:
        root: of the project, links followed; nothing outside is read or written.
        world: what is around the documents.
        counter: the command that counts rows, see `Counting`.
        beginning: what is shown first.
    """

    root: Path
    world: World
    counter: Sequence[str]
    beginning: Beginning


async def serve_playground(
    playground: Playground, port: int, ready: Callable[[Door], None], stopped: asyncio.Event
) -> None:
    """Serves until it is stopped.

    Args:
        playground: what is served.
        port: to listen on; 0 takes one that is free.
        ready: told the address once it can be opened.
        stopped: set to end.

    Raises:
        OSError: the port is taken.
    """
    listening = socket.create_server((HOST, port))
    door = Door(listening.getsockname()[1])
    pages: set[ServerConnection] = set()

    async def talk(page: ServerConnection) -> None:
        if len(pages) >= _MOST_PAGES:
            await page.close(_TRY_LATER, "too many pages are open")
            return
        pages.add(page)
        try:
            await _talk(playground, page)
        finally:
            pages.discard(page)

    async with serve(
        talk, sock=listening, process_request=door.answer, origins=list(door.origins),  # type: ignore[arg-type]
        max_size=MOST_MESSAGE, server_header=None, logger=_SILENT,
    ):  # fmt: skip
        ready(door)
        await stopped.wait()


async def _talk(playground: Playground, page: ServerConnection) -> None:
    """One page, from its first message to its last, with a language server of its own."""
    server = RecipeServer(closed(playground.world, playground.root))
    counting = Counting(playground.counter, playground.root)
    add_methods(server, Recipes(playground.root, playground.world.recipes_of), counting, playground.beginning)
    # The workspace is another one after `initialize`, so it is asked for each time.
    gate = Gate(page, playground.root, lambda: server.recipes)
    try:
        await converse_over(server, gate)
    finally:
        counting.end()


def closed(world: World, root: Path) -> World:
    """A world that ends at a root: whatever else a page may ask for is neither looked at nor listed."""

    def facts_of(folder: Path) -> Facts:
        _check(folder)
        return world.facts_of(folder)

    def around(folder: Path) -> Around:
        _check(folder)
        return world.around(folder)

    def shows_of(recipe: Path) -> Callable[[Diagnostic], bool]:
        _check(recipe)
        return world.shows_of(recipe)

    def recipes_of(folder: Path) -> list[Path]:
        _check(folder)
        return world.recipes_of(folder)

    def _check(place: Path) -> None:
        if not place.resolve().is_relative_to(root):
            raise PermissionError(f"{place} lies outside of {root}")

    return replace(
        world,
        facts_of=facts_of,
        around=around,
        shows_of=shows_of,
        recipes_of=recipes_of,
        root_of=lambda _: root,
    )
