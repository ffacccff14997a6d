"""Constants: units, arithmetic, params from every side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recipedsl.compiler import Request
from recipedsl.diagnostics.render import render_terminal
from recipedsl.language.values import Unit
from recipedsl.plan.model import StageNode
from recipedsl.semantics.values import number_value
from tests.compiling import CHATS, MODEL, TUNED, compile_text, messages, plan_of


@pytest.mark.parametrize(
    ("written", "data", "unit"),
    [
        ("2k", 2000, Unit.NONE),
        ("2Ki", 2048, Unit.NONE),
        ("1.5M", 1_500_000, Unit.NONE),
        ("1_000", 1000, Unit.NONE),
        ("2e-4", 2e-4, Unit.NONE),
        ("5%", 0.05, Unit.SHARE),
        ("3h", 10_800, Unit.DURATION),
        ("250ms", 0.25, Unit.DURATION),
        ("80GB", 80_000_000_000, Unit.BYTES),
        ("80GiB", 80 * 2**30, Unit.BYTES),
    ],
)
def test_numbers_carry_their_unit(written: str, data: float, unit: Unit) -> None:
    value = number_value(written)
    assert value is not None
    assert (value.data, value.unit) == (data, unit)
    assert type(value.data) is type(data)


@pytest.mark.parametrize("written", ["3parts", "5%%", "k", "1..2"])
def test_unknown_units_are_none_of_the_languages(written: str) -> None:
    assert number_value(written) is None


def steps(root: Path, expression: str, before: str = "", request: Request | None = None) -> Any:
    text = (
        MODEL + before + CHATS + f"stage tuned: sft {{ from = base, data = chats, steps = {expression} }}\n"
    )
    stage = plan_of(root, text, request).node("tuned")
    return stage.arguments["max_steps"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("expression", "value"),
    [("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("1k / 4", 250), ("2 * rank", 16), ("3h / 1min", 180)],
)
def test_arithmetic(tmp_path: Path, expression: str, value: int) -> None:
    assert steps(tmp_path, expression, "let rank = 8\n" if "rank" in expression else "") == value


@pytest.mark.parametrize("expression", ["3h + 2", "2GB * 3s", "1 / 2GB", '"a" * 2', "4 / 0"])
def test_arithmetic_that_means_nothing(tmp_path: Path, expression: str) -> None:
    text = MODEL + CHATS + f"stage tuned: sft {{ from = base, data = chats, steps = {expression} }}\n"
    found = messages(compile_text(tmp_path, text))
    assert len(found) == 1
    assert found[0][:4] in ("T102", "T106")


PARAM = "param rank: int in 1..256 = 8\nprofile small { rank = 4 }\n"


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        (Request(), 8),
        (Request(profile="small"), 4),
        (Request(params={"rank": "16"}), 16),
        (Request(params={"rank": "16"}, profile="small"), 16),
    ],
)
def test_the_strongest_comes_last(tmp_path: Path, request_: Request, value: int) -> None:
    assert steps(tmp_path, "rank", PARAM, request_) == value


@pytest.mark.parametrize(
    ("params", "code"), [({"rank": "512"}, "T103"), ({"rank": "many"}, "T101"), ({"rnak": "4"}, "N115")]
)
def test_what_is_set_from_outside_is_checked(tmp_path: Path, params: dict[str, str], code: str) -> None:
    text = MODEL + PARAM + CHATS + "stage tuned: sft { from = base, data = chats, steps = rank }\n"
    found = messages(compile_text(tmp_path, text, Request(params=params)))
    assert [each[:4] for each in found] == [code]


def test_an_override_changes_one_setting(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, MODEL + CHATS + TUNED, Request(overrides=("stages.tuned.batch=32", "run.seed=9"))
    )
    stage = plan.node("tuned")
    size = stage.arguments["per_device_train_batch_size"] * stage.arguments["gradient_accumulation_steps"]  # type: ignore[union-attr]
    assert size == 32
    assert plan.run.seed == 9
    assert plan.overrides == ("stages.tuned.batch=32", "run.seed=9")


@pytest.mark.parametrize(
    "override", ["stages.tuned=3", "stages.tnued.batch=3", "stages.tuned.bacth=3", "nonsense"]
)
def test_an_override_of_nothing_is_an_error(tmp_path: Path, override: str) -> None:
    outcome = compile_text(tmp_path, MODEL + CHATS + TUNED, Request(overrides=(override,)))
    assert outcome.problems.has_errors
    assert outcome.plan is None


def test_a_secret_never_reaches_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = MODEL + 'param token: secret = env("HF_TOKEN")\n' + CHATS + TUNED
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")
    plan = plan_of(tmp_path, text)
    assert "hf_very_secret" not in plan.model_dump_json()
    assert "token" not in plan.params


def test_a_secret_is_not_taken_from_the_command_line(tmp_path: Path) -> None:
    text = MODEL + 'param token: secret = env("HF_TOKEN")\n' + CHATS + TUNED
    outcome = compile_text(tmp_path, text, Request(params={"token": "hf_very_secret"}))
    (problem,) = [each for each in outcome.problems.in_order() if each.is_error]
    assert problem.message == "param `token` is a secret, which only the environment gives"
    assert "hf_very" not in render_terminal([problem])


@pytest.mark.parametrize("written", ["none", "(none)", "nothing", '"none"'])
def test_none_is_the_choice_of_that_name(tmp_path: Path, written: str) -> None:
    text = (
        MODEL
        + ("let nothing = none\n" if written == "nothing" else "")
        + (
            'data prompts = read("rows.jsonl") | as prompt(question)\n'
            "stage s: grpo { from = base, data = prompts, reward = exact(answer), max_new_tokens = 64, "
            f"scale_rewards = {written} }}\n"
        )
    )
    stage = plan_of(tmp_path, text).node("s")
    assert isinstance(stage, StageNode)
    assert stage.arguments["scale_rewards"] == "none"
