"""Steps that hold the rows against another dataset: which one, and by which columns."""

from __future__ import annotations

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import DuplicateColumn
from recipedsl.diagnostics.codes.data_mixtures import NoTexts
from recipedsl.diagnostics.codes.types import WrongArguments, WrongType
from recipedsl.language.steps.base import Step, speaks, type_of
from recipedsl.language.types import ANY, RowType, common
from recipedsl.semantics.flow import Flow, Parts, step_settings, too_few, wanted_column
from recipedsl.semantics.recipe import DataReference
from recipedsl.semantics.rows import Rows, column_name, type_expression
from recipedsl.syntax import tree


def other_dataset(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    """Another dataset, and the columns that it has in common with the rows."""
    positional = [each for each in node.arguments if each.name is None]
    on = [each for each in node.arguments if each.name is not None and each.name.text == "on"]
    against = [
        each for each in node.arguments
        if each.name is not None and each.name.text == "against" and concept.compares
    ]  # fmt: skip
    named = [each for each in node.arguments if each.name is not None and each not in (*on, *against)]
    if too_few(flow, concept, node, len(positional)) or not on:
        if positional:
            words = f"`{concept.keyword}` needs `on = column`"
            flow.report(WrongArguments, words, node.name, "`on` missing")
        return Parts(failed=True)
    if len(positional) > 1:
        words = f"`{concept.keyword}` takes one dataset"
        flow.report(WrongArguments, words, positional[1], "a second one")
    other = flow.inputs(flow.module, positional[0].value)
    value = on[0].value
    keys = [wanted_column(flow, each) for each in _items(value)]
    settings = step_settings(flow, concept, node, named)
    row = flow.inputs.row(other) if other is not None else None
    known = [each for each in keys if each is not None]
    written = [each for item in against for each in _items(item.value)]
    theirs = [column_name(each) for each in written if isinstance(each, tree.Name)]
    if other is None or row is None:
        good = True
    elif against:
        good = _there(flow, other, row, against[0].value)
    else:
        good = _good_keys(flow, concept, other, row, known, value)
    if good and concept.compares:
        good = _all_speak(flow, concept, flow.row, flow.name, known, value)
        if other is not None and (theirs or good):
            place = against[0].value if against else value
            good = _all_speak(flow, concept, row, other.name, theirs or known, place) and good
    return Parts(
        settings={**settings.values, "on": known, **({"against": theirs} if theirs else {})},
        other=other,
        other_row=row,
        failed=other is None or None in keys or not settings.complete or not good,
    )


def _items(value: tree.Expression) -> tuple[tree.Expression, ...]:
    return tuple(value.items) if isinstance(value, tree.ListOf) else (value,)


def _there(flow: Flow, other: DataReference, row: RowType, written: tree.Expression) -> bool:
    """Whether the other dataset has these columns."""
    theirs = Flow(flow.context, flow.module, other.name, row, flow.shape, flow.inputs)
    return None not in [wanted_column(theirs, each) for each in _items(written)]


def _all_speak(
    flow: Flow,
    concept: type[Step],
    row: RowType | None,
    name: str,
    columns: list[str],
    written: tree.Expression,
) -> bool:
    """Whether the columns hold texts, where their types are known."""
    types = {each: type_of(row, each) for each in columns} if row is not None else {}
    silent = [each for each, type_ in types.items() if not speaks(type_)]
    for each in silent:
        words = f"column `{each}` of `{name}` holds no texts, it is of type {types[each]}"
        helps = (Help(f"`{concept.keyword}` compares columns of texts or messages"),)
        flow.report(NoTexts, words, written, f"of type `{types[each]}`", helps=helps)
    return not silent


def _good_keys(
    flow: Flow,
    concept: type[Step],
    other: DataReference,
    row: RowType,
    keys: list[str],
    written: tree.Expression,
) -> bool:
    """Whether the other dataset has the keys, of the same types, and no other column of the rows'."""
    other_rows = Rows(flow.context, flow.module, row, f"`{other.name}`")
    found = [type_expression(other_rows, tree.Name(key, written.span, quoted=True)) for key in keys]
    types = {key: each.type for key, each in zip(keys, found, strict=True) if each is not None}
    if len(types) < len(keys) or flow.row is None:
        return len(types) == len(keys)
    unlike = [key for key, type_ in types.items() if common(flow.row.column(key) or ANY, type_) is None]
    for key in unlike:
        mine = flow.row.column(key)
        words = f"the key `{key}` is `{mine}` in `{flow.name}` and `{types[key]}` in `{other.name}`"
        flow.report(WrongType, words, written, "no value is in both")
    return not unlike and (not concept.joins or _no_shared(flow, other, row, keys))


def _no_shared(flow: Flow, other: DataReference, row: RowType, keys: list[str]) -> bool:
    """Whether no column but the keys is in both."""
    mine = flow.row.names if flow.row is not None else ()
    shared = [name for name in row.names if name in mine and name not in keys]
    if not shared:
        return True
    listed = ", ".join(f"`{name}`" for name in shared)
    kept = f"join ({other.name} | drop {', '.join(shared)}), on = {', '.join(keys)}"
    flow.context.report(
        DuplicateColumn,
        f"`{other.name}` has columns that the rows have too: {listed}",
        other.place,
        "joined here",
        helps=(Help(f"leave them out: `{kept}`"),),
    )
    return False
