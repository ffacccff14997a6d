"""A project folder, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from recipedsl.cli.boundary import guarded
from recipedsl.cli.main import group

GOOD = """\
ftr 1

param rate: float in 1e-6..1e-2 = 1e-3

model base { from = local("tiny") }

data lessons = read("data/rows.jsonl") | as chat(user = question, assistant = answer)

stage tuned: sft { from = base, data = lessons, learning_rate = rate, steps = 2, batch = 2, max_length = 128 }

run { seed = 1 }
"""


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recipe, four rows and an empty folder for the model; the current one."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "data").mkdir()
    (tmp_path / "tiny").mkdir()
    rows = "".join(f'{{"question": "What is {n} + 1?", "answer": "{n + 1}"}}\n' for n in range(4))
    (tmp_path / "data" / "rows.jsonl").write_text(rows)
    (tmp_path / "good.ftr").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command as the process would, boundary included."""

    def run(*arguments: str) -> Said:
        code = guarded(group, arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run
