"""Datasets as a terminal shows them: which there are, and what one holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, line
from recipedsl.report.data_bars import bar, draw_histogram, edge, sparkline, spread
from recipedsl.report.layout import Cell, Table, fit, pad
from recipedsl.report.numbers import count, plural, share

if TYPE_CHECKING:
    from recipedsl.data.profiles.model import Column, Numbers, Profile, Value

#: Values of an enumeration that stand in the table of columns; more stand below it.
_VALUES = 4
_NAME = 24  # columns of a name
#: Histograms that are drawn large: of what a row says.
_LARGE = 3
_BAR = 30


@dataclass(frozen=True)
class Listed:
    """A dataset of a recipe.

    Attributes:
        name: as one asks for it.
        shape: what its rows are for.
        rows: None where it was not made.
        parts: rows by name of the part.
        read_by: what it goes into.
        doc: what the recipe says of it.
    """

    name: str
    shape: str
    rows: int | None
    parts: Mapping[str, int] = field(default_factory=dict)
    read_by: tuple[str, ...] = ()
    doc: str = ""


def draw_datasets(recipe: str, datasets: Sequence[Listed], width: int) -> list[Line]:
    """The datasets of a recipe, a line each, their parts below them."""
    head = line(Piece("data", Role.NAME), f" of {escaped(recipe)}")
    if not datasets:
        return [head, (), line("the recipe declares no dataset")]
    table = Table([row for each in datasets for row in _listed(each)], (False, True, False, False))
    return [head, (), *table.lines(width)]


def _listed(found: Listed) -> Iterator[list[Cell]]:
    rows = Cell(count(found.rows)) if found.rows is not None else Cell("not made", Role.FAINT)
    goes = f"-> {', '.join(found.read_by)}" if found.read_by else ""
    yield [Cell(found.name, Role.NAME), rows, Cell(found.shape, Role.FAINT), Cell(goes, Role.FAINT)]
    for part, number in found.parts.items():
        yield [Cell(f"{found.name}.{part}", indent=2), Cell(count(number)), Cell(""), Cell("")]


# --- a profile ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """What stands over a look at a dataset.

    Attributes:
        name: as it was asked for.
        shape: what the rows are for.
        parts: rows by name of the part, where several are looked at together.
        condition: which rows are looked at; empty for all.
        of: rows of the dataset, where only some are looked at.
    """

    name: str
    shape: str
    parts: Mapping[str, int] = field(default_factory=dict)
    condition: str = ""
    of: int = 0


def draw_profile(head: Head, profile: Profile, width: int, *, plain: bool) -> list[Line]:
    """What a dataset holds: rows, columns, the lengths of what it says, what repeats, languages.

    Args:
        head: what stands over it.
        profile: what was counted.
        width: columns of the terminal.
        plain: whether only ASCII may be used for bars.
    """
    lines = [*draw_head(head, profile.rows, width), ()]
    if not profile.rows:
        return [*lines, line(Piece("there are no rows", Role.WARNING))]
    lines += [*_columns(profile, width, plain=plain), ()]
    for title, numbers in _large(profile):
        lines += [*draw_histogram(title, numbers, width, plain=plain), ()]
    for column in profile.columns:
        lines += _values(column, profile.rows, width, plain=plain)
    return [*lines, *_about_rows(profile, width)]


def draw_head(head: Head, rows: int, width: int) -> list[Line]:
    """Name, rows, parts and shape; which rows, where only some are looked at."""
    parts = " · ".join(f"{part} {count(number)}" for part, number in head.parts.items())
    told = (
        f"{plural(rows, 'row')} of {count(head.of)} ({share(rows, head.of)})"
        if head.condition
        else plural(rows, "row")
    )
    words = " · ".join(each for each in (told, parts, head.shape) if each)
    lines = [line(Piece("data", Role.NAME), " ", Piece(escaped(head.name), Role.NAME), f"  {words}")]
    if head.condition:
        lines.append(line(Piece(fit(f"where {head.condition}", width), Role.FAINT)))
    return lines


def _columns(profile: Profile, width: int, *, plain: bool) -> list[Line]:
    """A line for each column: how much is missing, how many values, how long, and how that lies."""
    has_gaps = any(each.nulls + each.blank for each in profile.columns)
    titles = ("column", "type", "missing" if has_gaps else "", "distinct", "half", "95%", "most", "")
    rows = [[Cell(each, Role.FAINT) for each in titles]]
    right = (False, False, True, True, True, True, True, False)
    for column in profile.columns:
        rows.append(_column(column, profile.rows, plain=plain))
    last = max(12, width - Table([row[:-1] for row in rows], right[:-1]).width - 2)
    rows = [[*row[:-1], Cell(_fit_values(row[-1].text, last), row[-1].role)] for row in rows]
    words = "half, 95%, most: of texts in characters, of lists in items"
    return [*Table(rows, right).lines(width), line(Piece(fit(words, width), Role.FAINT))]


def _column(column: Column, rows: int, *, plain: bool) -> list[Cell]:
    numbers = main_numbers(column)
    ends = [edge(each) for each in (numbers.p50, numbers.p95, numbers.max)] if numbers else [""] * 3
    drawn = sparkline(numbers.histogram, plain=plain) if numbers and numbers.min != numbers.max else ""
    return [
        Cell(fit(column.name, _NAME), Role.NAME),
        Cell(type_words(column)),
        _missing(column, rows),
        Cell(count(column.distinct)),
        *map(Cell, ends),
        Cell(drawn, Role.INFO) if numbers else Cell(column_words(column, rows)),
    ]


def _fit_values(text: str, room: int) -> str:
    """Values as far as there is room for whole ones."""
    if " · " not in text or len(text) <= room:
        return fit(text, room) if text.strip() else text
    kept = text
    while " · " in kept and len(kept) > room - 2:
        kept = kept.rpartition(" · ")[0]
    return fit(kept, room - 2) + " …"


def type_words(column: Column) -> str:
    """The type in a word or two: the fields of messages are always the same."""
    if column.kind == "messages":
        return "messages" if column.type.startswith("list") else "message"
    if column.type.startswith("["):
        return "choice"
    return "record" if column.kind == "record" else fit(column.type, 14)


def _missing(column: Column, rows: int) -> Cell:
    gone = column.nulls + column.blank
    return Cell(share(gone, rows), Role.WARNING) if gone else Cell("")


def main_numbers(column: Column) -> Numbers | None:
    """What a column is drawn by: its values, or how long it is."""
    if is_enumeration(column):
        return None
    return column.numbers or column.characters or column.items


def is_enumeration(column: Column) -> bool:
    """Whether a column holds a few short values, which say more than their lengths."""
    return column.kind in ("text", "bool") and bool(column.top) and column.distinct == len(column.top)


def column_words(column: Column, rows: int) -> str:
    """A column in a few words."""
    if is_enumeration(column):
        shown = " · ".join(f"{each.value} {share(each.rows, rows)}" for each in column.top[:_VALUES])
        return shown + (f" · {len(column.top) - _VALUES} more" if len(column.top) > _VALUES else "")
    if column.kind == "date":
        return f"{column.first} to {column.last}" if column.first else ""
    if column.kind == "number":
        return spread(column.numbers) if column.numbers else ""
    if column.characters:
        return f"{spread(column.characters)} characters"
    return f"{spread(column.items)} items" if column.items else ""


def _large(profile: Profile) -> Iterator[tuple[str, Numbers]]:
    """The lengths of what a row says, as histograms of their own."""
    by = {each.name: each for each in profile.columns}
    for name in profile.duplicates.by[:_LARGE]:
        numbers = by[name].characters
        if numbers is not None and numbers.min != numbers.max:
            yield f"characters of {escaped(name)}", numbers


def _values(column: Column, rows: int, width: int, *, plain: bool) -> list[Line]:
    """The most frequent values, where they say something."""
    least = rows // (20 if column.kind == "number" else 1000)
    shown = [each for each in column.top if is_enumeration(column) or each.rows > max(2, least)]
    if len(shown) <= (2 if is_enumeration(column) else 0):
        return []  # two values stand beside each other in the table
    kind = "values" if is_enumeration(column) else "most frequent values"
    title = line(Piece(f"{kind} of {escaped(column.name)}", Role.NAME))
    return [
        title,
        *Table(
            [_value(each, rows, shown[0].rows, width, plain=plain) for each in shown],
            (False, True, True, False),
        ).lines(width),
        (),
    ]


def _value(found: Value, rows: int, most: int, width: int, *, plain: bool) -> list[Cell]:
    room = max(20, width - _BAR - 22)
    text = fit(found.value, room) if found.value.strip() else "(blank)"
    drawn = bar(found.rows, most, _BAR, plain=plain)
    return [
        Cell(text),
        Cell(count(found.rows)),
        Cell(share(found.rows, rows), Role.FAINT),
        Cell(drawn, Role.INFO),
    ]


Told = tuple[str, str, Role]


def about_rows(profile: Profile) -> list[Told]:
    """What is said of whole rows: roles, sides, repetition, languages; title, words, how they stand out."""
    return [
        *(row for column in profile.columns for row in _roles(column, profile.rows)),
        *_sides(profile),
        *_duplicates(profile),
        *_languages(profile),
    ]


def _about_rows(profile: Profile, width: int) -> list[Line]:
    rows = about_rows(profile)
    name = max((len(escaped(title)) for title, _, _ in rows), default=0)
    return [
        line(Piece(pad(escaped(title), name), Role.NAME), "  ", Piece(fit(words, width - name - 2), role))
        for title, words, role in rows
    ]


def _roles(column: Column, rows: int) -> Iterator[Told]:
    found = column.conversation
    if found is None:
        return
    roles = [f"{each.role or 'none'} {count(each.messages)}" for each in found.roles]
    roles += [f"{found.other_roles} more roles"] if found.other_roles else []
    systems = f"system text in {share(found.with_system, rows)} of the rows" if found.with_system else ""
    calls = f"calls of tools in {share(found.with_calls, rows)}" if found.with_calls else ""
    said = ", ".join(roles) + " messages"
    yield column.name, " · ".join(each for each in (_turns(column), said, systems, calls) if each), Role.PLAIN
    lengths = [
        f"{each.role or 'none'} {edge(each.characters.p50)}"
        for each in found.roles
        if each.characters is not None
    ]
    if len(lengths) > 1:
        yield "", f"half of them up to so many characters: {', '.join(lengths)}", Role.FAINT


def _turns(column: Column) -> str:
    turns = column.conversation.turns if column.conversation else None
    if turns is None:
        return ""
    if turns.min == turns.max:
        return f"{plural(int(turns.max), 'turn')} each"
    return f"{edge(turns.min)} to {edge(turns.max)} turns, half up to {edge(turns.p50)}"


def _sides(profile: Profile) -> Iterator[Told]:
    found = profile.sides
    if found is not None:
        halves = f"half up to {edge(found.chosen.p50)} and {edge(found.rejected.p50)} characters"
        words = f"chosen is longer than rejected in {share(found.longer, found.rows)} of the rows; {halves}"
        yield "answers", words, Role.PLAIN


def _duplicates(profile: Profile) -> Iterator[Told]:
    found, rows = profile.duplicates, profile.rows
    whole = (
        f"{count(found.rows)} equal an earlier row in full" if found.rows else "no row equals another in full"
    )
    yield "repetition", whole, Role.WARNING if found.rows else Role.PLAIN
    if found.by:
        names = ", ".join(found.by)
        aside = f"{names} of an earlier row, case and white space aside"
        told = (
            f"{count(found.texts)} ({share(found.texts, rows)}) repeat" if found.texts else "no row repeats"
        )
        words = f"{told} {aside}"
        yield "", words, Role.WARNING if found.texts > found.rows else Role.PLAIN


def _languages(profile: Profile) -> Iterator[Told]:
    found = profile.languages
    if found is None:
        return
    shown = [f"{each.value or 'not told'} {share(each.rows, found.sample)}" for each in found.found[:8]]
    more = [f"{len(found.found) - 8} more"] if len(found.found) > 8 else []
    how = "" if found.sample == profile.rows else f" (a draw of {plural(found.sample, 'row')})"
    yield "languages", " · ".join([*shown, *more]) + how, Role.PLAIN
