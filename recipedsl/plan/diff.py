"""What has changed between two forms of a node: the words behind `again because …`.

A form is what decides a node's result, with names kept for people: `described` makes it, the store
keeps the last one of each recipe and node, `changes` compares two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from recipedsl.plan.identity import RESULT_VERSION, deciding_packages, to_canonical_json
from recipedsl.plan.model import Node, inputs_of
from recipedsl.plan.words import DERIVED, in_words

#: Parts of a step or score that cannot; the text is kept in a form, because it is what people read.
_SILENT_OF_ITEMS = ("origin", "text")

#: Parts of a path that say nothing to people.
_CONTAINERS = {"arguments", "settings", "source", "expressions"}

#: What one item of a list is called.
_ITEMS = {"steps": "step", "rewards": "reward", "metrics": "metric", "slices": "slice"}

_LONGEST = 60


def described(node: Node, fingerprints: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, Any]:
    """The form of a node: JSON of everything that decides its result.

    Args:
        node: the node.
        fingerprints: of the nodes it reads, by name.
        versions: installed versions by package.
    """
    form = node.model_dump(mode="json")
    for key in node.silent:
        form.pop(key)
    if form.get("looks", "") is None:  # as in a fingerprint: forms from before know no such field
        form.pop("looks")
    form["inputs"] = {name: fingerprints[name] for name in inputs_of(node)}
    form["versions"] = {name: versions.get(name, "") for name in deciding_packages(node)}
    form["result"] = RESULT_VERSION[node.kind]
    return form


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Every difference between two forms, readable: `learning_rate 2e-4 -> 1e-4`, `lessons changed`.

    Differences that cannot change a result (places, comments, names) are left out.
    """
    own = {"inputs", "versions", "result"}
    old, new = (
        in_words({key: value for key, value in form.items() if key not in own}) for form in (before, after)
    )
    found = _own_changes(old, new)
    found += _input_changes(before.get("inputs", {}), after.get("inputs", {}))
    found += _version_changes(before.get("versions", {}), after.get("versions", {}))
    if before.get("result") != after.get("result"):
        found.append(f"{after.get('kind', 'these')} nodes are made another way")
    return list(dict.fromkeys(found))


def _own_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What was changed in the node itself; what follows from that is said only when it is all there is."""
    follows = DERIVED | ({"micro_batch"} if _batch(before) != _batch(after) else set())
    causes = [_without(form, follows) for form in (before, after)]
    return list(_mapping_changes((), *causes)) or list(_mapping_changes((), before, after))


def _batch(form: Mapping[str, Any]) -> Any:
    """Rows of a step, from which it follows how many there are at a time."""
    return form.get("arguments", {}).get("batch")


def _without(form: Mapping[str, Any], names: Set[str]) -> dict[str, Any]:
    """The form without some of its fields and of its arguments."""
    kept = {key: value for key, value in form.items() if key not in names}
    if "arguments" in kept:
        kept["arguments"] = {key: value for key, value in kept["arguments"].items() if key not in names}
    return kept


def _input_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{name} changed" for name in after if name in before and before[name] != after[name])


def _version_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in after:
        if before.get(name) != after[name]:
            yield f"{name} {before.get(name) or 'none'} -> {after[name] or 'none'}"


def _mapping_changes(path: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if _is_other_content(before, after):
        yield f"{after['path']} changed"
        before, after = ({**form, "digest": "", "row": ""} for form in (before, after))
    for key in _loud_keys({**before, **after}):
        yield from _value_changes((*path, key), before.get(key), after.get(key))


def _loud_keys(form: dict[str, Any]) -> list[str]:
    """Keys that count. Only what has a place in the text has silent parts: a column may be called `text`."""
    return [key for key in form if "origin" not in form or key not in _SILENT_OF_ITEMS]


def _is_other_content(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether both name the same file, whose contents differ."""
    same_path = "path" in after and before.get("path") == after["path"]
    return same_path and before.get("digest", "") != after.get("digest", "")


def _value_changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[str]:
    if _plain(before) == _plain(after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and not _is_expression(before, after):
        yield from _mapping_changes(path, before, after)
    elif isinstance(before, list) and isinstance(after, list) and _has_texts(before + after):
        yield from _list_changes(path, before, after)
    else:
        yield f"{_readable(path)} {_shown(before)} -> {_shown(after)}"


def _is_expression(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Trees of different kinds have nothing to compare key by key."""
    return before.get("kind") != after.get("kind") or before.get("keyword") != after.get("keyword")


def _has_texts(items: list[Any]) -> bool:
    return any(isinstance(each, dict) for each in items)


def _list_changes(path: tuple[str, ...], before: list[Any], after: list[Any]) -> Iterator[str]:
    """Steps and the like: which ones came, went or became others."""
    noun = _ITEMS.get(path[-1], path[-1])
    matcher = SequenceMatcher(
        None, [_plain(each) for each in before], [_plain(each) for each in after], False
    )
    for kind, low, high, new_low, new_high in matcher.get_opcodes():
        old, new = before[low:high], after[new_low:new_high]
        if kind == "equal":
            continue
        paired = min(len(old), len(new))
        yield from (_item_change(noun, *pair) for pair in zip(old[:paired], new[:paired], strict=True))
        yield from (f"{noun} `{_shown(each)}` removed" for each in old[paired:])
        yield from (f"{noun} `{_shown(each)}` added" for each in new[paired:])


def _item_change(noun: str, before: Any, after: Any) -> str:
    old, new = _shown(before), _shown(after)
    if old != new:
        return f"{noun} `{old}` -> `{new}`"
    # As written they are equal: a param, a type or a seed behind them is not.
    inner = list(_mapping_changes((), before, after)) if isinstance(before, dict) else []
    return f"{noun} `{new}`: {', '.join(inner)}" if inner else f"{noun} `{new}` changed"


def _plain(value: Any) -> str:
    """Canonical JSON without the silent parts; equal texts mean equal results."""
    return to_canonical_json(_without_silent(value))


def _without_silent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_silent(value[key]) for key in _loud_keys(value)}
    if isinstance(value, list):
        return [_without_silent(part) for part in value]
    return value


def _readable(path: tuple[str, ...]) -> str:
    kept = [part for part in path if part not in _CONTAINERS]
    return ".".join(kept or path)


def _shown(value: Any) -> str:
    """A value as people would write it, on one short line."""
    if isinstance(value, dict):
        text = value.get("text") or value.get("keyword") or to_canonical_json(value)
    elif value is None or value == "":
        text = "none"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, float):
        text = _number(value)
    else:
        text = value if isinstance(value, str) else to_canonical_json(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _number(value: float) -> str:
    """`0.0002` as `2e-4`, `3.0` as `3`; everything else as Python writes it."""
    if value != 0 and abs(value) < 1e-3:
        sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
        places = len(digits) - 1
        mantissa = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if places else "")
        return f"{'-' if sign else ''}{mantissa}e{int(exponent) + places}"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
