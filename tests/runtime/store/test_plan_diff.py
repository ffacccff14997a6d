"""The words behind `again because …`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.plan.diff import changes, described
from recipedsl.plan.model import Plan
from recipedsl.runtime.store import Store
from tests.runtime.execute.small_plans import data_node, origin, plan_of, small_plan, stage_node, step

VERSIONS = {"torch": "2.13", "polars": "2.1"}


def stage_form(**changed: Any) -> dict[str, Any]:
    arguments = {"learning_rate": 2e-4, "num_train_epochs": 2.0, "bf16": False}
    fingerprints = {"base": "1", "tuned.tokens": changed.pop("tokens", "2")}
    versions = changed.pop("versions", VERSIONS)
    node = stage_node(
        "tuned", "base", "tuned.tokens", arguments={**arguments, **changed.pop("arguments", {})}
    )
    return described(node.model_copy(update=changed), fingerprints, versions)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"arguments": {"learning_rate": 1e-4}}, ["learning_rate 2e-4 -> 1e-4"]),
        ({"arguments": {"num_train_epochs": 3.0}}, ["epochs 2 -> 3"]),
        ({"arguments": {"bf16": True}}, ["bf16 false -> true"]),
        ({"arguments": {"seed": 3}}, ["seed none -> 3"]),
        ({"seed": 7, "reference": "start"}, ["reference none -> start", "seed 0 -> 7"]),
        ({"tokens": "3"}, ["tuned.tokens changed"]),
        ({"versions": {"torch": "2.14"}}, ["torch 2.13 -> 2.14"]),
        ({"doc": "other words", "origin": origin(line=9)}, []),
    ],
)
def test_a_stage(changed: dict[str, Any], said: list[str]) -> None:
    assert sorted(changes(stage_form(), stage_form(**changed))) == sorted(said)


def data_form(*steps: Any, digest: str = "a", **changed: Any) -> dict[str, Any]:
    return described(data_node("lessons", digest=digest, steps=steps, **changed), {}, VERSIONS)


LONG = step("where", "where chars(answer) > 40", condition=Column(name="answer"))
LONGER = step("where", "where chars(answer) > 50", condition=Column(name="question"))
DEDUP = step("dedup", "dedup question")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([LONG], [LONG, DEDUP], ["step `dedup question` added"]),
        ([LONG, DEDUP], [DEDUP], ["step `where chars(answer) > 40` removed"]),
        ([LONG, DEDUP], [LONGER, DEDUP], ["step `where chars(answer) > 40` -> `where chars(answer) > 50`"]),
        ([LONG], [LONG.model_copy(update={"text": "where  chars(answer)>40"})], []),
        ([DEDUP], [DEDUP.model_copy(update={"seed": 4})], ["step `dedup question`: seed 0 -> 4"]),
    ],
)
def test_steps(before: list[Any], after: list[Any], said: list[str]) -> None:
    assert changes(data_form(*before), data_form(*after)) == said


def test_a_file_with_other_contents() -> None:
    assert changes(data_form(), data_form(digest="b")) == ["data/lessons.jsonl changed"]


def test_columns_may_have_any_name() -> None:
    one, two = (step("derive", "derive text = a", text=Column(name=name)) for name in "ab")
    (said,) = changes(data_form(one), data_form(two))
    assert said == "step `derive text = a`: text.name a -> b"


def test_trees_of_different_kinds() -> None:
    one = step("where", "where x", condition=Constant(value=True))
    two = step("where", "where x", condition=Call(function="not", arguments=(Column(name="a"),)))
    assert len(changes(data_form(one), data_form(two))) == 1


def finish(store: Store, plan: Plan) -> None:
    for node in plan.nodes:
        with store.making(node.fingerprint) as making:
            making.finish(kind="model", name=node.name, node={}, facts={}, seconds=0.0)
        store.remember(plan, node)


def test_why(tmp_path: Path) -> None:
    store, plan = Store(tmp_path), small_plan()
    assert str(store.why(plan, plan.node("tuned"))) == "new"
    finish(store, plan)
    assert str(store.why(plan, plan.node("tuned"))) == "cached"
    tuned = stage_node("tuned", "base", "tuned.tokens", arguments={"learning_rate": 1e-4})
    other = plan_of(*(tuned if node.name == "tuned" else node for node in plan.nodes))
    assert str(store.why(other, other.node("tuned"))) == "again because learning_rate 2e-4 -> 1e-4"
    assert str(store.why(other, other.node("lessons"))) == "cached"
    store.gc(set())
    assert str(store.why(plan, plan.node("tuned"))) == "again because its result is gone"
