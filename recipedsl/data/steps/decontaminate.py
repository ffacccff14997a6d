"""`decontaminate`: rows that have words in common with rows of an evaluation fall."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from recipedsl.data.flow import EXAMPLES, Context
from recipedsl.data.ngrams import Index
from recipedsl.data.problems import mistake
from recipedsl.data.schema import type_of
from recipedsl.data.steps.rows import KEPT, kept
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_mixtures import NoTexts
from recipedsl.plan.model import StepSpec

_BATCH = 20_000  # rows whose words are held at once
_SHOWN = 500  # characters of an example
_ROW = "_recipedsl_row"
_TEXT = "_recipedsl_text"
_ROLES, _CONTENTS = ("role", "from"), ("content", "value")


def decontaminate(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Drops the rows of which a text shares an n-gram of words with one of the other dataset; order kept.

    Writes into the facts of the step how many fell (`hits`), and three of them (`examples`).

    Raises:
        RecipeError: when a column holds no texts.
    """
    if step.input is None:
        raise Bug("a `decontaminate` without its other dataset")
    rows, other = context.settle(frame), context.rows_of(step.input)
    height = int(rows.select(pl.len()).collect().item())
    size, share = int(step.settings.get("ngram", 13)), step.settings.get("share")
    keep, examples = np.ones(height, bool), list[tuple[int, dict[str, str]]]()
    for column in step.settings["on"]:
        index = Index(_texts(other, column, str(step.input))[_TEXT], size)
        for row, matched, text, where in _found(rows, column, height, index, share):
            keep[row] = False
            if len(examples) < EXAMPLES or row < examples[-1][0]:
                told = _example(f'`{column}` has words of `{step.input}`: "{matched}"', text, where)
                examples = _first(examples, row, told)
    context.facts["hits"] = int(height - keep.sum())
    if examples:
        context.facts["examples"] = [each for _, each in examples]
    return kept(rows, pl.DataFrame({KEPT: keep}))


def _found(
    rows: pl.LazyFrame, column: str, height: int, index: Index, share: float | None
) -> Iterator[tuple[int, str, str, str]]:
    """Number of each row that falls, the words in common, its text, and the text that has them too."""
    for offset in range(0, height, _BATCH):
        texts = _texts(rows.slice(offset, _BATCH), column, "the rows")
        for text, matched, other in index.found(texts[_TEXT], share).rows():
            yield offset + texts[_ROW][text], matched, texts[_TEXT][text], index.texts[other]


def _texts(rows: pl.LazyFrame, column: str, name: str) -> pl.DataFrame:
    """Every text of a column, with the number of its row; of messages the content, but not the system's."""
    table = rows.select(pl.col(column).alias(_TEXT)).with_row_index(_ROW).collect()
    if isinstance(table.schema[_TEXT], pl.List):
        table = table.explode(_TEXT)
    dtype = table.schema[_TEXT]
    if isinstance(dtype, pl.Struct):
        role, content = _fields(dtype)
        if content:
            is_said = ~pl.col(_TEXT).struct.field(role).eq_missing(pl.lit("system")) if role else pl.lit(True)
            table = table.filter(is_said).with_columns(pl.col(_TEXT).struct.field(content).alias(_TEXT))
    if table.schema[_TEXT] != pl.String:
        raise mistake(
            NoTexts,
            f"column `{column}` of {name if name == 'the rows' else f'`{name}`'} holds no texts, "
            f"it is of type {type_of(rows.collect_schema()[column])}",
            helps="`on` names a column of texts or messages",
        )
    return table


def _fields(dtype: pl.Struct) -> tuple[str, str]:
    """Names of the parts of a message that say who speaks and what; empty where there is none."""
    texts = {each.name for each in dtype.fields if each.dtype == pl.String}
    role, content = ([each for each in names if each in texts] for names in (_ROLES, _CONTENTS))
    return next(iter(role), ""), next(iter(content), "")


def _example(reason: str, text: str, other: str) -> dict[str, str]:
    return {"reason": reason, "row": text[:_SHOWN], "other": other[:_SHOWN]}


def _first(
    examples: list[tuple[int, dict[str, str]]], row: int, told: dict[str, str]
) -> list[tuple[int, dict[str, str]]]:
    """The first few rows, each once."""
    if any(row == each for each, _ in examples):
        return examples
    return sorted([*examples, (row, told)], key=lambda each: each[0])[:EXAMPLES]
