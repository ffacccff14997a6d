"""`rounds n { … }`: written out, once a round, before anything else is looked at.

A declaration `policy` inside becomes `policy[1]`, `policy[2]` …, which is also how they are called
outside; `policy` alone is there the last. Inside, a name means the one of the same round,
`previous(policy, first = tuned)` the one before (and `tuned` in the first round), `every(fresh)` all so
far, `latest(fresh)` the newest that is finished. `each(low, middle, high)` is the value of the round: the
first one in the first round, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.names import UnknownRound
from recipedsl.diagnostics.codes.types import OutOfRange, WrongArguments
from recipedsl.semantics.context import Context
from recipedsl.semantics.recipe import Place
from recipedsl.source import Source
from recipedsl.syntax import tree

#: Words that stand for declarations of rounds; none is left where the rounds are written out.
OF_ROUNDS = ("each", "every", "latest", "previous")

#: Rounds that one block may have; published recipes have up to ten.
MOST_ROUNDS = 100

#: Nodes of the tree that all rounds of a file may come to, once written out: some thousand declarations.
MOST_WRITTEN = 50_000

#: Python itself refuses to read thousands of them.
_MOST_DIGITS = 9

#: Fields of the tree whose names are no references.
_LABELS = {
    tree.Argument: ("name",),
    tree.Attribute: ("key",),
    tree.Step: ("name",),
    tree.Member: ("name",),
    tree.Thing: ("kind", "name", "method"),
    tree.Data: ("kind", "name", "annotation"),
    tree.Let: ("name",),
    tree.MapEntry: ("key",),
}

Rename = Callable[[tree.Name], tree.Expression]


def unroll(context: Context, file: tree.File) -> tree.File:
    """The file with its rounds written out; it is the same file when it has none."""
    blocks = [each for each in file.items if isinstance(each, tree.Rounds)]
    if not blocks:
        return file
    counts = {name: count for each in blocks for name, count in _names(each)}
    writer = _Writer(context, file.source, counts)
    items = [new for item in file.items for new in writer.written_out(item)]
    return replace(file, items=tuple(items))


def _count(rounds: tree.Rounds) -> int:
    text = rounds.count.text.replace("_", "")
    return _whole(text) if _whole(text) <= MOST_ROUNDS else 0


def _whole(text: str) -> int:
    """A whole number; 0 for anything else, and for one with more digits than any that is in use here."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _names(rounds: tree.Rounds) -> Iterator[tuple[str, int]]:
    for item in rounds.items:
        name = getattr(item, "name", None)
        if name is not None:
            yield name.text, _count(rounds)


@dataclass(slots=True)
class _Writer:
    """Writes items out; `counts` has the number of rounds of every name that is declared in rounds."""

    context: Context
    source: Source
    counts: dict[str, int]
    written: int = 0  # nodes of rounds so far
    is_full: bool = False  # they are too many, and it was said

    def written_out(self, item: tree.Item) -> Iterator[tree.Item]:
        if not isinstance(item, tree.Rounds):
            yield self._rewritten(item, 0, frozenset())
            return
        if not _count(item):
            words = f"`rounds` takes a whole number from 1 to {MOST_ROUNDS}, found {item.count.text}"
            self.context.report(OutOfRange, words, self._place(item.count), "outside its range")
        own = frozenset(name for name, _ in _names(item))
        for number in range(1, _count(item) + 1):
            for each in item.items:
                if not self._has_room(item.count, 0):
                    return
                yield self._named(self._rewritten(each, number, own), number)

    def _has_room(self, node: Any, more: int) -> bool:
        """Whether there is room for `more`; what comes to too much is reported at `node`, once."""
        self.written += more
        if self.written > MOST_WRITTEN and not self.is_full:
            self._report_size(node)
        self.is_full = self.written > MOST_WRITTEN
        return self.written <= MOST_WRITTEN

    def _report_size(self, node: Any) -> None:
        words = f"`rounds` come to more than {MOST_WRITTEN:,} words and signs once they are written out"
        helps = (Help("fewer rounds, or less in each; what is the same in all of them stands outside"),)
        self.context.report(OutOfRange, words, self._place(node), "too much in all", helps=helps)

    def _place(self, node: Any) -> Place:
        return Place(self.source, node.span)

    def _named(self, item: Any, number: int) -> Any:
        name = getattr(item, "name", None)
        return item if name is None else replace(item, name=_of_round(name, number))

    # --- names -----------------------------------------------------------------------------------

    def _rewritten(self, node: Any, number: int, own: frozenset[str]) -> Any:
        """A node with the names of rounds replaced; `number` is the round that it stands in, 0 for none."""
        if isinstance(node, tuple):
            return tuple(new for each in node for new in self._spliced(each, number, own))
        if isinstance(node, tree.Name):
            return self._name(node, number, own)
        if isinstance(node, tree.Index) and self._is_of_rounds(node.target):
            return self._chosen(node)
        if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            if node.function.text == "previous":
                return self._previous(node, number, own)
            if node.function.text == "latest":
                return self._latest(node, number)
            if node.function.text == "each":
                return self._each(node, number, own)
        return self._inside(node, number, own)

    def _inside(self, node: Any, number: int, own: frozenset[str]) -> Any:
        if not is_dataclass(node) or isinstance(node, tree.Rounds):
            return node
        kept = (*_LABELS.get(type(node), ()), "span", "doc")
        parts = {each.name: getattr(node, each.name) for each in fields(node) if each.name not in kept}
        self.written += bool(number)
        written: Any = node
        return replace(written, **{name: self._rewritten(part, number, own) for name, part in parts.items()})

    def _name(self, name: tree.Name, number: int, own: frozenset[str]) -> tree.Expression:
        if name.quoted or name.text not in self.counts:
            return name
        return _of_round(name, number if name.text in own else self.counts[name.text])

    def _is_of_rounds(self, node: tree.Expression) -> bool:
        return isinstance(node, tree.Name) and not node.quoted and node.text in self.counts

    def _chosen(self, node: tree.Index) -> tree.Expression:
        """`policy[2]`."""
        assert isinstance(node.target, tree.Name)
        name, index = node.target.text, node.index
        number = _whole(index.text) if isinstance(index, tree.Number) else 0
        if 0 < number <= self.counts[name]:
            return replace(_of_round(node.target, number), span=node.span)
        words = f"`{name}` has the rounds 1 to {self.counts[name]}"
        helps = (Help(f"`{name}` alone is the last one, `{name}[1]` the first"),)
        self.context.report(UnknownRound, words, self._place(index), "no such round", helps=helps)
        return tree.Broken(node.span)

    # --- policies of rounds ------------------------------------------------------------------------

    def _previous(self, call: tree.Call, number: int, own: frozenset[str]) -> tree.Expression:
        target = self._argument(call, number)
        first = next((each.value for each in call.arguments if each.name and each.name.text == "first"), None)
        if target is None:
            return tree.Broken(call.span)
        if number > 1:
            return self._at(target, number - 1)
        if first is None:
            words = "`previous` needs `first = …`: nothing stands before the first round"
            helps = (Help("such as `previous(policy, first = tuned)`"),)
            self.context.report(WrongArguments, words, self._place(call), "`first` missing", helps=helps)
            return tree.Broken(call.span)
        found: tree.Expression = self._rewritten(first, number, own)
        return found

    def _latest(self, call: tree.Call, number: int) -> tree.Expression:
        target = self._argument(call, number)
        if target is None:
            return tree.Broken(call.span)
        return self._at(target, number or self.counts[_head(target).text])

    def _each(self, call: tree.Call, number: int, own: frozenset[str]) -> tree.Expression:
        count = self.counts[min(own)] if own else 0
        if count and len(call.arguments) == count:
            found: tree.Expression = self._rewritten(call.arguments[number - 1].value, number, own)
            return found
        words = f"`each` takes one value for each of the {count} rounds, found {len(call.arguments)}"
        if not count:
            words = "`each` has a value for each round, and stands inside of `rounds`"
        self.context.report(WrongArguments, words, self._place(call), "one for each round")
        return tree.Broken(call.span)

    def _spliced(self, node: Any, number: int, own: frozenset[str]) -> Iterator[Any]:
        """What stands in place of one item of a list: all rounds, for `every(fresh)`."""
        call = node.value if isinstance(node, tree.Argument) else node
        if not (isinstance(call, tree.Call) and _calls(call, "every")):
            yield self._rewritten(node, number, own)
            return
        target = self._argument(call, number)
        last = 0 if target is None else number or self.counts[_head(target).text]
        if not self._has_room(call, last):
            return
        for each in range(1, last + 1):
            assert target is not None
            value = self._at(target, each)
            yield replace(node, value=value) if isinstance(node, tree.Argument) else value

    def _argument(self, call: tree.Call, number: int) -> tree.Expression | None:
        """The declaration of rounds that `previous`, `latest` or `every` names."""
        assert isinstance(call.function, tree.Name)
        word = call.function.text
        found = call.arguments[0].value if call.arguments else None
        inside = number or word != "previous"
        if found is not None and self._is_of_rounds(_head(found)) and inside:
            return found
        known = ", ".join(f"`{name}`" for name in self.counts)
        where = "inside of `rounds`, and takes" if word == "previous" else "of rounds, and takes"
        words = f"`{word}` speaks {where} what is declared there: {known}"
        self.context.report(WrongArguments, words, self._place(call), "not declared in rounds")
        return None

    def _at(self, target: tree.Expression, number: int) -> tree.Expression:
        if isinstance(target, tree.Member):
            return replace(target, target=self._at(target.target, number))
        return _of_round(_head(target), number)


def _calls(call: tree.Call, word: str) -> bool:
    return isinstance(call.function, tree.Name) and call.function.text == word


def _head(target: tree.Expression) -> tree.Name:
    """The name that `fresh` or `fresh.train` begins with; one that nothing has for anything else."""
    while isinstance(target, tree.Member):
        target = target.target
    return target if isinstance(target, tree.Name) else tree.Name("")


def _of_round(name: tree.Name, number: int) -> tree.Name:
    return replace(name, text=f"{name.text}[{number}]")
