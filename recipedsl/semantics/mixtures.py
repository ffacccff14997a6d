"""Several datasets as one: put together whole, or drawn from by shares."""

from __future__ import annotations

from dataclasses import replace

from recipedsl.diagnostics import Applicability, Edit, Help
from recipedsl.diagnostics.codes.data import BadShares, ColumnClash
from recipedsl.diagnostics.codes.types import WrongType
from recipedsl.language.shapes import Shape
from recipedsl.language.types import RowType, Type, common
from recipedsl.semantics.context import Context, Module
from recipedsl.semantics.recipe import DataReference, Place
from recipedsl.semantics.settings import Settings
from recipedsl.semantics.starts import Head, Start
from recipedsl.source import Span
from recipedsl.syntax import tree


def concat(start: Start, call: tree.Call) -> Head:
    """Datasets one behind the other: `concat(a, b)`."""
    place = start.module.place(call)
    if not call.arguments:
        start.context.report(WrongType, "`concat` takes datasets", place, "nothing to put together")
    read = [start.inputs(start.module, argument.value) for argument in call.arguments]
    return _together(start, "concat", read, place)


def mixture(start: Start, keyword: str, call: tree.Call, settings: Settings) -> Head:
    """Datasets with their shares: `mix({ a: 70%, b: 30% })`."""
    place = start.module.place(call)
    written = next((each.value for each in call.arguments if isinstance(each.value, tree.MapOf)), None)
    if written is None or any(not isinstance(each.key, tree.Name) for each in written.entries):
        words = f"`{keyword}` takes names of datasets with their shares, written in place"
        helps = (Help("such as `{ lessons: 70%, chats: 30% }`"),)
        start.context.report(WrongType, words, place, helps=helps)
        return start.unknown(keyword, place)
    _check_shares(start.context, start.module, written, settings)
    keys = [each.key for each in written.entries if isinstance(each.key, tree.Name)]
    head = _together(start, keyword, [start.inputs(start.module, each) for each in keys], place)
    shares = list(settings.values["shares"].values())
    return replace(head, use=replace(head.use, settings={**settings.values, "shares": shares}))


def _check_shares(context: Context, module: Module, written: tree.MapOf, settings: Settings) -> None:
    """Shares of a mixture are shares, and sum to 100 %."""
    shares = settings.values["shares"]
    plain = [each for each in shares.values() if isinstance(each, int | float)]
    in_percent = len(plain) == len(shares) and max(plain) > 1 and sum(plain) == 100
    for entry, share in zip(written.entries, shares.values(), strict=False):
        if not isinstance(share, float) or not 0 < share <= 1:
            place = module.place(entry.value)
            words = "a share of a mixture is more than 0% and up to 100%"
            helps = (_in_percent(module, written),) if in_percent else ()
            context.report(BadShares, words, place, "no share", helps=helps)
            return
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        words = f"the shares of a mixture sum to {total * 100:g}%, not 100%"
        context.report(BadShares, words, module.place(written), f"{total * 100:g}% in all")


def _in_percent(module: Module, written: tree.MapOf) -> Help:
    """A fix for shares that lack their `%`."""
    places = [module.place(each.value) for each in written.entries]
    edits = tuple(Edit(each.source, Span(each.span.end, each.span.end), "%") for each in places)
    return Help("put `%` behind each of them", edits, Applicability.UNSAFE)


def _together(start: Start, keyword: str, read: list[DataReference | None], place: Place) -> Head:
    """Several datasets as one: the columns of all, and the shape if they agree in it."""
    found = [each for each in read if each is not None]
    rows = [start.context.datasets[each.name].row for each in found]
    shapes = {start.context.datasets[each.name].shape for each in found}
    shape = shapes.pop() if len(shapes) == 1 else Shape.ROWS
    row = _union(start.context, found, rows) if len(found) == len(read) else None
    return start.head(start.use(keyword, place, inputs=tuple(found)), row, shape)


def _union(context: Context, inputs: list[DataReference], rows: list[RowType | None]) -> RowType | None:
    if not rows or any(each is None for each in rows):
        return None
    known = [each for each in rows if each is not None]
    columns: dict[str, Type] = {}
    first: dict[str, DataReference] = {}
    for used, row in zip(inputs, known, strict=True):
        for column in row.columns:
            both = common(columns.get(column.name, column.type), column.type)
            if both is None:
                _clash(context, used, first[column.name], column.name, columns[column.name], column.type)
                return None
            columns[column.name] = both
            first.setdefault(column.name, used)
    lacking = {name for name in columns if any(row.column(name) is None for row in known)}
    return RowType(()).with_columns({n: t.or_null() if n in lacking else t for n, t in columns.items()})


def _clash(
    context: Context, used: DataReference, first: DataReference, name: str, one: Type, two: Type
) -> None:
    context.report(
        ColumnClash,
        f"column `{name}` is `{two}` in `{used.name}` and `{one}` in `{first.name}`",
        used.place,
        f"`{two}` here",
        secondary=[(first.place, f"`{one}` here")],
        helps=(Help(f"bring them together first: `| derive {name} = …`, or leave it out: `| drop {name}`"),),
    )
