"""`name = other with { … }`: a declaration that has the settings of another where its own block is silent."""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics.codes.names import Cycle, WrongKind
from recipedsl.diagnostics.codes.plan import Conflict
from recipedsl.diagnostics.codes.syntax import TooDeep
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.syntax import tree

#: Copies of copies that one declaration may stand on: nobody reads through more.
MOST_COPIES = 100


def originals(context: Context, declared: Declared) -> tuple[Declared, ...] | None:
    """What a declaration copies, and what that copies, nearest first; None after a problem was reported."""
    name = declared.full_name
    if name not in context.copies:
        context.copies[name] = _follow(context, declared)
    return context.copies[name]


def original(context: Context, declared: Declared) -> Declared | None:
    """The declaration at the end of the copies, which is none itself; None after a problem was reported."""
    found = originals(context, declared)
    return None if found is None else (declared, *found)[-1]


def entries_of(
    context: Context, declared: Declared
) -> Iterator[tuple[Module, tree.Attribute | tree.Expect | tree.Broken]]:
    """Entries of a declaration with their modules, its own first, then those of what it copies."""
    assert isinstance(declared.node, tree.Thing)
    yield from ((declared.module, entry) for entry in declared.node.block.entries)
    yield from inherited(context, declared)


def inherited(
    context: Context, declared: Declared
) -> Iterator[tuple[Module, tree.Attribute | tree.Expect | tree.Broken]]:
    """Entries of what a declaration copies, with their modules; of a setting in several the nearest."""
    assert isinstance(declared.node, tree.Thing)
    known = _keys(declared.node)
    for each in originals(context, declared) or ():
        assert isinstance(each.node, tree.Thing)
        for entry in each.node.block.entries:
            if not isinstance(entry, tree.Attribute) or entry.key.text not in known:
                yield each.module, entry
        known |= _keys(each.node)


def _keys(thing: tree.Thing) -> set[str]:
    return {each.key.text for each in thing.block.entries if isinstance(each, tree.Attribute)}


def _follow(context: Context, declared: Declared) -> tuple[Declared, ...] | None:
    found: list[Declared] = []
    seen = {declared.full_name}
    current = declared
    while isinstance(current.node, tree.Thing) and current.node.copied is not None:
        copied = lookup(current.module, current.node.copied)
        if copied is None or copied.kind != current.kind or not isinstance(copied.node, tree.Thing):
            _report_none(context, current, current.node.copied, copied)
            return None
        if context.copies.get(copied.full_name, ()) is None:
            return None  # said where that one was looked at
        if copied.full_name in seen:
            loop = " -> ".join(f"`{each.full_name}`" for each in (declared, *found, copied))
            words = f"{declared.kind} `{declared.name}` copies itself: {loop}"
            context.report(Cycle, words, declared.name_place, "a copy of itself")
            context.copies |= dict.fromkeys(each.full_name for each in found)  # said once of all of them
            return None
        context.used.add(copied.full_name)
        found.append(copied)
        seen.add(copied.full_name)
        current = copied
        if len(found) > MOST_COPIES:
            words = f"{declared.kind} `{declared.name}` is a copy of more than {MOST_COPIES} copies"
            context.report(TooDeep, words, declared.name_place, "copied too often")
            return None
    return tuple(found) if _has_its_method(context, declared, current) else None


def _report_none(
    context: Context, declared: Declared, written: tree.Expression, found: Declared | None
) -> None:
    module = declared.module
    place, known = module.place(written), [n for n in names(module, declared.kind) if n != declared.name]
    if found is None and isinstance(written, tree.Name | tree.Member):
        unknown_reference(context, module, written, known, declared.kind)
    elif found is not None:
        words = f"{declared.kind} `{declared.name}` copies `{found.name}`, which is {found.noun}"
        secondary = [(found.name_place, f"`{found.name}` is declared here")]
        helps = did_you_mean(place, found.name, known)
        context.report(WrongKind, words, place, found.noun, secondary=secondary, helps=helps)


def _has_its_method(context: Context, declared: Declared, origin: Declared) -> bool:
    """Whether a copy that says how it trains says the same as what it copies; reported where it does not."""
    mine, theirs = getattr(declared.node, "method", None), getattr(origin.node, "method", None)
    if declared is origin or mine is None or theirs is None or mine.text == theirs.text:
        return True
    words = f"stage `{declared.name}` is a copy of `{origin.name}`, which trains by `{theirs.text}`"
    secondary = [(origin.module.place(theirs), f"`{theirs.text}` here")]
    context.report(Conflict, words, declared.module.place(mine), "another method", secondary=secondary)
    return False
