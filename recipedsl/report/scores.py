"""Scores of an evaluation as tables: a metric at a time, models as columns, overall and slices as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, line
from recipedsl.language.catalogue import METRICS
from recipedsl.language.metrics.metrics import Metric
from recipedsl.report.layout import Cell, Table, fit
from recipedsl.runtime.evaluate.intervals import FEWEST

Scores = Mapping[str, Any]  # metric -> model -> {"overall": estimate, "slices": column -> value -> estimate}

#: Marks what is measured on fewer rows than have an interval of a mean. Of shares too they tell nothing:
#: 4 right of 4 leaves every share above a half possible. Such rows are shown, dimmed and with the interval
#: that they have: a slice that is left out would look as if it were fine.
_FEW = "*"

_VERDICTS = {True: ("holds", Role.GOOD), False: ("fails", Role.BAD), None: ("undecided", Role.WARNING)}


def draw_scores(results: Scores, width: int) -> list[Line]:
    """All metrics of `results.json` and its gates.

    Args:
        results: what the file holds.
        width: columns of the terminal.
    """
    lines: list[Line] = []
    for metric, models in results.items():
        if metric not in ("gates", "unfinished"):
            lines += [*draw_metric(metric, models, width), ()]
    lines += draw_unfinished(results.get("unfinished") or {})
    gates = results.get("gates") or []
    return [*lines, *draw_gates(gates, width)] if gates else lines[:-1]


def draw_unfinished(shares: Mapping[str, float]) -> list[Line]:
    """Models whose answers were cut: what is measured on half an answer says little of the model."""
    cut = [f"{name} {100 * share:.0f}%" for name, share in shares.items() if share]
    if not cut:
        return []
    words = f"answers cut at max_new_tokens before they ended: {', '.join(cut)}"
    return [line(Piece(words, Role.WARNING)), ()]


def draw_metric(metric: str, models: Mapping[str, Any], width: int) -> list[Line]:
    """One metric: values with their 95% intervals."""
    kind = _kind(metric)
    note = "95% intervals; " + ("higher is better" if kind is None or kind.higher else "lower is better")
    rows = list(_rows(models, kind))
    has_few = any(_is_marked(row) for row in rows)
    table = Table(
        [_with_room(row) for row in rows] if has_few else rows, (False, True, *(True for _ in models))
    )
    words = f"{_FEW} fewer than {FEWEST} rows: too few to tell"
    return [
        line(Piece(fit(metric, width - len(note) - 2), Role.NAME), "  ", Piece(note, Role.FAINT)),
        *table.lines(width),
        *([line(Piece(words, Role.FAINT))] if has_few else []),
    ]


def _is_marked(row: Sequence[Cell]) -> bool:
    return len(row) > 1 and row[1].text.endswith(_FEW)


def _with_room(row: Sequence[Cell]) -> Sequence[Cell]:
    """The row with room for the mark, so that numbers stand below each other."""
    if len(row) < 2 or _is_marked(row):
        return row
    return [row[0], replace(row[1], text=f"{row[1].text} "), *row[2:]]


def _kind(metric: str) -> type[Metric] | None:
    keyword = metric.partition("(")[0]
    return next((each for each in METRICS if each.keyword == keyword), None)


def _rows(models: Mapping[str, Any], kind: type[Metric] | None) -> Iterator[list[Cell]]:
    yield [Cell(""), Cell("rows", Role.FAINT), *(Cell(name, Role.NAME) for name in models)]
    yield _row("overall", [parts["overall"] for parts in models.values()], kind)
    columns = dict.fromkeys(column for parts in models.values() for column in parts["slices"])
    for column in columns:
        yield [Cell(column, Role.FAINT)]
        slices = [parts["slices"].get(column, {}) for parts in models.values()]
        for value in dict.fromkeys(value for each in slices for value in each):
            yield _row(value, [each.get(value, {}) for each in slices], kind, indent=2)


def _row(
    name: str, estimates: Sequence[Mapping[str, Any]], kind: type[Metric] | None, indent: int = 0
) -> list[Cell]:
    rows = max((each.get("rows", 0) for each in estimates), default=0)
    is_share = kind is not None and kind.share
    role = Role.FAINT if rows < FEWEST else Role.PLAIN
    number = Cell(f"{rows:,}{_FEW if 0 < rows < FEWEST else ''}", Role.FAINT)
    return [Cell(name, role, indent), number, *(Cell(estimate(each, is_share), role) for each in estimates)]


def estimate(form: Mapping[str, Any], is_share: bool) -> str:
    """`31.0% (16..51)` or `1.234 (1.101..1.367)`; a dash where nothing was measured."""
    value, low, high = form.get("value"), form.get("low"), form.get("high")
    if value is None:
        return "-"
    if is_share:
        ends = f" ({100 * low:.0f}..{100 * high:.0f})" if low is not None and high is not None else ""
        return f"{100 * value:.1f}%{ends}"
    ends = f" ({low:.3f}..{high:.3f})" if low is not None and high is not None else ""
    return f"{value:.3f}{ends}"


def draw_gates(gates: Sequence[Mapping[str, Any]], width: int) -> list[Line]:
    """Each gate with its verdict and the values that went into it."""
    lines = [line(Piece("gates", Role.NAME))]
    for gate in gates:
        word, role = _VERDICTS[gate["passed"]]
        lines.append(line("  ", Piece(f"{word:<9}", role), f" {fit(_condition(gate), width - 12)}"))
        values = ", ".join(f"{name} = {_value(value)}" for name, value in gate["values"].items())
        lines.append(line(" " * 12, Piece(fit(values, width - 12), Role.FAINT)))
        if gate["passed"] is not True and gate.get("message"):
            lines.append(line(" " * 12, fit(gate["message"], width - 12)))
    return lines


def _condition(gate: Mapping[str, Any]) -> str:
    text = str(gate.get("text") or "").strip()
    return text.removeprefix("expect").partition(' else "')[0].strip()


def _value(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4g}"
