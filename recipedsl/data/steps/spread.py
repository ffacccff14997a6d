"""`spread`: rows that are about different things, by the embeddings of their texts."""

from __future__ import annotations

from importlib.util import find_spec
from math import isqrt
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.clusters import clustered, farthest, levelled, members, near_others
from recipedsl.data.draw import portion
from recipedsl.data.embedding import MODEL, Embedding, Points, centred
from recipedsl.data.flow import EXAMPLES, Context
from recipedsl.data.ngrams import Numbers, cut
from recipedsl.data.problems import mistake
from recipedsl.data.steps.rows import KEPT, kept
from recipedsl.data.steps.texts import ROW, TEXT, in_batches, passages, speaks
from recipedsl.diagnostics import RecipeError
from recipedsl.diagnostics.codes.data_run import ImpossibleArgument
from recipedsl.diagnostics.extras import extra_missing
from recipedsl.plan.model import StepSpec

#: Cosine from which two texts say the same in other words, mostly.
_NEAR = 0.95
_SHOWN = 200  # characters of an example


def spread(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Keeps rows of all clusters evenly, within each those that are least alike; order kept.

    Raises:
        RecipeError: when the library with the embeddings is not installed, or a column holds no texts.
    """
    if find_spec("wordllama") is None:
        raise RecipeError(extra_missing("`spread`", "wordllama", "embedding"))
    rows = context.settle(frame)
    schema = rows.collect_schema()
    for name in step.by:
        if not speaks(schema[name]):
            raise mistake(ImpossibleArgument, f"`spread` takes text or messages, `{name}` is {schema[name]}")
    points = _points(rows.select(step.by))
    share = step.settings.get("share")
    count = int(step.settings["count"]) if share is None else portion(len(points), share)
    clusters = min(int(step.settings.get("clusters") or max(1, isqrt(len(points)))), len(points))
    keep = np.zeros(len(points), bool)
    if clusters:
        labels, middles = clustered(points, clusters, step.seed)
        groups = members(labels, clusters)
        given = levelled(np.array([len(each) for each in groups]), count)
        for group, middle, amount in zip(groups, middles, given.tolist(), strict=True):
            keep[group[farthest(points[group], middle, amount)]] = True
        context.facts["spread"] = _facts(rows.select(step.by), points, groups, middles, given)
    return kept(rows, pl.DataFrame({KEPT: keep}))


def _points(rows: pl.LazyFrame) -> Points:
    """The vector of each row: of all words of the columns together."""
    embedding = Embedding()
    parts = [_points_of(_texts(batch), embedding) for batch in in_batches(rows)]
    return centred(np.concatenate(parts)) if parts else np.zeros((0, 1), np.int16)


def _points_of(texts: pl.Series, embedding: Embedding) -> Points:
    """Each different text is looked at once: many rows of a dataset may answer one question."""
    different = texts.unique(maintain_order=True).alias(TEXT)
    numbers = pl.DataFrame({TEXT: different, ROW: np.arange(len(different))})
    found = pl.DataFrame({TEXT: texts}).join(
        numbers, on=TEXT, how="left", maintain_order="left", nulls_equal=True
    )
    places: Numbers = found[ROW].to_numpy()
    return np.take(embedding.points(cut(different)), places, axis=0)


def _texts(batch: pl.DataFrame) -> pl.Series:
    said = pl.concat(passages(batch, name) for name in batch.columns).sort(ROW, maintain_order=True)
    whole = said.group_by(ROW, maintain_order=True).agg(pl.col(TEXT).str.join("\n"))
    rows = batch.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
    return rows.join(whole, on=ROW, how="left", maintain_order="left")[TEXT]


def _facts(
    rows: pl.LazyFrame, points: Points, groups: list[Numbers], middles: Points, given: Numbers
) -> dict[str, Any]:
    """What people see: sizes of clusters, how much says the same in other words, the middle of large ones."""
    near = [near_others(points[group], _NEAR) for group in groups]
    sizes = np.array([len(each) for each in groups])
    largest = np.argsort(-sizes, kind="stable")
    typical = {int(each): int(groups[each][farthest(points[groups[each]], middles[each], 1)[0]])
               for each in largest[:EXAMPLES] if len(groups[each])}  # fmt: skip
    texts = rows.with_row_index(ROW).filter(pl.col(ROW).is_in(list(typical.values()))).collect()
    said = {row: _said(texts, row) for row in typical.values()}
    return {
        "model": MODEL,
        "clusters": len(groups),
        "sizes": sizes[largest].tolist()[:20],
        "near": round(sum(each for each, _ in near) / max(1, sum(of for _, of in near)), 4),
        "examples": [
            {"rows": int(sizes[number]), "kept": int(given[number]), "text": said[row]}
            for number, row in typical.items()
        ],
    }


def _said(texts: pl.DataFrame, row: int) -> str:
    chosen = texts.filter(pl.col(ROW) == row).drop(ROW)
    return " | ".join(" ".join(passages(chosen, name)[TEXT]) for name in chosen.columns)[:_SHOWN]
