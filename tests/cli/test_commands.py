"""Commands in this process: what they say and how they end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from recipedsl.cli import exit_codes, main
from recipedsl.cli.boundary import _without_values, guarded
from recipedsl.cli.output import has_colour
from recipedsl.cli.project import find_recipes, load_recipe, root_of
from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.diagnostics.render.pieces import escaped
from recipedsl.language import catalogue
from recipedsl.lint import every_kind
from tests.cli.conftest import GOOD, Call

BAD = GOOD.replace("from = base", "from = bsae")


# --- check ------------------------------------------------------------------------------------------


def test_check_of_a_good_recipe(project: Path, call: Call) -> None:
    said = call("check")
    assert (said.code, said.out) == (exit_codes.FINE, "1 recipe checked, nothing found\n")


def test_check_shows_problems(project: Path, call: Call) -> None:
    (project / "bad.ftr").write_text(BAD)
    said = call("check", "bad.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[N101]: unknown model or stage `bsae`" in said.out
    assert " --> bad.ftr:9:27" in said.out
    assert "found 1 error (1 can be fixed" in said.out


@pytest.mark.parametrize("form", ["concise", "json"])
def test_check_for_programs(project: Path, call: Call, form: str) -> None:
    (project / "bad.ftr").write_text(BAD)
    said = call("check", "--format", form, "bad.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    if form == "json":
        (found,) = json.loads(said.out)["diagnostics"]
        assert (found["code"], found["primary"]["start"]["line"]) == ("N101", 9)
    else:
        assert said.out == "bad.ftr:9:27: error[N101] unknown model or stage `bsae`\n"


def test_check_fixes_what_is_safe(project: Path, call: Call) -> None:
    (project / "bad.ftr").write_text(BAD)
    said = call("check", "--fix", "bad.ftr")
    assert said.code == exit_codes.FINE
    assert "fixed 1 problem" in said.err
    assert (project / "bad.ftr").read_text() == GOOD


def test_check_of_the_standard_input(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(BAD.encode())))
    assert "<stdin>:9:27" in call("check", "--format", "concise", "-").out


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.ftr", b" \n", "empty.ftr is empty"),
        ("latin.ftr", b"ftr 1\n# caf\xe9\n", "latin.ftr is not UTF-8 text"),
        ("binary.ftr", b"ftr\x00", "binary.ftr is a binary file"),
    ],
)
def test_files_that_are_no_recipes(project: Path, call: Call, name: str, content: bytes, words: str) -> None:
    (project / name).write_bytes(content)
    said = call("check", name)
    assert said.code == exit_codes.RECIPE_ERRORS
    assert words in said.out


def test_a_missing_file_has_a_neighbour(project: Path, call: Call) -> None:
    said = call("plan", "god.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "there is no file god.ftr" in said.err
    assert "there is `good.ftr`" in said.err


def test_a_folder_is_no_recipe(project: Path, call: Call) -> None:
    said = call("plan", ".")
    assert "is a folder, not a recipe" in said.err
    assert "it holds good.ftr" in said.err


def test_all_files_are_reported_even_if_one_cannot_be_read(project: Path, call: Call) -> None:
    (project / "bad.ftr").write_text(BAD)
    said = call("check", "gone.ftr", "bad.ftr", "--format", "concise")
    assert [line.partition("[")[2][:4] for line in said.out.splitlines()] == ["S090", "N101"]


def test_a_byte_order_mark_is_no_part_of_the_text(project: Path) -> None:
    (project / "marked.ftr").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_recipe("marked.ftr").source.text == GOOD


# --- where things are ---------------------------------------------------------------------------------


def test_the_root_is_the_nearest_folder_with_a_sign(project: Path) -> None:
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    assert root_of(inner) == project.resolve()
    (project / "a" / ".recipedsl").mkdir()
    assert root_of(inner) == (project / "a").resolve()


def test_a_recipe_is_named_from_the_root(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "x.ftr").write_text(GOOD)
    assert load_recipe("sub/x.ftr").source.path == "sub/x.ftr"
    assert load_recipe("sub/x.ftr", project / "sub").source.path == "x.ftr"


def test_copies_in_runs_and_hidden_folders_are_no_recipes(project: Path) -> None:
    for folder in ("runs/one", ".cache", "venv/lib"):
        (project / folder).mkdir(parents=True)
        (project / folder / "recipe.ftr").write_text(GOOD)
    (project / "runs" / "one" / "outcome.json").write_text("{}")
    assert [Path(each).name for each in find_recipes(["."])] == ["good.ftr"]


# --- fmt ----------------------------------------------------------------------------------------------


def test_fmt(project: Path, call: Call) -> None:
    untidy = GOOD.replace("rate: float", "rate:float")
    (project / "good.ftr").write_text(untidy)
    assert call("fmt", "--check").code == exit_codes.RECIPE_ERRORS
    said = call("fmt", "--diff")
    assert "-param rate:float" in said.out
    assert "+param rate: float" in said.out
    assert (project / "good.ftr").read_text() == untidy
    assert call("fmt").code == exit_codes.FINE
    assert "param rate: float" in (project / "good.ftr").read_text()
    assert call("fmt", "--check").code == exit_codes.FINE


def test_fmt_leaves_a_broken_recipe_alone(project: Path, call: Call) -> None:
    (project / "good.ftr").write_text("ftr 1\nstage = {\n")
    said = call("fmt")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[S0" in said.err
    assert (project / "good.ftr").read_text() == "ftr 1\nstage = {\n"


# --- options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("chekc",), "Did you mean 'check'?"),
        (("check", "--formt", "json"), "--format"),
        (("check", "--set", "rate"), "'rate' is not NAME=VALUE"),
        (("check", "--set", "rate=1", "--set", "rate=2"), "'rate' is set twice"),
        (("plan", "good.ftr", "--override", "x"), "is not PATH=VALUE"),
        (("explain", "unknwn-name"), "did you mean 'unknown-name'?"),
        (("run", "plan.json", "--set", "a=1"), "a plan is fixed"),
        (("check", "--fix", "-"), "cannot change the standard input"),
    ],
)
def test_wrong_use(project: Path, call: Call, arguments: tuple[str, ...], words: str) -> None:
    said = call(*arguments)
    assert said.code == exit_codes.USAGE
    assert words in said.err


def test_set_is_checked_against_the_param(project: Path, call: Call) -> None:
    said = call("check", "--set", "rate=3", "--format", "concise")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "`rate`" in said.out


# --- plan without rows --------------------------------------------------------------------------------


def test_plan_as_json_and_back(project: Path, call: Call) -> None:
    said = call("plan", "good.ftr", "--no-data", "--json")
    assert said.code == exit_codes.FINE
    assert [node["name"] for node in json.loads(said.out)["nodes"]] == [
        "base",
        "lessons",
        "tuned.tokens",
        "tuned",
    ]
    assert call("plan", "good.ftr", "--no-data", "--json", "p.json").out.startswith("plan of good.ftr")
    assert (project / "p.json").read_text() == said.out


def test_plan_without_data_counts_nothing(project: Path, call: Call) -> None:
    said = call("plan", "good.ftr", "--no-data")
    assert "total 4 nodes: 4 new; 1 stage to train; not all rows are counted" in said.out
    assert not (project / ".recipedsl" / "store").exists()


def test_plan_of_a_recipe_with_errors(project: Path, call: Call) -> None:
    (project / "bad.ftr").write_text(BAD)
    said = call("plan", "bad.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert said.out == ""
    assert "error[N101]" in said.err


@pytest.mark.parametrize("text", ["", "{", '{"format": 2}', '{"recipe": "x", "nodes": [], "extra": 1}'])
def test_a_file_that_is_no_plan(project: Path, call: Call, text: str) -> None:
    (project / "plan.json").write_text(text)
    said = call("run", "plan.json")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[S093]: plan.json is no plan of this version" in said.err


# --- explain and debug --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", every_kind(), ids=lambda code: str(code.code))
def test_every_code_has_its_page(call: Call, code: type) -> None:
    said = call("explain", code.code)
    assert said.code == exit_codes.FINE
    assert code.name in said.out


def test_codes_and_their_names_are_unique() -> None:
    found = every_kind()
    assert len({code.code for code in found}) == len(found)
    assert len({code.name for code in found}) == len(found)


@pytest.mark.parametrize("family", list(catalogue.FAMILIES))
def test_every_word_has_its_page(call: Call, family: str) -> None:
    for keyword in catalogue.keywords(family):
        assert f"{keyword} ({family.replace('_', ' ')})" in call("explain", keyword).out


def test_settings_that_nothing_carries_out_are_marked(call: Call) -> None:
    lines = {
        line.split()[0]: line for line in call("explain", "sft").out.splitlines() if line.startswith("  ")
    }
    assert lines["keep_best"].endswith("· not carried out yet")
    assert lines["patience"].endswith("(default none)")


@pytest.mark.parametrize("view", ["tokens", "tree", "recipe", "plan"])
def test_debug(project: Path, call: Call, view: str) -> None:
    said = call("debug", view, "good.ftr")
    assert said.code == exit_codes.FINE
    assert "lessons" in said.out


# --- new ----------------------------------------------------------------------------------------------


def test_new_writes_a_recipe_without_problems_in_its_one_form(project: Path, call: Call) -> None:
    assert call("new", "mine").code == exit_codes.FINE
    assert call("check", "mine").out == "1 recipe checked, nothing found\n"
    assert call("fmt", "--check", "mine").code == exit_codes.FINE


def test_new_overwrites_nothing(project: Path, call: Call) -> None:
    (project / "recipe.ftr").write_text("mine")
    said = call("new")
    assert said.code == exit_codes.USAGE
    assert (project / "recipe.ftr").read_text() == "mine"
    assert not (project / ".gitignore").exists()


# --- runs and store that are not there ------------------------------------------------------------------


def test_no_runs_and_no_store(project: Path, call: Call) -> None:
    assert call("runs", "list").out == "no runs yet\n"
    assert call("runs", "show").code == exit_codes.RUN_FAILED
    assert call("store", "list").out == "0 results, 0 B\n"
    assert call("store", "verify").out == "0 results verified, 0 damaged\n"


# --- the boundary -------------------------------------------------------------------------------------


def _failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(main.group, "main", fail)


@pytest.mark.parametrize("error", [Bug("two\x1b[2J\nlines"), ZeroDivisionError("division by zero")])
def test_a_bug_is_ours_and_leaves_a_report(
    error: Exception, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(tmp_path))
    _failing(error, monkeypatch)
    said = call("run", "x.ftr", "--set", "token=private")
    assert said.code == exit_codes.RUN_FAILED
    assert said.err.startswith("error: this is a bug in recipedsl")
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err
    (report,) = tmp_path.glob("recipedsl-bug-*.txt")
    text = report.read_text()
    assert "Traceback" in text
    assert "private" not in text.partition("Traceback")[0]


def test_ctrl_c(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(KeyboardInterrupt(), monkeypatch)
    said = call("check")
    assert (said.code, said.err) == (exit_codes.INTERRUPTED, "interrupted\n")


def test_what_the_system_refuses_names_the_file(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(PermissionError(13, "Permission denied", "secret.ftr"), monkeypatch)
    said = call("check")
    assert (said.code, said.err) == (exit_codes.USAGE, "error: secret.ftr: Permission denied\n")


def test_values_of_params_stay_out_of_reports() -> None:
    assert _without_values(["run", "--set", "a=1", "--set=b=2", "x"]) == [
        "run",
        "--set",
        "a=…",
        "--set=b=…",
        "x",
    ]


def test_the_boundary_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(RecipeError(), monkeypatch)
    assert guarded(main.group, []) == exit_codes.RECIPE_ERRORS


# --- colour ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_when_colour_is_allowed(
    variables: dict[str, str], terminal: bool, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert has_colour(stream) is colour


def test_escaped_keeps_what_is_harmless() -> None:
    assert escaped("héllo 日本") == "héllo 日本"
