"""`recipedsl lsp`: the language server, for editors to start."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from recipedsl.cli import exit_codes

if TYPE_CHECKING:
    from recipedsl.diagnostics import Diagnostic
    from recipedsl.editor.world import World

#: What counts rows: a process of its own, with limits of its own.
COUNTER = (sys.executable, "-m", "recipedsl.cli.counting")

#: The protocol's own exit code for a client that leaves without `shutdown`.
_NOT_SHUT_DOWN = 1


@click.command()
@click.option("--stdio", is_flag=True, help="Speak over standard input and output; this is the default.")
@click.option(
    "--tcp",
    type=click.IntRange(0, 65_535),
    metavar="PORT",
    help="Listen on this port instead; 0 takes a free one.",
)
@click.option("--ws", type=click.IntRange(0, 65_535), metavar="PORT", help="The same, for WebSockets.")
def lsp(stdio: bool, tcp: int | None, ws: int | None) -> int:
    """Start the language server; editors do that by themselves.

    It speaks the Language Server Protocol 3.17. With --tcp or --ws it listens on this machine only, for one
    client, and ends when that one leaves.
    """
    if sum((stdio, tcp is not None, ws is not None)) > 1:
        raise click.UsageError("--stdio, --tcp and --ws are three ways to speak; one of them is wanted")
    from recipedsl.editor.server import RecipeServer
    from recipedsl.editor.speaking import serve_stdio, serve_tcp, serve_websocket

    server = RecipeServer(world())
    try:
        if tcp is not None:
            serve_tcp(server, tcp, _listening)
        elif ws is not None:
            serve_websocket(server, ws, _listening)
        else:
            serve_stdio(server, sys.stdin.buffer, _own_output())
    except OSError as error:
        raise click.UsageError(
            f"port {ws if tcp is None else tcp} cannot be listened on: {error.strerror}"
        ) from None
    return exit_codes.FINE if server.was_shut_down else _NOT_SHUT_DOWN


def _listening(port: int) -> None:
    """Whoever asked for any free port has to know which it is; the output is the protocol's elsewhere."""
    click.echo(f"listening on port {port} of this machine", err=True)


def _own_output() -> BinaryIO:
    """The output for the protocol alone: what anything else prints goes where errors go."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


def world() -> World:
    """What is around the documents: the facts, roots and settings of the other commands."""
    from platformdirs import user_cache_path

    from recipedsl.cli.project import root_of
    from recipedsl.cli.version import version
    from recipedsl.cli.wiring import facts_of
    from recipedsl.data.peek import FilesAround
    from recipedsl.editor.pages import Pages
    from recipedsl.editor.world import World

    pages = Pages(user_cache_path("recipedsl") / "pages" / version())
    return World(
        facts_of,
        FilesAround,
        root_of,
        _shows_of,
        _recipes_of,
        page_of=pages.address,
        version=version(),
        counter=COUNTER,
    )


def _shows_of(recipe: Path) -> Callable[[Diagnostic], bool]:
    from recipedsl.cli.selection import Selection
    from recipedsl.cli.settings import settings_for

    settings = settings_for(recipe.parent)
    return Selection(settings.select, settings.ignored_in(recipe)).shows


def _recipes_of(folder: Path) -> list[Path]:
    from recipedsl.cli.settings import recipes_under

    return [Path(each).absolute() for each in recipes_under((str(folder),))]
