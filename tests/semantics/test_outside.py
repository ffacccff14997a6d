"""What comes from outside a recipe: params, profiles, overrides, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.compiler import Request
from recipedsl.plan.model import StageNode
from tests.compiling import CHATS, MODEL, compile_text, messages, plan_of

PARAMS = 'param rank: int in 1..256 = 4\nparam mode: ["fast", "slow"] = "fast"\nprofile smoke { rank = 8 }\n'
STAGE = "stage s: sft { from = base, data = chats, steps = rank }\n"


def steps(root: Path, request: Request) -> object:
    node = plan_of(root, MODEL + PARAMS + CHATS + STAGE, request).node("s")
    assert isinstance(node, StageNode)
    return node.arguments["max_steps"]


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (Request(), 4),
        (Request(profile="smoke"), 8),
        (Request({"rank": "16"}, "smoke"), 16),
        (Request({"rank": "16"}, "smoke", ("stages.s.steps=32",)), 32),
        (Request(overrides=("stages.s.steps=2 * rank",)), 8),
    ],
)
def test_the_strongest_comes_last(tmp_path: Path, request_: Request, wanted: int) -> None:
    assert steps(tmp_path, request_) == wanted


def problems(root: Path, request: Request) -> list[tuple[str, str, str]]:
    """Message, written place and helps of every problem."""
    outcome = compile_text(root, MODEL + PARAMS + CHATS + STAGE, request)
    assert outcome.plan is None
    return [
        (
            each.message,
            each.primary.source.slice(each.primary.span) if each.primary else "",
            "; ".join(help_.text for help_ in each.helps),
        )
        for each in outcome.problems.in_order()
        if each.is_error
    ]


@pytest.mark.parametrize(
    ("request_", "message", "place", "helps"),
    [
        (
            Request({"rnak": "3"}),
            "the recipe has no param `rnak`",
            "rnak",
            "a similar name exists: `rank`; each param of the recipe: `rank`, `mode`",
        ),
        (
            Request(profile="big"),
            "the recipe has no profile `big`",
            "big",
            "each profile of the recipe: `smoke`",
        ),
        (Request({"rank": "512"}), "param `rank` is 512, outside of 1..256", "512", ""),
        (
            Request({"rank": "two"}),
            "param `rank` takes a whole number; `1` is one, `two` is text",
            "two",
            "",
        ),
        (
            Request({"mode": "fsat"}),
            "param `mode` takes `fast` or `slow`, found `fsat`",
            "fsat",
            "a similar name exists: `fast`",
        ),
        (
            Request(overrides=("stages.t.steps=3",)),
            "the recipe has no stage `t`",
            "t",
            "each stage of the recipe: `s`",
        ),
        (
            Request(overrides=("stages.s.stesp=3",)),
            "`sft` has no setting `stesp`",
            "stesp",
            "a similar name exists: `steps`",
        ),
        (
            Request(overrides=("stages.s.lr=3",)),
            "`sft` has no setting `lr`, it is called `learning_rate` here",
            "lr",
            "write `learning_rate`",
        ),
        (
            Request(overrides=('stages.s.steps="3"',)),
            '`steps` takes a whole number; `8` is one, `"3"` is text',
            '"3"',
            "`3` without quotes is a number",
        ),
        (
            Request(overrides=("stagse.s.steps=3",)),
            "`--override` changes `stages`, `models`, `evals`, `templates`, `run`, found `stagse`",
            "stagse",
            "a similar one exists: `stages`",
        ),
        (
            Request(overrides=("stages.s=3",)),
            "`--override stages.s=3` names no setting, as `stages.final.beta=0.2` does",
            "stages.s",
            "",
        ),
        (
            Request(overrides=("stages.s.steps=)",)),
            "`)` is no value that `--override` could give `stages.s.steps`",
            ")",
            'a value as a recipe writes it: `0.2`, `"text"`, `lora(rank = 8)`',
        ),
    ],
)
def test_what_does_not_fit(tmp_path: Path, request_: Request, message: str, place: str, helps: str) -> None:
    assert problems(tmp_path, request_) == [(message, place, helps)]


def test_an_override_is_recorded(tmp_path: Path) -> None:
    request = Request(overrides=("stages.s.steps=32",))
    assert plan_of(tmp_path, MODEL + PARAMS + CHATS + STAGE, request).overrides == ("stages.s.steps=32",)


def test_a_param_of_an_imported_file_is_set_and_held_to_its_range(tmp_path: Path) -> None:
    common = "ftr 1\nparam rank: int in 1..64 = 4\n"
    tmp_path.joinpath("common.ftr").write_text(common, encoding="utf-8")
    text = MODEL + 'import common = "common.ftr"\nprofile wide { `common.rank` = 32 }\n' + CHATS
    text += "stage s: sft { from = base, data = chats, steps = common.rank }\n"
    for request, wanted in ((Request(profile="wide"), 32), (Request({"common.rank": "16"}, "wide"), 16)):
        node = plan_of(tmp_path, text, request).node("s")
        assert isinstance(node, StageNode)
        assert node.arguments["max_steps"] == wanted
    outcome = compile_text(tmp_path, text, Request({"common.rank": "128"}))
    assert any("outside of 1..64" in each for each in messages(outcome))


SECRET = 'param token: secret = env("RECIPEDSL_TEST_TOKEN")\n'


def test_a_secret_stays_out_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECIPEDSL_TEST_TOKEN", "one-two-three")
    text = MODEL + SECRET + PARAMS + CHATS + STAGE
    first = plan_of(tmp_path, text)
    assert "one-two-three" not in first.model_dump_json()
    assert "token" not in first.params
    monkeypatch.setenv("RECIPEDSL_TEST_TOKEN", "another")
    assert plan_of(tmp_path, text) == first


@pytest.mark.parametrize(
    "request_",
    [Request({"token": "one-two-three"}), Request({"tokne": "one-two-three"})],
)
def test_a_secret_that_is_given_is_refused_and_not_repeated(tmp_path: Path, request_: Request) -> None:
    outcome = compile_text(
        tmp_path, MODEL + SECRET + CHATS + "stage s: sft { from = base, data = chats }\n", request_
    )
    assert outcome.plan is None
    shown = [
        (
            each.message,
            *(help_.text for help_ in each.helps),
            each.primary.source.text if each.primary else "",
        )
        for each in outcome.problems.in_order()
    ]
    assert "one-two-three" not in str(shown)
