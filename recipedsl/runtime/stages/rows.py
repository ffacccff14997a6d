"""Rows of tokens.arrow as the dataset that a trainer reads: a memory map, so that no process copies them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import NoRows
from recipedsl.runtime.stages.task import Task
from recipedsl.runtime.tokens import open_tokens


def read_table(task: Task) -> Any:
    """The token rows of a stage as an Arrow table. Raises RecipeError when there are none."""
    return _table(task.tokens_file, f"no row is left for `{task.node.name}`")


def _table(file: Path, without: str) -> Any:
    table = open_tokens(file)
    if table.num_rows == 0:
        raise no_rows(without)
    return table


def read_dataset(task: Task, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Any:
    """The wanted columns of the rows that are trained on as a dataset, in the order of the file.

    Raises:
        RecipeError: there are no rows.
        Bug: a column that the purpose promises is missing.
    """
    without = f"no row is left for `{task.node.name}`"
    return _dataset(task.tokens_file, without, columns, optional)


def read_held(task: Task, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Any:
    """The same of the rows that are looked at while it trains; None where there are none to look at.

    Raises:
        RecipeError: none of them is left.
        Bug: a column that the purpose promises is missing.
    """
    if task.held_file is None:
        return None
    return _dataset(task.held_file, f"no row is left for `eval` of `{task.node.name}`", columns, optional)


def _dataset(file: Path, without: str, columns: tuple[str, ...], optional: tuple[str, ...]) -> Any:
    table = _table(file, without)
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise Bug(f"{file} lacks {missing}")
    present = [*columns, *(name for name in optional if name in table.column_names)]
    return Dataset.from_file(str(file)).select_columns(present)


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
