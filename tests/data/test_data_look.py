"""The look at files that planning takes: types, bounds, cache, words for what is missing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recipedsl.data.look import ROWS, FileFacts, look
from recipedsl.data.reading import states
from recipedsl.plan.facts import FileRows, HubRows, Look
from tests.data.making import Maker, json_lines

ROOT = Path(__file__).parents[2]


_SETTLED = 0.02  # seconds


@pytest.fixture(autouse=True)
def soon_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can set back when a file was changed, and two seconds for each are long."""
    monkeypatch.setattr(states, "SETTLED", int(_SETTLED / 2 * 1e9))


def look_at(root: Path, path: str, form: Any = "") -> Look:
    return look(FileRows(path=path, format=form), root)


def old(file: Path) -> Path:
    """Settled: changed long enough ago for its time stamp to be believed."""
    os.utime(file, (time.time() - 100, time.time() - 100))
    time.sleep(_SETTLED)
    return file


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, 2], "int"),
        ([1, 2.5], "float"),
        ([1, None], "int?"),
        ([True], "bool"),
        (["a", None], "text?"),
        ([None], "any?"),
        ([1, "a"], "any?"),
        ([1, "a", 2], "any?"),
        ([[1, "a", 2]], "list[any?]"),
        ([[1], []], "list[int]"),
        ([[], []], "list[any?]"),
        ([{"a": 1}, {"b": "x"}], "{ a: int?, b: text? }"),
        ([[{"role": "user", "content": "a"}]], "list[{ role: text, content: text }]"),
    ],
)
def test_types_of_json(maker: Maker, values: list[Any], type_: str) -> None:
    maker.write("a.jsonl", json_lines([{"x": value} for value in values]))
    found = look_at(maker.root, "a.jsonl")
    assert found.row is not None
    assert str(found.row) == f"{{ x: {type_} }}"
    assert (found.files, found.complete, found.rows, found.problem) == (("a.jsonl",), True, len(values), "")


def test_keys_that_some_rows_lack_may_be_null(maker: Maker) -> None:
    maker.write("a.json", '[{"a": 1}, {"b": "x", "a": 2}]')
    assert str(look_at(maker.root, "a.json").row) == "{ a: int, b: text? }"


def test_types_of_cells(maker: Maker) -> None:
    maker.write("a.csv", "i,f,b,t,n,e,z\n1,1,true,x,5,,007\n2,2.5,False,,,,1\n3,1,true,y,,,2\n")
    row = look_at(maker.root, "a.csv").row
    assert str(row) == "{ i: int, f: float, b: bool, t: text, n: int?, e: any?, z: text }"


def test_what_tools_hold_is_kept_as_text(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"tools": [{"name": "f"}], "m": [{"tool_calls": [{"a": 1}]}]}]))
    assert str(look_at(maker.root, "a.jsonl").row) == "{ tools: any?, m: list[{ tool_calls: any? }] }"


def test_types_of_parquet(maker: Maker) -> None:
    columns = {"a": [1, 2], "b": ["x", None], "m": [[{"role": "user", "content": "a"}], []]}
    pl.DataFrame(columns).write_parquet(maker.root / "a.parquet")
    wanted = "{ a: int, b: text?, m: list[{ role: text, content: text }] }"
    assert str(look_at(maker.root, "a.parquet").row) == wanted


def test_the_look_is_bounded(maker: Maker) -> None:
    rows = [{"a": number} for number in range(ROWS)] + [{"a": "late", "b": 1}]
    maker.write("a.jsonl", json_lines(rows))
    found = look_at(maker.root, "a.jsonl")
    assert (str(found.row), found.rows, found.complete) == ("{ a: int }", ROWS, False)
    maker.write("wide.jsonl", json_lines([{"a": "x" * 300_000}] * 20))
    found = look_at(maker.root, "wide.jsonl")
    assert found.rows < 6
    assert not found.complete


def test_bad_lines_are_passed_over(maker: Maker) -> None:
    maker.write("a.jsonl", 'bad\n[1]\n{"a": 1}\n')
    assert str(look_at(maker.root, "a.jsonl").row) == "{ a: int }"


def test_what_is_missing_is_told_without_paths_of_the_machine(maker: Maker) -> None:
    maker.write("data/solutions.jsonl", "{}")
    maker.write("data/pairs.csv", "a\n1\n")
    maker.write("data/notes.txt", "x")
    here = "`data` has `data/pairs.csv`, `data/solutions.jsonl`"
    missing = {
        "data/solutons.jsonl": "a similar file exists: `data/solutions.jsonl`",
        "data/zzz.jsonl": here,
        "dta/solutions.jsonl": "there is no folder `dta`, but `data`",
        "data/x*.jsonl": here,
        "**/x.jsonl": "no file matches the pattern",
        "x.jsonl": "the project's folder has no data files",
    }
    expected = {
        **{path: (f"no file for `{path}`", hint) for path, hint in missing.items()},
        "data": ("`data` is a folder", 'name its files: "data/*.jsonl"'),
        "s3://b/x.jsonl": (
            "`s3://b/x.jsonl` is not fetched yet",
            "where there is a network, `recipedsl plan` fetches it",
        ),
        "gs://b/x.jsonl": (
            "`gs://b/x.jsonl` is an address of a kind that is not read",
            "`s3://…` and `hf://datasets/…` are; fetch others into the project",
        ),
    }
    for path, words in expected.items():
        found = look_at(maker.root, path)
        assert (found.problem, found.hint) == words
        assert found.row is None


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("empty.jsonl", "", "`empty.jsonl` has no rows"),
        ("empty.json", "[]", "`empty.json` has no rows"),
        ("bad.jsonl", "bad\n", "`bad.jsonl` has no rows that can be read: line 1, not JSON"),
        ("broken.json", "[1,", "`broken.json` is no JSON array of rows: not JSON"),
        ("x.dat", "hello", "the format of `x.dat` is not known"),
        ("a.csv", "a,b,a\n1,2,3\n", "the header of `a.csv` has the column `a` twice"),
        ("a.parquet", "no", "`a.parquet` is no readable Parquet file: "),
        ("a.jsonl.gz", "no", "`a.jsonl.gz` cannot be read: not a gzipped file (b'no')"),
    ],
)  # fmt: skip
def test_words_for_what_cannot_be_read(maker: Maker, path: str, content: str, problem: str) -> None:
    maker.write(path, content)
    found = look_at(maker.root, path)
    assert found.problem.startswith(problem)
    assert str(maker.root) not in found.problem + found.hint
    assert not found.problem.endswith(".")


def test_outside_is_refused_whether_it_exists_or_not(maker: Maker) -> None:
    for path in ("../other.jsonl", "/etc/passwd", "/nowhere/at/all", "a/../../b.jsonl", "../*.jsonl"):
        assert look_at(maker.root, path).problem == f"`{path}` leads outside the project"


def test_file_that_may_not_be_opened(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    file = maker.write("a.jsonl", "{}")

    def refuse(*_given: Any, **_more: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "open", refuse)
    assert look_at(maker.root, "a.jsonl").problem == "`a.jsonl` cannot be read: permission denied"


# --- remembered -----------------------------------------------------------------------------------


def test_second_look_is_remembered(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    file = maker.write("a.jsonl", json_lines([{"a": "word " * 200, "b": {"c": [1, 2]}}] * 500))
    facts, source = FileFacts(maker.root), FileRows(path="a.jsonl")
    old(file)
    first = facts.look(source)

    def refuse(*_: object) -> None:
        raise AssertionError("the rows are read again")

    monkeypatch.setattr("recipedsl.data.look.look", refuse)
    assert FileFacts(maker.root).look(source) == first
    assert list((maker.root / ".recipedsl" / "cache" / "looks").iterdir())


def test_a_change_is_seen(maker: Maker) -> None:
    facts, source = FileFacts(maker.root), FileRows(path="a.jsonl")
    for content, type_ in (('{"a": 1}', "int"), ('{"a": "x"}', "text"), ('{"a": 1.5}', "float")):
        old(maker.write("a.jsonl", content))
        found = facts.look(source)
        assert str(found.row) == f"{{ a: {type_} }}"
        assert facts.digest("a.jsonl") == hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("other", ["replaced", "written over"])
def test_a_change_that_keeps_size_and_time_is_seen(maker: Maker, other: str) -> None:
    """As `rsync -a`, `cp -p` and archives leave it."""
    facts, source = FileFacts(maker.root), FileRows(path="a.jsonl")
    file = old(maker.write("a.jsonl", '{"a": 1}'))
    state = file.stat()
    assert str(facts.look(source).row) == "{ a: int }"
    before = facts.digest("a.jsonl")
    beside = file if other == "written over" else file.with_name("b")
    beside.write_text('{"b": 2}')
    os.utime(beside, ns=(state.st_atime_ns, state.st_mtime_ns))
    beside.replace(file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    time.sleep(_SETTLED)
    assert str(facts.look(source).row) == "{ b: int }"
    assert facts.digest("a.jsonl") not in ("", before)


def test_a_fresh_file_is_not_remembered(maker: Maker) -> None:
    facts, source = FileFacts(maker.root), FileRows(path="a.jsonl")
    maker.write("a.jsonl", '{"a": 1}')
    state = (maker.root / "a.jsonl").stat()
    facts.look(source)
    maker.write("a.jsonl", '{"b": 1}')
    os.utime(maker.root / "a.jsonl", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert str(facts.look(source).row) == "{ b: int }"


def test_digest_of_several_files_covers_their_names(maker: Maker) -> None:
    facts = FileFacts(maker.root)
    maker.write("a/1.jsonl", "x")
    one = facts.digest("a/*")
    maker.write("a/2.jsonl", "y")
    two = facts.digest("a/*")
    (maker.root / "a" / "2.jsonl").rename(maker.root / "a" / "3.jsonl")
    assert len({one, two, facts.digest("a/*")}) == 3
    assert facts.digest("none/*") == ""


def test_a_cache_that_cannot_be_written_is_none(maker: Maker) -> None:
    maker.write(".recipedsl", "a file in the way")
    old(maker.write("a.jsonl", '{"a": 1}'))
    facts = FileFacts(maker.root)
    assert str(facts.look(FileRows(path="a.jsonl")).row) == "{ a: int }"
    assert facts.digest("a.jsonl")


def test_read_text(maker: Maker) -> None:
    maker.write("a.ftr", "ftr 1\n")
    maker.write("b.ftr", b"\xff")
    facts = FileFacts(maker.root)
    assert facts.read_text("a.ftr") == "ftr 1\n"
    assert [facts.read_text(path) for path in ("b.ftr", "none.ftr", "../a.ftr")] == [None] * 3


def test_dataset_that_is_not_at_hand(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(maker.root / "hub"))
    found = FileFacts(maker.root).look(HubRows(name="some/rows"))
    assert found.row is None
    assert found.problem.startswith(
        "the dataset `some/rows`, split `train`, is not at hand: it is not in the local"
    )
    assert str(maker.root) not in found.problem + found.hint


def test_a_look_loads_nothing_heavy(maker: Maker) -> None:
    maker.write("a.jsonl", '{"a": 1}')
    code = (
        "import sys, pathlib; from recipedsl.data.look import FileFacts;"
        "from recipedsl.plan.facts import FileRows;"
        "print(FileFacts(pathlib.Path(sys.argv[1])).look(FileRows(path='a.jsonl')).row,"
        "sorted({'polars', 'numpy', 'torch', 'datasets', 'huggingface_hub', 'zstandard'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(maker.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "{ a: int } []\n"


def test_where_texts_and_nulls_were_seen_first(maker: Maker) -> None:
    rows = [
        {"level": "easy", "meta": {"source": "book"}, "tags": ["a"], "n": 1},
        {"level": "hard", "meta": {"source": None}, "tags": ["a", "b"], "n": None},
        {"level": "easy", "meta": {"source": "web"}, "tags": [], "n": 2},
    ]
    maker.write("a.jsonl", json_lines(rows))
    found = look_at(maker.root, "a.jsonl")
    first, second, third = (f"line {number} of `a.jsonl`" for number in (1, 2, 3))
    assert found.texts == {
        "level": {"easy": first, "hard": second},
        "meta.source": {"book": first, "web": third},
        "tags[]": {"a": first, "b": second},
    }
    assert found.nulls == {"meta.source": second, "n": second}
    pl.DataFrame({"level": ["easy", None]}).write_parquet(maker.root / "a.parquet")
    found = look_at(maker.root, "a.parquet")
    assert (found.texts, found.nulls) == (
        {"level": {"easy": "row 1 of `a.parquet`"}},
        {"level": "row 2 of `a.parquet`"},
    )


def test_texts_that_are_kept_are_few_and_short(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"x": str(number), "y": "long " * 100} for number in range(150)]))
    texts = look_at(maker.root, "a.jsonl").texts
    assert len(texts["x"]) == 64
    (kept,) = texts["y"]
    assert len(kept) == 81
    assert kept.endswith("…")


def test_broken_records_are_counted(maker: Maker) -> None:
    maker.write("a.jsonl", '{"a": 1}\n{"a": \n3\n{"a": 2}\n')
    found = look_at(maker.root, "a.jsonl")
    assert (found.rows, found.broken) == (2, 2)
    assert found.first_broken.startswith("line 2 of `a.jsonl`: not JSON")


def test_a_look_is_remembered_whole(maker: Maker) -> None:
    old(maker.write("a.jsonl", '{"a": "x"}\n{"a": \n{"a": null}\n'))
    source = FileRows("a.jsonl")
    first = FileFacts(maker.root).look(source)
    assert FileFacts(maker.root).look(source) == first
    assert first.broken == 1


@pytest.mark.parametrize(
    ("path", "folder", "problem", "hint"),
    [
        ("rewards.py", False, "", ""),
        ("models", True, "", ""),
        ("reward.py", False, "there is no file `reward.py`", "there is `rewards.py`"),
        ("models", False, "there is no file `models`", ""),
        ("modles", True, "there is no folder `modles`", "there is `models`"),
        ("lost/x.py", False, "there is no file `lost/x.py`", "there is no folder `lost` either"),
        ("../x.py", False, "`../x.py` lies outside the project", ""),
        ("/etc/passwd", False, "`/etc/passwd` lies outside the project", ""),
    ],
)
def test_files_that_are_no_rows(maker: Maker, path: str, folder: bool, problem: str, hint: str) -> None:
    maker.write("rewards.py", "")
    (maker.root / "models").mkdir()
    found = FileFacts(maker.root).missing(path, folder=folder)
    assert (found.problem, found.hint) == (problem, hint) if found else not problem
