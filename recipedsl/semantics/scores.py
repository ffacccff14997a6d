"""Rewards and metrics: functions of an answer and its row, and weighted sums of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import WrongShape
from recipedsl.diagnostics.codes.names import StageOrder, WrongKind
from recipedsl.diagnostics.codes.types import BadPattern, NotAChoice, OutOfRange, WrongOperand, WrongType
from recipedsl.language import catalogue
from recipedsl.language.concept import Concept, Setting
from recipedsl.language.types import Kind, RowType, Type
from recipedsl.language.values import Unit, Wants
from recipedsl.semantics.constants import constant
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean, fix
from recipedsl.semantics.files import check_python
from recipedsl.semantics.models import model
from recipedsl.semantics.recipe import Later, Place, RowExpression, Score, Stage, WeightedScore, WorkUse
from recipedsl.semantics.rows import Rows, pattern_problem, type_expression
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.semantics.settings import Deferred, Named, Settings, read_call
from recipedsl.semantics.values import Sort
from recipedsl.syntax import tree

_PYTHON = re.compile(r".+\.py:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Scoring:
    """What scores may refer to: the module's names and the columns of the rows."""

    context: Context
    module: Module
    row: RowType | None
    origin: str


def read_reward(scoring: Scoring, expression: tree.Expression) -> tuple[WeightedScore, ...] | None:
    """Terms of a reward: `0.8 * judge + 0.2 * passes(tests)`; None after a problem was reported.

    The weights of a score that stands several times are added up.
    """
    terms = _terms(scoring, expression, 1.0)
    if terms is None:
        return None
    found: list[WeightedScore] = []
    for term in terms:
        same = [index for index, each in enumerate(found) if each.score.same_as(term.score)]
        if same:
            first = found[same[0]]
            found[same[0]] = replace(first, weight=first.weight + term.weight)
        else:
            found.append(term)
    return tuple(found)


def _terms(scoring: Scoring, node: tree.Expression, weight: float) -> tuple[WeightedScore, ...] | None:
    if isinstance(node, tree.Group):
        return _terms(scoring, node.inner, weight)
    if isinstance(node, tree.Unary) and node.operator.text == "-":
        return _terms(scoring, node.operand, -weight)
    if isinstance(node, tree.Binary) and node.operator.text in "+-":
        left = _terms(scoring, node.left, weight)
        right = _terms(scoring, node.right, weight if node.operator.text == "+" else -weight)
        return None if left is None or right is None else left + right
    if isinstance(node, tree.Binary) and node.operator.text in "*/":
        return _product(scoring, node, weight)
    score = _term(scoring, node)
    return None if score is None else (WeightedScore(weight, score),)


def _product(scoring: Scoring, node: tree.Binary, weight: float) -> tuple[WeightedScore, ...] | None:
    for factor, rest in ((node.left, node.right), (node.right, node.left)):
        if not _is_constant(scoring.module, factor) or (node.operator.text == "/" and factor is node.left):
            continue
        value = constant(scoring.context, scoring.module, factor)
        if value.sort is Sort.UNKNOWN:
            return None
        if value.sort is Sort.NUMBER and value.data != 0 and value.unit in (Unit.NONE, Unit.SHARE):
            return _terms(
                scoring, rest, weight * value.data if node.operator.text == "*" else weight / value.data
            )
    words = "a reward is a sum of terms, each a number times a reward"
    helps = (Help("such as `0.8 * judge + 0.2 * passes(tests)`"),)
    scoring.context.report(
        WrongOperand, words, scoring.module.place(node), "not a number times a reward", helps=helps
    )
    return None


def _is_constant(module: Module, node: tree.Expression) -> bool:
    if isinstance(node, tree.Name | tree.Member):
        found = lookup(module, node)
        return found is not None and found.kind in ("param", "let")
    if isinstance(node, tree.Group):
        return _is_constant(module, node.inner)
    if isinstance(node, tree.Unary):
        return _is_constant(module, node.operand)
    if isinstance(node, tree.Binary):
        return _is_constant(module, node.left) and _is_constant(module, node.right)
    return isinstance(node, tree.Number)


def _term(scoring: Scoring, node: tree.Expression) -> Score | None:
    if isinstance(node, tree.Call):
        return read_score(scoring, node, "reward")
    declared = lookup(scoring.module, node) if isinstance(node, tree.Name | tree.Member) else None
    if declared is None and isinstance(node, tree.Name) and catalogue.find("reward", node.text) is not None:
        return read_score(scoring, node, "reward")
    return _judge(scoring, node, declared)


def _judge(scoring: Scoring, node: tree.Expression, declared: Declared | None) -> Score | None:
    """An earlier reward stage as a reward."""
    place = scoring.module.place(node)
    if declared is not None and declared.kind == "stage":
        stage = reward_stage(scoring.context, declared, place)
        return None if stage is None else Score("model", declared.full_name, {}, {}, stage, "", place)
    if declared is not None and declared.kind == "model":
        scoring.context.used.add(declared.full_name)
        instead = "a `reward` stage that starts from it gives one"
        scoring.context.later[Later(f"the model `{declared.name}` as a reward", instead, place)] = None
        name = declared.full_name if model(scoring.context, declared) is not None else None
        return None if name is None else Score("model", declared.full_name, {}, {}, name, "", place)
    known = [*catalogue.keywords("reward"), *_reward_stages(scoring)]
    if declared is not None:
        words = f"a reward function or a reward stage is wanted here, `{declared.name}` is {declared.noun}"
        scoring.context.report(WrongKind, words, place, declared.noun, helps=did_you_mean(place, "", known))
    elif isinstance(node, tree.Name | tree.Member):
        unknown_reference(scoring.context, scoring.module, node, known, "reward")
    elif not isinstance(node, tree.Broken):
        helps = _summed(scoring, node)
        words = "a reward function or a reward stage is wanted here"
        scoring.context.report(WrongType, words, place, helps=helps)
    return None


def _summed(scoring: Scoring, node: tree.Expression) -> tuple[Help, ...]:
    """A list of rewards as the sum that it is in other tools."""
    if not isinstance(node, tree.ListOf) or not node.items:
        return (Help("a reward is a sum with weights: `0.8 * judge + 0.2 * passes(tests)`"),)
    proper = " + ".join(scoring.module.source.slice(each.span) for each in node.items)
    return (fix(scoring.module.place(node), proper, f"write `{proper}`"),)


def _reward_stages(scoring: Scoring) -> list[str]:
    stages = scoring.context.stages
    return [
        name
        for name in names(scoring.module, "stage")
        if name in stages and stages[name].method.gives == "reward"
    ]


def reward_stage(context: Context, declared: Declared, place: Place) -> str | None:
    """Name of a stage that gives a reward model; None after a problem was reported."""
    stage = resolved_stage(context, declared, place)
    if stage is None:
        return None
    if stage.method.gives == "reward":
        return stage.name
    context.report(
        WrongShape,
        f"`{declared.name}` ({stage.method.keyword}) gives a policy; a reward model is wanted",
        place,
        "gives no rewards",
        secondary=[(stage.place, "declared here")],
        helps=(Help("train one with `stage judge: reward { from = …, data = pairs }`"),),
    )
    return None


def policy(context: Context, declared: Declared, place: Place, *, or_reward: bool = False) -> str | None:
    """Name of a model or stage that writes answers; None after a problem was reported.

    With `or_reward` a stage that gives rewards will do as well.
    """
    context.used.add(declared.full_name)
    if declared.kind == "model":
        return declared.full_name if model(context, declared) is not None else None
    if declared.full_name in context.works:
        return work_policy(context, context.works[declared.full_name], place)
    stage = resolved_stage(context, declared, place)
    if stage is None or stage.method.gives == "policy" or or_reward:
        return stage.name if stage is not None else None
    words = f"`{declared.name}` is a reward model; one that writes answers is wanted"
    context.report(WrongKind, words, place, "gives rewards", secondary=[(stage.place, "declared here")])
    return None


def work_policy(context: Context, work: WorkUse, place: Place) -> str | None:
    """Name of a stage that trains nothing, where it gives a model."""
    if work.concept.gives == "policy":
        return work.name
    words = f"`{work.name}` writes files; a model is wanted"
    context.report(WrongKind, words, place, "gives files", secondary=[(work.place, "declared here")])
    return None


def resolved_stage(context: Context, declared: Declared, place: Place) -> Stage | None:
    """A stage that stands above; None after a problem was reported."""
    context.used.add(declared.full_name)
    stage = context.stages.get(declared.full_name)
    if stage is None and declared.full_name not in context.broken:
        words = f"stage `{declared.name}` stands further down; only those above can be asked"
        secondary = [(declared.name_place, "declared here")]
        context.report(StageOrder, words, place, "not there yet", secondary=secondary)
    return stage


# --- one score --------------------------------------------------------------------------------


def read_score(scoring: Scoring, node: tree.Expression, family: str) -> Score | None:
    """A use of a reward function or metric; None after a problem was reported."""
    head = node.function if isinstance(node, tree.Call) else node
    written = head.text if isinstance(head, tree.Name) else scoring.module.source.slice(head.span)
    concept = catalogue.find(family, written)
    place = scoring.module.place(head)
    if concept is None:
        known = catalogue.keywords(family)
        helps = did_you_mean(place, written, known)
        scoring.context.report(
            NotAChoice, f"unknown {family} `{written}`", place, f"no such {family}", helps=helps
        )
        return None
    settings = read_call(scoring.context, scoring.module, concept, node)
    if not settings.complete:
        return None
    return _resolve(scoring, concept, settings, scoring.module.place(node))


def _resolve(scoring: Scoring, concept: type[Concept], settings: Settings, place: Place) -> Score | None:
    expressions: dict[str, RowExpression | None] = {}
    models: dict[str, str | None] = {"judge": "", "against": "", "model": ""}
    terms: dict[str, tuple[WeightedScore, ...] | None] = {}
    constants: dict[str, Any] = {}
    for name, setting in concept.settings().items():
        value = settings.get(name)
        if isinstance(value, Named):
            asks = reward_stage if name == "judge" else policy
            models[name] = asks(scoring.context, value.declared, value.place)
        elif setting.type.wants is Wants.EXPRESSION and isinstance(value, Deferred):
            terms[name] = read_reward(scoring, value.expression)
        elif setting.type.wants is Wants.ROW and isinstance(value, Deferred):
            expressions[name] = _row_value(scoring, value, setting)
        elif value is not None:
            constants[name] = value
    good = _good_constants(scoring, constants, settings)
    found = {name: each for name, each in expressions.items() if each is not None}
    parts = {name: each for name, each in terms.items() if each is not None}
    if not good or None in models.values() or len(found) < len(expressions) or len(parts) < len(terms):
        return None
    # On one line; white space inside of texts stays, as it tells patterns apart.
    written = re.sub(r"\s*\n\s*", " ", place.source.slice(place.span))
    against = models["against"] or models["model"] or ""
    return Score(concept.keyword, written, found, constants, models["judge"] or "", against, place, parts)


def _row_value(scoring: Scoring, value: Deferred, setting: Setting) -> RowExpression | None:
    rows = Rows(scoring.context, value.module, scoring.row, scoring.origin)
    typed = type_expression(rows, value.expression)
    wanted = setting.type.families
    if typed is None or not wanted or any(_is(typed.type, each) for each in wanted):
        return None if typed is None else typed.expression
    kinds = " or ".join(wanted)
    words = f"`{setting.name}` takes {kinds}, this is of type `{typed.type}`"
    scoring.context.report(WrongType, words, value.place, f"not {kinds}")
    return None


def _is(type_: Type, kind: str) -> bool:
    """Whether a type is `text` or `number`, as far as is known."""
    return type_.kind is Kind.ANY or (type_.is_text if kind == "text" else type_.is_number)


def _good_constants(scoring: Scoring, constants: dict[str, Any], settings: Settings) -> bool:
    problem = pattern_problem(constants["pattern"]) if "pattern" in constants else ""
    if problem:
        words = f"this pattern cannot run: {problem}"
        scoring.context.report(BadPattern, words, settings.written["pattern"], problem)
    target, limit = constants.get("target"), constants.get("limit")
    if isinstance(target, int) and isinstance(limit, int) and limit < target:
        words = f"`limit` is where nothing is left and cannot be below `target`, {target}"
        scoring.context.report(OutOfRange, words, settings.written["limit"], "below `target`")
        return False
    function = constants.get("function")
    if isinstance(function, str) and not _PYTHON.fullmatch(function):
        words = f"a function is written `file.py:name`, found `{function}`"
        scoring.context.report(WrongType, words, settings.written["function"], "no `file.py:name`")
        return False
    if isinstance(function, str) and not check_python(
        scoring.context, settings.written["function"], function
    ):
        return False
    return not problem
