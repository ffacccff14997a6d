"""`recipedsl`: the group of commands. A command's module is imported when it is called, not before."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from importlib import import_module

import click

from recipedsl.cli.boundary import guarded

#: Commands in the order in which one meets them; module, name of the function, and the line in `--help`.
COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("recipedsl.cli.new:new", "Write a small recipe that runs, to begin from."),
    "check": ("recipedsl.cli.check:check", "Find what is wrong with recipes; touches no model."),
    "fmt": ("recipedsl.cli.fmt:fmt", "Put recipes into their one form."),
    "plan": ("recipedsl.cli.plan:plan", "Show what would be done, with every number counted."),
    "data": ("recipedsl.cli.data:data", "Look at the rows: what they hold, what fell at each step."),
    "run": ("recipedsl.cli.run:run", "Carry out a recipe."),
    "runs": ("recipedsl.cli.runs:runs", "Look at earlier runs."),
    "chat": ("recipedsl.cli.chat:chat", "Talk to a result."),
    "explain": ("recipedsl.cli.explain:explain", "Tell about a code or a word of the language."),
    "docs": ("recipedsl.cli.docs:docs", "Write the reference of the language."),
    "store": ("recipedsl.cli.store:store", "Look after the store of results."),
    "lsp": ("recipedsl.cli.lsp:lsp", "Start the language server, for editors."),
    "play": ("recipedsl.cli.play:play", "Write a recipe in a page of this machine."),
    "debug": ("recipedsl.cli.debug:debug", "Print what the compiler makes of a recipe."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; `--help` needs their first lines only."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in our order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the nearest name in the message."""
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"No such command {name!r}. {_instead(name)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in `--help`, from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _instead(name: str) -> str:
    """What may be meant by a command that there is not."""
    from recipedsl.cli.habits import instead_of_command
    from recipedsl.diagnostics import nearest

    ours, close = instead_of_command(name), nearest(name, COMMANDS)
    if ours is not None:
        return f"Type {ours}."
    return f"Did you mean {close!r}?" if close else f"The commands: {', '.join(COMMANDS)}."


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from recipedsl.cli.version import version

        click.echo(f"recipedsl {version()}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def group() -> None:
    """Fine-tune language models from a recipe that is checked before it runs.

    \b
    recipedsl new tutor && cd tutor      a recipe that runs on a laptop
    recipedsl plan recipe.ftr            what it would do, counted
    recipedsl run recipe.ftr             do it
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: runs a command and ends the process with one of `exit_codes`."""
    # Starting makes many small objects and no garbage; looking for it ever again costs a tenth of `check`.
    gc.set_threshold(50_000)
    raise SystemExit(guarded(group, arguments))
