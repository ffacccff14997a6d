"""A plan is checked after it is built and after it is loaded: a broken one never runs."""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.plan.model import DataNode, EvalNode, ModelNode, Node, Plan, StageNode, TokensNode, inputs_of


def faults(plan: Plan) -> Iterator[str]:
    """Everything that makes the plan unfit to run, in words; nothing when it is fit."""
    above: dict[str, Node] = {}
    for node in plan.nodes:
        if node.name in above:
            yield f"two nodes are named `{node.name}`"
        if not node.fingerprint:
            yield f"`{node.name}` has no fingerprint"
        for name in inputs_of(node):
            if name not in above:
                yield f"`{node.name}` reads `{name}`, which does not stand above it"
        yield from _kind_faults(node, above)
        above[node.name] = node


def _kind_faults(node: Node, above: dict[str, Node]) -> Iterator[str]:
    wanted: list[tuple[str, str, tuple[type, ...]]] = []
    if isinstance(node, TokensNode):
        wanted = [("data", node.data.node, (DataNode,)), ("model", node.model, (ModelNode,))]
    elif isinstance(node, StageNode):
        wanted = [
            ("start", node.start, (ModelNode, StageNode)),
            ("base", node.base, (ModelNode,)),
            ("tokens", node.tokens, (TokensNode,)),
        ]
    elif isinstance(node, EvalNode):
        wanted = [("models", name, (ModelNode, StageNode)) for name in node.models]
    for role, name, kinds in wanted:
        if name in above and not isinstance(above[name], kinds):
            yield f"`{role}` of `{node.name}` cannot be the {above[name].kind} node `{name}`"
    yield from _part_faults(node, above)


def _part_faults(node: Node, above: dict[str, Node]) -> Iterator[str]:
    for each in _dataset_inputs(node):
        source = above.get(each.node)
        if isinstance(source, DataNode) and (each.part or None) not in (source.parts or (None,)):
            yield f"`{node.name}` reads `{each}`, but `{each.node}` has the parts {list(source.parts)}"


def _dataset_inputs(node: Node) -> list:  # type: ignore[type-arg]
    if isinstance(node, TokensNode | EvalNode):
        return [node.data]
    if isinstance(node, DataNode):
        source = node.source
        own = [source.input] if source.kind == "node" else list(getattr(source, "inputs", ()))
        return own + [step.input for step in node.steps if step.input]
    return []
