"""Mixtures in plans: what a plan holds of them, what changes their identity, how they are shown."""

from __future__ import annotations

from pathlib import Path

from recipedsl.compiler import Request
from recipedsl.plan.model import DataNode, Input, InterleaveSource, MixSource, Plan, Portion
from recipedsl.plan.verify import faults
from recipedsl.report.plan_nodes import source_words
from tests.compiling import CHATS, MODEL, compile_text, messages, plan_of

OTHER = 'data sums = chats | where topic == "sums"\n'
STAGE = "stage tuned: sft { from = base, data = mixed }\n"
SMOKE = "profile smoke { max_rows = 4 }\n"
PORTIONS = (Portion(input=Input(node="chats"), share=0.7), Portion(input=Input(node="sums"), share=0.3))


def recipe(source: str) -> str:
    return MODEL + CHATS + OTHER + f"data mixed = {source}\n" + STAGE


def mixed(plan: Plan) -> DataNode:
    node = plan.node("mixed")
    assert isinstance(node, DataNode)
    return node


def test_mix(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, recipe("mix({ chats: 70%, sums: 30% }, rows = 100k)"))
    source = mixed(plan).source
    assert isinstance(source, MixSource)
    assert source.seed > 0
    assert source == MixSource(portions=PORTIONS, rows=100_000, seed=source.seed)
    assert mixed(plan).shape == "chat"
    assert not list(faults(plan))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_interleave(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, recipe("interleave({ chats: 70%, sums: 30% }, until = all_once)"))
    assert mixed(plan).source == InterleaveSource(portions=PORTIONS, until="all_once")
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_the_seed_is_part_of_a_mix_and_of_nothing_that_draws_nothing(tmp_path: Path) -> None:
    for source, changes in (("mix", True), ("interleave", False)):
        text = recipe(f"{source}({{ chats: 70%, sums: 30% }})")
        plans = [plan_of(tmp_path, text.replace("seed = 1", f"seed = {seed}")) for seed in (1, 2)]
        prints = {mixed(plan).fingerprint for plan in plans}
        assert (len(prints) == 2) is changes


def test_every_setting_is_part_of_the_identity(tmp_path: Path) -> None:
    shares = "{ chats: 70%, sums: 30% }"
    sources = [
        f"mix({shares})",
        "mix({ chats: 60%, sums: 40% })",
        "mix({ sums: 70%, chats: 30% })",
        f"mix({shares}, rows = 10)",
        f"mix({shares}, rows = 10, repeat = true)",
        f"interleave({shares})",
        f"interleave({shares}, until = all_once)",
        f"interleave({shares}, until = all_exhausted)",
    ]
    prints = {mixed(plan_of(tmp_path, recipe(each))).fingerprint for each in sources}
    assert len(prints) == len(sources)


def test_max_rows_lets_a_mix_have_fewer(tmp_path: Path) -> None:
    request = Request(profile="smoke")
    found = [
        mixed(plan_of(tmp_path, recipe(f"mix({{ chats: 70%, sums: 30% }}{more})") + SMOKE, request)).source
        for more in (", rows = 100k", ", rows = 2", ", rows = 100k, repeat = true", "")
    ]
    assert [(each.rows, each.fewer) for each in found if isinstance(each, MixSource)] == [
        (4, True),
        (2, True),
        (4, False),
        (0, False),
    ]


def test_how_they_are_shown(tmp_path: Path) -> None:
    shares = "{ chats: 70%, sums: 30% }"
    told = {
        f"mix({shares})": "mix of 70% chats + 30% sums · as many rows as the scarcest allows",
        f"mix({shares}, rows = 100k)": "mix of 70% chats + 30% sums · 100,000 rows",
        f"mix({shares}, rows = 9, repeat = true)": "mix of 70% chats + 30% sums · 9 rows · repeating",
        f"interleave({shares})": "interleave of 70% chats + 30% sums · until first_exhausted",
    }
    assert {each: source_words(mixed(plan_of(tmp_path, recipe(each)))) for each in told} == told


def test_a_mixture_of_itself_is_no_end(tmp_path: Path) -> None:
    outcome = compile_text(tmp_path, MODEL + CHATS + "data mixed = mix({ chats: 70%, mixed: 30% })\n" + STAGE)
    assert messages(outcome) == ["N108 dataset `mixed` needs itself: mixed -> mixed"]


def test_datasets_may_be_declared_below(tmp_path: Path) -> None:
    text = MODEL + "data mixed = mix({ chats: 70%, sums: 30% })\n" + OTHER + CHATS + STAGE
    assert [each.node for each in mixed(plan_of(tmp_path, text)).source.inputs] == ["chats", "sums"]  # type: ignore[union-attr]
