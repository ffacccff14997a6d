"""Code lenses: what can be done with a recipe, a dataset or a stage, above where it stands.

A lens names a command of `commands.py`, which answers with a command line; nothing runs by looking.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.commands import CHECK, PLAN, PREVIEW, RUN
from recipedsl.editor.features.base import Feature
from recipedsl.semantics.scope import kind_of
from recipedsl.source import Span
from recipedsl.syntax import tree


def lenses(analysis: Analysis, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    """Check, plan and run at the top, a preview above datasets, a run above stages and evals."""
    if analysis.document.file is None:
        return None
    top = analysis.tree.edition.span if analysis.tree.edition is not None else Span(0, 0)
    return [
        _lens(analysis, top, "check", CHECK),
        _lens(analysis, top, "plan", PLAN),
        _lens(analysis, top, "run", RUN),
        *_of_items(analysis),
    ]


def _of_items(analysis: Analysis) -> Iterator[types.CodeLens]:
    for item in analysis.tree.items:
        if isinstance(item, tree.Rounds):
            for each in item.items:
                yield from _of_item(analysis, each, _numbers(item))
        else:
            yield from _of_item(analysis, item, (0,))


def _numbers(rounds: tree.Rounds) -> range:
    """The first rounds: more lenses than those nobody reads."""
    count = int(rounds.count.text) if rounds.count.text.isdecimal() else 0
    return range(1, min(count, _MOST_ROUNDS) + 1)


#: Rounds that have lenses of their own.
_MOST_ROUNDS = 5


def _of_item(analysis: Analysis, item: tree.Item, numbers: Sequence[int]) -> Iterator[types.CodeLens]:
    """What can be done with a declaration, in rounds with each that it makes."""
    kind = kind_of(item)
    for number in numbers:
        if isinstance(item, tree.Data):
            for name in _previews(item, number):
                words = "preview five rows" + (f" of {name}" if "." in name or number else "")
                yield _lens(analysis, item.span, words, PREVIEW, name)
        elif isinstance(item, tree.Thing) and item.name is not None and kind in ("stage", "eval"):
            name = _numbered(item.name.text, number)
            yield _lens(analysis, item.span, f"run {name if number else kind}", RUN, name)


def _numbered(name: str, number: int) -> str:
    """What the recipe calls a declaration in a round; 0 for one outside of rounds."""
    return f"{name}[{number}]" if number else name


def _previews(item: tree.Data, number: int) -> Iterator[str]:
    """What can be looked at of a dataset: its parts where it is split."""
    splits = [
        each for each in item.pipeline.steps if isinstance(each, tree.Step) and each.name.text == "split"
    ]
    parts = [
        each.name.text
        for step in splits
        for each in step.arguments
        if each.name is not None and each.name.text != "group"
    ]
    name = _numbered(item.name.text, number)
    yield from (f"{name}.{each}" for each in parts) if parts else (name,)


def _lens(analysis: Analysis, span: Span, title: str, command: str, *names: str) -> types.CodeLens:
    # One line: a lens is drawn above where it begins.
    start = Span(span.start, span.start)
    arguments = [analysis.document.uri, *names]
    return types.CodeLens(analysis.positions.range(start), types.Command(title, command, arguments=arguments))


FEATURES = (Feature(types.TEXT_DOCUMENT_CODE_LENS, lenses, types.CodeLensOptions()),)
