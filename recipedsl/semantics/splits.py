"""What follows `split`: the parts, and the shares or numbers of rows that go to each."""

from __future__ import annotations

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.data import BadShares
from recipedsl.diagnostics.codes.types import WrongArguments
from recipedsl.language.steps.base import Step
from recipedsl.language.values import Unit
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import fix, share_meant
from recipedsl.semantics.flow import Flow, Parts, too_few, wanted_column
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.values import Sort, Value
from recipedsl.syntax import tree


def shares_of_split(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    """The parts by name, and the column whose groups stay together."""
    parts = Parts(failed=too_few(flow, concept, node, len(node.arguments)))
    written = [*node.arguments, *(each for each in node.by if each.name is not None)]
    groups = [each for each in written if each.name is not None and each.name.text == "group"]
    columns = [wanted_column(flow, each.value) for each in groups]
    given = [each for each in written if each not in groups]
    if given and all(each.name is None for each in given) and len(given) <= len(_USUAL_PARTS):
        return Parts(failed=True, settings={"parts": _unnamed(flow, given)})
    rest = next((each for each in given if _is_rest(flow, each)), None)
    values = {
        id(each): 0.0 if each is rest else _share(flow, each, counted=rest is not None) for each in given
    }
    found = [(each.name, values[id(each)]) for each in given if each.name is not None]
    # A part whose share is wrong is a part all the same.
    shares = {name.text: share if isinstance(share, float) else 0.0 for name, share in found}
    counts = {name.text: share for name, share in found if isinstance(share, int)}
    _plain_numbers(flow, [each for each in given if isinstance(values[id(each)], Value)])
    # A list: every one of them is to be checked.
    are_named = all([_is_plain_name(flow, name) for name, _ in found])  # noqa: C419
    are_shares = all(isinstance(share, float | int) for share in values.values())
    parts.failed = parts.failed or None in columns or not are_named or not are_shares
    # A name that is written twice was reported, and its share counts once.
    if not parts.failed and len(shares) == len(given):
        parts.failed = not _is_whole(flow, node, sum(shares.values()), rest)
    parts.settings = {"parts": shares, "group": columns[-1] if columns else None}
    if rest is not None and rest.name is not None:
        shares[rest.name.text] = 1 - sum(shares.values())
        parts.settings |= {"counts": counts, "rest": rest.name.text} if counts else {}
    return parts


#: How parts are mostly called, in order.
_USUAL_PARTS = ("train", "held", "test")


def _unnamed(flow: Flow, given: list[tree.Argument]) -> dict[str, float]:
    """Report shares without names, `split 90%, 10%`; gives the parts that are likely meant."""
    values = [constant(flow.context, flow.module, each.value) for each in given]
    first = flow.module.place(given[0])
    place = Place(flow.module.source, first.span.to(given[-1].span))
    are_shares = all(each.sort is Sort.NUMBER and 0 < each.data <= 100 for each in values)
    shares = [each.data * 100 if each.data <= 1 else each.data for each in values if are_shares]
    if len(shares) == 1 and shares[0] < 100:
        shares.append(100 - shares[0])
    parts = dict(zip(_USUAL_PARTS, shares, strict=False)) or dict.fromkeys(_USUAL_PARTS[: len(given)], 0.0)
    proper = ", ".join(f"{name} = {share:g}%" for name, share in parts.items())
    helps = (fix(place, proper, f"write `{proper}`", Applicability.UNSAFE),) if shares else (_SUCH_AS,)
    words = f"`split` takes named shares, found {values[0].describe()}"
    flow.context.report(BadShares, words, place, "not a named share", helps=helps)
    return parts


_SUCH_AS = Help("such as `| split train = 95%, held = 5%`, or `| split train = rest, held = 1k`")


def _plain_numbers(flow: Flow, arguments: list[tree.Argument]) -> None:
    """Report plain numbers for shares, all in one: they were meant in per cent, or as parts of 1."""
    numbers = [(each, constant(flow.context, flow.module, each.value)) for each in arguments]
    if not numbers:
        return
    meant = [share_meant(flow.module.place(each.value), value.data) for each, value in numbers]
    first, value = numbers[0]
    name = first.name.text if first.name is not None else ""
    words = f"`{name}` of a split is a share, found {value.describe()}"
    proper = ", ".join(each.text.removeprefix("write ") for each in meant)
    helps = (
        Help(f"write {proper}", tuple(edit for each in meant for edit in each.edits), Applicability.UNSAFE),
    )
    others = [(flow.module.place(each), "and here") for each, _ in numbers[1:]]
    flow.report(BadShares, words, first, "not a share", secondary=others, helps=helps)


def _is_plain_name(flow: Flow, name: tree.Name) -> bool:
    """Whether a part can be called by its name outside."""
    if not name.text.isidentifier():
        words = f"a part is called by a plain name, not `{name.text}`"
        flow.report(WrongArguments, words, name, "letters, digits and `_`")
    return name.text.isidentifier()


def _is_rest(flow: Flow, argument: tree.Argument) -> bool:
    """Whether a part takes what the others leave: `train = rest`."""
    value = argument.value
    named = argument.name is not None and argument.name.text != "group"
    is_word = isinstance(value, tree.Name) and value.text == "rest" and not value.quoted
    return named and is_word and "rest" not in flow.module.declared


def _is_whole(flow: Flow, node: tree.Step, total: float, rest: tree.Argument | None) -> bool:
    """Whether the shares sum to 100%, or leave something for the part that takes the rest."""
    if rest is None and abs(total - 1) > 1e-9:
        words = f"the shares of a split sum to {total * 100:g}%, not 100%"
        flow.report(BadShares, words, node, f"{total * 100:g}% in all")
        return False
    if rest is not None and total > 1 - 1e-9:
        words = f"the other parts of a split take {total * 100:g}%, and leave no rest"
        flow.report(BadShares, words, rest, "nothing is left")
        return False
    return True


def _share(flow: Flow, argument: tree.Argument, *, counted: bool) -> float | int | Value | None:
    """The share of a part, or its number of rows where another part takes the rest.

    A value is a plain number that is still to be reported; None after a problem was.
    """
    if _is_rest(flow, argument):
        words = "only one part of a split can take the rest"
        flow.report(BadShares, words, argument, "a second one")
        return None
    value = constant(flow.context, flow.module, argument.value)
    if value.sort is Sort.UNKNOWN:
        return None
    if argument.name is not None and value.sort is Sort.NUMBER:
        if value.unit is Unit.SHARE and 0 < value.data <= 1:
            return float(value.data)
        if counted and value.unit is Unit.NONE and value.data == int(value.data) > 0:
            return int(value.data)
        if value.unit is Unit.NONE and 0 < value.data <= 100:
            return value
    words = f"`split` takes named shares, found {value.describe()}"
    flow.report(BadShares, words, argument, "not a named share", helps=(_SUCH_AS,))
    return None
