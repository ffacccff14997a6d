"""The same bytes every time: whatever the threads, the sizes of chunks, and the order in which files lie.

Every way runs in a process of its own, as Polars reads its settings once.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recipedsl.cli.wiring import facts_of, makers_of, store_of
from recipedsl.compiler import compile_source
from recipedsl.data import keyed
from recipedsl.plan.model import DataNode, Plan
from recipedsl.runtime.execute import execute
from recipedsl.source import Source

RECIPE = """ftr 1
data left = read("left/*")
  | where size > 3 and not matches(answer, "(?i)sorry")
  | derive size = chars(answer)
  | dedup question, keep = longest
  | dedup question, keep = best(chars(answer))
  | take 900 by topic
data right = read("right.jsonl") | where score >= 0.2 | sample 80% by topic
data near = read("right.jsonl") | dedup answer, near = 0.7 | sort by score, id, descending = [true, false]
data both = mix({ left: 60%, right: 40% }, rows = 2400)
  | shuffle
  | as chat(user = question, assistant = answer)
  | split train = 80%, held = 20% by topic
data turns = interleave({ left: 50%, near: 50% }, until = all_exhausted) | split a = 50%, b = 50%, group = question
data rest = concat(left, near) | repeat 3 | explode tags | drop tags
"""
TOPICS = ("sums", "dates", "words", "maps")
#: Threads, settings of Polars, and whether the files were made last first.
WAYS: tuple[tuple[int, dict[str, str], bool], ...] = (
    (1, {}, False),
    (2, {"POLARS_IDEAL_MORSEL_SIZE": "97", "POLARS_NDJSON_CHUNK_SIZE": "5000"}, True),
    (4, {"POLARS_IDEAL_SINK_MORSEL_SIZE_ROWS": "1000", "POLARS_ENGINE_AFFINITY": "in-memory"}, False),
)


def _rows(count: int, seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    words = [f"word{number}" for number in range(60)]
    return [
        {
            "id": number,
            "question": f"What is {draw.randint(0, count // 2)}?",
            "answer": None
            if draw.random() < 0.02
            else " ".join(draw.choices(words[: draw.choice([8, 60])], k=draw.randint(1, 25))),
            "topic": draw.choice(TOPICS),
            "score": draw.choice([None, draw.random()]),
            "size": draw.randint(0, 9),
            "tags": draw.choice([None, [], ["a"], ["b", "c"]]),
        }
        for number in range(count)
    ]


def project(root: Path, *, backwards: bool) -> None:
    """Rows in files of every kind, made in one order or the other."""
    (root / "left").mkdir(parents=True)
    rows = _rows(8000, 5)
    pieces = {f"left/{place:02}.jsonl": rows[place * 500 :][:500] for place in range(14)}
    files = {name: "".join(json.dumps(row) + "\n" for row in piece) for name, piece in pieces.items()}
    files["left/90.jsonl"] = "".join(json.dumps(row) + "\n" for row in rows[7000:7500]) + "no JSON\n"
    files["left/91.json"] = json.dumps(rows[7500:], indent=1)
    files["right.jsonl"] = "".join(json.dumps(row) + "\n" for row in _rows(3600, 6))
    for name in sorted(files, reverse=backwards):
        (root / name).write_text(files[name], encoding="utf-8")


def planned(root: Path) -> Plan:
    """The recipe's plan."""
    outcome = compile_source(Source("same.ftr", RECIPE), facts_of(root))
    assert outcome.plan is not None, [each.message for each in outcome.problems.in_order()]
    return outcome.plan


def made(root: Path) -> dict[str, Any]:
    """Carries out all data nodes through the store; digests of files, and facts, by node."""
    plan, store = planned(root), store_of(root)
    outcome = execute(plan, root=root, store=store, makers=makers_of(root))
    assert outcome.state == "done", [each.message for each in outcome.diagnostics]
    results = {node.name: store.get(node.fingerprint) for node in plan.nodes if isinstance(node, DataNode)}
    return {name: (each.manifest.files, each.manifest.facts) for name, each in results.items() if each}


def run_here(root: Path) -> None:
    """Prints what was made; called in a process of its own."""
    print(json.dumps(made(root), sort_keys=True))


def _printed(root: Path, threads: int, sizes: dict[str, str]) -> dict[str, Any]:
    code = f"import sys, pathlib, {__name__} as t; t.run_here(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, **sizes, "POLARS_MAX_THREADS": str(threads), "PYTHONHASHSEED": str(threads)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_same_bytes_in_every_way(tmp_path: Path) -> None:
    found = []
    for place, (threads, sizes, backwards) in enumerate(WAYS):
        project(tmp_path / str(place), backwards=backwards)
        found.append(_printed(tmp_path / str(place), threads, sizes))
    first = found[0]
    assert set(first) == {"left", "right", "near", "both", "turns", "rest"}
    assert first["left"][1]["rejects"] == 1
    assert sum(first["both"][1]["rows"].values()) > 2300  # but for rows without an answer
    assert first["rest"][1]["rows"][""] > 10_000  # several row groups
    for other in found[1:]:
        for name, (files, facts) in first.items():
            assert other[name][0] == files, f"bytes of `{name}` differ"
            assert other[name][1] == facts


def test_manifest_holds_the_digest_of_every_file(tmp_path: Path) -> None:
    """What proves that two runs came to the same: SHA-256 of each file, in the manifest."""
    project(tmp_path, backwards=False)
    plan, store = planned(tmp_path), store_of(tmp_path)
    assert execute(plan, root=tmp_path, store=store, makers=makers_of(tmp_path)).state == "done"
    for node in (each for each in plan.nodes if isinstance(each, DataNode)):
        result = store.get(node.fingerprint)
        assert result is not None
        assert {"rows.parquet", *(f"{part}.parquet" for part in node.parts)} & set(result.manifest.files)
        for name, digest in result.manifest.files.items():
            content = (result.folder / name).read_bytes()
            assert digest.removeprefix("sha256:") == hashlib.sha256(content).hexdigest()


def test_large_and_small_sources_come_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their keys, rows come out as they do when they are held in memory: bytes and facts."""
    found = []
    for name, large in (("held", 1 << 60), ("keyed", 0)):
        monkeypatch.setattr(keyed, "LARGE", large)
        project(tmp_path / name, backwards=False)
        found.append(made(tmp_path / name))
    assert found[0] == found[1]
