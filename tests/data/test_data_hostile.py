"""Files that were made to hurt: bombs, endless lines, deep values, names that no file can have."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from recipedsl.data.look import MOST, look
from recipedsl.data.reading import records as reading
from recipedsl.data.reading.files import ReadPolicy, open_bytes
from recipedsl.data.reading.records import records
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.facts import FileRows
from tests.data.making import Maker

MIB = 1 << 20


def pressed(path: Path, piece: bytes, times: int, start: bytes = b"") -> Path:
    """A file of few bytes that holds a piece many times."""
    if path.suffix == ".zst":
        with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as stream:
            for _ in range(times):
                stream.write(piece)
    else:
        with gzip.open(path, "wb") as stream:
            stream.write(start)
            for _ in range(times):
                stream.write(piece)
    return path


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.csv.gz", "a.json.gz"])
def test_a_look_into_a_bomb_takes_little(maker: Maker, name: str) -> None:
    file = pressed(maker.root / name, b"a" * MIB, 400, b'["' if ".json." in name else b"")
    assert file.stat().st_size < MIB
    tracemalloc.start()
    found = look(FileRows(path=name), maker.root)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.row is None
    assert found.problem == f"`{name}` has no row within its first {MOST // MIB} MiB"
    assert peak < 12 * MOST


def test_rows_before_the_bomb_count(maker: Maker) -> None:
    with gzip.open(maker.root / "a.jsonl.gz", "wb") as stream:
        stream.write(b'{"x": 1}\n' * 3)
        for _ in range(20):
            stream.write(b"\n" * MIB)
    found = look(FileRows(path="a.jsonl.gz"), maker.root)
    assert (str(found.row), found.rows, found.complete) == ("{ x: int }", 3, False)


def test_zstandard_is_unpacked_in_small_pieces(maker: Maker) -> None:
    file = pressed(maker.root / "a.zst", b"a" * MIB, 2000)
    with open_bytes(file) as stream:
        tracemalloc.start()
        assert len(stream.read(4096)) == 4096
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 100 * MIB


@pytest.mark.parametrize("form", ["jsonl", "csv", "json"])
def test_a_line_without_an_end_is_refused(maker: Maker, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", MIB)
    start = b'[{"x": "' if form == "json" else b""
    file = maker.write(f"a.{form}", (start + b"a" * 3 * MIB).decode())
    with pytest.raises(RecipeError, match="longer than 1 MiB"):
        list(records(file, form, "a"))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('{"x": ' + "[" * 800 + "]" * 800 + "}", "nested too deeply"),
        ('{"k\\ud800": 1}', "a key holds half a character (a lone surrogate)"),
        ('{"x": [{"k\\uDC00": 1}]}', "a key holds half a character (a lone surrogate)"),
    ],
)
def test_values_that_nothing_can_hold(maker: Maker, form: str, row: str, problem: str) -> None:
    file = maker.write(f"a.{form}", f"[{row}]" if form == "json" else f"{row}\n")
    (found,) = records(file, form, "a")  # type: ignore[arg-type]
    assert (found.value, found.problem) == (None, problem)
    assert problem in look(FileRows(path=f"a.{form}"), maker.root).problem


@pytest.mark.parametrize(
    "row",
    ['{"x": ' + "[" * 90 + "]" * 90 + "}", '{"k\\ud83d\\ude00": "\\u00e9"}', '{"x": "[[[' + "[" * 200 + '"}'],
)
def test_values_that_are_only_unusual(maker: Maker, row: str) -> None:
    (found,) = records(maker.write("a.jsonl", row), "jsonl", "a")
    assert found.problem == ""


def test_what_is_wrong_with_json_is_said_once(maker: Maker) -> None:
    (found,) = records(maker.write("a.jsonl", '{"x'), "jsonl", "a")
    assert found.problem == "not JSON: unterminated string starting at character 2"


# --- paths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["a" * 5000, "a/" * 3000 + "a", "a\0b"])
def test_names_that_no_file_can_have(tmp_path: Path, path: str) -> None:
    with pytest.raises(RecipeError) as caught:
        ReadPolicy(tmp_path).files(path)
    assert len(caught.value.diagnostics[0].message) < 20_000
    assert look(FileRows(path=path), tmp_path).row is None


def test_stars_do_not_follow_links(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "data" / "inner").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.jsonl").write_text("{}\n")
    for name in ("data/a.jsonl", "data/inner/b.jsonl", "data/.hidden.jsonl"):
        (root / name).write_text("{}\n")
    (root / "data" / "out").symlink_to(outside)
    (root / "data" / "circle").symlink_to(root)
    policy = ReadPolicy(root)
    names = ["data/a.jsonl", "data/inner/b.jsonl"]
    assert list(policy.named("data/**/*.jsonl")) == names
    assert list(policy.named("**/*.jsonl")) == names
    assert list(policy.named("data/**")) == names
    assert list(policy.named("**/inner/**/*.jsonl")) == names[1:]
    for path in ("data/out/**", "data/out/*", "data/out/secret.jsonl"):
        with pytest.raises(RecipeError, match="leads outside the project"):
            policy.files(path)


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    for name in ("pipe.jsonl", "zero.jsonl"):
        with pytest.raises(RecipeError, match="no file for"):
            ReadPolicy(tmp_path).files(name)
