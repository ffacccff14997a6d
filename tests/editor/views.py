"""What golden editor cases show: a function a feature, from a place in a document to text.

A view is called as a case names it (`# --- hover`). It gets what was opened and the offsets of the marks.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from lsprotocol import types

from recipedsl.cli.lsp import COUNTER
from recipedsl.editor.analysis import Analysis
from recipedsl.editor.counting import Counting
from recipedsl.editor.counts import keep_counts
from recipedsl.editor.features import every_feature
from recipedsl.editor.features.diagnostics import problems_of
from recipedsl.editor.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """What a view shows: a document, and where its marks stood."""

    workspace: Workspace
    analysis: Analysis
    offsets: list[int]

    @property
    def at(self) -> dict[str, object]:
        """`text_document` and `position` of a request at the first mark."""
        document = types.TextDocumentIdentifier(self.analysis.document.uri)
        return {"text_document": document, "position": self.analysis.positions.position(self.offsets[0])}

    def shown(self, range_: types.Range) -> str:
        """`3:5-9`: lines and columns from 1, the end left out where it is on the same line."""
        start, end = range_.start, range_.end
        last = f"{end.character + 1}" if end.line == start.line else f"{end.line + 1}:{end.character + 1}"
        return f"{start.line + 1}:{start.character + 1}-{last}"


ANSWERS = {each.method: each for each in every_feature()}


def answer(place: Place, method: str, params: object) -> object:
    """What a feature answers."""
    feature = ANSWERS[method]
    uri = place.analysis.document.uri

    def ask() -> object:
        return feature.answer(place.workspace if feature.wide else place.workspace.analysis(uri), params)

    first = ask()
    if not feature.waits:
        return first
    place.workspace.settle(uri)
    return ask()


def diagnostics(place: Place) -> str:
    """A line a problem."""
    return "".join(
        f"{place.shown(each.range)} {each.code} {each.message.splitlines()[0]}"
        f"{' (unnecessary)' if each.tags else ''}\n"
        for each in problems_of(place.workspace, place.analysis)
    )


def hover(place: Place) -> str:
    """The range and the Markdown."""
    found = answer(place, types.TEXT_DOCUMENT_HOVER, types.HoverParams(**place.at))  # type: ignore[arg-type]
    if not isinstance(found, types.Hover):
        return "nothing\n"
    assert isinstance(found.contents, types.MarkupContent)
    assert found.range is not None
    return f"{place.shown(found.range)}\n{found.contents.value.strip()}\n"


def completion(place: Place) -> str:
    """What may be written, a line each: label, kind, detail and what is put in where it is another text.

    Of many only the first of each rank are shown, and how many there are.
    """
    found = answer(place, types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**place.at))  # type: ignore[arg-type]
    assert isinstance(found, types.CompletionList)
    items = sorted(found.items, key=lambda each: each.sort_text or "")
    lines, ranks = [], Counter[str]()
    for each in items:
        assert isinstance(each.text_edit, types.TextEdit)
        rank = (each.sort_text or " ")[0]
        ranks[rank] += 1
        if ranks[rank] <= _SHOWN:
            assert each.kind is not None
            insert = each.text_edit.new_text
            more = "" if insert == each.label else f" -> {insert!r}"
            lines.append(f"{rank} {each.label}  {each.kind.name}  {each.detail or ''}{more}".rstrip())
    return "\n".join([f"{len(items)} in all", *lines]) + "\n"


_SHOWN = 12


def resolved(place: Place) -> str:
    """The page of the first thing that is offered with the word in which the mark stands."""
    found = answer(place, types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**place.at))  # type: ignore[arg-type]
    assert isinstance(found, types.CompletionList)
    word = place.analysis.text[place.offsets[0] - 3 : place.offsets[0]]
    item = next(each for each in found.items if each.label.startswith(word))
    told = answer(place, types.COMPLETION_ITEM_RESOLVE, item)
    assert isinstance(told, types.CompletionItem)
    assert isinstance(told.documentation, types.MarkupContent)
    return f"{told.label}\n{told.documentation.value}\n"


def signature(place: Place) -> str:
    """The form, with the argument that is being written in angle quotes."""
    found = answer(place, types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpParams(**place.at))  # type: ignore[arg-type]
    if not isinstance(found, types.SignatureHelp):
        return "nothing\n"
    form = found.signatures[0]
    active = (
        form.parameters[found.active_parameter]
        if found.active_parameter is not None and form.parameters
        else None
    )
    label = form.label if active is None else form.label.replace(str(active.label), f"«{active.label}»", 1)
    return f"{label}\n"


def inlay(place: Place) -> str:
    """The text with the hints in it."""
    document = types.TextDocumentIdentifier(place.analysis.document.uri)
    found = answer(
        place, types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(document, place.analysis.positions.whole)
    )
    text = place.analysis.text
    assert isinstance(found, list)
    for each in reversed(found):
        offset = place.analysis.positions.offset(each.position)
        text = f"{text[:offset]}{' ' if each.padding_left else ''}«{each.label}»{text[offset:]}"
    return text


def counted(place: Place) -> str:
    """The same with what a count tells, and below it what is told of each hint that has more to say."""
    document = place.analysis.document
    found = asyncio.run(Counting(COUNTER, document.root).count(document.path, document.text))
    assert found["why"] == ""
    keep_counts(place.analysis, found["lines"])
    shown = inlay(place)
    hints = answer(
        place,
        types.TEXT_DOCUMENT_INLAY_HINT,
        types.InlayHintParams(types.TextDocumentIdentifier(document.uri), place.analysis.positions.whole),
    )
    assert isinstance(hints, list)
    told = {str(each.label): each.tooltip.value for each in hints if each.tooltip is not None}
    told = {label: _DEVICE.sub("the device", " ".join(words.split())) for label, words in told.items()}
    lines = [f"{label}: {words}\n" for label, words in told.items() if "```" not in words]
    return shown + "".join(lines)


#: What a plan is for: this machine, whichever it is.
_DEVICE = re.compile(r"the (processor|GPU|Apple GPU)")

VIEWS: dict[str, Callable[[Place], str]] = {
    "diagnostics": diagnostics,
    "hover": hover,
    "completion": completion,
    "resolved": resolved,
    "signature": signature,
    "inlay": inlay,
    "counted": counted,
}
