"""Steps that hold the rows against another dataset: which one, and by which columns."""

from __future__ import annotations

from dataclasses import dataclass

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import DuplicateColumn
from recipedsl.diagnostics.codes.data_mixtures import NoTexts
from recipedsl.diagnostics.codes.types import WrongArguments, WrongType
from recipedsl.language.steps.base import Step, speaks, type_of
from recipedsl.language.types import ANY, RowType, common
from recipedsl.semantics.context import fix
from recipedsl.semantics.flow import Flow, Parts, step_settings, too_few, wanted_column
from recipedsl.semantics.recipe import DataReference
from recipedsl.semantics.rows import Rows, column_name, type_expression
from recipedsl.syntax import tree


@dataclass(frozen=True, slots=True)
class _Written:
    """What is written behind such a step.

    Attributes:
        datasets: arguments without a name.
        on, against: the expressions behind these names, where they are written.
        others: named arguments that are settings.
    """

    datasets: tuple[tree.Argument, ...]
    on: tree.Expression | None
    against: tree.Expression | None
    others: tuple[tree.Argument, ...]


def _written(concept: type[Step], node: tree.Step) -> _Written:
    own = {"on", "against"} if concept.compares else {"on"}
    # Of a name that is written twice, which was reported, the first counts.
    named = {each.name.text: each.value for each in reversed(node.arguments) if each.name is not None}
    others = (each for each in node.arguments if each.name is not None and each.name.text not in own)
    datasets = (each for each in node.arguments if each.name is None)
    against = named.get("against") if concept.compares else None
    return _Written(tuple(datasets), named.get("on"), against, tuple(others))


def other_dataset(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    """Another dataset, and the columns that it has in common with the rows."""
    written = _written(concept, node)
    if too_few(flow, concept, node, len(written.datasets)):
        return Parts(failed=True)
    if written.on is None:
        _no_columns(flow, concept, written)
        return Parts(failed=True)
    if len(written.datasets) > 1:
        words = f"`{concept.keyword}` takes one dataset"
        flow.report(WrongArguments, words, written.datasets[1], "a second one")
    other = flow.inputs(flow.module, written.datasets[0].value)
    keys = [wanted_column(flow, each) for each in _items(written.on)]
    known = [each for each in keys if each is not None]
    settings = step_settings(flow, concept, node, list(written.others))
    row = flow.inputs.row(other) if other is not None else None
    theirs = [column_name(each) for each in _names(written.against)]
    good = _is_good(flow, concept, other, row, known, written)
    return Parts(
        settings={**settings.values, "on": known, **({"against": theirs} if theirs else {})},
        other=other,
        other_row=row,
        failed=other is None or None in keys or not settings.complete or not good,
    )


def _no_columns(flow: Flow, concept: type[Step], written: _Written) -> None:
    """Report that the columns are missing, or have another name in front."""
    words = f"`{concept.keyword}` needs `on = column`"
    said = next((each.name for each in written.others if each.name and each.name.text in _COLUMN_WORDS), None)
    if said is None:
        example = concept.page().split("Example:")[1].strip()
        flow.report(
            WrongArguments, words, written.datasets[0], "`on` missing", helps=(Help(f"such as {example}"),)
        )
        return
    helps = (fix(flow.module.place(said), "on", "write `on`"),)
    flow.report(WrongArguments, words, said, "called `on` here", helps=helps)


#: What the columns that are compared are called elsewhere.
_COLUMN_WORDS = frozenset("column columns col cols field fields key keys by text_column".split())


def _is_good(
    flow: Flow,
    concept: type[Step],
    other: DataReference | None,
    row: RowType | None,
    known: list[str],
    written: _Written,
) -> bool:
    """Whether the columns are there and can be held against each other; problems are reported."""
    assert written.on is not None
    good = True
    if other is not None and row is not None and written.against is not None:
        good = _there(flow, other, row, written.against)
    elif other is not None and row is not None:
        good = _good_keys(flow, concept, other, row, known, written.on)
    if not good or not concept.compares:
        return good
    good = _all_speak(flow, concept, flow.row, flow.name, known, written.on)
    theirs = [column_name(each) for each in _names(written.against)]
    if other is not None and (theirs or good):
        place = written.against or written.on
        good = _all_speak(flow, concept, row, other.name, theirs or known, place) and good
    return good


def _names(value: tree.Expression | None) -> list[tree.Name]:
    return [each for each in _items(value) if isinstance(each, tree.Name)] if value is not None else []


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
