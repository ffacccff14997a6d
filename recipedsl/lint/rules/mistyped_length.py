"""L107: a length that looks like a slip of the fingers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.context import Declared, Module
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.scope import lookup
from recipedsl.syntax import tree

#: Settings that count tokens.
_LENGTHS = frozenset({"max_length", "max_new_tokens", "max_prompt_length"})

#: What people mean: 128, 192, 256, 384 … 131072, the lengths of published recipes.
_ROUND = frozenset(str(factor << shift) for factor in (1, 3) for shift in range(6, 18))

#: A length that hardware likes is meant, whatever it resembles.
_LIKED = 32


class MistypedLength(Rule):
    """A length that looks like a slip of the fingers.

    What: A number of tokens that turns into a power of two, or three times one, when two neighbouring
    digits change places.

    Why: Two published training scripts say `1204 * 8` where 1024 is meant. A length that is off by a little
    cuts rows, or wastes memory, and nothing else tells.

    Bad:

        sft { max_length = 1204 }

    Good:

        sft { max_length = 1024 }
    """

    code: ClassVar[str] = "L107"
    name: ClassVar[str] = "mistyped-length"
    despite_errors: ClassVar[bool] = True

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at every number that a length is computed from."""
        seen: set[tuple[str, int]] = set()
        for module in subject.modules:
            for key, value in _settings(module):
                if key not in _LENGTHS:
                    continue
                for where, number in _numbers(module, value):
                    meant = _meant(number.text)
                    if meant and (where.source.path, number.span.start) not in seen:
                        seen.add((where.source.path, number.span.start))
                        yield cls._found(where, number, meant)

    @classmethod
    def _found(cls, where: Module, number: tree.Number, meant: str) -> Diagnostic:
        words = f"`{number.text}` as a length looks like `{meant}` with two digits changed over"
        edit = Edit(where.source, number.span, meant)
        helps = (Help(f"write `{meant}` if that is meant", (edit,), Applicability.UNSAFE),)
        return cls.at(Place(where.source, number.span), words, f"{meant}?", helps=helps)


def _settings(module: Module) -> Iterator[tuple[str, tree.Expression]]:
    for declared in module.declared.values():
        if isinstance(declared.node, tree.Thing):
            for entry in declared.node.block.entries:
                if isinstance(entry, tree.Attribute):
                    yield entry.key.text, entry.value


def _numbers(
    module: Module, node: tree.Expression, seen: frozenset[str] = frozenset()
) -> Iterator[tuple[Module, tree.Number]]:
    """Numbers in a value, and in the params and lets that it names; a value that needs itself is an error."""
    match node:
        case tree.Number():
            yield module, node
        case tree.Group():
            yield from _numbers(module, node.inner, seen)
        case tree.Binary():
            yield from _numbers(module, node.left, seen)
            yield from _numbers(module, node.right, seen)
        case tree.Name() | tree.Member():
            found = lookup(module, node)
            value = _value(found)
            if found is not None and value is not None and found.full_name not in seen:
                yield from _numbers(found.module, value, seen | {found.full_name})


def _value(declared: Declared | None) -> tree.Expression | None:
    node = declared.node if declared is not None else None
    if isinstance(node, tree.Let):
        return node.value
    return node.default if isinstance(node, tree.Param) else None


def _meant(written: str) -> str:
    """The round number of which two neighbouring digits were changed over; empty when there is none."""
    digits = written.replace("_", "")
    if not digits.isdigit() or int(digits) % _LIKED == 0:
        return ""
    for at in range(len(digits) - 1):
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        if swapped in _ROUND and swapped != digits:
            return swapped
    return ""
