"""Plans, records and names of strangers: refused in words, and nothing outside the project is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recipedsl.cli import exit_codes
from recipedsl.plan.identity import fingerprint
from recipedsl.plan.model import Plan
from recipedsl.runtime.records import list_runs, load_run
from tests.cli.conftest import GOOD, Call

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def plan_file(project: Path, call: Call) -> Path:
    """A plan of the project, as `plan --json` writes it; the model is not at hand and not needed."""
    (project / "rows.ftr").write_text('ftr 1\ndata lessons = read("data/rows.jsonl") | take 2\n')
    file = project / "plan.json"
    file.write_text(call("plan", "rows.ftr", "--json").out)
    return file


def changed(file: Path, change: Change) -> None:
    form = json.loads(file.read_text())
    change(form)
    file.write_text(json.dumps(form))


def resealed(file: Path) -> None:
    """Fingerprints made anew, as whoever writes a plan by hand can."""
    plan = Plan.model_validate_json(file.read_bytes())
    made = (fingerprint(each, {}, plan.versions) for each in plan.nodes)
    nodes = [node.model_copy(update={"fingerprint": new}) for node, new in zip(plan.nodes, made, strict=True)]
    file.write_text(plan.model_copy(update={"nodes": tuple(nodes)}).model_dump_json())


def test_a_plan_runs_as_it_was_written(plan_file: Path, call: Call) -> None:
    assert call("run", "plan.json").code == exit_codes.FINE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda form: form["nodes"][0].update(fingerprint="../../victim"), "is none"),
        (lambda form: form["nodes"][0].update(fingerprint="a" * 64), "is not what its fingerprint says"),
        (lambda form: form["nodes"][0].update(name="../../victim"), "cannot be the name of a node"),
        (lambda form: form["nodes"][0].update(parts=["../victim"]), "cannot be the name of a node or part"),
        (lambda form: form["nodes"][0].update(row={"kind": "none"}), "is not what its fingerprint says"),
        (lambda form: form["nodes"][0]["source"].update(path="/etc/passwd"), "changed by hand"),
    ],
)
def test_a_plan_that_was_changed_by_hand(plan_file: Path, call: Call, change: Change, words: str) -> None:
    victim = plan_file.parent / "victim"
    victim.mkdir()
    (victim / "precious.txt").write_text("x")
    changed(plan_file, change)
    said = call("run", "plan.json")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert words in said.err
    assert (victim / "precious.txt").exists()
    assert not (plan_file.parent / "runs").exists()


def test_a_plan_with_good_fingerprints_reads_nothing_outside(plan_file: Path, call: Call) -> None:
    secret = plan_file.parent.parent / "secret.jsonl"
    secret.write_text('{"question": "top secret", "answer": "x"}\n')

    def lead_out(form: dict[str, Any]) -> None:
        form.update(recipe="../secret.jsonl")
        form["nodes"][0]["origin"].update(path="../secret.jsonl")
        form["nodes"][0]["source"].update(path="../secret.jsonl", digest="")

    changed(plan_file, lead_out)
    resealed(plan_file)
    said = call("run", "plan.json")
    assert said.code != exit_codes.FINE
    assert "leads outside the project" in said.err
    assert "top secret" not in said.err + said.out
    (run,) = list_runs(plan_file.parent)
    assert (run.folder / "recipe.ftr").read_text() == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda form: form.update(edition=9), "it is of edition 9"),
        (lambda form: form["nodes"][0]["row"].update(question=[1]), "its row type is none"),
        (lambda form: form["nodes"][0]["source"]["row"].update(question={"kind": "x"}), "row type is none"),
        (lambda form: form["nodes"][0]["steps"][0].update(keyword="x" * 99), f"no step `{'x' * 40}`"),
        (
            lambda form: form["nodes"][0]["steps"][0].update(keyword="as", settings={"shape": "/etc"}),
            "gives a shape that there is not",
        ),
        (
            lambda form: form["nodes"][0]["steps"][0].update(settings={"count": "many"}),
            "holds what cannot be",
        ),
    ],
)
def test_a_plan_that_no_recipe_could_have_made(
    plan_file: Path, call: Call, change: Change, words: str
) -> None:
    """Fingerprints fit, as whoever wrote it made them anew."""
    changed(plan_file, change)
    resealed(plan_file)
    said = call("run", "plan.json")
    assert said.code != exit_codes.FINE
    assert words in said.err
    assert "bug in recipedsl:" not in said.err


@pytest.mark.parametrize("path", ["a" * 5000, "a\\u{0}b", "../t.jinja", "/dev/zero", "pipe"])
@pytest.mark.parametrize("kind", ["template", "model"])
def test_paths_that_lead_to_no_file(project: Path, call: Call, path: str, kind: str) -> None:
    import os

    os.mkfifo(project / "pipe")
    template = f'template t {{ jinja = "{path}" }}\n' if kind == "template" else ""
    text = GOOD.replace('"tiny"', '"tiny", template = t' if template else f'"{path}"')
    text = text.replace('("tiny", template = t)', '("tiny"), template = t')
    (project / "bad.ftr").write_text(text.replace("data lessons", f"{template}data lessons"))
    said = call("plan", "bad.ftr")
    assert "error" in said.err
    assert "bug" not in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--json", "good.ftr"),
        ("plan", "--json", "good.ftr", "rows.ftr"),
        ("data", "--html", "good.ftr", "rows.ftr", "lessons"),
    ],
)
def test_nothing_is_written_over_a_recipe(project: Path, call: Call, arguments: tuple[str, ...]) -> None:
    """Some options may name a file, so what was meant as the recipe behind one would be that file."""
    (project / "rows.ftr").write_text('ftr 1\ndata lessons = read("data/rows.jsonl")\n')
    said = call(*arguments)
    assert said.code == exit_codes.USAGE
    assert f"put `{arguments[1]}` behind the recipe" in said.err
    assert (project / "good.ftr").read_text() == GOOD


# --- what is printed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("\x1b[2J",), ("check", "\x1b[2J.ftr"), ("runs", "show", "\x1b[2J"), ("plan", "x", "--\x1b[2J")],
)
def test_what_was_typed_comes_back_without_control_characters(
    project: Path, call: Call, command: tuple[str, ...]
) -> None:
    said = call(*command)
    assert said.code != exit_codes.FINE
    assert "\x1b" not in said.out + said.err


def _record(root: Path, **outcome: Any) -> None:
    folder = root / "runs" / "\x1b[2Jrun-1"
    folder.mkdir(parents=True)
    form = {"state": "done", "time": 1.0, "seconds": 2.0, "nodes": [], "problems": [], **outcome}
    (folder / "outcome.json").write_text(json.dumps(form))


def test_records_of_strangers_are_printed_without_control_characters(project: Path, call: Call) -> None:
    node = {"name": "\x1b[2J", "kind": "data", "state": "\x1b]0;x\x07"}
    problem = {"code": "\x1b", "message": "\x1b", "place": "\x1b", "notes": ["\x1b"]}
    _record(project, state="\x1b[2J", recipe="\x1b", nodes=[node], problems=[problem])
    for command in (("runs", "list"), ("runs", "show")):
        said = call(*command)
        assert said.code == exit_codes.FINE
        assert "␛" in said.out
        assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize(
    "outcome",
    [
        {"nodes": [1]},
        {"nodes": {"a": 1}},
        {"time": "x"},
        {"seconds": "y"},
        {"state": [1]},
        {"problems": [3]},
    ],
)
def test_a_record_of_another_form_is_no_run(project: Path, call: Call, outcome: dict[str, Any]) -> None:
    _record(project, **outcome)
    assert "no runs yet" in call("runs", "list").out


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("metrics.json", "[1]"),
        ("metrics.json", "{nope"),
        ("links.json", "[1]"),
        ("links.json", '{"lessons": "../a\\u0000b"}'),
        ("links.json", '{"lessons": 3}'),
    ],
)
def test_broken_files_of_a_run_are_missing_ones(project: Path, call: Call, file: str, text: str) -> None:
    _record(project, nodes=[{"name": "lessons", "kind": "data", "state": "made"}])
    (project / "runs" / "\x1b[2Jrun-1" / file).write_text(text)
    assert call("runs", "show").code == exit_codes.FINE


@pytest.mark.parametrize("facts", [{"steps": "many"}, {"steps": 1, "looks": [3]}, [1], {"steps": -1}])
def test_facts_of_another_form_are_not_shown(project: Path, call: Call, facts: Any) -> None:
    _record(project, nodes=[{"name": "tuned", "kind": "stage", "state": "made"}])
    (project / "runs" / "\x1b[2Jrun-1" / "links.json").write_text('{"tuned": "../../tiny"}')
    (project / "tiny" / "manifest.json").write_text(json.dumps({"kind": "stage", "facts": facts}))
    assert call("runs", "show").code == exit_codes.FINE


def test_a_run_whose_plan_is_broken_cannot_be_talked_to(project: Path, call: Call) -> None:
    _record(project)
    (project / "runs" / "\x1b[2Jrun-1" / "plan.json").write_text("{}")
    assert load_run(project).id == "\x1b[2Jrun-1"
    assert "cannot be read" in call("chat", "last", "-m", "hi").err


# --- recipes and settings that would take for ever ------------------------------------------------------

#: Far above what any of them takes, and far below what they took when each problem read its whole line.
PATIENCE = pytest.mark.timeout(60)


@PATIENCE
@pytest.mark.parametrize(
    "text",
    [";" * 100_000, "!" * 100_000, "|" * 100_000, "." * 100_000, "e\u0301" * 50_000, ")\n" * 30_000, "}\n" * 30_000,
     "/* */" * 40_000, "data d = x\n" + "  take 2\n" * 5_000],
    ids=["semicolons", "marks", "bars", "dots", "letters", "brackets", "braces", "comments", "steps"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "concise", "sarif", "github"])
def test_a_text_of_problems_is_checked_to_its_end(project: Path, call: Call, text: str, form: str) -> None:
    (project / "bad.ftr").write_text(f"ftr 1\n{text}\n")
    said = call("check", "bad.ftr", "--format", form)
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "bug" not in said.err


@PATIENCE
def test_of_thousands_of_problems_some_are_shown_and_all_counted(project: Path, call: Call) -> None:
    (project / "bad.ftr").write_text("ftr 1\n" + "let x = 3\n" * 2000)
    said = call("check", "bad.ftr")
    assert "more are not shown" in said.out
    assert "found 1999 errors" in said.out
    assert said.out.count("error[N102]") == 500


@PATIENCE
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ignore = " + "[" * 20_000, "nested too deeply"),
        ("a." * 50_000 + "b = 1", "too many dots"),
        ("ignore = " + "9" * 5_000, "cannot be read"),
        ("# " + "x" * 1_000_000, "too large"),
        ("\n" * 200_000 + "zzz = 1", "no setting `zzz`"),
        ("\n".join(f"k{each} = 1" for each in range(20_000)), "no setting `k0`"),
        ('"\\u001b[2J\\u202e" = 1', "no setting `␛[2J\\u{202E}`"),
        (f'exclude = ["{"**/a" * 1000}"]', "more than 500 characters"),
    ],
    ids=["brackets", "dots", "digits", "size", "lines", "keys", "escapes", "glob"],
)
def test_settings_of_strangers_are_refused_in_words(project: Path, call: Call, text: str, words: str) -> None:
    (project / "recipedsl.toml").write_text(text)
    (project / "good.ftr").write_text("ftr 1\n")
    said = call("check", "good.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert words in said.out
    assert "\x1b" not in said.out + said.err


@PATIENCE
@pytest.mark.parametrize("glob", ["**/" * 25 + "z", "a/" + "**a/" * 25 + "z", "**/a/" * 25 + "z"])
def test_stars_of_a_glob_are_not_tried_one_against_the_other(project: Path, call: Call, glob: str) -> None:
    deep = project.joinpath(*["a"] * 60)
    deep.mkdir(parents=True)
    (deep / "good.ftr").write_text("ftr 1\n")
    (project / "recipedsl.toml").write_text(f'exclude = ["{glob}"]')
    assert call("check").code == exit_codes.FINE


def test_a_recipe_that_links_out_of_the_project_is_neither_read_nor_fixed(project: Path, call: Call) -> None:
    outside = project.parent / "outside.ftr"
    outside.write_text("ftr 1\nlet x = True\n")
    (project / "recipedsl.toml").write_text("")
    (project / "in.ftr").symlink_to(outside)
    assert call("check", "in.ftr", "--fix").code == exit_codes.USAGE
    assert outside.read_text() == "ftr 1\nlet x = True\n"
