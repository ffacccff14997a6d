"""Bars and histograms of a terminal, drawn by rich; plain ASCII where the output has no block characters."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, line
from recipedsl.report.layout import Cell, Table
from recipedsl.report.numbers import count, share, short

if TYPE_CHECKING:
    from rich.console import Console

    from recipedsl.data.profiles.model import Histogram, Numbers

_LEVELS = "▁▂▃▄▅▆▇█"
_PLAIN_LEVELS = "._-=+*%#"


def bar(part: float, whole: float, room: int, *, plain: bool) -> str:
    """A bar of at most `room` columns, drawn to an eighth of one; a part that is not nothing is seen.

    Args:
        part, whole: how long it is, and how long the longest is.
        room: columns.
        plain: whether only ASCII may be written.
    """
    if part <= 0 or whole <= 0 or room <= 0:
        return ""
    if plain:
        return "#" * max(1, round(room * part / whole))
    from rich.bar import Bar

    console = _console()
    drawn = Bar(size=1.0, begin=0.0, end=max(part / whole, 1 / (8 * room)), width=room)
    return "".join(segment.text for segment in console.render(drawn) if segment.text != "\n").rstrip()


@lru_cache(maxsize=1)
def _console() -> Console:
    import io

    from rich.console import Console

    return Console(file=io.StringIO(), color_system=None, width=200, legacy_windows=False)


def sparkline(histogram: Histogram, *, plain: bool) -> str:
    """The bars of a histogram, a column each; empty ones are blank, what lies above stands behind a `…`."""
    levels = _PLAIN_LEVELS if plain else _LEVELS
    highest = max(histogram.counts, default=0)
    drawn = "".join(
        levels[min(len(levels) - 1, number * len(levels) // (highest + 1))] if number else " "
        for number in histogram.counts
    )
    return drawn + ("+" if histogram.above else "")


def draw_histogram(title: str, numbers: Numbers, room: int, *, plain: bool) -> list[Line]:
    """A histogram with a line for each bar: from where to where, how many rows, what share."""
    found = numbers.histogram
    labels = [_between(low, high) for low, high in zip(found.edges, found.edges[1:], strict=False)]
    bars = [*zip(labels, found.counts, strict=True)]
    if found.above:
        bars.append((f"{edge(found.edges[-1])} and more", found.above))
    highest = max(number for _, number in bars)
    taken = max(len(label) for label, _ in bars) + 2 + 7 + 2 + 6 + 2
    rows = [
        [
            Cell(label, Role.FAINT),
            Cell(count(number) if number else ""),
            Cell(share(number, numbers.count) if number else "", Role.FAINT),
            Cell(bar(number, highest, max(8, min(48, room - taken)), plain=plain), Role.INFO),
        ]
        for label, number in bars
    ]
    head = line(Piece(title, Role.NAME), "  ", Piece(spread(numbers), Role.FAINT))
    return [head, *Table(rows, (True, True, True, False)).lines(room)]


def spread(numbers: Numbers) -> str:
    """`5 to 449, half up to 344, 95% up to 420`."""
    if numbers.min == numbers.max:
        return f"{edge(numbers.min)} in all"
    ends = f"{edge(numbers.min)} to {edge(numbers.max)}"
    return f"{ends}, half up to {edge(numbers.p50)}, 95% up to {edge(numbers.p95)}"


def _between(low: float, high: float) -> str:
    is_whole = float(low).is_integer() and float(high).is_integer()
    if is_whole and high - low == 1:
        return edge(low)
    return f"{edge(low)} to {edge(high - 1 if is_whole else high)}"


def edge(number: float) -> str:
    """A number as it stands at an axis: whole ones in full, others with four digits."""
    if float(number).is_integer():
        return count(number) if abs(number) < 1e7 else short(number) if number > 0 else f"{number:.3g}"
    return f"{number:.4g}"
