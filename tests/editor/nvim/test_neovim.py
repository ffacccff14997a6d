"""A real editor: Neovim's own language client against `recipedsl lsp`, headless."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NEOVIM = shutil.which("nvim")
SCRIPT = Path(__file__).with_name("smoke.lua")
SERVER = [sys.executable, "-c", "from recipedsl.cli.main import main; main()", "lsp"]

RECIPE = """\
ftr 1

model base { from = local("model"), template = chatml }

data lessons = read("rows.jsonl")
  | where chars(answr) > 0
  | as chat(user=question,assistant=answer)

stage tuned: sft { from = base, data = lessons, epoch = 1, bacth = 2 }

run { seed = 1 }
"""

FINISHED = """\
ftr 1

model base { from = local("model"), template = chatml }

data worked = read("rows.jsonl")
  | where chars(answer) > 0
  | as chat(user = question, assistant = answer)

stage tuned: sft { from = base, data = worked, epochs = 1, batch = 2 }

run { seed = 1 }
"""

pytestmark = pytest.mark.skipif(NEOVIM is None, reason="Neovim (`nvim`) is not installed here")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script saw."""
    folder = tmp_path_factory.mktemp("neovim")
    (folder / "model").mkdir()
    (folder / ".git").mkdir()
    rows = [{"question": f"What is {each}?", "answer": f"{each}."} for each in range(3)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    (folder / "recipe.ftr").write_text(RECIPE)
    home = folder / "home"
    home.mkdir()
    surroundings = {
        **os.environ,
        "HOME": str(home),
        "RECIPEDSL_SERVER": json.dumps(SERVER),
        "RECIPEDSL_SEEN": str(folder / "seen.json"),
    }
    surroundings = {name: text for name, text in surroundings.items() if not name.startswith("XDG_")}
    assert NEOVIM is not None
    command = [
        NEOVIM,
        "--headless",
        "-u",
        "NONE",
        "-i",
        "NONE",
        "-n",
        "recipe.ftr",
        "-c",
        f"luafile {SCRIPT}",
    ]
    done = subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=300, check=False
    )
    assert (folder / "seen.json").exists(), done.stderr
    found: dict[str, Any] = json.loads((folder / "seen.json").read_text())
    log = "".join(each.read_text(errors="replace")[-4_000:] for each in home.rglob("lsp.log"))
    assert "problem" not in found, f"{found['problem']}\n{found['text']}\n{log}"
    return found


def test_three_mistakes_are_three_problems(seen: dict[str, Any]) -> None:
    assert [(each["line"], each["message"]) for each in seen["problems"]] == [
        (6, "unknown column `answr` in `lessons`"),
        (9, "`sft` has no setting `epoch`"),
        (9, "`sft` has no setting `bacth`"),
    ]


def test_a_column_is_completed(seen: dict[str, Any]) -> None:
    assert "answer" in seen["completed"]


def test_a_fix_is_offered_and_applied(seen: dict[str, Any]) -> None:
    assert seen["offered"][0].startswith("A similar name exists: `epochs`")


def test_what_is_left_is_right(seen: dict[str, Any]) -> None:
    """The column, the fix, the new name of the dataset and the one look."""
    assert seen["text"] == FINISHED
    assert not [each for each in seen["left"] if each["code"][0] != "L"]
