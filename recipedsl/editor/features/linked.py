"""Linked editing: while the name of a declaration is typed over, its uses in the document follow.

Only from the declaration itself: somebody who writes another name at a use means another thing. Renaming,
which looks at other files too and refuses what would clash, is `rename.py`.
"""

from __future__ import annotations

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.names import Role

_WORD = "[A-Za-z_][A-Za-z0-9_]*"


def linked(analysis: Analysis, params: types.LinkedEditingRangeParams) -> types.LinkedEditingRanges | None:
    """The name that is declared at a position, and its uses; None anywhere else."""
    found = analysis.names.at(offset_of(analysis, params))
    if found is None or found.role is not Role.DECLARATION or found.definition is None:
        return None
    spans = [each.span for each in analysis.names.of(found.definition)]
    if len(spans) < 2 or any(analysis.text[each.start : each.end] != found.name for each in spans):
        return None
    return types.LinkedEditingRanges([analysis.positions.range(each) for each in spans], _WORD)


FEATURES = (Feature(types.TEXT_DOCUMENT_LINKED_EDITING_RANGE, linked),)
