"""Commands of the client: each answers with the command line that does what it says, and runs nothing.

The client carries it out where its user sees it, in a terminal. What a recipe names is never run by opening
the recipe or by looking at it.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from sysconfig import get_path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from recipedsl.editor.documents import file_of
from recipedsl.editor.workspace import Workspace

if TYPE_CHECKING:
    from recipedsl.editor.server import RecipeServer

CHECK, PLAN, PREVIEW, RUN = (f"recipedsl.{each}" for each in ("check", "plan", "preview", "run"))

_ROWS = "5"


def command_line(workspace: Workspace, command: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """What carries out a command.

    Args:
        workspace: the open documents.
        command: one of `COMMANDS`.
        arguments: the address of a recipe, and perhaps the name of a dataset or stage.

    Returns:
        `argv`, the command line as words; `line`, the same for a shell; `cwd`, the folder to run it in; and
        `unsaved`, whether the file does not hold yet what the editor shows.

    Raises:
        JsonRpcInvalidParams: there is no such recipe.
    """
    words = [each for each in arguments if isinstance(each, str)]
    file = file_of(words[0]) if words else None
    if file is None:
        raise JsonRpcInvalidParams(message=f"{command} takes the address of a recipe that lies in a file")
    document = workspace.documents.get(words[0])
    root = document.root if document is not None else file.parent
    path = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
    argv = [*_program(), *_ARGUMENTS[command](f"./{path}" if path.startswith("-") else path, words[1:])]
    return {
        "argv": argv,
        "line": shlex.join(argv),
        "cwd": str(root),
        "unsaved": _is_unsaved(workspace, words[0]),
    }


def _program() -> list[str]:
    """This installation, whatever else is on the path: server and compiler cannot differ."""
    script = Path(get_path("scripts"), "recipedsl")
    return [str(script)] if script.is_file() else [sys.executable, "-c", _MAIN]


_MAIN = "from recipedsl.cli.main import main; main()"


def _is_unsaved(workspace: Workspace, uri: str) -> bool:
    document, file = workspace.documents.get(uri), file_of(uri)
    if document is None or file is None:
        return False
    try:
        return file.read_text(encoding="utf-8-sig") != document.text
    except (OSError, UnicodeDecodeError):
        return True


def _preview(path: str, names: list[str]) -> list[str]:
    return ["data", path, *names[:1], *(["--rows", _ROWS] if names else [])]


def _run(path: str, names: list[str]) -> list[str]:
    return ["run", path, *(["--only", names[0]] if names else [])]


_ARGUMENTS = {
    CHECK: lambda path, _: ["check", path],
    PLAN: lambda path, _: ["plan", path],
    PREVIEW: _preview,
    RUN: _run,
}

COMMANDS = tuple(_ARGUMENTS)


def add_commands(server: RecipeServer) -> None:
    """Answer `workspace/executeCommand`."""
    for command in COMMANDS:
        server.command(command)(_answer(server, command))


def _answer(server: RecipeServer, command: str) -> Any:
    def answer(*arguments: Any) -> Any:
        return server.guard.run(command, lambda: command_line(server.recipes, command, arguments))

    return answer
