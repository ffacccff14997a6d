"""Ugly files, and ugly things that happen to files, disks and programs while rows are read."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recipedsl.compiler import compile_source
from recipedsl.data.flow import Context
from recipedsl.data.look import FileFacts, look
from recipedsl.diagnostics import Diagnostic, RecipeError
from recipedsl.plan.facts import FileRows
from recipedsl.plan.model import ReadSource
from recipedsl.source import Source
from tests.data.making import Maker, data_node, json_lines, shape
from tests.fuzz.reader import Broken, check_numbered
from tests.tiny import make_tiny_model

# --- images, sounds, bytes --------------------------------------------------------------------------------

PICTURE = {"bytes": b"\x89PNG", "path": "a.png"}


def problems_of(
    root: Path, source: str, steps: str = "as chat(user = question, assistant = answer)"
) -> list[Diagnostic]:
    text = f'ftr 1\ntype Row = {{ question: text, answer: text }}\nmodel base {{ from = local("m") }}\ndata a{source}\n'
    text += f"  | {steps}\nstage s: sft {{ from = base, data = a }}\nrun {{ seed = 1 }}\n"
    found = compile_source(Source("r.ftr", text), FileFacts(root)).problems.in_order()
    return [each for each in found if each.code.startswith("D")]


@pytest.fixture
def pictures(maker: Maker) -> Maker:
    frame = pl.DataFrame(
        {
            "question": ["a", "b"],
            "answer": ["c", "d"],
            "image": [PICTURE] * 2,
            "raw": [b"x", b"y"],
            "all": [[b"z"]] * 2,
        }
    )
    frame.write_parquet(maker.root / "a.parquet")
    return maker


def test_columns_of_pictures_and_bytes_are_refused_by_name(pictures: Maker) -> None:
    found = problems_of(pictures.root, ' = read("a.parquet")')
    assert [(each.code, each.message) for each in found] == [
        ("D234", "column `image` holds images or sounds, and rows hold text and numbers"),
        ("D234", "column `raw` holds bytes, and rows hold text and numbers"),
        ("D234", "column `all[]` holds bytes, and rows hold text and numbers"),
    ]
    assert (
        found[0].helps[0].text == "declare a row type with the columns that are wanted, and without this one"
    )


def test_a_declared_type_passes_them_over(pictures: Maker) -> None:
    assert problems_of(pictures.root, ': Row = read("a.parquet")') == []


def test_a_declared_type_that_asks_for_one(pictures: Maker) -> None:
    text = ' : { question: text, answer: text, raw: text } = read("a.parquet")'
    assert [each.code for each in problems_of(pictures.root, text)] == ["D234"]


def part(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


IMAGE = part("image_url", image_url={"url": "data:image/png;base64,AAAA"})


def said(user: Any, answer: Any = "yes") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]}


def test_messages_with_pictures_are_set_aside_and_told(maker: Maker) -> None:
    text = part("text", text="what?")
    maker.write("a.jsonl", json_lines([said([text]), said([text, IMAGE]), said([part("input_audio")])]))
    (found,) = problems_of(maker.root, ' = read("a.jsonl")', "as chat(messages = messages)")
    assert (found.code, found.severity.value) == ("D235", "warning")
    assert found.message == (
        "`messages[].content` has a part of the kind `image_url` in line 2 of `a.jsonl`, and only text is trained on"
    )
    made = maker.make(data_node(ReadSource(path="a.jsonl"), shape("chat", messages="messages")))
    assert [row["messages"][0]["content"] for row in made.rows()] == ["what?"]
    assert made.facts["steps"][0]["unshaped"] == {
        "a message has a part that is no text: `image_url`": 1,
        "a message has a part that is no text: `input_audio`": 1,
    }


@pytest.mark.parametrize("declared", [False, True])
def test_a_text_is_the_only_part_of_its_message(maker: Maker, declared: bool) -> None:
    """Some programs write the content of one message as text, and of the next in parts."""
    parts = [part("text", text="a"), part("text", text="b")]
    maker.write("a.jsonl", json_lines([said("plain", parts), said(parts, "plain")]))
    row = look(FileRows("a.jsonl"), maker.root).row
    assert str(row) == "{ messages: list[{ role: text, content: list[{ type: text, text: text }] }] }"
    source = ReadSource(path="a.jsonl", row=row.to_json() if declared and row else {})
    made = maker.make(data_node(source, shape("chat", messages="messages")))
    assert [[each["content"] for each in row["messages"]] for row in made.rows()] == [
        ["plain", "ab"],
        ["ab", "plain"],
    ]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *((name, "assistant") for name in ("gpt", "GPT", "chatgpt", "bing", "bard", "claude", "ai", "bot", "model", " Assistant ")),
        *((name, "user") for name in ("human", "Human", "user", "prompter")),
        *((name, "tool") for name in ("tool", "function", "observation", "tool_response", "function_response", "ipython")),
        *((name, "system") for name in ("system", "developer")),
    ],
)  # fmt: skip
def test_roles_as_datasets_write_them(maker: Maker, name: str, role: str) -> None:
    turns = [{"from": "human", "value": "a"}, {"from": name, "value": "b"}, {"from": "gpt", "value": "c"}]
    made = maker.rows([{"conversations": turns}], shape("chat", messages="conversations"))
    assert made.rows()[0]["messages"][1]["role"] == role


@pytest.mark.parametrize("role", ["function_call", "tool_call"])
def test_calls_as_turns_of_their_own(maker: Maker, role: str) -> None:
    turns = [
        {"from": "human", "value": "a"},
        {"from": role, "value": '{"name": "f", "arguments": {"x": 1}}'},
        {"from": "observation", "value": "2"},
        {"from": "gpt", "value": "c"},
    ]
    made = maker.rows([{"conversations": turns}], shape("chat", messages="conversations"))
    call = made.rows()[0]["messages"][1]
    assert (call["role"], call["content"]) == ("assistant", "")
    assert json.loads(call["tool_calls"]) == [
        {"type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    ]


@pytest.mark.parametrize("arguments", [{"x": [1, None]}, '{"x": [1, null]}'])
def test_arguments_of_calls_as_object_and_as_text(maker: Maker, arguments: Any) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    rows = [
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
            ]
        },
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    ]
    maker.write("a.jsonl", json_lines(rows))
    made = maker.make(data_node(ReadSource(path="a.jsonl"), shape("chat", messages="messages")))
    (found,) = json.loads(made.rows()[0]["messages"][1]["tool_calls"])
    assert found["function"]["arguments"] == {"x": [1, None]}
    assert made.rows()[1]["messages"][1]["tool_calls"] is None


# --- files that change ------------------------------------------------------------------------------------

ROWS = [{"id": number, "text": "x" * 50} for number in range(300)]


def write_as(maker: Maker, name: str) -> Path:
    text = json.dumps(ROWS) if name.endswith(".json") else json_lines(ROWS)
    if name.endswith(".csv"):
        text = "id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in ROWS)
    if name.endswith(".parquet"):
        pl.DataFrame(ROWS).write_parquet(maker.root / name)
        return maker.root / name
    return maker.write(name, gzip.compress(text.encode()) if name.endswith(".gz") else text)


def append(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b'{"id": 1, "text": "late"}\n')


def replace(file: Path) -> None:
    fresh = file.with_name("fresh")
    fresh.write_bytes(file.read_bytes().replace(b"x", b"y"))
    fresh.replace(file)


def remove(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("change", [append, replace, remove])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.jsonl.gz", "a.parquet"])
def test_a_file_that_changes_while_it_is_read(
    maker: Maker, name: str, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_as(maker, name)
    finish = Context.finish

    def late(self: Context, frame: pl.LazyFrame, files: dict[str, Path]) -> None:
        change(file)
        finish(self, frame, files)

    monkeypatch.setattr(Context, "finish", late)
    with pytest.raises(RecipeError) as caught:
        maker.make(data_node(ReadSource(path=name)))
    found = caught.value.diagnostics[0]
    assert (found.code, found.message) == ("D233", f"`{name}` changed while it was read")


def test_a_file_that_is_not_what_was_planned(maker: Maker) -> None:
    file = write_as(maker, "a.jsonl")
    source = ReadSource(path="a.jsonl", digest=FileFacts(maker.root).digest("a.jsonl"))
    assert maker.make(data_node(source)).facts["rows"] == {"": 300}
    os.utime(file)
    assert maker.make(data_node(source)).facts["rows"] == {"": 300}, "another time stamp is no change"
    replace(file)
    with pytest.raises(RecipeError, match="is not what the plan was made from any more"):
        maker.make(data_node(source))


# --- disks that are full, programs that are killed ---------------------------------------------------------

RECIPE = """\
ftr 1
model base { from = local("tiny"), template = qwen2_5 }
data found = read("rows.json.gz") | as chat(user = question, assistant = answer)
stage trained: sft { from = base, data = found, steps = 2, batch = 2, max_length = 512 }
run { seed = 3 }
"""
#: Room that a run asks for beforehand would hide a disk that fills up meanwhile.
PLAN = """
import sys
import recipedsl.runtime.execute.checks as checks
checks._FLOOR = 0
sys.argv = ["recipedsl", "plan", "recipe.ftr", "--root", "."]
from recipedsl.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    make_tiny_model(folder)
    return folder


def write_project(root: Path, tiny: Path, rows: int, length: int) -> None:
    """A project whose rows take a while to read."""
    shutil.copytree(tiny, root / "tiny", dirs_exist_ok=True)
    (root / "recipe.ftr").write_text(RECIPE)
    draw = random.Random(1)
    texts = (draw.randbytes(length // 2).hex() for _ in range(rows))
    found = [{"question": f"What is {number}?", "answer": text} for number, text in enumerate(texts)]
    (root / "rows.json.gz").write_bytes(gzip.compress(json.dumps(found).encode(), 1))


def planning(root: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "NO_COLOR": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", PLAN],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def results(root: Path, kind: str = "data") -> list[Path]:
    """Finished results of a kind."""
    found = (root / ".recipedsl" / "store").glob("*/manifest.json")
    return [
        each.parent
        for each in found
        if "." not in each.parent.name and json.loads(each.read_text())["kind"] == kind
    ]


def wait_for_data_node(process: subprocess.Popen[str], root: Path) -> None:
    """Waits until the data node is being made."""
    store, end = root / ".recipedsl" / "store", time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if list(store.glob("*.making/.work/batch-*")):
            return
        time.sleep(0.005)
    process.kill()
    raise AssertionError(f"the data node was not seen being made: {process.communicate()}")


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_nothing_that_counts(tmp_path: Path, tiny: Path) -> None:
    write_project(tmp_path, tiny, 60_000, 200)
    process = planning(tmp_path)
    wait_for_data_node(process, tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    store = tmp_path / ".recipedsl" / "store"
    assert results(tmp_path) == []
    assert len(list(store.glob("*.making"))) == 1

    out, err = (again := planning(tmp_path)).communicate(timeout=120)
    assert again.returncode == 0, err
    assert "model base             cached" in err, "what was finished is kept"
    assert "60,000" in out or "60000" in out or "60k" in out
    assert len(results(tmp_path)) == 1
    assert list(store.glob("*.making")) == []


@pytest.mark.slow
def test_two_runs_at_once_make_a_result_once(tmp_path: Path, tiny: Path) -> None:
    write_project(tmp_path, tiny, 60_000, 200)
    runs = [planning(tmp_path) for _ in range(2)]
    told = [each.communicate(timeout=240)[1] for each in runs]
    assert [each.returncode for each in runs] == [0, 0], told
    # Whichever is second waits for the first where they meet, and finds everything made.
    for node in ("model base", "data found", "tokens trained.tokens"):
        ends = [line.split()[2] for text in told for line in text.splitlines() if line.startswith(node)]
        assert sorted(each for each in ends if each in ("done", "cached")) == ["cached", "done"], told
    assert len(results(tmp_path)) == 1


def mounts_memory() -> bool:
    """Whether a small disk of memory can be had here."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /tmp"]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not mounts_memory(), reason="no small disk can be mounted here (unshare, tmpfs)")
def test_a_disk_that_is_full(tmp_path: Path, tiny: Path) -> None:
    """The rows are 2 MB packed and twice as much in the store; the disk has 5 MB, then room again."""
    write_project(tmp_path / "project", tiny, 1000, 4000)
    (tmp_path / "plan.py").write_text(PLAN)
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"""
        mount -t tmpfs -o size=5m tmpfs {disk} && cp -r {tmp_path}/project/. {disk} && cd {disk} || exit 99
        {sys.executable} {tmp_path}/plan.py > {tmp_path}/out 2> {tmp_path}/err; echo $? > {tmp_path}/code
        ls .recipedsl/store > {tmp_path}/store
        mount -o remount,size=60m {disk} || exit 99
        {sys.executable} {tmp_path}/plan.py > {tmp_path}/out2 2> {tmp_path}/err2; echo $? > {tmp_path}/code2
    """
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "NO_COLOR": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], env=environment, capture_output=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    err = (tmp_path / "err").read_text()
    assert "error[R703]: there is no room left on the disk" in err, err
    assert f"while writing under {disk}/.recipedsl/store" in err
    assert "Traceback" not in err
    assert (tmp_path / "code").read_text() == "3\n"
    names = (tmp_path / "store").read_text().split()
    assert [name for name in names if "." in name] == [], "nothing half-made is left"
    assert (tmp_path / "code2").read_text() == "0\n", (tmp_path / "err2").read_text()
    assert "1,000" in (tmp_path / "out2").read_text()


# --- files of our own making ------------------------------------------------------------------------------


def test_a_file_that_has_everything(maker: Maker) -> None:
    """Marks, ends, ragged and drifting rows, bytes that are no text, keys that stand twice, joined lines."""
    good = [{"question": f"q{n}", "answer": f"a{n}", "score": n} for n in range(260)]
    lines = [json.dumps(row).encode() for row in good]
    lines[3] = b'{"question": "\xff\xfe", "answer": "x", "score": 1}'
    lines[4] = b'{"question": "a", "question": "b", "answer": "c", "score": 1}'
    lines[5] += lines[6]
    lines[7] = b"{'question': 'single', 'answer': 'quotes'}"
    lines[210] = b'{"question": "late", "answer": "float", "score": 0.5}'
    lines[211] = b'{"question": "late", "answer": "type", "score": "high"}'
    lines[212] = b'{"question": "late", "answer": "key", "score": 1, "more": {"a": 1}}'
    lines[213] = b'{"question": "ragged"}'
    lines[214] = b'{"question": "cut", "ans'
    content = b"\xef\xbb\xbf" + b"\r\n".join(lines[:130]) + b"\r\n\r\n" + b"\n".join(lines[130:])
    maker.write("a.jsonl", content)
    made = maker.make(data_node(ReadSource(path="a.jsonl"), max_rejects=0.05))
    assert made.facts["rows_in"] + made.facts["rejects"] == 260
    assert [(each["line"], each["reason"]) for each in made.rejects()] == [
        (4, "not UTF-8"),
        (5, "the key `question` stands twice"),
        (6, "not JSON: extra data at character 47"),
        (8, "not JSON: expecting property name enclosed in double quotes at character 2"),
        (213, "`score` must be float, not text"),
        (216, "not JSON: unterminated string starting at character 21"),
    ]
    assert all(content[each["offset"] :].startswith(each["raw"][:12].encode()) for each in made.rejects()[1:])
    assert made.facts["unseen_columns"] == {"more": 1}
    assert made.facts["widened"] == {"answer": "text, later text?", "score": "int, later float?"}


def test_utf_16_is_named(maker: Maker) -> None:
    maker.write("a.jsonl", json_lines([{"a": 1}]).encode("utf-16"))
    assert "not UTF-8 but UTF-16" in look(FileRows("a.jsonl"), maker.root).problem


@pytest.mark.parametrize("number", range(0, 60_000, 400))
def test_a_slice_of_the_fuzz(tmp_path: Path, number: int) -> None:
    """`python -m tests.fuzz.reader` goes over all of them; what breaks says so by its number."""
    try:
        check_numbered(0, number + number // 400 % 2, tmp_path / "one")
    except Broken as error:
        pytest.fail(str(error))
