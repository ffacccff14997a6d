"""Datasets of the hub: found in the local cache, with no network."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from recipedsl.data.look import FileFacts
from recipedsl.data.reading.hub import files_of_split
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.facts import HubRows
from recipedsl.plan.model import HubSource
from tests.data.making import Maker, data_node, json_lines
from tests.hub_server import COMMIT

CARD = """---
configs:
- config_name: main
  data_files:
  - split: train
    path: main/tr*.parquet
  - split: test
    path: [main/held.parquet]
---
# A dataset
"""


@pytest.fixture
def cache(hub_snapshot: Path) -> Path:
    """The snapshot, with a folder for its files."""
    (hub_snapshot / "main").mkdir()
    return hub_snapshot


def test_reads_a_cached_dataset(maker: Maker, cache: Path) -> None:
    pl.DataFrame({"id": [1, 2]}).write_parquet(cache / "main" / "train-00000-of-00002.parquet")
    pl.DataFrame({"id": [3]}).write_parquet(cache / "main" / "train-00001-of-00002.parquet")
    pl.DataFrame({"id": [4]}).write_parquet(cache / "main" / "test-00000-of-00001.parquet")
    for revision in ("", "main", COMMIT):
        source = HubSource(name="some/rows", revision=revision)
        made = maker.make(data_node(source))
        assert made.values("id") == [1, 2, 3]
        assert made.facts["files"] == [f"some/rows/main/train-0000{n}-of-00002.parquet" for n in (0, 1)]
        assert (
            str(FileFacts(maker.root).look(HubRows(name="some/rows", revision=revision)).row) == "{ id: int }"
        )
    assert maker.make(data_node(HubSource(name="some/rows", split="test"))).values("id") == [4]


def test_the_card_tells_the_files(maker: Maker, cache: Path) -> None:
    (cache / "README.md").write_text(CARD)
    for name, number in (("tr1", 1), ("held", 2), ("other", 3)):
        pl.DataFrame({"id": [number]}).write_parquet(cache / "main" / f"{name}.parquet")
    assert maker.make(data_node(HubSource(name="some/rows", config="main"))).values("id") == [1]
    assert maker.make(data_node(HubSource(name="some/rows", split="test"))).values("id") == [2]


@pytest.mark.parametrize(
    "front",
    ["configs: [1]", "configs: 3", "configs: {a: b}", "configs: [{data_files: [{split: train, path: 3}]}]",
     "configs: [{data_files: [{split: train, path: [3, {a: b}]}]}]", "configs: " + "[" * 5000, "a: *b", "[1]", "x"],
)  # fmt: skip
def test_a_card_of_another_form_says_nothing(maker: Maker, cache: Path, front: str) -> None:
    (cache / "README.md").write_text(f"---\n{front}\n---\n")
    (cache / "main" / "train.jsonl").write_text(json_lines([{"id": 1}]))
    assert maker.make(data_node(HubSource(name="some/rows"))).values("id") == [1]


def test_rows_of_the_hub_are_checked_like_files(maker: Maker, cache: Path) -> None:
    (cache / "main" / "train.jsonl").write_text(json_lines([{"id": 1}] * 200) + "bad\n")
    made = maker.make(data_node(HubSource(name="some/rows")))
    assert made.facts["rejected"] == [
        "some/rows/main/train.jsonl:201: not JSON: expecting value at character 1"
    ]


@pytest.mark.parametrize(
    ("source", "note"),
    [
        (HubSource(name="other/rows"), "it is not in the local cache"),
        (HubSource(name="some/rows", revision="none"), "it is not in the local cache"),
        (HubSource(name="some/rows", split="held"), "the cached revision lacks files of the split `held`"),
    ],
)
def test_dataset_that_is_not_at_hand(maker: Maker, cache: Path, source: HubSource, note: str) -> None:
    (cache / "main" / "train.jsonl").write_text(json_lines([{"id": 1}]))
    with pytest.raises(RecipeError, match="is not at hand") as error:
        maker.make(data_node(source))
    problem = error.value.diagnostics[0]
    assert problem.code == "D509"
    assert problem.notes[0] == note
    assert str(maker.root) not in " ".join(problem.notes)


def test_pieces_that_were_not_fetched(maker: Maker, cache: Path) -> None:
    pl.DataFrame({"id": [1]}).write_parquet(cache / "main" / "train-00000-of-00002.parquet")
    with pytest.raises(RecipeError, match="is not at hand"):
        maker.make(data_node(HubSource(name="some/rows")))


@pytest.mark.parametrize(
    ("names", "source", "wanted"),
    [
        (["train.jsonl", "test.jsonl"], {}, ["train.jsonl"]),
        (["data/train-00000-of-00001.parquet", "data/train.csv"], {}, ["data/train-00000-of-00001.parquet"]),
        (["train/0000.parquet", "test/0000.parquet"], {}, ["train/0000.parquet"]),
        (["de/train.parquet", "en/train.parquet"], {"config": "en"}, ["en/train.parquet"]),
        (["default/train/0000.parquet"], {}, ["default/train/0000.parquet"]),
        (["training_notes.json", "rows.jsonl"], {}, []),
        (["validation.jsonl"], {"split": "validation"}, ["validation.jsonl"]),
    ],
)
def test_files_of_a_split(names: list[str], source: dict[str, str], wanted: list[str]) -> None:
    assert files_of_split(names, HubRows(name="some/rows", **source)) == wanted
