"""What follows `split`: the parts, and the shares or numbers of rows that go to each."""

from __future__ import annotations

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import BadShares
from recipedsl.diagnostics.codes.types import WrongArguments
from recipedsl.language.steps.base import Step
from recipedsl.language.values import Unit
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import share_meant
from recipedsl.semantics.flow import Flow, Parts, too_few, wanted_column
from recipedsl.semantics.values import Sort, Value
from recipedsl.syntax import tree


def shares_of_split(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    """The parts by name, and the column whose groups stay together."""
    parts = Parts(failed=too_few(flow, concept, node, len(node.arguments)))
    shares: dict[str, float] = {}
    counts: dict[str, int] = {}
    group: str | None = None
    rest = next((each for each in node.arguments if _is_rest(flow, each)), None)
    for argument in (*node.arguments, *(each for each in node.by if each.name is not None)):
        if argument.name is not None and argument.name.text == "group":
            group = wanted_column(flow, argument.value)
            parts.failed = parts.failed or group is None
            continue
        share = 0.0 if argument is rest else _share(flow, argument, counted=rest is not None)
        parts.failed = parts.failed or share is None
        if argument.name is None:
            continue
        parts.failed = not _is_plain_name(flow, argument.name) or parts.failed
        if isinstance(share, int):
            counts[argument.name.text] = share
        # A part whose share is wrong is a part all the same.
        shares[argument.name.text] = share if isinstance(share, float) else 0.0
    # A name that is written twice was reported, and its share counts once.
    unique = len(shares) == len(node.arguments) - (group is not None)
    if not parts.failed and unique:
        parts.failed = not _is_whole(flow, node, sum(shares.values()), rest)
    parts.settings = {"parts": shares, "group": group}
    if rest is not None and rest.name is not None:
        shares[rest.name.text] = 1 - sum(shares.values())
        parts.settings |= {"counts": counts, "rest": rest.name.text} if counts else {}
    return parts


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


def _share(flow: Flow, argument: tree.Argument, *, counted: bool) -> float | int | None:
    """The share of a part, or its number of rows where another part takes the rest.

    None after a problem was reported.
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
    _no_share(flow, argument, value)
    return None


def _no_share(flow: Flow, argument: tree.Argument, value: Value) -> None:
    """Report what stands for a share; a plain number was meant in per cent, or as a part of 1."""
    words = f"`split` takes named shares, found {value.describe()}"
    helps: tuple[Help, ...] = (
        Help("such as `| split train = 95%, held = 5%`, or `| split train = rest, held = 1k`"),
    )
    if argument.name is not None and value.sort is Sort.NUMBER and 0 < value.data <= 100:
        words = f"`{argument.name.text}` of a split is a share, found {value.describe()}"
        helps = (share_meant(flow.module.place(argument.value), value.data),)
    flow.report(BadShares, words, argument, "not a named share", helps=helps)
