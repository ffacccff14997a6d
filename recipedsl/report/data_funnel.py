"""The funnel of a dataset: what is left behind each step, what fell, and three of the rows that fell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, line, width
from recipedsl.language.spelling import shown
from recipedsl.report.data_bars import bar
from recipedsl.report.layout import Cell, Table, fit, pad
from recipedsl.report.numbers import count, plural, share, short

if TYPE_CHECKING:
    from recipedsl.data.profiles.model import Example, Funnel, FunnelStep, Measure

_BAR = 16


def draw_funnel(name: str, source: str, funnel: Funnel, room: int, *, plain: bool) -> list[Line]:
    """The funnel as a table, then each step that rows fell to.

    Args:
        name: of the dataset.
        source: where its rows come from.
        funnel: what was counted.
        room: columns of the terminal.
        plain: whether only ASCII may be used for bars.
    """
    head = line(Piece("funnel", Role.NAME), " of ", Piece(escaped(name), Role.NAME))
    lines = [head, line(Piece(fit(measured_words(funnel), room), Role.FAINT)), ()]
    lines += _table(source, funnel, room, plain=plain)
    lines += _rejected(funnel, room)
    for step in funnel.steps:
        lines += _step(step, room)
    return lines


def measured_words(funnel: Funnel) -> str:
    """What texts are measured in, and which texts are."""
    measure, texts = funnel.measure, ", ".join(funnel.by)
    if not texts:
        return "no column holds texts: rows alone are counted"
    if measure.unit == "characters":
        return f"characters of {texts}; no tokenizer is at hand"
    if measure.exact:
        return f"tokens of {texts}, by the tokenizer of {measure.of}, the template's own left out"
    sample = plural(measure.sample, "row")
    return f"tokens of {texts}, told from characters as in {sample} by the tokenizer of {measure.of}"


def amount(size: int, measure: Measure) -> str:
    """`about 1.2M`: what is told from a sample is no count."""
    return ("" if measure.exact else "about ") + short(size)


def _table(source: str, funnel: Funnel, room: int, *, plain: bool) -> list[Line]:
    most = max([funnel.rows, *(each.after for each in funnel.steps)], default=0)
    unit = funnel.measure.unit if funnel.by else ""
    bars = room >= 100
    head = ["step", "rows", "fell", "", f"{unit} fell" if unit else "", "left" if bars else ""]
    rows = [[Cell(each, Role.FAINT) for each in head]]
    for text, left, cells in _lines(source, funnel):
        drawn = Cell(bar(left, most, _BAR, plain=plain), Role.INFO) if bars else Cell("")
        rows.append([Cell(text), *cells, drawn])
    return Table(rows, (False, True, True, True, True, False)).lines(room)


def _lines(source: str, funnel: Funnel) -> Iterator[tuple[str, int, list[Cell]]]:
    """Text, rows left, and the cells of rows, fell, share and size."""
    size = amount(funnel.size, funnel.measure) if funnel.by else ""
    yield (
        source,
        funnel.rows,
        [Cell(count(funnel.rows)), Cell(""), Cell(""), Cell(f"of {size}" if size else "", Role.FAINT)],
    )
    for step in funnel.steps:
        yield step_text(step), step.after, _cells(step, funnel)
    if funnel.complete or funnel.steps:
        parts = " · ".join(f"{part} {count(rows)}" for part, rows in funnel.parts.items())
        left = amount(funnel.result_size, funnel.measure) + " left" if funnel.by else ""
        yield (
            parts or "result",
            funnel.result,
            [Cell(count(funnel.result)), Cell(""), Cell(""), Cell(left, Role.FAINT)],
        )


def _cells(step: FunnelStep, funnel: Funnel) -> list[Cell]:
    if step.problem:
        word = "fails" if step.keyword == "expect" else "stops"
        return [Cell(count(step.after)), Cell(word, Role.BAD), Cell(""), Cell("")]
    if step.after > step.before:
        more = step.after - step.before
        return [
            Cell(count(step.after)),
            Cell(f"+{count(more)}", Role.ADDED),
            Cell(share(more, step.before), Role.FAINT),
            Cell(""),
        ]
    if not step.fell:
        return [Cell(count(step.after)), Cell(""), Cell(""), Cell("")]
    lost = amount(step.size, funnel.measure) if funnel.by else ""
    return [
        Cell(count(step.after)),
        Cell(f"-{count(step.fell)}", Role.REMOVED),
        Cell(share(step.fell, step.before), Role.FAINT),
        Cell(lost),
    ]


def step_text(step: FunnelStep) -> str:
    """The step on one line, as it was written."""
    return " ".join(step.text.removeprefix("|").split())


def _rejected(funnel: Funnel, room: int) -> Iterator[Line]:
    if funnel.rejects:
        yield ()
        words = f"{plural(funnel.rejects, 'line')} set aside while reading"
        yield line(Piece(words, Role.WARNING))
        yield from (line("  ", fit(each, room - 2)) for each in funnel.rejected[:3])


def _step(step: FunnelStep, room: int) -> Iterator[Line]:
    """What fell to a step: to which part of it, and three rows."""
    told = list(told_words(step.told))
    if not (step.examples or step.reasons or step.problem or told):
        return
    yield ()
    yield line(Piece(fit(step_text(step), room), Role.NAME))
    if step.problem:
        yield line("  ", Piece(fit(step.problem, room - 2), Role.BAD))
    yield from (line("  ", Piece(fit(each, room - 2), Role.FAINT)) for each in told)
    yield from _reasons(step, room)
    if step.examples:
        shown = len(step.examples)
        words = (
            f"{shown} of the {count(step.fell)} that fell"
            if step.fell > shown
            else f"the {count(shown)} that fell"
        )
        yield line("  ", Piece(words if shown > 1 or step.fell > 1 else "the one that fell", Role.FAINT))
    for example in step.examples:
        yield from _example(example, room)


def _reasons(step: FunnelStep, room: int) -> list[Line]:
    """Rows by what they fell to; a row may fail several parts of a condition."""
    rows = [
        [Cell(reason, indent=2), Cell(count(rows)), Cell(share(rows, step.before), Role.FAINT)]
        for reason, rows in sorted(step.reasons.items(), key=lambda each: -each[1])
        if rows
    ]
    return Table(rows, (False, True, True)).lines(room)


def told_words(told: Mapping[str, Any]) -> Iterator[str]:
    """What a step says of itself."""
    if "masked" in told:
        found = [f"{count(number)} {kind}" for kind, number in told["masked"].items() if number]
        yield "masked " + (", ".join(found) or "nothing")
    if "near" in told:
        yield f"{plural(told['near']['groups'], 'group')} of rows that are alike"
    if "values" in told:
        yield ", ".join(f"{name} = {shown(value)}" for name, value in told["values"].items())


def _example(example: Example, room: int) -> Iterator[Line]:
    place = f"row {count(example.row)}" if example.row else "row"
    yield line(
        "  ",
        Piece("· ", Role.FAINT),
        Piece(place, Role.SECONDARY),
        f"  {fit(example.reason, room - width(place) - 6)}",
    )
    yield from _pairs(example.values, room)
    if example.kept:
        kept = f"stays: row {count(example.kept_row)}" if example.kept_row else "beside it"
        yield line("    ", Piece(kept, Role.GOOD))
        yield from _pairs(example.kept, room)


def _pairs(values: Mapping[str, str], room: int) -> Iterator[Line]:
    """Names and values, a line each; the values begin below each other."""
    name_room = min(32, max((width(escaped(name)) for name in values), default=0))
    for name, value in values.items():
        left = pad(fit(name, max(name_room, width(escaped(name)) if len(value) < 24 else 0)), name_room)
        yield line(
            "    ", Piece(left, Role.FAINT), "  ", fit(value, max(20, room - width(left) - 6)) or "(empty)"
        )
