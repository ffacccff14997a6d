"""What stands behind the keyword of a step, read as its concept says: a reader for each form."""

from __future__ import annotations

from collections.abc import Callable

from recipedsl.diagnostics import Applicability, Help
from recipedsl.diagnostics.codes.names import DuplicateSetting, MissingSetting
from recipedsl.diagnostics.codes.types import NotAChoice, WrongArguments, WrongOperand
from recipedsl.language.functions.base import is_plain
from recipedsl.language.steps.base import BEST, Step, StepUse, Takes
from recipedsl.language.types import ANY, FLOAT, Kind
from recipedsl.semantics.context import fix
from recipedsl.semantics.flow import Flow, Parts, has_no_name, only_one, step_settings, too_few, wanted_column
from recipedsl.semantics.joins import other_dataset
from recipedsl.semantics.nulls import narrowed
from recipedsl.semantics.rows import Typed, column_name, type_condition, type_expression
from recipedsl.semantics.scores import Scoring, read_reward
from recipedsl.semantics.shapes import read_shape
from recipedsl.semantics.splits import shares_of_split
from recipedsl.syntax import tree


def _condition(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    if too_few(flow, concept, node, len(node.arguments)):
        return Parts(failed=True)
    only_one(flow, node, f"`{concept.keyword}` takes one condition; put two together with `and`")
    argument = node.arguments[0]
    if argument.name is not None:
        place = flow.module.place(argument)
        compared = f"{argument.name.text} == {flow.module.source.slice(argument.value.span)}"
        helps = (fix(place, compared, f"write `{compared}`"),)
        flow.context.report(
            WrongArguments, "`=` sets a value, `==` compares", place, "sets a value", helps=helps
        )
        return Parts(failed=True)
    typed = type_condition(flow.rows(), argument.value)
    if typed is not None and flow.row is not None and concept.keyword == "where":
        flow.row = narrowed(flow.row, typed.expression)
    return Parts(failed=True) if typed is None else Parts(expressions={"condition": typed.expression})


def _named(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    parts = Parts(failed=too_few(flow, concept, node, len(node.arguments)))
    for argument in node.arguments:
        if argument.name is None:
            has_no_name(flow, concept, argument)
            parts.failed = True
            continue
        typed = type_expression(flow.rows(), argument.value)
        if typed is None:
            parts.failed = True
            # The column exists from here on, whatever it is: later steps may name it.
            parts.types[argument.name.text] = ANY
            continue
        parts.expressions[argument.name.text] = typed.expression
        parts.types[argument.name.text] = typed.type
    return parts


def _columns(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    positional = [each for each in node.arguments if each.name is None]
    columns: list[str | None] = []
    for argument in positional:
        value = argument.value
        if node.name.text != concept.keyword and isinstance(value, tree.Group):
            value = value.inner  # another tool's word for the step, which has been told of
        items = value.items if isinstance(value, tree.ListOf) else (value,)
        columns += [_column(flow, concept, each) for each in items]
    named = [each for each in node.arguments if each.name is not None]
    best = next((each for each in named if _is_best(concept, each)), None)
    other = next((each for each in named if best is None and _is_best_elsewhere(flow, concept, each)), None)
    settings = step_settings(flow, concept, node, [each for each in named if each is not (best or other)])
    failed = too_few(flow, concept, node, len(columns)) or None in columns or not settings.complete
    failed = failed or other is not None
    expressions = {}
    if best is not None:
        settings.values["keep"] = BEST
        typed = _worth(flow, best)
        failed = failed or typed is None
        expressions = {BEST: typed.expression} if typed is not None else {}
    found = tuple(each for each in columns if each is not None)
    if concept.keyword == "explode" and found:
        only_one(flow, node, "`explode` takes one list; a second one is another `| explode …`")
        failed = failed or not _is_list(flow, found[0], node)
    failed = failed or _is_refused(flow, concept, node, StepUse(found, settings=settings.values))
    return Parts(columns=found, expressions=expressions, settings=settings.values, failed=failed)


def _is_best(concept: type[Step], argument: tree.Argument) -> bool:
    """Whether an argument is `keep = best(…)`."""
    function = argument.value.function if isinstance(argument.value, tree.Call) else None
    is_keep = argument.name is not None and argument.name.text == "keep" and "keep" in concept.settings()
    return is_keep and isinstance(function, tree.Name) and function.text == BEST


def _is_best_elsewhere(flow: Flow, concept: type[Step], argument: tree.Argument) -> bool:
    """Whether an argument is `keep = max(score)` or `keep = score`, which is reported."""
    if argument.name is None or argument.name.text != "keep" or "keep" not in concept.settings():
        return False
    value, place = argument.value, flow.module.place(argument.value)
    if isinstance(value, tree.Call) and isinstance(value.function, tree.Name) and len(value.arguments) == 1:
        inside = flow.module.source.slice(value.arguments[0].value.span)
        sign = _ENDS.get(value.function.text)
    else:
        inside, sign = flow.module.source.slice(value.span), "" if _is_number(flow, value) else None
    if sign is None:
        return False
    proper = f"{BEST}({sign}{inside})"
    found = flow.module.source.slice(value.span)
    words = f"`keep` takes `first`, `last`, `longest` or `best(…)`, found `{found}`"
    helps = (fix(place, proper, f"write `{proper}`: the row with the largest stays", Applicability.UNSAFE),)
    flow.report(NotAChoice, words, value, "none of the choices", helps=helps)
    return True


def _is_number(flow: Flow, value: tree.Expression) -> bool:
    """Whether a value is a column of numbers."""
    if not isinstance(value, tree.Name) or value.text in flow.module.declared or flow.row is None:
        return False
    column = flow.row.column(column_name(value))
    return column is not None and column.kind in (Kind.INT, Kind.FLOAT)


#: Functions that choose one of several rows elsewhere, and the sign of what they choose by.
_ENDS = {
    **dict.fromkeys(("max", "highest", "largest", "argmax", "top", "maximum"), ""),
    **dict.fromkeys(("min", "lowest", "smallest", "argmin", "minimum"), "-"),
}


def _worth(flow: Flow, argument: tree.Argument) -> Typed | None:
    """The number that tells which of several rows is the best."""
    call = argument.value
    given = call.arguments if isinstance(call, tree.Call) else ()
    if len(given) != 1 or given[0].name is not None:
        helps = (Help("such as `| dedup question, keep = best(quality)`"),)
        flow.report(WrongArguments, "`best` takes one number of the row", call, "one number", helps=helps)
        return None
    typed = type_expression(flow.rows(), given[0].value)
    if typed is None or typed.type.kind in (Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.ANY):
        return typed
    words = f"the best row is told by a number, this is of type `{typed.type}`"
    flow.report(WrongOperand, words, given[0].value, f"of type `{typed.type}`")
    return None


def _column(flow: Flow, concept: type[Step], item: tree.Expression) -> str | None:
    """Name of a column; a number among columns is the value of a setting whose name was left out."""
    if not isinstance(item, tree.Number) or not concept.bare_number:
        return wanted_column(flow, item)
    proper = f"{concept.bare_number} = {item.text}"
    words = f"`{concept.keyword}` takes columns; the number is its setting `{concept.bare_number}`"
    helps = (fix(flow.module.place(item), proper, f"write `{proper}`"),)
    flow.report(WrongOperand, words, item, "has no name", helps=helps)
    return None


def _is_refused(flow: Flow, concept: type[Step], node: tree.Step, use: StepUse) -> bool:
    words = concept.refuses(flow.row, use) if flow.row is not None else ""
    if words:
        named = (each.value for each in node.arguments if each.name is None)
        columns = (
            each for value in named for each in (value.items if isinstance(value, tree.ListOf) else (value,))
        )
        is_meant = (
            each for each in columns if isinstance(each, tree.Name) and f"`{column_name(each)}`" in words
        )
        flow.report(WrongOperand, words, next(is_meant, node), "not possible here")
    return bool(words)


def _is_list(flow: Flow, name: str, node: tree.Step) -> bool:
    type_ = (flow.row.column(name) if flow.row else None) or ANY
    if type_.kind in (Kind.LIST, Kind.ANY):
        return True
    words = f"`explode` takes a list, `{name}` is of type `{type_}`"
    flow.report(WrongOperand, words, node.arguments[0], f"of type `{type_}`")
    return False


def _renames(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    parts = Parts(failed=too_few(flow, concept, node, len(node.arguments)))
    renamed: dict[str, str] = {}
    for argument in node.arguments:
        old = wanted_column(flow, argument.value) if argument.name is not None else None
        if argument.name is None:
            has_no_name(flow, concept, argument, "new name")
        if old in renamed:
            words = f"`{old}` is renamed twice"
            flow.report(DuplicateSetting, words, argument, "again here")
        if old is None or argument.name is None or old in renamed:
            parts.failed = True
            continue
        renamed[old] = argument.name.text
    parts.settings = {"names": renamed}
    return parts


def lacks_amount(flow: Flow, concept: type[Step], node: tree.Step) -> bool:
    """Whether a step does not say how many rows it keeps, which is reported."""
    named = {each.name.text for each in (*node.arguments, *node.by) if each.name is not None}
    has_amount = "amount" in named or any(each.name is None for each in node.arguments)
    if "amount" not in concept.settings() or has_amount:
        return False
    place = flow.module.place(node.name)
    example = concept.page().split("Example:")[1].strip()
    words = f"put a number or share of rows behind it, such as {example}"
    helps = (fix(place, f"{concept.keyword} 100", words, Applicability.PLACEHOLDER),)
    message = f"`{concept.keyword}` does not say how many rows it keeps"
    flow.report(MissingSetting, message, node.name, "a number or share of rows is missing", helps=helps)
    return True


def _given(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    if concept.keyword == "sort":
        return _sort(flow, concept, node)
    # What is named behind `by` belongs to the step as well: `pair by question, margin = 0.2`.
    named = [each for each in node.by if each.name is not None]
    settings = step_settings(flow, concept, node, [*node.arguments, *named])
    parts = Parts(settings=dict(settings.values), failed=not settings.complete)
    for name, value in settings.values.items():
        if isinstance(value, tree.Name):
            parts.settings[name] = wanted_column(flow, value)
            parts.failed = parts.failed or parts.settings[name] is None
    amount = parts.settings.pop("amount", None)
    if amount is not None and settings.complete:
        # A share is a float; a number of rows an int.
        parts.settings["share" if isinstance(amount, float) else "count"] = amount
    return parts


def _sort(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    keys = [each for each in node.by if each.name is None]
    settings = step_settings(flow, concept, node, [each for each in node.by if each.name is not None])
    if not keys or node.arguments:
        flow.report(WrongArguments, "`sort` takes `by` and what to order by", node.name,
            helps=(Help("such as `| sort by score, descending = true`"),),
        )  # fmt: skip
        return Parts(failed=True)
    typed = [_sort_key(flow, each.value) for each in keys]
    expressions = {f"key{index}": each.expression for index, each in enumerate(typed) if each is not None}
    descending = settings.get("descending")
    marks = list(descending) if isinstance(descending, tuple) else [bool(descending)]
    marks = marks * len(keys) if len(marks) == 1 else marks
    if len(marks) != len(keys):
        words = f"`descending` has {len(marks)} values for {len(keys)} keys"
        flow.report(WrongArguments, words, node)
    failed = None in typed or not settings.complete or len(marks) != len(keys)
    return Parts(expressions=expressions, settings={"descending": marks}, failed=failed)


def _sort_key(flow: Flow, expression: tree.Expression) -> Typed | None:
    typed = type_expression(flow.rows(), expression)
    if typed is None or is_plain(typed.type):
        return typed
    words = f"rows are ordered by single values, this is of type `{typed.type}`"
    flow.report(WrongOperand, words, expression, f"of type `{typed.type}`")
    return None


def _shape(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    if too_few(flow, concept, node, len(node.arguments)):
        return Parts(failed=True)
    only_one(flow, node, "`as` takes one shape")
    if node.arguments[0].name is not None:
        words = "the shape of `as` has no name"
        flow.report(WrongArguments, words, node.arguments[0].name, "leave the name out")
    found = read_shape(flow.rows(), node.arguments[0].value)
    if found is None:
        return Parts(failed=True)
    return Parts(
        expressions=found.expressions,
        types=found.columns,
        settings={"shape": str(found.shape)},
        failed=found.failed,
    )


def _scores(flow: Flow, concept: type[Step], node: tree.Step) -> Parts:
    """New columns that rewards fill."""
    parts = Parts(failed=too_few(flow, concept, node, len(node.arguments)))
    scoring = Scoring(flow.context, flow.module, flow.row, f"`{flow.name}`")
    for argument in node.arguments:
        if argument.name is None:
            has_no_name(flow, concept, argument)
            parts.failed = True
            continue
        found = read_reward(scoring, argument.value)
        parts.failed = parts.failed or found is None
        parts.scores[argument.name.text] = found or ()
        parts.types[argument.name.text] = FLOAT
    return parts


#: Reads what a step is given, and reports what is wrong with it.
Reader = Callable[[Flow, type[Step], tree.Step], Parts]

#: How each form of arguments is read.
READERS: dict[Takes, Reader] = {
    Takes.CONDITION: _condition,
    Takes.NAMED: _named,
    Takes.COLUMNS: _columns,
    Takes.RENAMES: _renames,
    Takes.SETTINGS: _given,
    Takes.SHARES: shares_of_split,
    Takes.SHAPE: _shape,
    Takes.DATASET: other_dataset,
    Takes.SCORES: _scores,
}
