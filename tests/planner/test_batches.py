"""How batches are laid out on devices of all sizes, and what is said when none fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recipedsl.compiler import Outcome, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.plan.facts import Device, ModelFacts
from recipedsl.plan.model import ModelSource, StageNode
from recipedsl.source import Source
from tests.compiling import CHATS, MODEL, PAIRS, messages, write_rows
from tests.report.made import SMOL

#: The shape of Llama 3.1 8B.
LARGE = ModelFacts(
    folder="x",
    vocabulary=128_256,
    parameters=8_030_261_248,
    layers=32,
    hidden=4096,
    feedforward=14_336,
    heads=32,
    queries=4096,
    keys=1024,
)
LAPTOP = Device("cpu", 16 * 10**9, has_bf16=True)
H100 = Device("cuda", 80 * 10**9, has_bf16=True)
SMALL_GPU = Device("cuda", 12 * 10**9, has_bf16=True)


class Facts(FileFacts):
    """Files as they are, a model and a machine as somebody would have them."""

    def __init__(self, root: Path, known: ModelFacts, machine: Device) -> None:
        super().__init__(root)
        self.known, self.machine = known, machine

    def model(self, source: ModelSource) -> ModelFacts:  # noqa: ARG002 - the protocol's signature
        return self.known

    def device(self) -> Device:
        return self.machine


def compiled(root: Path, stage: str, model: ModelFacts, device: Device, more: str = "") -> Outcome:
    text = MODEL.replace("seed = 1", f"seed = 1{more}") + CHATS + PAIRS + stage + "\n"
    return compile_source(Source("recipe.ftr", text), Facts(write_rows(root), model, device))


def layout(root: Path, stage: str, model: ModelFacts, device: Device, more: str = "") -> tuple[int, int]:
    outcome = compiled(root, stage, model, device, more)
    assert outcome.plan is not None, messages(outcome)
    node = next(each for each in outcome.plan.nodes if isinstance(each, StageNode))
    found = node.arguments
    return found["per_device_train_batch_size"], found["gradient_accumulation_steps"]


LORA = (
    "stage tuned: sft {{ from = base, data = chats, adapter = lora, batch = {batch}, max_length = {length} }}"
)


@pytest.mark.parametrize(
    ("model", "device", "batch", "length", "expected"),
    [
        (SMOL, LAPTOP, 64, 512, (4, 16)),  # more would not help
        (SMOL, LAPTOP, 6, 512, (3, 2)),
        (SMOL, LAPTOP, 8, 4096, (1, 8)),
        (SMOL, H100, 64, 512, (64, 1)),
        (SMOL, H100, 512, 512, (128, 4)),
        (LARGE, H100, 64, 2048, (32, 2)),
        (LARGE, H100, 64, 512, (64, 1)),
        (ModelFacts(), LAPTOP, 8, 1024, (2, 4)),  # nothing is known of the model
        (SMOL, Device(), 8, 1024, (2, 4)),  # nor of the machine
    ],
)
def test_the_largest_that_helps_and_fits(
    tmp_path: Path, model: ModelFacts, device: Device, batch: int, length: int, expected: tuple[int, int]
) -> None:
    assert layout(tmp_path, LORA.format(batch=batch, length=length), model, device) == expected


def test_less_memory_means_fewer_rows_at_a_time(tmp_path: Path) -> None:
    stage = LORA.format(batch=64, length=1024)
    rows = [
        layout(tmp_path, stage, LARGE, Device("cuda", size * 10**9, has_bf16=True))[0]
        for size in (24, 40, 80)
    ]
    assert rows == sorted(rows)
    assert rows[0] < rows[-1]


def test_a_recipe_says_what_a_device_may_hold(tmp_path: Path) -> None:
    stage = LORA.format(batch=64, length=1024)
    said = layout(tmp_path, stage, LARGE, H100, ", memory = 24GB")
    assert said == layout(tmp_path, stage, LARGE, replace(H100, memory=24 * 10**9))
    assert said[0] < layout(tmp_path, stage, LARGE, H100)[0]


def test_a_pair_is_two_rows(tmp_path: Path) -> None:
    pair = "stage final: dpo { from = base, data = pairs, adapter = lora, batch = 8, max_length = 512 }"
    assert layout(tmp_path, pair, SMOL, LAPTOP) == (2, 4)


def test_what_is_written_counts(tmp_path: Path) -> None:
    stage = LORA.format(batch=8, length=4096).replace("batch = 8", "batch = 8, micro_batch = 4")
    assert layout(tmp_path, stage, SMOL, LAPTOP) == (4, 2)


def test_the_machine_does_not_matter_where_both_hold_it(tmp_path: Path) -> None:
    stage = LORA.format(batch=16, length=512)
    found = {layout(tmp_path, stage, SMOL, replace(LAPTOP, memory=size * 10**9)) for size in (16, 24, 500)}
    assert found == {(4, 4)}


FULL = "stage tuned: sft { from = base, data = chats, batch = 8, max_length = 2048 }"


def test_a_stage_that_no_gpu_holds_is_an_error(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, FULL, LARGE, SMALL_GPU)
    assert outcome.plan is None
    (problem,) = (each for each in outcome.problems.in_order() if each.code == "P407")
    assert problem.message == "`tuned` takes about 146.0 GB with 1 row at a time; the device has 12.0 GB"
    assert "weights" in problem.notes[0]
    assert [each.text for each in problem.helps] == [
        "no setting alone makes it fit; together may `adapter`, `max_length`, or a smaller model",
        "`run { memory = … }` says what the device may hold where the plan is wrong about it",
    ]


def test_the_help_names_what_is_enough(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, FULL, LARGE, replace(H100, memory=40 * 10**9))
    (problem,) = (each for each in outcome.problems.in_order() if each.code == "P407")
    assert "`adapter = lora` makes it fit" in [each.text for each in problem.helps]


def test_rows_that_were_asked_for_may_be_too_many(tmp_path: Path) -> None:
    stage = LORA.format(batch=64, length=4096).replace("batch = 64", "batch = 64, micro_batch = 64")
    outcome = compiled(tmp_path, stage, LARGE, replace(H100, memory=40 * 10**9))
    (problem,) = (each for each in outcome.problems.in_order() if each.code == "P407")
    assert "with 64 rows at a time" in problem.message
    assert "`micro_batch = 1` makes it fit" in [each.text for each in problem.helps]


def test_a_processor_is_warned_of(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, FULL, LARGE, LAPTOP)
    assert outcome.plan is not None
    assert [each.code for each in outcome.problems.in_order() if each.code.startswith("P4")] == ["P408"]


def test_nothing_is_said_of_what_fits(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, LORA.format(batch=8, length=512), SMOL, LAPTOP)
    assert not [each for each in messages(outcome) if each.startswith("P4")]
