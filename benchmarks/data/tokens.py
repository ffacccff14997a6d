"""How long conversations take to become ids, labels and packs: recipedsl and TRL's own preparation.

    python benchmarks/data/tokens.py [--rows 20000] [--runs 3] [--contenders fast tokenizers trl …]
                                     [--pipeline tokens] [--texts synthetic real] [--json]

Every contender is a program of its own (`benchmarks/data/peers/tokens_*.py`) that reads the same Parquet
file, with the same tokenizer (a BPE of 32k pieces trained on these texts) and the same template, which
marks what is generated for TRL. They take turns; medians of their own clocks (imports left out) and
processor seconds, children included, are printed. Before, the ids and labels of all rows are compared:
packs are taken apart again. `fast` needs the extra `recipedsl[fast]`. Ratios travel between machines,
seconds do not. `--pipeline "end to end"` begins with the JSON Lines of `rows.py`: the recipe of
`pipeline.py`, then its tokens; the peers prepare the rows with `datasets`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
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
}


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=2048, help="tokens of a sequence")
    parser.add_argument("--pipeline", default="tokens", choices=["tokens", "end to end"])
    parser.add_argument("--texts", default="synthetic", choices=["synthetic", "real"])
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--patience", type=float, default=3600, help="seconds that one run may take")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
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
    said = conversations(count, options.texts)
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


def one(name: str, folder: Path, out: Path, options: argparse.Namespace, **more: str) -> dict[str, Any]:
    """One run in a process of its own. Exits when it fails."""
    script, settings = CONTENDERS[name]
    out.mkdir()
    environment = {**os.environ, **settings, **more, "LIMIT": str(options.limit), "TMPDIR": str(out)}
    command = [sys.executable, str(HERE / "peers" / script), str(folder), str(out), options.pipeline]
    with (out / "log").open("w") as log:
        process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        peak = watched(process, options.patience)
    told = process.stdout.read().splitlines()
    if process.wait() or not told:
        sys.exit(f"{name} failed:\n{(out / 'log').read_text()[-3000:]}")
    found: dict[str, Any] = json.loads(told[-1])
    return {**found, "peak": peak / 1e6}


def compare(folder: Path, scratch: Path, options: argparse.Namespace) -> None:
    """Exits when ids or labels of a row differ, or where more sequences are made than by TRL."""
    found = {}
    for name in {"trl", *options.contenders} - {"trl 2"}:
        told = one(name, folder, scratch / "out", options, KEEP="1")["told"]
        found[name] = (rows_of(scratch / "out"), told["sequences"])
        shutil.rmtree(scratch / "out")
        if name == "fast" and told["encoder"]["name"] == "tokenizers":
            sys.exit(f"there is no faster tokenizer: {told['encoder'].get('reason', 'it is not installed')}")
    theirs, most = found["trl"]
    for name, (rows, sequences) in found.items():
        if rows != theirs or sequences > most:
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


def measured(folder: Path, scratch: Path, options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Runs of each contender, in turns."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in options.contenders}
    for _ in range(options.runs):
        for name, runs in found.items():
            runs.append(one(name, folder, scratch / "out", options))
            shutil.rmtree(scratch / "out")
            print(f"{name}: {runs[-1]['seconds']:.2f} s {runs[-1]['told']}", file=sys.stderr, flush=True)
    return found


def table(found: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> str:
    """A table in Markdown."""
    slowest = statistics.median(run["seconds"] for run in found.get("trl") or next(iter(found.values())))
    processor = statistics.median(run["processor"] for run in found.get("trl") or next(iter(found.values())))
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("trl", "transformers", "tokenizers", "datasets")
    )
    lines = [
        f"\n{options.pipeline}, {options.rows:,} rows ({options.texts}); "
        f"Python {platform.python_version()}, {packages}\n",
        "| contender | s min / med / max | TRL takes x | processor s | TRL takes x | peak MB | sequences |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, runs in found.items():
        seconds = [run["seconds"] for run in runs]
        used = statistics.median(run["processor"] for run in runs)
        lines.append(
            f"| {name} | {min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f} "
            f"| {slowest / statistics.median(seconds):.1f} | {used:.1f} | {processor / used:.1f} "
            f"| {statistics.median(run['peak'] for run in runs):.0f} | {runs[0]['told']['sequences']} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
