"""Rows fetched by their numbers: in any order, in one go or window by window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recipedsl.data import gathering, keyed
from recipedsl.data.reading import again
from recipedsl.data.reading.again import Piece, Source, plain_piece
from recipedsl.language.types import FLOAT, INT, TEXT, Field, RowType
from tests.data.making import Maker, json_lines, step

ROW = RowType((Field("id", INT), Field("score", FLOAT), Field("q", TEXT.or_null())))
NARROW = RowType((Field("id", INT), Field("score", INT)))
COUNT = 300


def rows() -> list[dict[str, Any]]:
    """Those of the first file have whole scores, and no `q`."""
    late = [{"id": number, "score": number / 2, "q": f"ü\n{number}"} for number in range(100, COUNT)]
    return [{"id": number, "score": number} for number in range(100)] + late


@pytest.fixture(params=[0, 1 << 40])
def source(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Source:
    """Plain lines with blank ones between them, more of them with another type, and a Parquet file."""
    monkeypatch.setattr(again, "MAPPED", request.param)
    first, second, third = rows()[:100], rows()[100:180], rows()[180:]
    (tmp_path / "a.jsonl").write_text("\n \r\n" + "\n\t\n".join(map(json.dumps, first)))
    (tmp_path / "b.jsonl").write_text(json_lines(second))
    pl.DataFrame(third).write_parquet(tmp_path / "c.parquet", row_group_size=7)
    frame = pl.scan_parquet(tmp_path / "c.parquet")
    pieces = (
        plain_piece(tmp_path / "a.jsonl", len(first), NARROW),
        plain_piece(tmp_path / "b.jsonl", len(second), ROW),
        Piece(frame, len(third), ROW),
    )
    return Source(pieces, ROW)


def order(kind: str) -> np.ndarray[Any, Any]:
    draw = np.random.default_rng(3)
    return {
        "none": np.zeros(0, np.int64),
        "some": np.arange(5, COUNT, 7),
        "twice": np.tile(np.arange(COUNT), 2),
        "shuffled": draw.permutation(COUNT),
        "drawn": draw.integers(0, COUNT, 2 * COUNT),
    }[kind]


@pytest.mark.parametrize("kind", ["none", "some", "twice", "shuffled", "drawn"])
@pytest.mark.parametrize("held", [1, 1 << 40])
def test_rows_come_in_the_order_that_is_asked_for(
    source: Source, kind: str, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "HELD", held)
    numbers, given = order(kind), rows()
    found = gathering.gathered(source, numbers, 5).collect(engine="streaming")
    assert source.frame.collect(engine="streaming").to_dicts() == [{"q": None, **each} for each in given]
    assert found.to_dicts() == [{"q": None, **given[each]} for each in numbers]
    assert found.schema == source.frame.collect_schema()


def test_windows_change_no_byte(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written to several parts, with more than one group of rows in each."""
    maker.write("a.jsonl", json_lines([{"id": number, "q": f"q{number}" * 5} for number in range(25_000)]))
    parts = step("split", settings={"parts": {"train": 0.6, "held": 0.4}}, seed=2)
    monkeypatch.setattr(keyed, "LARGE", 0)
    found = []
    for held in (1 << 40, 300_000):
        monkeypatch.setattr(gathering, "HELD", held)
        made = maker.file("a.jsonl", step("shuffle", seed=1), parts, parts=("train", "held"))
        found.append({each.name: each.read_bytes() for each in made.out.glob("*.parquet")})
    assert found[0] == found[1]
    assert len(found[0]) == 2
