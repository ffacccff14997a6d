"""Data nodes by several workers: byte for byte what one machine makes, also when a worker is killed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.sharding import keys
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
    "dedup lists": [step("dedup", "tags", "topic")],
    "dedup near": [step("dedup", "question", settings={"near": 0.7})],
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
    assert workers.done.count("extract") > 10
    assert facts["steps"][5]["unshaped"]


def test_pieces_of_files_are_shards_too(project: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LEAST", 7)
    workers = InTurn()
    agrees(project, read(*WHOLE, parts=("train", "held")), workers)
    assert workers.done.count("collect") > 2


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
    node = read(*steps)
    with pytest.raises(RecipeError) as alone:
        project.make(node)
    with pytest.raises(RecipeError) as apart:
        make_sharded(node, {}, project.root / "refused" / str(id(node)), ReadPolicy(project.root), InTurn())
    assert apart.value.diagnostics == alone.value.diagnostics
    assert apart.value.at == alone.value.at


def test_too_many_rejects_of_all_files(project: Maker) -> None:
    node = read(KEPT).model_copy(update={"max_rejects": 0.0001})
    with pytest.raises(RecipeError) as alone:
        project.make(node)
    with pytest.raises(RecipeError) as apart:
        make_sharded(node, {}, project.root / "refused" / "rejects", ReadPolicy(project.root), InTurn())
    assert apart.value.diagnostics == alone.value.diagnostics


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


def test_small_files_are_read_together(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(9)]
    for number, each in enumerate(files):
        each.write_bytes(b"x" * (100 if number != 4 else 5000))
    groups = list(pieces.together(files, 2))
    assert [place for first, last in groups for place in range(first, last)] == list(range(9))
    assert groups == [(0, 4), (4, 5), (5, 9)]
    assert list(pieces.together(files[:1], 2)) == [(0, 1)]


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


@pytest.mark.slow
@pytest.mark.parametrize("name", [*GLOBAL, *SPLIT, "decontaminate"])
def test_a_step_over_all_rows_of_fifty_files(
    project: Maker, cluster: RayWorkers, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LEAST", 300)
    texts = project.rows([{"question": str(rows_of(3)[1]["question"])}]).out
    against = step("decontaminate", settings={"on": ["question"], "ngram": 8}, input=Input(node="texts"))
    steps = {**GLOBAL, **SPLIT, "decontaminate": [against]}[name]
    parts = ("train", "held") if name in SPLIT else ()
    facts, told = agrees(project, read(*steps, parts=parts, path=ALL), cluster, {"texts": texts})
    assert facts["rows_in"] == 24 * FILES
    assert facts["rejects"] == 13
    assert not told


@pytest.mark.slow
def test_a_mixture_of_datasets_by_workers(project: Maker, cluster: RayWorkers) -> None:
    halves = (Portion(input=Input(node="a"), share=0.5), Portion(input=Input(node="b"), share=0.5))
    inputs = numbered(project, a=120, b=77)
    agrees(project, data_node(MixSource(portions=halves), step("shuffle", seed=2)), cluster, inputs)


class Killing:
    """Workers of which one process is killed while it is at its job."""

    def __init__(self, workers: RayWorkers, function: str) -> None:
        self._workers = workers
        self._function = function
        self.killed: list[int] = []

    @property
    def count(self) -> int:
        return self._workers.count

    def each(self, function: Callable[[T], R], jobs: Sequence[T]) -> list[R]:
        if function.__name__ == self._function and not self.killed:
            threading.Thread(target=self._kill, daemon=True).start()
        return self._workers.each(function, jobs)

    def _kill(self) -> None:
        for _ in range(2000):
            for each in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if each.cmdline()[:1] == [f"ray::{self._function}"]:
                        each.kill()
                        self.killed.append(each.pid)
                        return
            time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.parametrize("function", ["read", "carry", "extract", "collect"])
def test_a_worker_killed_on_the_way_changes_nothing(
    project: Maker,
    cluster: RayWorkers,
    function: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pieces, "LEAST", 50)
    monkeypatch.setattr(pieces, "MOST_BYTES", 1)  # each file a shard
    heard: list[str] = []
    monkeypatch.setattr(cluster, "tell", lambda kind, words: heard.append(f"{kind.code} {words}"))
    workers = Killing(cluster, function)
    agrees(project, read(*WHOLE, parts=("train", "held"), path=ALL), workers)
    assert len(workers.killed) == 1
    assert capfd.readouterr().out == ""
    assert all(each == "R734 a worker's process died, its job was begun again" for each in heard)


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
