"""A playground that is served in a thread of this process, and clients of it: HTTP, the socket."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from recipedsl.cli.lsp import world
from recipedsl.editor.playground.door import Door
from recipedsl.editor.playground.methods import Beginning
from recipedsl.editor.playground.serving import Playground, serve_playground

#: What counts rows, as `play` starts it.
COUNTER = (sys.executable, "-m", "recipedsl.cli.counting")

RECIPE = """\
ftr 1

model base { from = local("models/tiny") }

data lessons = read("rows.jsonl")
  | where chars(answer) > 2
  | as chat(user = question, assistant = answer)

stage tuned: sft { from = base, data = lessons, epochs = 1 }

run { seed = 17 }
"""


def write_project(root: Path) -> None:
    """A project with a recipe, its rows and the folder of its model."""
    (root / "models" / "tiny").mkdir(parents=True)
    (root / ".recipedsl").mkdir()
    rows = [{"question": f"q{number}", "answer": "a" * number} for number in range(1, 7)]
    (root / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    (root / "recipe.ftr").write_text(RECIPE, encoding="utf-8")


@contextmanager
def served(root: Path, text: str = "") -> Iterator[Door]:
    """A playground of a project; `text` for a recipe that lies in no file."""
    home = root.resolve()
    playground = Playground(home, world(), COUNTER, Beginning("new.ftr" if text else "recipe.ftr", text))
    doors: list[Door] = []
    open_ = threading.Event()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    def ready(door: Door) -> None:
        doors.append(door)
        open_.set()

    def run() -> None:
        loop.run_until_complete(serve_playground(playground, 0, ready, stopped))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert open_.wait(20)
        yield doors[0]
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(20)
        assert not thread.is_alive()


@dataclass(frozen=True)
class Answered:
    """An HTTP answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


def ask(door: Door, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answered:
    """One request, sent as it is given."""
    line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)
    try:
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": f"127.0.0.1:{door.port}", **(headers or {})}.items():
            line.putheader(name, value)
        line.endheaders()
        found = line.getresponse()
        told = {name.lower(): value for name, value in found.getheaders()}
        return Answered(found.status, told, found.read().decode())
    finally:
        line.close()


@dataclass
class Client:
    """A page, without a browser."""

    line: ClientConnection
    root: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        """The whole answer to a request."""
        self.asked += 1
        self.line.send(json.dumps({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params}))
        while True:
            message: dict[str, Any] = json.loads(self.line.recv(timeout=60))
            if message.get("id") == self.asked and "method" not in message:
                return message
            self.told.append(message)

    def result(self, method: str, params: Any) -> Any:
        """The result of a request that succeeds."""
        answer = self.ask(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def tell(self, method: str, params: Any) -> None:
        """A message without an answer."""
        self.line.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))

    def uri(self, path: str) -> str:
        return f"{self.root.resolve().as_uri()}/{path}"

    def open(self, path: str, text: str) -> None:
        """A document as the editor has it."""
        document = {"uri": self.uri(path), "languageId": "ftr", "version": 0, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def problems(self, path: str) -> list[dict[str, Any]]:
        """The problems of a document once nothing more is said of it."""
        for _ in range(400):  # files are looked at on other threads
            self.result("recipedsl/picture", {"uri": self.uri(path)})
            picture = self.result("recipedsl/picture", {"uri": self.uri(path)})
            sent = [
                each["params"]
                for each in self.told
                if each.get("method") == "textDocument/publishDiagnostics"
            ]
            ours = [each["diagnostics"] for each in sent if each["uri"] == self.uri(path)]
            if ours and picture["errors"] == any(each["severity"] == 1 for each in ours[-1]) and ours[-1]:
                found: list[dict[str, Any]] = ours[-1]
                return found
            threading.Event().wait(0.05)
        return []


@contextmanager
def page(door: Door, root: Path, *, begun: bool = True) -> Iterator[Client]:
    """A client on the socket."""
    address, origin = f"ws://127.0.0.1:{door.port}/{door.token}/socket", f"http://127.0.0.1:{door.port}"
    with connect(address, origin=origin, max_size=None) as line:  # type: ignore[arg-type]
        client = Client(line, root)
        if begun:
            client.result("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
            client.tell("initialized", {})
        yield client
