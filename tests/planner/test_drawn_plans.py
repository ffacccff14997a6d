"""Drawn recipes: their plans read back equal, are fit to run, and come out the same again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recipedsl.compiler import Outcome, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.plan.model import Plan
from recipedsl.plan.verify import faults
from recipedsl.source import Source
from tests.compiling import CHATS, MODEL, PAIRS, messages, write_rows

STEPS = (
    "where id > 0", 'where topic in ["sums", "dates"]', "derive size = chars(answer), twice = id * 2",
    "derive day = if(id == 1, 0.5, 1)", "dedup question", "dedup", "take 5 by topic", "sample 50% by topic",
    "sample 3", "shuffle",
    "repeat 2", "sort by score, descending = true", "where score == none or id in 0..1",
    'expect count() > 0 else "no rows"', 'where not matches(answer, "(?i)as an ai")',
)  # fmt: skip
METHODS = {
    "sft": "data = shaped",
    "dpo": "data = pairs, loss = [sigmoid, ipo], loss_weights = [1, 0.5]",
    "kto": "data = (rows_ | derive good = true | as feedback(question, answer, good))",
    "grpo": 'data = (rows_ | as prompt(question)), reward = exact(answer) - 25% * format("x y"), batch = 16',
    "rloo": "data = (rows_ | as prompt(question, system = careful)), reward = numeric(answer), batch = 8",
}
SETTINGS = (
    "adapter = lora", "adapter = lora(rank = 4, alpha = 8.5)", "adapter = none",
    "schedule = cosine(warmup = 3%)",
    "schedule = constant(warmup = 10)", "optimizer = adamw(beta2 = 0.95)", "max_length = 2Ki", "batch = 24",
    "micro_batch = 4", "seed = 3", "save_every = 5", "weight_decay = 1e-2", "trainer = { logging_steps: 2 }",
)  # fmt: skip


def _others(method: str, chosen: list[str]) -> list[str]:
    """Settings that the method does not fix already."""
    return [each for each in chosen if not (each.startswith("batch") and method in ("grpo", "rloo"))]


@st.composite
def stages(draw: st.DrawFn) -> str:
    """One to four stages, each starting from one above."""
    text, starts = "", ["base"]
    for number in range(draw(st.integers(1, 4))):
        method = draw(st.sampled_from(sorted(METHODS)))
        chosen = draw(
            st.lists(st.sampled_from(SETTINGS), max_size=3, unique_by=lambda each: each.split(" = ")[0])
        )
        entries = ", ".join(
            [f"from = {draw(st.sampled_from(starts))}", METHODS[method], *_others(method, chosen)]
        )
        text += f"stage s{number}: {method} {{ {entries} }}\n"
        starts.append(f"s{number}")
    judged = ", ".join(starts)
    return (
        text
        + f"eval e {{ models = [{judged}], data = held, metrics = [loss(), exact(q)], slice = [topic] }}\n"
    )


@st.composite
def recipes(draw: st.DrawFn) -> str:
    """A recipe without mistakes."""
    steps = "".join(f"  | {each}\n" for each in draw(st.lists(st.sampled_from(STEPS), max_size=4)))
    rows = f'data rows_ = read("rows.jsonl")\n{steps}'
    shaped = "data shaped = rows_ | as chat(user = question, assistant = answer)\n"
    held = 'data held = rows([{ q: "a", w: "b", topic: none }]) | as chat(user = q, assistant = w)\n'
    before = 'let careful = "Be \\u{201e}careful\\u{201c}."\n'
    return MODEL + before + rows + shaped + CHATS + PAIRS + held + draw(stages())


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> FileFacts:
    return FileFacts(write_rows(tmp_path_factory.mktemp("project")))


def compiled(facts: FileFacts, text: str) -> tuple[Outcome, Plan]:
    outcome = compile_source(Source("recipe.ftr", text), facts)
    assert outcome.plan is not None, messages(outcome)
    return outcome, outcome.plan


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=recipes())
def test_a_drawn_plan(facts: FileFacts, text: str) -> None:
    _, plan = compiled(facts, text)
    written = plan.model_dump_json()
    assert Plan.model_validate_json(written) == plan
    assert not list(faults(plan))
    assert compiled(facts, text)[1].model_dump_json() == written
    assert all(len(node.fingerprint) == 64 for node in plan.nodes)


def test_imported_stages_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    inner = MODEL + CHATS + "stage first: sft { from = base, data = chats }\n"
    padding = "# " + "x" * 500 + "\n"
    write_rows(tmp_path).joinpath("inner.ftr").write_text(padding + inner, encoding="utf-8")
    outer = (
        'ftr 1\nimport inner = "inner.ftr"\nstage second: sft { from = inner.first, data = inner.chats }\n'
    )
    tmp_path.joinpath("outer.ftr").write_text(outer, encoding="utf-8")
    text = 'ftr 1\nimport outer = "outer.ftr"\nrun { seed = 1 }\n'
    text += "stage third: sft { from = outer.second, data = outer.inner.chats }\n"
    outcome = compile_source(Source("recipe.ftr", text), FileFacts(tmp_path))
    assert outcome.plan is not None, messages(outcome)
    names = [node.name for node in outcome.plan.nodes if node.kind == "stage"]
    assert names == ["outer.inner.first", "outer.second", "third"]
