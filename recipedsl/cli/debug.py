"""`recipedsl debug`: what each arrow of the compiler gives, as text."""

from __future__ import annotations

from pathlib import Path

import click

from recipedsl.cli import exit_codes
from recipedsl.cli.options import request_of, request_options, root_option
from recipedsl.cli.output import show_diagnostics
from recipedsl.cli.project import load_recipe


@click.group()
def debug() -> None:
    """Print what the compiler makes of a recipe: tokens, tree, recipe or plan."""


@debug.command()
@click.argument("recipe")
def tokens(recipe: str) -> None:
    """The tokens of the text, comments included."""
    from recipedsl.syntax.dump import dump_tokens

    click.echo(dump_tokens(load_recipe(recipe).source), nl=False)


@debug.command()
@click.argument("recipe")
def tree(recipe: str) -> None:
    """The syntax tree, as far as the text can be read."""
    from recipedsl.syntax import parse
    from recipedsl.syntax.dump import dump_tree

    file, problems = parse(load_recipe(recipe).source)
    click.echo(dump_tree(file), nl=False)
    show_diagnostics(problems.in_order())


@debug.command(name="recipe")
@click.argument("recipe")
@request_options
@root_option
def recipe_(
    recipe: str, sets: tuple[str, ...], profile: str, overrides: tuple[str, ...], root: Path | None
) -> int:
    """The resolved recipe: names, types and shapes."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import check_source, dump_recipe

    project = load_recipe(recipe, root)
    outcome = check_source(project.source, facts_of(project.root), request_of(sets, profile, overrides))
    if outcome.recipe is not None:
        click.echo(dump_recipe(outcome.recipe), nl=False)
    show_diagnostics(outcome.problems.in_order())
    return exit_codes.RECIPE_ERRORS if outcome.problems.has_errors else exit_codes.FINE


@debug.command()
@click.argument("recipe")
@request_options
@root_option
def plan(
    recipe: str, sets: tuple[str, ...], profile: str, overrides: tuple[str, ...], root: Path | None
) -> int:
    """The plan as JSON; no row is read and nothing is fetched."""
    from recipedsl.cli.wiring import facts_of
    from recipedsl.compiler import compile_source

    project = load_recipe(recipe, root)
    outcome = compile_source(project.source, facts_of(project.root), request_of(sets, profile, overrides))
    if outcome.plan is not None:
        click.echo(outcome.plan.model_dump_json(indent=2))
    show_diagnostics(outcome.problems.in_order())
    return exit_codes.RECIPE_ERRORS if outcome.problems.has_errors else exit_codes.FINE
