"""The recipe that real editors open, and what it is when a person has mended it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RECIPE = """\
ftr 1

model base { from = local("model"), template = chatml }

data lessons = read("rows.jsonl")
  | where chars(answr) > 0
  | as chat(user=question,assistant=answer)

stage tuned: sft { from = base, data = lessons, epoch = 1, bacth = 2 }

run { seed = 1 }
"""

#: With the column, the fix, the new name of the dataset and the one look.
FINISHED = """\
ftr 1

model base { from = local("model"), template = chatml }

data worked = read("rows.jsonl")
  | where chars(answer) > 0
  | as chat(user = question, assistant = answer)

stage tuned: sft { from = base, data = worked, epochs = 1, batch = 2 }

run { seed = 1 }
"""

PROBLEMS = [
    (6, "unknown column `answr` in `lessons`"),
    (9, "`sft` has no setting `epoch`"),
    (9, "`sft` has no setting `bacth`"),
]


def seen_by(command: Sequence[str], folder: Path, surroundings: Mapping[str, str]) -> dict[str, Any]:
    """What the script of an editor saw in a project with the recipe; it writes that to `RECIPEDSL_SEEN`.

    Raises:
        AssertionError: the script came upon something that it did not expect.
    """
    home, told = _project(folder), folder / "seen.json"
    around = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    around |= {"HOME": str(home), "RECIPEDSL_SEEN": str(told), **surroundings}
    done = subprocess.run(
        command, cwd=folder, env=around, capture_output=True, text=True, timeout=540, check=False
    )
    assert told.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    logs = "".join(each.read_text(errors="replace")[-4_000:] for each in home.rglob("lsp.log"))
    assert "problem" not in found, f"{found['problem']}\n{found['text']}\n{done.stderr[-4_000:]}\n{logs}"
    return found


def _project(folder: Path) -> Path:
    """Writes the project; gives the folder that stands for the person's own."""
    for name in ("model", ".git", "home"):
        (folder / name).mkdir()
    rows = [{"question": f"What is {each}?", "answer": f"{each}."} for each in range(3)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    (folder / "recipe.ftr").write_text(RECIPE, encoding="utf-8")
    return folder / "home"
