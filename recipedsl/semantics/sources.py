"""What a pipeline starts from: rows of files or the hub, of other datasets, or that a model writes."""

from __future__ import annotations

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import NotFetched, Unreadable, WrongShape
from recipedsl.diagnostics.codes.types import NotAChoice, WrongArguments
from recipedsl.language import catalogue
from recipedsl.language.shapes import Shape
from recipedsl.language.sources.sources import HubData
from recipedsl.language.types import INT, MESSAGES, TEXT
from recipedsl.semantics.context import did_you_mean
from recipedsl.semantics.looks import check_look, check_unread, tell_of_upstream
from recipedsl.semantics.mixtures import concat, mixture
from recipedsl.semantics.models import is_named
from recipedsl.semantics.recipe import Place, SourceUse
from recipedsl.semantics.rounds import OF_ROUNDS
from recipedsl.semantics.scores import policy
from recipedsl.semantics.settings import Deferred, Named, Settings, read_call
from recipedsl.semantics.starts import Head, Start
from recipedsl.semantics.written_rows import written_rows
from recipedsl.syntax import tree

#: Columns that `generate` adds: what was asked, the answer, and which sample it is.
_WRITTEN = {"prompt": MESSAGES, "completion": TEXT, "draw": INT}


def read_source(start: Start, expression: tree.Expression) -> Head:
    """The source that an expression stands for; problems are reported."""
    while isinstance(expression, tree.Group):
        expression = expression.inner
    place = start.module.place(expression)
    if isinstance(expression, tree.Call) and isinstance(expression.function, tree.Name):
        return _call(start, expression, expression.function)
    found = None if isinstance(expression, tree.Broken) else start.inputs(start.module, expression)
    if found is None:
        return start.unknown("data", place)
    origin = start.context.datasets[found.name]
    return start.head(start.use("data", place, inputs=(found,)), origin.row, origin.shape)


def _call(start: Start, call: tree.Call, function: tree.Name) -> Head:
    keyword, place = function.text, start.module.place(call)
    concept = catalogue.find("source", keyword)
    if concept is None:
        _unknown_source(start, function)
        return start.unknown(keyword, place)
    if keyword == "concat":
        return concat(start, call)
    if keyword == "rows":
        return written_rows(start, call)
    settings = read_call(start.context, start.module, concept, call)
    if not settings.complete:
        return start.unknown(keyword, place)
    if keyword == "generate":
        return _generated(start, settings, place)
    if keyword in ("mix", "interleave"):
        return mixture(start, keyword, call, settings)
    if concept is HubData and not is_named(start.context, settings.values, settings.written["name"]):
        return start.unknown(keyword, place)
    return _look(start, start.use(keyword, place, settings.values))


def _unknown_source(start: Start, function: tree.Name) -> None:
    place = start.module.place(function)
    if function.text in OF_ROUNDS:
        words = f"`{function.text}` speaks of `rounds {{ … }}`, and nothing here is declared in rounds"
        start.context.report(WrongArguments, words, place, "no rounds")
        return
    if catalogue.find("step", function.text) is not None:
        words = f"`{function.text}` is a step, which stands behind a dataset"
        example = f"`data rows = lessons | {function.text} …`"
        start.context.report(NotAChoice, words, place, "no source", helps=(Help(f"such as {example}"),))
        return
    known = catalogue.keywords("source")
    start.context.report(
        NotAChoice,
        f"unknown source `{function.text}`",
        place,
        "no such source",
        helps=did_you_mean(place, function.text, known),
    )


def _look(start: Start, use: SourceUse) -> Head:
    """The source with the columns that were declared, or else those that a look shows."""
    look = start.context.look(use.keyword, use.settings, use.place.source.path)
    if look is None:
        return Head(use, start.declared)
    if look.absent:
        _not_fetched(start, use)
        return Head(use, start.declared)
    if look.problem:
        helps = (Help(look.hint),) if look.hint else ()
        start.context.report(Unreadable, look.problem, use.place, "cannot be read", helps=helps)
        return Head(use, start.declared)
    tell_of_upstream(start.context, use.place, look)
    if check_unread(start.context, use.place, start.declared, look):
        return Head(use, start.declared)
    check_look(start.context, use.place, start.declared, look)
    if look.row is not None:
        start.compare(use, look.row)
    return Head(use, start.declared or look.row)


def _not_fetched(start: Start, use: SourceUse) -> None:
    """Say that columns are not known; there is nothing to say where they are declared."""
    if start.declared is not None:
        return
    what = use.settings["path" if use.keyword == "read" else "name"]
    words = f"`{what}` is not fetched yet: its columns are not known, and not checked"
    helps = (Help("`recipedsl plan` fetches it, and checks"), Help("or declare the row type of the dataset"))
    start.context.report(NotFetched, words, use.place, "not on this machine", helps=helps)


def _generated(start: Start, settings: Settings, place: Place) -> Head:
    """Rows with what a model writes to their prompts."""
    written, named = settings.get("prompts"), settings.get("model")
    found = start.inputs(written.module, written.expression) if isinstance(written, Deferred) else None
    writer = policy(start.context, named.declared, named.place) if isinstance(named, Named) else None
    kept = {name: each for name, each in settings.values.items() if name not in ("model", "prompts")}
    use = start.use("generate", place, kept, (found,) if found else (), writer or "")
    if found is None or writer is None:
        return Head(use, start.declared)
    asked = start.context.datasets[found.name]
    unknown = asked.row is None and asked.shape is Shape.ROWS
    if asked.shape not in (Shape.PROMPT, Shape.CHAT) and not unknown:
        words = f"`generate` takes prompts, `{found.name}` has the shape `{asked.shape}`"
        helps = (Help("shape it with `| as prompt(…)`"),)
        start.context.report(WrongShape, words, found.place, "no prompts", helps=helps)
        return Head(use, start.declared)
    return start.head(use, None if asked.row is None else asked.row.with_columns(_WRITTEN))
