"""Rows behind addresses: fetched from an S3 store on this machine, and from a hub's cache."""

from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recipedsl.compiler import compile_source
from recipedsl.data.look import FileFacts, look
from recipedsl.data.reading import s3
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.patterns import fixed_part, matching
from recipedsl.data.reading.remote import Fetching, tidied
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.facts import FileRows
from recipedsl.plan.model import ReadSource
from recipedsl.source import Source
from tests.data.making import Maker, data_node, json_lines
from tests.hub_server import COMMIT, served
from tests.tiny import make_tiny_model

NEVER, MISSING, NEWEST = Fetching.NEVER, Fetching.MISSING, Fetching.NEWEST


@dataclass
class Bucket:
    """A bucket of the store."""

    client: Any
    name: str

    def put(self, key: str, content: str | bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def at(self, key: str) -> str:
        return f"s3://{self.name}/{key}"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """End point of an S3 store of this process."""
    server_module = pytest.importorskip(
        "moto.server", reason="the S3 store of the tests (moto) is not installed"
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket, and an environment that leads to its store with credentials."""
    import boto3

    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    told = {"AWS_ENDPOINT_URL": store, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    for name, value in {**told, "AWS_DEFAULT_REGION": "us-east-1", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=store)
    name = f"rows-{abs(hash(str(tmp_path)))}"
    client.create_bucket(Bucket=name)
    return Bucket(client, name)


def rows(*numbers: int) -> str:
    return json_lines([{"id": number} for number in numbers])


# --- S3 ---------------------------------------------------------------------------------------------------


def test_planning_fetches_and_reading_takes_what_was_fetched(maker: Maker, bucket: Bucket) -> None:
    bucket.put("a/one.jsonl", rows(1, 2))
    bucket.put("a/two.jsonl.gz", gzip.compress(rows(3).encode()))
    bucket.put("a/deep/three.jsonl", rows(4))
    bucket.put("a/notes.txt", "not wanted")
    source = FileRows(bucket.at("a/*.jsonl*"))
    assert look(source, maker.root).absent, "a check asks nobody"

    found = look(source, maker.root, fetching=NEWEST)
    assert found.problem == ""
    assert found.files == (bucket.at("a/one.jsonl"), bucket.at("a/two.jsonl.gz"))
    assert (str(found.row), found.rows, found.changed, found.stale) == ("{ id: int }", 3, (), "")
    assert look(source, maker.root) == found, "now it is at hand"

    bucket.delete("a/one.jsonl")
    made = maker.make(data_node(ReadSource(path=source.path)))
    assert made.values("id") == [1, 2, 3], "a run takes the bytes that were planned"
    assert made.facts["files"] == list(found.files)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("a/one.jsonl", [1]),
        ("a/**/*.jsonl", [4, 1]),
        ("**/one.jsonl", [1]),
        ("a/*/three.jsonl", [4]),
        ("a/o?e.jsonl", [1]),
        ("a/[x].jsonl", [5]),
        ("a/[!o]*.jsonl", [5]),
    ],
)
def test_globs_of_objects(maker: Maker, bucket: Bucket, pattern: str, wanted: list[int]) -> None:
    for key, number in (
        ("a/one.jsonl", 1),
        ("a/deep/three.jsonl", 4),
        ("a/[x].jsonl", 5),
        ("a/.hidden.jsonl", 6),
    ):
        bucket.put(key, rows(number))
    wanted = [5, 4, 1] if pattern == "a/**/*.jsonl" else wanted
    look(FileRows(bucket.at(pattern)), maker.root, fetching=NEWEST)
    assert maker.make(data_node(ReadSource(path=bucket.at(pattern)))).values("id") == wanted


def test_parquet_of_a_store(maker: Maker, bucket: Bucket) -> None:
    pl.DataFrame({"id": [1, 2]}).write_parquet(maker.root / "x.parquet")
    bucket.put("x.parquet", (maker.root / "x.parquet").read_bytes())
    assert str(look(FileRows(bucket.at("x.parquet")), maker.root, fetching=NEWEST).row) == "{ id: int }"
    assert maker.make(data_node(ReadSource(path=bucket.at("x.parquet")))).values("id") == [1, 2]


def test_what_changed_upstream_is_told(maker: Maker, bucket: Bucket) -> None:
    for key, number in (("a.jsonl", 1), ("b.jsonl", 2), ("c.jsonl", 3)):
        bucket.put(key, rows(number))
    source = FileRows(bucket.at("*.jsonl"))
    facts = FileFacts(maker.root, fetching=NEWEST)
    assert facts.look(source).changed == ()
    before = facts.digest(source.path)
    bucket.put("a.jsonl", rows(7))
    bucket.delete("b.jsonl")
    bucket.put("d.jsonl", rows(8))
    assert facts.digest(source.path) == before, "a digest asks for nothing newer"
    assert facts.look(source).changed == (
        f"`{bucket.at('a.jsonl')}` has changed, 10 bytes before, 10 bytes now",
        f"`{bucket.at('b.jsonl')}` is not there any more",
        f"`{bucket.at('d.jsonl')}` is new, 10 bytes",
    )
    assert facts.digest(source.path) not in ("", before)
    assert facts.look(source).changed == ()
    assert maker.make(data_node(ReadSource(path=source.path))).values("id") == [7, 3, 8]


def test_the_recipe_is_told_of_it(maker: Maker, bucket: Bucket) -> None:
    bucket.put("a.jsonl", json_lines([{"question": "a", "answer": "b"}]))
    text = f'ftr 1\nmodel base {{ from = local("m") }}\ndata a = read("{bucket.at("a.jsonl")}")\n'
    text += "  | as chat(user = question, assistant = answer)\nstage s: sft { from = base, data = a }\nrun { seed = 1 }\n"

    def told(fetching: Fetching) -> list[str]:
        problems = compile_source(Source("r.ftr", text), FileFacts(maker.root, fetching=fetching)).problems
        return [each.code for each in problems.in_order() if each.code.startswith("D")]

    assert told(NEVER) == ["D219"]
    assert told(NEWEST) == []
    assert told(NEVER) == []
    bucket.put("a.jsonl", json_lines([{"question": "a", "answer": "c"}]))
    assert told(NEVER) == [], "a check asks nobody"
    assert told(NEWEST) == ["D231"]


def test_a_plan_of_another_machine_fetches_what_it_reads(maker: Maker, bucket: Bucket) -> None:
    bucket.put("a.jsonl", rows(1))
    assert FileFacts(maker.root).digest(bucket.at("a.jsonl")) == ""
    assert FileFacts(maker.root, fetching=MISSING).digest(bucket.at("a.jsonl")) != ""
    assert maker.make(data_node(ReadSource(path=bucket.at("a.jsonl")))).values("id") == [1]


def test_what_was_fetched_is_sealed(maker: Maker, bucket: Bucket) -> None:
    bucket.put("a.jsonl", rows(1))
    policy = ReadPolicy(maker.root)
    (file,) = policy.found(bucket.at("a.jsonl"), NEWEST).files.values()
    file.chmod(0o644)
    file.write_text(rows(2))
    with pytest.raises(RecipeError, match="is not fetched yet"):
        policy.named(bucket.at("a.jsonl"))
    (again,) = policy.found(bucket.at("a.jsonl"), MISSING).files.values()
    assert again.read_text() == rows(1)


def test_only_what_changed_is_fetched_again(
    maker: Maker, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    copy = s3.Store.copy
    monkeypatch.setattr(
        s3.Store,
        "copy",
        lambda self, found, target: (copied.append(found.name), copy(self, found, target))[1],
    )
    for key in ("a.jsonl", "b.jsonl"):
        bucket.put(key, rows(1))
    policy = ReadPolicy(maker.root)
    policy.found(bucket.at("*.jsonl"), NEWEST)
    bucket.put("b.jsonl", rows(2))
    policy.found(bucket.at("*.jsonl"), NEWEST)
    assert [name.rpartition("/")[2] for name in copied] == ["a.jsonl", "b.jsonl", "b.jsonl"]


def test_an_object_that_changes_while_it_is_fetched(
    maker: Maker, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a.jsonl", rows(1))
    copied = s3._copied

    def change(source: Any, file: Any) -> str:
        bucket.put("a.jsonl", rows(2))
        return copied(source, file)

    monkeypatch.setattr(s3, "_copied", change)
    with pytest.raises(RecipeError, match="changes while it is fetched"):
        ReadPolicy(maker.root).found(bucket.at("a.jsonl"), NEWEST)
    kept = maker.root / ".recipedsl" / "cache" / "remote"
    assert [each.suffix for each in kept.iterdir() if each.is_file()] == [".lock"], (
        "nothing half-fetched counts"
    )


def test_a_store_that_does_not_answer_any_more(
    maker: Maker, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a.jsonl", rows(1))
    source = FileRows(bucket.at("a.jsonl"))
    ReadPolicy(maker.root).found(source.path, NEWEST)
    monkeypatch.setattr(s3.Store, "objects", _does_not_answer)
    told = look(source, maker.root, fetching=NEWEST)
    assert told.problem == ""
    assert told.stale.startswith(
        "the store does not answer: no route; its rows are those that were fetched on 20"
    )
    other = look(FileRows(bucket.at("b.jsonl")), maker.root, fetching=NEWEST)
    assert "the store does not answer" in other.problem


def _does_not_answer(store: s3.Store) -> list[s3.Object]:
    error = s3._refused(
        store._address, "AWS Error NETWORK_CONNECTION during HeadObject operation: No route. (Request ID: 1)"
    )
    assert isinstance(error, s3.Unreachable)
    raise error


def test_what_cannot_be_had(maker: Maker, bucket: Bucket) -> None:
    bucket.put("data/a.jsonl", rows(1))

    def problem(address: str) -> str:
        return look(FileRows(address), maker.root, fetching=NEWEST).problem

    assert problem(bucket.at("data/b.jsonl")) == f"no object for `{bucket.at('data/b.jsonl')}`"
    assert problem(bucket.at("data/*.csv")) == f"no object for `{bucket.at('data/*.csv')}`"
    assert "there is no such bucket" in problem("s3://no-such-bucket-here/*.jsonl")
    assert "names no object" in problem("s3://bucket/")
    assert "names no object" in problem("s3:///a.jsonl")
    assert "names no object" in problem(bucket.at("data/"))
    assert "of a kind that is not read" in problem("https://example.com/a.jsonl")
    assert "of a kind that is not read" in problem("file:///etc/passwd")


def test_objects_that_are_not_for_everybody(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization", ""))
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 - what the server calls

        def log_message(self, *arguments: Any) -> None:
            """Nothing on the screen."""

    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in (*s3._CREDENTIALS, "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = look(FileRows("s3://bucket/a.jsonl"), maker.root, fetching=NEWEST)
    server.shutdown()
    assert "it is not for everybody, or not for these credentials" in found.problem
    assert set(asked) == {""}, "without credentials nothing is signed"


def test_room_on_the_disk_is_looked_at_first(
    maker: Maker, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a.jsonl", rows(1))
    monkeypatch.setattr("recipedsl.data.reading.remote._SPARE", 1 << 60)
    with pytest.raises(RecipeError, match="has 10 bytes to fetch, and the disk has"):
        ReadPolicy(maker.root).found(bucket.at("a.jsonl"), NEWEST)


def test_addresses_are_for_rows_alone(maker: Maker, bucket: Bucket) -> None:
    bucket.put("t.jinja", "text")
    facts = FileFacts(maker.root, fetching=NEWEST)
    assert facts.read_text(bucket.at("t.jinja")) is None
    with pytest.raises(RecipeError, match="only a file of the project will do"):
        ReadPolicy(maker.root).files(bucket.at("t.jinja"))


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.jsonl", ["a.jsonl"]),
        ("**", ["a.jsonl", "d/b.jsonl", "d/e/c.jsonl"]),
        ("**/*.jsonl", ["a.jsonl", "d/b.jsonl", "d/e/c.jsonl"]),
        ("d/**/c.jsonl", ["d/e/c.jsonl"]),
        ("d/*", ["d/b.jsonl"]),
        (".h/*", [".h/x.jsonl"]),
        ("**/**/**/**", []),
        ("nothing", []),
    ],
)
def test_names_and_globs(pattern: str, wanted: list[str]) -> None:
    names = ["d/b.jsonl", "a.jsonl", "d/e/c.jsonl", ".h/x.jsonl", "d/.h/y.jsonl"]
    assert matching(names, pattern) == wanted


@pytest.mark.parametrize(
    ("pattern", "part"), [("a/b/*.x", "a/b/"), ("a*/b/c", ""), ("x", ""), ("a/**/c", "a/")]
)
def test_the_part_without_stars(pattern: str, part: str) -> None:
    assert fixed_part(pattern) == part


# --- the hub ----------------------------------------------------------------------------------------------


@pytest.fixture
def snapshot(hub_snapshot: Path) -> Path:
    """The snapshot, with a folder for its files."""
    (hub_snapshot / "data").mkdir()
    return hub_snapshot


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("hf://datasets/some/rows/data/*.parquet", [1, 2]),
        (f"hf://datasets/some/rows@{COMMIT}/data/*.parquet", [1, 2]),
        ("hf://datasets/some/rows@main/**/x-0*.parquet", [1, 2]),
        ("hf://datasets/some/rows/data/other.jsonl", [3]),
    ],
)
def test_files_of_the_hubs_cache(maker: Maker, snapshot: Path, address: str, wanted: list[int]) -> None:
    for number in (1, 2):
        pl.DataFrame({"id": [number]}).write_parquet(
            snapshot / "data" / f"x-0000{number - 1}-of-00002.parquet"
        )
    (snapshot / "data" / "other.jsonl").write_text(rows(3))
    made = maker.make(data_node(ReadSource(path=address)))
    assert made.values("id") == wanted
    assert all(each.startswith("hf://datasets/some/rows") for each in made.facts["files"])
    facts = FileFacts(maker.root)
    assert str(facts.look(FileRows(address)).row) == "{ id: int }"
    assert len(facts.digest(address)) == 64


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("hf://datasets/other/rows/x.jsonl", "is not at hand: it is not in the local cache"),
        ("hf://datasets/some/rows/y.jsonl", "the cached revision lacks files of it"),
        ("hf://some/model/x.jsonl", "names no files of a dataset"),
        ("hf://datasets/some/x.jsonl", "names no files of a dataset"),
        ("hf://datasets/../../x.jsonl", "names no files of a dataset"),
        ("hf://datasets/some/rows@../../x/y.jsonl", "names no files of a dataset"),
    ],
)
def test_what_the_hubs_cache_lacks(maker: Maker, snapshot: Path, address: str, words: str) -> None:
    (snapshot / "data" / "x.jsonl").write_text(rows(3))
    assert words in look(FileRows(address), maker.root, fetching=NEWEST).problem


def test_pieces_that_are_missing(maker: Maker, snapshot: Path) -> None:
    pl.DataFrame({"id": [1]}).write_parquet(snapshot / "data" / "x-00000-of-00002.parquet")
    assert look(FileRows("hf://datasets/some/rows/data/*.parquet"), maker.root).absent


def test_a_fetch_that_broke_off_is_not_the_whole(maker: Maker, snapshot: Path) -> None:
    """Without pieces numbered `of` so many only the hub's listing tells that there is more."""
    for name in ("0000.jsonl", "0001.jsonl"):
        (snapshot / "data" / name).write_text(rows(1))
    address = "hf://datasets/some/rows/data/*.jsonl"
    assert maker.make(data_node(ReadSource(path=address))).values("id") == [1, 1]
    listing = snapshot.parents[1] / "recipedsl" / f"{COMMIT}.json"
    listing.parent.mkdir()
    listing.write_text(json.dumps([f"data/000{n}.jsonl" for n in range(3)] + ["../../../secret.jsonl"]))
    assert look(FileRows(address), maker.root).absent
    (snapshot / "data" / "0002.jsonl").write_text(rows(2))
    assert maker.make(data_node(ReadSource(path=address))).values("id") == [1, 1, 2]


# --- as processes -----------------------------------------------------------------------------------------

RECIPE = """\
ftr 1
model base { from = local("tiny"), template = qwen2_5 }
data found = read("@address") | as chat(user = question, assistant = answer)
stage trained: sft { from = base, data = found, steps = 2, batch = 2, max_length = 512 }
run { seed = 3 }
"""


def qa(*numbers: int) -> str:
    return json_lines(
        [{"question": f"What is {number} + 1?", "answer": str(number + 1)} for number in numbers]
    )


def recipedsl(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process that has never asked anybody."""
    kept = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    told = {
        "NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HF_HOME": str(root / ".hf"),
    }
    return subprocess.run(
        [sys.executable, "-c", "from recipedsl.cli.main import main; main()", *arguments],
        cwd=root,
        env={**kept, **told, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    make_tiny_model(folder / "tiny")
    (folder / "pyproject.toml").write_text("")
    return folder


@pytest.mark.slow
def test_from_a_store_to_a_plan_and_a_run(project: Path, bucket: Bucket) -> None:
    address = bucket.at("rows/*.jsonl")
    (project / "r.ftr").write_text(RECIPE.replace("@address", address))
    bucket.put("rows/a.jsonl", qa(1, 2))
    bucket.put("rows/b.jsonl", qa(3))

    said = recipedsl(project, "check", "r.ftr")
    assert said.returncode == 0
    assert f"info[D219]: `{address}` is not fetched yet" in said.stdout

    said = recipedsl(project, "plan", "r.ftr", "--json", "p.json")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "3 of 3 rows kept" in said.stdout

    # What is planned is run, whatever becomes of the store.
    bucket.put("rows/a.jsonl", qa(1, 2, 7))
    said = recipedsl(project, "run", "p.json")
    assert said.returncode == 0, said.stderr
    assert "data found             cached" in said.stderr

    said = recipedsl(project, "plan", "r.ftr")
    assert "4 of 4 rows kept" in said.stdout
    assert f"info[D231]: `{bucket.at('rows/a.jsonl')}` has changed, " in said.stdout + said.stderr
    assert f"again because {address} changed" in said.stdout

    # A plan whose bytes are not there any more says so.
    said = recipedsl(project, "run", "p.json", "--from", "found")
    assert said.returncode != 0
    assert f"`{address}` has changed since the plan was made" in said.stderr

    # Without the store the rows are those that were fetched.
    said = recipedsl(project, "plan", "r.ftr", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert said.returncode != 0, "another end point is another store"
    assert "the store does not answer" in said.stdout + said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.slow
def test_from_the_hub_to_a_plan(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "repositories" / "datasets" / "acme" / "rows" / "data"
    folder.mkdir(parents=True)
    for name, number in (("0000.jsonl", 1), ("0001.jsonl", 2), ("other.txt", 3)):
        (folder / name).write_text(qa(number))
    with served(tmp_path / "repositories") as hub:
        (project / "r.ftr").write_text(RECIPE.replace("@address", "hf://datasets/acme/rows/data/*.jsonl"))
        said = recipedsl(project, "check", "r.ftr", HF_ENDPOINT=hub.endpoint)
        assert "info[D219]" in said.stdout
        assert hub.asked == [], "a check asks nobody"
        said = recipedsl(project, "plan", "r.ftr", HF_ENDPOINT=hub.endpoint)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "2 of 2 rows kept" in said.stdout
        assert not any("other.txt" in each for each in hub.asked)
        hub.asked.clear()
        said = recipedsl(project, "plan", "r.ftr", HF_ENDPOINT=hub.endpoint)
        assert "4 nodes: 3 cached, 1 new" in said.stdout
        assert hub.asked == [], "what is at hand is read without asking"
        (project / "r.ftr").write_text(RECIPE.replace("@address", "hf://datasets/acme/nothing/data/*.jsonl"))
        said = recipedsl(project, "plan", "r.ftr", HF_ENDPOINT=hub.endpoint)
        assert "the hub has no such dataset" in said.stdout + said.stderr


# --- what is not needed any more --------------------------------------------------------------------------


def test_old_versions_are_tidied(maker: Maker, bucket: Bucket) -> None:
    for number in (1, 2):
        bucket.put("a.jsonl", rows(number))
        look(FileRows(bucket.at("a.jsonl")), maker.root, fetching=NEWEST)
    bucket.put("b.jsonl", rows(3))
    look(FileRows(bucket.at("b.jsonl")), maker.root, fetching=NEWEST)
    objects = maker.root / ".recipedsl" / "cache" / "remote" / "objects"
    (objects.parent / "killed.part").write_text("half")

    would = tidied(maker.root, lambda _: True, dry_run=True)
    assert sorted((each.name, each.size) for each in would) == [("", 4), ("", 10)]
    assert len(list(objects.iterdir())) == 3
    assert tidied(maker.root, lambda _: True, dry_run=False) == would
    assert len(list(objects.iterdir())) == 2
    assert tidied(maker.root, lambda _: True, dry_run=False) == ()
    assert maker.make(data_node(ReadSource(path=bucket.at("a.jsonl")))).values("id") == [2]

    (gone,) = tidied(maker.root, lambda address: address.endswith("a.jsonl"), dry_run=False)
    assert (gone.name, gone.size) == (bucket.at("b.jsonl"), 10)
    assert look(FileRows(bucket.at("b.jsonl")), maker.root).absent
    assert not look(FileRows(bucket.at("a.jsonl")), maker.root).absent


def test_nothing_is_tidied_while_something_is_fetched(maker: Maker, bucket: Bucket) -> None:
    from filelock import FileLock

    bucket.put("a.jsonl", rows(1))
    look(FileRows(bucket.at("a.jsonl")), maker.root, fetching=NEWEST)
    (lock,) = (maker.root / ".recipedsl" / "cache" / "remote").glob("*.lock")
    with FileLock(lock):
        assert tidied(maker.root, lambda _: False, dry_run=False) == ()
    assert len(tidied(maker.root, lambda _: False, dry_run=False)) == 1


def test_the_command_tells_what_it_tidied(
    maker: Maker, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keeps what a recipe reads, also one that cannot be read itself."""
    from click.testing import CliRunner

    from recipedsl.cli.store import store as command

    monkeypatch.chdir(maker.root)
    for number in (1, 2):
        bucket.put("a.jsonl", rows(number))
        look(FileRows(bucket.at("a.jsonl")), maker.root, fetching=NEWEST)
    recipe = maker.write("r.ftr", f'ftr 1\ndata a = read("{bucket.at("a.jsonl")}") | where id ==\n')

    def said(*given: str) -> str:
        done = CliRunner().invoke(command, ["gc", "--root", str(maker.root), *given], standalone_mode=False)
        assert done.exception is None, done.output
        return done.output

    assert "1 fetched file would be removed, 10 B" in said("--dry-run")
    told = said()
    assert "fetched before, and changed since" in told
    assert "1 fetched file removed, 10 B" in told
    assert "fetched" not in said()
    recipe.write_text("ftr 1\n")
    assert f"fetched {bucket.at('a.jsonl')}" in said()
