"""`recipedsl play`: one local page to write a recipe in."""

from __future__ import annotations

import asyncio
import signal
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import root_option

if TYPE_CHECKING:
    from recipedsl.editor.playground.door import Door
    from recipedsl.editor.playground.serving import Playground

#: What the page shows where no recipe is named; it needs no file.
SAMPLE = """\
ftr 1

# Nothing here is saved until you say so.

model base {
  from = hub(
    "Qwen/Qwen2.5-0.5B-Instruct",
    revision = "7ae557604adf67be50417f59c2c2f167def9a775",
  )
}

data questions = rows(
  [
    { question: "List all files.", command: "ls -a" },
    { question: "Make a folder.", command: "mkdir notes" },
    { question: "Make a folder.", command: "mkdir notes" },
    { question: "Count lines.", command: "wc -l notes.txt" },
    { question: "Sort a file.", command: "sort names.txt" },
    { question: "Show free space.", command: "df -h" },
    { question: "", command: "true" },
  ],
)
  | where chars(question) > 0
  | dedup question
  | as chat(user = question, assistant = command)
  | split train = 60%, held = 40%

stage tuned: sft {
  from    = base
  data    = questions.train
  adapter = lora(rank = 8, alpha = 16)
  epochs  = 2
}

eval report {
  models  = [base, tuned]
  data    = questions.held
  metrics = [loss()]
}

run { seed = 17 }
"""

_UNTITLED = "untitled.ftr"


@click.command()
@click.argument("recipe", required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    metavar="N",
    help="Listen there; any free port otherwise.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@root_option
def play(recipe: str | None, port: int, no_browser: bool, root: Path | None) -> int:
    """Open a page in which a recipe is written, with its problems, graph and rows beside it.

    The page is served to this machine only, at an address with a secret in it. It reads and saves recipes of
    this project, and trains nothing.
    """
    playground = _playground(recipe, root)
    try:
        asyncio.run(_serve(playground, port, browser=not no_browser))
    except OSError as error:
        raise click.UsageError(f"port {port} cannot be listened on: {error.strerror}") from None
    return exit_codes.FINE


def _playground(recipe: str | None, root: Path | None) -> Playground:
    """What is served. Raises RecipeError where the recipe cannot be read."""
    from recipedsl.cli.lsp import COUNTER, world
    from recipedsl.cli.project import load_recipe, root_of
    from recipedsl.editor.playground.methods import Beginning
    from recipedsl.editor.playground.serving import Playground

    if recipe is None:
        home = (root or root_of(Path())).resolve()
        beginning = Beginning(_unused(home), SAMPLE)
    else:
        project = load_recipe(recipe, root)
        home, beginning = project.root, Beginning(project.source.path)
    return Playground(home, world(), COUNTER, beginning)


def _unused(root: Path) -> str:
    """A name that no recipe in the root has yet."""
    names = (_UNTITLED, *(_UNTITLED.replace(".", f"-{number}.") for number in range(2, 100)))
    return next((each for each in names if not (root / each).exists()), _UNTITLED)


async def _serve(playground: Playground, port: int, *, browser: bool) -> None:
    """Serves until the process is asked to end."""
    from recipedsl.editor.playground.serving import serve_playground

    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)

    def ready(door: Door) -> None:
        click.echo(f"the playground is at {door.address}\nCtrl-C ends it")
        if browser:
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, door.address)

    await serve_playground(playground, port, ready, stopped)
