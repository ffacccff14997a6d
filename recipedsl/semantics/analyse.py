"""From a syntax tree to a resolved recipe: every declaration looked at, in an order that works."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes.lints import UnknownEdition
from recipedsl.diagnostics.codes.names import DuplicateSetting, UnknownParam
from recipedsl.language.blocks import Run
from recipedsl.semantics.constants import constant, value_of
from recipedsl.semantics.context import (
    Context,
    Declared,
    Files,
    Given,
    Importer,
    Looker,
    Module,
    did_you_mean,
    nearest_one,
)
from recipedsl.semantics.evaluations import evaluation
from recipedsl.semantics.models import model, run_settings, template
from recipedsl.semantics.order import behind_stages, in_order
from recipedsl.semantics.params import check_value
from recipedsl.semantics.pipelines import dataset
from recipedsl.semantics.recipe import Evaluation, Passage, Place, Recipe
from recipedsl.semantics.rounds import unroll
from recipedsl.semantics.row_types import declared_type
from recipedsl.semantics.scope import RUN, declare, names
from recipedsl.semantics.stages import stage
from recipedsl.semantics.values import Sort, Value
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
        root: the file's declarations, and the modules that it imports.
        used: full names that something refers to, and of the values that these were computed from.
        passages: the rows behind every source and step.
        values: params and lets by full name, as far as they could be computed.
    """

    recipe: Recipe
    problems: Problems
    root: Module
    used: frozenset[str]
    passages: tuple[Passage, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)


def analyse(file: tree.File, look: Looker, files: Files, importer: Importer, given: Given) -> Analysis:
    """Resolve a recipe.

    Args:
        file: its tree, perhaps with broken parts.
        look: looks at sources of rows.
        files: asked about other files that the recipe names.
        importer: opens imported files.
        given: params, profile and overrides from outside.
    """
    context = declarations(file, look, files, importer, given)
    root = context.root
    _edition(context, file)
    _outside(context)
    order, evaluations = _resolve(context, root)
    _profiles(context)
    run = run_settings(context)
    recipe = Recipe(
        file.source,
        _params(context),
        {name: each for name, each in context.models.items() if each is not None},
        {name: each for name, each in context.datasets.items() if each is not None},
        context.stages,
        context.works,
        evaluations,
        tuple(each for each in order if each in {**context.stages, **context.works, **evaluations}),
        run,
        given.profile,
        tuple(context.later),
        context.training,
    )
    used = _with_their_needs(context)
    return Analysis(recipe, context.problems, root, used, tuple(context.passages), context.values)


def declarations(file: tree.File, look: Looker, files: Files, importer: Importer, given: Given) -> Context:
    """An analysis at its beginning: names are declared and imports followed, nothing is resolved."""
    root = Module(file.source, "", file)
    context = Context(root, given, look, files)
    root = context.root = replace(root, file=unroll(context, file))
    declare(context, root, importer, (file.source.path,))
    return context


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
    behind = behind_stages(declared)
    for each in declared:
        if each.kind == "model":
            model(context, each)
        elif each.kind == "data" and each.full_name not in behind:
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
    for each in declared:
        if each.kind == "data":
            dataset(context, each)
    return evaluations


def _params(context: Context) -> dict[str, object]:
    found: dict[str, object] = {}
    for module in _modules(context.root):
        for each in module.declared.values():
            value = context.values.get(each.full_name)
            if each.kind == "param" and value is not None and value.sort not in (Sort.SECRET, Sort.UNKNOWN):
                found[each.full_name] = value.plain
    return found


def _with_their_needs(context: Context) -> frozenset[str]:
    """The names that something refers to, and those of the values that they were computed from."""
    found: set[str] = set()
    waiting = list(context.used)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(context.needs.get(name, ()))
    return frozenset(found)


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
    shown = [each.text for each in nearest_one(place, name, known)]
    own = [each for each in known if "." not in each] or known
    more = ", …" if len(own) > _LISTED else ""
    listed = ", ".join(f"`{each}`" for each in own[:_LISTED]) + more
    shown.append(f"each {what} of the recipe: {listed}" if own else f"the recipe has no {what} at all")
    helps = tuple(Help(each) for each in shown)
    context.report(UnknownParam, f"the recipe has no {what} `{name}`", place, f"no such {what}", helps=helps)


#: Names that a message lists.
_LISTED = 20


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
        elif key in known:
            check_value(context, _blocks(context)[key], entry.value, constant)
        else:
            words = f"profile `{declared.name}` sets `{key}`, no param and no setting of `run`"
            helps = did_you_mean(place, key, [*known, *Run.settings()])
            context.report(UnknownParam, words, place, "no such param", helps=helps)


def _edition(context: Context, file: tree.File) -> None:
    """A missing one is a lint; one that this version does not know is an error."""
    if file.edition is not None and file.edition.text != str(EDITION):
        words = f"edition {file.edition.text} is not known; this version reads edition {EDITION}"
        context.report(UnknownEdition, words, Place(file.source, file.edition.span), "not known")
