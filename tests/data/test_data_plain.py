"""JSON Lines through Polars: the same rows, rejects, counts and types as record by record in Python."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from recipedsl.data.look import look
from recipedsl.data.reading import lines, proofs, states
from recipedsl.data.reading.proofs import proof_of
from recipedsl.data.reading.reader import Reading, _read_lines
from recipedsl.data.reading.rejects import Rejects
from recipedsl.language.types import (
    BOOL,
    DATE,
    FLOAT,
    INT,
    MESSAGES,
    TEXT,
    Field,
    Kind,
    RowType,
    Type,
    choice,
    list_of,
    record,
)
from recipedsl.plan.facts import FileRows
from tests.data.making import Maker, json_lines
from tests.data.strictly import read_strictly

ROW = RowType(
    (
        Field("id", INT),
        Field("té xt", TEXT),
        Field("score", FLOAT.or_null()),
        Field("level", choice("easy", 'so "so"', "schwër").or_null()),
        Field("day", DATE.or_null()),
        Field("good", BOOL.or_null()),
        Field("tags", list_of(TEXT).or_null()),
        Field("numbers", list_of(list_of(INT)).or_null()),
        Field("messages", MESSAGES.or_null()),
        Field("meta", record(a=INT.or_null(), b=list_of(record(c=FLOAT))).or_null()),
        Field("unknown", Type(Kind.ANY, nullable=True)),
    )
)
TEXTS = (
    "",
    "word",
    'quote " and \\ back',
    "é ü 漢字",
    "😀",
    "\x00\x7f",
    "line\nfeed\ttab",
    "/",
    "null",
    "12",
)
NUMBERS = (
    "0",
    "-0",
    "1",
    "-17",
    "1.0",
    "1.5",
    "-0.0",
    "1e3",
    "1E+2",
    "2.5e-7",
    "0.1",
    "1e400",
    "-1e-400",
    "01",
    "1.",
)
NUMBERS += (
    "123456789012345678",
    "9223372036854775807",
    "9223372036854775808",
    "1e18",
    "12345678901234567890123",
)
NUMBERS += (
    "0.1000000000000000055511151231257827",
    "1.7976931348623157e308",
    "5e-324",
    "9007199254740993",
    "+1",
    ".5",
)
VALUES = (
    "null",
    "true",
    "false",
    "NaN",
    "Infinity",
    '""',
    '"x"',
    '"2024-02-29"',
    '"2024-02-30"',
    '"2023-06-31"',
    "[]",
    "{}",
)
VALUES += (
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\\q"',
    '"\t"',
    "[null]",
    '["a", null]',
    "[1]",
)
VALUES += (
    '{"role": "user"}',
    '[{"content": "x", "role": "user"}]',
    '[{"role": "user", "content": "x", "more": 1}]',
    '"easy"',
)
KEYS = (
    "id",
    "id ",
    "score",
    "other",
    "messages",
    "meta",
    "unknown",
    "level",
    "day",
    "t\\u00e9 xt",
    "\\ud800",
    "",
    "tags",
)


@dataclass
class Draw:
    """Draws lines and breaks them."""

    random: random.Random

    def row(self) -> dict[str, Any]:
        """A row of `ROW`, some keys missing."""
        draw = self.random
        row: dict[str, Any] = {
            "id": draw.choice([0, 5, -3, 10**17]),
            "té xt": draw.choice(TEXTS),
            "score": draw.choice([None, 0.5, 3, 1e-9, draw.random()]),
            "level": draw.choice([None, "easy", 'so "so"', "schwër"]),
            "day": draw.choice([None, "2024-02-28", "1999-12-31"]),
            "good": draw.choice([None, True, False]),
            "tags": draw.choice([None, [], ["a"], ["b", "ü\n"]]),
            "numbers": draw.choice([None, [], [[]], [[1, 2], [], [3]]]),
            "messages": draw.choice([None, [], [{"role": "user", "content": draw.choice(TEXTS)}] * 2]),
            "meta": draw.choice([None, {"a": None, "b": []}, {"b": [{"c": 1.5}, {"c": 2}], "a": 7}]),
            "unknown": draw.choice([None, "x", draw.choice(TEXTS)]),
        }
        return {name: value for name, value in row.items() if value is not None or draw.random() < 0.5}

    def line(self) -> bytes:
        """A line, mostly whole."""
        draw, row = self.random, self.row()
        if draw.random() < 0.2:
            row["stranger"] = draw.choice([1, "x", None, {"a": [1]}])
        if draw.random() < 0.1:
            row = dict(sorted(row.items(), key=lambda _: draw.random()))
        separators = draw.choice([None, (",", ":"), (" , ", "\t:  ")])
        text = json.dumps(row, ensure_ascii=draw.random() < 0.5, separators=separators)
        return (self.broken(text) if draw.random() < 0.25 else text).encode(errors="surrogatepass")

    def broken(self, text: str) -> str:
        """A line with something done to it: often still JSON, often not of the type, sometimes neither."""
        draw = self.random
        value = draw.choice([*NUMBERS, *VALUES])
        match draw.randrange(8):
            case 0:
                return text[:-1].rstrip() + f', "{draw.choice(KEYS)}": {value}}}'
            case 1:
                return f'{{"{draw.choice(KEYS)}": {value}, ' + text[1:]
            case 2:
                return text[: draw.randrange(len(text))]
            case 3:
                return draw.choice(
                    [
                        "",
                        " ",
                        "\t \r",
                        "\x0b",
                        "\x0c ",
                        "x",
                        "[]",
                        "7",
                        "null",
                        "{}",
                        "{,}",
                        text + text,
                        text + " ",
                    ]
                )
            case 4:
                place = draw.randrange(len(text))
                return text[:place] + draw.choice('"\\{}[],:0e.-\x01\x7f\r\ufeff\udcff') + text[place + 1 :]
            case 5:
                key = draw.choice(["score", "id", "good", "day", "tags", "unknown"])
                return json.dumps({**json.loads(text), key: 0.0}).replace("0.0", value, 1)
            case 6:
                inner = [
                    {
                        "role": draw.choice(["user", 1, None]),
                        "content": "x",
                        draw.choice(["name", "content"]): "y",
                    }
                ]
                return json.dumps({**json.loads(text), "messages": inner})
            case _:
                return text.replace("{", draw.choice(["{ ", "{\t", "{\r", "{\x0c", "{,"]), 1)

    def content(self, count: int) -> bytes:
        """A file."""
        draw = self.random
        start = b"\xef\xbb\xbf" if draw.random() < 0.1 else b""
        end = draw.choice([b"\n", b"\n", b"\r\n"])
        body = end.join(self.line() if draw.random() < 0.95 else b"" for _ in range(count))
        return start + body + draw.choice([b"", end, end * 3])


def both(root: Path, content: bytes, row: RowType, *, looked: bool) -> tuple[Reading, Reading]:
    """The file read in both ways; asserts that they agree."""
    file = root / "a.jsonl"
    file.write_bytes(content)
    read, told = [], []
    for way in ("fast", "slow"):
        (root / way).mkdir(parents=True, exist_ok=True)
        rejects = Rejects(root / f"{way}.rejects")
        rejects.path.unlink(missing_ok=True)
        if way == "fast":
            read.append(_read_lines("a", file, row, root / way, rejects, looked=looked, cache=None))
        else:
            read.append(read_strictly("a", file, "jsonl", row, rejects, looked=looked))
        told.append(rejects.path.read_text() if rejects.count else "")
    fast, slow = read
    assert_frame_equal(fast.frame.collect(), slow.frame.collect(), check_exact=True)
    assert (fast.rows, fast.row, fast.unseen) == (slow.rows, slow.row, slow.unseen)
    assert told[0] == told[1]
    assert fast.rows == fast.frame.select(pl.len()).collect().item()
    return fast, slow


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32), st.booleans(), st.sampled_from([1, 3, 40]), st.sampled_from([200, 5000, 1 << 24])
)
def test_both_ways_agree(
    tmp_path_factory: pytest.TempPathFactory, seed: int, looked: bool, count: int, block: int
) -> None:
    root = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_BLOCK", block)
        both(root, Draw(random.Random(seed)).content(count), ROW, looked=looked)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_both_ways_agree_on_what_a_look_showed(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    root, draw = tmp_path_factory.mktemp("plain"), Draw(random.Random(seed))
    (root / "a.jsonl").write_bytes(draw.content(6))
    row = look(FileRows("a.jsonl"), root).row
    if row is not None:
        both(root, (root / "a.jsonl").read_bytes() + b"\n" + draw.content(20), row, looked=True)


def is_plain(root: Path, content: str | bytes, row: RowType) -> bool:
    file = root / "p.jsonl"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return proof_of(file, row, None).plain


@pytest.mark.parametrize("ascii_only", [True, False])
def test_rows_as_they_are_usually_written_are_plain(tmp_path: Path, ascii_only: bool) -> None:
    draw = Draw(random.Random(3))
    rows = [draw.row() for _ in range(300)]
    content = "".join(
        json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows if row.get("score") != 0
    )
    assert is_plain(tmp_path, content, ROW)
    assert is_plain(tmp_path, content.replace("\n", "\r\n") + "\r\n \n", ROW)
    both(tmp_path, content.encode(), ROW, looked=False)


@pytest.mark.parametrize(
    "line",
    [
        '{"a": "x", "a": "y"}', '{"a": 5}', '{"a": "\\ud800"}', '{"a": "x", "late": 1}', '{"b": 1.5, "a": "x"}',
        '{"a": "x", "b": 1.0}', '{"a": "x", "b": 1e2}', '{"a": "x", "b": 9223372036854775807}', '{"a": null}', "[]", "x",
        '{"a": "x", "b": true}', '{"a": "x", "b": "1"}', '{"a": ["x"]}', '{"a": "x",}', '{"a": "x"} {"a": "y"}', '{"a": "\t"}',
    ],
)  # fmt: skip
def test_what_polars_would_take_amiss_is_not_plain(tmp_path: Path, line: str) -> None:
    row = RowType((Field("a", TEXT), Field("b", INT.or_null())))
    good = json_lines([{"a": "x", "b": 1}] * 3000)
    assert is_plain(tmp_path, good, row)
    assert not is_plain(tmp_path, good + line, row)
    both(tmp_path, (good + line + "\n" + good).encode(), row, looked=True)


def test_keys_that_nobody_declared_are_counted(tmp_path: Path) -> None:
    rows = [
        {"a": "x", "more": place} if place % 3 else {"a": "x", "most": [1], "more": 2} for place in range(900)
    ]
    row = RowType((Field("a", TEXT),))
    assert is_plain(tmp_path, json_lines(rows), row)
    fast, _ = both(tmp_path, json_lines(rows).encode(), row, looked=False)
    assert fast.unseen == {"more": 900, "most": 300}


def test_nulls_that_come_late_are_plain_where_nobody_declared_the_type(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"a": "x", "b": 1, "c": [1]}] * 5000
    late = json_lines([*rows, {"a": None, "b": 1, "c": [2]}, {"a": "x", "c": None}, *rows])
    row = RowType((Field("a", TEXT), Field("b", INT), Field("c", list_of(INT))))
    (tmp_path / "p.jsonl").write_text(late)
    assert proof_of(tmp_path / "p.jsonl", row, None, looked=True) == proofs.Proof(
        True, 10_002, nulls=("a", "b", "c")
    )
    assert not is_plain(tmp_path, late, row)
    both(tmp_path, late.encode(), row, looked=True)
    both(tmp_path, late.encode(), row, looked=False)
    both(tmp_path, (late + "{}\n" + late).encode(), row, looked=True)
    both(tmp_path, (late + '{"more": 1}\n' + late).encode(), row, looked=True)


def test_plain_files_leave_nothing_on_the_disk(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"id": place} for place in range(1000)]))
    row = RowType((Field("id", INT),))
    rejects = Rejects(maker.root / "rejects")
    work = maker.root / "work"
    work.mkdir()
    read = _read_lines("a.jsonl", maker.root / "a.jsonl", row, work, rejects, looked=False, cache=None)
    assert read.frame.collect()["id"].to_list() == list(range(1000))
    assert not list(work.iterdir())


def test_proof_is_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, row, made = tmp_path / "a.jsonl", RowType((Field("id", INT),)), list[Path]()
    real = proofs._made
    monkeypatch.setattr(
        proofs, "_made", lambda file, row, **more: made.append(file) or real(file, row, **more)
    )
    monkeypatch.setattr(states, "SETTLED", -1)
    file.write_text(json_lines([{"id": 1}]))
    for _ in range(2):
        assert proof_of(file, row, tmp_path / "cache") == proofs.Proof(True, 1)
    assert len(made) == 1
    file.write_text(json_lines([{"id": "x"}]) * 2)
    assert not proof_of(file, row, tmp_path / "cache").plain
    assert len(made) == 2
