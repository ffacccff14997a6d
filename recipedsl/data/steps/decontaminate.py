"""`decontaminate`: rows that have words in common with rows of an evaluation fall."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from recipedsl.data.flow import EXAMPLES, Context
from recipedsl.data.ngrams import Words, cut
from recipedsl.data.overlap import Index, distinct
from recipedsl.data.problems import mistake
from recipedsl.data.schema import type_of
from recipedsl.data.steps.rows import KEPT, kept
from recipedsl.data.steps.texts import ROW, TEXT, in_batches, passages, speaks
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_mixtures import NoTexts
from recipedsl.plan.model import StepSpec

HITS = "hits.jsonl"

_SHOWN = 500  # characters of a text
_PLACE = {"said": pl.Int64, "within": pl.Int64}
_FOUND = {"row": pl.Int64, "column": pl.String, "matched": pl.String, "text": pl.String, "other": pl.Int64}


def decontaminate(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Drops the rows of which a text shares an n-gram of words with one of the other dataset; order kept.

    Writes into the facts of the step how many fell (`hits`), and three of them (`examples`); all of them
    into the file `HITS` beside the rows.

    Raises:
        RecipeError: when a column holds no texts.
    """
    if step.input is None:
        raise Bug("a `decontaminate` without its other dataset")
    rows, other, name = context.settle(frame), context.rows_of(step.input), str(step.input)
    sought = _sought(other, name, step, context)
    _has_texts(rows, step.settings["on"], "the rows")
    height = int(rows.select(pl.len()).collect().item())
    keep, hits, offset = np.ones(height, bool), [pl.DataFrame(schema=_FOUND)], 0
    for batch in in_batches(rows.select(step.settings["on"])):
        found = pl.concat(_found(batch, column, sought[column], step) for column in step.settings["on"])
        found = found.with_columns(pl.col("row") + offset)
        keep[found["row"].to_numpy()] = False
        hits.append(found.sort("row", maintain_order=True))
        offset += len(batch)
    context.facts["hits"] = int(height - keep.sum())
    _list(pl.concat(hits), sought, other, name, context)
    return kept(rows, pl.DataFrame({KEPT: keep}))


@dataclass
class Sought:
    """The texts of columns of the other dataset.

    Attributes:
        columns: their names.
        index: their runs of words.
        places: of each text of the index the row that says it, and which text of the row it is.
    """

    columns: tuple[str, ...]
    index: Index = field(init=False)
    places: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_PLACE))


def _sought(other: pl.LazyFrame, name: str, step: StepSpec, context: Context) -> dict[str, Sought]:
    """What each column is held against: the same column of the other dataset, or those of `against`."""
    size, on, against = int(step.settings.get("ngram", 13)), step.settings["on"], step.settings.get("against")
    _has_texts(other, against or on, name)
    columns = [tuple(against)] * len(on) if against else [(column,) for column in on]
    # Columns that are held against the same ones share an index.
    made = context.once(lambda: {each: _indexed(other, each, size) for each in columns}, name, columns, size)
    return dict(zip(on, (made[each] for each in columns), strict=True))


def _indexed(other: pl.LazyFrame, columns: tuple[str, ...], size: int) -> Sought:
    sought = Sought(columns)
    sought.index = Index(size, _words_of(other, sought))
    return sought


def _words_of(other: pl.LazyFrame, sought: Sought) -> Iterator[Words]:
    """Words of the other dataset's texts, each text once; notes the rows that they are from."""
    seen, offset = np.zeros(0, np.uint64), 0
    for batch in in_batches(other.select(sought.columns)):
        said = _said(batch, sought.columns)
        marks = said[TEXT].hash().to_numpy()
        first = distinct(marks, seen)
        seen = np.concatenate([seen, marks[first]])
        said = said.filter(first).with_columns(pl.col("said") + offset)
        sought.places = sought.places.vstack(said.select(list(_PLACE)))
        yield cut(said[TEXT])
        offset += len(batch)


def _said(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """All texts of some columns, with the row that says each, and which text of the row it is."""
    said = pl.concat(passages(rows, each) for each in columns).sort(ROW, maintain_order=True)
    within = pl.int_range(pl.len(), dtype=pl.Int64).over(ROW)
    return said.select(TEXT, pl.col(ROW).cast(pl.Int64).alias("said"), within.alias("within"))


def _found(batch: pl.DataFrame, column: str, sought: Sought, step: StepSpec) -> pl.DataFrame:
    """The texts of a column that fall, with the words in common and the other's text that has them."""
    said = passages(batch, column)
    words = cut(said[TEXT])
    hits = sought.index.found(words, step.settings.get("share"))
    first = words.begins[hits.texts] + hits.places
    matched = [
        " ".join(words.spelled(np.arange(start, start + count)))
        for start, count in zip(first.tolist(), hits.lengths.tolist(), strict=True)
    ]
    hit = said[hits.texts]
    columns = (hit[ROW], [column] * len(hit), matched, hit[TEXT].str.head(_SHOWN), hits.others)
    return pl.DataFrame(dict(zip(_FOUND, columns, strict=True)), schema_overrides=_FOUND)


def _has_texts(rows: pl.LazyFrame, columns: list[str], name: str) -> None:
    schema = rows.collect_schema()
    for column in columns:
        if not speaks(schema[column]):
            raise mistake(
                NoTexts,
                f"column `{column}` of {name if name == 'the rows' else f'`{name}`'} holds no texts, "
                f"it is of type {type_of(schema[column])}",
                helps="`on` names a column of texts or messages",
            )


# --- what people see ----------------------------------------------------------------------------------


def _list(
    hits: pl.DataFrame, sought: dict[str, Sought], other: pl.LazyFrame, name: str, context: Context
) -> None:
    """Writes all hits to the file, and the first of each of the first few rows into the facts."""
    if hits.is_empty():
        return
    texts = {
        column: _texts(hits.filter(pl.col("column") == column)["other"], sought[column], other)
        for column in hits["column"].unique(maintain_order=True)
    }
    step, rows = len(context.steps), list[int]()
    with (context.work.parent / HITS).open("a", encoding="utf-8") as file:
        for row, column, matched, text, number in hits.iter_rows():
            told = {
                "reason": f'`{column}` has words of `{name}`: "{matched}"',
                "row": text,
                "other": texts[column][number],
            }
            file.write(json.dumps({"step": step, **told}, ensure_ascii=False) + "\n")
            if row not in rows and len(rows) < EXAMPLES:
                rows.append(row)
                context.facts.setdefault("examples", []).append(told)


def _texts(numbers: pl.Series, sought: Sought, other: pl.LazyFrame) -> dict[int, str]:
    """The texts of the other dataset that have these numbers, shortened: read again."""
    wanted = sought.places.with_row_index("number").filter(pl.col("number").is_in(numbers.unique().implode()))
    rows = other.select(sought.columns).with_row_index(ROW)
    chosen = rows.filter(pl.col(ROW).is_in(wanted["said"].unique().implode())).collect()
    said = _said(chosen.drop(ROW), sought.columns)
    said = said.with_columns(chosen[ROW].cast(pl.Int64).gather(said["said"]).alias("said"))
    told = wanted.join(said, on=list(_PLACE), maintain_order="left")
    return dict(told.select("number", pl.col(TEXT).str.head(_SHOWN)).iter_rows())
