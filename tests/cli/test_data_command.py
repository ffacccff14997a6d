"""`recipedsl data` in this process: every mode, what it says of mistakes, and rows that mean harm."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from tests.cli.conftest import Call

RECIPE = """\
ftr 1

param least: int in 1..100 = 5

data lessons = read("data/lessons.jsonl")
  | where chars(answer) > 5 and level != "hard"
  | dedup question
  | as chat(user = question, assistant = answer)
  | split train = 80%, held = 20%

data pairs = read("data/lessons.jsonl")
  | expect count() > 1k else "too few rows"

data later = generate(lessons.train, n = 2)
"""

HARM = '<script>alert("1")</script><img src=x onerror=alert(2)> \u001b[31mred\u001b[0m \u202e $x^2$'


@pytest.fixture
def lessons(project: Path) -> Path:
    """A project with a recipe over thirty rows, one of which means harm."""
    rows = [
        {
            "question": f"What is {n % 20} + {n % 20}?",
            "answer": f"It is {2 * n}." if n % 5 else "no",
            "level": "easy",
        }
        for n in range(29)
    ]
    rows.append({"question": f"harm {HARM}", "answer": f"harm {HARM}", "level": HARM})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (project / "data" / "lessons.jsonl").write_text(text)
    (project / "lessons.ftr").write_text(
        RECIPE.replace("\ndata later = generate(lessons.train, n = 2)\n", "")
    )
    return project


def test_the_datasets_are_listed_with_their_rows(lessons: Path, call: Call) -> None:
    (lessons / "lessons.ftr").write_text(RECIPE[: RECIPE.index("data pairs")])
    said = call("data", "lessons.ftr")
    assert said.code == exit_codes.FINE
    assert re.search(r"lessons +\d+ +chat", said.out)
    assert re.search(r"lessons\.train +\d+", said.out)


def test_a_profile(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "lessons")
    assert said.code == exit_codes.FINE
    for words in ("data lessons  ", "column", "characters of messages", "messages  ", "repetition"):
        assert words in said.out


def test_a_profile_is_counted_once(lessons: Path, call: Call) -> None:
    first = call("data", "lessons.ftr", "lessons", "--json")
    (kept,) = (lessons / ".recipedsl" / "cache" / "profiles").iterdir()
    stamp = kept.stat().st_mtime_ns
    again = call("data", "lessons.ftr", "lessons", "--json")
    assert (again.out, again.err, kept.stat().st_mtime_ns) == (first.out, "", stamp)


def test_json_has_a_version(lessons: Path, call: Call) -> None:
    form = json.loads(call("data", "lessons.ftr", "lessons.train", "--json").out)
    assert (form["schema"], form["version"], form["dataset"]) == (
        "recipedsl.data.profile",
        1,
        "lessons.train",
    )
    assert form["profile"]["rows"] == form["rows"]["train"]
    names = [each["name"] for each in form["profile"]["columns"]]
    assert names == ["question", "answer", "level", "messages"]


@pytest.mark.parametrize(
    ("name", "code", "help_"),
    [
        ("lesons", "N101", "`lessons`"),
        ("lessons.tran", "N112", "`lessons.train`"),
        ("zzz", "N101", "the datasets"),
    ],
)
def test_a_misspelt_name(lessons: Path, call: Call, name: str, code: str, help_: str) -> None:
    said = call("data", "lessons.ftr", name)
    assert said.code == exit_codes.RECIPE_ERRORS
    assert f"error[{code}]" in said.err
    assert help_ in said.err


def test_a_recipe_with_mistakes_tells_them(lessons: Path, call: Call) -> None:
    (lessons / "lessons.ftr").write_text(RECIPE.replace("chars(answer)", "chars(anwser)"))
    said = call("data", "lessons.ftr", "lessons")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[D201]" in said.err


# --- rows ---------------------------------------------------------------------------------------------


def test_rows_that_fit(lessons: Path, call: Call) -> None:
    said = call(
        "data", "lessons.ftr", "lessons", "--rows", "2", "--where", "chars(answer) >= least + 4", "--json"
    )
    rows = [json.loads(each) for each in said.out.splitlines()]
    assert len(rows) == 2
    assert all(len(row["answer"]) >= 9 for row in rows)
    fewer = call(
        "data",
        "lessons.ftr",
        "lessons",
        "--rows",
        "--where",
        "chars(answer) >= least",
        "--set",
        "least=50",
        "--json",
    )
    assert len(fewer.out.splitlines()) == 1


def test_a_profile_of_the_rows_that_fit(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "lessons", "--where", 'starts_with(question, "harm")')
    assert "1 row of" in said.out
    assert 'where starts_with(question, "harm")' in said.out


@pytest.mark.parametrize(
    ("condition", "code", "marked"),
    [
        ("chars(anwser) > 3", "D201", "^^^^^^"),
        ("chars(answer)", "T", "^^^^^^^^^^^^^"),
        ("chars(answer) >", "S016", "^"),
        ("level == easy", "D201", "^^^^"),
        ("true\nlet y = 2", "S016", "^"),
        ('level = "easy"', "T105", "^"),
        ("level == easy and chars(answer) = 3", "S008", "^"),
    ],
)
def test_a_mistake_in_a_condition_is_shown_where_it_is(
    lessons: Path, call: Call, condition: str, code: str, marked: str
) -> None:
    said = call("data", "lessons.ftr", "lessons", "--rows", "--where", condition)
    assert said.code == exit_codes.RECIPE_ERRORS
    assert f"error[{code}" in said.err
    assert f"where {condition.partition(chr(10))[0].strip()}" in said.err
    assert marked in said.err
    assert "let w" not in said.err


def test_an_empty_condition_is_refused(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "lessons", "--where", " ")
    assert said.code == exit_codes.USAGE
    assert "give a condition" in said.err


def test_columns_without_commas_are_told_of(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "lessons", "--columns", "question answer")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "put commas between them: `question,answer`" in said.err


def test_a_page_in_a_folder_that_is_not_there_is_refused_before_anything_is_made(
    lessons: Path, call: Call
) -> None:
    said = call("data", "lessons.ftr", "lessons", "--html", "nowhere/page.html")
    assert said.code == exit_codes.USAGE
    assert "there is no folder nowhere" in said.err
    assert not (lessons / ".recipedsl").exists()


def test_a_draw_is_the_same_with_the_same_seed(lessons: Path, call: Call) -> None:
    def drawn(seed: str) -> str:
        return call("data", "lessons.ftr", "lessons", "--rows", "3", "--seed", seed, "--json").out

    assert drawn("1") == drawn("1")
    assert drawn("1") != drawn("2")


def test_columns_are_chosen(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "lessons", "--rows", "1", "--columns", "level,question", "--json")
    assert list(json.loads(said.out)) == ["level", "question"]
    wrong = call("data", "lessons.ftr", "lessons", "--rows", "1", "--columns", "lvel")
    assert wrong.code == exit_codes.RECIPE_ERRORS
    assert "`level`" in wrong.err


def test_nothing_of_a_row_drives_a_terminal(lessons: Path, call: Call) -> None:
    everything = [
        call("data", "lessons.ftr", "lessons", *more).out
        for more in (
            (),
            ("--rows", "50"),
            ("--funnel",),
            ("--rows", "5", "--where", 'starts_with(question, "harm")'),
        )
    ]
    assert "harm <script>" in everything[1]
    for said in everything:
        assert "\u001b" not in said
        assert "\u202e" not in said


# --- funnels ------------------------------------------------------------------------------------------


def test_a_funnel(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "lessons", "--funnel")
    assert said.code == exit_codes.FINE
    assert "no tokenizer is at hand" in said.out
    assert re.search(r"where chars\(answer\) > 5 and level != \"hard\" +\d+ +-6 ", said.out)
    assert "3 of the 6 that fell" in said.out
    assert "chars(answer)  2" in said.out
    assert "stays: row" in said.out


def test_a_funnel_whose_gate_fails_is_shown_all_the_same(lessons: Path, call: Call) -> None:
    said = call("data", "lessons.ftr", "pairs", "--funnel")
    assert said.code == exit_codes.RUN_FAILED
    assert "too few rows" in said.err
    assert "fails" in said.out
    assert call("data", "lessons.ftr", "pairs").code == exit_codes.GATE_FAILED


def test_a_funnel_for_programs(lessons: Path, call: Call) -> None:
    form = json.loads(call("data", "lessons.ftr", "lessons", "--funnel", "--json").out)
    assert form["schema"] == "recipedsl.data.funnel"
    assert [each["keyword"] for each in form["funnel"]["steps"]] == ["where", "dedup", "as", "split"]


# --- what does not go -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("lessons.ftr", "--rows", "3"),
        ("lessons.ftr", "lessons", "--rows", "0"),
        ("lessons.ftr", "lessons", "--funnel", "--where", "true"),
        ("lessons.ftr", "lessons", "--html", "--json"),
    ],
)
def test_what_does_not_go_together(lessons: Path, call: Call, arguments: tuple[str, ...]) -> None:
    assert call("data", *arguments).code == exit_codes.USAGE


# --- pages ----------------------------------------------------------------------------------------------


class _Elements(HTMLParser):
    """Names of elements, and everything that could fetch or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.active: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            is_reference = name in ("src", "href", "xlink:href") and not (value or "").startswith("#")
            if name.startswith("on") or is_reference:
                self.active.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_stands_alone_and_runs_nothing(lessons: Path, call: Call) -> None:
    pytest.importorskip("matplotlib")
    said = call("data", "lessons.ftr", "lessons", "--html", "--funnel", "--rows", "40")
    assert (said.code, said.out) == (exit_codes.FINE, "wrote lessons.html\n")
    page = (lessons / "lessons.html").read_text()
    found = _Elements()
    found.feed(page)
    assert found.active == []
    assert not found.names & {"script", "img", "iframe", "object", "embed", "link", "form", "base"}
    assert {"svg", "table", "pre"} <= found.names
    assert "default-src 'none'" in page
    assert '<script>alert("1")</script>' in found.text
    assert "\u001b" not in page
    assert len(page) < 1_000_000


def test_without_the_library_that_draws_it_is_told_what_to_install(
    lessons: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is made."""
    monkeypatch.setattr("recipedsl.report.data_html.find_spec", lambda _name: None)
    said = call("data", "lessons.ftr", "lessons", "--html")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "error[D523]: `--html` needs `matplotlib`, which is not installed" in said.err
    assert "pip install 'recipedsl[html]'" in said.err
    assert not (lessons / "lessons.html").exists()
    assert not list((lessons / ".recipedsl" / "store").glob("*/manifest.json"))


def test_a_page_is_the_same_every_time_and_replaces_only_pages(lessons: Path, call: Call) -> None:
    pytest.importorskip("matplotlib")
    assert call("data", "lessons.ftr", "lessons", "--html", "page.html").code == exit_codes.FINE
    first = (lessons / "page.html").read_bytes()
    again = call("data", "lessons.ftr", "lessons", "--html", "page.html")
    assert (again.out, (lessons / "page.html").read_bytes()) == ("replaced page.html\n", first)
    (lessons / "notes.html").write_text("mine")
    refused = call("data", "lessons.ftr", "lessons", "--html", "notes.html")
    assert refused.code == exit_codes.USAGE
    assert (lessons / "notes.html").read_text() == "mine"


# --- plans ----------------------------------------------------------------------------------------------


def test_what_cannot_be_carried_out_yet_says_so(lessons: Path, call: Call) -> None:
    text = 'model base { from = local("tiny") }\n' + RECIPE.partition("\n\n")[2]
    text = text.replace("generate(lessons.train", "generate(base, (lessons.train | as prompt(question))")
    (lessons / "later.ftr").write_text("ftr 1\n\n" + text)
    said = call("data", "later.ftr", "later")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert "cannot be carried out yet" in said.err
    assert call("data", "later.ftr", "lessons").code == exit_codes.FINE
