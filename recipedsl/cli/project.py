"""Recipes on the disk: which project one belongs to, and its text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from recipedsl.diagnostics import Diagnostic
    from recipedsl.plan.model import Plan
    from recipedsl.source import Source

SUFFIX = ".ftr"
STDIN = "-"

#: What makes a folder a project's root.
_SIGNS = ("recipedsl.toml", ".recipedsl", "pyproject.toml", ".git")

#: Ends of names of what people have beside a recipe, or instead of one.
_OTHERS = frozenset({".csv", ".json", ".jsonl", ".parquet", ".py", ".toml", ".yaml", ".yml"})

#: Folders in which no recipes of the project lie.
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})


@dataclass(frozen=True)
class Project:
    """A recipe's text and the folder that all paths of its plan are relative to."""

    root: Path
    source: Source


def root_of(folder: Path) -> Path:
    """The nearest folder at or above `folder` that is a project's root; else `folder` itself."""
    folder = folder.resolve()
    found = (each for each in (folder, *folder.parents) if any((each / sign).exists() for sign in _SIGNS))
    return next(found, folder)


def load_recipe(path: str, root: Path | None = None) -> Project:
    """Reads a recipe; `-` reads the standard input.

    Raises:
        RecipeError: there is no such file, or it is a folder, no text, or empty.
    """
    from recipedsl.source import Source

    if path == STDIN:
        return Project(
            (root or root_of(Path())).resolve(), Source("<stdin>", _text(sys.stdin.buffer.read(), "<stdin>"))
        )
    file = Path(path)
    if not file.is_file():
        raise _error(_missing(file))
    if file.suffix.lower() in _OTHERS:
        raise _error(_other(file))
    text = _text(file.read_bytes(), path)
    home = (root or root_of(file.parent)).resolve()
    return Project(home, Source(_relative(file, home), text))


def _relative(file: Path, root: Path) -> str:
    """The path with `/`, seen from the root. Raises click.UsageError."""
    try:
        return file.resolve().relative_to(root).as_posix()
    except ValueError:
        raise click.UsageError(f"{file} lies outside the root {root}; name another with --root") from None


def _text(content: bytes, path: str) -> str:
    from recipedsl.diagnostics import Diagnostic, Help
    from recipedsl.diagnostics.codes.recipe_files import RecipeEmpty, RecipeNotText

    try:
        # A byte order mark is no part of the text.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        note = f"byte {error.start} (line {line}) is 0x{content[error.start]:02X}"
        helps = (Help("save the file as UTF-8"),)
        raise _error(
            Diagnostic(RecipeNotText, f"{path} is not UTF-8 text", notes=(note,), helps=helps)
        ) from None
    if "\0" in text:
        raise _error(Diagnostic(RecipeNotText, f"{path} is a binary file"))
    if not text.strip():
        helps = (Help("`recipedsl new` writes a recipe to begin from"),)
        raise _error(Diagnostic(RecipeEmpty, f"{path} is empty", helps=helps))
    return text


def _missing(file: Path) -> Diagnostic:
    from recipedsl.diagnostics import Diagnostic, Help, nearest
    from recipedsl.diagnostics.codes.recipe_files import RecipeMissing

    if file.is_dir():
        names = sorted(each.name for each in file.glob(f"*{SUFFIX}"))
        helps = (Help(f"it holds {', '.join(names[:5])}"),) if names else ()
        return Diagnostic(RecipeMissing, f"{file} is a folder, not a recipe", helps=helps)
    parent = file.parent
    names = [each.name for each in parent.iterdir() if each.is_file()] if parent.is_dir() else []
    recipes = [each for each in sorted(names) if each.endswith(SUFFIX)]
    of_same_stem = file.stem + SUFFIX
    close = of_same_stem if of_same_stem in recipes else nearest(file.name, names)
    shown = [close] if close else recipes[:5]
    helps = (Help("there is " + ", ".join(f"`{(parent / each).as_posix()}`" for each in shown)),)
    if not shown:
        helps = (Help("`recipedsl new` writes a recipe to begin from"),) if parent.is_dir() else ()
    return Diagnostic(RecipeMissing, f"there is no file {file}", helps=helps)


def _other(file: Path) -> Diagnostic:
    from recipedsl.diagnostics import Diagnostic, Help
    from recipedsl.diagnostics.codes.recipe_files import RecipeMissing

    beside = file.with_suffix(SUFFIX)
    hints = [f"there is `{beside.as_posix()}`"] if beside.is_file() else []
    if file.suffix.lower() == ".json":
        hints.append("a plan file is carried out by `recipedsl run`, and read by nothing else")
    words = f"{file} is no recipe; the name of one ends in `{SUFFIX}`"
    hints = hints or ["`recipedsl new` writes a recipe to begin from"]
    return Diagnostic(RecipeMissing, words, helps=tuple(Help(each) for each in hints))


def _error(diagnostic: Diagnostic) -> Exception:
    from recipedsl.diagnostics import RecipeError

    return RecipeError(diagnostic)


def find_recipes(paths: Iterable[str]) -> Iterator[str]:
    """The recipes that paths stand for: files as they are, folders searched; `.` when there are none."""
    for path in list(paths) or ["."]:
        if path != STDIN and Path(path).is_dir():
            yield from sorted(_below(Path(path)))
        else:
            yield path


def _below(folder: Path) -> Iterator[str]:
    for each in folder.rglob(f"*{SUFFIX}"):
        inner = each.relative_to(folder).parts[:-1]
        is_hidden = any(part.startswith(".") or part in _SKIPPED for part in inner)
        # The folder of a run holds a copy of its recipe, away from its data.
        is_copy = (each.parent / "outcome.json").exists()
        if each.is_file() and not is_hidden and not is_copy:
            yield str(each)


def load_plan(path: str, root: Path | None = None) -> tuple[Path, Plan]:
    """Reads a plan file; the root is that of its folder unless given.

    Raises:
        RecipeError: it cannot be read or is unfit.
    """
    from pydantic import ValidationError

    from recipedsl.diagnostics import Diagnostic, Help
    from recipedsl.diagnostics.codes.recipe_files import PlanFile
    from recipedsl.plan.model import Plan
    from recipedsl.plan.verify import faults, forgeries
    from recipedsl.plan.vocabulary import foreign

    file = Path(path)
    if not file.is_file():
        raise _error(_missing(file))
    try:
        plan = Plan.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        note = f"{place}: {first['msg']}" if place else first["msg"]
        raise _error(Diagnostic(PlanFile, f"{path} is no plan of this version", notes=(note,))) from None
    found = tuple(faults(plan)) or tuple(forgeries(plan)) or tuple(foreign(plan))
    if found:
        helps = (Help("`recipedsl plan RECIPE --json` writes a plan; settings change in the recipe"),)
        raise _error(
            Diagnostic(PlanFile, f"the plan in {path} is not fit to run", notes=found[:5], helps=helps)
        )
    return (root or root_of(file.parent)).resolve(), plan
