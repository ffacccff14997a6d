"""Rows of tokens.arrow as the dataset that a trainer reads: a memory map, so that no process copies them."""

from __future__ import annotations

from typing import Any

from datasets import Dataset

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import NoRows
from recipedsl.runtime.stages.task import Task
from recipedsl.runtime.tokens import open_tokens


def read_table(task: Task) -> Any:
    """The token rows of a stage as an Arrow table. Raises RecipeError when there are none."""
    table = open_tokens(task.tokens_file)
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
    return Dataset.from_file(str(task.tokens_file)).select_columns(present)


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
