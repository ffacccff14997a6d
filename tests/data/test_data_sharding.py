"""Data nodes by several workers: byte for byte what one machine makes, also when a worker is killed."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.sharding import files, keys, likeness
from recipedsl.data.sharding import shards as pieces
from recipedsl.data.sharding.making import make_sharded
from recipedsl.data.steps import STEPS
from recipedsl.diagnostics import RecipeError
from recipedsl.language.types import RowType
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    Input,
    InterleaveSource,
    MixSource,
    NodeSource,
    Portion,
    ReadSource,
    StepSpec,
)
from recipedsl.runtime.cluster import RayWorkers
from tests.data.making import (
    Maker,
    call,
    column,
    data_node,
    json_lines,
    row_type,
    shape,
    step,
    where,
)
from tests.tiny import make_tiny_model

FILES = 50
T, R = TypeVar("T"), TypeVar("R")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few kilobytes are worth a job."""
    monkeypatch.setattr(files, "LEAST_BYTES", 1)


class InTurn:
    """One after another in this process: what the jobs do, without a cluster."""

    def __init__(self, count: int = 2) -> None:
        self.count = count
        self.done: list[str] = []

    def each(self, function: Callable[[T], R], jobs: Sequence[T]) -> list[R]:
        self.done += [function.__name__] * len(jobs)
        return [function(job) for job in jobs]


def rows_of(file: int, count: int = 24) -> list[dict[str, Any]]:
    """Rows of a file: some are the same as those of others but for case and spaces, some are nearly the same."""
    draw = random.Random(file)
    words = [f"word{number}" for number in range(60)]
    rows = []
    for number in range(count):
        common = draw.randrange(200)
        text = " ".join(random.Random(common).choices(words, k=30))
        if number % 3 == 0:
            text = text.replace(" ", "  ").upper()
        if number % 5 == 0:
            text += f" {draw.choice(words)}"
        rows.append(
            {
                "id": file * 1000 + number,
                "question": text if number % 11 else None,
                "answer": f"the answer {common} mail me at me{number}@example.org",
                "topic": draw.choice(["a", "b", "c", None]),
                "score": draw.choice([0.5, 1.5, 2.25, None]),
                "tags": [f"t{each}" for each in range(number % 4)],
            }
        )
    return rows


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Fifty files of rows, with broken lines in some."""
    maker = Maker(tmp_path_factory.mktemp("project"))
    for file in range(FILES):
        broken = '{"id": 1, "question": \n' if file % 7 == 3 else ""
        wrong = '{"id": "no number", "answer": 3}\n' if file % 9 == 4 else ""
        maker.write(f"data/part-{file:02}.jsonl", json_lines(rows_of(file)) + broken + wrong)
    return maker


ROW = row_type([*rows_of(0), *rows_of(1)])


FEW, ALL = "data/part-0*.jsonl", "data/*.jsonl"


def read(
    *steps: StepSpec, declared: bool = True, parts: Sequence[str] = (), path: str = FEW, **more: Any
) -> DataNode:
    row = ROW.to_json() if declared else {}
    source = ReadSource(path=path, row=row)
    return data_node(source, *steps, parts=parts, max_rejects=0.1, **more)


def bytes_of(folder: Path) -> dict[str, str]:
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def agrees(
    maker: Maker, node: DataNode, workers: Any, inputs: dict[str, Path] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Whether all bytes and facts are those of one machine; gives the facts, and what was told."""
    alone = maker.make(node, inputs)
    out, told = alone.out.with_name(f"{alone.out.name}-apart"), list[str]()
    facts = make_sharded(node, inputs or {}, out, ReadPolicy(maker.root), workers, told.append)
    assert json.dumps(facts) == json.dumps(alone.facts)
    assert bytes_of(out) == bytes_of(alone.out)
    return facts, told


def sorted_by(*names: str) -> StepSpec:
    expressions = {f"key{place}": column(name) for place, name in enumerate(names)}
    return step("sort", expressions=expressions, settings={"descending": [True] * len(names)})


KEPT = where(call("greater", column("score"), 1))

LOCAL = {
    "where": [KEPT],
    "derive": [step("derive", expressions={"double": call("multiply", column("score"), 2)})],
    "select": [step("select", "id", "topic")],
    "drop": [step("drop", "answer")],
    "rename": [step("rename", settings={"names": {"topic": "subject"}})],
    "explode": [step("explode", "tags")],
    "redact": [step("redact", "answer")],
    "as": [shape("chat", user="question", assistant="answer")],
}
GLOBAL = {
    "dedup": [step("dedup", "question")],
    "dedup all": [step("select", "topic", "score"), step("dedup")],
    "dedup last": [step("dedup", "question", settings={"keep": "last", "normalise": False})],
    "dedup longest": [step("dedup", "topic", "score", settings={"keep": "longest"})],
    "dedup best": [
        step("dedup", "topic", settings={"keep": "best"}, expressions={"best": column("score")}),
    ],
    "dedup near best": [
        step(
            "dedup",
            "answer",
            settings={"near": 0.5, "keep": "best", "ngram": 3},
            expressions={"best": call("multiply", column("score"), -1)},
        ),
    ],
    "dedup lists": [step("dedup", "tags", "topic")],
    "dedup near": [step("dedup", "question", settings={"near": 0.7})],
    "dedup near last": [step("dedup", "question", "topic", settings={"near": 0.6, "keep": "last"})],
    "dedup near longest": [step("dedup", "answer", settings={"near": 0.5, "keep": "longest", "ngram": 3})],
    "dedup near all": [step("drop", "id"), step("dedup", settings={"near": 0.6, "normalise": False})],
    "dedup near in another order": [
        step("shuffle", seed=4),
        step("repeat", settings={"times": 2}),
        step("dedup", "question", settings={"near": 0.7}),
    ],
    "take": [step("take", settings={"count": 333})],
    "take by": [step("take", settings={"count": 20}, by=("topic",))],
    "take share by": [step("take", settings={"share": 0.4}, by=("topic", "score"))],
    "take by lists": [step("take", settings={"count": 9}, by=("tags",))],
    "sample": [step("sample", settings={"share": 0.3}, seed=5)],
    "sample by": [step("sample", settings={"count": 30}, by=("topic",), seed=5)],
    "repeat": [step("repeat", settings={"times": 2})],
    "shuffle": [step("shuffle", seed=3)],
    "spread": [step("spread", settings={"count": 20}, by=("answer",), seed=3)],
    "sort": [sorted_by("score", "topic")],
    "expect": [step("expect", expressions={"condition": call("greater", call("count"), 10)})],
}


def split(**more: Any) -> tuple[StepSpec, ...]:
    settings_ = {"parts": {"train": 0.8, "held": 0.2}, "group": None, **more.pop("settings", {})}
    return (step("split", settings=settings_, seed=5, **more),)


SPLIT = {
    "split": split(),
    "split by": split(by=("topic",)),
    "split grouped": split(settings={"group": "answer"}, by=("topic",)),
}
WHOLE = [
    KEPT,
    step("dedup", "question"),
    step("derive", expressions={"double": call("multiply", column("score"), 2)}),
    step("take", settings={"count": 90}, by=("topic",)),
    step("shuffle", seed=1),
    shape("chat", user="question", assistant="answer"),
    step("sample", settings={"share": 0.9}, seed=2),
    step("drop", "tags"),
    *split(by=("topic",)),
]

# --- what is decided by what --------------------------------------------------------------------------


def test_every_step_is_known() -> None:
    assert set(keys.REACH) == set(STEPS), "say in `keys.REACH` what the step decides by"


def test_every_step_is_compared_here() -> None:
    tried = {each.keyword for steps in (LOCAL | GLOBAL | SPLIT).values() for each in steps}
    assert tried | {"join", "decontaminate"} == set(STEPS)


# --- the jobs, without a cluster ----------------------------------------------------------------------


@pytest.mark.parametrize("steps", (LOCAL | GLOBAL).values(), ids=(LOCAL | GLOBAL).keys())
def test_a_step_gives_what_it_gives_on_one_machine(project: Maker, steps: list[StepSpec]) -> None:
    facts, told = agrees(project, read(*steps), InTurn())
    assert facts["rejects"] == 2
    assert not told


@pytest.mark.parametrize("steps", SPLIT.values(), ids=SPLIT.keys())
def test_parts_are_those_of_one_machine(project: Maker, steps: tuple[StepSpec, ...]) -> None:
    agrees(project, read(*steps, parts=("train", "held")), InTurn())


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_pipeline_for_any_number_of_workers(project: Maker, count: int) -> None:
    workers = InTurn(count)
    facts, told = agrees(project, read(*WHOLE, parts=("train", "held")), workers)
    assert not told
    assert workers.done.count("extract") >= min(count, 2)
    assert facts["steps"][5]["unshaped"]


def test_pieces_of_files_are_shards_too(project: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LEAST", 7)
    workers = InTurn()
    agrees(project, read(*WHOLE, parts=("train", "held")), workers)
    assert workers.done.count("collect") > 2


def test_near_duplicates_are_counted_by_several(project: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "_MEMBERS", 500)
    workers = InTurn()
    facts, _ = agrees(project, read(*GLOBAL["dedup near"]), workers)
    assert workers.done.count("compare") > 5
    assert facts["steps"][0]["near"]["groups"] > 5
    assert len(facts["steps"][0]["near"]["examples"]) == 3


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=9).map(" ".join), min_size=1, max_size=30),
    st.sampled_from([0.2, 0.5, 0.8, 1.0]),
    st.sampled_from(["first", "last", "longest"]),
)
def test_near_duplicates_of_any_rows(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], threshold: float, keep: str
) -> None:
    maker = Maker(tmp_path_factory.mktemp("rows"))
    made = maker.rows([{"text": text} for text in texts])
    near = step("dedup", "text", settings={"near": threshold, "ngram": 2, "keep": keep})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "LEAST", 4)
        agrees(maker, data_node(NodeSource(input=Input(node="a")), near), InTurn(3), {"a": made.out})


# --- one large file -----------------------------------------------------------------------------------


def lines_of(draw: random.Random, count: int) -> Iterator[bytes]:
    """Lines of all kinds: good ones, blank ones, and such as one may not cut before."""
    for number in range(count):
        kind = draw.randrange(12)
        row = {"id": number, "text": "é" * draw.randrange(9), "more": [number] if kind == 1 else None}
        good = json.dumps(row, ensure_ascii=kind != 2).encode()
        yield {
            3: b"",
            4: b"\xef\xbb\xbf" + good,
            5: b"[1, 2]",
            6: b"  " + good,
            7: good[:-1],
            8: b'{"id": "x", "text": "\xff"}',
            9: good + b"\r",
        }.get(kind, good)


@pytest.mark.parametrize("seed", range(4))
def test_a_large_file_of_lines_is_cut(maker: Maker, seed: int) -> None:
    lines = list(lines_of(random.Random(seed), 400))
    start, end = (b"\xef\xbb\xbf" if seed == 1 else b""), (b"\n" if seed != 2 else b"")
    maker.write(
        "data/large.jsonl", start + b'{"id": 0, "text": "a", "more": null}\n' + b"\n".join(lines) + end
    )
    maker.write("data/small.jsonl", b'{"id": 0, "text": "b", "other": 1}\nno row\n')
    row = row_type([{"id": 1, "text": "a"}])
    source = ReadSource(path="data/*.jsonl", row=row.to_json())
    workers = InTurn(3)
    facts, told = agrees(maker, data_node(source, step("shuffle", seed=1), max_rejects=0.9), workers)
    assert workers.done.count("read") > 5
    assert facts["rejects"] > 50
    assert facts["unseen_columns"]["more"] > 100
    assert not told


def test_a_large_file_that_nobody_declared(maker: Maker) -> None:
    rows = [{"id": number, "text": f"text {number}"} for number in range(500)]
    maker.write("large.jsonl", json_lines(rows))
    workers = InTurn()
    _, told = agrees(maker, data_node(ReadSource(path="large.jsonl"), KEPT_ID), workers)
    assert workers.done.count("read") > 5
    assert not told
    maker.write("large.jsonl", json_lines([*rows, {"id": None, "text": "late"}]))
    _, told = agrees(maker, data_node(ReadSource(path="large.jsonl"), KEPT_ID), InTurn())
    assert "type changes" in told[0]


KEPT_ID = where(call("greater", column("id"), 7))


def test_a_large_file_of_row_groups_is_cut(maker: Maker) -> None:
    rows = pl.DataFrame(
        {"id": range(5000), "text": [None if number % 401 == 7 else f"t{number}" for number in range(5000)]}
    )
    for name, size in (("cut", 400), ("whole", 10_000)):
        rows.with_columns(other=1).write_parquet(maker.root / f"{name}.parquet", row_group_size=size)
        source = ReadSource(path=f"{name}.parquet", row=row_type([{"id": 1, "text": "a"}]).to_json())
        workers = InTurn()
        facts, told = agrees(maker, data_node(source, KEPT_ID, max_rejects=0.1), workers)
        assert facts["rejects"] == 13
        assert facts["unseen_columns"] == {"other": 5000}
        assert (workers.done.count("read") > 5) == (name == "cut")
        assert told == (
            [] if name == "cut" else ["one worker reads all of `whole.parquet`: it has one row group"]
        )


def test_what_is_not_cut_is_told(maker: Maker) -> None:
    rows = [{"id": number, "text": f"text\n{number}"} for number in range(300)]
    maker.write("a.jsonl.gz", gzip.compress(json_lines(rows).encode()))
    maker.write("b.json", json.dumps(rows))
    maker.write("c.csv", "id,text\n" + "".join(f'{each["id"]},"{each["text"]}"\n' for each in rows))
    reasons = {
        "a.jsonl.gz": "a compressed file is not cut",
        "b.json": "an array is not cut",
        "c.csv": "in a table, lines may end within cells",
    }
    for name, why in reasons.items():
        source = ReadSource(path=name, row=row_type(rows).to_json())
        facts, told = agrees(maker, data_node(source), InTurn())
        assert facts["rows_in"] == 300
        assert told == [f"one worker reads all of `{name}`: {why}"]


def test_rows_that_nobody_declared(project: Maker) -> None:
    _, told = agrees(project, read(KEPT, declared=False), InTurn())
    assert not told


def test_a_type_that_changes_on_the_way_is_told(maker: Maker) -> None:
    rows = [[{"n": number}] * 60 for number in range(8)]
    rows[5].append({"n": 1.5})
    for place, each in enumerate(rows):
        maker.write(f"data/{place}.jsonl", json_lines(each))
    node = data_node(ReadSource(path="data/*.jsonl", row=row_type(rows[0]).to_json()), max_rejects=0.5)
    assert agrees(maker, node, InTurn())[0]["rejects"] == 1
    undeclared = node.model_copy(update={"source": ReadSource(path="data/*.jsonl")})
    facts, told = agrees(maker, undeclared, InTurn())
    grown = facts["widened"]
    assert (len(told) == 1 and "type changes" in told[0]) if grown else not told


def test_other_datasets_are_looked_up(project: Maker) -> None:
    held = project.rows([{"topic": each, "weight": place} for place, each in enumerate("abz")])
    texts = project.rows([{"question": str(rows_of(3)[1]["question"])}])
    for given_ in (
        step("join", settings={"on": ("topic",), "kind": "left"}, input=Input(node="held")),
        step("decontaminate", settings={"on": ["question"], "ngram": 8}, input=Input(node="texts")),
    ):
        facts, _ = agrees(project, read(given_, KEPT), InTurn(), {"held": held.out, "texts": texts.out})
    assert facts["steps"][0]["hits"] >= 1


def test_hits_stand_in_the_order_of_steps_and_rows(project: Maker) -> None:
    """What each step lists stands together, whatever shards the rows are of."""
    texts = project.rows([{"question": each["question"] or ""} for each in rows_of(3)])
    more = project.rows([{"said": [f"the answer {number}"]} for number in range(0, 200, 9)])
    first = step("decontaminate", settings={"on": ["question"], "ngram": 5}, input=Input(node="texts"))
    settings_ = {"on": ["answer"], "against": ["said"], "ngram": 3}
    second = step("decontaminate", settings=settings_, input=Input(node="more"))
    inputs = {"texts": texts.out, "more": more.out}
    workers = InTurn()
    facts, told = agrees(project, read(KEPT, first, second, step("shuffle", seed=1)), workers, inputs)
    assert [each["hits"] > 3 for each in facts["steps"][1:3]] == [True, True]
    assert len(facts["steps"][2]["examples"]) == 3
    assert workers.done.count("carry") > 10
    assert not told


def numbered(maker: Maker, **sizes: int) -> dict[str, Path]:
    return {
        name: maker.rows([{"of": name, name: n} for n in range(size)]).out for name, size in sizes.items()
    }


@pytest.mark.parametrize(
    "source",
    [
        MixSource(
            portions=(Portion(input=Input(node="a"), share=0.7), Portion(input=Input(node="b"), share=0.3))
        ),
        MixSource(portions=(Portion(input=Input(node="a"), share=1),), rows=500, repeat=True, seed=4),
        InterleaveSource(
            portions=(Portion(input=Input(node="a"), share=0.5), Portion(input=Input(node="b"), share=0.5)),
            until="all_exhausted",
        ),
        ConcatSource(inputs=(Input(node="a"), Input(node="b"), Input(node="a"))),
        NodeSource(input=Input(node="b")),
    ],
    ids=["mix", "mix again", "interleave", "concat", "node"],
)
def test_datasets_of_datasets(maker: Maker, source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LEAST", 10)
    inputs = numbered(maker, a=120, b=77)
    agrees(maker, data_node(source), InTurn(), inputs)
    agrees(maker, data_node(source, step("dedup", "of"), step("shuffle", seed=2)), InTurn(), inputs)


def test_rows_in_the_recipe(maker: Maker) -> None:
    node = data_node({"kind": "rows", "rows": ({"a": 1}, {"a": 2})}, step("shuffle", seed=1))
    assert agrees(maker, node, InTurn())[1] == []


def test_columns_that_depend_on_all_rows_are_told(maker: Maker) -> None:
    """A call by ShareGPT's role gives all messages a field; only some of the files have one."""
    said = [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}]
    called = [said[0], {"from": "function_call", "value": '{"name": "f", "arguments": {}}'}, said[1]]
    for place in range(6):
        maker.write(f"data/{place}.jsonl", json_lines([{"messages": called if place == 4 else said}] * 9))
    row = row_type([{"messages": said}])
    node = data_node(ReadSource(path="data/*.jsonl", row=row.to_json()), shape("chat", messages="messages"))
    _, told = agrees(maker, node, InTurn())
    assert len(told) == 1
    assert "depend on what all rows hold" in told[0]


def test_a_shard_of_which_nothing_can_be_shaped(maker: Maker) -> None:
    for place in range(4):
        rows = [{"q": "why" if place != 2 else None, "a": str(n)} for n in range(9)]
        maker.write(f"data/{place}.jsonl", json_lines(rows))
    row = row_type([{"q": "a", "a": "b"}, {"q": None, "a": "b"}])
    node = data_node(
        ReadSource(path="data/*.jsonl", row=row.to_json()), shape("chat", user="q", assistant="a")
    )
    facts, told = agrees(maker, node, InTurn())
    assert facts["steps"][0]["unshaped"] == {"the user is null": 9}
    assert not told


REFUSED = {
    "no rows": [
        where(call("is_null", column("question"))), shape("chat", user="question", assistant="answer"),
    ],
    "gate": [
        step("expect", expressions={"condition": call("greater", call("count"), 10**6)}, text="expect more")
    ],
    "no text": [step("redact", "score")],
    "no shape": [shape("chat", user="score", assistant="answer")],
}  # fmt: skip


@pytest.mark.parametrize("steps", REFUSED.values(), ids=REFUSED.keys())
def test_what_one_machine_refuses_is_refused_in_its_words(project: Maker, steps: list[StepSpec]) -> None:
    assert_refused_alike(project, read(*steps))


def test_too_many_rejects_of_all_files(project: Maker) -> None:
    assert_refused_alike(project, read(KEPT).model_copy(update={"max_rejects": 0.0001}))


def assert_refused_alike(maker: Maker, node: DataNode) -> None:
    with pytest.raises(RecipeError) as alone:
        maker.make(node)
    with pytest.raises(RecipeError) as apart:
        make_sharded(node, {}, maker.root / "refused" / str(id(node)), ReadPolicy(maker.root), InTurn())
    assert apart.value.diagnostics == alone.value.diagnostics
    assert apart.value.at == alone.value.at


def test_shards_read_where_the_engine_may(project: Maker, tmp_path: Path) -> None:
    (tmp_path / "outside.jsonl").write_text('{"id": 1}\n')
    node = data_node(ReadSource(path=str(tmp_path / "outside.jsonl"), row=RowType(()).to_json()))
    with pytest.raises(RecipeError, match="outside the project"):
        make_sharded(node, {}, project.root / "refused" / "outside", ReadPolicy(project.root), InTurn())


words = st.text(st.sampled_from("aAbBßẞſKkİi \t\u00a0\u2003éE\u0301\u200b"), max_size=5)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(words, st.sampled_from([0.0, -0.0, 1.0, None])), min_size=1, max_size=40),
    st.booleans(),
)
def test_rows_that_count_as_equal_meet(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float | None]], normalise: bool
) -> None:
    """Whatever `dedup` takes for equal comes to the same worker."""
    maker = Maker(tmp_path_factory.mktemp("rows"))
    made = maker.rows([{"text": text, "n": number, "k": 1.5} for text, number in rows])
    inputs = {"a": made.out}
    named = step("dedup", "text", "n", settings={"normalise": normalise})
    agrees(maker, data_node(NodeSource(input=Input(node="a")), named), InTurn(5), inputs)


def test_small_files_are_read_together() -> None:
    sizes = [100] * 4 + [5000] + [100] * 4
    groups = list(files.together(sizes, 700))
    assert [place for first, last in groups for place in range(first, last)] == list(range(9))
    assert groups == [(0, 4), (4, 5), (5, 9)]
    assert list(files.together(sizes[:1], 700)) == [(0, 1)]


# --- Ray ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(project: Maker) -> Iterator[RayWorkers]:
    """Two workers on this machine."""
    if find_spec("ray") is None:
        pytest.skip("ray is not installed")
    workers = RayWorkers(project.root)
    yield workers
    workers.close()


@pytest.mark.slow
def test_the_cluster_is_of_this_machine_alone(cluster: RayWorkers) -> None:
    assert cluster.count >= 2
    children = psutil.Process().children(recursive=True)
    listening = [
        each.laddr.ip.removeprefix("::ffff:")
        for child in children
        for each in child.net_connections("tcp")
        if not each.raddr
    ]
    assert set(listening) == {"127.0.0.1"}


JOIN = step("join", settings={"on": ("topic",), "kind": "left"}, input=Input(node="topics"))
DECONTAMINATE = step("decontaminate", settings={"on": ["question"], "ngram": 8}, input=Input(node="texts"))
TOGETHER = {
    "keys": [*GLOBAL["dedup"], *GLOBAL["take by"], *GLOBAL["sample by"], *GLOBAL["sort"], *GLOBAL["repeat"]],
    "near": [*GLOBAL["dedup near"], *GLOBAL["dedup near longest"], *GLOBAL["shuffle"]],
    "other datasets": [JOIN, *GLOBAL["expect"], DECONTAMINATE, *GLOBAL["spread"]],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOGETHER)
def test_steps_over_all_rows_of_fifty_files(
    project: Maker, cluster: RayWorkers, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LEAST", 300)
    topics = project.rows([{"topic": each, "weight": place} for place, each in enumerate("abz")]).out
    texts = project.rows([{"question": str(rows_of(3)[1]["question"])}]).out
    node = read(*TOGETHER[name], *SPLIT["split grouped"], parts=("train", "held"), path=ALL)
    facts, told = agrees(project, node, cluster, {"texts": texts, "topics": topics})
    assert facts["rows_in"] == 24 * FILES
    assert facts["rejects"] == 13
    assert not told


@pytest.mark.slow
def test_one_large_file_by_workers(maker: Maker, cluster: RayWorkers) -> None:
    lines = b"\n".join(lines_of(random.Random(5), 3000))
    maker.write("large.jsonl", b'{"id": 0, "text": "a", "more": null}\n' + lines)
    source = ReadSource(path="large.jsonl", row=row_type([{"id": 1, "text": "a"}]).to_json())
    node = data_node(source, KEPT_ID, step("dedup", "id"), step("shuffle", seed=1), max_rejects=0.9)
    facts, told = agrees(maker, node, cluster)
    assert facts["rejects"] > 500
    assert not told


@pytest.mark.slow
def test_a_mixture_of_datasets_by_workers(project: Maker, cluster: RayWorkers) -> None:
    halves = (Portion(input=Input(node="a"), share=0.5), Portion(input=Input(node="b"), share=0.5))
    inputs = numbered(project, a=120, b=77)
    agrees(project, data_node(MixSource(portions=halves), step("shuffle", seed=2)), cluster, inputs)


class Dying:
    """Workers of which a process dies at the end of the first job of each kind."""

    def __init__(self, workers: RayWorkers, folder: Path, *kinds: str) -> None:
        self._workers = workers
        self._folder = folder
        self._kinds = kinds

    @property
    def count(self) -> int:
        return self._workers.count

    @property
    def died(self) -> set[str]:
        return {each.name for each in self._folder.iterdir()}

    def each(self, function: Callable[[T], R], jobs: Sequence[T]) -> list[R]:
        if function.__name__ not in self._kinds:
            return self._workers.each(function, jobs)
        return self._workers.each(_done_or_dead, [(function, job, self._folder) for job in jobs])


def _done_or_dead(given_: tuple[Callable[[T], R], T, Path]) -> R:
    function, job, folder = given_
    done = function(job)
    with suppress(FileExistsError):
        (folder / function.__name__).touch(exist_ok=False)
        os.kill(os.getpid(), signal.SIGKILL)
    return done


@pytest.mark.slow
def test_workers_killed_on_the_way_change_nothing(
    project: Maker,
    cluster: RayWorkers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pieces, "LEAST", 50)
    monkeypatch.setattr(files, "MOST_BYTES", 6000)  # each file a shard
    heard: list[str] = []
    monkeypatch.setattr(cluster, "tell", lambda kind, words: heard.append(f"{kind.code} {words}"))
    kinds = ("read", "compare", "collect")
    workers = Dying(cluster, tmp_path, *kinds)
    agrees(project, read(*GLOBAL["dedup near"], *WHOLE, parts=("train", "held"), path=ALL), workers)
    assert workers.died == set(kinds)
    assert capfd.readouterr().out == ""
    assert {each[:4] for each in heard} <= {"R734"}


@pytest.mark.slow
def test_a_job_that_always_dies_is_a_diagnostic(cluster: RayWorkers) -> None:
    with pytest.raises(RecipeError, match="R731"):
        cluster.each(_die, [1])
    assert cluster.each(_double, [1, 2]) == [2, 4]


def _double(number: int) -> int:
    return 2 * number


def _die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_without_ray_it_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RecipeError, match="R730") as missing:
        _ = RayWorkers(tmp_path).count
    assert "pip install 'recipedsl[ray]'" in missing.value.diagnostics[0].helps[0].text


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "ray://127.0.0.1:99999999"])
def test_an_address_at_which_nobody_is(tmp_path: Path, address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(RecipeError, match="R731"):
        _ = RayWorkers(tmp_path, address).count


RECIPE = """\
ftr 1

type Row = { id: int, question: text?, answer: text, topic: text?, score: float?, tags: list[text] }

model base { from = local("tiny") }

data rows: Row = read("data/*.jsonl")
  | where score > 1
  | dedup question
  | shuffle
  | as chat(user = question, assistant = answer)

stage tuned: sft { from = base, data = rows, steps = 2, batch = 2, max_length = 512 }

run { seed = 1 }
"""


@pytest.mark.slow
def test_the_command_line_shares_what_it_made(tmp_path: Path) -> None:
    """A plan by workers; then one by this process finds everything made."""
    maker = Maker(tmp_path)
    for file in range(FILES):
        maker.write(f"data/part-{file:02}.jsonl", json_lines(rows_of(file)))
    make_tiny_model(tmp_path / "tiny")
    maker.write("r.ftr", RECIPE)
    first, again = (planned(tmp_path, *more) for more in (("--engine", "ray"), ()))
    assert "data rows" in first.stderr
    assert "done" in first.stderr
    assert "ray" not in first.stderr.lower()
    assert "cached" in next(each for each in again.stderr.splitlines() if each.startswith("data rows"))
    assert planned(tmp_path, "--engine-address", "127.0.0.1:1", code=2).stderr


def planned(root: Path, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    start = "from recipedsl.cli.main import main; main()"
    command = [sys.executable, "-c", start, "plan", "r.ftr", *more]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    return done
