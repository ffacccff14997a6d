"""What a bounded look at rows shows against what a recipe declares of them.

Rows that are wrong are set aside when they are read for real, so all this warns and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import BrokenRecords, NullSeen, OutsideChoices
from recipedsl.language.types import Kind, RowType, Type
from recipedsl.semantics.context import Context, RowLook
from recipedsl.semantics.recipe import Place

#: Values that a message lists.
_LISTED = 5


def check_look(context: Context, place: Place, declared: RowType | None, look: RowLook) -> None:
    """Report records that cannot be read, and values that the declared row type does not have."""
    if look.broken:
        records = "1 record" if look.broken == 1 else f"{look.broken} records"
        seen = look.broken + look.rows
        words = f"{records} of the first {seen} cannot be read, {look.first_broken}"
        helps = (Help("such records are set aside; `max_rejects` of `run` says how many may be"),)
        context.report(BrokenRecords, words, place, "broken records", helps=helps)
    for column in declared.columns if declared is not None else ():
        _check_nulls(context, place, column.name, column.type, look)
        for path, choices in _enumerations(column.name, column.type):
            _check_choices(context, place, path, choices, look)


def _check_nulls(context: Context, place: Place, name: str, type_: Type, look: RowLook) -> None:
    found = look.row.column(name) if look.row is not None else None
    if type_.nullable or found is None or not found.nullable or not found.fits(type_):
        return
    where = f"in {look.nulls[name]}" if name in look.nulls else "in rows that lack it"
    words = f"column `{name}` is declared `{type_}`, and null {where}"
    helps = (Help(f"declare it `{name}: {type_}?`; a row where it is null is set aside as it is"),)
    context.report(NullSeen, words, place, f"`{name}` is null in some rows", helps=helps)


def _enumerations(path: str, type_: Type) -> Iterator[tuple[str, Type]]:
    """Enumerations in a type, by the path that looks call them by."""
    if type_.kind is Kind.CHOICE:
        yield path, type_
    elif type_.kind is Kind.LIST and type_.item is not None:
        yield from _enumerations(f"{path}[]", type_.item)
    for part in type_.fields:
        yield from _enumerations(f"{path}.{part.name}", part.type)


def _check_choices(context: Context, place: Place, path: str, type_: Type, look: RowLook) -> None:
    outside = {text: where for text, where in look.texts.get(path, {}).items() if text not in type_.choices}
    if not outside:
        return
    first, where = next(iter(outside.items()))
    words = f'`{path}` is "{first}" in {where}, none of its declared values'
    notes = ["declared: " + _quoted(type_.choices)]
    if len(outside) > 1:
        notes.append("others: " + _quoted(tuple(outside)[1:]))
    helps = (Help("a row with such a value is set aside; declare the value, or declare the column `text`"),)
    context.report(
        OutsideChoices, words, place, f"`{path}` has other values", notes=tuple(notes), helps=helps
    )


def _quoted(texts: tuple[str, ...]) -> str:
    more = f" and {len(texts) - _LISTED} more" if len(texts) > _LISTED else ""
    return ", ".join(f'"{each}"' for each in texts[:_LISTED]) + more
