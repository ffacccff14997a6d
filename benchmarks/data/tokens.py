"""How long conversations take to become ids, labels and packs: recipedsl and TRL's own preparation.

    python benchmarks/data/tokens.py [--rows 20000] [--runs 3] [--peer-runs 3]
                                     [--contenders fast tokenizers trl …] [--pipeline tokens]
                                     [--texts synthetic real] [--patience 3600] [--folder FOLDER] [--json]

Every contender is a program of its own (`benchmarks/data/peers/tokens_*.py`) that reads the same Parquet
file, with the same tokenizer (a BPE of 32k pieces trained on these texts) and the same template, which
marks what is generated for TRL. They take turns; medians of their own clocks (imports left out) and
processor seconds, children included, are printed. Before, the ids and labels of all rows are compared:
packs are taken apart again. `fast` needs the extra `recipedsl[fast]`. Ratios travel between machines,
seconds do not. `--pipeline "end to end"` begins with the JSON Lines of `rows.py`: the recipe of
`pipeline.py`, then its tokens; the peers prepare the rows with `datasets`.

`trl` is what people run by default, `trl 2` the same with batched filters and two processes, `trl own` has
a batched map of one's own in TRL's place. A run that takes longer than `--patience` is ended, and said to
be not finished. `--folder` keeps the rows for another call.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import psutil
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]

import rows as generator  # noqa: E402
import texts as drawn  # noqa: E402
from pipeline import watched  # noqa: E402

#: ChatML with what TRL needs to tell what is generated.
TEMPLATE = """{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\\n' }}
    {%- if message['role'] == 'assistant' %}
        {%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}{{- '\\n' }}
    {%- else %}
        {{- message['content'] + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
#: How Qwen's and Llama 3's tokenizers cut texts into words.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CONTENDERS: dict[str, tuple[str, dict[str, str]]] = {
    "fast": ("tokens_recipe.py", {}),
    "tokenizers": ("tokens_recipe.py", {"ENCODER": "tokenizers"}),
    "trl": ("tokens_trl.py", {"WAY": "chained"}),
    "trl 2": ("tokens_trl.py", {"WAY": "batched2", "PROCESSES": "2"}),
    "trl own": ("tokens_trl.py", {"WAY": "batched2", "PROCESSES": "2", "OWN": "1"}),
}
PEERS = tuple(name for name in CONTENDERS if name.startswith("trl"))

#: A run; None for one that was not finished.
Run = dict[str, Any] | None


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-runs", type=int, help="of each peer, where they are to be fewer")
    parser.add_argument("--limit", type=int, default=2048, help="tokens of a sequence")
    parser.add_argument("--pipeline", default="tokens", choices=["tokens", "end to end"])
    parser.add_argument("--texts", default="synthetic", choices=["synthetic", "real"])
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--patience", type=float, default=3600, help="seconds that one run may take")
    parser.add_argument("--folder", type=Path, help="of the rows, made there when it is not there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch) / "data"
        if not folder.exists():
            prepare(folder, options)
        if options.pipeline == "tokens":
            compare(folder, Path(scratch), options)
        found = measured(folder, Path(scratch), options)
    print(json.dumps(found) if options.json else table(found, options))


def prepare(folder: Path, options: argparse.Namespace) -> None:
    """Rows, tokenizer, template and the task."""
    count = options.rows
    generator.write(count, folder)
    (folder / "task.json").write_text(json.dumps({"cap": int(0.04 * count), "size": int(0.28 * count)}))
    (folder / "template.jinja").write_text(TEMPLATE)
    said = conversations(count if options.pipeline == "tokens" else min(count, 20_000), options.texts)
    if options.pipeline == "tokens":
        pl.DataFrame({"messages": said}).write_parquet(folder / "rows.parquet")
    train(folder / "model", [message["content"] for row in said[:20_000] for message in row])


def conversations(count: int, kind: str) -> list[list[dict[str, str]]]:
    """A question and an answer each; every third has a system message, every fifth goes on."""
    if kind == "real":
        pairs = [(text[:80].strip() or "?", text.strip() or "!") for text in drawn.texts("real", count)]
    else:
        known = (row for row in generator.generated(2 * count, 7) if row["question"] and row["answer"])
        pairs = [(row["question"], row["answer"]) for row in islice(known, count)]
    said = []
    for number, (question, answer) in enumerate(pairs):
        system = [{"role": "system", "content": "You are a careful helper."}] if number % 3 == 0 else []
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        more = [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": question}]
        said.append([*system, *turns, *(more if number % 5 == 0 else [])])
    return said


def train(folder: Path, texts: list[str]) -> None:
    """A byte-level BPE of 32k pieces in a plain model folder."""
    tokenizer = Tokenizer(models.BPE())
    words = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=32_000, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


# --- running --------------------------------------------------------------------------------------------


def one(name: str, folder: Path, out: Path, options: argparse.Namespace, **more: str) -> Run:
    """One run in a process of its own. Exits when it fails."""
    script, settings = CONTENDERS[name]
    out.mkdir()
    environment = {**os.environ, **settings, **more, "LIMIT": str(options.limit), "TMPDIR": str(out)}
    command = [sys.executable, str(HERE / "peers" / script), str(folder), str(out), options.pipeline]
    with (out / "log").open("w") as log:
        started = time.monotonic()
        process = psutil.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, start_new_session=True
        )
        peak = watched(process, options.patience)
    if time.monotonic() - started >= options.patience:
        with suppress(ProcessLookupError):  # its workers
            os.killpg(process.pid, signal.SIGKILL)
        return None
    told = process.stdout.read().splitlines()
    if process.wait() or not told:
        sys.exit(f"{name} failed:\n{(out / 'log').read_text()[-3000:]}")
    found: dict[str, Any] = json.loads(told[-1])
    return {**found, "peak": peak / 1e6}


def compare(folder: Path, scratch: Path, options: argparse.Namespace) -> None:
    """Exits when ids or labels of a row differ, or where more sequences are made than by TRL."""
    found = {}
    for name in {"trl", *options.contenders} - {"trl 2"}:  # which runs the same code
        run = one(name, folder, scratch / "out", options, KEEP="1")
        if run is None:
            sys.exit(f"{name} was not finished in {options.patience:g} s, nothing can be compared")
        told = run["told"]
        found[name] = (rows_of(scratch / "out"), told["sequences"])
        shutil.rmtree(scratch / "out")
        if name == "fast" and told["encoder"]["name"] == "tokenizers":
            sys.exit(f"there is no faster tokenizer: {told['encoder'].get('reason', 'it is not installed')}")
    theirs, most = found["trl"]
    for name, (rows, sequences) in found.items():
        if rows != theirs or (sequences > most and name not in PEERS):
            sys.exit(f"{name} and TRL differ: {sequences} and {most} sequences")
    counts = {name: sequences for name, (_, sequences) in found.items()}
    print(f"equal ids and labels of {len(theirs):,} rows; sequences {counts}", file=sys.stderr)


def rows_of(out: Path) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Ids and labels of every row, sorted: packs have an order of their own."""
    from datasets import Dataset, load_from_disk

    ours = out / "tokens.arrow"
    made = Dataset.from_file(str(ours)) if ours.exists() else load_from_disk(str(out / "sequences"))
    found = []
    for sequence in made.select_columns(["input_ids", "labels", "seq_lengths"]):
        start = 0
        for length in sequence["seq_lengths"]:
            part = slice(start, start + length)
            found.append((tuple(sequence["input_ids"][part]), tuple(sequence["labels"][part])))
            start += length
    return sorted(found)


def measured(folder: Path, scratch: Path, options: argparse.Namespace) -> dict[str, list[Run]]:
    """Runs of each contender, in turns; one that was not finished is not tried again."""
    found: dict[str, list[Run]] = {name: [] for name in options.contenders}
    peer_runs = options.runs if options.peer_runs is None else options.peer_runs
    for number in range(max(options.runs, peer_runs)):
        for name, runs in found.items():
            if number >= (peer_runs if name in PEERS else options.runs) or None in runs:
                continue
            run = one(name, folder, scratch / "out", options)
            runs.append(run)
            shutil.rmtree(scratch / "out", ignore_errors=True)
            told = (
                f"{run['seconds']:.2f} s {run['told']}" if run else f"not finished in {options.patience:g} s"
            )
            print(f"{name}: {told}", file=sys.stderr, flush=True)
    return found


def table(found: dict[str, list[Run]], options: argparse.Namespace) -> str:
    """A table in Markdown: what the usual path and the fastest peer take, in parts of each contender's."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("trl", "transformers", "tokenizers", "datasets", "polars")
    )
    usual, fastest = middle(found, "seconds", ("trl",)), middle(found, "seconds", PEERS)
    processor = middle(found, "processor", ("trl",))
    lines = [
        f"\n{options.pipeline}, {options.rows:,} rows ({options.texts}); "
        f"Python {platform.python_version()}, {packages}\n",
        "| contender | runs | s min / med / max | `trl` takes x | the fastest peer x "
        "| processor s | `trl` takes x | peak MB | sequences |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, runs in found.items():
        done = [run for run in runs if run]
        if not done:
            said = f"not finished in {options.patience:g} s" if runs else "not run"
            lines.append(f"| {name} | 0 | {said} | | | | | | |")
            continue
        seconds, used = (sorted(run[kind] for run in done) for kind in ("seconds", "processor"))
        taken, spent = statistics.median(seconds), statistics.median(used)
        lines.append(
            f"| {name} | {len(done)} | {seconds[0]:.2f} / {taken:.2f} / {seconds[-1]:.2f} "
            f"| {times(usual, taken)} | {times(fastest, taken)} | {spent:.1f} | {times(processor, spent)} "
            f"| {statistics.median(run['peak'] for run in done):.0f} | {done[0]['told']['sequences']} |"
        )
    return "\n".join(lines)


def middle(found: dict[str, list[Run]], kind: str, names: Iterable[str]) -> float | None:
    """The smallest median of these contenders; None where none has finished."""
    medians = [
        statistics.median(run[kind] for run in runs if run)
        for name, runs in found.items()
        if name in names and any(runs)
    ]
    return min(medians, default=None)


def times(theirs: float | None, ours: float) -> str:
    """How many times as much they take."""
    return "" if theirs is None else f"{theirs / ours:.1f}"


if __name__ == "__main__":
    main()
