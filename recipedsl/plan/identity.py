"""Fingerprints: the identity of a node's result.

A fingerprint is the SHA-256 of the node's canonical JSON without what cannot change its result
(name, place in the text, doc comment, step texts, how often it is saved), the fingerprints of its
inputs in place of their names, and the versions of the packages that decide the result of its kind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recipedsl.language.expressions import Call, Column, Constant, to_json
from recipedsl.language.functions.catalogue import FUNCTIONS
from recipedsl.plan.model import EvalNode, Node, Record, StageNode, inputs_of

#: Packages whose version is part of a node's identity, by kind of node.
DECIDING_PACKAGES: dict[str, tuple[str, ...]] = {
    "model": ("transformers", "gguf"),
    "data": ("polars",),
    "tokens": ("polars", "tokenizers", "jinja2"),
    "stage": ("torch", "transformers", "trl", "peft", "accelerate"),
    "eval": ("torch", "transformers", "peft"),
    "later": (),
}

#: Raised by hand when our own code of that kind gives other results than before.
RESULT_VERSION: dict[str, int] = {"model": 1, "data": 2, "tokens": 2, "stage": 1, "eval": 1, "later": 1}


#: Packages that single functions of expressions are decided by. `python` is the interpreter.
_BY_FUNCTION: dict[str, tuple[str, ...]] = {
    each.keyword: each.decided_by for each in FUNCTIONS if each.decided_by
}

#: Packages that single steps are decided by.
_BY_STEP: dict[str, tuple[str, ...]] = {"spread": ("wordllama", "tokenizers", "numpy")}


def packages_of(nodes: Iterable[Node] | None = None) -> list[str]:
    """Packages that decide results of any kind, and those of functions that the nodes use, sorted.

    Without nodes those of all functions.
    """
    every = (*_BY_FUNCTION.values(), *_BY_STEP.values())
    used = every if nodes is None else (deciding_packages(node) for node in nodes)
    return sorted({name for names in (*DECIDING_PACKAGES.values(), *used) for name in names})


def deciding_packages(node: Node) -> tuple[str, ...]:
    """Packages whose version is part of a node's identity: those of its kind, and of functions it uses."""
    if node.kind != "data":
        return DECIDING_PACKAGES[node.kind]
    used = {name for function in _functions_of(node) for name in _BY_FUNCTION.get(function, ())}
    used |= {name for step in node.steps for name in _BY_STEP.get(step.keyword, ())}
    return (*DECIDING_PACKAGES[node.kind], *sorted(used))


def _functions_of(value: Any) -> Iterator[str]:
    """Keywords of all functions that stand in a value."""
    if isinstance(value, Call):
        yield value.function
        yield from _functions_of(value.arguments)
    elif isinstance(value, Record):
        for name in type(value).model_fields:
            yield from _functions_of(getattr(value, name))
    elif isinstance(value, Mapping):
        yield from _functions_of(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _functions_of(each)


def fingerprint(node: Node, inputs: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """Hex SHA-256 of what decides the node's result.

    Args:
        node: the node; its own `fingerprint` is ignored.
        inputs: fingerprints of the nodes that it reads, by name.
        versions: installed versions by package.
    """
    form = {
        "node": canonical(node, inputs),
        "inputs": [inputs[name] for name in inputs_of(node)],
        "versions": {name: versions.get(name, "") for name in deciding_packages(node)},
        "result": RESULT_VERSION[node.kind],
    }
    return hashlib.sha256(to_canonical_json(form).encode()).hexdigest()


def canonical(node: Node, inputs: Mapping[str, str]) -> Any:
    """The node as plain values: fingerprints in place of the names of inputs, silent fields left out.

    Only fields of records are looked at. What a recipe's author named (columns, settings, rows) is
    kept whole, whatever it is called.
    """
    form = _canonical(node, inputs)
    if isinstance(node, EvalNode):
        # The result's tables are written with the names of the models.
        form["names"] = [*node.models, *(each.against for each in node.metrics)]
    if isinstance(node, StageNode):
        # Results that were made before stages could look at held-out rows keep their fingerprints.
        if node.looks is None:
            del form["looks"]
        # What a reward is called stands in the log only; in an eval it is the name of a table.
        for term in form["rewards"]:
            del term["score"]["name"]
    return form


def _canonical(value: Any, inputs: Mapping[str, str]) -> Any:
    if isinstance(value, Record):
        names = [name for name in type(value).model_fields if name not in value.silent]
        return {name: _field(value, name, inputs) for name in names}
    if isinstance(value, Column | Constant | Call):
        return to_json(value)
    if isinstance(value, dict):
        return {key: _canonical(part, inputs) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part, inputs) for part in value]
    return value


def _field(record: Record, name: str, inputs: Mapping[str, str]) -> Any:
    value = getattr(record, name)
    if name == "expressions":
        # Pairs, as JSON sorts keys: what is derived first may be read by what is derived next.
        return [[key, _canonical(part, inputs)] for key, part in value.items()]
    if name not in record.references:
        return _canonical(value, inputs)
    return _named(value, inputs)


def _named(value: Any, inputs: Mapping[str, str]) -> Any:
    """Names of nodes, alone, in lists or by role, as their fingerprints."""
    if isinstance(value, Mapping):
        return {key: _named(each, inputs) for key, each in value.items()}
    return inputs.get(value, value) if isinstance(value, str) else [inputs.get(each, each) for each in value]


def to_canonical_json(form: Any) -> str:
    """JSON with sorted keys and no white space: equal values give equal text."""
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
