"""A condition from outside over the rows of a dataset: read, settled and checked as one of a recipe is."""

from __future__ import annotations

import re
from dataclasses import replace

from recipedsl.compiler.compiler import Request, names_of
from recipedsl.diagnostics import Diagnostic, Help, Label, RecipeError
from recipedsl.diagnostics.codes.syntax import MissingValue
from recipedsl.diagnostics.codes.types import WrongArguments
from recipedsl.language.expressions import Expression
from recipedsl.language.types import RowType
from recipedsl.plan.facts import Facts
from recipedsl.semantics.rows import Rows, type_condition
from recipedsl.source import Source, Span
from recipedsl.syntax import parse, tree

#: A condition is read as the value of a `let`, and shown as what it is: both openings are as long.
_READ, _SHOWN = "let w=", "where "

#: A name, or a name of a part, that is set.
_SET = re.compile(r"\s*([\w.`]+)\s*(=)(?![=>])")


def condition_over(
    row: RowType, name: str, text: str, source: Source, facts: Facts, request: Request | None = None
) -> Expression:
    """Reads and checks a condition over the rows of a dataset.

    Args:
        row: columns of the dataset.
        name: of the dataset, for messages.
        text: the condition, as behind `where`.
        source: the recipe, whose params and values may be named.
        facts: about files.
        request: what was given on the command line beside.

    Raises:
        RecipeError: what is wrong with it; places are in the text of the condition.
    """
    shown = Source("--where", _SHOWN + text)
    expression = _read(text, shown)
    context = names_of(source, facts, request or Request())
    before = len(context.problems)
    typed = type_condition(Rows(context, context.root.reading(shown), row, f"`{name}`"), expression)
    if typed is None:
        raise RecipeError(*context.problems.found[before:])
    return typed.expression


def _read(text: str, shown: Source) -> tree.Expression:
    _set_for_compared(text, shown)
    file, problems = parse(Source("--where", _READ + text))
    if problems.has_errors:
        raise RecipeError(*(_moved(each, shown) for each in problems.in_order()))
    item = file.items[0] if len(file.items) == 1 else None
    if not isinstance(item, tree.Let):
        raise RecipeError(_none(shown))
    return item.value


def _set_for_compared(text: str, shown: Source) -> None:
    """`id = 3` sets a value. Raises RecipeError for it."""
    found = _SET.match(text)
    if found is not None:
        start = len(_SHOWN) + found.start(2)
        label = Label(shown, Span(start, start + 1), "sets a value")
        proper = f"{found[1]} == {text[found.end() :].strip()}"
        helps = (Help(f"write `{proper}`"),)
        raise RecipeError(Diagnostic(WrongArguments, "`=` sets a value, `==` compares", label, helps=helps))


def _none(shown: Source) -> Diagnostic:
    label = Label(shown, Span(len(_SHOWN), len(shown.text)), "no condition")
    helps = (Help('a condition as a recipe writes it: `difficulty == "hard"`, `chars(answer) > 400`'),)
    return Diagnostic(MissingValue, "`--where` takes one condition", label, helps=helps)


def _moved(problem: Diagnostic, shown: Source) -> Diagnostic:
    """The problem with its places in what is shown; what it would change is no file."""
    primary = replace(problem.primary, source=shown) if problem.primary else None
    secondary = tuple(replace(each, source=shown) for each in problem.secondary)
    helps = tuple(Help(each.text) for each in problem.helps if "let " not in each.text)
    words = problem.message.replace("the value `w`", "the condition")
    return replace(problem, message=words, primary=primary, secondary=secondary, helps=helps)
