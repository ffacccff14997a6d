"""Third-party rows of every form, from file to trained stage, through the command line.

They lie in `shared/data` beside the checkout and are no part of the project; without them these
tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import make_tiny_model

SHARED = Path(__file__).parents[2] / "shared" / "data"
HEAD = 'ftr 1\nmodel base { from = local("tiny") }\nrun { seed = 3 }\n'
COMMON = "from = base, steps = 2, batch = 4, max_length = 4Ki"

RECIPES = {
    "gsm8k_train.jsonl": (
        '  | where matches(answer, "#### -?[0-9]") | take 200'
        ' | derive number_only = extract(answer, "#### (-?[0-9,.]+)")'
        " | as prompt(question)",
        "grpo { " + COMMON + ", reward = numeric(number_only) + 0.1 * length(target = 40, limit = 80),"
        " generations = 2, max_new_tokens = 12 }",
    ),
    "alpaca_en_demo.json": (
        '  | as chat(user = if(input == "", instruction, instruction + "\\n\\n" + input), assistant = output)',
        "sft { " + COMMON + ", adapter = lora(rank = 2), packing = true }",
    ),
    "dpo_en_demo.json": (
        "  | as preference(prompt = conversations, chosen = chosen, rejected = rejected)",
        "dpo { " + COMMON + ", adapter = lora(rank = 2) }",
    ),
    "kto_en_demo.json": (
        "  | as feedback(messages = messages, label = label)",
        "kto { " + COMMON + " }",
    ),
    "glaive_toolcall_en_demo.json": (
        "  | as chat(messages = conversations, tools = tools)",
        "sft { " + COMMON + ", train_on = last }",
    ),
}  # fmt: skip


def write_recipe(root: Path, name: str) -> None:
    steps, stage = RECIPES[name]
    stage = stage.replace("from = base", "from = base, data = found", 1)
    # Tool calls need a template that writes them; the tiny model's own does not, and is refused.
    head = HEAD.replace("}\n", ", template = qwen2_5 }\n", 1) if "tools" in steps else HEAD
    text = f'{head}data found = read("{name}")\n{steps}\nstage trained: {stage}\n'
    root.joinpath("recipe.ftr").write_text(text, encoding="utf-8")


def recipedsl(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "NO_COLOR": "1"}
    program = "from recipedsl.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(
    not SHARED.is_dir(), reason="the third-party rows of shared/data are not beside the checkout"
)
@pytest.mark.parametrize("name", RECIPES)
def test_rows_are_read_shaped_and_trained_on(name: str, tmp_path: Path) -> None:
    shutil.copyfile(SHARED / name, tmp_path / name)
    make_tiny_model(tmp_path / "tiny")
    write_recipe(tmp_path, name)
    done = recipedsl(tmp_path, "run", "recipe.ftr", "--root", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr

    assert "2 steps" in done.stderr
