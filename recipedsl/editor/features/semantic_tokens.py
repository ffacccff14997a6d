"""Colours that know the meaning: every name by its role, every other word by its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2s
from typing import NamedTuple

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature
from recipedsl.editor.names import Occurrence, Role
from recipedsl.editor.workspace import Workspace
from recipedsl.source import Span
from recipedsl.syntax.scan import COMMENT, DOC, NUMBER, RESERVED, STRING, SYMBOLS, TRIVIA, Token

#: What a name is called towards the client, by its role; names that the protocol knows have a colour in
#: every theme.
_ROLES = {
    Role.KIND: "keyword",
    Role.DECLARATION: "class",
    Role.REFERENCE: "class",
    Role.METHOD: "method",
    Role.STEP: "keyword",
    Role.CONCEPT: "function",
    Role.FUNCTION: "function",
    Role.SETTING: "property",
    Role.PARAMETER: "parameter",
    Role.CHOICE: "enumMember",
    Role.COLUMN: "variable",
    Role.FIELD: "property",
    Role.TYPE: "type",
    Role.KEY: "property",
}

#: Declarations whose names are coloured otherwise than those of datasets and stages.
_KINDS = {"import": "namespace", "type": "struct", "param": "parameter", "let": "variable"}

_WORDS = {NUMBER: "number", STRING: "string", COMMENT: "comment", DOC: "comment"}
_OPERATORS = frozenset(SYMBOLS) - frozenset("( ) [ ] { } , : .".split())

TYPES = tuple(sorted({*_ROLES.values(), *_KINDS.values(), *_WORDS.values(), "operator"}))
MODIFIERS = ("declaration", "readonly", "defaultLibrary", "documentation")

LEGEND = types.SemanticTokensLegend(list(TYPES), list(MODIFIERS))

#: Roles of words that the language brings along.
_SHIPPED = frozenset(
    (
        Role.METHOD,
        Role.STEP,
        Role.CONCEPT,
        Role.FUNCTION,
        Role.SETTING,
        Role.PARAMETER,
        Role.CHOICE,
        Role.TYPE,
    )
)


class Painted(NamedTuple):
    """A stretch of one line with its colour."""

    span: Span
    type: str
    modifiers: tuple[str, ...] = ()


# --- what has which colour -------------------------------------------------------------------------------


def painted(analysis: Analysis) -> list[Painted]:
    """Everything with a colour, in order; nothing touches two lines, nothing lies over another."""
    names = [_name(each) for each in analysis.names.all if each.role in _ROLES]
    covered = {each.span.start for each in names}
    words = (_word(each) for each in analysis.tokens if each.span.start not in covered)
    found = sorted([*names, *(each for each in words if each is not None)], key=lambda each: each.span)
    return [*_apart(line for each in found for line in _lines(analysis, each))]


def _name(found: Occurrence) -> Painted:
    kind = found.definition.kind if found.definition is not None else ""
    modifiers = []
    if found.role is Role.DECLARATION or (found.column is not None and found.column.is_new):
        modifiers.append("declaration")
    if kind in ("param", "let"):
        modifiers.append("readonly")
    if found.role in _SHIPPED:
        modifiers.append("defaultLibrary")
    return Painted(found.span, _KINDS.get(kind, _ROLES[found.role]), tuple(modifiers))


def _word(token: Token) -> Painted | None:
    if token.kind in _WORDS:
        modifiers = ("documentation",) if token.kind == DOC else ()
        return Painted(token.span, _WORDS[token.kind], modifiers)
    if token.kind not in TRIVIA and token.text in RESERVED:
        return Painted(token.span, "keyword")
    return Painted(token.span, "operator") if token.text in _OPERATORS else None


def _lines(analysis: Analysis, found: Painted) -> Iterator[Painted]:
    """The same, a piece a line: few clients colour over line ends."""
    positions = analysis.positions
    start, end = found.span.start, found.span.end
    for line in range(positions.line_of(start), positions.line_of(max(start, end - 1)) + 1):
        piece = Span(max(start, positions.starts[line]), min(end, positions.end_of(line)))
        if piece.start < piece.end:
            yield found._replace(span=piece)


def _apart(found: Iterable[Painted]) -> Iterator[Painted]:
    reached = 0
    for each in found:
        if each.span.start >= reached:
            yield each
            reached = each.span.end


# --- as numbers ------------------------------------------------------------------------------------------


def encoded(analysis: Analysis, found: Iterable[Painted]) -> list[int]:
    """Five numbers a piece: lines and letters from the one before, length, type, modifiers."""
    data: list[int] = []
    line = letter = 0
    for each in found:
        at = analysis.positions.position(each.span.start)
        letters = at.character - (letter if at.line == line else 0)
        bits = sum(1 << MODIFIERS.index(one) for one in each.modifiers)
        data += [at.line - line, letters, analysis.positions.units(each.span), TYPES.index(each.type), bits]
        line, letter = at.line, at.character
    return data


def _whole(workspace: Workspace, uri: str) -> tuple[str, list[int]] | None:
    """The numbers of a document with a name for them."""
    analysis = workspace.analysis(uri)
    if analysis is None:
        return None
    data = encoded(analysis, painted(analysis))
    return blake2s(repr(data).encode(), digest_size=8).hexdigest(), data


def full(workspace: Workspace, params: types.SemanticTokensParams) -> types.SemanticTokens | None:
    """All of a document."""
    found = _whole(workspace, params.text_document.uri)
    if found is None:
        return None
    workspace.painted[params.text_document.uri] = found
    return types.SemanticTokens(found[1], found[0])


def delta(
    workspace: Workspace, params: types.SemanticTokensDeltaParams
) -> types.SemanticTokens | types.SemanticTokensDelta | None:
    """What is other than in the answer before; all of it where that is not the one that the client has."""
    uri = params.text_document.uri
    before = workspace.painted.get(uri)
    after = _whole(workspace, uri)
    if after is None:
        return None
    workspace.painted[uri] = after
    if before is None or before[0] != params.previous_result_id:
        return types.SemanticTokens(after[1], after[0])
    return types.SemanticTokensDelta(_difference(before[1], after[1]), after[0])


def _difference(before: list[int], after: list[int]) -> list[types.SemanticTokensEdit]:
    """One edit: what is between the same beginning and the same end."""
    if before == after:
        return []
    shorter = min(len(before), len(after))
    start = next((each for each in range(shorter) if before[each] != after[each]), shorter)
    rest = shorter - start
    end = next((each for each in range(rest) if before[-1 - each] != after[-1 - each]), rest)
    return [types.SemanticTokensEdit(start, len(before) - start - end, after[start : len(after) - end])]


def of_range(analysis: Analysis, params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
    """Those of a stretch of the document, such as a window shows."""
    span = analysis.positions.span(params.range)
    inside = [each for each in painted(analysis) if each.span.end > span.start and each.span.start < span.end]
    return types.SemanticTokens(encoded(analysis, inside))


FEATURES = (
    Feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, full, LEGEND, wide=True),
    Feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, delta, LEGEND, wide=True),
    Feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, of_range, LEGEND),
)
