"""A small hub on this machine: what the hub's client asks for, served from a folder over HTTP.

`repositories/<owner>/<name>/…` are models, `repositories/datasets/<owner>/<name>/…` datasets. Every
repository has one commit, which `main` names.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_REVISIONS = ("main", COMMIT)


@dataclass
class Hub:
    """A hub that is being served.

    Attributes:
        folder: of the repositories.
        gated: names of repositories whose files nobody may have.
        asked: method and path of every request so far.
        lies: headers that files are given with in the place of true ones.
        endpoint: what `HF_ENDPOINT` has to say.
    """

    folder: Path
    gated: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    lies: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path; the body of HEAD is left out by who sends it."""
        if path.startswith("/api/"):
            return self._tell(path.removeprefix("/api/"))
        name, found, rest = path.removeprefix("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        return self._give(name, revision, file) if found else _wrong(404, "EntryNotFound")

    def _tell(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """`models/NAME[/revision/REVISION | /tree/REVISION]`, the same for datasets."""
        kind, _, rest = path.partition("/")
        parts = rest.split("/")
        name = "/".join(parts[:2])
        what, revision = (*parts[2:4], "", "")[:2] if len(parts) > 2 else ("revision", "main")
        folder = self._folder(f"datasets/{name}" if kind == "datasets" else name)
        if not folder.is_dir():
            return _wrong(401, "RepoNotFound")
        if revision not in _REVISIONS:
            return _wrong(404, "RevisionNotFound")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if what == "tree":
            return _json([_entry(folder, each) for each in files])
        siblings = [
            {"rfilename": each.relative_to(folder).as_posix(), "size": each.stat().st_size} for each in files
        ]
        return _json({"_id": "1", "id": name, "sha": COMMIT, "siblings": siblings})

    def _give(self, name: str, revision: str, file: str) -> tuple[int, dict[str, str], bytes]:
        path = self._folder(name) / file
        if not self._folder(name).is_dir():
            return _wrong(401, "RepoNotFound")
        if revision not in _REVISIONS:
            return _wrong(404, "RevisionNotFound")
        if name.removeprefix("datasets/") in self.gated:
            return _wrong(403, "GatedRepo")
        if not path.is_file():
            return _wrong(404, "EntryNotFound")
        content = path.read_bytes()
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
        return 200, headers | self.lies, content

    def _folder(self, name: str) -> Path:
        return self.folder / name


def _entry(folder: Path, path: Path) -> dict[str, Any]:
    digest = hashlib.sha1(path.read_bytes()).hexdigest()
    return {
        "type": "file",
        "path": path.relative_to(folder).as_posix(),
        "size": path.stat().st_size,
        "oid": digest,
    }


def _json(form: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json", "X-Repo-Commit": COMMIT}, json.dumps(form).encode()


def _wrong(status: int, code: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"X-Error-Code": code, "X-Error-Message": code}, b"{}"


@contextmanager
def served(folder: Path) -> Iterator[Hub]:
    """Serves a folder of repositories while this lasts."""
    hub = Hub(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append(f"{self.command} {path}")
            status, headers, body = hub.answer(path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
