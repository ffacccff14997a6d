"""`again because …` says what was changed in the words of the recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.plan.diff import changes, described
from recipedsl.plan.model import inputs_of
from tests.compiling import CHATS, MODEL, PAIRS, plan_of

STAGE = (
    "stage tuned: sft { from = base, data = chats, adapter = lora(rank = 16), epochs = 1, batch = 16,"
    " learning_rate = 2e-4, schedule = cosine(warmup = 3%), max_length = 512 }\n"
)
WHOLE = MODEL + CHATS + PAIRS + STAGE + "stage final: dpo { from = tuned, data = pairs, beta = 0.1 }\n"


def again(root: Path, name: str, before: str, after: str) -> list[str]:
    """What is said of a node when `before` becomes `after` in the recipe."""
    assert before in WHOLE
    forms = []
    for text in (WHOLE, WHOLE.replace(before, after)):
        plan = plan_of(root, text)
        known = {node.name: node.fingerprint for node in plan.nodes}
        node = plan.node(name)
        forms.append(described(node, {each: known[each] for each in inputs_of(node)}, plan.versions))
    return changes(*forms)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("epochs = 1", "epochs = 2", ["epochs 1 -> 2"]),
        ("epochs = 1", "steps = 40", ["epochs 1 -> none", "steps none -> 40"]),
        ("batch = 16", "batch = 32", ["batch 16 -> 32"]),
        ("batch = 16", "batch = 16, micro_batch = 2", ["micro_batch 4 -> 2"]),
        ("learning_rate = 2e-4", "learning_rate = 1e-4", ["learning_rate 2e-4 -> 1e-4"]),
        ("warmup = 3%", "warmup = 10%", ["schedule.warmup 3% -> 10%"]),
        ("warmup = 3%", "warmup = 100", ["schedule.warmup 3% -> 100"]),
        ("warmup = 3%", "warmup = 3%, floor = 10%", ["schedule.floor 0% -> 10%"]),
        ("cosine(warmup = 3%)", "linear(warmup = 3%)", ["schedule cosine -> linear"]),
        ("epochs = 1", "epochs = 1, optimizer = adamw(beta2 = 0.95)", ["optimizer.beta2 0.999 -> 0.95"]),
        ("epochs = 1", "epochs = 1, optimizer = adafactor", ["optimizer adamw -> adafactor"]),
        ("rank = 16", "rank = 8", ["adapter.rank 16 -> 8", "adapter.alpha 32 -> 16"]),
        ("adapter = lora(rank = 16)", "adapter = none", ["adapter lora -> none"]),
        ("epochs = 1", "epochs = 1, seed = 7", ["seed"]),
        ("epochs = 1", "epochs = 1, trainer = { logging_steps: 2 }", ["logging_steps none -> 2"]),
    ],
)
def test_a_stage(tmp_path: Path, before: str, after: str, said: list[str]) -> None:
    found = again(tmp_path, "tuned", before, after)
    if said == ["seed"]:
        assert [each.split(" ")[0] for each in found] == said
    else:
        assert sorted(found) == sorted(said)


def test_a_template(tmp_path: Path) -> None:
    after = 'from = local("tiny"), template = chatml'
    for name in ("base", "tuned.tokens"):
        found = again(tmp_path, name, 'from = local("tiny")', after)
        assert "template the tokenizer's -> chatml" in found


def test_a_method_says_its_settings(tmp_path: Path) -> None:
    found = again(
        tmp_path,
        "final",
        "dpo { from = tuned, data = pairs, beta = 0.1 }",
        "dpo { from = tuned, data = pairs, beta = 0.2 }",
    )
    assert found == ["beta 0.1 -> 0.2"]


def test_rows_say_their_steps_and_not_what_follows(tmp_path: Path) -> None:
    found = again(tmp_path, "chats", "| as chat", "| derive long = chars(answer) | as chat")
    assert [each.split("`")[0] for each in found] == ["step "]
    assert found[0].endswith("derive long = chars(answer)` added")


def test_no_argument_of_a_library_is_said_that_recipes_have_a_word_for(tmp_path: Path) -> None:
    after = "stage tuned: sft { from = base, data = chats, steps = 3, optimizer = sgd }\n"
    said = " ".join(again(tmp_path, "tuned", STAGE, after))
    for name in (
        "num_train_epochs",
        "max_steps",
        "per_device",
        "gradient_acc",
        "lr_sched",
        "optim ",
        "adam_",
        "r 16",
    ):
        assert name not in said
