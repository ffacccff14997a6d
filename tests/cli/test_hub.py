"""Models and datasets of a hub, fetched over HTTP: from one on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from tests.hub_server import COMMIT, Hub, served
from tests.tiny import make_tiny_model

pytestmark = pytest.mark.slow

MODEL, ROWS = f'hub("acme/tiny", revision = "{COMMIT}")', f'hub("acme/rows", revision = "{COMMIT}")'

RECIPE = """\
ftr 1

model base { from = @model }

data lessons = @rows | as chat(user = question, assistant = answer)

stage tuned: sft { from = base, data = lessons, learning_rate = 1e-3, steps = 2, batch = 2, max_length = 128 }

run { seed = 1 }
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with a model and a dataset."""
    folder = tmp_path_factory.mktemp("repositories")
    make_tiny_model(folder / "acme" / "tiny")
    (folder / "acme" / "tiny" / "pytorch_model.bin").write_bytes(b"not wanted")
    rows = folder / "datasets" / "acme" / "rows" / "data"
    rows.mkdir(parents=True)
    text = "".join(f'{{"question": "What is {n} + 1?", "answer": "{n + 1}"}}\n' for n in range(4))
    (rows / "train.jsonl").write_text(text)
    (rows / "test.jsonl").write_text(text)
    with served(folder) as hub:
        yield hub


@dataclass(frozen=True)
class Machine:
    """A project on a machine that has never fetched anything."""

    project: Path
    endpoint: str

    def run(self, *arguments: str, model: str = MODEL, rows: str = ROWS) -> subprocess.CompletedProcess[str]:
        """A command in a process of its own: the hub's client reads its end point once."""
        (self.project / "r.ftr").write_text(RECIPE.replace("@model", model).replace("@rows", rows))
        root = str(Path(__file__).parents[2])
        code = f"import sys; sys.path.insert(0, {root!r}); from recipedsl.cli.main import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.project,
            env={
                # Other tests keep away from the hub; these talk to their own.
                **{key: value for key, value in os.environ.items() if "OFFLINE" not in key},
                "HF_ENDPOINT": self.endpoint,
                "HF_HOME": str(self.project / ".hf"),
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "XDG_CACHE_HOME": str(self.project / ".cache"),
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=240,
        )


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Machine:
    hub.asked.clear()
    hub.gated.clear()
    hub.lies.clear()
    (tmp_path / "pyproject.toml").write_text("")
    return Machine(tmp_path, hub.endpoint)


def test_a_recipe_whose_parts_all_come_from_the_hub(machine: Machine, hub: Hub) -> None:
    said = machine.run("check", "r.ftr")
    assert said.returncode == exit_codes.FINE
    assert "`recipedsl plan` fetches it" in said.stdout
    assert hub.asked == [], "a check asks nobody"

    said = machine.run("run", "r.ftr")
    assert said.returncode == exit_codes.FINE, said.stderr
    fetching = [line for line in said.stderr.splitlines() if "fetches" in line]
    assert [line.split()[:4] for line in fetching] == [["model", "base", "fetches", "acme/tiny"]]
    assert "step 2 of 2" in said.stderr
    got = [path.rpartition("/")[2] for path in hub.asked if path.startswith("GET") and "/resolve/" in path]
    assert {"config.json", "model.safetensors", "tokenizer.json", "train.jsonl"} <= set(got)
    assert not {"pytorch_model.bin", "test.jsonl"} & set(got)

    hub.asked.clear()
    said = machine.run("plan", "r.ftr")
    assert "4 nodes: 4 cached" in said.stdout
    assert not any("/resolve/" in path for path in hub.asked)
    assert machine.run("check", "r.ftr").returncode == exit_codes.FINE


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        (
            'hub("acme/tyni", revision = "main")',
            "R720",
            "the hub has no model `acme/tyni`, or not for everybody",
        ),
        ('hub("acme/tiny", revision = "v9")', "R720", "acme/tiny has no revision `v9`"),
        (MODEL, "R721", "acme/tiny is only for those who accepted its terms"),
    ],
)
def test_a_model_that_the_hub_does_not_give(
    machine: Machine, hub: Hub, model: str, code: str, words: str
) -> None:
    hub.gated.add("acme/tiny")
    said = machine.run("plan", "r.ftr", model=model)
    assert said.returncode == exit_codes.RUN_FAILED
    assert f"error[{code}]: {words}\n --> r.ftr:3:7\n" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('hub("acme/rwos", revision = "main")', "the hub has no such dataset, or not for everybody"),
        ('hub("acme/rows", revision = "v9")', "it has no revision `v9`"),
        ('hub("acme/rows", split = "held", revision = "main")', "none of its 2 files is of the split"),
        (ROWS, "it is only for those who accepted its terms"),
    ],
)
def test_a_dataset_that_the_hub_does_not_give(machine: Machine, hub: Hub, rows: str, words: str) -> None:
    hub.gated.add("acme/rows")
    said = machine.run("plan", "r.ftr", rows=rows)
    assert said.returncode == exit_codes.RECIPE_ERRORS
    assert "error[D203]: the dataset `acme/r" in said.stderr
    assert words in said.stderr
    assert "--> r.ftr:5:16" in said.stderr


def test_a_network_that_is_not_there(machine: Machine) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        alone = Machine(machine.project, f"http://127.0.0.1:{taken.getsockname()[1]}")
        (machine.project / "rows.jsonl").write_text('{"question": "a", "answer": "b"}\n' * 4)
        said = alone.run("plan", "r.ftr", rows='read("rows.jsonl")')
        assert said.returncode == exit_codes.RUN_FAILED
        assert said.stderr.startswith("model base  begins   new\nmodel base  failed   R722\nerror[R722]: ")
        assert "error[R722]: acme/tiny at `0123456" in said.stderr
        assert "--> r.ftr:3:7" in said.stderr
        said = alone.run("plan", "r.ftr")
        assert said.returncode == exit_codes.RECIPE_ERRORS
        assert "the hub cannot be reached" in said.stderr


@pytest.mark.parametrize("header", ["ETag", "X-Linked-ETag", "X-Repo-Commit"])
@pytest.mark.parametrize("path", ['"../../../../evil"', '"/tmp/evil"'])
def test_a_hub_that_sends_a_path_as_the_name_of_a_file(
    machine: Machine, hub: Hub, header: str, path: str
) -> None:
    hub.lies[header] = path
    said = machine.run("plan", "r.ftr", rows='hub("acme/rows", revision = "main")')
    assert said.returncode != exit_codes.FINE
    assert f"the hub sends a path as its {header}" in said.stderr
    assert "Traceback" not in said.stderr
    assert not [each for each in machine.project.rglob("*evil*") if "/blobs/" not in str(each)]
