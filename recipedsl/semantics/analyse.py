"""From a syntax tree to a resolved recipe: every declaration looked at, in an order that works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recipedsl.diagnostics import Applicability, Edit, Help, Label, Problems
from recipedsl.diagnostics.codes.lints import MissingEdition, NoSeed, UnknownEdition, Unused
from recipedsl.diagnostics.codes.names import DuplicateSetting, UnknownParam
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.language.blocks import Run
from recipedsl.semantics.constants import constant, value_of
from recipedsl.semantics.context import Context, Declared, Given, Importer, Looker, Module, did_you_mean
from recipedsl.semantics.evaluations import evaluation
from recipedsl.semantics.models import model, run_settings, template
from recipedsl.semantics.order import in_order
from recipedsl.semantics.params import check_value
from recipedsl.semantics.pipelines import dataset
from recipedsl.semantics.recipe import Evaluation, Place, Recipe
from recipedsl.semantics.row_types import declared_type
from recipedsl.semantics.scope import RUN, declare, names
from recipedsl.semantics.stages import stage
from recipedsl.semantics.values import Sort
from recipedsl.source import Source, Span
from recipedsl.syntax import tree

#: The edition of the language that this version reads.
EDITION = 1


@dataclass(frozen=True)
class Analysis:
    """What the analysis found.

    Attributes:
        recipe: the resolved recipe; parts about which a problem was reported are missing.
        problems: everything that is wrong.
    """

    recipe: Recipe
    problems: Problems


def analyse(
    file: tree.File, look: Looker, importer: Importer, given: Given, *, lints: bool = True
) -> Analysis:
    """Resolve a recipe.

    Args:
        file: its tree, perhaps with broken parts.
        look: looks at sources of rows.
        importer: opens imported files.
        given: params, profile and overrides from outside.
        lints: whether to say what is fine to run and likely not meant; there is no point in it when the
            text could not be read whole.
    """
    root = Module(file.source, "", file)
    context = Context(root, given, look)
    declare(context, root, importer, (file.source.path,))
    _edition(context, file)
    _outside(context)
    order, evaluations = _resolve(context, root)
    _profiles(context)
    run = run_settings(context)
    if lints:
        _lints(context, run)
    recipe = Recipe(
        file.source,
        _params(context),
        {name: each for name, each in context.models.items() if each is not None},
        {name: each for name, each in context.datasets.items() if each is not None},
        context.stages,
        evaluations,
        tuple(each for each in order if each in context.stages or each in evaluations),
        run,
        given.profile,
    )
    return Analysis(recipe, context.problems)


def _modules(module: Module) -> list[Module]:
    return [each for inner in module.imports.values() for each in _modules(inner)] + [module]


def _resolve(context: Context, root: Module) -> tuple[list[str], dict[str, Evaluation]]:
    """All declarations; those of imported files first, stages in written order."""
    written = [each for module in _modules(root) for each in module.declared.values()]
    declared = in_order(context, written)
    for each in declared:
        if each.kind in ("param", "let"):
            value_of(context, each)
        elif each.kind == "type":
            declared_type(context, each)
    # Computing a value is no use of it: what the others refer to is counted from here on.
    context.used.clear()
    for each in declared:
        if each.kind == "model":
            model(context, each)
        elif each.kind == "data":
            dataset(context, each)
        elif each.kind == "template":
            template(context, each)
    return [each.full_name for each in written], _stages(context, declared, root)


def _stages(context: Context, declared: list[Declared], root: Module) -> dict[str, Evaluation]:
    evaluations: dict[str, Evaluation] = {}
    for each in declared:
        if each.kind == "stage":
            stage(context, each)
        elif each.kind == "eval":
            found = evaluation(context, each)
            if found is not None:
                evaluations[each.full_name] = found
    for item in root.file.items:
        if isinstance(item, tree.Rounds):
            words = "`rounds` is part of the language, and this version cannot carry it out yet"
            helps = (Help("write the stages of each round one after another"),)
            context.report(NotYet, words, root.place(item.count), "not carried out yet", helps=helps)
    return evaluations


def _params(context: Context) -> dict[str, object]:
    found: dict[str, object] = {}
    for module in _modules(context.root):
        for each in module.declared.values():
            value = context.values.get(each.full_name)
            if each.kind == "param" and value is not None and value.sort not in (Sort.SECRET, Sort.UNKNOWN):
                found[each.full_name] = value.plain
    return found


# --- what came from outside -------------------------------------------------------------------------


def _outside(context: Context) -> None:
    known = names(context.root, "param")
    for name in context.given.params:
        if name not in known:
            # Without its value, which may be a secret under a misspelt name.
            source = Source("--set", f"{name}=…")
            _no_such(context, Place(source, Span(0, len(name))), name, "param", known)
    profile = context.given.profile
    profiles = names(context.root, "profile")
    if profile and profile not in profiles:
        source = Source("--profile", profile)
        _no_such(context, Place(source, Span(0, len(profile))), profile, "profile", profiles)
    for (kind, name, key), (source, _) in context.given.overrides.items():
        found = _blocks(context).get(name)
        if kind != RUN and (found is None or found.kind != kind):
            path = Source(source.path, f"{kind}.{name}.{key}")
            place = Place(path, Span(len(kind) + 1, len(kind) + 1 + len(name)))
            _no_such(context, place, name, kind, names(context.root, kind))


def _profiles(context: Context) -> None:
    """Check every profile, whichever is in force."""
    known = names(context.root, "param")
    for each in context.root.declared.values():
        if each.kind == "profile" and isinstance(each.node, tree.Thing):
            _profile(context, each, each.node, known)


def _blocks(context: Context) -> dict[str, Declared]:
    """All declarations by full name, imported ones too."""
    return {each.full_name: each for module in _modules(context.root) for each in module.declared.values()}


def _no_such(context: Context, place: Place, name: str, what: str, known: list[str]) -> None:
    helps = did_you_mean(place, name, known)
    shown = tuple(Help(each.text) for each in helps)
    context.report(UnknownParam, f"the recipe has no {what} `{name}`", place, f"no such {what}", helps=shown)


def _profile(context: Context, declared: Declared, thing: tree.Thing, known: list[str]) -> None:
    first: dict[str, tree.Name] = {}
    for entry in thing.block.entries:
        # Settings of `run` are read as those of the block are.
        if not isinstance(entry, tree.Attribute) or entry.key.text in Run.settings():
            continue
        key, place = entry.key.text, declared.module.place(entry.key)
        if first.setdefault(key, entry.key) is not entry.key:
            secondary = [(declared.module.place(first[key]), "first written here")]
            context.report(
                DuplicateSetting, f"`{key}` is written twice", place, "again here", secondary=secondary
            )
        elif key in known and key in context.root.declared:
            check_value(context, context.root.declared[key], entry.value, constant)
        else:
            words = f"profile `{declared.name}` sets `{key}`, no param and no setting of `run`"
            helps = did_you_mean(place, key, [*known, *Run.settings()])
            context.report(UnknownParam, words, place, "no such param", helps=helps)


# --- lints ----------------------------------------------------------------------------------------------


def _edition(context: Context, file: tree.File) -> None:
    start = Place(file.source, Span(0, 0))
    if file.edition is None:
        helps = (
            Help(
                "write `ftr 1` on the first line",
                (Edit(file.source, Span(0, 0), "ftr 1\n\n"),),
                Applicability.SAFE,
            ),
        )
        context.report(
            MissingEdition, "the recipe does not say which edition it is written in", start, helps=helps
        )
    elif file.edition.text != str(EDITION):
        words = f"edition {file.edition.text} is not known; this version reads edition {EDITION}"
        context.report(UnknownEdition, words, Place(file.source, file.edition.span), "not known")


def _lints(context: Context, run: dict[str, object]) -> None:
    """What is fine to run and likely not meant; a recipe with errors has other worries, and half
    of what looks unused there is a misspelt name."""
    if context.problems.has_errors:
        return
    used = _with_their_needs(context, context.used)
    for each in context.root.declared.values():
        if each.kind in ("param", "let", "type", "data", "model", "template") and each.full_name not in used:
            label = Label(each.name_place.source, each.name_place.span, "never used")
            context.problems.report(Unused, f"{each.kind} `{each.name}` is never used", label)
    written = run.get("written")
    if context.stages and not (isinstance(written, tuple) and "seed" in written):
        first = next(iter(context.stages.values()))
        helps = (Help("add `run { seed = 17 }`"),)
        context.report(NoSeed, "the recipe trains with seed 0, as none is written", first.place, helps=helps)


def _with_their_needs(context: Context, used: Iterable[str]) -> set[str]:
    """The names, and those of the values that they were computed from."""
    found: set[str] = set()
    waiting = list(used)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(context.needs.get(name, ()))
    return found
