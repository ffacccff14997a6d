"""The recipe through recipedsl: compiled, planned, its data nodes carried out one after another."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from task import REFUSAL, Task, carry_out

from recipedsl.cli.wiring import facts_of
from recipedsl.compiler import compile_source
from recipedsl.data.engine import make_data
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.plan.model import DataNode, Plan, inputs_of
from recipedsl.source import Source

RULES = f"""
  | where language == "en"
  | where score >= 0.3
  | where chars(question) in 10..400 and chars(answer) in 80..4000
  | where words(answer) in 15..600
  | where not matches(answer, "{REFUSAL.replace(chr(92), chr(92) * 2)}")
"""
GOOD = f"{RULES}  | dedup question\n"
ALL = 'ftr 1\ndata rows = read("*.{form}")'
RECIPE = f"""ftr 1
data a = read("a.{{form}}"){GOOD}  | take {{cap}} by topic
data b = read("b.{{form}}"){GOOD}  | take {{cap}} by topic
data rows = mix({{{{ a: 70%, b: 30% }}}}, rows = {{size}})
  | shuffle
  | as chat(user = question, assistant = answer)
  | split train = 95%, held = 5%
"""
RECIPES = {"rules": ALL + RULES, "filters": ALL + GOOD, "recipe": RECIPE}


def _plan(task: Task) -> Plan:
    text = RECIPES[task.pipeline].format(cap=task.cap, size=task.size, form=task.form)
    outcome = compile_source(Source("bench.ftr", text), facts_of(task.folder))
    if outcome.plan is None:
        raise SystemExit("; ".join(each.message for each in outcome.problems.in_order()))
    return outcome.plan


def run(task: Task) -> dict[str, object]:
    """Carries out the plan; tells seconds of planning and of each node, and its steps."""
    started = time.perf_counter()
    plan = _plan(task)
    told: dict[str, object] = {"plan": round(time.perf_counter() - started, 3)}
    policy, made = ReadPolicy(task.folder), dict[str, Path]()
    for node in plan.nodes:
        if isinstance(node, DataNode):
            started = time.perf_counter()
            made[node.name] = task.out / "nodes" / node.name
            inputs = {name: made[name] for name in inputs_of(node)}
            facts = make_data(node, inputs, made[node.name], policy)
            told[node.name] = round(time.perf_counter() - started, 3)
            told[f"steps of {node.name}"] = [(each["keyword"], each["rows"]) for each in facts["steps"]]
    for file in made["rows"].glob("*.parquet"):
        shutil.move(file, task.out / file.name)
    return told


if __name__ == "__main__":
    carry_out(dict.fromkeys(RECIPES, run))
