"""The one place where exceptions become words and exit codes.

A user's mistake is a diagnostic. A broken invariant of ours, or anything that we did not foresee, is
a bug: the traceback goes into a file to send, not onto the screen.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes

if TYPE_CHECKING:
    from recipedsl.diagnostics import RecipeError

#: Set by the shell that asks for completions.
_COMPLETION = "_RECIPEDSL_COMPLETE"

#: Where people send what should not have happened.
ISSUES = "the project's issue tracker"


def guarded(command: click.Command, arguments: Sequence[str] | None) -> int:
    """Runs a command; gives the exit code. Raises nothing.

    Args:
        command: the group of commands.
        arguments: without the program's name; None takes those of the process.
    """
    _make_printable()
    try:
        code = _run(command, arguments)
        _flush()
    except BrokenPipeError:
        _forget_output()
        return exit_codes.FINE
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return exit_codes.INTERRUPTED
    return code


def _run(command: click.Command, arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = command.main(given, prog_name="recipedsl", standalone_mode=False)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        _show_usage(error)
        return error.exit_code
    except SystemExit as error:
        # Click ends so after shell completion, and when whoever reads the output has gone.
        if _COMPLETION in os.environ:
            return int(error.code or 0)
        raise BrokenPipeError from None
    except BrokenPipeError:
        raise
    except OSError as error:
        return _system_error(error, given)
    except Exception as error:  # the boundary: everything else is told apart here
        return _failure(error, given)
    return result if isinstance(result, int) else exit_codes.FINE


def _show_usage(error: click.ClickException) -> None:
    """What click says, which repeats what was typed, and that may be the name of somebody's file."""
    from recipedsl.diagnostics.render.pieces import escaped

    if isinstance(error, click.NoSuchOption):
        from recipedsl.cli.habits import with_hint

        error = with_hint(error)
    text = io.StringIO()
    error.show(file=text)
    click.echo(escaped(text.getvalue(), keep_lines=True), nl=False, err=True)


def _failure(error: Exception, arguments: Sequence[str]) -> int:
    from recipedsl.diagnostics import RecipeError

    return _recipe_error(error) if isinstance(error, RecipeError) else _bug(error, arguments)


def _recipe_error(error: RecipeError) -> int:
    from recipedsl.cli.output import show_diagnostics

    show_diagnostics(error.diagnostics)
    codes = {each.code for each in error.diagnostics}
    return exit_codes.RUN_FAILED if any(code.startswith("R") for code in codes) else exit_codes.RECIPE_ERRORS


def _system_error(error: OSError, arguments: Sequence[str]) -> int:
    """What the system refused, where it names a file; anything else is ours."""
    if not error.filename:
        return _bug(error, arguments)
    from recipedsl.diagnostics.render.pieces import escaped

    click.echo(f"error: {escaped(_shortened(str(error.filename)))}: {error.strerror}", err=True)
    return exit_codes.USAGE


def _shortened(name: str, most: int = 200) -> str:
    return name if len(name) <= most else f"{name[:most]}…"


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    from recipedsl.diagnostics.render.pieces import escaped

    first = escaped(str(error).split("\n", 1)[0])
    click.echo(f"error: this is a bug in recipedsl: {type(error).__name__}: {first}", err=True)
    report = _write_report(error, arguments)
    if report is None:
        click.echo(
            "       the report could not be written; set RECIPEDSL_TRACEBACK=1 to see it here", err=True
        )
    else:
        click.echo(f"       please send {report} and the recipe to {ISSUES}", err=True)
    if os.environ.get("RECIPEDSL_TRACEBACK"):
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    return exit_codes.RUN_FAILED


def _write_report(error: Exception, arguments: Sequence[str]) -> Path | None:
    """Writes what is needed to find the fault; None when there is no place to write to."""
    import platform
    import tempfile
    import traceback

    from recipedsl.cli.version import version

    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    text = (
        f"recipedsl {version()}, Python {platform.python_version()}, {platform.platform()}\n"
        f"recipedsl {' '.join(_without_values(arguments))}\n\n"
        f"{''.join(traceback.format_exception(error))}"
    )
    try:
        path = Path(tempfile.mkdtemp(prefix="recipedsl-")) / f"recipedsl-bug-{stamp}.txt"
        path.write_text(text, "utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path


def _without_values(arguments: Sequence[str]) -> list[str]:
    """The command line without what was given to `--set`: it may be private."""
    kept: list[str] = []
    hide = False
    for each in arguments:
        name, equals, _ = each.partition("=")
        if hide or (name == "--set" and equals):
            kept.append(f"{'--set=' if not hide else ''}{each.removeprefix('--set=').partition('=')[0]}=…")
        else:
            kept.append(each)
        hide = each == "--set" and not hide
    return kept


# --- streams ------------------------------------------------------------------------------------------


def _make_printable() -> None:
    """Output that the terminal's encoding lacks is spelled out instead of being an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _forget_output() -> None:
    """The reader is gone (`recipedsl plan … | head`): nothing more is written, and nobody complains."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
