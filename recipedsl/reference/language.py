"""The page of the language: prose in `language.md`, tables and the grammar filled in."""

from __future__ import annotations

from pathlib import Path

from recipedsl.language.catalogue import FAMILIES
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.values import SUFFIXES, Unit, ValueType, Wants
from recipedsl.reference.filling import filled
from recipedsl.reference.grammar_words import GRAMMAR_WORDS
from recipedsl.reference.markdown import code, fence, link, listed, prose, table
from recipedsl.reference.values import written
from recipedsl.semantics.params import PARAM_TYPES
from recipedsl.syntax.grammar import grammar_text
from recipedsl.syntax.scan import RESERVED

_FILE = Path(__file__).with_name("language.md")

#: How a unit is called, and a setting that takes one.
MEASURES: dict[Unit, tuple[str, str]] = {
    Unit.NONE: ("number", "max_length = 2Ki"),
    Unit.SHARE: ("share", "warmup = 3%"),
    Unit.DURATION: ("duration", "timeout = 10s"),
    Unit.BYTES: ("size", "memory = 512MB"),
}

#: The unit that a suffix counts in.
BASES: dict[Unit, str] = {Unit.NONE: "", Unit.SHARE: "", Unit.DURATION: " s", Unit.BYTES: " bytes"}


def language_page() -> str:
    """The page as Markdown."""
    makers = {
        "declarations": lambda: _words("declaration", "gate"),
        "types": lambda: _words("type"),
        "reserved": lambda: listed([code(each) for each in sorted(RESERVED)], "and") + ".",
        "units": _units,
        "shapes": _shapes,
        "param types": lambda: listed([code(each) for each in PARAM_TYPES], "or"),
        "grammar": lambda: fence(grammar_text().strip(), "text"),
    }
    return filled(_FILE.read_text(encoding="utf-8"), makers, keep_marks=False)


def _words(*sorts: str) -> str:
    rows = ((code(each.form), _meaning(each.means)) for each in GRAMMAR_WORDS if each.sort in sorts)
    return table(("form", "means"), rows)


def _meaning(words: str) -> str:
    """As it is written where it has links, which `prose` would escape."""
    return words if "](" in words else prose(words)


def _units() -> str:
    rows = []
    for unit, suffixes in SUFFIXES.items():
        sort, example = MEASURES[unit]
        told = [f"{code(name)} {factor(size, unit)}" for name, size in suffixes.items() if name]
        rows.append((sort, ", ".join(told), code(example)))
    return table(("sort", "units", "as in"), rows)


def factor(size: float, unit: Unit) -> str:
    """What a unit stands for, in the base unit: `= 3 600 s`."""
    number = f"{size:,.0f}".replace(",", " ") if size >= 1 else written(size, ValueType(Wants.NUMBER))
    return f"= {number}{BASES[unit]}"


def _shapes() -> str:
    rows = (
        (
            link(code(str(shape)), f"shapes.md#{shape}"),
            listed([code(each) for each in columns], "and"),
            listed(_takers(shape), "and"),
        )
        for shape, columns in SHAPE_COLUMNS.items()
        if shape is not Shape.ROWS
    )
    return table(("shape", "its columns", "taken by"), rows)


def _takers(shape: Shape) -> list[str]:
    stages = [each for each in FAMILIES["stage"] if issubclass(each, StageMethod)]
    return [
        link(code(each.keyword), f"stages.md#{each.keyword}")
        for each in stages
        if shape in getattr(each, "takes", ())
    ]
