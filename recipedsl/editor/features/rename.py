"""Rename: declarations, params, parts, columns and fields, with everything that names them, in all files.

A rename is tried on paper before it is offered: one after which something is wrong that was not, or after
which a name means something else, is refused with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.columns import Columns
from recipedsl.editor.facts import LookAt, TextOf
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.features.references import Mention, of_definition
from recipedsl.editor.names import Occurrence, Role
from recipedsl.editor.places import At, place_of
from recipedsl.editor.related import related, with_imports
from recipedsl.editor.telling import column_name
from recipedsl.editor.trial import Change, moved, new_problems, tried, workspace_edit
from recipedsl.editor.workspace import Workspace
from recipedsl.source import Span
from recipedsl.syntax.scan import NAME, RESERVED

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLUMN = re.compile(r"[^`\r\n]+")


class Refused(JsonRpcException):
    """A request that cannot be carried out, for a reason that the client shows."""

    CODE = int(types.LSPErrorCodes.RequestFailed)


@dataclass(frozen=True)
class _Subject:
    """What is renamed.

    Attributes:
        span: of the name at the cursor, without backquotes.
        mentions: every place that names it, the one at the cursor included.
        taken: names that stand beside it.
        at: the column; None for a declaration.
        is_field: whether it is a part of a column somewhere.
    """

    found: Occurrence
    analyses: list[Analysis]
    mentions: list[Mention]
    taken: frozenset[str] = frozenset()
    at: At | None = None
    is_field: bool = False


def prepare(workspace: Workspace, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """The name at a position; None where there is nothing that can be renamed.

    Raises:
        Refused: the name is not the recipe's to choose.
    """
    analysis = workspace.analysis(params.text_document.uri)
    found = _renamable(analysis, offset_of(analysis, params)) if analysis is not None else None
    if analysis is None or found is None:
        return None
    if found.definition is None:
        _column(with_imports(workspace, analysis, (TextOf, LookAt)), found)
    span = _inner(analysis, found.span)
    return types.PrepareRenamePlaceholder(analysis.positions.range(span), found.name)


def rename(workspace: Workspace, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """The edits that give the name at a position another; None where there is nothing to rename.

    Raises:
        Refused: the new name is none, or is taken, or would change what the recipe means.
    """
    analysis = workspace.analysis(params.text_document.uri)
    found = _renamable(analysis, offset_of(analysis, params)) if analysis is not None else None
    if analysis is None or found is None:
        return None
    settling = (TextOf,) if found.definition is not None else (TextOf, LookAt)
    analyses = related(workspace, analysis, settling)
    found = analyses[0].names.at(offset_of(analyses[0], params)) or found
    subject = _declaration(analyses, found) if found.definition is not None else _column(analyses, found)
    _everything_can_be_read(subject)
    written = _new_name(subject, params.new_name)
    changes = [Change(each.analysis.document.path, each.span, written) for each in subject.mentions]
    if params.new_name.strip("`") != found.name:
        _try(subject, changes)
    by_path = {each.document.path: each for each in analyses}
    return workspace_edit(workspace, by_path, changes)


def _renamable(analysis: Analysis, offset: int) -> Occurrence | None:
    """The name at an offset, where it is one that recipes choose."""
    found = analysis.names.at(offset)
    if found is None:
        return None
    if found.role in (Role.DECLARATION, Role.REFERENCE):
        return found if found.definition is not None else None
    is_key = found.role is Role.KEY and place_of(analysis, found) is not None
    return found if found.role in (Role.COLUMN, Role.FIELD) or is_key else None


def _inner(analysis: Analysis, span: Span) -> Span:
    """A name without its backquotes."""
    quoted = analysis.text[span.start : span.start + 1] == "`"
    return Span(span.start + 1, span.end - 1) if quoted else span


# --- what is renamed -------------------------------------------------------------------------------------


def _declaration(analyses: list[Analysis], found: Occurrence) -> _Subject:
    assert found.definition is not None
    mentions = list(of_definition(analyses, found.definition))
    if not any(each.is_new for each in mentions):
        raise Refused(f"the file that declares `{found.name}` cannot be read")
    return _Subject(found, analyses, mentions)


def _column(analyses: list[Analysis], found: Occurrence) -> _Subject:
    """A column or a field of one, where its name is the recipe's to choose."""
    at = place_of(analyses[0], found)
    if at is None:
        raise Refused(_unknown(found))
    columns = Columns(analyses)
    reason = columns.why_fixed(at)
    if reason:
        raise Refused(reason)
    mentions = [Mention(each.analysis, each.span, each.is_new) for each in columns.uses(at)]
    if not any(each.is_new for each in mentions):
        raise Refused(f"nothing in the recipe makes `{found.name}`: it comes from the rows")
    return _Subject(found, analyses, mentions, frozenset(columns.beside(at)), at, columns.is_field(at))


def _unknown(found: Occurrence) -> str:
    row = found.column.row if found.column is not None else None
    if row is not None and found.role is Role.COLUMN and row.column(found.name) is None:
        return f"there is no column `{found.name}`"
    return f"the columns at `{found.name}` are not known, so neither is what else names it"


def _everything_can_be_read(subject: _Subject) -> None:
    """Look for places that may mean the same and of which that is not known.

    Raises:
        Refused: there is one.
    """
    name = subject.found.name
    for analysis in subject.analyses:
        known = {each.span.start for each in analysis.names.all}
        broken = analysis.tokens if analysis.syntax_problems.has_errors else []
        for token in broken:
            if token.kind == NAME and token.value == name and token.span.start not in known:
                raise Refused(f"{_line(analysis, token.span)} names `{name}` too and cannot be read as it is")
        for each in analysis.names.all if subject.at is not None else ():
            if each.name == name and _may_be(subject, each) and place_of(analysis, each) is None:
                raise Refused(
                    f"the columns are not known where {_line(analysis, each.span)} names `{name}` too"
                )


def _may_be(subject: _Subject, found: Occurrence) -> bool:
    """Whether a name could mean the same, were more known of the rows."""
    if found.role is Role.FIELD:
        return subject.is_field
    return found.role is Role.COLUMN and found.column is not None and found.column.row is None


def _line(analysis: Analysis, span: Span) -> str:
    return f"line {analysis.positions.line_of(span.start) + 1} of {analysis.document.path}"


# --- the new name ----------------------------------------------------------------------------------------


def _new_name(subject: _Subject, name: str) -> str:
    """The new name as it is written.

    Raises:
        Refused: it cannot be one.
    """
    bare = name.strip("`")
    if subject.found.definition is None:
        if not _COLUMN.fullmatch(bare):
            raise Refused(f"`{name}` cannot be the name of a column")
        if bare in subject.taken and bare != subject.found.name:
            what = "field" if subject.is_field else "column"
            raise Refused(f"there is a {what} `{bare}` beside `{subject.found.name}`")
        return column_name(bare)
    if bare in RESERVED:
        raise Refused(f"`{bare}` is a word of the language")
    if not _PLAIN.fullmatch(bare):
        raise Refused(f"`{name}` is no name: letters, digits and `_`, no digit first")
    return bare


def _try(subject: _Subject, changes: list[Change]) -> None:
    """Look at what the recipes would mean.

    Raises:
        Refused: something would be wrong, or another thing would be meant.
    """
    wanted = {(each.path, moved(each.span.start, each.path, changes)) for each in changes}
    reached: set[tuple[str, int]] = set()
    afters = [tried(each, changes) for each in subject.analyses]
    for before, after in zip(subject.analyses, afters, strict=True):
        errors = [each for each in new_problems(before, after) if each.is_error]
        if errors:
            raise Refused(f"that would clash: {errors[0].message}")
    for mention in _mentions_after(subject, afters, min(wanted)):
        reached.add((mention.analysis.document.path, mention.span.start))
    if reached != wanted:
        words = "names something else already" if reached - wanted else "would name something else in places"
        raise Refused(f"that would clash: the new name {words}")


def _mentions_after(subject: _Subject, afters: list[Analysis], place: tuple[str, int]) -> list[Mention]:
    """What means the same as the name at one of the places, after the change."""
    path, start = place
    analysis = next(each for each in afters if each.document.path == path)
    found = analysis.names.at(start + 1)
    if found is None:
        return []
    if subject.at is None:
        return list(of_definition(afters, found.definition)) if found.definition is not None else []
    at = place_of(analysis, found)
    uses = Columns(afters).uses(at) if at is not None else []
    return [Mention(each.analysis, each.span, each.is_new) for each in uses]


FEATURES = (
    Feature(types.TEXT_DOCUMENT_PREPARE_RENAME, prepare, wide=True),
    Feature(types.TEXT_DOCUMENT_RENAME, rename, wide=True),
)
