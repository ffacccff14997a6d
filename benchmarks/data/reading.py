"""What reading text files takes: JSON Lines plain, ragged and packed, JSON arrays, CSV.

    python benchmarks/data/reading.py [--megabytes 200] [--runs 3] [--forms NAME …] [--contenders NAME …]
                                      [--peers PYTHON] [--json]

Each contender reads a file in a process of its own, and counts its rows and the bytes of its texts, so that
every value is looked at and none is kept. Printed are medians of processor seconds per 100 MB of content
(those of starting Python and importing taken off) and of peak memory. `ours` never saw the file before; it
checks every row, which the others do not: Polars and DuckDB guess the types and stop at the first bad row,
or drop keys. Polars has no reader of arrays or packed lines that streams. The peer is duckdb==2.0.0 in the
environment of `--peers`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]

FORMS = ("lines", "ragged", "gzip", "zstd", "array", "indented", "csv")
CONTENDERS = ("ours", "polars", "duckdb")
_ENDINGS = {"gzip": ".jsonl.gz", "zstd": ".jsonl.zst", "array": ".json", "indented": ".json", "csv": ".csv"}
_TEXTS = ("question", "answer", "topic", "language")


# --- files --------------------------------------------------------------------------------------------


def write(form: str, megabytes: int, folder: Path) -> Path:
    """A file of a form with so much content."""
    from rows import generated

    path = folder / f"{form}{_ENDINGS.get(form, '.jsonl')}"
    rows = [{**each, "source": "a"} for each in islice(generated(megabytes * 1000, 7), megabytes * 1000)]
    if form == "ragged":
        for place, each in enumerate(rows):
            if place % 7 == 0:
                each.pop("score", None)
            if place % 11 == 0:
                each["late"] = {"seen": place}
            if place % 50 == 0:
                each["answer"] = 7
    match form:
        case "csv":
            with path.open("w", encoding="utf-8", newline="") as stream:
                table = csv.DictWriter(stream, list(rows[0]))
                table.writeheader()
                table.writerows(rows)
        case "array" | "indented":
            text = json.dumps(rows, ensure_ascii=False, indent=2 if form == "indented" else None)
            path.write_text(text, encoding="utf-8")
        case _:
            with _packed(path) as stream:
                for each in rows:
                    stream.write(json.dumps(each, ensure_ascii=False).encode() + b"\n")
    return path


def _packed(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "wb", 6)  # type: ignore[return-value]
    if path.suffix == ".zst":
        import zstandard

        return zstandard.open(path, "wb")  # type: ignore[return-value]
    return path.open("wb")


def size_of(path: Path) -> int:
    """Bytes of content."""
    from recipedsl.data.reading.files import open_bytes

    with open_bytes(path) as stream:
        return sum(len(data) for data in iter(lambda: stream.read(1 << 20), b""))


# --- contenders ---------------------------------------------------------------------------------------


def ours(path: Path) -> Any:
    """Rows, and bytes of texts."""
    import polars as pl

    from recipedsl.data.look import look
    from recipedsl.data.reading.reader import read_files
    from recipedsl.data.reading.rejects import Rejects
    from recipedsl.plan.facts import FileRows

    work = path.parent / f"work-{os.getpid()}"
    work.mkdir()
    begun = time.process_time()
    row = look(FileRows(path.name), path.parent).row
    assert row is not None
    rejects = Rejects(work / "rejects.jsonl")
    read = read_files({path.name: path}, "", row, work, rejects, looked=True)
    counted = read.frame.select(pl.len(), pl.col(_TEXTS).str.len_bytes().sum()).collect(engine="streaming")
    scratch = sum(each.stat().st_size for each in work.iterdir() if each.suffix == ".parquet")
    shutil.rmtree(work)
    return begun, (*counted.row(0), rejects.count, scratch)


def polars(path: Path) -> Any:
    """The same of Polars."""
    import polars as pl

    begun = time.process_time()
    if path.suffix == ".csv":
        frame = pl.scan_csv(path)
    elif path.suffix == ".json":
        frame = pl.read_json(path).lazy()
    else:
        frame = pl.scan_ndjson(path, infer_schema_length=200, ignore_errors=True)
    counted = frame.select(pl.len(), pl.col(_TEXTS).str.len_bytes().sum())
    return begun, counted.collect(engine="streaming").row(0)


def duckdb(path: Path) -> Any:
    """The same of DuckDB."""
    import duckdb as engine  # type: ignore[import-not-found]

    begun = time.process_time()
    reader = "read_csv_auto" if path.suffix == ".csv" else "read_json_auto"
    sums = ", ".join(f"sum(strlen({name}))" for name in _TEXTS)
    found = engine.connect().execute(f"SELECT count(*), {sums} FROM {reader}('{path}')").fetchone()
    return begun, found


def one(name: str, path: Path) -> None:
    """Runs a contender here; prints what it took."""
    contender: Callable[[Path], Any] = {"ours": ours, "polars": polars, "duckdb": duckdb}[name]
    begun, found = contender(path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime - begun
    print(json.dumps({"seconds": seconds, "memory": used.ru_maxrss / 1024, "found": found}))


def run(name: str, path: Path, peers: str) -> dict[str, Any]:
    """One contender in a process of its own."""
    command = [peers if name == "duckdb" else sys.executable, __file__, "--one", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:120]}
    return dict(json.loads(done.stdout))


# --- the table ----------------------------------------------------------------------------------------


def measured(form: str, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Medians of a form by contender."""
    # Made by a process of its own: the peak memory of a process begins with that of its parent.
    command = [sys.executable, __file__, "--make", form, str(asked.megabytes), str(folder)]
    path = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    size = size_of(path) / 1e8
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in asked.contenders}
    for _ in range(asked.runs):
        for name in asked.contenders:
            runs[name].append(run(name, path, asked.peers))
    path.unlink()
    return {name: _median(found, size) for name, found in runs.items()}


def _median(found: list[dict[str, Any]], size: float) -> dict[str, Any]:
    failed = next((each["failed"] for each in found if "failed" in each), None)
    if failed:
        return {"failed": failed}
    return {
        "seconds": statistics.median(each["seconds"] for each in found) / size,
        "memory": statistics.median(each["memory"] for each in found),
        "found": found[0]["found"],
    }


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument("--rows", type=int, help="instead of megabytes: rows of about 1 kB")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--forms", nargs="+", default=FORMS, choices=FORMS)
    options.add_argument("--contenders", nargs="+", default=CONTENDERS, choices=CONTENDERS)
    options.add_argument("--peers", default=sys.executable, help="Python that has duckdb")
    options.add_argument("--json", action="store_true")
    options.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--make", nargs=3, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.make:
        return print(write(asked.make[0], int(asked.make[1]), Path(asked.make[2])))
    if asked.one:
        return one(asked.one[0], Path(asked.one[1]))
    asked.megabytes = asked.rows // 1000 if asked.rows else asked.megabytes
    with tempfile.TemporaryDirectory() as folder:
        table = {form: measured(form, asked, Path(folder)) for form in asked.forms}
    if asked.json:
        return print(json.dumps(table))
    print("form       contender  s / 100 MB   MB peak  rows, bytes of texts …")
    for form, found in table.items():
        for name, each in found.items():
            told = each.get("failed") or f"{each['seconds']:10.2f} {each['memory']:9.0f}  {each['found']}"
            print(f"{form:10} {name:10} {told}", flush=True)
    return None


if __name__ == "__main__":
    main()
