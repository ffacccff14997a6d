"""Rows of the hub: what a plan holds of settings that nothing carries out yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.compiler import Outcome, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.language.types import TEXT, Field, RowType
from recipedsl.plan.facts import FileRows, HubRows, Look
from recipedsl.plan.model import DataNode, HubSource, LaterSource, Plan, StageNode
from recipedsl.source import Source
from tests.compiling import CHATS, MODEL, compile_text, write_rows

STAGE = "stage read_on: sft { from = base, data = pages, steps = 10 }\n"


class PagesOfTheHub(FileFacts):
    """Every dataset of the hub is one of pages."""

    def look(self, source: FileRows | HubRows) -> Look:
        if isinstance(source, FileRows):
            return super().look(source)
        return Look(RowType((Field("text", TEXT),)), files=(source.name,), rows=1)


def _compiled(root: Path, settings: str) -> Outcome:
    source = Source("recipe.ftr", MODEL + _pages(settings) + STAGE)
    return compile_source(source, PagesOfTheHub(write_rows(root)))


def _plan(root: Path, settings: str) -> Plan:
    plan = _compiled(root, settings).plan
    assert plan is not None
    return plan


def _pages(settings: str) -> str:
    return f'data pages = hub("acme/web", revision = "v1"{settings}) | as text(text)\n'


def _source(plan: Plan) -> HubSource | LaterSource:
    (node,) = (each for each in plan.nodes if isinstance(each, DataNode))
    assert isinstance(node.source, HubSource | LaterSource)
    return node.source


def test_streamed_rows_are_kept_as_they_were_meant(tmp_path: Path) -> None:
    outcome = _compiled(tmp_path, ', stream = true, buffer = 10k, files = "a/*.jsonl.zst"')
    assert outcome.plan is not None
    source = _source(outcome.plan)
    assert isinstance(source, LaterSource)
    assert source.keyword == "hub"
    assert source.settings["buffer"] == 10_000
    assert source.settings["files"] == ["a/*.jsonl.zst"]
    told = [each for each in outcome.problems if each.kind is NotYet]
    assert ["`files`" in str(each.message) for each in told].count(True) == 1
    assert len(told) == 3


@pytest.mark.parametrize("settings", ["", ", stream = false", ", files = none"])
def test_rows_that_are_read_as_ever_stay_so(tmp_path: Path, settings: str) -> None:
    source = _source(_plan(tmp_path, settings))
    assert source == HubSource(name="acme/web", revision="v1")


def test_another_buffer_is_another_dataset(tmp_path: Path) -> None:
    plans = [_plan(tmp_path, f", stream = true, buffer = {size}") for size in ("10k", "20k")]
    prints = [{each.fingerprint for each in plan.nodes if isinstance(each, DataNode)} for plan in plans]
    assert prints[0] != prints[1]


def test_a_list_inside_of_a_reward_is_read_back_equal(tmp_path: Path) -> None:
    reward = "features(base, topic, depths = [25%, 50%])"
    text = (
        MODEL
        + CHATS
        + f"stage s: grpo {{ from = base, data = (chats | as prompt(question)), reward = {reward} }}\n"
    )
    plan = compile_text(tmp_path, text).plan
    assert plan is not None
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    (stage,) = (each for each in plan.nodes if isinstance(each, StageNode))
    assert stage.rewards[0].score.settings["depths"] == [0.25, 0.5]
