"""Held-out rows that are looked at while a stage trains: when, what it tells, and that nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import Looks
from recipedsl.runtime.events import Look, Step, read_events
from recipedsl.runtime.stages.task import Interrupted
from recipedsl.runtime.stages.train import run_stage
from tests.runtime.stages.test_resume import DROPPING, NINE_STEPS, stop_after
from tests.runtime.stages.workshop import LORA, ROWS, Shop, packed, sft_rows, weights

pytestmark = pytest.mark.slow

FROZEN = {"learning_rate": 0.0}


def looks(name: str, **settings: Any) -> dict[str, Any]:
    """The field of a stage that looks."""
    return {"looks": Looks(tokens=f"{name}.eval.tokens", **settings)}


@pytest.mark.parametrize("method", ["sft", "dpo", "kto", "reward"])
def test_looks_tell_and_change_nothing(shop: Shop, method: str) -> None:
    """With dropout: a look must not take a random number from the training."""
    fields: dict[str, Any] = {"adapter_use": "new", "adapter": DROPPING}
    held = ROWS[method]()[:3]
    shop.run("blind", method, **fields)
    facts = shop.run("seeing", method, held=held, **fields, **looks("seeing", steps=2))
    assert [step for step, _ in facts["looks"]] == [0, 2, 4]
    assert all(isinstance(loss, float) for _, loss in facts["looks"])
    expected, found = weights(shop.folders["blind"]), weights(shop.folders["seeing"])
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_the_loss_is_that_of_training_on_the_same_rows(shop: Shop) -> None:
    whole = {"per_device_train_batch_size": 6, "max_steps": 1}
    facts = shop.run("tuned", "sft", held=sft_rows(), arguments=whole, **looks("tuned", steps=1))
    assert facts["looks"][0][1] == pytest.approx(facts["losses"][0][1], abs=1e-3)


def test_packed_rows_are_looked_at_as_they_are_trained(shop: Shop) -> None:
    arguments = {"per_device_train_batch_size": 3, "max_steps": 1}
    fields = {"rows": packed(sft_rows(), 2), "held": packed(sft_rows(), 2), "packing": True}
    facts = shop.run("tuned", "sft", arguments=arguments, **fields, **looks("tuned", steps=1))
    assert facts["looks"][0][1] == pytest.approx(facts["losses"][0][1], abs=1e-3)


@pytest.mark.parametrize(
    ("settings", "steps"), [({"epochs": 1.0}, [0, 3, 6, 9]), ({"epochs": 0.7}, [0, 2, 4, 6, 8, 9])]
)
def test_looks_come_by_the_epoch(shop: Shop, settings: dict[str, Any], steps: list[int]) -> None:
    """Six rows in batches of two: three steps an epoch."""
    held = sft_rows()[:2]
    facts = shop.run("tuned", "sft", held=held, arguments=NINE_STEPS, **looks("tuned", **settings))
    assert [step for step, _ in facts["looks"]] == steps


def test_patience_ends_a_training_that_gets_no_better(shop: Shop) -> None:
    task = shop.task(
        "tuned", "sft", held=sft_rows(), arguments={**NINE_STEPS, **FROZEN}, **looks("tuned", steps=1, patience=2)
    )  # fmt: skip
    facts = run_stage(task)
    assert facts["steps"] == 2
    assert (task.out / "artefact.json").exists()
    told = [each for each in read_events(task.events.path) if isinstance(each, Look)]
    assert [(each.step, each.left) for each in told] == [(0, 2), (1, 1), (2, 0)]
    assert all(each.best == each.loss for each in told)


def test_an_interrupted_stage_looks_and_counts_on(shop: Shop) -> None:
    fields = {"held": sft_rows()[:2], "adapter_use": "new", "adapter": LORA}
    whole = shop.run("whole", "sft", arguments=NINE_STEPS, **fields, **looks("whole", steps=2))
    settings = {**fields, **looks("broken", steps=2)}
    task = shop.task("broken", "sft", arguments=NINE_STEPS, **settings)
    stop_after(task, 4)
    with pytest.raises(Interrupted):
        run_stage(task)
    facts = shop.run("broken", "sft", arguments=NINE_STEPS, **settings)
    assert facts["looks"] == whole["looks"]
    assert facts["losses"] == whole["losses"]
    kinds = [type(each) for each in read_events(task.events.path) if isinstance(each, Look | Step)]
    assert kinds.count(Look) == len(facts["looks"])


@pytest.mark.parametrize("method", ["sft", "reward"])
def test_no_row_that_could_be_looked_at(shop: Shop, method: str) -> None:
    task = shop.task("tuned", method, held=ROWS[method]()[:0] or _none_of(method), **looks("tuned", steps=1))
    with pytest.raises(RecipeError, match="no row is left for `eval` of `tuned`"):
        run_stage(task)


def _none_of(method: str) -> Any:
    """A table with the method's columns and no row."""
    import polars as pl

    return pl.DataFrame(ROWS[method](), infer_schema_length=None).clear()
