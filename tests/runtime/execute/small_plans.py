"""Small plans for tests of the executor. A node's `doc` tells the stand-in worker what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.language.shapes import Shape
from recipedsl.plan.identity import fingerprint
from recipedsl.plan.model import (
    DataNode,
    EvalNode,
    Gate,
    Input,
    ModelNode,
    ModelSource,
    Node,
    Origin,
    Plan,
    ReadSource,
    ScoreSpec,
    StageNode,
    StepSpec,
    TemplateSpec,
    TokensNode,
    inputs_of,
)

RECIPE = "\n".join(
    [
        "ftr 1",
        'model base { from = local("tiny") }',
        'data lessons = read("data/lessons.jsonl")',
        "stage tuned: sft { from = base, data = lessons }",
        "eval report {",
        "  expect pass_rate(tuned) >= pass_rate(base)",
        "}",
        "",
    ]
)


def origin(line: int = 1, start: int = 1, end: int = 6) -> Origin:
    return Origin(path="recipe.ftr", line=line, column=start, end_line=line, end_column=end)


def model_node(name: str = "base") -> ModelNode:
    source = ModelSource(keyword="local", settings={"path": "tiny"})
    return ModelNode(name=name, origin=origin(2), source=source)


def data_node(name: str, *, digest: str = "", steps: tuple[StepSpec, ...] = (), **changed: Any) -> DataNode:
    source = ReadSource(path=f"data/{name}.jsonl", digest=digest)
    return DataNode(name=name, origin=origin(3), source=source, steps=steps, row={}, **changed)


def step(keyword: str, text: str, /, **expressions: Any) -> StepSpec:
    return StepSpec(keyword=keyword, text=text, expressions=expressions, origin=origin(3))


def tokens_node(name: str, data: Input, model: str = "base") -> TokensNode:
    return TokensNode(
        name=name,
        origin=origin(4),
        data=data,
        model=model,
        template=TemplateSpec(),
        shape=Shape.CHAT,
        purpose="sft",
    )


def stage_node(name: str, start: str, tokens: str, *, does: Any = None, **changed: Any) -> StageNode:
    given: dict[str, Any] = {"arguments": {"learning_rate": 2e-4}, "adapter_use": "new", **changed}
    return StageNode(
        name=name,
        doc=json.dumps(does) if does else "",
        origin=origin(4),
        method="sft",
        trainer="trl.SFTTrainer",
        config="trl.SFTConfig",
        start=start,
        base="base",
        tokens=tokens,
        **given,
    )


def eval_node(models: tuple[str, ...], *, does: Any = None, bar: float = 0.0) -> EvalNode:
    """An eval whose gate wants `tuned` to be better than `base` by `bar`."""
    least = Call(function="add", arguments=(Column(name="pass_rate(base)"), Constant(value=bar)))
    gate = Gate(
        condition=Call(function="greater_equal", arguments=(Column(name="pass_rate(tuned)"), least)),
        text="pass_rate(tuned) >= pass_rate(base)" + (f" + {100 * bar:g}%" if bar else ""),
        message="it must not get worse",
        origin=origin(6, 10, 45),
    )
    metric = ScoreSpec(keyword="pass_rate", name="pass_rate()", origin=origin(5))
    return EvalNode(
        name="report",
        doc=json.dumps(does) if does else "",
        origin=origin(5),
        models=models,
        data=Input(node="lessons", part="held"),
        metrics=(metric,),
        slices=("topic",),
        gates=(gate,),
    )


def plan_of(*nodes: Node) -> Plan:
    """The plan of these nodes, fingerprints filled in."""
    known: dict[str, str] = {}
    done: list[Node] = []
    for node in nodes:
        known[node.name] = fingerprint(node, {name: known[name] for name in inputs_of(node)}, {})
        done.append(node.model_copy(update={"fingerprint": known[node.name]}))
    return Plan(recipe="recipe.ftr", nodes=tuple(done))


def small_plan(*, tuned: Any = None, report: Any = None, digest: str = "", bar: float = 0.0) -> Plan:
    """A model, rows in two parts, tokens, two stages, an eval between them."""
    return plan_of(
        model_node(),
        data_node("lessons", digest=digest, parts=("train", "held")),
        tokens_node("tuned.tokens", Input(node="lessons", part="train")),
        stage_node("tuned", "base", "tuned.tokens", does=tuned),
        eval_node(("base", "tuned"), does=report, bar=bar),
        stage_node("final", "tuned", "tuned.tokens"),
    )


def write_recipe(root: Path) -> None:
    (root / "recipe.ftr").write_text(RECIPE, "utf-8")
