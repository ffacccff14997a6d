"""What goes to the screen: whether colour is allowed, how wide it is, and where diagnostics go."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TextIO

import click

if TYPE_CHECKING:
    from recipedsl.diagnostics import Diagnostic
    from recipedsl.diagnostics.render.pieces import Line

Format = Literal["text", "concise", "json", "sarif", "github"]

#: Width that is laid out for when the output is no terminal.
PIPE_WIDTH = 120

#: Problems that are shown to people; nobody reads on, and programs have the other forms.
MOST_SHOWN = 500

#: Problems that are told to a service: GitHub shows no more of a SARIF file.
MOST_FOR_SERVICES = 5_000

#: Lines longer than this are hard to read, however wide the window is.
_WIDEST = 140


def has_colour(stream: TextIO) -> bool:
    """Whether escape codes may be written: NO_COLOR, then FORCE_COLOR, then whether it is a terminal.

    See no-color.org and force-color.org: set and not empty counts.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def screen_width(stream: TextIO) -> int:
    """Columns to lay out for; COLUMNS is honoured everywhere."""
    if not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return PIPE_WIDTH
    return min(_WIDEST, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)


def show_lines(lines: Iterable[Line], *, err: bool = False) -> None:
    """Prints lines of a report."""
    from recipedsl.diagnostics.render.pieces import to_ansi, to_plain

    stream = sys.stderr if err else sys.stdout
    # The colours are decided here; click must not take them away again.
    if has_colour(stream):
        click.echo(to_ansi(lines), nl=False, err=err, color=True)
    else:
        click.echo(to_plain(lines), nl=False, err=err)


def show_diagnostics(
    diagnostics: Iterable[Diagnostic], *, form: Format = "text", err: bool = True, summary: bool = True
) -> None:
    """Prints diagnostics in one of the forms.

    Args:
        diagnostics: in the order in which they are shown.
        form: for people, one a line, JSON, SARIF, or annotations of a GitHub workflow.
        err: whether they go to the error stream.
        summary: whether the text form counts them at the end.
    """
    found = list(diagnostics)
    shown = found[:MOST_SHOWN]
    if not found and form not in ("json", "sarif"):
        return
    from recipedsl.diagnostics import render

    stream = sys.stderr if err else sys.stdout
    if form == "json":
        click.echo(render.render_json(found), nl=False, err=err)
    elif form == "concise":
        click.echo(render.render_concise(shown), nl=False, err=err)
    elif form in ("sarif", "github"):
        click.echo(_for_services(found[:MOST_FOR_SERVICES], form), nl=False, err=err)
    else:
        colour = has_colour(stream)
        text = render.render_terminal(
            found, colour=colour, width=screen_width(stream), summary=summary, most=MOST_SHOWN
        )
        click.echo(text, nl=False, err=err, color=colour)
    if len(shown) < len(found) and form == "concise":
        click.echo(f"{len(found) - len(shown)} more are not shown", err=err)


def _for_services(found: list[Diagnostic], form: Format) -> str:
    if form == "github":
        from recipedsl.diagnostics.render.github import render_github

        return render_github(found)
    from recipedsl.cli.version import version
    from recipedsl.diagnostics.render.sarif import render_sarif

    return render_sarif(found, version())


def show_diff(path: str, before: str, after: str, what: str) -> None:
    """Prints how a file would change; `what` is said of the new text, such as `fixed`."""
    import difflib

    from recipedsl.diagnostics.render.pieces import Piece, Role, escaped, line

    roles = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.GUTTER}
    old, new = before.splitlines(), after.splitlines()
    rows = difflib.unified_diff(old, new, path, f"{path} ({what})", lineterm="")
    show_lines(line(Piece(escaped(row), roles.get(row[:1], Role.PLAIN))) for row in rows)
