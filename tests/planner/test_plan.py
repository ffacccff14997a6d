"""Plans: what stages become, and what changes their identity."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.plan.diff import described
from recipedsl.plan.identity import canonical
from recipedsl.plan.model import Looks, Plan, StageNode, TokensNode, inputs_of
from recipedsl.plan.verify import faults
from tests.compiling import CHATS, MODEL, PAIRS, TUNED, compile_text, messages, plan_of

WHOLE = MODEL + CHATS + PAIRS + TUNED + "stage final: dpo { from = tuned, data = pairs }\n"


def prints(plan: Plan) -> dict[str, str]:
    return {node.name: node.fingerprint for node in plan.nodes}


def stage(plan: Plan, name: str) -> StageNode:
    node = plan.node(name)
    assert isinstance(node, StageNode)
    return node


def test_a_plan_reads_back_equal(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, WHOLE)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert not list(faults(plan))


def test_what_a_reader_sees_changes_nothing(tmp_path: Path) -> None:
    before = prints(plan_of(tmp_path, WHOLE))
    text = WHOLE.replace("ftr 1\n", "ftr 1\n# a comment\n\nparam unused: int = 3\n## documented\n")
    assert prints(plan_of(tmp_path, text)) == before


def test_a_setting_changes_its_stage_and_what_follows(tmp_path: Path) -> None:
    before = prints(plan_of(tmp_path, WHOLE))
    after = prints(
        plan_of(tmp_path, WHOLE.replace("adapter = lora }", "adapter = lora, learning_rate = 1e-4 }"))
    )
    assert {name for name in before if before[name] != after[name]} == {"tuned", "final"}


@pytest.mark.parametrize(
    ("written", "steps", "epochs"),
    [("", 0, 1.0), (", eval_every = 100%", 0, 1.0), (", eval_every = 25%", 0, 0.25), (", eval_every = 50", 50, 0.0)],
)  # fmt: skip
def test_held_out_rows_become_tokens_as_the_trained_ones(
    tmp_path: Path, written: str, steps: int, epochs: float
) -> None:
    text = WHOLE.replace("data = pairs }", f"data = pairs, eval = pairs{written}, max_length = 99 }}")
    plan = plan_of(tmp_path, text)
    looks = stage(plan, "final").looks
    assert looks == Looks(tokens="final.eval.tokens", steps=steps, epochs=epochs)
    held, trained = plan.node("final.eval.tokens"), plan.node("final.tokens")
    assert isinstance(held, TokensNode)
    assert held.model_dump(exclude={"name", "data"}) == trained.model_dump(exclude={"name", "data"})
    assert stage(plan, "final").reads == {}
    assert not list(faults(plan))


def test_held_out_rows_are_part_of_what_a_stage_is(tmp_path: Path) -> None:
    before = prints(plan_of(tmp_path, WHOLE))
    after = prints(plan_of(tmp_path, WHOLE.replace("data = pairs }", "data = pairs, eval = pairs }")))
    assert {name for name in before if before[name] != after[name]} == {"final"}


def test_a_stage_that_looks_at_nothing_is_what_it_was_before_stages_could(tmp_path: Path) -> None:
    """A fingerprint of a release without looks: results that took hours are not made again."""
    node = stage(plan_of(tmp_path, WHOLE), "tuned")
    assert "looks" not in canonical(node, {})
    assert "looks" not in described(node, dict.fromkeys(inputs_of(node), ""), {})


def test_a_changed_file_changes_what_reads_it(tmp_path: Path) -> None:
    before = prints(plan_of(tmp_path, WHOLE))
    rows = tmp_path / "rows.jsonl"
    text = rows.read_text(encoding="utf-8").replace("Four.", "Three.")
    outcome_root = tmp_path
    rows.write_text(text, encoding="utf-8")
    from recipedsl.compiler import compile_source
    from recipedsl.data.look import FileFacts
    from recipedsl.source import Source

    plan = compile_source(Source("recipe.ftr", WHOLE), FileFacts(outcome_root)).plan
    assert plan is not None
    after = prints(plan)
    assert {name for name in before if before[name] == after[name]} == {"base"}


def test_a_renamed_stage_is_the_same_work(tmp_path: Path) -> None:
    seeded = WHOLE.replace("adapter = lora }", "adapter = lora, seed = 5 }")
    before = prints(plan_of(tmp_path, seeded))
    after = prints(plan_of(tmp_path, seeded.replace("tuned", "learned")))
    assert before["tuned"] == after["learned"]


@pytest.mark.parametrize(
    ("stages", "use", "reference"),
    [
        ("stage last: dpo { from = base, data = pairs }", "none", "start"),
        ("stage last: dpo { from = base, data = pairs, adapter = lora }", "new", "adapter_off"),
        ("stage last: dpo { from = tuned, data = pairs }", "continue", "frozen_adapter"),
        (
            "stage last: dpo { from = tuned, data = pairs, adapter = lora(rank = 4) }",
            "merge_new",
            "adapter_off",
        ),
        ("stage last: dpo { from = tuned, data = pairs, adapter = none }", "merge_full", "start"),
        ("stage last: reward { from = tuned, data = pairs }", "merge_full", "none"),
        ("stage last: sft { from = tuned, data = chats }", "continue", "none"),
    ],
)
def test_adapters_and_references_are_derived(tmp_path: Path, stages: str, use: str, reference: str) -> None:
    node = stage(plan_of(tmp_path, MODEL + CHATS + PAIRS + TUNED + stages + "\n"), "last")
    assert (node.adapter_use, node.reference) == (use, reference)


def test_a_learning_rate_that_is_not_written_fits_the_method(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, WHOLE + "stage full: sft { from = base, data = chats }\n")
    assert stage(plan, "tuned").arguments["learning_rate"] == 2e-4
    assert stage(plan, "final").arguments["learning_rate"] == 1e-5
    assert stage(plan, "full").arguments["learning_rate"] == 2e-5


@pytest.mark.parametrize("batch", [1, 6, 7, 16, 48])
def test_a_batch_is_laid_out_exactly(tmp_path: Path, batch: int) -> None:
    text = MODEL + CHATS + f"stage tuned: sft {{ from = base, data = chats, batch = {batch} }}\n"
    arguments = stage(plan_of(tmp_path, text), "tuned").arguments
    assert arguments["per_device_train_batch_size"] * arguments["gradient_accumulation_steps"] == batch


def test_a_reward_is_a_weighted_sum(tmp_path: Path) -> None:
    text = MODEL + CHATS + PAIRS + TUNED + (
        "stage judge: reward { from = base, data = pairs }\n"
        "let weight = 80%\n"
        "stage online: grpo { from = tuned, data = (chats | as prompt(question)),\n"
        "  reward = weight * judge + 0.2 * (exact(answer) - 0.5 * format(\"x\")) }\n"
    )  # fmt: skip
    terms = stage(plan_of(tmp_path, text), "online").rewards
    assert [(round(each.weight, 9), each.score.keyword, each.score.node) for each in terms] == [
        (0.8, "model", "judge"),
        (0.2, "exact", ""),
        (-0.1, "format", ""),
    ]


def test_unused_datasets_are_not_made(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MODEL + CHATS + PAIRS + TUNED)
    assert "pairs" not in prints(plan)


def test_a_profile_cuts_rows_and_steps(tmp_path: Path) -> None:
    from recipedsl.compiler import Request

    plan = plan_of(
        tmp_path, WHOLE + "profile smoke { max_rows = 4, max_steps = 2 }\n", Request(profile="smoke")
    )
    assert stage(plan, "tuned").arguments["max_steps"] == 2
    steps = plan.node("chats").steps  # type: ignore[union-attr]
    assert steps[-1].settings == {"count": 4}


def test_a_broken_plan_is_found_out(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, WHOLE)
    turned = plan.model_copy(update={"nodes": tuple(reversed(plan.nodes))})
    assert any("does not stand above" in each for each in faults(turned))


def test_problems_come_in_the_same_order(tmp_path: Path) -> None:
    text = (
        MODEL
        + 'data a = read("lost.jsonl") | filtr x\nstage s: stf { from = bse }\nstage t: sft { lr = 3 }\n'
    )
    first = messages(compile_text(tmp_path, text))
    assert first == messages(compile_text(tmp_path, text))
    assert len(first) >= 4
