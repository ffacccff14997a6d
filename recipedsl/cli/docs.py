"""`recipedsl docs`: writes the reference, as Markdown or as a site."""

from __future__ import annotations

from pathlib import Path

import click

from recipedsl.cli import exit_codes


@click.group()
def docs() -> None:
    """Write the reference of the language and of the diagnostics."""


@docs.command(short_help="Write the reference as a site, or as Markdown.")
@click.option(
    "--out",
    default="reference",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to; `reference` when left out.",
)
@click.option("--markdown-only", is_flag=True, help="Write Markdown; needs nothing installed.")
def build(out: Path, markdown_only: bool) -> int:
    """Write the reference as a site whose search works without a network.

    The folder is emptied first, so it has to be new, empty, or the result of an earlier build.
    """
    from recipedsl.diagnostics import RecipeError
    from recipedsl.diagnostics.extras import extra_missing
    from recipedsl.reference import site

    if not site.is_ours(out):
        raise click.UsageError(f"{out} holds files that are not of the reference; name another folder")
    if markdown_only:
        return _markdown(out)
    if not site.can_build():
        otherwise = "`--markdown-only` writes the same pages without it"
        raise RecipeError(extra_missing("the site", "mkdocs-material", "docs", otherwise))
    site.build_site(out)
    click.echo(f"wrote {out / 'index.html'}")
    return exit_codes.FINE


def _markdown(out: Path) -> int:
    from recipedsl.reference.build import write_markdown
    from recipedsl.reference.site import mark

    out.mkdir(parents=True, exist_ok=True)
    written = write_markdown(out)
    mark(out)
    click.echo(f"wrote {len(written)} pages, {written[0]} first")
    return exit_codes.FINE


@docs.command()
@click.argument("path", default="README.md", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def readme(path: Path) -> int:
    """Rewrite the generated tables of the README at PATH."""
    from recipedsl.reference.readme import refresh

    click.echo(f"{path} is rewritten" if refresh(path) else f"{path} is up to date")
    return exit_codes.FINE


@docs.command()
@click.option(
    "--out",
    default="editors",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to, one folder an editor; `editors` when left out.",
)
def grammars(out: Path) -> int:
    """Write the grammars of editors: TextMate, Vim, Lezer, Emacs."""
    from recipedsl.reference.grammars.files import write

    written = write(out)
    for each in written:
        click.echo(f"wrote {each}")
    if not written:
        click.echo(f"{out} is up to date")
    return exit_codes.FINE
