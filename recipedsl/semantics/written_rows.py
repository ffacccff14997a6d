"""Rows that stand in the recipe itself, `rows([{ … }])`, and the row type that their values have."""

from __future__ import annotations

from dataclasses import replace

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import ColumnClash
from recipedsl.diagnostics.codes.types import WrongType
from recipedsl.language.types import ANY, Kind, RowType, Type, common, record
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Module
from recipedsl.semantics.rows import type_of_value
from recipedsl.semantics.starts import Head, Start
from recipedsl.semantics.values import Sort, Value, holds
from recipedsl.syntax import tree


def written_rows(start: Start, call: tree.Call) -> Head:
    """Rows written in place; their values are part of the plan."""
    context, module, place = start.context, start.module, start.module.place(call)
    value = constant(context, module, call.arguments[0].value) if len(call.arguments) == 1 else None
    good = value is not None and value.sort is Sort.LIST and all(each.sort is Sort.MAP for each in value.data)
    if value is None or not good:
        if value is None or value.sort is not Sort.UNKNOWN:
            words = "`rows` takes a list of maps, one a row"
            context.report(WrongType, words, place, helps=(Help('rows([{ question: "…", answer: "…" }])'),))
        return Head(start.use("rows", place, {"rows": []}), start.declared)
    if holds(value, Sort.SECRET):
        context.report(WrongType, "a secret cannot be part of rows: it would stand in the plan", place)
    found = _row_of_values(context, module, call.arguments[0].value, value.data)
    use = start.use("rows", place, {"rows": value.plain})
    if found is not None:
        start.compare(use, found)
    row = start.declared or found
    return Head(replace(use, declared=row), row)


def _row_of_values(
    context: Context, module: Module, written: tree.Expression, rows: tuple[Value, ...]
) -> RowType | None:
    columns: dict[str, Type] = {}
    for index, row in enumerate(rows):
        for name, value in row.data.items():
            type_ = common(columns.get(name, _type_of(value)), _type_of(value))
            if type_ is None:
                place = module.place(written.items[index] if isinstance(written, tree.ListOf) else written)
                words = f"column `{name}` is `{_type_of(value)}` here and `{columns[name]}` further up"
                context.report(ColumnClash, words, place, f"`{name}` is `{_type_of(value)}` here")
                return None
            columns[name] = type_
    lacking = {name for name in columns if any(name not in row.data for row in rows)}
    return RowType(()).with_columns(
        {name: _settled(type_, name in lacking) for name, type_ in columns.items()}
    )


def _settled(type_: Type, lacking: bool) -> Type:
    # `any` stands for null only; what is left is null where some row said none or nothing.
    return type_.or_null() if lacking else type_


def _type_of(value: Value) -> Type:
    if value.sort is Sort.MAP:
        return record(**{name: _type_of(each) for name, each in value.data.items()})
    if value.sort is Sort.LIST and any(each.sort in (Sort.MAP, Sort.LIST) for each in value.data):
        item = ANY
        for each in value.data:
            item = common(item, _type_of(each)) or ANY
        return Type(Kind.LIST, item=item.without_null())
    return type_of_value(value) or ANY
