"""Makes data nodes out of rows and steps, and runs them on the real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.engine import make_data
from recipedsl.data.look import look
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.inference import merged, type_of_value
from recipedsl.language.expressions import Call, Column, Constant, Expression
from recipedsl.language.types import RowType
from recipedsl.plan.facts import FileRows
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    Input,
    NodeSource,
    Origin,
    ReadSource,
    RowsSource,
    StepSpec,
)

ORIGIN = Origin(path="recipe.ftr", line=1, column=1, end_line=1, end_column=2)
REAL = Path(__file__).parents[3] / "shared" / "data"


def column(name: str) -> Column:
    return Column(name=name)


def constant(value: Any) -> Constant:
    return Constant(value=value)


def call(function: str, *arguments: Any, **settings: Any) -> Call:
    """A call; arguments that are no expressions become constants."""
    given = tuple(a if isinstance(a, Column | Constant | Call) else constant(a) for a in arguments)
    return Call(function=function, arguments=given, settings=settings)


def step(keyword: str, *columns: str, **parts: Any) -> StepSpec:
    """A step; `text` is its keyword unless it is given."""
    return StepSpec(keyword=keyword, columns=columns, origin=ORIGIN, **{"text": keyword, **parts})


def where(condition: Expression, text: str = "where") -> StepSpec:
    return step("where", expressions={"condition": condition}, text=text)


def shape(name: str, **roles: Any) -> StepSpec:
    """A step `as`; roles are column names, or expressions."""
    expressions = {role: column(each) if isinstance(each, str) else each for role, each in roles.items()}
    return step("as", settings={"shape": name}, expressions=expressions, text=f"as {name}")


def row_type(rows: Sequence[dict[str, Any]]) -> RowType:
    """Type of rows, as a look would tell it; a key that one row lacks may be null."""
    whole = type_of_value(rows[0])
    for row in rows[1:]:
        whole = merged(whole, type_of_value(row))
    return RowType(whole.fields)


def data_node(source: Any, *steps: StepSpec, parts: Sequence[str] = (), **more: Any) -> DataNode:
    return DataNode(
        name="data", origin=ORIGIN, source=source, steps=steps, row={}, parts=tuple(parts), **more
    )


@dataclass
class Made:
    """What came of a node."""

    facts: dict[str, Any]
    out: Path

    def frame(self, part: str = "rows") -> pl.DataFrame:
        return pl.read_parquet(self.out / f"{part}.parquet")

    def rows(self, part: str = "rows") -> list[dict[str, Any]]:
        return self.frame(part).to_dicts()

    def values(self, name: str, part: str = "rows") -> list[Any]:
        return self.frame(part)[name].to_list()

    def rejects(self) -> list[dict[str, Any]]:
        path = self.out / "rejects.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Maker:
    """Runs nodes in a temporary project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._count = 0

    def make(
        self, node: DataNode, inputs: Mapping[str, Path] | None = None, root: Path | None = None
    ) -> Made:
        self._count += 1
        out = self.root / "out" / str(self._count)
        return Made(make_data(node, inputs or {}, out, ReadPolicy(root or self.root)), out)

    def rows(self, rows: Sequence[dict[str, Any]], *steps: StepSpec, **more: Any) -> Made:
        """Rows written in the recipe, through steps."""
        inputs = more.pop("inputs", {})
        source = RowsSource(rows=tuple(rows), row=row_type(rows).to_json())
        return self.make(data_node(source, *steps, **more), inputs)

    def file(self, path: str, *steps: StepSpec, row: RowType | None = None, **more: Any) -> Made:
        """A file of the project, through steps; without a row type it is looked at."""
        root = more.pop("root", self.root)
        if row is None:
            seen = look(FileRows(path=path), root)
            assert seen.row is not None, seen.problem
            row = seen.row
        source = ReadSource(path=path, row=row.to_json(), format=more.pop("format", ""))
        return self.make(data_node(source, *steps, **more), root=root)

    def undeclared(self, path: str, *steps: StepSpec) -> Made:
        """A file whose rows nobody declared, through steps."""
        return self.make(data_node(ReadSource(path=path), *steps))

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file


def json_lines(rows: Sequence[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


__all__ = [
    "REAL",
    "ConcatSource",
    "Input",
    "Made",
    "Maker",
    "NodeSource",
    "call",
    "column",
    "constant",
    "data_node",
    "json_lines",
    "row_type",
    "shape",
    "step",
    "where",
]


def printed_by(module: str, threads: int, *folders: Path) -> Any:
    """What `run_here(*folders)` of a test module prints, as JSON, in a process with so many threads."""
    code = f"import sys, pathlib, {module} as t; t.run_here(*map(pathlib.Path, sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, folders)],
        env={
            **os.environ,
            "POLARS_MAX_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
            "PYTHONHASHSEED": str(threads),
        },
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)
