"""Why rows fell to a step: how many to which part of it, and a few of them to look at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.expressions import lower
from recipedsl.data.functions.words import folded
from recipedsl.data.profiles.languages import drawn
from recipedsl.data.profiles.model import Example
from recipedsl.data.profiles.texts import speaks
from recipedsl.data.steps.texts import said_in
from recipedsl.language.expressions import Call, Column, Expression, columns_of
from recipedsl.language.functions.catalogue import BY_KEYWORD
from recipedsl.language.spelling import spelled
from recipedsl.plan.model import StepSpec

Numbers = npt.NDArray[np.int64]

#: Number of a row; see `funnel`.
PLACE = "_recipedsl_place"

_EXAMPLES = 3
_SEED = 0
_LENGTH = 300  # characters of a value
_NUMBERED = re.compile(rf'"{PLACE}": (\d+)')


@dataclass(frozen=True)
class Fall:
    """What fell to a step.

    Attributes:
        before, after: the rows, with their numbers.
        gone: numbers of the rows that fell, ascending.
        places: numbers of the rows that entered, in their order.
        told: the facts of the step.
        by: columns whose texts are trained, as they are called before the step.
    """

    step: StepSpec
    before: pl.LazyFrame
    after: pl.LazyFrame
    gone: Numbers
    places: Numbers
    told: dict[str, Any]
    by: tuple[str, ...]


def reasons_of(fall: Fall) -> dict[str, int]:
    """Rows by what they fell to; empty where the step as a whole says it."""
    if "unshaped" in fall.told:
        return {str(reason): int(rows) for reason, rows in fall.told["unshaped"].items()}
    clauses = list(_clauses(fall.step.expressions["condition"])) if fall.step.keyword == "where" else []
    if len(clauses) < 2:
        return {}
    fell = [_false(lower(each, fall.before)).sum().alias(str(place)) for place, each in enumerate(clauses)]
    counts = fall.before.select(fell).collect(engine="streaming").row(0)
    return {spelled(each, fall.step.text): int(rows) for each, rows in zip(clauses, counts, strict=True)}


def examples_of(fall: Fall) -> tuple[Example, ...]:
    """Three of the rows that fell, drawn with a fixed seed; those that the step itself tells come first."""
    if not len(fall.gone):
        return ()
    return tuple(_EXAMPLES_OF.get(_form(fall), _plain)(fall))


def _form(fall: Fall) -> str:
    if fall.step.keyword == "dedup" and "near" in fall.told:
        return "near"
    return fall.step.keyword


def _clauses(condition: Expression) -> Iterator[Expression]:
    """The parts of a condition that all have to hold."""
    if isinstance(condition, Call) and condition.function == "and":
        for each in condition.arguments:
            yield from _clauses(each)
    else:
        yield condition


def _false(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(value=False).not_()


# --- rows -----------------------------------------------------------------------------------------------


def _drawn(fall: Fall) -> list[int]:
    return [int(fall.gone[place]) for place in drawn(len(fall.gone), _EXAMPLES, _SEED)]


def _taken(frame: pl.LazyFrame, places: Iterable[int], columns: dict[str, pl.Expr]) -> list[dict[str, Any]]:
    """Values of some rows, in their order, with their numbers."""
    rows = frame.filter(pl.col(PLACE).is_in(list(places)))
    return rows.select(pl.col(PLACE), **columns).collect(engine="streaming").to_dicts()


def _said(frame: pl.LazyFrame, names: Iterable[str]) -> dict[str, pl.Expr]:
    """Columns to be shown: of messages what is said."""
    schema = frame.collect_schema()
    known = [name for name in names if name in schema and name != PLACE]
    return {
        name: said_in(pl.col(name), schema[name]) if speaks(schema[name]) else pl.col(name) for name in known
    }


def _shown(row: dict[str, Any], names: Iterable[str]) -> dict[str, str]:
    return {name: shown(row[name]) for name in names if name in row}


def shown(value: Any) -> str:
    """A value as a person reads it; a long one is cut."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = json.dumps(value, ensure_ascii=False, default=str) if value is not None else "none"
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


# --- examples by step -----------------------------------------------------------------------------------


def _plain(fall: Fall, names: Iterable[str] = (), reason: str = "") -> Iterator[Example]:
    """What the rows say."""
    columns = _said(fall.before, dict.fromkeys((*names, *fall.by)))
    for row in _taken(fall.before, _drawn(fall), columns):
        yield Example(row=row[PLACE] + 1, reason=reason, values=_shown(row, columns))


def _grouped(fall: Fall) -> Iterator[Example]:
    """Of rows that are taken by group: which group."""
    return _plain(fall, fall.step.by)


def _joined(fall: Fall) -> Iterator[Example]:
    return _plain(fall, fall.step.settings["on"], f"no row of `{fall.step.input}` with this key")


def _where(fall: Fall) -> Iterator[Example]:
    """What was false, and the values that it is made of."""
    clauses = list(_clauses(fall.step.expressions["condition"]))
    verdicts = {f"_false{place}": _false(lower(each, fall.before)) for place, each in enumerate(clauses)}
    asked = {name: each for clause in clauses for name, each in _deciding(clause, fall.step.text)}
    named = {name: lower(each, fall.before) for name, each in asked.items()}
    said = _said(fall.before, [name for name in fall.by if name not in named])
    for row in _taken(fall.before, _drawn(fall), {**verdicts, **named, **said}):
        failed = [each for place, each in enumerate(clauses) if row[f"_false{place}"]]
        decided = dict.fromkeys(name for clause in failed for name, _ in _deciding(clause, fall.step.text))
        reason = " · ".join(spelled(each, fall.step.text) for each in failed) if len(clauses) > 1 else ""
        yield Example(row=row[PLACE] + 1, reason=reason, values=_shown(row, [*decided, *said]))


def _deciding(clause: Expression, text: str) -> Iterator[tuple[str, Expression]]:
    """The values that a condition compares, then the columns that they come from."""
    yield from _compared(clause, text)
    for name in dict.fromkeys(columns_of(clause)):
        yield name, Column(name=name)


def _compared(clause: Expression, text: str) -> Iterator[tuple[str, Expression]]:
    if not isinstance(clause, Call):
        return
    for each in clause.arguments:
        known = BY_KEYWORD.get(each.function) if isinstance(each, Call) else None
        is_logic = known is not None and known.keyword in ("and", "or", "not")
        if is_logic:
            yield from _compared(each, text)
        elif isinstance(each, Call):
            yield spelled(each, text), each


def _dedup(fall: Fall) -> Iterator[Example]:
    """Beside each row the one that stayed in its place."""
    names = [*fall.step.columns] or [name for name in fall.before.collect_schema().names() if name != PLACE]
    normalise = bool(fall.step.settings.get("normalise", True))
    # Labels alone do not tell a row from another: what it says stands beside them.
    columns = _said(fall.before, names if set(names) & set(fall.by) else [*names, *fall.by])
    keys = {f"_key{place}": _key(fall.before, name, normalise=normalise) for place, name in enumerate(names)}
    for row in _taken(fall.before, _drawn(fall), {**columns, **keys}):
        alike = pl.all_horizontal(
            key.eq_missing(pl.lit(row[name], dtype=_type(fall.before, key))) for name, key in keys.items()
        )
        kept = fall.after.filter(alike).head(1).select(pl.col(PLACE), **columns).collect().to_dicts()
        yield Example(
            row=row[PLACE] + 1,
            values=_shown(row, columns),
            kept=_shown(kept[0], columns) if kept else {},
            kept_row=kept[0][PLACE] + 1 if kept else 0,
        )


def _key(frame: pl.LazyFrame, name: str, *, normalise: bool) -> pl.Expr:
    """What `dedup` compares of a column; of what is no single value its hash."""
    dtype, value = frame.collect_schema()[name], pl.col(name)
    if dtype.is_nested():
        return value.hash()
    if normalise and dtype == pl.String:
        return folded(value)
    return value


def _type(frame: pl.LazyFrame, value: pl.Expr) -> pl.DataType:
    (dtype,) = frame.select(value.alias("value")).collect_schema().dtypes()
    return dtype


def _near(fall: Fall) -> Iterator[Example]:
    """The pairs that the step tells, with how alike they are."""
    for each in fall.told["near"]["examples"]:
        yield Example(
            row=int(fall.places[each["row"]]) + 1,
            reason=f"{100 * each['alike']:.0f}% of their n-grams in common",
            values={"text": shown(each["fell"])},
            kept={"text": shown(each["kept"])},
            kept_row=int(fall.places[each["to"]]) + 1,
        )


def _decontaminated(fall: Fall) -> Iterator[Example]:
    """The words in common, and the row of the evaluation that has them too."""
    for each in fall.told.get("examples", ()):
        yield Example(
            reason=str(each["reason"]),
            values={"row": shown(each["row"])},
            kept={str(fall.step.input): shown(each.get("other", ""))},
        )


def _unshaped(fall: Fall) -> Iterator[Example]:
    """Why the rows could not be brought into shape."""
    reasons = {
        place: str(each["reason"]) for each in fall.told.get("examples", ()) for place in _place_in(each)
    }
    if not reasons:
        yield from _plain(fall)
        return
    columns = _said(fall.before, fall.by)
    for row in _taken(fall.before, reasons, columns):
        yield Example(row=row[PLACE] + 1, reason=reasons[row[PLACE]], values=_shown(row, columns))


def _place_in(example: dict[str, Any]) -> list[int]:
    """The number of a row, which stands in the text of it."""
    found = _NUMBERED.search(str(example["row"]))
    return [int(found[1])] if found else []


_EXAMPLES_OF: dict[str, Callable[[Fall], Iterator[Example]]] = {
    "where": _where,
    "dedup": _dedup,
    "near": _near,
    "decontaminate": _decontaminated,
    "as": _unshaped,
    "join": _joined,
    "take": _grouped,
    "sample": _grouped,
}
