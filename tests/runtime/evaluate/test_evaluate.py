"""Evaluations: losses and answers of a tiny model, slices, and the whole process."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from pyarrow import parquet

from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.language.shapes import Shape
from recipedsl.plan.model import (
    DataNode,
    EvalNode,
    Gate,
    Input,
    ModelNode,
    ModelSource,
    Origin,
    Plan,
    RowsSource,
    ScoreSpec,
    StageNode,
    TemplateSpec,
    TokensNode,
)
from recipedsl.runtime.evaluate.__main__ import FAILED, command, main
from recipedsl.runtime.evaluate.gates import check_gates, read_results
from recipedsl.runtime.evaluate.measure import Measured, table, wins
from recipedsl.runtime.evaluate.slices import MOST, OTHERS, slice_rows
from recipedsl.runtime.evaluate.tables import Labelled, Prompt, choose_rows, read_labelled
from recipedsl.runtime.events import Done, Problem, read_events
from recipedsl.runtime.sandbox import Policy, describe_backend
from tests.tiny import make_tiny_model

ORIGIN = Origin(path="r.ftr", line=1, column=1, end_line=1, end_column=1)


# --- slices and rows --------------------------------------------------------------------------------


def test_slices_by_value() -> None:
    column = dict(enumerate(["b", "a", None, "b", True, 3]))
    assert slice_rows(range(6), column) == {"3": [5], "a": [1], "b": [0, 3], "none": [2], "true": [4]}


def test_slices_beyond_the_most_frequent_are_put_together() -> None:
    column = dict(enumerate([*range(MOST + 5), *range(MOST)]))
    groups = slice_rows(column, column)
    assert len(groups) == MOST + 1
    assert len(groups[OTHERS]) == 5


def test_table_has_the_documented_form() -> None:
    values = {0: Measured(1.0), 1: Measured(0.0), 3: Measured(1.0)}
    form = table("pass_rate", values, {"topic": {0: "a", 1: "a", 2: "b", 3: None}})
    assert form["overall"]["value"] == pytest.approx(2 / 3)
    assert {name: part["rows"] for name, part in form["slices"]["topic"].items()} == {"a": 2, "none": 1}
    assert set(form["overall"]) == {"value", "rows", "low", "high"}


def test_loss_is_weighted_by_tokens() -> None:
    form = table("loss", {0: Measured(10.0, 10.0), 1: Measured(1.0, 2.0)}, {})
    assert form["overall"]["value"] == pytest.approx(11 / 12)


def test_ties_are_half_a_win() -> None:
    assert wins({0: 1.0, 1: 1.0, 2: 0.0, 3: None}, {0: 0.0, 1: 1.0, 2: 1.0, 3: 1.0}) == {
        0: 1,
        1: 0.5,
        2: 0,
        3: None,
    }


def test_rows_are_chosen_once_for_a_seed() -> None:
    assert choose_rows(5, 0, 1) == [0, 1, 2, 3, 4]
    assert choose_rows(100, 7, 1) == choose_rows(100, 7, 1) != choose_rows(100, 7, 2)
    assert choose_rows(3, 9, 1) == [0, 1, 2]
    with pytest.raises(RecipeError, match="R662"):
        choose_rows(0, 0, 1)


def test_packed_rows_are_refused(tmp_path: Path) -> None:
    packed = {"input_ids": [[1]], "labels": [[1]], "row": [[0, 1]]}
    _write_stream(arrow.table(packed), tmp_path)
    with pytest.raises(Bug):
        read_labelled(tmp_path)


# --- a model ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    from recipedsl.runtime.loading import load_for_answers

    return load_for_answers(folder, dtype="f32")


def _labelled() -> list[Labelled]:
    rows = []
    for row in range(7):
        ids = [(7 * row + 3 * place) % 256 for place in range(4 + 5 * row)]
        labels = [-100 if place < 2 + row else each for place, each in enumerate(ids)]
        rows.append(Labelled(row, ids, labels))
    return rows


@pytest.mark.slow
def test_losses_are_those_of_the_library_and_of_no_batch(model: Any) -> None:
    import torch

    from recipedsl.runtime.evaluate.loss import row_losses

    rows = [*_labelled(), Labelled(7, [1, 2, 3], [-100] * 3)]
    counted: list[int] = []
    found = row_losses(model, rows, batch=3, done=counted.append)
    assert sum(counted) == 8
    assert set(found) == set(range(7))
    for each in rows[:7]:
        with torch.no_grad():
            loss = model(input_ids=torch.tensor([each.ids]), labels=torch.tensor([each.labels])).loss
        mine = found[each.row]
        assert mine.tokens == sum(label != -100 for label in each.labels[1:])
        assert mine.total / mine.tokens == pytest.approx(float(loss), rel=1e-5)


@pytest.mark.slow
def test_answers_do_not_depend_on_the_batch_when_greedy(model: Any, folder: Path) -> None:
    from recipedsl.runtime.evaluate.answers import Sampling, write_answers
    from recipedsl.runtime.loading import load_tokenizer

    tokenizer = load_tokenizer(folder)
    prompts = [Prompt(row, [], [65 + row] * (3 + 4 * row)) for row in range(5)]
    alone = write_answers(model, tokenizer, prompts, Sampling(12, 0.0, 1, 0, (258,)))
    together = write_answers(model, tokenizer, prompts, Sampling(12, 0.0, 4, 0, (258,)))
    assert alone == together
    assert all(each.tokens <= 12 for each in alone.values())


@pytest.mark.slow
def test_sampled_answers_are_seeded(model: Any, folder: Path) -> None:
    from recipedsl.runtime.evaluate.answers import Sampling, write_answers
    from recipedsl.runtime.loading import load_tokenizer

    tokenizer, prompts = load_tokenizer(folder), [Prompt(0, [], [65, 66]), Prompt(1, [], [67])]

    def drawn(seed: int) -> list[str]:
        found = write_answers(model, tokenizer, prompts, Sampling(20, 1.0, 2, seed, (258,)))
        return [found[0].text, found[1].text]

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.slow
def test_answer_ends_before_its_stop_token(model: Any, folder: Path) -> None:
    import torch

    from recipedsl.runtime.evaluate.answers import Sampling, write_answers
    from recipedsl.runtime.loading import load_tokenizer

    tokenizer, prompts = load_tokenizer(folder), [Prompt(0, [], [65, 66, 67])]
    free = write_answers(model, tokenizer, prompts, Sampling(6, 0.0, 1, 0, (258,)))[0]
    first = int(model(torch.tensor([[65, 66, 67]])).logits[0, -1].argmax())
    stopped = write_answers(model, tokenizer, prompts, Sampling(6, 0.0, 1, 0, (first,)))[0]
    assert (stopped.text, stopped.tokens, stopped.finished) == ("", 1, True)
    assert not free.finished


# --- the whole --------------------------------------------------------------------------------------

ROWS = [
    {
        "question": f"q{n}",
        "answer": str(n),
        "tests": "assert True" if n % 2 else "assert False",
        "topic": "ab"[n % 2],
    }
    for n in range(6)
]


def _metric(
    keyword: str, name: str, *, node: str = "", against: str = "", settings: Any = None, **columns: str
) -> ScoreSpec:
    return ScoreSpec(
        keyword=keyword,
        name=name,
        expressions={key: Column(name=column) for key, column in columns.items()},
        settings=settings or {},
        node=node,
        against=against,
        origin=ORIGIN,
    )


def _gate(low: str, high: str) -> Gate:
    condition = Call(function="less_equal", arguments=(Column(name=low), Column(name=high)))
    return Gate(condition=condition, message="too bad", text=f"{low} <= {high}", origin=ORIGIN)


METRICS = (
    _metric("loss", "loss()"),
    _metric("exact", "exact(answer)", expected="answer"),
    _metric("format", 'format("(?s).*")', settings={"pattern": "(?s).*"}),
    _metric("win_rate", "win_rate(against = base, judge = judge)", node="judge", against="base"),
    _metric("reward", "reward(judge)", node="judge"),
)
PASS_RATE = _metric(
    "pass_rate", "pass_rate(tests)", tests="tests", settings={"timeout": 10.0, "memory": 512e6}
)


def _isolates() -> bool:
    try:
        return describe_backend(Policy()) != ""
    except RecipeError:
        return False


def _stage(name: str, gives: Any) -> StageNode:
    return StageNode(
        name=name,
        origin=ORIGIN,
        method="sft",
        trainer="trl.SFTTrainer",
        config="trl.SFTConfig",
        arguments={},
        start="base",
        base="base",
        tokens="tokens",
        gives=gives,
    )


def _plan(metrics: tuple[ScoreSpec, ...], **settings: Any) -> Plan:
    data, template = Input(node="held", part="test"), TemplateSpec()
    tokens: dict[str, Any] = {
        "origin": ORIGIN,
        "data": data,
        "model": "base",
        "template": template,
        "shape": Shape.CHAT,
    }
    return Plan(
        recipe="r.ftr",
        nodes=(
            ModelNode(
                name="base", origin=ORIGIN, source=ModelSource(keyword="local", settings={}), dtype="f32"
            ),
            DataNode(name="held", origin=ORIGIN, source=RowsSource(rows=()), row={}, parts=("test",)),
            TokensNode(name="tokens", purpose="sft", **tokens),
            TokensNode(name="prompts", purpose="prompt", **tokens),
            _stage("tuned", "policy"),
            _stage("judge", "reward"),
            EvalNode(
                name="report",
                origin=ORIGIN,
                models=("base", "tuned"),
                data=data,
                tokens="tokens",
                prompts="prompts",
                metrics=metrics,
                slices=("topic",),
                max_new_tokens=8,
                batch=4,
                **settings,
            ),
        ),
    )


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> dict[str, str]:
    """Result folders of everything that the evaluation reads."""
    store = tmp_path_factory.mktemp("store")
    (store / "data").mkdir()
    parquet.write_table(arrow.Table.from_pylist(ROWS), store / "data" / "test.parquet")
    _write_tokens(store)
    make_tiny_model(store / "tuned" / "weights", seed=1)
    _describe(store / "tuned", "policy")
    _make_judge(store / "judge", folder)
    names = {"held": "data", "tokens": "tokens", "prompts": "prompts", "tuned": "tuned", "judge": "judge"}
    return {"root": str(store), "base": str(folder)} | {
        name: str(store / each) for name, each in names.items()
    }


def _write_tokens(store: Path) -> None:
    sft, prompts = [], []
    for row, each in enumerate(ROWS):
        question, answer = list(each["question"].encode()), list(each["answer"].encode())
        ids = [257, *question, 257, *answer, 258]
        labels = [-100] * (len(question) + 2) + [*answer, 258]
        sft.append({"input_ids": ids, "labels": labels, "seq_lengths": [len(ids)], "row": row})
        messages = [{"role": "user", "content": each["question"]}]
        prompts.append({"prompt": messages, "prompt_ids": [257, *question, 257], "row": row, **each})
    for name, rows in {"tokens": sft, "prompts": prompts}.items():
        (store / name).mkdir()
        _write_stream(arrow.Table.from_pylist(rows), store / name)


def _write_stream(table: Any, folder: Path) -> None:
    with arrow.ipc.new_stream(folder / "tokens.arrow", table.schema) as stream:
        stream.write_table(table)


def _describe(folder: Path, gives: str) -> None:
    (folder / "artefact.json").write_text(json.dumps({"kind": "full", "gives": gives, "start": ""}))


def _make_judge(folder: Path, base: Path) -> None:
    import torch

    from recipedsl.runtime.loading import copy_tokenizer, load_plain

    torch.manual_seed(3)
    load_plain(base, "reward", torch.float32).save_pretrained(folder / "weights")
    copy_tokenizer(base, folder / "weights")
    _describe(folder, "reward")


def _run(plan: Plan, inputs: dict[str, str], folder: Path, *options: str) -> tuple[int, Path]:
    """The evaluation in this process, as its command would carry it out."""
    (folder / "plan.json").write_text(plan.model_dump_json())
    (folder / "inputs.json").write_text(json.dumps(inputs))
    out = folder / "out"
    return main(
        [
            str(folder / "plan.json"),
            "report",
            "--inputs",
            str(folder / "inputs.json"),
            "--out",
            str(out),
            *options,
        ]
    ), out


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.mark.slow
def test_evaluation_end_to_end(inputs: dict[str, str], tmp_path: Path) -> None:
    """Through the command, in a process of its own."""
    metrics = (*METRICS, PASS_RATE) if _isolates() else METRICS
    gates = (_gate("loss(base)", "loss(base)"), _gate("reward(tuned)", "exact(base)"))
    plan = _plan(metrics, gates=gates)
    (tmp_path / "plan.json").write_text(plan.model_dump_json())
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))
    out = tmp_path / "out"
    run = command(tmp_path / "plan.json", "report", inputs=tmp_path / "inputs.json", out=out)
    finished = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert finished.returncode == 0, finished.stderr

    results, facts = _read(out / "results.json"), _read(out / "facts.json")
    _check_results(results)
    assert facts["rows"] == 6
    assert "gates" not in facts.keys() | results.keys()
    assert check_gates(gates, read_results(out))[0].passed is True
    assert facts["results"]["loss()"]["base"] == results["loss()"]["base"]["overall"]["value"]
    assert facts["sandbox"] == (describe_backend(Policy()) if _isolates() else "")
    _check_answers(out / "answers.jsonl", {each.name for each in metrics})
    assert isinstance(read_events(out / "events.jsonl")[-1], Done)


def _check_results(results: dict[str, Any]) -> None:
    assert results['format("(?s).*")']["base"]["overall"]["value"] == 1.0
    assert results["win_rate(against = base, judge = judge)"]["base"]["overall"]["value"] == 0.5
    for metric in (each for name, each in results.items() if name != "unfinished"):
        for model in ("base", "tuned"):
            assert metric[model]["overall"]["rows"] == 6
            assert {name: each["rows"] for name, each in metric[model]["slices"]["topic"].items()} == {
                "a": 3,
                "b": 3,
            }
    loss = results["loss()"]["base"]["overall"]
    assert loss["low"] < loss["value"] < loss["high"]


def _check_answers(path: Path, names: set[str]) -> None:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(line["model"], line["row"]) for line in lines] == [
        (model, row) for model in ("base", "tuned") for row in range(6)
    ]
    assert all(set(line["scores"]) == names for line in lines)
    assert all(line["tokens"] <= 8 for line in lines)


@pytest.mark.slow
def test_same_evaluation_twice_gives_the_same_results(inputs: dict[str, str], tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        code, out = _run(_plan(METRICS[:2], temperature=1.0, seed=5, max_rows=4), inputs, tmp_path / name)
        assert code == 0
        found.append((out / "results.json").read_bytes() + (out / "answers.jsonl").read_bytes())
    assert found[0] == found[1]
    assert _read(tmp_path / "a" / "out" / "facts.json")["rows"] == 4


@pytest.mark.slow
def test_failed_gate_keeps_the_results(inputs: dict[str, str], tmp_path: Path) -> None:
    never = Call(function="less", arguments=(Column(name="loss(base)"), Constant(value=0)))
    gate = Gate(condition=never, message="no", text="loss(base) < 0", origin=ORIGIN)
    code, out = _run(_plan(METRICS[:1], gates=(gate,)), inputs, tmp_path)
    assert code == 0
    (told,) = check_gates((gate,), read_results(out))
    assert (told.passed, told.text, told.message) == (False, "loss(base) < 0", "no")
    ((name, value),) = told.values
    assert name == "loss(base)"
    assert value is not None
    assert math.isfinite(value)


@pytest.mark.slow
def test_problem_is_the_last_event(inputs: dict[str, str], tmp_path: Path) -> None:
    """A pattern that cannot be read is told before a model is loaded."""
    broken = _metric("format", "format", settings={"pattern": "(unclosed"})
    code, out = _run(_plan((broken,)), inputs, tmp_path)
    assert code == FAILED
    last = read_events(out / "events.jsonl")[-1]
    assert isinstance(last, Problem)
    assert last.code == "R659"


@pytest.mark.slow
def test_metric_without_a_single_row_is_refused(inputs: dict[str, str], tmp_path: Path) -> None:
    nothing = Call(function="number", arguments=(Column(name="question"),))
    metric = _metric("exact", "exact(number(question))").model_copy(
        update={"expressions": {"expected": nothing}}
    )
    code, out = _run(_plan((metric,)), inputs, tmp_path)
    assert code == FAILED
    last = read_events(out / "events.jsonl")[-1]
    assert isinstance(last, Problem)
    assert (last.code, last.message) == ("R662", "no row has what `exact(number(question))` needs")
