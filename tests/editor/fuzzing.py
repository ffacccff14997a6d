"""Somebody who types without looking: random edits with requests in between, the same for one seed.

    python -m tests.editor.fuzzing [--edits 10000] [--seed 1] [--every 50]

After each so many edits every answer is compared with that of a fresh workspace. Memory is told at the end.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lsprotocol import types

from recipedsl.editor.features.diagnostics import problems_of
from recipedsl.editor.workspace import Workspace
from tests.compiling import write_rows
from tests.editor.asking import answered, of_document, of_place
from tests.editor.editing import Editor

START = """ftr 1
param rank: int in 1..256 = 16
model base { from = hub("example/tiny") }
type Row = { question: text, answer: text, topic: text, score: float? }
data rows: Row = read("rows.jsonl")
  | where chars(answer) in 1..8k and topic in ["sums", "dates"]
  | derive long = chars(answer) + 1
  | split train = 90%, held = 10%
data chats = rows.train | as chat(user = question, assistant = answer)
stage tuned: sft {
  from = base
  data = chats
  adapter = lora(rank = rank)
  max_length = 2Ki
}
stage online: grpo { from = tuned, data = (rows.train | as prompt(question)), reward = exact(answer) }
eval report { models = [base, tuned], data = rows.held, metrics = [loss()], slice = [topic] }
run { seed = 1 }
"""

_PIECES = [
    *(
        'a b x 1 2Ki 5% "t" ( ) { } [ ] | = , . : # é 😋 where derive as chat stage data model and in by lora rows rank'
    ).split(),
    " ",
    " ",
    "\n",
    "\n  | ",
    '"""',
    "`",
    "'",
    "\r\n",
    "## doc\n",
    "rounds 2 {\n",
    "let v = 1\n",
]

#: A document that grows without end is no test of typing.
_LONGEST = 4_000


class Typist:
    """Edits a document in a workspace, and asks about it."""

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.editor = Editor(root)
        self.uri = self.editor.uri("a.ftr")
        self.editor.open("a.ftr", START)
        self.version = 0

    @property
    def workspace(self) -> Workspace:
        return self.editor.workspace

    @property
    def text(self) -> str:
        return self.workspace.documents[self.uri].text

    def edit(self) -> None:
        """One edit: something put in, taken out or both; the text begins anew where it is too long."""
        self.version += 1
        positions = self.workspace.documents[self.uri].positions
        if len(self.text) > _LONGEST or self.random.random() < 0.01:
            change: types.TextDocumentContentChangeEvent = types.TextDocumentContentChangeWholeDocument(START)
        else:
            start = self.random.randrange(len(self.text) + 1)
            end = min(len(self.text), start + self.random.choice((0, 0, 0, 0, 1, 1, 3, 12)))
            text = self.random.choice(_PIECES) if self.random.random() < 0.7 else ""
            range_ = types.Range(positions.position(start), positions.position(end))
            change = types.TextDocumentContentChangePartial(range_, text)
        self.workspace.change(self.uri, self.version, [change])

    def requests(self) -> Iterator[tuple[str, Any]]:
        """Parameters of what is asked, at a random place."""
        positions = self.workspace.documents[self.uri].positions
        position = positions.position(self.random.randrange(len(self.text) + 1))
        at = {"text_document": types.TextDocumentIdentifier(self.uri), "position": position}
        yield types.TEXT_DOCUMENT_HOVER, types.HoverParams(**at)
        yield types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams(**at)
        yield types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpParams(**at)
        yield types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(at["text_document"], positions.whole)
        yield from of_place(self.workspace, self.uri, positions.offset(position))
        yield from of_document(self.workspace, self.uri)

    def answers(self, workspace: Workspace, asked: list[tuple[str, Any]]) -> list[Any]:
        """What a workspace answers, its problems first."""
        analysis = workspace.analysis(self.uri)
        assert analysis is not None
        found: list[Any] = [problems_of(workspace, analysis)]
        found += [answered(workspace, self.uri, method, params) for method, params in asked]
        return found

    def fresh(self) -> Workspace:
        """A workspace that has seen this text only."""
        editor = Editor(self.editor.root)
        editor.open("a.ftr", self.text)
        return editor.workspace

    def compare(self) -> None:
        """Raises AssertionError where the answers are not those of a fresh workspace."""
        asked = list(self.requests())
        mine, theirs = self.settled(self.workspace, asked), self.settled(self.fresh(), asked)
        assert mine == theirs, f"after {self.version} edits:\n{self.text}"

    def settled(self, workspace: Workspace, asked: list[tuple[str, Any]]) -> list[Any]:
        """Answers once everything that they depend on was looked up."""
        self.answers(workspace, asked)
        workspace.settle(self.uri)
        return self.answers(workspace, asked)


def type_blindly(root: Path, edits: int, seed: int, every: int) -> Iterator[int]:
    """Makes edits, asks after each, compares after some; yields the number of edits now and then."""
    typist = Typist(root, seed)
    for number in range(1, edits + 1):
        typist.edit()
        if number % every == 0:
            typist.compare()
        else:
            typist.answers(typist.workspace, list(typist.requests()))
        yield number


def main() -> None:
    """Types, and tells how memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number in type_blindly(write_rows(Path(folder)), given.edits, given.seed, given.every):
            if number in (100, given.edits) or number % 1_000 == 0:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{number:>7,} edits, {peak:,.1f} MiB at most so far", flush=True)


if __name__ == "__main__":
    main()
