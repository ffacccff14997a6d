"""A node's form in the words of the recipe: settings by the names that recipes give them.

A plan holds the names of the libraries that carry it out (`num_train_epochs`, `r`). What each is
called in a recipe stands beside the setting in the vocabulary; here it is only looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from recipedsl.language import catalogue
from recipedsl.language.concept import Concept, Setting
from recipedsl.language.foreign import called
from recipedsl.language.optimizers.optimizers import Optimizer
from recipedsl.language.schedules.schedules import Schedule
from recipedsl.language.values import Wants

Kind = TypeVar("Kind", bound=Concept)

#: Fields that follow from others.
DERIVED = frozenset({"trainer", "config", "adapter_use", "row", "shape", "parts", "purpose"})


def in_words(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form of a node with the recipe's names for what they have names for."""
    found = dict(form)
    if form.get("kind") == "stage":
        found["arguments"] = _stage(form.get("method", ""), form.get("arguments") or {})
        found["adapter"] = _adapter(form.get("adapter"))
    if isinstance(form.get("template"), dict):
        found["template"] = _template(form["template"])
    return found


def _stage(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a trainer as settings of the method; what a recipe has no word for keeps its name."""
    concept = catalogue.find("stage", method)
    settings = concept.settings() if concept is not None else {}
    rest = dict(arguments)
    found: dict[str, Any] = {}
    rows, turns = rest.get("per_device_train_batch_size"), rest.pop("gradient_accumulation_steps", 1)
    if isinstance(rows, int) and isinstance(turns, int):
        found["batch"] = rows * turns
    for name, value in rest.items():
        setting = called(settings, name) or name
        group = _GROUPS.get(setting)
        found[setting] = group(arguments) if group else _written(settings.get(setting), value)
    inside = {name for members in (_schedule_members, _optimizer_members) for name in members(arguments)}
    return {name: value for name, value in found.items() if name not in inside}


# --- concepts that become several arguments -----------------------------------------------------------


def _schedule(arguments: Mapping[str, Any]) -> dict[str, Any]:
    name = str(arguments.get("lr_scheduler_type", ""))
    kinds = [each for each in _concepts("schedule", Schedule) if name.startswith(each.scheduler)]
    # Variants begin with the name of what they vary: `cosine_with_min_lr`.
    concept = max(kinds, key=lambda each: len(each.scheduler), default=None)
    given = {each: arguments[each] for each in _schedule_members(arguments) if each in arguments}
    given |= given.pop("lr_scheduler_kwargs", None) or {}
    return _use(concept, name, given)


def _schedule_members(arguments: Mapping[str, Any]) -> list[str]:
    return ["lr_scheduler_kwargs", *_members(arguments, _concepts("schedule", Schedule))]


def _optimizer(arguments: Mapping[str, Any]) -> dict[str, Any]:
    name = str(arguments.get("optim", ""))
    concept = next((each for each in _concepts("optimizer", Optimizer) if each.optim == name), None)
    return _use(concept, name, {each: arguments[each] for each in _optimizer_members(arguments)})


def _optimizer_members(arguments: Mapping[str, Any]) -> list[str]:
    return _members(arguments, _concepts("optimizer", Optimizer))


#: What is written for a setting whose value is a concept.
_GROUPS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "schedule": _schedule,
    "optimizer": _optimizer,
}


def _concepts(family: str, kind: type[Kind]) -> list[type[Kind]]:
    return [each for each in catalogue.FAMILIES[family] if issubclass(each, kind)]


def _members(arguments: Mapping[str, Any], concepts: Iterable[type[Concept]]) -> list[str]:
    """Arguments that are settings of one of the concepts."""
    known = [each.settings() for each in concepts]
    return [name for name in arguments if any(called(settings, name) for settings in known)]


def _use(concept: type[Concept] | None, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A use of a concept: its keyword and its settings, defaults filled in."""
    settings = concept.settings() if concept is not None else {}
    found = {each: setting.default for each, setting in settings.items() if setting.default is not None}
    found |= {called(settings, each) or each: value for each, value in given.items()}
    written = {each: _written(settings.get(each), value) for each, value in found.items()}
    return {"keyword": concept.keyword if concept is not None else name, **written}


def _adapter(form: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not form:
        return None
    return _use(catalogue.find("adapter", form["keyword"]), form["keyword"], form.get("settings") or {})


def _template(form: Mapping[str, Any]) -> dict[str, Any]:
    """A template by what it is called; a declared one by its parts."""
    kind = form.get("keyword")
    rest = {key: value for key, value in form.items() if key not in ("keyword", "name", "parts")}
    called_so = {"tokenizer": "the tokenizer's", "parts": "declared"}.get(str(kind), form.get("path", ""))
    return {"keyword": form.get("name") or called_so, **rest, **(form.get("parts") or {})}


# --- values -------------------------------------------------------------------------------------------


def _written(setting: Setting | None, value: Any) -> Any:
    """A value as a recipe writes it: shares in percent."""
    if setting is None or setting.type.wants is not Wants.SHARE or not isinstance(value, float):
        return value
    return f"{100 * value:.6g}%"
