"""Code lenses: what can be done with a recipe, a dataset or a stage, above where it stands.

A lens names a command of `commands.py`, which answers with a command line; nothing runs by looking.
"""

from __future__ import annotations

from collections.abc import Iterator

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
        # What stands in rounds has a number in its name: which of them is meant, nobody can tell.
        if isinstance(item, tree.Data):
            for name in _previews(item):
                words = "preview five rows" + (f" of {name}" if "." in name else "")
                yield _lens(analysis, item.span, words, PREVIEW, name)
        elif isinstance(item, tree.Thing) and item.name is not None and kind_of(item) in ("stage", "eval"):
            yield _lens(analysis, item.span, f"run {kind_of(item)}", RUN, item.name.text)


def _previews(item: tree.Data) -> Iterator[str]:
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
    yield from (f"{item.name.text}.{each}" for each in parts) if parts else (item.name.text,)


def _lens(analysis: Analysis, span: Span, title: str, command: str, *names: str) -> types.CodeLens:
    # One line: a lens is drawn above where it begins.
    start = Span(span.start, span.start)
    arguments = [analysis.document.uri, *names]
    return types.CodeLens(analysis.positions.range(start), types.Command(title, command, arguments=arguments))


FEATURES = (Feature(types.TEXT_DOCUMENT_CODE_LENS, lenses, types.CodeLensOptions()),)
