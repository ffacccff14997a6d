"""The arrows of the compiler, one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recipedsl.diagnostics import Help, Label, Problems, nearest
from recipedsl.diagnostics.codes.names import UnknownParam
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.lint import Allows, Subject, lints, read_allows
from recipedsl.plan.facts import Facts, FileRows, HubRows, Look, Missing
from recipedsl.semantics.analyse import Analysis, analyse, declarations
from recipedsl.semantics.context import Context, Given, Importer
from recipedsl.semantics.recipe import Recipe, SourceUse
from recipedsl.source import Source, Span
from recipedsl.source.paths import beside
from recipedsl.syntax import parse, tree

if TYPE_CHECKING:
    from recipedsl.plan.model import Plan


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
    return _checked(source, facts, request or Request())[0]


def _checked(source: Source, facts: Facts, request: Request) -> tuple[Outcome, Allows]:
    """The recipe, and what its comments allow."""
    found = check_parsed(*parse(source), facts, request)
    return Outcome(found.tree, found.analysis.recipe, None, found.problems), found.allows


@dataclass(frozen=True)
class Checked:
    """Everything that is known of a recipe which was checked.

    Attributes:
        problems: of its syntax, its meaning, and of lints that no comment allows.
        allows: what its comments allow.
    """

    tree: tree.File
    analysis: Analysis
    problems: Problems
    allows: Allows


def check_parsed(
    file: tree.File, syntax: Problems, facts: Facts, request: Request, importer: Importer | None = None
) -> Checked:
    """Analyse a recipe that was parsed before.

    Args:
        file: its tree.
        syntax: what is wrong with its syntax.
        facts: about files.
        request: what was given on the command line.
        importer: opens imported files; they are read through the facts when left out.
    """
    problems = Problems(list(syntax))
    given, wrong = _given(request)
    problems.extend(wrong)
    look = _Looker(facts)
    analysis = analyse(file, look, _Files(facts), importer or _Importer(facts), given)
    problems.extend(analysis.problems)
    subject = _subject(analysis, look, sound=not problems.has_errors)
    problems.extend(Problems(list(lints(subject))))
    allows = read_allows(file, [each.file for each in subject.modules[1:]])
    kept = allows.rest(problems)
    kept.extend(allows.wrong(problems))
    return Checked(file, analysis, kept, allows)


def _subject(analysis: Analysis, looker: _Looker, *, sound: bool) -> Subject:
    """The recipe as lints see it."""

    def look(use: SourceUse) -> Look | None:
        return looker(use.keyword, use.settings, use.place.source.path)

    return Subject(analysis.root, analysis.recipe, analysis.used, look, sound)


def compile_source(source: Source, facts: Facts, request: Request | None = None) -> Outcome:
    """Parse, analyse and lower a recipe.

    The plan is None when there are errors. What it can hold and nothing carries out yet is an error that
    leaves the plan, with `later` in it: it can be looked at, and does not run.
    """
    # The planner is imported here: `check` does without it, and answers sooner.
    from recipedsl.planner.lower import lower

    request = request or Request()
    outcome, allows = _checked(source, facts, request)
    if outcome.problems.has_errors or outcome.recipe is None:
        return outcome
    plan = lower(outcome.recipe, facts, outcome.problems, request.overrides)
    problems = allows.rest(outcome.problems)
    wrong = any(each.is_error and each.kind is not NotYet for each in problems)
    return Outcome(outcome.tree, outcome.recipe, None if wrong else plan, problems)


def names_of(source: Source, facts: Facts, request: Request) -> Context:
    """The declarations of a recipe, none of them looked at: where the names of a text beside it are found."""
    return declarations(parse(source)[0], _Looker(facts), _Files(facts), _Importer(facts), _given(request)[0])


# --- what the analysis asks -------------------------------------------------------------------------


@dataclass(slots=True)
class _Looker:
    """Looks at sources of rows through the facts; each source once."""

    facts: Facts
    seen: dict[FileRows | HubRows, Look | None] = field(default_factory=dict)

    def __call__(self, keyword: str, settings: dict[str, Any], path: str) -> Look | None:
        if settings.get("files"):  # other rows than those of the split, which is what can be looked at
            return None
        source = _source(keyword, settings, path)
        if source not in self.seen:
            self.seen[source] = self.facts.look(source)
        return self.seen[source]


def _source(keyword: str, settings: dict[str, Any], path: str) -> FileRows | HubRows:
    if keyword == "read":
        return FileRows(beside(path, settings["path"]), settings["format"] or "")
    return HubRows(*(settings[name] for name in ("name", "config", "split", "revision")))


@dataclass(frozen=True, slots=True)
class _Files:
    """Asks the facts about files that are no rows."""

    facts: Facts

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        return self.facts.missing(path, folder=folder)

    def text(self, path: str) -> str | None:
        return self.facts.read_text(path)


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
    source = Source("--override", text)
    if kind not in (*_KINDS.values(), "run"):
        known = ", ".join(f"`{each}`" for each in (*_KINDS, "run"))
        close = nearest(first, (*_KINDS, "run"))
        example = "name the kind too, as `stages.final.beta=0.2` does"
        helps = (Help(f"a similar one exists: `{close}`" if close else example),)
        label = Label(source, Span(0, len(first)), "no such kind")
        words = f"`--override` changes {known}, found `{first}`"
        problems.report(UnknownParam, words, label, helps=helps)
        return None
    if len(names) < (1 if kind == "run" else 2) or not all(names):
        label = Label(source, Span(0, len(path)), "kind, name and setting are wanted")
        words = f"`--override {text}` names no setting, as `stages.final.beta=0.2` does"
        problems.report(UnknownParam, words, label)
        return None
    # The value is read as the right side of a `let` whose text is as long as what was written, so
    # that its places are places of what was written.
    file, found = parse(Source("--override", "let " + "v" * (len(path) - 4) + "=" + value))
    item = file.items[0] if len(file.items) == 1 else None
    if found.has_errors or not isinstance(item, tree.Let):
        label = Label(source, Span(len(path) + 1, len(text)), "no value")
        helps = (Help('a value as a recipe writes it: `0.2`, `"text"`, `lora(rank = 8)`'),)
        words = f"`{value}` is no value that `--override` could give `{path.strip()}`"
        if not value.strip():
            words = f"`--override` gives `{path.strip()}` no value"
        problems.report(UnknownParam, words, label, helps=helps)
        return None
    return (kind, ".".join(names[:-1]), names[-1]), source, item.value
