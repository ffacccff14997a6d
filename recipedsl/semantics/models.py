"""Base models and chat templates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.lints import Unpinned
from recipedsl.diagnostics.codes.names import WrongKind
from recipedsl.diagnostics.codes.types import NotAChoice, WrongArguments, WrongType
from recipedsl.language.blocks import Run
from recipedsl.language.models.models import Model
from recipedsl.language.templates.base import Template
from recipedsl.language.templates.shipped import SHIPPED
from recipedsl.semantics.context import Context, Declared, did_you_mean
from recipedsl.semantics.recipe import BaseModel, TemplateUse
from recipedsl.semantics.scope import lookup, names
from recipedsl.semantics.settings import ConceptUse, Deferred, read_block
from recipedsl.syntax import tree


def model(context: Context, declared: Declared) -> BaseModel | None:
    """The base model of a declaration, resolved once; None after a problem was reported."""
    name = declared.full_name
    if name not in context.models:
        context.models[name] = _resolve(context, declared)
    found = context.models[name]
    assert found is None or isinstance(found, BaseModel)
    return found


def _resolve(context: Context, declared: Declared) -> BaseModel | None:
    thing = declared.node
    assert isinstance(thing, tree.Thing)
    settings = read_block(context, declared.module, Model, thing)
    template = settings.get("template")
    used = _template(context, template) if isinstance(template, Deferred) else None
    source = settings.get("from")
    if not settings.complete or not isinstance(source, ConceptUse) or (template is not None and used is None):
        return None
    if source.concept.keyword == "hub" and not source.settings["revision"]:
        _unpinned(context, settings.written["from"], "model")
    return BaseModel(
        declared.full_name,
        source.concept(**source.settings),
        settings.values["dtype"],
        used,
        settings.values["attention"] or "",
        declared.name_place,
        "\n".join(thing.doc),
    )


def _unpinned(context: Context, place: Any, what: str) -> None:
    words = f"a {what} of the hub without `revision`: it can change at any time"
    context.report(Unpinned, words, place, "no revision", helps=(Help('add `revision = "<commit>"`'),))


# --- templates --------------------------------------------------------------------------------


def _template(context: Context, written: Deferred) -> TemplateUse | None:
    """A template named in a model: a declared one, or a shipped one by its name."""
    found = lookup(written.module, written.expression)
    if found is not None and found.kind == "template":
        context.used.add(found.full_name)
        return _declared(context, found)
    name = written.expression
    if isinstance(name, tree.Name) and found is None and name.text in SHIPPED:
        return TemplateUse(name.text, {}, written.place)
    _no_template(context, written, found)
    return None


def _no_template(context: Context, written: Deferred, found: Declared | None) -> None:
    place, name = written.place, written.expression
    if found is not None:
        words = f"a template is wanted here, `{found.name}` is {found.noun}"
        context.report(WrongKind, words, place, found.noun)
    elif isinstance(name, tree.Name):
        helps = did_you_mean(place, name.text, [*SHIPPED, *names(written.module, "template")])
        context.report(NotAChoice, f"unknown template `{name.text}`", place, "no such template", helps=helps)
    else:
        context.report(WrongType, "a template is named here: `template = chatml`", place, "not a name")


def _declared(context: Context, declared: Declared) -> TemplateUse | None:
    thing = declared.node
    assert isinstance(thing, tree.Thing)
    settings = read_block(context, declared.module, Template, thing)
    given = {name: value for name, value in settings.values.items() if name in settings.written}
    if not settings.complete:
        return None
    ways = [name for name in ("jinja", "shipped") if name in given] + (
        ["assistant"] if "assistant" in given else []
    )
    if len(ways) != 1:
        words = "a template is one of: a Jinja file, a shipped one, or typed parts with `assistant`"
        context.report(
            WrongArguments, words, declared.name_place, "says " + (" and ".join(ways) or "none of them")
        )
        return None
    shipped = given.pop("shipped", "")
    if shipped and shipped not in SHIPPED:
        place = settings.written["shipped"]
        helps = did_you_mean(place, shipped, SHIPPED)
        context.report(NotAChoice, f"unknown template `{shipped}`", place, "no such template", helps=helps)
        return None
    return TemplateUse(shipped, given, declared.name_place)


# --- run --------------------------------------------------------------------------------------


def run_settings(context: Context) -> dict[str, Any]:
    """Settings of the block `run`, those of the profile in force on top."""
    declared = context.root.declared.get("run ")
    values = {name: each.default for name, each in Run.settings().items()}
    if declared is not None and isinstance(declared.node, tree.Thing):
        settings = read_block(context, declared.module, Run, declared.node)
        values = {name: settings.get(name) for name in values}
        values["written"] = tuple(settings.written)
    profile = context.root.declared.get(context.given.profile)
    if profile is not None and profile.kind == "profile" and isinstance(profile.node, tree.Thing):
        values |= _of_profile(context, profile, profile.node)
    return values


def _of_profile(context: Context, profile: Declared, thing: tree.Thing) -> dict[str, Any]:
    own = tuple(
        each
        for each in thing.block.entries
        if isinstance(each, tree.Attribute) and each.key.text in Run.settings()
    )
    block = replace(thing.block, entries=own)
    settings = read_block(context, profile.module, Run, replace(thing, block=block))
    return {name: settings.get(name) for name in settings.written}
