"""Hover: what the word under the cursor means, with what is known of the rows there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from lsprotocol import types

from recipedsl.diagnostics import Code
from recipedsl.editor.analysis import Analysis
from recipedsl.editor.counts import Identities, Rows
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.names import ColumnUse, Definition, Occurrence, Role
from recipedsl.editor.nodes import declarations, path_to
from recipedsl.editor.origins import column_seen
from recipedsl.editor.quantities import plain_number, resolved
from recipedsl.editor.telling import (
    STEP_WORDS,
    column_page,
    fenced,
    grammar_page,
    inline,
    named_page,
    parameter_page,
    row_lines,
    rows_label,
    setting_head,
    setting_page,
    value_text,
    word_page,
)
from recipedsl.editor.workspace import Workspace
from recipedsl.language.concept import Setting
from recipedsl.language.functions.base import Parameter
from recipedsl.reference.markdown import joined, prose
from recipedsl.reference.pages import read_page
from recipedsl.semantics.recipe import Dataset, Passage
from recipedsl.semantics.values import Sort
from recipedsl.source import Source, Span
from recipedsl.syntax import tree
from recipedsl.syntax.scan import NUMBER, RESERVED, Token


def hover(workspace: Workspace, params: types.HoverParams) -> types.Hover | None:
    """What is known of the word at a position, and of problems there; None where there is nothing to say."""
    analysis = workspace.analysis(params.text_document.uri)
    if analysis is None:
        return None
    offset = offset_of(analysis, params)
    found = analysis.names.at(offset)
    if found is not None:
        told, span = _TELLERS[found.role](analysis, found), found.span
    else:
        told, span = _word(analysis, offset)
    problems = dict(_problems_at(workspace, analysis, offset))
    if not told:
        span = next(iter(problems.values()), span)
    told = joined([told, joined(map(partial(_problem, workspace), problems))], "\n\n---\n\n")
    if not told:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, told), analysis.positions.range(span))


def _problems_at(workspace: Workspace, analysis: Analysis, offset: int) -> Iterator[tuple[type[Code], Span]]:
    """Codes of the problems that are shown at an offset, and where they stand."""
    for each in workspace.shown(analysis):
        label = each.primary
        if label is None or label.source.path != analysis.source.path:
            continue
        if label.span.start <= offset <= label.span.end:
            yield each.kind, label.span


def _problem(workspace: Workspace, kind: type[Code]) -> str:
    """What a code means, and where there is more of it; the editor shows the message itself."""
    href = workspace.page_of(kind)
    name = inline(f"{kind.code} {kind.name}")
    shown = f"[{name}]({href})" if href else name
    return f"{shown}: {prose(read_page(kind.page()).title)}."


# --- names ------------------------------------------------------------------------------------------------


def _nothing(_: Analysis, __: Occurrence) -> str:
    return ""


def _reserved(_: Analysis, found: Occurrence) -> str:
    return grammar_page(found.name)


def _declared(analysis: Analysis, found: Occurrence) -> str:
    return _definition(analysis, found.definition) if found.definition is not None else ""


def _vocabulary(analysis: Analysis, found: Occurrence) -> str:
    if found.word is None:
        return named_page(found.name)
    rows = _rows_behind(analysis, found.span) if found.role in (Role.STEP, Role.CONCEPT) else ""
    return joined([word_page(found.word), rows])


def _setting(analysis: Analysis, found: Occurrence) -> str:
    if isinstance(found.setting, Parameter):
        return parameter_page(found.setting, found.word)
    if not isinstance(found.setting, Setting):
        return _step_word(found.name)
    head = fenced([setting_head(found.setting)])
    return joined([head, setting_page(found.setting, found.word), _value_here(analysis, found.span)])


def _value_here(analysis: Analysis, span: Span) -> str:
    """What the value of a setting comes to, where it is not what is written."""
    around = analysis.path_at(span.start)
    node = next((each for each in reversed(around) if isinstance(each, tree.Attribute | tree.Argument)), None)
    if node is None:
        return ""
    written = analysis.text[node.value.span.start : node.value.span.end]
    value = _computed(analysis, node.value)
    return f"Here: {inline(written)} = {inline(value)}" if value and value != written else ""


def _computed(analysis: Analysis, node: Any) -> str:
    match node:
        case tree.Number():
            return resolved(node.text)
        case tree.Name() | tree.Member():
            name = analysis.text[node.span.start : node.span.end]
            return _known_value(analysis, name)
    return ""


def _known_value(analysis: Analysis, name: str) -> str:
    """The value of a param or let; empty where it could not be computed, or is nobody's business."""
    value = analysis.checked.analysis.values.get(name)
    if value is None or value.sort in (Sort.UNKNOWN, Sort.SECRET):
        return ""
    return plain_number(value) if value.sort is Sort.NUMBER else value_text(value.plain)


def _step_word(name: str) -> str:
    means = STEP_WORDS.get(name, "")
    return f"{inline(name)}: {means}." if means else ""


def _choice(_: Analysis, found: Occurrence) -> str:
    if not isinstance(found.setting, Setting):
        return _step_word(found.name)
    return joined([fenced([f"{found.setting.name} = {found.name}"]), setting_page(found.setting, found.word)])


def _column(analysis: Analysis, found: Occurrence) -> str:
    use = found.column
    assert use is not None
    if use.row is not None and use.type is None:
        return ""
    seen = None if use.is_new else column_seen(analysis, use.dataset, found.name, found.span.start)
    return joined([column_page(found.name, use.type, seen), _column_of(use)])


def _column_of(use: ColumnUse) -> str:
    if not use.dataset:
        return ""
    return f"{'made here, in' if use.is_new else 'column of'} {inline(use.dataset)}"


_TELLERS = {
    Role.KIND: _reserved,
    Role.DECLARATION: _declared,
    Role.REFERENCE: _declared,
    Role.METHOD: _vocabulary,
    Role.STEP: _vocabulary,
    Role.CONCEPT: _vocabulary,
    Role.FUNCTION: _vocabulary,
    Role.SETTING: _setting,
    Role.PARAMETER: _setting,
    Role.CHOICE: _choice,
    Role.COLUMN: _column,
    Role.FIELD: _nothing,
    Role.TYPE: _reserved,
    Role.KEY: _nothing,
    Role.UNKNOWN: _nothing,
}


# --- declarations -------------------------------------------------------------------------------------------


def _definition(analysis: Analysis, found: Definition) -> str:
    doc = "\n".join(getattr(found.node, "doc", ()))
    where = "" if found.source.path == analysis.source.path else f"in {inline(found.source.path)}"
    return joined([fenced([_head(found)]), prose(doc), _meaning(analysis, found), where])


def _head(found: Definition) -> str:
    """The first line of a declaration, as written; of one that goes on, that it does."""
    span = found.node.span
    line, goes_on, _ = found.source.text[span.start : span.end].partition("\n")
    line = line.rstrip()
    if len(line) > _LONGEST:
        return f"{line[:_LONGEST]}…"
    return f"{line} … {_CLOSERS[line[-1]]}" if goes_on and line[-1:] in _CLOSERS else line


_CLOSERS = {"{": "}", "(": ")", "[": "]"}

_LONGEST = 120


def _meaning(analysis: Analysis, found: Definition) -> str:
    """What a declaration comes to."""
    name = _full_name(analysis, found)
    if found.kind in ("param", "let"):
        return _value(analysis, name, found)
    if found.kind in ("data", "part"):
        return _rows(analysis, name, found)
    if found.kind == "stage":
        return _stage(analysis, name)
    if found.kind == "type" and isinstance(found.node, tree.TypeDeclaration):
        return _type(found.source, found.node)
    if found.kind == "model":
        return _model(found)
    return ""


def _type(source: Source, node: tree.TypeDeclaration) -> str:
    """The columns of a row type, a line each."""
    if not isinstance(node.type, tree.RecordType):
        return ""
    return fenced(" ".join(source.slice(each.span).split()) for each in node.type.fields)


def _model(found: Definition) -> str:
    """Where a model comes from."""
    entries = found.node.block.entries if isinstance(found.node, tree.Thing) else ()
    for entry in entries:
        if isinstance(entry, tree.Attribute) and entry.key.text == "from":
            return f"from {inline(' '.join(found.source.slice(entry.value.span).split()))}"
    return ""


def _value(analysis: Analysis, name: str, found: Definition) -> str:
    """What a param or let is, and what else a param may be."""
    value = _known_value(analysis, name)
    told = f"= {inline(value)}" if value else ""
    if found.kind != "param":
        return told
    values = joined([told, *_in_profiles(analysis, name)], ", ")
    return joined([values, f"{inline(f'--set {name}=…')} gives it another value."])


def _in_profiles(analysis: Analysis, name: str) -> Iterator[str]:
    """What the profiles of the recipe make of a param."""
    for item in declarations(analysis.tree.items):
        if isinstance(item, tree.Thing) and item.kind.text == "profile" and item.name is not None:
            for entry in item.block.entries:
                if isinstance(entry, tree.Attribute) and entry.key.text == name:
                    written = analysis.text[entry.value.span.start : entry.value.span.end]
                    yield f"{inline(written)} in profile {inline(item.name.text)}"


def _full_name(analysis: Analysis, found: Definition) -> str:
    """What the recipe calls a declaration, with the prefix of its import."""
    waiting = [analysis.module]
    for module in waiting:
        if module.source.path == found.source.path:
            return module.prefix + found.name
        waiting.extend(module.imports.values())
    return found.name


def _rows(analysis: Analysis, name: str, found: Definition) -> str:
    datasets = analysis.recipe.datasets
    owner = name.rpartition(".")[0] if found.kind == "part" else name
    dataset = datasets.get(owner) or datasets.get(f"{owner}[1]")
    if dataset is None:
        return ""
    parts = f", parts {', '.join(inline(each) for each in dataset.parts)}" if dataset.parts else ""
    part = found.name.rpartition(".")[2] if found.kind == "part" else ""
    counted = _counted(analysis, dataset, len(dataset.steps), part)
    return joined([f"{counted}shape {inline(str(dataset.shape))}{parts}", fenced(row_lines(dataset.row))])


def _counted(analysis: Analysis, dataset: Dataset, place: int, part: str = "") -> str:
    """`153 rows, ` behind so many steps of a dataset, or in a part; empty where nobody has counted."""
    rows = analysis.facts.memory.counts.rows(Identities(analysis).behind(dataset)[place])
    if rows is not None and part:
        rows = Rows(dict(rows.parts)[part]) if part in dict(rows.parts) else None
    return f"{rows_label([rows])}, " if rows is not None else ""


def _stage(analysis: Analysis, name: str) -> str:
    stages = analysis.recipe.stages
    stage = stages.get(name) or stages.get(f"{name}[1]")
    if stage is None:
        return ""
    data = f"{stage.data.name}.{stage.data.part}" if stage.data.part else stage.data.name
    gives = "a reward model" if stage.method.gives == "reward" else "a policy"
    adapter = ", an adapter" if stage.trains_adapter else ""
    first = "" if name in stages else " in the first round"
    return f"starts from {inline(stage.start)}{first}, trains on {inline(data)}, gives {gives}{adapter}"


def _rows_behind(analysis: Analysis, span: Span) -> str:
    """The rows behind the step or source that a word begins."""
    around = path_to(analysis.tree, span.start)
    for node in reversed(around):
        passage = analysis.passages.get(node.span)
        if passage is not None and node.span.start == span.start:
            counted = _counted_at(analysis, passage)
            shape = f"Behind it: {counted}shape {inline(str(passage.shape))}"
            return joined([shape, fenced(row_lines(passage.row))])
    return ""


def _counted_at(analysis: Analysis, passage: Passage) -> str:
    dataset = analysis.recipe.datasets.get(passage.dataset)
    if dataset is None:
        return ""
    places = (dataset.source.place, *(each.place for each in dataset.steps))
    found = next((n for n, each in enumerate(places) if each.span == passage.place.span), None)
    return _counted(analysis, dataset, found) if found is not None else ""


# --- words that name nothing ----------------------------------------------------------------------------


def _word(analysis: Analysis, offset: int) -> tuple[str, Span]:
    """What a number comes to, and what a reserved word means."""
    token = _touched(analysis, offset)
    if token is None:
        return "", Span(offset, offset)
    if token.kind == NUMBER:
        value = resolved(token.text)
        return (f"{inline(token.text)} = {inline(value)}" if value else ""), token.span
    return (grammar_page(token.text) if token.text in RESERVED else ""), token.span


def _touched(analysis: Analysis, offset: int) -> Token | None:
    """The word or number at an offset, the one that ends there included."""
    index = analysis.token_index(offset)
    candidates = (each for each in analysis.tokens[max(0, index - 1) : index + 1] if each.span.end >= offset)
    wanted = (each for each in candidates if each.kind == NUMBER or each.text in RESERVED)
    return next(wanted, None)


FEATURES = (Feature(types.TEXT_DOCUMENT_HOVER, hover, wide=True, waits=True, counts=True),)
