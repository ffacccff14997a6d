"""Hover: what the word under the cursor means, with what is known of the rows there."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.names import ColumnUse, Definition, Occurrence, Role
from recipedsl.editor.nodes import path_to
from recipedsl.editor.origins import column_seen
from recipedsl.editor.quantities import plain_number, resolved
from recipedsl.editor.telling import (
    column_page,
    fenced,
    inline,
    parameter_page,
    row_lines,
    setting_head,
    setting_page,
    value_text,
    without_links,
    word_page,
)
from recipedsl.language.concept import Setting
from recipedsl.language.functions.base import Parameter
from recipedsl.reference.grammar_words import GRAMMAR_WORDS
from recipedsl.reference.markdown import joined, prose
from recipedsl.semantics.values import Sort
from recipedsl.source import Span
from recipedsl.syntax import tree
from recipedsl.syntax.scan import NUMBER, RESERVED, Token


def hover(analysis: Analysis, params: types.HoverParams) -> types.Hover | None:
    """What is known of the word at a position; None where there is nothing to say."""
    offset = offset_of(analysis, params)
    found = analysis.names.at(offset)
    if found is not None:
        told, span = _TELLERS[found.role](analysis, found), found.span
    else:
        told, span = _word(analysis, offset)
    if not told:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, told), analysis.positions.range(span))


# --- names ------------------------------------------------------------------------------------------------


def _nothing(_: Analysis, __: Occurrence) -> str:
    return ""


def _reserved(_: Analysis, found: Occurrence) -> str:
    return _grammar_word(found.name)


def _declared(analysis: Analysis, found: Occurrence) -> str:
    return _definition(analysis, found.definition) if found.definition is not None else ""


def _vocabulary(analysis: Analysis, found: Occurrence) -> str:
    if found.word is None:
        return ""
    rows = _rows_behind(analysis, found.span) if found.role in (Role.STEP, Role.CONCEPT) else ""
    return joined([word_page(found.word), rows])


def _setting(analysis: Analysis, found: Occurrence) -> str:
    if isinstance(found.setting, Parameter):
        return parameter_page(found.setting, found.word)
    if not isinstance(found.setting, Setting):
        return ""
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


def _choice(_: Analysis, found: Occurrence) -> str:
    if not isinstance(found.setting, Setting):
        return ""
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
    """The first line of a declaration, as written."""
    span = found.node.span
    line = found.source.text[span.start : span.end].split("\n", 1)[0].rstrip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


_LONGEST = 120


def _meaning(analysis: Analysis, found: Definition) -> str:
    """What a declaration comes to."""
    name = _full_name(analysis, found)
    if found.kind in ("param", "let"):
        value = _known_value(analysis, name)
        return f"= {inline(value)}" if value else ""
    if found.kind in ("data", "part"):
        return _rows(analysis, name, found)
    if found.kind == "stage":
        return _stage(analysis, name)
    return ""


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
    return joined([f"shape {inline(str(dataset.shape))}{parts}", fenced(row_lines(dataset.row))])


def _stage(analysis: Analysis, name: str) -> str:
    stage = analysis.recipe.stages.get(name)
    if stage is None:
        return ""
    data = f"{stage.data.name}.{stage.data.part}" if stage.data.part else stage.data.name
    gives = "a reward model" if stage.method.gives == "reward" else "a policy"
    adapter = ", an adapter" if stage.trains_adapter else ""
    return f"starts from {inline(stage.start)}, trains on {inline(data)}, gives {gives}{adapter}"


def _rows_behind(analysis: Analysis, span: Span) -> str:
    """The rows behind the step or source that a word begins."""
    around = path_to(analysis.tree, span.start)
    for node in reversed(around):
        passage = analysis.passages.get(node.span)
        if passage is not None and node.span.start == span.start:
            shape = f"Rows behind it, shape {inline(str(passage.shape))}:"
            return joined([shape, fenced(row_lines(passage.row))])
    return ""


# --- words that name nothing ----------------------------------------------------------------------------


def _word(analysis: Analysis, offset: int) -> tuple[str, Span]:
    """What a number comes to, and what a reserved word means."""
    token = _touched(analysis, offset)
    if token is None:
        return "", Span(offset, offset)
    if token.kind == NUMBER:
        value = resolved(token.text)
        return (f"{inline(token.text)} = {inline(value)}" if value else ""), token.span
    return (_grammar_word(token.text) if token.text in RESERVED else ""), token.span


def _touched(analysis: Analysis, offset: int) -> Token | None:
    """The word or number at an offset, the one that ends there included."""
    index = analysis.token_index(offset)
    candidates = (each for each in analysis.tokens[max(0, index - 1) : index + 1] if each.span.end >= offset)
    wanted = (each for each in candidates if each.kind == NUMBER or each.text in RESERVED)
    return next(wanted, None)


def _grammar_word(word: str) -> str:
    found = next((each for each in GRAMMAR_WORDS if each.word == word), None)
    if found is None:
        return ""
    means = without_links(found.means)
    return joined([fenced([found.form]), f"{means[:1].upper()}{means[1:]}."])


FEATURES = (Feature(types.TEXT_DOCUMENT_HOVER, hover, waits=True),)
