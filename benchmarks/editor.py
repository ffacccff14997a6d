"""How fast the language server answers, over its standard input and output as an editor has it.

    python benchmarks/editor.py [--repeat 5] [--edits 10000] [--json]

Start: from the process to the first problems. Keystroke: from an edit to the problems of that version, a
letter of a new declaration at a time, in the middle of a recipe of 100 and of 1 000 lines. Completion: the
columns of a step there, each after an edit, so that nothing is known beforehand. Memory: resident size after
100 and after all edits. Medians of all measurements; the limits are those that the project has set itself.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from check_scale import recipe

COMMAND = [sys.executable, "-c", "from recipedsl.cli.main import main; main(['lsp'])"]

#: Milliseconds, by what is measured; of memory the growth in per cent.
LIMITS = {
    "start": 900,
    "keystroke, 100 lines": 12,
    "keystroke, 1000 lines": 100,
    "completion, 100 lines": 20,
    "completion, 1000 lines": 60,
    "memory growth": 20,
}

TYPED = (
    'data other = read("rows.jsonl")\n'
    "  | where chars(answer) in 1..8k\n"
    "  | as chat(user = question, assistant = answer)\n"
)


class Client:
    """Speaks with a server that it starts."""

    def __init__(self, root: Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.number = 0
        self.published: dict[str, int] = {}
        snippets = {"textDocument": {"completion": {"completionItem": {"snippetSupport": True}}}}
        self.ask("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": snippets})
        self.tell("initialized", {})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, params: Any) -> None:
        """A notification."""
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """The result of a request."""
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        return self.wait(lambda each: each.get("id") == self.number and "method" not in each)["result"]

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is wanted."""
        while True:
            message = self.read()
            if wanted(message):
                return message

    def read(self) -> dict[str, Any]:
        output: IO[bytes] | None = self.process.stdout
        assert output is not None
        length = 0
        while (line := output.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found: dict[str, Any] = json.loads(output.read(length))
        if found.get("method") == "textDocument/publishDiagnostics":
            self.published[found["params"]["uri"]] = found["params"].get("version") or 0
        return found

    def problems(self, uri: str, number: int) -> None:
        """Waits for the problems of a version of a document, which may have come already."""
        while self.published.get(uri, 0) < number:
            self.read()

    @property
    def resident(self) -> float:
        """MiB that the server holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.process.wait(10)


class Document:
    """A recipe that is edited."""

    def __init__(self, client: Client, file: Path, text: str) -> None:
        self.client, self.uri, self.number, self.text = client, file.as_uri(), 1, text
        item = {"uri": self.uri, "languageId": "ftr", "version": 1, "text": text}
        client.tell("textDocument/didOpen", {"textDocument": item})
        client.problems(self.uri, 1)

    def put(self, offset: int, text: str, *, cut: int = 0) -> None:
        """Puts a text in, and takes some letters out."""
        self.number += 1
        range_ = {"start": self.position(offset), "end": self.position(offset + cut)}
        self.text = self.text[:offset] + text + self.text[offset + cut :]
        document = {"uri": self.uri, "version": self.number}
        self.client.tell(
            "textDocument/didChange",
            {"textDocument": document, "contentChanges": [{"range": range_, "text": text}]},
        )

    def position(self, offset: int) -> dict[str, int]:
        line = self.text.count("\n", 0, offset)
        return {"line": line, "character": offset - (self.text.rfind("\n", 0, offset) + 1)}


def milliseconds(action: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1_000


def starts(root: Path, text: str, repeat: int) -> list[float]:
    """From the start of the process to the first problems of a recipe of a hundred lines."""
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        client = Client(root)
        Document(client, root / "a.ftr", text)
        found.append((time.perf_counter() - start) * 1_000)
        client.end()
    return found


def keystrokes(document: Document, place: int) -> Iterator[float]:
    """A declaration, a letter at a time."""
    for offset, letter in enumerate(TYPED):

        def stroke(offset: int = offset, letter: str = letter) -> None:
            document.put(place + offset, letter)
            document.client.problems(document.uri, document.number)

        yield milliseconds(stroke)


def completions(document: Document, place: int, repeat: int) -> Iterator[float]:
    """The columns of the step that is being typed, after an edit each."""
    offset = document.text.index("| where chars", place) + len("| where ")
    for _ in range(repeat):
        document.put(offset, "q")
        params = {"textDocument": {"uri": document.uri}, "position": document.position(offset + 1)}

        def ask(params: dict[str, Any] = params) -> None:
            found = document.client.ask("textDocument/completion", params)
            assert any(each["label"] == "question" for each in found["items"])

        yield milliseconds(ask)
        document.client.problems(document.uri, document.number)
        document.put(offset, "", cut=1)
        document.client.problems(document.uri, document.number)


def memory(root: Path, text: str, edits: int) -> tuple[float, float]:
    """MiB after a hundred random edits, and after all."""
    client, rng, early = Client(root), random.Random(1), 0.0
    document = Document(client, root / "m.ftr", text)
    for number in range(1, edits + 1):
        offset = rng.randrange(len(document.text))
        document.put(offset, rng.choice("ab (|=\n"), cut=rng.randint(0, 2))
        if number % 200 == 0:
            document.put(0, text, cut=len(document.text))
        client.problems(document.uri, document.number)
        early = client.resident if number == 100 else early
    late = client.resident
    client.end()
    return early, late


def measure(root: Path, repeat: int, edits: int) -> dict[str, float]:
    """Every figure by its name."""
    texts = {lines: recipe(lines, mistakes=False) for lines in (100, 1_000)}
    found = {"start": statistics.median(starts(root, texts[100], repeat))}
    client = Client(root)
    for lines, text in texts.items():
        document = Document(client, root / f"{lines}.ftr", text)
        place = text.index("stage tuned_", len(text) // 2)
        strokes = list(keystrokes(document, place))
        found[f"keystroke, {lines} lines"] = statistics.median(strokes)
        found[f"completion, {lines} lines"] = statistics.median(completions(document, place, 4 * repeat))
    client.end()
    early, late = memory(root, texts[100], edits)
    return {**found, "memory growth": 100 * (late - early) / early, "memory, MiB": late}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows = [{"question": "q", "answer": "a", "topic": "sums", "score": 1.0}] * 5
        root.joinpath("rows.jsonl").write_text(
            "".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8"
        )
        found = measure(root, given.repeat, given.edits)
    if given.json:
        versions = {name: version(name) for name in ("recipedsl", "pygls", "lsprotocol")}
        print(json.dumps({"python": sys.version.split()[0], **versions, "figures": found}, indent=2))
        return
    for name, value in found.items():
        limit = f"at most {LIMITS[name]}" if name in LIMITS else ""
        print(f"{name:<24} {value:>8.1f}  {limit}")


if __name__ == "__main__":
    main()
