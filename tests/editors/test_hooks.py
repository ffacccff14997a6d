"""The hooks for `pre-commit`, and the example of a workflow: what they run is there and does what it should."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from recipedsl.cli.main import COMMANDS
from tests.editors.node_packages import EDITORS

_ROOT = EDITORS.parent
_HOOKS = _ROOT / ".pre-commit-hooks.yaml"


def test_hooks_and_workflow_run_commands_that_there_are() -> None:
    hooks = yaml.safe_load(_HOOKS.read_text(encoding="utf-8"))
    assert {each["id"] for each in hooks} == {"recipedsl-check", "recipedsl-fmt"}
    workflow = yaml.safe_load((EDITORS / "workflows" / "recipes.yml").read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    lines = [each["entry"] for each in hooks] + [each["run"] for each in steps if "run" in each]
    called = [found for line in lines for found in re.findall(r"(?<!install )\brecipedsl (\w+)", line)]
    assert len(called) >= len(hooks) + 3
    assert set(called) <= set(COMMANDS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with two recipes, one of which has a mistake and another layout."""
    (tmp_path / "good.ftr").write_text("ftr 1\n\nlet a = 1\n", encoding="utf-8")
    (tmp_path / "bad.ftr").write_text("ftr 1\nlet   a = nowhere\n", encoding="utf-8")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    return tmp_path


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, timeout=60)


def test_the_hooks_find_and_mend(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if shutil.which("pre-commit", path=_path()) is None:
        pytest.skip("`pip install pre-commit` installs what runs hooks")
    hooks = tmp_path_factory.mktemp("hooks")
    shutil.copy(_HOOKS, hooks)
    _git(hooks, "init", "-q")
    _git(hooks, "add", ".")
    _git(hooks, "commit", "-q", "-m", "hooks")
    checked = _try(project, hooks, "recipedsl-check")
    assert checked.returncode == 1
    assert "nowhere" in checked.stdout
    formatted = _try(project, hooks, "recipedsl-fmt")
    assert formatted.returncode == 1
    assert "files were modified by this hook" in formatted.stdout
    assert (project / "bad.ftr").read_text(encoding="utf-8") == "ftr 1\nlet a = nowhere\n"
    assert _try(project, hooks, "recipedsl-fmt").returncode == 0


def _path() -> str:
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def _try(project: Path, hooks: Path, hook: str) -> subprocess.CompletedProcess[str]:
    around = {
        **os.environ,
        "PATH": _path(),
        "PRE_COMMIT_HOME": str(hooks.parent / "pre-commit"),
        "NO_COLOR": "1",
    }
    command = ["pre-commit", "try-repo", str(hooks), hook, "--all-files", "--verbose"]
    return subprocess.run(
        command, cwd=project, env=around, capture_output=True, text=True, timeout=120, check=False
    )
