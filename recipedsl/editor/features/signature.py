"""Signature help: the arguments of the call, or of the step, in which the cursor stands."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.contexts import Context, Frame, context_at
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.telling import setting_head
from recipedsl.language.concept import Concept
from recipedsl.language.functions.base import Function
from recipedsl.language.steps.base import Step, Takes
from recipedsl.reference.facts import signature as form_of
from recipedsl.reference.markdown import prose


@dataclass(frozen=True)
class _Form:
    """What is called.

    Attributes:
        label: the whole form; arguments stand in it as they are listed.
        arguments: each with what is told of it.
        page: of what is called.
    """

    label: str
    arguments: tuple[tuple[str, str], ...]
    page: str


def signature_help(analysis: Analysis, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    """The form of what is called around a position; None outside of calls and steps."""
    context = context_at(analysis, offset_of(analysis, params))
    for frame in reversed(context.frames):
        found = _form(frame)
        if found is not None:
            return _help(found, _active(context, frame, found))
        if frame.step is not None:
            return None
    return None


def _form(frame: Frame) -> _Form | None:
    if frame.is_call and frame.items.function is not None:
        return _function(frame.items.function)
    if frame.is_call and frame.items.concept is not None:
        return _concept(frame.items.concept, "({})")
    step = frame.step
    if (
        step is not None
        and issubclass(step, Step)
        and step.takes in (Takes.SETTINGS, Takes.COLUMNS, Takes.DATASET)
    ):
        return _concept(step, " {}")
    return None


def _function(function: type[Function]) -> _Form:
    label = form_of(function)
    inside = label[label.find("(") + 1 : label.rfind(")")]
    parts = [each for each in inside.split(", ") if each]
    told = [_told_parameter(function, index) for index in range(len(parts))]
    return _Form(label, tuple(zip(parts, told, strict=True)), function.title())


def _told_parameter(function: type[Function], index: int) -> str:
    if index >= len(function.takes):
        return "any number of these"
    parameter = function.takes[index]
    return "known before a row is read" if parameter.constant else ""


def _concept(concept: type[Concept], brackets: str) -> _Form | None:
    settings = [each for each in concept.settings().values() if not each.not_yet]
    arguments = tuple((setting_head(each), prose(each.doc)) for each in settings)
    takes: tuple[tuple[str, str], ...] = ()
    if issubclass(concept, Step) and concept.takes in (Takes.COLUMNS, Takes.DATASET):
        takes = (
            (("columns" if concept.takes is Takes.COLUMNS else "dataset, on = column"), str(concept.takes)),
        )
    listed = (*takes, *arguments)
    if not listed:
        return None
    inside = ", ".join(each for each, _ in listed)
    return _Form(concept.keyword + brackets.format(inside), listed, concept.title())


def _active(context: Context, frame: Frame, form: _Form) -> int | None:
    """Index of the argument that is being written."""
    if frame.key:
        named = (
            index for index, (head, _) in enumerate(form.arguments) if head.partition(":")[0] == frame.key
        )
        return next(named, None)
    step = frame.step
    if not frame.is_call and step is not None and issubclass(step, Step) and step.takes is not Takes.SETTINGS:
        return 0
    return min(frame.count, len(form.arguments) - 1) if form.arguments else None


def _help(form: _Form, active: int | None) -> types.SignatureHelp:
    parameters = [
        types.ParameterInformation(
            head, types.MarkupContent(types.MarkupKind.Markdown, told) if told else None
        )
        for head, told in form.arguments
    ]
    page = types.MarkupContent(types.MarkupKind.Markdown, prose(form.page))
    information = types.SignatureInformation(form.label, page, parameters, active)
    return types.SignatureHelp([information], 0, active)


FEATURES = (
    Feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        signature_help,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["=", ")"]),
    ),
)
