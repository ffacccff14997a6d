"""A dataset as one page that stands alone: no script, nothing fetched, so that it can be sent and kept.

Plots are drawn by matplotlib as SVG and stand in the page; the page is a Jinja template in which
everything is escaped. Its policy forbids scripts and connections, so that no text of a row could do
anything even if it were not.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipedsl.diagnostics.render.pieces import escaped
from recipedsl.report.data_bars import edge
from recipedsl.report.data_funnel import amount, measured_words, step_text, told_words
from recipedsl.report.data_rows import turns_of
from recipedsl.report.data_view import (
    Head,
    about_rows,
    column_words,
    is_enumeration,
    main_numbers,
    type_words,
)
from recipedsl.report.numbers import count, plural, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from recipedsl.data.profiles.model import Column, Funnel, Histogram, Profile

#: Stands at the beginning of every page: such a file may be written over.
MARK = "<!-- a dataset, shown by recipedsl data -->"

_TEMPLATE = Path(__file__).with_name("data_page.html.jinja")
_COLOUR, _FAINT = "#3b6ea5", "#8a929c"
_VALUES = 12
#: The head of an SVG file and what it says of itself have no place inside a page.
_SVG = re.compile(r"<svg.*</svg>", re.DOTALL)
_ABOUT = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """What stands on a page.

    Attributes:
        head: name, shape, parts, condition.
        recipe: path of the recipe.
        source: where the rows come from.
        profile: what was counted.
        rows: some rows with their numbers.
        of: how many there are.
        funnel: of the steps, where it was asked for.
    """

    head: Head
    recipe: str
    source: str
    profile: Profile
    rows: Sequence[tuple[int, Mapping[str, Any]]]
    of: int
    funnel: Funnel | None = None


def can_draw() -> bool:
    """Whether the library that draws is installed."""
    return find_spec("matplotlib") is not None


def draw_page(page: Page) -> str:
    """The page as HTML; equal pages are equal byte by byte."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, finalize=_harmless
    )
    template = environment.from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(mark=_safe(MARK), **_context(page))


def _context(page: Page) -> dict[str, Any]:
    profile = page.profile
    return {
        "head": page.head,
        "recipe": page.recipe,
        "source": page.source,
        "rows": plural(profile.rows, "row"),
        "of": f"of {count(page.head.of)}" if page.head.condition else "",
        "columns": [_column(each, profile.rows) for each in profile.columns] if profile.rows else [],
        "about": [(title, words) for title, words, _ in about_rows(profile)] if profile.rows else [],
        "examples": [(number, list(_values(row))) for number, row in page.rows],
        "shown": f"{count(len(page.rows))} of {count(page.of)}",
        "funnel": _funnel(page.source, page.funnel) if page.funnel else None,
    }


def _column(column: Column, rows: int) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": type_words(column),
        "whole_type": column.type,
        "missing": share(column.nulls + column.blank, rows) if column.nulls + column.blank else "",
        "distinct": count(column.distinct),
        "words": column_words(column, rows),
        "plot": _safe(_plot(column)),
    }


def _values(row: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Columns of a row: turns of conversations, or one text without a role."""
    for name, value in row.items():
        yield name, list(turns_of(value))


def _funnel(source: str, funnel: Funnel) -> dict[str, Any]:
    sized = bool(funnel.by)
    return {
        "measured": measured_words(funnel),
        "unit": funnel.measure.unit,
        "plot": _safe(_funnel_plot(source, funnel)),
        "rejected": funnel.rejected,
        "rejects": count(funnel.rejects) if funnel.rejects else "",
        "steps": [
            {
                "text": step_text(each),
                "rows": count(each.after),
                "fell": count(each.fell) if each.fell else "",
                "share": share(each.fell, each.before) if each.fell else "",
                "size": amount(each.size, funnel.measure) if each.fell and sized else "",
                "reasons": [(reason, count(rows)) for reason, rows in each.reasons.items() if rows],
                "told": list(told_words(each.told)),
                "problem": each.problem,
                "examples": each.examples,
            }
            for each in funnel.steps
        ],
        "before": count(funnel.rows),
        "size": amount(funnel.size, funnel.measure) if sized else "",
        "left": count(funnel.result),
        "left_size": amount(funnel.result_size, funnel.measure) if sized else "",
    }


# --- plots ----------------------------------------------------------------------------------------------


def _plot(column: Column) -> str:
    """What is drawn of a column: its values where they are few, else how its numbers or lengths lie."""
    if is_enumeration(column):
        return _bars([(each.value, each.rows) for each in column.top[:_VALUES]])
    numbers = main_numbers(column)
    if numbers is None or numbers.min == numbers.max:
        return ""
    unit = "" if column.kind == "number" else "items" if column.kind == "list" else "characters"
    return _histogram(numbers.histogram, unit)


def _histogram(found: Histogram, unit: str) -> str:
    figure, axes = _figure(4.6, 1.5)
    widths = [high - low for low, high in zip(found.edges, found.edges[1:], strict=False)]
    axes.bar(
        found.edges[:-1], found.counts, widths, align="edge", color=_COLOUR, edgecolor="white", linewidth=0.5
    )
    if found.above:
        axes.bar([found.edges[-1]], [found.above], widths[-1], align="edge", color=_FAINT, edgecolor="white")
        axes.annotate(
            f"{edge(found.edges[-1])} and more", (found.edges[-1], found.above), ha="right", va="bottom",
            fontsize=7, color=_FAINT,
        )  # fmt: skip
    axes.set_xlabel(unit, fontsize=7, color=_FAINT)
    axes.xaxis.set_major_formatter(lambda value, _: edge(value))
    axes.yaxis.set_major_formatter(lambda value, _: count(value) if float(value).is_integer() else "")
    return _svg(figure)


def _bars(values: Sequence[tuple[str, int]], *, wide: float = 4.6) -> str:
    """Bars beside their names; what a name says is no formula."""
    figure, axes = _figure(wide, 0.35 + 0.22 * len(values))
    places = range(len(values))
    axes.barh(places, [rows for _, rows in values], color=_COLOUR, height=0.72)
    axes.set_yticks(places, [_label(name) for name, _ in values], parse_math=False)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(lambda value, _: count(value) if float(value).is_integer() else "")
    return _svg(figure)


def _funnel_plot(source: str, funnel: Funnel) -> str:
    left = [(source, funnel.rows), *((step_text(each), each.after) for each in funnel.steps)]
    return _bars(left, wide=8.0)


def _label(text: str) -> str:
    clean = escaped(" ".join(text.split()))
    return clean if len(clean) <= 44 else clean[:43] + "…"


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    axes.tick_params(labelsize=7, length=2, colors="#444")
    axes.locator_params(axis="both", nbins=5)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The figure as an element of a page: texts stay texts, names of parts do not depend on the time."""
    import matplotlib as mpl

    out = io.StringIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "recipedsl", "text.parse_math": False}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # Letters that are not in the font here are drawn by the reader's browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    found = _SVG.search(out.getvalue())
    return _ABOUT.sub("", found[0]) if found else ""


def _harmless(value: Any) -> Any:
    """Texts without control characters and marks that turn the direction; they are escaped besides."""
    is_markup = hasattr(value, "__html__")
    return escaped(value, keep_lines=True) if isinstance(value, str) and not is_markup else value


def _safe(markup: str) -> Any:
    """Markup of this program's or of matplotlib's own, in which all texts are escaped."""
    from markupsafe import Markup

    return Markup(markup)
