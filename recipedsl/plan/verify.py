"""A plan is checked after it is built and after it is loaded: a broken one never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recipedsl.plan.identity import fingerprint
from recipedsl.plan.model import (
    DataNode,
    EvalNode,
    Input,
    LaterNode,
    LaterSource,
    ModelNode,
    Node,
    Plan,
    StageNode,
    TokensNode,
    inputs_of,
)

#: Names become names of files, so a plan from elsewhere must not say `../..`.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\[\]-]{0,199}")


def faults(plan: Plan) -> Iterator[str]:
    """Everything that makes the plan unfit to run, in words; nothing when it is fit."""
    above: dict[str, Node] = {}
    for node in plan.nodes:
        if node.name in above:
            yield f"two nodes are named `{node.name}`"
        yield from _name_faults(node)
        for name in inputs_of(node):
            if name not in above:
                yield f"`{node.name}` reads `{name}`, which does not stand above it"
        yield from _kind_faults(node, above)
        above[node.name] = node


def forgeries(plan: Plan) -> Iterator[str]:
    """Nodes that are not what their fingerprint says, in words.

    The store keeps results by fingerprint: a plan that was changed by hand would leave a result there
    that other recipes would take for theirs.
    """
    known = {node.name: node.fingerprint for node in plan.nodes}
    for node in plan.nodes:
        if fingerprint(node, known, plan.versions) != node.fingerprint:
            yield f"`{node.name}` is not what its fingerprint says: the plan was changed by hand"


def _name_faults(node: Node) -> Iterator[str]:
    if not node.fingerprint:
        yield f"`{node.name}` has no fingerprint"
    elif _SAFE.fullmatch(node.fingerprint) is None:
        yield f"the fingerprint of `{node.name}` is none"
    parts = node.parts if isinstance(node, DataNode) else ()
    for name in (node.name, *parts):
        if _SAFE.fullmatch(name) is None:
            yield f"`{name[:40]}` cannot be the name of a node or part"


def _kind_faults(node: Node, above: dict[str, Node]) -> Iterator[str]:
    for role, name, kinds in _wanted(node):
        found = above.get(name)
        if found is not None and not isinstance(found, kinds):
            yield f"`{role}` of `{node.name}` cannot be the {found.kind} node `{name}`"
    for role, name, gives in _given(node):
        found = above.get(name)
        if isinstance(found, StageNode) and found.gives != gives:
            yield f"`{role}` of `{node.name}` gives a {found.gives}, a {gives} is wanted: `{name}`"
    yield from _part_faults(node, above)


_POLICY = (ModelNode, StageNode, LaterNode)


def _wanted(node: Node) -> Iterator[tuple[str, str, tuple[type, ...]]]:
    """Names of other nodes by their role, with the kinds that they may be."""
    match node:
        case TokensNode():
            yield from (("data", node.data.node, (DataNode,)), ("model", node.model, (ModelNode,)))
        case StageNode():
            yield from (("start", node.start, _POLICY), ("base", node.base, (ModelNode,)))
            yield ("tokens", node.tokens, (TokensNode,))
            yield from (("eval", each.tokens, (TokensNode,)) for each in [node.looks] if each)
            yield from (("reward", term.score.node, (StageNode, ModelNode)) for term in node.rewards)
            yield from ((role, name, _POLICY) for role, names in node.roles.items() for name in names)
        case EvalNode():
            yield from (("models", name, _POLICY) for name in node.models)
            yield from (("tokens", name, (TokensNode,)) for name in (node.tokens, node.prompts))
            for metric in node.metrics:
                yield from (("judge", metric.node, (StageNode,)), ("against", metric.against, _POLICY))
        case DataNode():
            yield from (("input", each.node, (DataNode,)) for each in _dataset_inputs(node))
            if isinstance(node.source, LaterSource):
                yield ("model", node.source.model, _POLICY)
        case LaterNode():
            yield from (("models", name, _POLICY) for name in node.models)


def _given(node: Node) -> Iterator[tuple[str, str, str]]:
    """Names of stages by their role, with what they have to give."""
    if isinstance(node, StageNode):
        yield ("start", node.start, "policy")
        yield from (("reward", term.score.node, "reward") for term in node.rewards)
    if isinstance(node, EvalNode):
        others = (metric.against for metric in node.metrics)
        yield from (("models", name, "policy") for name in (*node.models, *others))
        yield from (("judge", metric.node, "reward") for metric in node.metrics)


def _part_faults(node: Node, above: dict[str, Node]) -> Iterator[str]:
    for each in _dataset_inputs(node):
        source = above.get(each.node)
        if isinstance(source, DataNode) and (each.part or None) not in (source.parts or (None,)):
            yield f"`{node.name}` reads `{each}`, but `{each.node}` has the parts {list(source.parts)}"


def _dataset_inputs(node: Node) -> list[Input]:
    if isinstance(node, TokensNode | EvalNode):
        return [node.data]
    if isinstance(node, StageNode):
        return list(node.reads.values())
    if isinstance(node, DataNode):
        source = node.source
        own = [source.input] if source.kind == "node" else list(getattr(source, "inputs", ()))
        return own + [step.input for step in node.steps if step.input]
    return []
