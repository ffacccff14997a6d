"""The arrows of the compiler, one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes.names import UnknownParam
from recipedsl.plan.facts import Facts, Look
from recipedsl.plan.model import HubSource, Plan, ReadSource
from recipedsl.semantics.analyse import analyse
from recipedsl.semantics.context import Given
from recipedsl.semantics.recipe import Recipe
from recipedsl.source import Source
from recipedsl.source.paths import beside
from recipedsl.syntax import parse, tree


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    Attributes:
        params: `--set` values as text, by name.
        profile: `--profile`, or empty.
        overrides: `--override` texts such as `stages.final.beta=0.2`.
    """

    params: dict[str, str] = field(default_factory=dict)
    profile: str = ""
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came out: always a tree and problems; a recipe as far as it could be resolved; a plan
    only when nothing was wrong."""

    tree: tree.File
    recipe: Recipe | None
    plan: Plan | None
    problems: Problems


def check_source(source: Source, facts: Facts, request: Request | None = None) -> Outcome:
    """Parse and analyse a recipe.

    Args:
        source: the text; its path is relative to the project root.
        facts: about files; models are not asked for.
        request: what was given on the command line.
    """
    request = request or Request()
    file, problems = parse(source)
    given, wrong = _given(request)
    problems.extend(wrong)
    analysis = analyse(file, _Looker(facts), _Importer(facts), given, lints=not problems.has_errors)
    problems.extend(analysis.problems)
    return Outcome(file, analysis.recipe, None, problems)


def compile_source(source: Source, facts: Facts, request: Request | None = None) -> Outcome:
    """Parse, analyse and lower a recipe; the plan is None when there are errors."""
    # The planner is imported here: `check` does without it, and answers sooner.
    from recipedsl.planner.lower import lower

    request = request or Request()
    outcome = check_source(source, facts, request)
    if outcome.problems.has_errors or outcome.recipe is None:
        return outcome
    plan = lower(outcome.recipe, facts, outcome.problems, request.overrides)
    return Outcome(
        outcome.tree, outcome.recipe, None if outcome.problems.has_errors else plan, outcome.problems
    )


# --- what the analysis asks -------------------------------------------------------------------------


@dataclass(slots=True)
class _Looker:
    """Looks at sources of rows through the facts; each source once."""

    facts: Facts
    seen: dict[str, Look] = field(default_factory=dict)

    def __call__(self, keyword: str, settings: dict[str, Any], path: str) -> Look | None:
        source = _source(keyword, settings, path)
        key = source.model_dump_json()
        if key not in self.seen:
            self.seen[key] = self.facts.look(source)
        return self.seen[key]


def _source(keyword: str, settings: dict[str, Any], path: str) -> ReadSource | HubSource:
    if keyword == "read":
        return ReadSource(path=beside(path, settings["path"]), format=settings["format"] or "")
    return HubSource(**settings)


@dataclass(frozen=True, slots=True)
class _Importer:
    """Opens imported files through the facts."""

    facts: Facts

    def __call__(self, path: str) -> tuple[tree.File, Problems] | None:
        text = self.facts.read_text(path)
        return None if text is None else parse(Source(path, text))


# --- what came from the command line ------------------------------------------------------------------

#: The plural that people write in `--override`, to the kind of the declaration.
_KINDS = {"stages": "stage", "models": "model", "evals": "eval", "templates": "template"}


def _given(request: Request) -> tuple[Given, Problems]:
    problems = Problems()
    overrides: dict[tuple[str, str, str], tuple[Source, tree.Expression]] = {}
    for text in request.overrides:
        found = _override(text, problems)
        if found is not None:
            key, source, expression = found
            overrides[key] = (source, expression)
    return Given(dict(request.params), request.profile, overrides), problems


def _override(text: str, problems: Problems) -> tuple[tuple[str, str, str], Source, tree.Expression] | None:
    """Reads `stages.final.beta=0.2`; the value is an expression of the language."""
    path, _, value = text.partition("=")
    first, *names = (each.strip() for each in path.split("."))
    kind = _KINDS.get(first, first)
    good = len(names) == 1 if kind == "run" else len(names) > 1 and kind in _KINDS.values()
    # The value is read as the right side of a `let` whose text is as long as what was written, so
    # that its places are places of what was written.
    file, found = parse(Source("--override", "let " + "v" * (len(path) - 4) + "=" + value))
    source = Source("--override", text)
    item = file.items[0] if len(file.items) == 1 else None
    if not good or found.has_errors or not isinstance(item, tree.Let):
        problems.report(
            UnknownParam,
            f"`--override {text}` is not `kind.name.key=value`, such as `stages.final.beta=0.2`",
            None,
            helps=(Help("kinds: " + ", ".join(f"`{each}`" for each in (*_KINDS, "run"))),),
        )
        return None
    return (kind, ".".join(names[:-1]), names[-1]), source, item.value
