"""The page in a real browser, and that what is in the package is what its source builds."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from recipedsl.cli.play import SAMPLE
from tests.playground.serving import served, write_project

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "editors" / "playground"
STATIC = ROOT / "recipedsl" / "editor" / "playground" / "static"

#: What Debian and others call it.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the page's source with its tools, as npm's lock file has them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path_factory.mktemp("workshop")
    ignored = shutil.ignore_patterns("node_modules")
    for name in ("playground", "codemirror"):
        shutil.copytree(SOURCE.parent / name, folder / name, ignore=ignored)
    here, kept = folder / "playground", SOURCE / "node_modules"
    lock = (SOURCE / "package-lock.json").read_bytes()
    if (kept / ".package-lock.json").is_file() and _holds(kept, lock):
        (here / "node_modules").symlink_to(kept)
        return here
    try:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=here,
            capture_output=True,
            timeout=240,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not get the tools of the page in time")
    if done.returncode:
        pytest.skip(f"npm cannot get the tools of the page: {done.stderr.decode()[-300:]}")
    return here


def _holds(kept: Path, lock: bytes) -> bool:
    """Whether a folder of packages is the one that a lock file asks for; other systems' parts may lack."""
    there = json.loads((kept / ".package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads(lock)["packages"]
    return all(
        there.get(name, {}).get("version") == each["version"]
        for name, each in wanted.items()
        if name and not each.get("optional")
    )


def test_the_package_holds_what_the_source_builds(workshop: Path, tmp_path: Path) -> None:
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=workshop, check=True, timeout=120)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(each.name for each in STATIC.iterdir())
    for each in tmp_path.iterdir():
        assert each.read_bytes() == (STATIC / each.name).read_bytes(), (
            f"{each.name} is stale: `npm ci && npm run build` in editors/playground"
        )


def test_the_source_is_sound(workshop: Path) -> None:
    done = subprocess.run(
        ["npm", "run", "-s", "check"], cwd=workshop, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_page_is_small_and_asks_nobody_else() -> None:
    assert sum(each.stat().st_size for each in STATIC.iterdir()) < 1_000_000
    for name in ("index.html", "play.css"):
        assert "//" not in (STATIC / name).read_text("utf-8").replace("/*!", "")


@pytest.fixture(scope="session")
def seen(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw while somebody wrote the sample; see `editors/playground/test/page.mjs`."""
    browser = next((found for each in BROWSERS if (found := shutil.which(each))), None)
    if browser is None:
        pytest.skip("no Chromium is installed")
    root, pictures = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("pictures")
    write_project(root)
    with served(root, SAMPLE) as door:
        done = subprocess.run(
            ["node", "test/page.mjs", browser, door.address, str(pictures)],
            cwd=workshop, capture_output=True, text=True, timeout=540, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "root": root, "origin": f"http://127.0.0.1:{door.port}/", "pictures": pictures}


def test_what_is_shown_first(seen: dict[str, Any]) -> None:
    assert seen["begun"]["problems"] == []
    assert seen["begun"]["rows"] == ["7", "6", "5", "5", "5"]
    assert sorted(seen["begun"]["nodes"]) == ["base", "questions", "report", "tuned"]


def test_a_mistake_that_is_typed_is_shown(seen: dict[str, Any]) -> None:
    assert seen["mistake"]["problems"] == ["unknown column `questio` in `questions`"]
    assert seen["mistake"]["marks"] == ["questio"]
    assert seen["mistake"]["flaws"] == ["questions"]
    assert seen["mistake"]["note"] == "as they were before the errors"


def test_the_fix_takes_it_away(seen: dict[str, Any]) -> None:
    assert seen["fixed"] == {"line": "  | dedup question", "marks": 0}


def test_rows_are_counted_anew(seen: dict[str, Any]) -> None:
    # `where chars(question) > 14` leaves "List all files." and "Show free space.".
    assert seen["narrower"] == ["7", "2", "2", "2", "2"]


def test_the_editor_helps(seen: dict[str, Any]) -> None:
    assert "take" in seen["completions"]
    assert "adapter" in seen["hover"]


def test_a_name_is_given_another_wherever_it_stands(seen: dict[str, Any]) -> None:
    assert seen["renamed"] == ["data asked = rows(", "data    = asked.train", "data    = asked.held"]


def test_other_files_are_shown_and_what_is_unsaved_is_not_lost_unasked(seen: dict[str, Any]) -> None:
    assert seen["offered"] == ["recipe.ftr"]


def test_the_graph_is_for_the_keyboard_too(seen: dict[str, Any]) -> None:
    assert seen["jumped"].startswith("stage tuned: sft")


def test_texts_are_texts(seen: dict[str, Any]) -> None:
    assert seen["markup"] == {"bad": 0, "images": 0}


def test_saving_is_asked_for(seen: dict[str, Any]) -> None:
    assert seen["afterEscape"] == "not saved"
    assert "inside this project" in seen["refused"]
    assert not (seen["root"].parent / "out.ftr").exists()
    assert not (seen["root"] / "new.ftr").exists()
    assert "  | take 3\n" in (seen["root"] / "saved.ftr").read_text("utf-8")
    assert seen["recipes"] == ["recipe.ftr", "saved.ftr"]


def test_the_page_speaks_to_its_server_only_and_breaks_no_rule(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert {each for each in seen["requests"] if not each.startswith((seen["origin"], "data:"))} == set()


def test_nobody_is_kept_out(seen: dict[str, Any]) -> None:
    assert seen["barriers"] == []
    assert seen["wider"] <= 0, "on a narrow window nothing stands beyond its edge"
