"""How near the memory that a plan tells comes to the memory that a stage takes.

    python benchmarks/memory.py [--model tiny|small] [--only NAME …]

Trains stages of two steps in workers, as a run does, and prints for each the estimate of
`recipedsl.plan.memory`, the peak of the worker's resident memory (`ru_maxrss`) and their ratio.
`small` is the model of recipes/quickstart.ftr, 135 million weights; `tiny` is made here and shows
what the program itself takes. Works on the processor: a GPU in the machine is hidden.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipedsl.cli.preparing import carry_out
from recipedsl.cli.wiring import facts_of, plan_facts, reasons_of, store_of
from recipedsl.compiler import compile_source
from recipedsl.plan.memory import Memory
from recipedsl.plan.model import Plan, StageNode
from recipedsl.report.plan_nodes import stage_memory
from recipedsl.runtime.execute import Options, RunOutcome, Silent
from recipedsl.runtime.surroundings import clean_environment
from recipedsl.runtime.worker import command
from recipedsl.source import Source

ROOT = Path(__file__).parents[1]

#: Models; the second half of a line of rows, about a token of each tokenizer; lengths of rows in
#: tokens, and what a chat puts around them.
TINY = 'model base { from = local("tiny") }\n'
SMALL = (ROOT / "recipes" / "quickstart.ftr").read_text("utf-8")
MODELS = {
    "tiny": (TINY, "a", (192, 512), 64),
    "small": (SMALL[SMALL.index("model base") : SMALL.index("type Solution")], " word", (256, 768), 62),
}

ROWS = 16

STAGES = {
    "sft_lora": "sft {{ data = chats_{length}, adapter = lora, batch = 4, {rest} }}",
    "sft_full": "sft {{ data = chats_{length}, batch = 4, {rest} }}",
    "sft_kept": "sft {{ data = chats_{length}, batch = 4, gradient_checkpointing = true, {rest} }}",
    "dpo_lora": "dpo {{ data = pairs_{length}, adapter = lora, batch = 2, {rest} }}",
    "dpo_full": "dpo {{ data = pairs_{length}, batch = 2, {rest} }}",
    "reward": "reward {{ data = pairs_{length}, adapter = lora, batch = 2, {rest} }}",
    # Answers end where the model ends them; told to go on, they are as long as the estimate says.
    "grpo_lora": (
        "grpo {{ data = asked_{length}, adapter = lora, batch = 4, generations = 4, max_new_tokens = {half},"
        " reward = length(target = 20, limit = 60),"
        " trainer = {{ generation_kwargs: {{ min_new_tokens: {half} }} }}, {rest} }}"
    ),
}


@dataclass(frozen=True)
class Measured:
    """One stage.

    Attributes:
        name: of the stage, with its length.
        estimated: bytes by what they are for.
        peak: resident memory of the worker at its largest, in bytes.
    """

    name: str
    estimated: Memory
    peak: int

    def line(self) -> str:
        """A line of the table."""
        total = self.estimated.total
        parts = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in self.estimated.parts.items())
        return f"{self.name:<16}{total / 1e6:>9.0f}{self.peak / 1e6:>9.0f}{total / self.peak:>7.2f}   {parts}"


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", choices=list(MODELS), action="append", help="default: both")
    parser.add_argument("--only", nargs="*", default=list(STAGES), choices=list(STAGES))
    options = parser.parse_args()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    for model in options.model or MODELS:
        print(f"{model:<16}{'told MB':>9}{'peak MB':>9}{'ratio':>7}   by part")
        with tempfile.TemporaryDirectory() as folder:
            for found in measure(model, options.only, Path(folder)):
                print(found.line(), flush=True)


def measure(model: str, stages: list[str], root: Path) -> Iterator[Measured]:
    """Trains the stages on a model, at two lengths, one worker after another."""
    if model == "tiny":
        sys.path.insert(0, str(ROOT))
        from tests.tiny import make_tiny_model

        make_tiny_model(root / "tiny")
    plan = plan_of(model, stages, root)
    outcome = carry_out(plan, root, Options(prepare_only=True), Silent())
    if outcome.state != "done":
        sys.exit("; ".join(each.message for each in outcome.diagnostics))
    store = store_of(root)
    facts = plan_facts(plan, root, store, reasons_of(plan, store))
    write_inputs(plan, outcome, root)
    for node in plan.nodes:
        if isinstance(node, StageNode):
            estimated = stage_memory(node, facts)
            assert estimated is not None, "every model here has a size"
            yield Measured(node.name, estimated, peak_of(node, root))


def plan_of(model: str, stages: list[str], root: Path) -> Plan:
    """A recipe with rows that are as long as they may be, compiled."""
    head, word, lengths, around = MODELS[model]
    text = f"ftr 1\n{head}"
    for length in lengths:
        half = length // 2
        rows = root / f"rows_{length}.jsonl"
        rows.write_text("".join(row(number, word, length, around) for number in range(ROWS)), "utf-8")
        text += data_of(length)
        for name in stages:
            most = half if name.startswith("grpo") else length
            rest = f"from = base, steps = 2, max_length = {most}"
            text += f"stage {name}_{length}: {STAGES[name].format(length=length, half=half, rest=rest)}\n"
    outcome = compile_source(Source("memory.ftr", f"{text}run {{ seed = 1 }}\n"), facts_of(root))
    if outcome.plan is None:
        sys.exit("; ".join(each.message for each in outcome.problems.in_order()))
    return outcome.plan


def row(number: int, word: str, length: int, around: int) -> str:
    """A line of the rows: a question, an answer to be cut, a pair, and a prompt of half the length."""
    texts = {
        "question": f"{number} say",
        "long": word * length,
        "chosen": word * (length - around),
        "rejected": word * (length - around - 5),
        "prompt": word * (length // 2 - around),
    }
    return json.dumps(texts) + "\n"


def data_of(length: int) -> str:
    """The rows in three shapes."""
    read = f'read("rows_{length}.jsonl")'
    return (
        f"data chats_{length} = {read} | as chat(user = question, assistant = long)\n"
        f"data pairs_{length} = {read}"
        " | as preference(prompt = question, chosen = chosen, rejected = rejected)\n"
        f"data asked_{length} = {read} | as prompt(prompt)\n"
    )


def write_inputs(plan: Plan, outcome: RunOutcome, root: Path) -> None:
    """What a worker is given: the plan, and where the results of other nodes lie."""
    folders = {name: str(result.folder.absolute()) for name, result in outcome.results.items()}
    (root / "plan.json").write_text(plan.model_dump_json(), "utf-8")
    (root / "inputs.json").write_text(json.dumps({"root": str(root), **folders}), "utf-8")


def peak_of(node: StageNode, root: Path) -> int:
    """Bytes that the worker of a stage had resident at most. Exits when it fails."""
    out, work = (root / kind / node.name for kind in ("out", "work"))
    for folder in (out, work):
        folder.mkdir(parents=True)
    started = command(root / "plan.json", node.name, inputs=root / "inputs.json", out=out, work=work)
    with (work / "log").open("wb") as log:
        worker = subprocess.Popen(started, env=clean_environment({}), stdout=log, stderr=log)
        _, status, usage = os.wait4(worker.pid, 0)
    if status:
        sys.exit(f"{node.name} failed:\n{(work / 'log').read_text('utf-8', 'replace')[-2000:]}")
    shutil.rmtree(out)
    return usage.ru_maxrss * 1024  # Linux counts in KiB


if __name__ == "__main__":
    main()
