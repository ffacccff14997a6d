"""Steps of pipelines on lazy frames, by keyword."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from recipedsl.data.flow import Context
from recipedsl.data.steps import (
    columns,
    decontaminate,
    draws,
    expect,
    join,
    order,
    redact,
    rows,
    shape,
    split,
    spread,
)
from recipedsl.plan.model import StepSpec

Step = Callable[[pl.LazyFrame, StepSpec, Context], pl.LazyFrame]

STEPS: dict[str, Step] = {
    "where": rows.where,
    "derive": columns.derive,
    "select": columns.select,
    "drop": columns.drop,
    "rename": columns.rename,
    "explode": rows.explode,
    "dedup": rows.dedup,
    "decontaminate": decontaminate.decontaminate,
    "redact": redact.redact,
    "take": rows.take,
    "repeat": rows.repeat,
    "spread": spread.spread,
    "sample": draws.sample,
    "shuffle": order.shuffle,
    "sort": order.sort,
    "split": split.split,
    "join": join.join,
    "as": shape.as_shape,
    "expect": expect.expect,
}
