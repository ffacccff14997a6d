"""Arrays and tables block by block: the same rows, rejects, counts and types as record by record in Python."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from recipedsl.data.look import look
from recipedsl.data.reading.arrays import Elements, borders
from recipedsl.data.reading.records import Table
from recipedsl.data.reading.strict import Strict
from recipedsl.data.reading.tables import Tables, cut
from recipedsl.language.types import INT, TEXT, Field, RowType, list_of
from recipedsl.plan.facts import FileRows
from tests.data.making import Maker
from tests.fuzz.reader import DECLARED, Input, blocks_of, check_input, good_row


def held_against(
    folder: Path, name: str, content: bytes, rows: int | None, block: int, declared: RowType = DECLARED
) -> None:
    """Reads a file in blocks of a size, its type declared and looked at."""
    for looked in (False, True):
        here = folder / f"{block}-{looked}"
        here.mkdir()
        with blocks_of(block):
            came = check_input(Input(name, content, rows=rows), here, looked=looked, declared=declared)
        assert came["read"]


def table_of(rows: list[dict[str, Any]], **dialect: Any) -> bytes:
    stream = io.StringIO()
    table = csv.writer(stream, **dialect)
    table.writerow(DECLARED.names)
    for row in rows:
        values = [row[name] for name in DECLARED.names]
        table.writerow([json.dumps(each) if isinstance(each, list) else each for each in values])
    return stream.getvalue().encode()


# --- arrays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block", [100, 3000, 1 << 22])
def test_arrays_as_they_are_written(tmp_path: Path, indent: int | None, block: int) -> None:
    draw = random.Random(5)
    rows = [good_row(draw) for _ in range(40)]
    content = json.dumps(rows, indent=indent, ensure_ascii=draw.random() < 0.5).encode()
    held_against(tmp_path, "a.json", content, 40, block)


@pytest.mark.parametrize(
    ("content", "commas", "ends"),
    [
        ("1, 2, 3", [1, 4], False), ('"a,b", {"c": [1, 2]}, x', [5, 20], False), (r'"\",", 1', [5], False),
        (r'"\\", 1,', [4, 7], False), (r'"\\\",", [[,],', [7], False), ("1, 2] , 3", [1], True), ("]", [], True),
        ("", [], False), ('"open, ', [], False), (",,", [0, 1], False), ('"]", [1]', [3], False),
    ],
)  # fmt: skip
def test_commas_between_elements(content: str, commas: list[int], ends: bool) -> None:
    found, ended = borders(content.encode())
    assert (found.tolist(), ended) == (commas, ends)


def test_elements_that_are_plain_are_not_read_in_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elements, "_record", lambda *_: pytest.fail("an element is read in Python"))
    draw = random.Random(1)
    file = tmp_path / "a.json"
    file.write_text(json.dumps([good_row(draw) | {"score": 0.5} for _ in range(50)], indent=1))
    found = list(Elements("a", file, Strict("a", "json", DECLARED, looked=False)).frames())
    assert [each.height for each in found] == [49, 1]  # the last has no comma behind it


@pytest.mark.parametrize("number", ["NaN", "1" * 5000])
def test_an_odd_number_costs_its_element_alone(maker: Maker, number: str) -> None:
    rows = ['{"a": 1}'] * 99
    maker.write("a.json", "[" + ",".join([*rows, '{"a": %s}' % number, *rows]) + "]")  # noqa: UP031
    made = maker.file("a.json", row=RowType((Field("a", INT),)))
    assert made.facts["rows_in"] == 198
    (reject,) = made.rejects()
    assert (reject["line"], reject["offset"]) == (1, 1 + 99 * 9)
    assert reject["reason"] in ("NaN is not JSON", "a number has too many digits")


# --- tables ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [100, 3000, 1 << 22])
def test_tables_as_they_are_written(tmp_path: Path, quoting: int, end: str, block: int) -> None:
    draw = random.Random(block)
    content = table_of([good_row(draw) for _ in range(60)], quoting=quoting, lineterminator=end)
    held_against(tmp_path, "a.csv", content, 60, block)


def test_cells_that_are_usual_are_not_read_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(2)
    file = tmp_path / "a.csv"
    file.write_bytes(table_of([good_row(draw) | {"score": 0.5} for _ in range(50)]))
    monkeypatch.setattr(Table, "records", lambda *_: pytest.fail("a record is read in Python"))
    (found,) = Tables("a", file, Strict("a", "csv", DECLARED, looked=False)).frames()
    assert found.height == 50


@pytest.mark.parametrize(
    "line",
    [
        'a"b,c"d,1', '"a"b,c,1', '"a,\nb,1', 'a,"b ""c"" d,1', "a\rb,c,1", "a,b\0,1", "a,b", "a,b,1,2", '"",,', ",,",
        '"x\n\ny",b,1', 'a,b,"1"', "a,b, 1", "a,b,+1", "a,b,1.0", "a,b,01", "a,b,99999999999999999999", '" "," ",1', "  ", '""""",b,1',
    ],
)  # fmt: skip
def test_records_that_polars_would_take_amiss(tmp_path: Path, line: str) -> None:
    good = 'x,"y, ""z""\nw",7\n' * 30
    content = f"q,a,n\n{good}{line}\n{good}".encode()
    row = RowType((Field("q", TEXT), Field("a", TEXT.or_null()), Field("n", INT)))
    for block in (40, 200, 1 << 22):
        held_against(tmp_path, "a.csv", content, None, block, row)


@pytest.mark.parametrize("content", ["", "\n\n", "q\n", "q,a\n\n \n"])
def test_tables_without_rows(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    row = RowType((Field("q", TEXT),))
    assert not [*Tables("a", tmp_path / "a.csv", Strict("a", "csv", row, looked=False)).frames()]


def test_quotes_tell_where_records_end() -> None:
    content = b'1,"a\n""b"""\n2,"c",d\n3,\xff\n4,x"y"\n5,"e"\r\n6,"open\n'
    found = cut(content, ",", 2)
    records = [content[start:end] for start, end in zip(found.starts, found.ends, strict=True)]
    assert dict(zip(records, found.sound.tolist(), strict=True)) == {
        b'1,"a\n""b"""\n': True,
        b'2,"c",d\n': False,
        b"3,\xff\n": False,
        b'4,x"y"\n': False,
        b'5,"e"\r\n': True,
    }
    assert found.size[found.sound].tolist() == [len('1a\n"b"'), len("5e")]


def test_nested_cells_are_json_in_their_columns_alone(tmp_path: Path) -> None:
    row = RowType((Field("tags", list_of(TEXT)), Field("x", INT.or_null())))
    cells = ['["a"]', '["b"], "x": 5', '["c", "d"]', '{"tags": []}', "[]"]
    content = "tags,x\n" + "".join('"' + cell.replace('"', '""') + '",1\n' for cell in cells)
    held_against(tmp_path, "a.csv", content.encode(), 5, 1 << 22, row)


# --- looks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json"])
def test_keys_that_are_data_are_refused(maker: Maker, name: str) -> None:
    row = {f"k{number}": number for number in range(1100)}
    content = ",".join(row) + "\n" + ",".join("1" for _ in row) if name == "a.csv" else json.dumps(row)
    maker.write(name, f"[{content}]" if name == "a.json" else content)
    assert "more than 1,000 columns" in look(FileRows(name), maker.root).problem


def test_a_name_that_stands_twice_is_found_among_many(maker: Maker) -> None:
    names = [f"c{number}" for number in range(60_000)]
    maker.write("a.csv", ",".join([*names, names[-1]]) + "\n")
    assert "has the column `c59999` twice" in look(FileRows("a.csv"), maker.root).problem
    maker.write("a.jsonl", "{" + ", ".join(f'"{name}": 1' for name in [*names, names[-1]]) + "}\n")
    assert "the key `c59999` stands twice" in look(FileRows("a.jsonl"), maker.root).problem


def test_a_reason_is_no_longer_than_a_message(maker: Maker) -> None:
    maker.write("a.jsonl", json.dumps({"k" * 10_000: 1}) + "\n" + '{"a": 1}\n')
    made = maker.file("a.jsonl", row=RowType((Field("k" * 10_000, INT),)), max_rejects=0.9)
    assert [len(each["reason"]) for each in made.rejects()] == [300]
