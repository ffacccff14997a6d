"""`recipedsl explain`: the page of a code, or of a word of the language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recipedsl.cli.output import show_lines

if TYPE_CHECKING:
    from recipedsl.diagnostics import Code
    from recipedsl.language.concept import Word


@click.command()
@click.argument("topic", required=False)
@click.option("--list", "show_list", is_flag=True, help="List every code.")
def explain(topic: str | None, show_list: bool) -> None:
    """Tell about a code (D201), its name (unknown-column) or a word of the language (sft, where, lora)."""
    if show_list or topic is None:
        _list_codes()
    elif not (_explain_code(topic) or _explain_word(topic)):
        raise click.UsageError(_unknown(topic))


def _unknown(topic: str) -> str:
    from recipedsl.diagnostics import nearest
    from recipedsl.diagnostics.render.pieces import escaped
    from recipedsl.language import catalogue

    words = [each.keyword for family in catalogue.words().values() for each in family]
    close = nearest(topic, [*(code.code for code in codes()), *(code.name for code in codes()), *words])
    return f"nothing is known of {escaped(topic)!r}" + (f"; did you mean {close!r}?" if close else "")


def codes() -> Iterator[type[Code]]:
    """Every code of every family, in order of number."""
    import pkgutil
    from importlib import import_module

    from recipedsl.diagnostics import codes as package

    modules = [
        import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]
    yield from sorted((code for module in modules for code in module.CODES), key=lambda code: str(code.code))


def _list_codes() -> None:
    from recipedsl.diagnostics.render.pieces import Piece, Role, line

    for code in codes():
        title = code.page().split("\n", 1)[0].rstrip(".")
        show_lines([line(Piece(code.code, Role.NAME), f"  {code.name:<26} ", Piece(title))])


def _explain_code(topic: str) -> bool:
    from recipedsl.diagnostics.render.pieces import Piece, Role, line

    for code in codes():
        if topic.upper() == code.code or topic.lower() == code.name:
            show_lines([line(Piece(f"{code.severity}[{code.code}]", Role.NAME), f" {code.name}"), ()])
            _show_page(code.page())
            return True
    return False


def _explain_word(topic: str) -> bool:
    from recipedsl.diagnostics.render.pieces import Piece, Role, line
    from recipedsl.language import catalogue

    found = False
    for family, members in catalogue.words().items():
        concept = next((each for each in members if each.keyword == topic), None)
        if concept is None:
            continue
        show_lines(
            [*([()] if found else []), line(Piece(topic, Role.NAME), f" ({family.replace('_', ' ')})"), ()]
        )
        _show_page(concept.page())
        _show_settings(concept)
        found = True
    return found


def _show_page(page: str) -> None:
    """A page as it is written; its headings stand out."""
    from recipedsl.diagnostics.render.pieces import Line, Piece, Role

    def row(text: str) -> Line:
        head, colon, rest = text.partition(":")
        if colon and head in {"What", "Why", "Bad", "Good", "Example", "Source"}:
            return (Piece(f"{head}:", Role.NAME), Piece(rest))
        return (Piece(text),)

    show_lines(row(each) for each in page.split("\n"))


def _show_settings(concept: type[Word]) -> None:
    from recipedsl.diagnostics.render.pieces import Piece, Role, line

    settings = concept.settings()
    if not settings:
        return
    show_lines([(), line(Piece("Settings:", Role.NAME))])
    room = max(len(name) for name in settings)
    for name, setting in settings.items():
        default = "required" if setting.required else f"default {_value(setting.default)}"
        if not setting.required and setting.default in (None, ""):
            default = "may be left out"
        show_lines(
            [
                line(
                    "  ",
                    Piece(f"{name:<{room}}", Role.NAME),
                    f"  {setting.doc}",
                    Piece(f" ({default})", Role.FAINT),
                )
            ]
        )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
