"""What hands type that are used to other tools: commands and options, and what does that here."""

from __future__ import annotations

import click

#: Commands of other tools, and what to type here.
_COMMANDS: dict[str, str] = {
    "apply": "recipedsl run RECIPE",
    "clean": "recipedsl store gc",
    "create": "recipedsl new FOLDER",
    "doc": "recipedsl docs build",
    "dry-run": "recipedsl plan RECIPE",
    "eval": "recipedsl run RECIPE, which carries out the evals too",
    "evaluate": "recipedsl run RECIPE, which carries out the evals too",
    "fit": "recipedsl run RECIPE",
    "format": "recipedsl fmt",
    "gc": "recipedsl store gc",
    "generate": "recipedsl chat",
    "help": "recipedsl --help, or --help behind a command",
    "history": "recipedsl runs list",
    "infer": "recipedsl chat",
    "init": "recipedsl new FOLDER",
    "lint": "recipedsl check",
    "list": "recipedsl runs list, or recipedsl store list",
    "logs": "recipedsl runs show",
    "ls": "recipedsl runs list, or recipedsl store list",
    "preprocess": "recipedsl plan RECIPE",
    "resume": "recipedsl run RECIPE, which goes on where it was",
    "serve": "recipedsl chat",
    "show": "recipedsl runs show",
    "status": "recipedsl runs list",
    "test": "recipedsl check, or recipedsl run RECIPE for its gates",
    "train": "recipedsl run RECIPE",
    "validate": "recipedsl check",
    "version": "recipedsl --version",
}

#: Options by command (every one where it is empty), and what to type.
_OPTIONS: dict[tuple[str, str], str] = {
    ("", "--config"): "the recipe is named without an option",
    ("", "-c"): "the recipe is named without an option",
    ("", "-V"): "--version shows the version",
    ("", "-v"): "--version shows the version",
    ("check", "--json"): "--format json",
    ("plan", "--format"): "--json writes the plan as JSON",
    ("run", "--continue"): "a run goes on where it was by itself",
    ("run", "--dry-run"): "recipedsl plan RECIPE shows what a run would do",
    ("run", "--force"): "--from NODE makes a result again, and what depends on it",
    ("run", "--resume"): "a run goes on where it was by itself",
}

#: Commands that read the values of a recipe.
_READING = ("check", "plan", "run")
_VALUES = "a value of the recipe is changed by --set NAME=VALUE or --override stages.NAME.SETTING=VALUE"


def instead_of_command(name: str) -> str | None:
    """What does here what a command of another tool does."""
    return _COMMANDS.get(name)


def with_hint(error: click.NoSuchOption) -> click.NoSuchOption:
    """The same, with what is to be typed in the place of an option that a command lacks."""
    instead = _instead_of_option(error)
    if instead is None:
        return error
    words = f"{error.message} Here: {instead}."
    return click.NoSuchOption(error.option_name, words, error.possibilities, error.ctx)


def _instead_of_option(error: click.NoSuchOption) -> str | None:
    command = error.ctx.info_name if error.ctx is not None else ""
    found = _OPTIONS.get((command or "", error.option_name)) or _OPTIONS.get(("", error.option_name))
    if found is None and not error.possibilities and command in _READING:
        return _VALUES
    return found
