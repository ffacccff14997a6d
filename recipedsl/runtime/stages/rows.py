"""Rows of tokens.parquet as the dataset that a trainer reads."""

from __future__ import annotations

from typing import Any

import pyarrow as arrow  # type: ignore[import-untyped]  # it ships no types
from datasets import Dataset
from pyarrow import parquet

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import NoRows
from recipedsl.runtime.stages.task import Task


def read_table(task: Task) -> Any:
    """The token rows of a stage as an Arrow table. Raises RecipeError when there are none."""
    table = parquet.read_table(task.tokens_file)
    if table.num_rows == 0:
        raise no_rows(f"no row is left for `{task.node.name}`")
    return table


def read_dataset(task: Task, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Any:
    """The wanted columns as a dataset, in the order of the file.

    Raises:
        Bug: a column that the purpose promises is missing.
    """
    table = read_table(task)
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise Bug(f"{task.tokens_file} lacks {missing}")
    present = [*columns, *(name for name in optional if name in table.column_names)]
    return Dataset(arrow.table({name: table[name] for name in present}))


def with_zeros(rows: Any, name: str) -> Any:
    """The rows with 0 where a column of numbers is null; unchanged without that column."""
    if name not in rows.column_names:
        return rows
    values = [0.0 if value is None else float(value) for value in rows[name]]
    return rows.remove_columns(name).add_column(name, values)


def no_rows(message: str, *notes: str) -> RecipeError:
    """The diagnostic for a stage without rows."""
    help_ = Help("a longer `max_length`, a smaller batch, or more rows")
    return RecipeError(Diagnostic(NoRows, message, notes=notes, helps=(help_,)))
