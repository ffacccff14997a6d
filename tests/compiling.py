"""Compiles small recipes against files made in a temporary folder."""

from __future__ import annotations

import json
from pathlib import Path

from recipedsl.compiler import Outcome, Request, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.plan.model import Plan
from recipedsl.source import Source

ROWS = [
    {"id": 1, "question": "What is two and two?", "answer": "Four.", "topic": "sums", "score": 0.9},
    {"id": 2, "question": "Which month follows May?", "answer": "June.", "topic": "dates", "score": None},
]
MODEL = 'ftr 1\nmodel base { from = local("tiny") }\nrun { seed = 1 }\n'
CHATS = 'data chats = read("rows.jsonl") | as chat(user = question, assistant = answer)\n'
PAIRS = (
    'data pairs = read("rows.jsonl") | as preference(prompt = question, chosen = answer, rejected = topic)\n'
)
TUNED = "stage tuned: sft { from = base, data = chats, adapter = lora }\n"


def write_rows(root: Path) -> Path:
    """Rows under `root`, which is returned."""
    root.joinpath("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    root.joinpath("tiny").mkdir(exist_ok=True)
    return root


def compile_text(root: Path, text: str, request: Request | None = None) -> Outcome:
    """Compile a recipe that lies in `root`."""
    return compile_source(Source("recipe.ftr", text), FileFacts(write_rows(root)), request)


def plan_of(root: Path, text: str, request: Request | None = None) -> Plan:
    """The plan of a recipe without errors."""
    outcome = compile_text(root, text, request)
    assert outcome.plan is not None, [str(each.message) for each in outcome.problems.in_order()]
    return outcome.plan


def messages(outcome: Outcome) -> list[str]:
    """Code and message of every problem, in order."""
    return [f"{each.code} {each.message}" for each in outcome.problems.in_order()]
