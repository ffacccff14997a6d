"""Fingerprints: the identity of a node's result.

A fingerprint is the SHA-256 of the node's canonical JSON without what cannot change its result
(name, place in the text, doc comment, step texts), the fingerprints of its inputs in place of
their names, and the versions of the packages that decide the result of its kind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from recipedsl.plan.model import Node, inputs_of

#: Packages whose version is part of a node's identity, by kind of node.
DECIDING_PACKAGES: dict[str, tuple[str, ...]] = {
    "model": ("transformers", "gguf"),
    "data": ("polars",),
    "tokens": ("polars", "tokenizers", "jinja2"),
    "stage": ("torch", "transformers", "trl", "peft", "accelerate"),
    "eval": ("torch", "transformers", "peft"),
}

#: Raised by hand when our own code of that kind gives other results than before.
RESULT_VERSION: dict[str, int] = {"model": 1, "data": 1, "tokens": 1, "stage": 1, "eval": 1}

_SILENT = {"origin", "doc", "fingerprint", "text"}


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
        "versions": {name: versions.get(name, "") for name in DECIDING_PACKAGES[node.kind]},
        "result": RESULT_VERSION[node.kind],
    }
    return hashlib.sha256(to_canonical_json(form).encode()).hexdigest()


def canonical(node: Node, inputs: Mapping[str, str]) -> dict[str, Any]:
    """The node as JSON, names of its inputs replaced by their fingerprints, silent parts dropped."""
    form = _drop_silent(node.model_dump(mode="json"))
    form.pop("name")
    return {key: _replace_names(key, value, inputs) for key, value in form.items()}


_REFERENCES = {"against", "node", "start", "base", "tokens", "prompts", "model", "models"}


def _replace_names(key: str, value: Any, inputs: Mapping[str, str]) -> Any:
    if key in _REFERENCES and isinstance(value, str):
        return inputs.get(value, value)
    if key in _REFERENCES and isinstance(value, list):
        return [inputs.get(each, each) for each in value]
    if isinstance(value, dict):
        return {name: _replace_names(name, part, inputs) for name, part in value.items()}
    if isinstance(value, list):
        return [_replace_names("", part, inputs) for part in value]
    return value


def _drop_silent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _drop_silent(part) for key, part in value.items() if key not in _SILENT}
    if isinstance(value, list):
        return [_drop_silent(part) for part in value]
    return value


def to_canonical_json(form: Any) -> str:
    """JSON with sorted keys and no white space: equal values give equal text."""
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
