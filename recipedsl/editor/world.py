"""What the command line wires in: the editor asks through it and imports neither data nor runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recipedsl.diagnostics import Code, Diagnostic
from recipedsl.editor.facts import Around
from recipedsl.plan.facts import Facts


def _shows_all(_: Path) -> Callable[[Diagnostic], bool]:
    return lambda _: True


@dataclass(frozen=True)
class World:
    """What is around the documents.

    Attributes:
        facts_of: facts about the files of the project with this root.
        around: what is asked of the files of the project with this root beside facts.
        root_of: root of the project that a folder belongs to.
        shows_of: whether the settings of a project show a problem of this recipe.
        recipes_of: recipes below a folder.
        page_of: address of the page of a code.
        version: of the package.
        counter: command that counts rows: it is given root and path, the recipe on its input, and writes
            lines of JSON; empty where nothing is counted.
    """

    facts_of: Callable[[Path], Facts]
    around: Callable[[Path], Around]
    root_of: Callable[[Path], Path] = lambda folder: folder
    shows_of: Callable[[Path], Callable[[Diagnostic], bool]] = _shows_all
    recipes_of: Callable[[Path], list[Path]] = lambda folder: sorted(folder.rglob("*.ftr"))
    page_of: Callable[[type[Code]], str] = lambda kind: f"urn:recipedsl:code:{kind.code}"
    version: str = ""
    counter: tuple[str, ...] = ()
