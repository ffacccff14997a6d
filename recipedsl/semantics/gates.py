"""Gates of evaluations: conditions over scores, `pass_rate(final) >= pass_rate(base) + 5%`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from recipedsl.diagnostics import Help, nearest
from recipedsl.diagnostics.codes.names import AmbiguousName
from recipedsl.diagnostics.codes.types import NotACondition, WrongOperand, WrongType, WrongUnit
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.language.values import Unit
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Module, did_you_mean, fix
from recipedsl.semantics.recipe import GateUse, RowExpression, Score
from recipedsl.semantics.rows import OPERATORS
from recipedsl.semantics.scope import lookup
from recipedsl.semantics.values import Sort
from recipedsl.syntax import tree


class Kind(StrEnum):
    """What a part of a gate is."""

    NUMBER = "a number"
    TRUTH = "true or false"


#: What operators of gates take on both sides, and what they give.
_BINARY: dict[str, tuple[Kind, Kind]] = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), (Kind.NUMBER, Kind.TRUTH)),
    **dict.fromkeys(("and", "or"), (Kind.TRUTH, Kind.TRUTH)),
    **dict.fromkeys(("+", "-", "*", "/"), (Kind.NUMBER, Kind.NUMBER)),
}
_UNARY: dict[str, tuple[Kind, str]] = {"not": (Kind.TRUTH, "not"), "-": (Kind.NUMBER, "negate")}


@dataclass(frozen=True, slots=True)
class Scores:
    """What gates of an evaluation may ask for."""

    context: Context
    module: Module
    models: tuple[str, ...]
    metrics: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    expression: RowExpression
    kind: Kind


def read_gate(scores: Scores, node: tree.Expect) -> GateUse | None:
    """Check a gate; None after a problem was reported."""
    part = _part(scores, node.condition)
    place = scores.module.place(node.condition)
    if part is None:
        return None
    if part.kind is not Kind.TRUTH:
        words = "a gate compares scores: `expect pass_rate(final) >= pass_rate(base)`"
        scores.context.report(NotACondition, words, place, "compares nothing")
        return None
    return GateUse(part.expression, node.message.value if node.message else "", place)


def _part(scores: Scores, node: tree.Expression) -> _Part | None:
    """An expression over scores: `metric(model)`, numbers, arithmetic, comparison."""
    match node:
        case tree.Group():
            return _part(scores, node.inner)
        case tree.Call():
            return _measured(scores, node)
        case tree.Member() if _is_score(scores, node):
            _member(scores, node)
            return None
        case tree.Binary() if isinstance(node.right, tree.Range) and node.operator.text in ("in", "not in"):
            return _between(scores, node, node.right)
        case tree.Binary() if node.operator.text in _BINARY:
            return _binary(scores, node)
        case tree.Unary() if node.operator.text in _UNARY:
            wanted, keyword = _UNARY[node.operator.text]
            operand = _of_kind(scores, node.operand, wanted)
            return operand and _Part(Call(function=keyword, arguments=(operand.expression,)), wanted)
        case tree.Binary() if not _is_known(scores, node):
            words = f"`{node.operator.text}` is no operator of gates"
            place = scores.module.place(node.operator)
            known = ", ".join(f"`{each}`" for each in (*_BINARY, "in"))
            scores.context.report(WrongOperand, words, place, helps=(Help(f"gates know {known}"),))
            return None
        case _:
            return _number(scores, node)


def _is_score(scores: Scores, node: tree.Member) -> bool:
    """Whether a score is asked for as a part of a model: `tuned.loss`."""
    found = lookup(scores.module, node.target)
    return found is not None and found.full_name in scores.models and lookup(scores.module, node) is None


def _member(scores: Scores, node: tree.Member) -> None:
    """Report `tuned.loss`, which is `loss(tuned)`."""
    metric, model = node.name.text, scores.module.source.slice(node.target.span)
    place, proper = scores.module.place(node), f"{metric}({model})"
    key = (place.source.path, node.span.start, "score")
    is_measured = any(each.keyword == metric for each in scores.metrics)
    helps = (fix(place, proper, f"write `{proper}`"),) if is_measured else ()
    words = f"a score is asked of its metric: `{proper}`, not `{model}.{metric}`"
    if key not in scores.context.shown:
        scores.context.shown.add(key)
        scores.context.report(WrongOperand, words, place, f"write `{proper}`", helps=helps)


def _is_known(scores: Scores, node: tree.Expression) -> bool:
    """Whether an expression asks for no score, and can be computed beforehand."""
    if isinstance(node, tree.Binary):
        return _is_known(scores, node.left) and _is_known(scores, node.right)
    if isinstance(node, tree.Group):
        return _is_known(scores, node.inner)
    return not isinstance(node, tree.Call)


def _of_kind(scores: Scores, node: tree.Expression, wanted: Kind) -> _Part | None:
    part = _part(scores, node)
    if part is None or part.kind is wanted:
        return part
    words = f"{wanted} is wanted here, this is {part.kind}"
    scores.context.report(WrongOperand, words, scores.module.place(node), str(part.kind))
    return None


def _binary(scores: Scores, node: tree.Binary) -> _Part | None:
    wanted, given = _BINARY[node.operator.text]
    left, right = _of_kind(scores, node.left, wanted), _of_kind(scores, node.right, wanted)
    if left is None or right is None:
        return None
    arguments = (left.expression, right.expression)
    return _Part(Call(function=OPERATORS[node.operator.text], arguments=arguments), given)


def _between(scores: Scores, node: tree.Binary, bounds: tree.Range) -> _Part | None:
    """`pass_rate(final) in 40%..60%`; an open end holds for all."""
    value = _of_kind(scores, node.left, Kind.NUMBER)
    nothing = _Part(Constant(value=None), Kind.NUMBER)
    low, high = (
        nothing if each is None else _of_kind(scores, each, Kind.NUMBER) for each in (bounds.low, bounds.high)
    )
    if value is None or low is None or high is None:
        return None
    arguments = (value.expression, low.expression, high.expression)
    inside = Call(function="between", arguments=arguments)
    if node.operator.text == "not in":
        inside = Call(function="not", arguments=(inside,))
    return _Part(inside, Kind.TRUTH)


def _number(scores: Scores, node: tree.Expression) -> _Part | None:
    value = constant(scores.context, scores.module, node)
    if value.sort is Sort.UNKNOWN:
        return None
    place = scores.module.place(node)
    if value.sort is not Sort.NUMBER:
        scores.context.report(WrongOperand, f"{value.describe()} cannot be compared with scores", place)
        return None
    if value.unit not in (Unit.NONE, Unit.SHARE):
        words = f"{value.describe()} cannot be compared with scores"
        scores.context.report(WrongUnit, words, place, "a number or a share is wanted")
        return None
    return _Part(Constant(value=value.data), Kind.NUMBER)


# --- scores -----------------------------------------------------------------------------------


def _measured(scores: Scores, node: tree.Call) -> _Part | None:
    """`metric(model)`: the score of a model over all rows."""
    place = scores.module.place(node.function)
    written = node.function.text if isinstance(node.function, tree.Name) else scores.module.source.slice(
        node.function.span
    )  # fmt: skip
    known = [each for each in scores.metrics if each.keyword == written]
    if not known:
        helps = did_you_mean(place, written, {each.keyword for each in scores.metrics})
        words = f"this eval does not measure `{written}`"
        scores.context.report(WrongOperand, words, place, "not among its metrics", helps=helps)
        return None
    if len(known) > 1:
        listed = " and ".join(f"`{each.written}`" for each in known)
        words = f"`{written}` is the name of {listed} here; a gate cannot tell them apart"
        helps = (Help("measure them in evals of their own"),)
        scores.context.report(AmbiguousName, words, place, "which one?", helps=helps)
        return None
    name = _model(scores, node, written)
    return None if name is None else _Part(Column(name=f"{written}({name})"), Kind.NUMBER)


def _model(scores: Scores, node: tree.Call, written: str) -> str | None:
    argument = node.arguments[0] if len(node.arguments) == 1 else None
    found = lookup(scores.module, argument.value) if argument is not None and argument.name is None else None
    if found is not None and found.full_name in scores.models:
        return found.full_name
    place = scores.module.place(argument or node)
    listed = "it judges " + ", ".join(f"`{each}`" for each in scores.models)
    named = scores.module.source.slice(place.span) if argument is not None else ""
    close = nearest(named, scores.models)
    words = f"`{written}` asks for one model that this eval judges"
    if argument is not None and isinstance(argument.value, tree.Name | tree.Member):
        words = f"this eval does not judge `{named}`"
    helps = (fix(place, close, f"a similar name exists: `{close}`"),) if close else ()
    scores.context.report(WrongType, words, place, "of which?", notes=(listed,), helps=helps)
    return None
