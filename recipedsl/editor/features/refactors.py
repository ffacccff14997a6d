"""Rewriting what is right already: constants with a name, row types that are written down, pinned revisions.

Each is tried on paper first, and offered only where nothing is wrong afterwards that was not before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.facts import CommitOf
from recipedsl.editor.names import Role
from recipedsl.editor.origins import rows_of
from recipedsl.editor.telling import column_name
from recipedsl.editor.trial import Change, changed, new_problems, tried
from recipedsl.editor.workspace import Workspace
from recipedsl.language.types import Kind as TypeKind
from recipedsl.language.types import RowType, Type
from recipedsl.language.values import SUFFIXES, Unit
from recipedsl.source import Span
from recipedsl.syntax import tree
from recipedsl.syntax.format import WIDTH
from recipedsl.syntax.scan import RESERVED

Kind = types.CodeActionKind

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Settings that say nothing of what a constant is.
_VAGUE = frozenset("from data model models path name".split()) | RESERVED


def refactors(
    workspace: Workspace, analysis: Analysis, span: Span, *, is_asked: bool
) -> Iterator[types.CodeAction]:
    """What can be rewritten at a range.

    Args:
        workspace: the open documents.
        analysis: of the document.
        span: the selection, or the cursor.
        is_asked: whether somebody asked; for an editor that asks by itself no constant is tried.
    """
    if is_asked or span.start < span.end:
        yield from _extracts(analysis, span)
    yield from _row_types(analysis, span)
    yield from _pins(workspace, analysis, span)


def _action(
    analysis: Analysis, title: str, kind: types.CodeActionKind, changes: list[Change]
) -> types.CodeAction:
    edits = [types.TextEdit(analysis.positions.range(each.span), each.text) for each in sorted(changes)]
    return types.CodeAction(title, kind, edit=types.WorkspaceEdit(changes={analysis.document.uri: edits}))


def _is_good(analysis: Analysis, changes: list[Change]) -> bool:
    """Whether nothing is wrong after the changes that was not before."""
    if changed(analysis.text, changes) == analysis.text:
        return False
    return not new_problems(analysis, tried(analysis, changes))


# --- a name for a constant -------------------------------------------------------------------------------


def _extracts(analysis: Analysis, span: Span) -> Iterator[types.CodeAction]:
    around = analysis.path_at(span.start)
    item = next((each for each in around if each in analysis.tree.items), None)
    node = _constant(analysis, around, span)
    # Params and lets have constants of their own: naming those anew gains nothing.
    if node is None or not any(isinstance(each, tree.Data | tree.Thing) for each in around):
        return
    name = _fresh_name(analysis, around)
    yield from _extract(analysis, node, item, name, f"let {name}")
    type_ = _param_type(node)
    if type_:
        yield from _extract(analysis, node, item, name, f"param {name}", f": {type_}")


def _extract(
    analysis: Analysis, node: Any, item: Any, name: str, head: str, type_: str = ""
) -> Iterator[types.CodeAction]:
    """A declaration above the one that a constant stands in, and its name in its place."""
    path, written = analysis.document.path, analysis.text[node.span.start : node.span.end]
    start = _line_of_item(analysis, item)
    gap = "" if analysis.text[start : start + 1] in ("\n", "\r") else "\n"
    above = Change(path, Span(start, start), f"{head}{type_} = {written}\n{gap}")
    changes = [above, Change(path, node.span, name)]
    if _is_good(analysis, changes):
        yield _action(analysis, f"Extract to `{head}`", Kind.RefactorExtract, changes)


_LITERALS = (tree.Number, tree.Text, tree.Flag)
_EXPRESSIONS = (*_LITERALS, tree.Unary, tree.Binary, tree.Group, tree.ListOf)


def _constant(analysis: Analysis, around: list[Any], span: Span) -> Any | None:
    """The expression that is selected, or the literal around the range; None for one that names columns."""
    exact = [each for each in around if isinstance(each, _EXPRESSIONS) and each.span == span]
    last = around[-1]
    inside = isinstance(last, _LITERALS) and last.span.start <= span.start and span.end <= last.span.end
    node = exact[0] if exact else (last if inside else None)
    if node is None:
        return None
    names = (each for each in analysis.names.all if node.span.start <= each.span.start < node.span.end)
    return node if all(each.role is Role.REFERENCE for each in names) else None


def _fresh_name(analysis: Analysis, around: list[Any]) -> str:
    """A name that nothing has, after the setting or argument that the constant is for."""
    keys = [each.key if isinstance(each, tree.Attribute) else each.name for each in around if _is_keyed(each)]
    named = [each.text for each in keys if each is not None]
    base = next((each for each in reversed(named) if _PLAIN.fullmatch(each) and each not in _VAGUE), "value")
    known = {each.name for each in analysis.names.all} - set(named)
    known |= set(analysis.names.definitions)
    names = (base if number == 1 else f"{base}_{number}" for number in count(1))
    return next(each for each in names if each not in known)


def _is_keyed(node: Any) -> bool:
    return isinstance(node, tree.Attribute | tree.Argument)


def _line_of_item(analysis: Analysis, item: Any) -> int:
    """Offset of the line that a declaration begins with, its comments included."""
    line = analysis.positions.line_of(item.span.start)
    starts = analysis.positions.starts
    while line and analysis.text[starts[line - 1] : starts[line]].lstrip().startswith("#"):
        line -= 1
    return starts[line]


#: Types of params by what a number measures.
_OF_UNITS = {Unit.SHARE: "share", Unit.DURATION: "duration", Unit.BYTES: "size"}


def _param_type(node: Any) -> str:
    """The type of a param with this value; empty where a param cannot have it."""
    while isinstance(node, tree.Group):
        node = node.inner
    if isinstance(node, tree.Unary) and node.operator.text == "-":
        return _param_type(node.operand)
    if isinstance(node, tree.Text):
        return "text"
    if isinstance(node, tree.Flag):
        return "bool"
    return _number_type(node.text) if isinstance(node, tree.Number) else ""


_NUMBER = re.compile(r"(?P<digits>[0-9_]*\.?[0-9_]+(?:[eE][+-]?[0-9]+)?)(?P<suffix>%|[A-Za-z]*)")


def _number_type(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return ""
    for unit, suffixes in SUFFIXES.items():
        if found["suffix"] in suffixes:
            is_whole = not re.search(r"[.eE]", found["digits"])
            return _OF_UNITS.get(unit, "int" if is_whole else "float")
    return ""


# --- the row type of a file ------------------------------------------------------------------------------


def _row_types(analysis: Analysis, span: Span) -> Iterator[types.CodeAction]:
    """The columns that a look at the rows shows, written behind the name of the dataset."""
    item = next((each for each in analysis.path_at(span.start) if isinstance(each, tree.Data)), None)
    row = _row_seen(analysis, item) if item is not None and item.annotation is None else None
    if item is None or row is None or not row.columns:
        return
    end = item.name.span.end
    written = written_row(row, end - item.span.start)
    changes = [Change(analysis.document.path, Span(end, end), f": {written}")]
    if _is_good(analysis, changes):
        yield _action(analysis, "Add the row type that the rows have", Kind.RefactorRewrite, changes)


def _row_seen(analysis: Analysis, item: tree.Data) -> RowType | None:
    """What a look at the rows of a dataset showed; None where it reads no file, or nobody has looked."""
    for dataset in analysis.recipe.datasets.values():
        if dataset.place.source.path == analysis.source.path and dataset.place.span == item.name.span:
            source = rows_of(dataset.source)
            look = analysis.look(source) if source is not None else None
            return look.row if look is not None else None
    return None


def written_row(row: RowType, used: int = 0) -> str:
    """A row type as a recipe writes it: on one line where it fits, a column a line where not.

    Args:
        row: the columns.
        used: characters before it on its line.
    """
    fields = [f"{column_name(each.name)}: {_written(each.type)}" for each in row.columns]
    flat = "{ " + ", ".join(fields) + " }"
    if used + len(flat) + 10 <= WIDTH:
        return flat
    return "{\n" + "".join(f"  {each},\n" for each in fields) + "}"


def _written(type_: Type) -> str:
    """A type as a recipe writes it; of what is only null, text that may be."""
    mark = "?" if type_.nullable else ""
    if type_.kind is TypeKind.ANY:
        return "text?"
    if type_.kind is TypeKind.LIST:
        return (f"list[{_written(type_.item)}]" if type_.item is not None else "list[text?]") + mark
    if type_.kind is TypeKind.RECORD:
        fields = ", ".join(f"{column_name(each.name)}: {_written(each.type)}" for each in type_.fields)
        return f"{{ {fields} }}{mark}"
    return str(type_)


# --- revisions -------------------------------------------------------------------------------------------


def _pins(workspace: Workspace, analysis: Analysis, span: Span) -> Iterator[types.CodeAction]:
    """The commit that the local cache has of a repository, as its revision."""
    around = analysis.path_at(span.start)
    call = next((each for each in reversed(around) if _is_hub(each)), None)
    first = call.arguments[0].value if call is not None and call.arguments else None
    if call is None or not isinstance(first, tree.Text):
        return
    named = next((each.value for each in call.arguments if each.name and each.name.text == "revision"), None)
    revision = named.value if isinstance(named, tree.Text) else ""
    # A source of rows stands in a pipeline, that of a model is a setting.
    kind = "datasets" if any(isinstance(each, tree.Pipeline) for each in around) else "models"
    commit = _commit(workspace, analysis, CommitOf(kind, first.value, revision))
    if not commit or commit == revision or (named is not None and not revision):
        return
    end = call.arguments[-1].span.end
    place = named.span if named is not None else Span(end, end)
    written = f'"{commit}"' if named is not None else f', revision = "{commit}"'
    changes = [Change(analysis.document.path, place, written)]
    if _is_good(analysis, changes):
        title = f"Pin the revision that is at hand, {commit[:7]}"
        yield _action(analysis, title, Kind.RefactorRewrite, changes)


def _commit(workspace: Workspace, analysis: Analysis, question: CommitOf) -> str:
    """What is at hand; a look at one small file of the local cache, once."""
    project = workspace.project(analysis.document.root)
    if question not in project.memory.answers:
        project.memory.keep(question, project.ask(question))
    return str(project.memory.answers[question] or "")


def _is_hub(node: Any) -> bool:
    return isinstance(node, tree.Call) and getattr(node.function, "text", "") == "hub"
