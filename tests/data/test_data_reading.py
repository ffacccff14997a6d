"""Files of rows: every format, and what is wrong with them named and counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.reading import parquet, states
from recipedsl.data.reading.columns import series
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.schema import dtype_of, type_of
from recipedsl.diagnostics import RecipeError
from recipedsl.language.types import (
    BOOL,
    DATE,
    FLOAT,
    INT,
    MESSAGES,
    TEXT,
    Field,
    RowType,
    Type,
    choice,
    list_of,
    record,
)
from tests.data.making import Maker, json_lines

ROWS = [{"id": 1, "text": "one", "score": 0.5}, {"id": 2, "text": "zwei\nü", "score": 2.0}]
ROW = RowType((Field("id", INT), Field("text", TEXT), Field("score", FLOAT)))
CSV = 'id,text,score\n1,one,0.5\n2,"zwei\nü",2.0\n'


def columns(**types: Type) -> RowType:
    return RowType(tuple(Field(name, type_) for name, type_ in types.items()))


def code(error: pytest.ExceptionInfo[RecipeError]) -> str:
    return error.value.diagnostics[0].code


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.jsonl", json_lines(ROWS)),
        ("a.ndjson", json_lines(ROWS)),
        ("crlf.jsonl", json_lines(ROWS).replace("\n", "\r\n")),
        ("bom.jsonl", "\ufeff" + json_lines(ROWS)),
        ("blank.jsonl", "\n" + json_lines(ROWS).replace("\n", "\n  \n\n")),
        ("no_end.jsonl", json_lines(ROWS).rstrip("\n")),
        ("a.json", json.dumps(ROWS)),
        ("pretty.json", json.dumps(ROWS, indent=2)),
        ("bom.json", "\ufeff" + json.dumps(ROWS) + "\n"),
        ("lines.json", json_lines(ROWS)),
        ("array.jsonl", json.dumps(ROWS)),
        ("no_ending", json_lines(ROWS)),
        ("a.csv", CSV),
        ("bom.csv", "\ufeff" + CSV),
        ("crlf.csv", CSV.replace("0.5\n", "0.5\r\n")),
        ("a.tsv", CSV.replace(",", "\t")),
    ],
)
def test_text_formats(maker: Maker, path: str, content: str) -> None:
    maker.write(path, content)
    made = maker.file(path, row=ROW)
    assert made.rows() == ROWS
    assert made.facts["rows_in"] == 2
    assert made.facts["rejects"] == 0
    assert made.rejects() == []


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv"])
@pytest.mark.parametrize(
    ("suffix", "press"), [(".gz", gzip.compress), (".zst", zstandard.ZstdCompressor().compress)]
)
def test_compressed(maker: Maker, ending: str, suffix: str, press: Any) -> None:
    content = {".jsonl": json_lines(ROWS), ".json": json.dumps(ROWS), ".csv": CSV}[ending]
    maker.write("a" + ending + suffix, press(content.encode()))
    assert maker.file("a" + ending + suffix, row=ROW).rows() == ROWS
    assert maker.file("a" + ending + suffix).rows() == ROWS


def test_archive_of_several_frames(maker: Maker) -> None:
    press = zstandard.ZstdCompressor().compress
    pieces = [json_lines([{"id": place, "text": "x" * 300_000, "score": 1}]) for place in range(3)]
    maker.write("a.jsonl.zst", b"".join(press(piece.encode()) for piece in pieces))
    assert maker.file("a.jsonl.zst", row=ROW).values("id") == [0, 1, 2]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_broken_archive(maker: Maker, suffix: str) -> None:
    press = gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor().compress
    maker.write("a.jsonl" + suffix, press(json_lines(ROWS * 100).encode())[:-20])
    with pytest.raises(RecipeError) as error:
        maker.file("a.jsonl" + suffix, row=ROW)
    assert code(error) == "D503"


def test_parquet(maker: Maker) -> None:
    pl.DataFrame(ROWS, schema_overrides={"id": pl.Int16, "text": pl.Categorical}).write_parquet(
        maker.root / "a.parquet"
    )
    made = maker.file("a.parquet")
    assert made.rows() == ROWS
    assert made.frame().schema == {"id": pl.Int64, "text": pl.String, "score": pl.Float64}


def test_parquet_rejects_null_and_foreign_choice(maker: Maker) -> None:
    rows = {"level": ["easy", None, "odd", "easy"], "extra": [1, 2, 3, 4]}
    pl.DataFrame(rows).write_parquet(maker.root / "a.parquet")
    made = maker.file("a.parquet", row=columns(level=choice("easy", "hard")), max_rejects=0.5)
    assert made.values("level") == ["easy", "easy"]
    assert [each["reason"] for each in made.rejects()] == [
        "row 2: `level` is null",
        "row 3: `level` is not one of easy, hard",
    ]
    assert made.facts["unseen_columns"] == {"extra": 4}


def test_parquet_of_other_types(maker: Maker) -> None:
    pl.DataFrame({"a": ["x"], "b": [b"bytes"]}).write_parquet(maker.root / "a.parquet")
    with pytest.raises(RecipeError, match="declared is int") as error:
        maker.file("a.parquet", row=columns(a=INT))
    assert code(error) == "D506"
    with pytest.raises(RecipeError) as error:
        maker.file("a.parquet", row=columns(c=INT))
    assert code(error) == "D508"
    assert maker.file("a.parquet", row=columns(a=TEXT, c=INT.or_null())).rows() == [{"a": "x", "c": None}]
    assert maker.file("a.parquet").rows() == [{"a": "x"}]


def test_parquet_records_are_fitted(maker: Maker) -> None:
    rows = [[{"role": "user", "content": "a", "extra": 1}], [], None]
    pl.DataFrame({"m": rows}).write_parquet(maker.root / "a.parquet")
    made = maker.file("a.parquet", row=columns(m=MESSAGES.or_null()))
    assert made.values("m") == [[{"role": "user", "content": "a"}], [], None]


def test_no_parquet(maker: Maker) -> None:
    maker.write("a.parquet", "no Parquet")
    with pytest.raises(RecipeError) as error:
        maker.file("a.parquet", row=ROW)
    assert code(error) == "D503"


def test_globs_are_sorted_and_read_in_order(maker: Maker) -> None:
    for name in ("b/2", "a/1", "b/10"):
        maker.write(f"data/{name}.jsonl", json_lines([{"id": name}]))
    made = maker.file("data/**/*.jsonl", row=columns(id=TEXT))
    assert made.values("id") == ["a/1", "b/10", "b/2"]
    assert made.facts["files"] == ["data/a/1.jsonl", "data/b/10.jsonl", "data/b/2.jsonl"]


def test_globs_mix_formats(maker: Maker) -> None:
    maker.write("d/1.csv", CSV)
    maker.write("d/2.jsonl.gz", gzip.compress(json_lines(ROWS).encode()))
    pl.DataFrame(ROWS).write_parquet(maker.root / "d" / "3.parquet")
    assert maker.file("d/*", row=ROW).rows() == ROWS * 3


def test_name_with_brackets_is_a_file(maker: Maker) -> None:
    maker.write("a[1].jsonl", json_lines(ROWS))
    assert maker.file("a[1].jsonl", row=ROW).rows() == ROWS


@pytest.mark.parametrize("path", ["none.jsonl", "none/*.jsonl"])
def test_no_file(maker: Maker, path: str) -> None:
    with pytest.raises(RecipeError) as error:
        maker.file(path, row=ROW)
    assert code(error) == "D501"


def test_paths_stay_inside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    secret = outside / "secret.jsonl"
    secret.write_text("{}\n")
    (root / "link.jsonl").symlink_to(secret)
    policy = ReadPolicy(root)
    for path in ("../outside/secret.jsonl", "../outside/*.jsonl", "link.jsonl", str(secret)):
        with pytest.raises(RecipeError) as error:
            policy.files(path)
        assert code(error) == "D502"
        assert ReadPolicy(root, (outside,)).files(path)[0].resolve() == secret


def test_unknown_format(maker: Maker) -> None:
    maker.write("a.dat", "hello")
    with pytest.raises(RecipeError) as error:
        maker.file("a.dat", row=ROW)
    assert code(error) == "D505"


BAD_LINES = [
    (b'{"id": 2, "text": "x"', "not JSON"),
    (b"plain", "not JSON"),
    (b'{"id": 2, "text": "x", "score": NaN}', "NaN is not JSON"),
    (b'{"id": 2, "id": 3, "text": "x", "score": 1}', "the key `id` stands twice"),
    (b'{"id": 2, "text": "x", "score": 1} {}', "not JSON: extra data"),
    (b"[1]", "a row must be an object, not a list"),
    (b'{"id": "2", "text": "x", "score": 1}', "`id` must be int, not text"),
    (b'{"id": true, "text": "x", "score": 1}', "`id` must be int, not bool"),
    (b'{"id": 2.5, "text": "x", "score": 1}', "`id` must be int, not float"),
    (b'{"id": 99999999999999999999, "text": "x", "score": 1}', "too large"),
    (b'{"id": 2, "text": 7, "score": 1}', "`text` must be text, not int"),
    (b'{"id": 2, "text": {"a": 1}, "score": 1}', "`text` must be text, not a record"),
    (b'{"id": 2, "text": null, "score": 1}', "`text` must be text, not null"),
    (b'{"id": 2, "score": 1}', "`text` is missing"),
    (b'{"id": 2, "text": "\\ud800", "score": 1}', "surrogate"),
    (b'{"id": 2, "text": "\xff", "score": 1}', "not UTF-8"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES, ids=lambda each: str(each)[:40])
def test_bad_lines_are_set_aside(maker: Maker, line: bytes, reason: str) -> None:
    good = json_lines(ROWS).encode()
    first, second = good.splitlines(keepends=True)
    maker.write("a.jsonl", first + b"\n" + line + b"\n" + second)
    made = maker.file("a.jsonl", row=ROW, max_rejects=0.4)
    assert made.rows() == ROWS
    (reject,) = made.rejects()
    assert (reject["file"], reject["line"], reject["offset"]) == ("a.jsonl", 3, len(first) + 1)
    assert reason in reject["reason"]
    assert reject["raw"][:10] == line.decode(errors="surrogateescape")[:10]
    assert made.facts["rejects"] == 1
    assert made.facts["rejected"] == [f"a.jsonl:3: {reject['reason']}"]


def test_allowed_differences(maker: Maker) -> None:
    maker.write("a.jsonl", '{"score": 1, "id": 2.0, "text": "x", "late": {"a": 1}}\n')
    made = maker.file("a.jsonl", row=ROW)
    assert made.rows() == [{"id": 2, "text": "x", "score": 1.0}]
    assert made.facts["unseen_columns"] == {"late": 1}


def test_missing_keys_and_nulls_of_nullable_columns(maker: Maker) -> None:
    maker.write("a.jsonl", '{}\n{"text": null}\n{"text": ""}\n')
    assert maker.file("a.jsonl", row=columns(text=TEXT.or_null())).values("text") == [None, None, ""]


def test_late_keys_inside_records_are_reported(maker: Maker) -> None:
    rows = [{"m": [{"role": "user", "content": "a"}]}, {"m": [{"role": "user", "content": "a", "weight": 1}]}]
    maker.write("a.jsonl", json_lines(rows))
    assert maker.file("a.jsonl", row=columns(m=MESSAGES)).facts["unseen_columns"] == {"m.weight": 1}


def test_reason_names_the_place_inside(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"m": [{"role": "user", "content": 3}]}]))
    with pytest.raises(RecipeError) as error:
        maker.file("a.jsonl", row=columns(m=MESSAGES))
    assert error.value.diagnostics[0].notes == ("a.jsonl:1: `m.0.content` must be text, not int",)


def test_late_change_of_type(maker: Maker) -> None:
    """The look sees ints; a text far behind it is set aside, not made null."""
    rows: list[dict[str, Any]] = [{"id": number} for number in range(1000)]
    rows[900] = {"id": "x900"}
    maker.write("a.jsonl", json_lines(rows))
    made = maker.file("a.jsonl")
    assert made.frame().height == 999
    assert made.rejects()[0]["line"] == 901


def test_column_of_unknown_type_keeps_everything_as_text(maker: Maker) -> None:
    values = [None] * 300 + ["x", 5, {"a": [1, None]}]
    maker.write("a.jsonl", json_lines([{"v": value} for value in values]))
    assert maker.file("a.jsonl").values("v")[300:] == ["x", "5", '{"a": [1, null]}']


def test_too_many_rejects(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines(ROWS) + "bad\n" * 5)
    with pytest.raises(RecipeError) as error:
        maker.file("a.jsonl", row=ROW, max_rejects=0.1)
    problem = error.value.diagnostics[0]
    assert problem.code == "D504"
    assert problem.message.startswith("5 of 7 rows of `a.jsonl`")
    assert [note.split(":")[1] for note in problem.notes] == ["3", "4", "5"]


def test_long_raw_text_is_cut(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines(ROWS) + "x" * 5000 + "\n")
    assert len(maker.file("a.jsonl", row=ROW, max_rejects=0.5).rejects()[0]["raw"]) == 2000


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ('[{"a": 1},\n {"a": }]', "line 2"),
        ('[{"a": 1},\n', "line 2"),
        ('[{"a": 1} {"a": 2}]', "expected `,` or `]`"),
        ('[{"a": 1}] x', "text behind the array"),
        ('[{"a": 1},]', "not JSON"),
        ('{"a":\n 1}', "2 of 2 rows"),
    ],
)
def test_broken_arrays(maker: Maker, content: str, where: str) -> None:
    maker.write("a.json", content)
    with pytest.raises(RecipeError, match=where) as error:
        maker.file("a.json", row=columns(a=INT))
    assert code(error) in ("D503", "D504")


def test_wrong_items_of_an_array_are_set_aside(maker: Maker) -> None:
    content = '[\n  {"a": 1},\n  {"a": "x"},\n  {"a": NaN},\n  7,\n  {"a": 2}\n]'
    maker.write("a.json", content)
    made = maker.file("a.json", row=columns(a=INT), max_rejects=0.9)
    assert made.values("a") == [1, 2]
    assert [each["line"] for each in made.rejects()] == [3, 4, 5]
    assert [content.encode()[each["offset"] :][:1] for each in made.rejects()] == [b"{", b"{", b"7"]


def test_array_longer_than_a_chunk(maker: Maker) -> None:
    rows = [{"a": "ü" * 1000 + str(number)} for number in range(700)] + [{"a": "x" * 3_000_000}]
    maker.write("a.json", json.dumps(rows, indent=1, ensure_ascii=False))
    assert maker.file("a.json", row=columns(a=TEXT)).rows() == rows


@pytest.mark.parametrize("content", ["[]", " [ \n ] ", "\ufeff[]"])
def test_empty_array(maker: Maker, content: str) -> None:
    maker.write("a.json", content)
    assert maker.file("a.json", row=ROW).frame().shape == (0, 3)


def test_table_cells(maker: Maker) -> None:
    row = columns(
        i=INT.or_null(), f=FLOAT, b=BOOL, d=DATE.or_null(), t=TEXT, n=TEXT.or_null(), j=list_of(INT)
    )
    header = "i,f,b,d,t,n,j\n"
    good = '007,1,True,2024-05-31,,,"[1, 2]"\n,+2.5,false,,x,"a ""b""",[]\n'.replace("007", "7")
    bad = "x,1,true,,,,[]\n1,1,yes,,,,[]\n1,1,true,31.5.,,,[]\n1,2\n"
    maker.write("a.csv", header + good + "\n" + bad)
    made = maker.file("a.csv", row=row, max_rejects=0.9)
    assert [list(each.values()) for each in made.rows()] == [
        [7, 1.0, True, pl.Series(["2024-05-31"]).str.to_date().item(), "", None, [1, 2]],
        [None, 2.5, False, None, "x", 'a "b"', []],
    ]
    rejects = made.rejects()
    assert [each["line"] for each in rejects] == [5, 6, 7, 8]
    assert rejects[-1]["reason"] == "2 cells, the header has 7"
    assert rejects[0]["offset"] == len(header + good + "\n")


def test_table_that_is_not_utf8(maker: Maker) -> None:
    maker.write("a.csv", b"t\ngood\nbad \xff\n")
    made = maker.file("a.csv", row=columns(t=TEXT), max_rejects=0.9)
    assert made.values("t") == ["good"]
    assert made.rejects()[0]["reason"] == "not UTF-8"


def test_dates_and_choices_of_json(maker: Maker) -> None:
    maker.write("a.jsonl", '{"d": "2024-05-31", "c": "a"}\n{"d": "May", "c": "a"}\n{"d": null, "c": "b"}\n')
    made = maker.file("a.jsonl", row=columns(d=DATE.or_null(), c=choice("a")), max_rejects=0.9)
    assert made.frame().schema["d"] == pl.Date
    assert [each["line"] for each in made.rejects()] == [2, 3]


def test_more_rows_than_a_batch(maker: Maker) -> None:
    lines = [json.dumps({"id": number}) for number in range(45_000)]
    lines[30_000] = "bad"
    maker.write("a.jsonl", "\n".join(lines))
    made = maker.file("a.jsonl", row=columns(id=INT))
    assert made.values("id") == [number for number in range(45_000) if number != 30_000]
    assert not (made.out / ".work").exists()


# --- columns from values ------------------------------------------------------------------------

_TYPES = st.recursive(
    st.sampled_from([TEXT, INT, FLOAT, BOOL]).map(Type.or_null),
    lambda inner: st.one_of(
        inner.map(lambda item: list_of(item).or_null()),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: record(**{f"p{place}": part for place, part in enumerate(parts)}).or_null()
        ),
    ),
    max_leaves=5,
)
_LEAVES = {TEXT.kind: st.text(max_size=3), INT.kind: st.integers(-9, 9), FLOAT.kind: st.floats(-1, 1)}


def _values(type_: Type) -> st.SearchStrategy[Any]:
    if type_.item is not None:
        inner = st.lists(_values(type_.item), max_size=3)
    elif type_.fields:
        inner = st.fixed_dictionaries({each.name: _values(each.type) for each in type_.fields})
    else:
        inner = _LEAVES.get(type_.kind, st.booleans())
    return st.none() | inner


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_columns_hold_exactly_the_values(data: st.DataObject) -> None:
    type_ = data.draw(_TYPES)
    values = data.draw(st.lists(_values(type_), max_size=6))
    found = series("x", values, dtype_of(type_))
    assert found.dtype == dtype_of(type_)
    assert found.to_list() == values
    assert type_of(found.dtype) == type_


# --- types that were only looked at -----------------------------------------------------------------


def late(*rows: Any, first: dict[str, Any]) -> str:
    """More rows than a look sees, and then these."""
    return json_lines([first] * 400 + list(rows))


def test_late_values_widen_a_type_that_was_only_looked_at(maker: Maker) -> None:
    first = {"n": 1, "t": "a", "r": {"x": [1]}}
    maker.write("a.jsonl", late({"n": 2.5, "t": "b", "r": {"x": [1, 0.5]}}, {"n": 3, "r": None}, first=first))
    made = maker.undeclared("a.jsonl")
    assert made.rows()[399:] == [
        {"n": 1.0, "t": "a", "r": {"x": [1.0]}},
        {"n": 2.5, "t": "b", "r": {"x": [1.0, 0.5]}},
        {"n": 3.0, "t": None, "r": None},
    ]
    assert made.facts["rejects"] == 0
    assert made.facts["widened"] == {
        "n": "int, later float",
        "t": "text, later text?",
        "r": "{ x: list[int] }, later { x: list[float] }?",
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"n": "x", "t": "a"}, "`n` must be int, not text"),
        ({"n": None, "t": 7}, "`t` must be text, not int"),
        ({"error": "timeout"}, "`n` is missing"),
        ({"n": [1], "t": "a"}, "`n` must be int, not a list"),
        ({"n": 10**20, "t": "a"}, "`n` is too large for an int of 64 bits"),
        (7, "a row must be an object, not int"),
    ],
)
def test_late_values_that_widening_does_not_cover(maker: Maker, row: Any, reason: str) -> None:
    maker.write("a.jsonl", late(row, first={"n": 1, "t": "a"}))
    made = maker.undeclared("a.jsonl")
    assert made.frame().schema == {"n": pl.Int64, "t": pl.String}
    assert made.frame().height == 400
    assert [(each["line"], each["reason"]) for each in made.rejects()] == [(401, reason)]
    assert made.facts["widened"] == {}


def test_late_columns_are_named(maker: Maker) -> None:
    maker.write("a.jsonl", late({"n": 2, "extra": 1, "r": {"deep": 1}}, first={"n": 1, "r": {"x": 1}}))
    made = maker.undeclared("a.jsonl")
    assert made.facts["unseen_columns"] == {"extra": 1, "r.deep": 1}
    assert made.rows()[-1] == {"n": 2, "r": {"x": None}}


def test_late_cells_widen_too(maker: Maker) -> None:
    maker.write("a.csv", "n,t,b\n" + "1,x,true\n" * 400 + "2.5,,\n")
    made = maker.undeclared("a.csv")
    assert made.rows()[-1] == {"n": 2.5, "t": "", "b": None}
    assert made.facts["widened"] == {"n": "int, later float", "b": "bool, later bool?"}


def test_late_parquet_files_widen_too(maker: Maker) -> None:
    (maker.root / "d").mkdir()
    for place in range(10):
        values = {"n": [place], "t": ["a"]} if place < 8 else {"n": [0.5], "t": [None], "late": [1]}
        pl.DataFrame(values, schema_overrides={"t": pl.String}).write_parquet(
            maker.root / f"d/{place}.parquet"
        )
    made = maker.undeclared("d/*")
    assert made.values("n") == [*map(float, range(8)), 0.5, 0.5]
    assert made.facts["widened"] == {"n": "int, later float", "t": "text, later text?"}
    assert made.facts["unseen_columns"] == {"late": 2}


def test_late_parquet_files_without_a_column(maker: Maker) -> None:
    (maker.root / "d").mkdir()
    for place in range(9):
        values = {"n": [place], "t": ["a"]} if place < 8 else {"n": [place]}
        pl.DataFrame(values).write_parquet(maker.root / f"d/{place}.parquet")
    assert maker.undeclared("d/*").values("t") == [*"aaaaaaaa", None]


def test_parquet_with_null_behind_the_look(maker: Maker) -> None:
    pl.DataFrame({"n": [1] * 400 + [None]}).write_parquet(maker.root / "a.parquet")
    made = maker.undeclared("a.parquet")
    assert made.facts["widened"] == {"n": "int, later int?"}
    made = maker.file("a.parquet", row=columns(n=INT))
    assert [each["reason"] for each in made.rejects()] == ["row 401: `n` is null"]


def test_undeclared_file_without_rows(maker: Maker) -> None:
    maker.write("a.jsonl", "\n")
    with pytest.raises(RecipeError, match=r"`a.jsonl` has no rows") as error:
        maker.undeclared("a.jsonl")
    assert code(error) == "D503"


def test_mixed_values_are_kept_as_text(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"v": value} for value in (1, "a", 2, [3])]))
    assert maker.undeclared("a.jsonl").values("v") == ["1", "a", "2", "[3]"]


def test_columns_of_odd_names(maker: Maker) -> None:
    row = {"": "e", "len": 1, "value": None, "item": [1], "there": {"": 2}, "literal": "x"}
    maker.write("a.jsonl", json_lines([row]))
    assert maker.undeclared("a.jsonl").rows() == [row]
    maker.write("a.csv", ",len\ne,1\n")
    assert maker.undeclared("a.csv").rows() == [{"": "e", "len": 1}]


# --- parts that are declared ------------------------------------------------------------------------


def test_what_parquet_showed_is_remembered_until_it_changes(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes, real = list[Any](), parquet._wrong_columns
    monkeypatch.setattr(parquet, "_wrong_columns", lambda *given: passes.append(given) or real(*given))
    monkeypatch.setattr(states, "SETTLED", -1)
    file, row = maker.root / "a.parquet", columns(n=INT)

    def rejected() -> list[str]:
        return [each["reason"] for each in maker.file("a.parquet", row=row, max_rejects=0.9).rejects()]

    pl.DataFrame({"n": [1, None, 3]}).write_parquet(file)
    for count in (1, 1):
        assert rejected() == ["row 2: `n` is null"]
        assert len(passes) == count
    for kept in (maker.root / ".recipedsl/cache/proofs").iterdir():
        kept.write_text('{"names": 1}')
    assert rejected() == ["row 2: `n` is null"]
    pl.DataFrame({"n": [1, 2, None]}).write_parquet(file)
    assert rejected() == ["row 3: `n` is null"]
    assert len(passes) == 3
    pl.DataFrame({"n": [1, 2, 3]}).write_parquet(file)
    assert maker.undeclared("a.parquet").facts["widened"] == {}
    pl.DataFrame({"n": [1] * 400 + [None]}).write_parquet(file)
    assert [list(maker.undeclared("a.parquet").facts["widened"]) for _ in range(2)] == [["n"], ["n"]]
    assert len(passes) == 5


def test_many_rejects_of_parquet_keep_their_order(maker: Maker) -> None:
    rows = [None if place % 3 else place for place in range(60_000)]
    pl.DataFrame({"n": rows}).write_parquet(maker.root / "a.parquet")
    made = maker.file("a.parquet", row=columns(n=INT), max_rejects=0.9)
    assert made.facts["rejects"] == 40_000
    assert made.values("n") == rows[::3]
    assert [each["reason"] for each in made.rejects()] == [
        f"row {place + 1}: `n` is null" for place, row in enumerate(rows) if row is None
    ]


def test_parts_of_parquet_are_checked(maker: Maker) -> None:
    talk = [
        [{"role": "user", "content": "a"}],
        [{"role": "alien", "content": "a"}],
        [{"role": "user", "content": None}],
        None,
        [None],
    ]
    pl.DataFrame({"m": talk}).write_parquet(maker.root / "a.parquet")
    message = record(role=choice("user", "assistant"), content=TEXT)
    made = maker.file("a.parquet", row=columns(m=list_of(message)), max_rejects=0.9)
    assert made.values("m") == talk[:1]
    assert [each["reason"].split(": ", 1)[1][:25] for each in made.rejects()] == [
        "`m` has a part that is no",
        "`m` has a part that is no",
        "`m` is null",
        "`m` has a part that is no",
    ]


# --- quotes that are not closed ---------------------------------------------------------------------


def test_a_stray_quote_costs_one_line(maker: Maker) -> None:
    lines = [f"{number},text {number}" for number in range(50)]
    lines[20] = '20,"text 20'
    maker.write("a.csv", "id,t\n" + "\n".join(lines) + "\n")
    made = maker.file("a.csv", row=columns(id=INT, t=TEXT), max_rejects=0.5)
    assert made.values("id") == [number for number in range(50) if number != 20]
    (reject,) = made.rejects()
    content = (maker.root / "a.csv").read_bytes()
    assert (reject["line"], reject["raw"]) == (22, lines[20])
    assert content[reject["offset"] :].startswith(lines[20].encode())


def test_a_quote_that_is_never_closed_in_a_long_file(maker: Maker) -> None:
    maker.write("a.csv", 'id,t\n1,"a\n' + "2,b\n" * 10_100)
    with pytest.raises(RecipeError, match=r"a quote that opens in line 2 of `a.csv` is not closed") as error:
        maker.file("a.csv", row=columns(id=INT, t=TEXT))
    assert code(error) == "D503"


@pytest.mark.parametrize("header", ["a,b,a", 'a,"b', "a,\udcff"])
def test_header_that_names_no_columns(maker: Maker, header: str) -> None:
    maker.write("a.csv", header.encode(errors="surrogateescape") + b"\n1,2,3\n")
    with pytest.raises(RecipeError, match=r"the header of `a.csv`") as error:
        maker.file("a.csv", row=columns(a=INT))
    assert code(error) == "D503"
