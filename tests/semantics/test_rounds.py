"""`rounds n { … }`: what it is written out to."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.semantics.recipe import Recipe
from tests.compiling import MODEL, compile_text, messages

START = MODEL + (
    'data solutions = read("rows.jsonl") | as chat(user = question, assistant = answer)\n'
    "stage tuned: sft { from = base, data = solutions }\n"
)
ROUNDS = """
rounds 3 {
  data fresh = generate(previous(policy, first = tuned), solutions, n = 4) | pair by question, on = draw
  stage policy: dpo { from = previous(policy, first = tuned), data = concat(every(fresh)) }
}
"""


def recipe(root: Path, text: str) -> Recipe:
    outcome = compile_text(root, START + text)
    wrong = [each for each in outcome.problems if each.is_error and each.code != "P404"]
    assert not wrong, messages(outcome)
    assert outcome.recipe is not None
    return outcome.recipe


def test_every_round_starts_from_the_one_before(tmp_path: Path) -> None:
    found = recipe(tmp_path, ROUNDS)
    assert [(each.name, each.start) for each in found.stages.values()] == [
        ("tuned", "base"), ("policy[1]", "tuned"), ("policy[2]", "policy[1]"), ("policy[3]", "policy[2]"),
    ]  # fmt: skip
    assert [found.datasets[f"fresh[{n}]"].source.model for n in (1, 2, 3)] == [
        "tuned", "policy[1]", "policy[2]",
    ]  # fmt: skip


def test_every_is_all_rounds_so_far(tmp_path: Path) -> None:
    found = recipe(tmp_path, ROUNDS)
    inputs = [[each.name for each in found.datasets[f"policy[{n}].data"].source.inputs] for n in (1, 2, 3)]
    assert inputs == [["fresh[1]"], ["fresh[1]", "fresh[2]"], ["fresh[1]", "fresh[2]", "fresh[3]"]]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("policy", "policy[3]"), ("policy[1]", "policy[1]"), ("latest(policy)", "policy[3]")],
)
def test_rounds_seen_from_outside(tmp_path: Path, written: str, meant: str) -> None:
    found = recipe(tmp_path, ROUNDS + f"stage more: sft {{ from = {written}, data = solutions }}\n")
    assert found.stages["more"].start == meant


def test_latest_is_the_round_itself(tmp_path: Path) -> None:
    text = ROUNDS.replace("concat(every(fresh))", "latest(fresh)")
    found = recipe(tmp_path, text)
    assert [found.stages[f"policy[{n}]"].data.name for n in (1, 2, 3)] == ["fresh[1]", "fresh[2]", "fresh[3]"]


def test_a_plan_holds_rows_behind_the_stages_that_write_them(tmp_path: Path) -> None:
    outcome = compile_text(tmp_path, START + ROUNDS)
    assert outcome.plan is not None
    names = [node.name for node in outcome.plan.nodes]
    assert names.index("policy[1]") < names.index("fresh[2]") < names.index("policy[2]")
    assert {each.what.split("`")[1] for each in outcome.plan.later} == {"generate", "pair"}


def test_rounds_of_what_can_be_carried_out_are_carried_out(tmp_path: Path) -> None:
    text = "rounds 2 {\n  stage again: sft { from = previous(again, first = tuned), data = solutions }\n}\n"
    outcome = compile_text(tmp_path, START + text)
    assert not outcome.problems.has_errors, messages(outcome)
    assert outcome.plan is not None
    assert not outcome.plan.later


def test_a_mistake_in_rounds_is_told_once(tmp_path: Path) -> None:
    text = "rounds 3 {\n  stage again: sft { from = previous(again, first = tuned), data = solutoins }\n}\n"
    outcome = compile_text(tmp_path, START + text)
    assert [each.code for each in outcome.problems.in_order() if each.is_error] == ["N101"]


@pytest.mark.parametrize("count", ["0", "101", "2.5", "3k", "50%"])
def test_a_number_of_rounds_is_a_small_whole_number(tmp_path: Path, count: str) -> None:
    text = f"rounds {count} {{\n  stage again: sft {{ from = tuned, data = solutions }}\n}}\n"
    outcome = compile_text(tmp_path, START + text)
    assert [each.code for each in outcome.problems.in_order() if each.is_error] == ["T103"]


def test_a_stage_cannot_train_on_what_it_writes_itself(tmp_path: Path) -> None:
    text = (
        "data own = generate(last, solutions) | as chat(user = question, assistant = completion)\n"
        "stage last: sft { from = tuned, data = own }\n"
    )
    outcome = compile_text(tmp_path, START + text)
    assert "N118" in [each.code for each in outcome.problems.in_order() if each.is_error]


def test_a_column_may_be_called_like_something_of_rounds(tmp_path: Path) -> None:
    text = (
        ROUNDS + 'data more = solutions | derive fresh = question + "?" | where fresh != "?" | dedup fresh\n'
    )
    found = recipe(tmp_path, text).datasets["more"]
    assert found.row is not None
    assert "fresh" in found.row.names


def test_each_is_the_value_of_the_round(tmp_path: Path) -> None:
    text = ROUNDS.replace("solutions, n = 4", "each(easy, solutions, easy), n = each(4, 8, 16)")
    found = recipe(tmp_path, "data easy = solutions | take 1\n" + text)
    sources = [found.datasets[f"fresh[{n}]"].source for n in (1, 2, 3)]
    assert [each.inputs[0].name for each in sources] == ["easy", "solutions", "easy"]
    assert [each.settings["n"] for each in sources] == [4, 8, 16]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            ROUNDS.replace("n = 4", "n = each(4, 8)"),
            "`each` takes one value for each of the 3 rounds, found 2",
        ),
        (
            ROUNDS + "stage more: sft { from = tuned, data = solutions, epochs = each(1, 2, 3) }\n",
            "`each` has a value for each round, and stands inside of `rounds`",
        ),
    ],
)
def test_each_has_a_value_for_each_round(tmp_path: Path, text: str, words: str) -> None:
    outcome = compile_text(tmp_path, START + text)
    assert words in [each.message for each in outcome.problems]
