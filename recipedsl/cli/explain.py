"""`recipedsl explain`: the page of a code, or of anything that a recipe can say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recipedsl.cli.output import screen_width, show_lines

if TYPE_CHECKING:
    from recipedsl.diagnostics.render.pieces import Line
    from recipedsl.language.concept import Setting
    from recipedsl.reference.lookup import Meaning


@click.command()
@click.argument("topic", required=False)
@click.option("--list", "show_list", is_flag=True, help="List every code and every word.")
def explain(topic: str | None, show_list: bool) -> None:
    """Tell about a word of a recipe or of a message.

    TOPIC is a code (D201) or its name (unknown-column), a word of the language (sft, where, lora), a
    setting (warmup, sft.packing), a choice (sigmoid, chatml), a unit (Ki), or what another tool calls it.
    """
    if show_list or topic is None:
        show_lines(_list())
        return
    from recipedsl.reference.lookup import closest, meanings

    found = meanings(topic)
    if not found:
        raise click.UsageError(_unknown(topic, closest(topic)))
    show_lines(line for number, each in enumerate(found) for line in _told(each, number))


def _unknown(topic: str, close: str | None) -> str:
    from recipedsl.diagnostics.render.pieces import escaped

    more = f"did you mean {close!r}?" if close else "`recipedsl explain --list` shows what is known"
    return f"nothing is known of {escaped(topic)!r}; {more}"


# --- lists --------------------------------------------------------------------------------------------


def _list() -> Iterator[Line]:
    """Codes by family, then words by family."""
    from recipedsl.diagnostics.render.pieces import Piece, Role, line
    from recipedsl.reference.codes import code_families, code_title

    for letter, kinds in code_families().items():
        yield line(Piece(f"{code_title(letter)} ({letter}…)", Role.NAME))
        room = max(len(kind.name) for kind in kinds)
        for kind in kinds:
            first = kind.page().split("\n", 1)[0].rstrip(".")
            yield line("  ", Piece(kind.code, Role.NAME), f"  {kind.name:<{room}}  ", Piece(first))
        yield ()
    yield from _word_lists()


def _word_lists() -> Iterator[Line]:
    import sys
    import textwrap

    from recipedsl.diagnostics.render.pieces import Piece, Role, line
    from recipedsl.reference.vocabulary import families

    for family in families():
        yield line(Piece(family.title, Role.NAME))
        words = " ".join(dict.fromkeys(each.keyword for each in family.words))
        width = screen_width(sys.stdout)
        for row in textwrap.wrap(words, width, initial_indent="  ", subsequent_indent="  "):
            yield line(row)
        yield ()


# --- pages --------------------------------------------------------------------------------------------


def _told(meaning: Meaning, number: int) -> Iterator[Line]:
    """One meaning; the second and later ones stand apart from the one before."""
    from recipedsl.diagnostics.render.pieces import Piece, Role, line

    if number:
        yield ()
    yield line(Piece(meaning.heading, Role.NAME))
    yield ()
    yield from (_row(each) for each in meaning.page.split("\n"))
    yield from _settings(meaning.settings)


def _row(text: str) -> Line:
    """A line of a page; what stands before its colon stands out where it is a heading."""
    from recipedsl.diagnostics.render.pieces import Piece, Role

    head, colon, rest = text.partition(":")
    if colon and head[:1].isupper() and len(head.split()) < 4:
        return (Piece(f"{head}:", Role.NAME), Piece(rest))
    return (Piece(text),)


def _settings(settings: tuple[Setting, ...]) -> Iterator[Line]:
    from recipedsl.diagnostics.render.pieces import Piece, Role, line

    if not settings:
        return
    yield ()
    yield line(Piece("Settings:", Role.NAME))
    room = max(len(each.name) for each in settings)
    for each in settings:
        name = Piece(f"{each.name:<{room}}", Role.NAME)
        later = (Piece(" · not carried out yet", Role.WARNING),) if each.not_yet else ()
        yield line("  ", name, f"  {each.doc.rstrip('.')}", Piece(f" ({_default(each)})", Role.FAINT), *later)


def _default(setting: Setting) -> str:
    from recipedsl.reference.values import default_of, is_left_out

    if setting.required:
        return "required"
    return "may be left out" if is_left_out(setting) else f"default {default_of(setting)}"
