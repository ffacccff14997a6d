"""Copies: `name = other with { … }`."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.compiler import Request
from recipedsl.plan.model import EvalNode, ModelNode, StageNode
from tests.compiling import CHATS, MODEL, TUNED, compile_text, messages, plan_of

HELD = 'data held = rows([{ q: "a", a: "b" }]) | as chat(user = q, assistant = a)\n'


def test_a_copy_of_a_stage_has_its_settings_but_those_it_writes(tmp_path: Path) -> None:
    text = (
        MODEL
        + CHATS
        + "stage one: sft { from = base, data = chats, epochs = 3, batch = 8, learning_rate = 1e-5 }\n"
    )
    text += "stage two = one with { from = one, epochs = 2 }\nstage three: sft = two with { batch = 4 }\n"
    plan = plan_of(tmp_path, text)
    one, two, three = (plan.node(name) for name in ("one", "two", "three"))
    assert isinstance(one, StageNode)
    assert isinstance(two, StageNode)
    assert isinstance(three, StageNode)
    assert (two.start, two.method, two.arguments["num_train_epochs"]) == ("one", "sft", 2)
    assert two.arguments["learning_rate"] == one.arguments["learning_rate"]
    assert (three.start, three.arguments["num_train_epochs"]) == ("one", 2)
    assert three.arguments != two.arguments


def test_a_copy_may_stand_above_what_it_copies(tmp_path: Path) -> None:
    text = MODEL + CHATS + "stage two = one with { epochs = 2 }\n"
    assert plan_of(tmp_path, text + "stage one: sft { from = base, data = chats }\n").node("two")


def test_copies_of_models_and_templates(tmp_path: Path) -> None:
    text = (
        MODEL
        + 'template plain_ { shipped = "chatml" }\ntemplate quick = plain_ with { variables = { a: 1 } }\n'
    )
    text += "model other = base with { dtype = f32, template = quick }\n" + CHATS
    plan = plan_of(tmp_path, text + "stage tuned: sft { from = other, data = chats }\n")
    other = plan.node("other")
    assert isinstance(other, ModelNode)
    assert (other.dtype, other.source.settings["path"]) == ("f32", "tiny")
    assert (other.template.name, other.template.variables) == ("chatml", {"a": 1})


def test_a_copy_of_an_eval_keeps_its_gates_and_adds_its_own(tmp_path: Path) -> None:
    text = MODEL + CHATS + TUNED + HELD
    text += "eval first { models = [base, tuned], data = held, metrics = [loss()], expect loss(tuned) < 3 }\n"
    text += "eval second = first with { models = [tuned], expect loss(tuned) > 1 }\n"
    second = plan_of(tmp_path, text).node("second")
    assert isinstance(second, EvalNode)
    assert second.models == ("tuned",)
    assert len(second.gates) == 2


def test_a_copy_of_what_another_file_declares(tmp_path: Path) -> None:
    common = 'ftr 1\nlet steps = 7\nmodel base { from = local("tiny") }\n' + CHATS
    common += "stage first: sft { from = base, data = chats, steps = steps }\n"
    tmp_path.joinpath("common.ftr").write_text(common, encoding="utf-8")
    text = 'ftr 1\nimport common = "common.ftr"\nrun { seed = 1 }\n'
    text += "stage mine = common.first with { learning_rate = 1e-5 }\n"
    mine = plan_of(tmp_path, text).node("mine")
    assert isinstance(mine, StageNode)
    assert (mine.start, mine.arguments["max_steps"]) == ("common.base", 7)


def test_an_override_of_a_copy_is_the_last_word(tmp_path: Path) -> None:
    text = (
        MODEL + CHATS + "stage one: sft { from = base, data = chats, epochs = 3 }\nstage two = one with { }\n"
    )
    plan = plan_of(tmp_path, text, Request(overrides=("stages.two.epochs=5",)))
    found = [plan.node(name).arguments["num_train_epochs"] for name in ("one", "two")]  # type: ignore[union-attr]
    assert found == [3, 5]


def test_what_is_wrong_with_a_setting_is_said_once(tmp_path: Path) -> None:
    text = (
        MODEL
        + CHATS
        + 'stage one: sft { from = base, data = chats, epochs = "3" }\nstage two = one with { }\n'
    )
    assert len(messages(compile_text(tmp_path, text))) == 1


def test_variables_alone_are_told_to_the_own_template(tmp_path: Path) -> None:
    text = MODEL + "template brief { variables = { enable_thinking: false } }\n" + CHATS
    text += "model other = base with { template = brief }\nstage tuned: sft { from = other, data = chats }\n"
    other = plan_of(tmp_path, text).node("other")
    assert isinstance(other, ModelNode)
    assert (other.template.keyword, other.template.variables) == ("tokenizer", {"enable_thinking": False})


PROFILES = (
    "param steps: int in 1..100 = 50\nparam rows_: int = 9\nprofile smoke { steps = 3, max_rows = 20, max_steps = 4 }\n"
    "profile shorter = smoke with { steps = 2, max_rows = 10 }\n"
)
STEPPED = "stage tuned: sft { from = base, data = chats, steps = steps }\n"


@pytest.mark.parametrize(("profile", "steps"), [("shorter", 2), ("longer", 4)])
def test_a_copy_of_a_profile_sets_what_it_does_not_write(tmp_path: Path, profile: str, steps: int) -> None:
    text = MODEL + CHATS + PROFILES + "profile longer = smoke with { steps = 60 }\n" + STEPPED
    stage = plan_of(tmp_path, text, Request(profile=profile)).node("tuned")
    assert isinstance(stage, StageNode)
    assert stage.arguments["max_steps"] == steps


def test_a_profile_that_copies_itself_is_told(tmp_path: Path) -> None:
    text = (
        MODEL
        + CHATS
        + STEPPED.replace("steps = steps", "steps = 1")
        + "profile a = b with { }\nprofile b = a with { }\n"
    )
    found = messages(compile_text(tmp_path, text, Request(profile="a")))
    assert [each for each in found if "copies itself" in each], found


def test_a_param_takes_the_members_that_a_let_lists(tmp_path: Path) -> None:
    listed = 'let sizes = ["small", "large"]\nparam size: sizes = "small"\n'
    text = MODEL + CHATS + TUNED + listed + 'data more = chats | where "a" == size\n'
    assert not [each for each in messages(compile_text(tmp_path, text)) if each.startswith("T")]
    wrong = messages(compile_text(tmp_path, text, Request(params={"size": "huge"})))
    assert [each for each in wrong if "`small` or `large`, found `huge`" in each], wrong
    numbers = messages(compile_text(tmp_path, text.replace('["small", "large"]', "[1, 2]")))
    assert [each for each in numbers if "an enumeration is a list of texts" in each], numbers
