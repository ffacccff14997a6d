"""What a bounded look at rows shows against what a recipe declares of them.

Rows that are wrong are set aside when they are read for real, so all this warns and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import BrokenRecords, NullSeen, OutsideChoices
from recipedsl.diagnostics.codes.data_remote import ChangedUpstream, NotText, PartsNotText, UpstreamNotAsked
from recipedsl.language.types import Kind, RowType, Type
from recipedsl.semantics.context import Context, RowLook
from recipedsl.semantics.recipe import Place

#: Values that a message lists.
_LISTED = 5
#: Where looks see of what kind the parts of a message's content are.
_PARTS = ("content[].type", "value[].type")
#: Kinds of parts that are text.
_OF_TEXT = frozenset({"text", "input_text", "output_text"})


def tell_of_upstream(context: Context, place: Place, look: RowLook) -> None:
    """Say what has changed behind an address, or that nobody could be asked."""
    if look.changed:
        helps = (Help("what is made of these rows is made again"),)
        words, notes = look.changed[0], look.changed[1 : 1 + _LISTED]
        context.report(ChangedUpstream, words, place, "changed upstream", notes=notes, helps=helps)
    if look.stale:
        context.report(UpstreamNotAsked, look.stale, place, "may not be the newest")


def check_unread(context: Context, place: Place, declared: RowType | None, look: RowLook) -> bool:
    """Report columns of images and other bytes, unless a declared row type passes them over."""
    refused = {
        path: what
        for path, what in look.unread.items()
        if declared is None or _is_wanted(declared, path.split(".", 1)[0].partition("[]")[0], look)
    }
    for path, what in refused.items():
        helps = (Help("declare a row type with the columns that are wanted, and without this one"),)
        context.report(
            NotText,
            f"column `{path}` holds {what}, and rows hold text and numbers",
            place,
            "no text",
            helps=helps,
        )
    return bool(refused)


def _is_wanted(declared: RowType, column: str, look: RowLook) -> bool:
    """Whether a declared type asks for a column of which nothing can be read."""
    return declared.column(column) is not None and (look.row is None or look.row.column(column) is None)


def check_look(context: Context, place: Place, declared: RowType | None, look: RowLook) -> None:
    """Report records that cannot be read, and values that the declared row type does not have."""
    if look.broken:
        records = "1 record" if look.broken == 1 else f"{look.broken} records"
        seen = look.broken + look.rows
        words = f"{records} of the first {seen} cannot be read, {look.first_broken}"
        helps = (Help("such records are set aside; `max_rejects` of `run` says how many may be"),)
        context.report(BrokenRecords, words, place, "broken records", helps=helps)
    _check_parts(context, place, look)
    for column in declared.columns if declared is not None else ():
        _check_nulls(context, place, column.name, column.type, look)
        for path, choices in _enumerations(column.name, column.type):
            _check_choices(context, place, path, choices, look)


def _check_parts(context: Context, place: Place, look: RowLook) -> None:
    """Report messages whose content has parts that are no text."""
    for path, texts in look.texts.items():
        other = {kind: where for kind, where in texts.items() if kind not in _OF_TEXT}
        if other and path.endswith(_PARTS):
            kind, where = next(iter(other.items()))
            column = path.removesuffix("[].type")
            words = f"`{column}` has a part of the kind `{kind}` in {where}, and only text is trained on"
            helps = (Help("rows with such parts are set aside by `as`, and counted"),)
            context.report(PartsNotText, words, place, "more than text", helps=helps)


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
