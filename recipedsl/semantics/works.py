"""Stages that train nothing, and what stages ask beside their start and rows: other models and datasets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recipedsl.language.concept import Setting
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.stages.works import Work
from recipedsl.language.values import ValueType, Wants
from recipedsl.semantics.context import Context, Declared
from recipedsl.semantics.pipelines import reference
from recipedsl.semantics.recipe import DataReference, RowExpression, WorkUse
from recipedsl.semantics.rows import Rows, type_expression
from recipedsl.semantics.scores import policy
from recipedsl.semantics.settings import Deferred, Named, Settings, read_block
from recipedsl.syntax import tree

#: Settings that are read in ways of their own.
_OWN = ("from", "data", "reward")


def work(context: Context, declared: Declared, thing: tree.Thing, concept: type[Work]) -> None:
    """Resolve a stage that trains nothing; it is known to those below only when nothing was wrong."""
    settings = read_block(context, declared.module, concept, thing)
    models = asked_models(context, settings.get("models"))
    if not settings.complete or models is None:
        context.broken.add(declared.full_name)
        return
    values = {name: each for name, each in settings.values.items() if name != "models"}
    context.works[declared.full_name] = WorkUse(
        declared.full_name, concept, models, values, declared.name_place, "\n".join(thing.doc)
    )


def asked_models(context: Context, value: Any, *, or_reward: bool = False) -> tuple[str, ...] | None:
    """Names of the policies that a setting names; None after a problem was reported.

    With `or_reward` stages that give rewards will do as well.
    """
    named = value if isinstance(value, tuple) else (value,)
    found = [
        policy(context, each.declared, each.place, or_reward=or_reward) if isinstance(each, Named) else None
        for each in named
    ]
    return None if None in found else tuple(each for each in found if each is not None)


@dataclass(slots=True)
class Asked:
    """What a stage asks beside its start, its rows and its reward, by setting."""

    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    datasets: dict[str, DataReference] = field(default_factory=dict)
    expressions: dict[str, RowExpression] = field(default_factory=dict)
    failed: bool = False

    @property
    def names(self) -> set[str]:
        """Settings that are told of here."""
        return {*self.roles, *self.datasets, *self.expressions}


def asked(
    context: Context,
    declared: Declared,
    method: type[StageMethod],
    settings: Settings,
    data: DataReference | None,
) -> Asked:
    """Resolve the settings of a stage that name other models, other datasets or values of its rows."""
    found = Asked()
    for name, setting in method.settings().items():
        value = settings.get(name)
        if name in _OWN or value is None:
            continue
        if _names(setting.type, "model"):
            # A value head may start from any model with the weights for it, and from a judge above all.
            models = asked_models(context, value, or_reward=name == "value")
            found.failed |= models is None
            found.roles[name] = models or ()
        elif isinstance(value, Deferred):
            _deferred(context, declared, found, setting, value, data)
    return found


def _names(type_: ValueType, kind: str) -> bool:
    item = type_.item if type_.wants is Wants.LIST and type_.item is not None else type_
    return item.wants is Wants.NAME and kind in item.families


def _deferred(
    context: Context,
    declared: Declared,
    found: Asked,
    setting: Setting,
    value: Deferred,
    data: DataReference | None,
) -> None:
    if _names(setting.type, "data"):
        named = f"{declared.full_name}.{setting.name}"
        rows = reference(context, value.module, value.expression, named)
        found.failed |= rows is None
        if rows is not None:
            found.datasets[setting.name] = rows
        return
    row = context.datasets[data.name].row if data is not None else None
    origin = f"`{data.name}`" if data is not None else "the rows"
    typed = type_expression(Rows(context, value.module, row, origin), value.expression)
    found.failed |= typed is None
    if typed is not None:
        found.expressions[setting.name] = typed.expression
