"""Base models and chat templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recipedsl.diagnostics.codes.names import WrongKind
from recipedsl.diagnostics.codes.plan import Conflict
from recipedsl.diagnostics.codes.types import NotAChoice, WrongArguments, WrongType
from recipedsl.language.blocks import Run
from recipedsl.language.models.models import HubModel, LocalModel, Model, PypiModel
from recipedsl.language.names import is_pinned, is_repository
from recipedsl.language.templates.base import Template
from recipedsl.language.templates.shipped import SHIPPED
from recipedsl.semantics.context import Context, Declared, did_you_mean
from recipedsl.semantics.copies import entries_of, originals
from recipedsl.semantics.files import check_model_folder, check_template_file
from recipedsl.semantics.foreign_calls import without_quotes
from recipedsl.semantics.recipe import BaseModel, Place, TemplateUse
from recipedsl.semantics.scope import lookup, names
from recipedsl.semantics.settings import ConceptUse, Deferred, Settings, read_block, read_entries
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
    if originals(context, declared) is None:
        return None
    settings = read_block(context, declared.module, Model, thing)
    named = settings.get("template")
    used = _template(context, named) if isinstance(named, Deferred) else None
    source = settings.get("from")
    if not settings.complete or not isinstance(source, ConceptUse) or (named is not None and used is None):
        return None
    if source.concept is PypiModel and not _is_exact(context, source):
        return None
    if source.concept is HubModel and not is_named(context, source.settings, source.written["name"]):
        return None
    if source.concept is LocalModel and not check_model_folder(
        context, source.written["path"], source.settings["path"]
    ):
        return None
    return BaseModel(
        declared.full_name,
        source.concept,
        source.settings,
        settings.values["dtype"],
        used,
        settings.values["attention"] or "",
        declared.name_place,
        "\n".join(thing.doc),
        settings.written,
        _beyond(settings),
    )


def _beyond(settings: Settings) -> dict[str, Any]:
    """Settings that cannot be carried out yet."""
    later = [name for name, each in Model.settings().items() if each.not_yet]
    return {name: settings.values[name] for name in later if settings.values[name] is not None}


def _is_exact(context: Context, source: ConceptUse) -> bool:
    """Whether a wheel and the file in it are named so that they cannot change."""
    package, sha256 = source.settings["package"], source.settings["sha256"]
    if not is_pinned(package):
        words = f"a package is written `name==version`, found `{package}`"
        context.report(WrongType, words, source.written["package"], "no exact version")
        return False
    if re.fullmatch("[0-9a-fA-F]{64}", sha256) is None:
        words = "a SHA-256 has 64 hexadecimal digits"
        context.report(WrongType, words, source.written["sha256"], f"{len(sha256)} characters")
        return False
    return True


def is_named(context: Context, settings: Mapping[str, Any], place: Place) -> bool:
    """Whether something of the hub is called what the hub can call it; reported where it is not."""
    if is_repository(settings["name"], settings["revision"] or ""):
        return True
    words = f"`{settings['name']}` is no repository: `owner/name`, and a commit, tag or branch"
    context.report(WrongType, words, place, "no such name")
    return False


# --- templates --------------------------------------------------------------------------------


def _template(context: Context, written: Deferred) -> TemplateUse | None:
    """A template named in a model: a declared one, or a shipped one by its name."""
    found = lookup(written.module, written.expression)
    if found is not None and found.kind == "template":
        context.used.add(found.full_name)
        return template(context, found)
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
        known = (*SHIPPED, *names(written.module, "template"))
        helps = without_quotes(place, name, known)
        words = "a template is named here: `template = chatml`"
        context.report(WrongType, words, place, "not a name", helps=helps)


#: Settings of a template that is written in parts.
_PARTS = ("start", "system", "user", "tool", "thinking", "assistant")


def template(context: Context, declared: Declared) -> TemplateUse | None:
    """The chat template of a declaration; None after a problem was reported."""
    thing = declared.node
    assert isinstance(thing, tree.Thing)
    if originals(context, declared) is None:
        return None
    settings = read_block(context, declared.module, Template, thing)
    given = {name: value for name, value in settings.values.items() if value is not None}
    if not settings.complete:
        return None
    parts = [name for name in _PARTS if name in given]
    ways = [name for name in ("jinja", "shipped") if name in given] + parts[-1:]
    own = not ways and "variables" in given  # the model's own, told something
    if not own and (len(ways) != 1 or (parts and "assistant" not in parts)):
        words = "a template has `jinja`, `shipped`, parts with `assistant`, or `variables` alone"
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
    if "jinja" in given and not check_template_file(context, settings.written["jinja"], given["jinja"]):
        return None
    return TemplateUse(shipped, given, declared.name_place)


# --- run --------------------------------------------------------------------------------------


def run_settings(context: Context) -> dict[str, Any]:
    """Settings of the block `run`, those of the profile in force on top."""
    declared = context.root.declared.get("run ")
    node = declared.node if declared is not None else None
    thing = node if isinstance(node, tree.Thing) else _NO_RUN
    settings = read_block(context, context.root, Run, thing)
    values = {name: settings.get(name) for name in Run.settings()}
    values["written"] = tuple(settings.written)
    profiles = [each for each in context.root.declared.values() if each.kind == "profile"]
    for each in profiles:
        if isinstance(each.node, tree.Thing):
            # All are checked, the one in force counts.
            found = _of_profile(context, each, each.node)
            values |= found if each.name == context.given.profile else {}
    return values


#: Stands for the block `run` where there is none: what `--override` says of it counts all the same.
_NO_RUN = tree.Thing(tree.Name("run"), None, None, tree.Block(()))


def _of_profile(context: Context, profile: Declared, thing: tree.Thing) -> dict[str, Any]:
    entries = [
        (each.key.text, module.place(each.key), module, each.value)
        for module, each in entries_of(context, profile)
        if isinstance(each, tree.Attribute) and each.key.text in Run.settings()
    ]
    for each in thing.block.entries:
        if isinstance(each, tree.Expect):
            words = "gates stand in pipelines and evals, not in a `profile`"
            context.report(Conflict, words, profile.module.place(each), "not here")
    owner = Place(profile.module.source, thing.kind.span)
    settings = read_entries(context, Run, entries, owner, "run")
    return {name: settings.get(name) for name in settings.written}
