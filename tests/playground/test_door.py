"""Only whoever knows the address comes in, by the name that the server has, from its own page."""

from __future__ import annotations

import re
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from recipedsl.editor.playground.door import Door
from tests.playground.serving import ask, page


def test_the_page_is_there_with_its_token(door: Door) -> None:
    found = ask(door, f"/{door.token}/")
    assert found.status == 200
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["referrer-policy"] == "no-referrer"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cross-origin-resource-policy"] == "same-origin"
    assert found.headers["cache-control"] == "no-store"
    assert door.token not in found.body
    for name in ("play.js", "play.css", "icon.svg"):
        assert name in found.body
        assert ask(door, f"/{door.token}/{name}").status == 200


def test_the_policy_lets_nothing_in_from_elsewhere(door: Door) -> None:
    found = ask(door, f"/{door.token}/")
    policy = dict(each.split(" ", 1) for each in found.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == f"ws://127.0.0.1:{door.port}"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in found.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>", found.body) == ['<script src="play.js" type="module">']
    assert not re.search(r"<style|\son\w+=|\sstyle=|https?:", found.body)


def test_each_answer_has_a_nonce_of_its_own(door: Door) -> None:
    nonces = set()
    for _ in range(2):
        found = ask(door, f"/{door.token}/")
        (nonce,) = re.findall(r'data-nonce="([^"{}]+)"', found.body)
        assert f"'nonce-{nonce}'" in found.headers["content-security-policy"]
        nonces.add(nonce)
    assert len(nonces) == 2


def test_tokens_differ_and_are_long(door: Door) -> None:
    assert len({Door(1).token for _ in range(50)}) == 50
    assert len(door.token) >= 32
    assert door.token not in repr(door)


@pytest.mark.parametrize(
    "path", ["/", "/play.js", "/socket", "/wrong/", "/{token}x/", "/{half}/", "//{token}/", "/?{token}"]
)
def test_without_the_token_nothing_is_told(door: Door, path: str) -> None:
    found = ask(door, path.format(token=door.token, half=door.token[:-1]))
    assert found.status == 403
    assert "<" not in found.body
    assert door.token not in found.body


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]:{port}",
        "127.0.0.1:{port}.evil.example",
    ],
)
def test_another_name_of_the_server_is_refused(door: Door, host: str) -> None:
    assert ask(door, f"/{door.token}/", {"Host": host.format(port=door.port)}).status == 421


def test_localhost_is_a_name_of_it(door: Door) -> None:
    assert ask(door, f"/{door.token}/", {"Host": f"localhost:{door.port}"}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "index.html",
        "static/play.js",
        "/etc/passwd",
        "recipe.ftr",
        "play.js/",
    ],
)
def test_there_are_no_other_files(door: Door, path: str) -> None:
    assert ask(door, f"/{door.token}/{path}").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_but_get_is_answered(door: Door, method: str) -> None:
    with suppress(OSError):  # older versions of the library end the connection without a word
        assert ask(door, f"/{door.token}/", method=method).status >= 400


@pytest.mark.parametrize(
    ("token", "origin", "status"),
    [
        ("{token}", "http://evil.example", 403),
        ("{token}", "http://127.0.0.1:1", 403),
        ("{token}", "https://127.0.0.1:{port}", 403),
        ("{token}", "null", 403),
        ("{token}", None, 403),
        ("wrong", "http://127.0.0.1:{port}", 403),
    ],
)
def test_the_socket_opens_for_our_own_page_only(
    door: Door, token: str, origin: str | None, status: int
) -> None:
    address = f"ws://127.0.0.1:{door.port}/{token.format(token=door.token)}/socket"
    with pytest.raises(InvalidStatus) as error:
        connect(address, origin=origin and origin.format(port=door.port))  # type: ignore[arg-type]
    assert error.value.response.status_code == status


def test_the_socket_asks_for_the_host_too(door: Door) -> None:
    headers = {
        "Host": f"evil.example:{door.port}",
        "Origin": f"http://127.0.0.1:{door.port}",
        "Upgrade": "websocket",
    }
    assert ask(door, f"/{door.token}/socket", headers).status == 421


def test_a_plain_request_opens_no_socket(door: Door) -> None:
    assert ask(door, f"/{door.token}/socket", {"Origin": f"http://127.0.0.1:{door.port}"}).status == 426


def test_a_message_that_is_too_large_ends_the_talk(door: Door, root: Path) -> None:
    with page(door, root) as client:
        client.line.send("x" * (3 << 20))
        with pytest.raises(ConnectionClosedError) as error:
            client.ask("recipedsl/begin", {})
        assert error.value.rcvd is not None
        assert error.value.rcvd.code == 1009
    with page(door, root) as another:  # the others are not concerned
        assert another.result("recipedsl/begin", {})["name"] == "project"


def test_only_so_many_pages_are_open(door: Door, root: Path) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(page(door, root))
        with pytest.raises(ConnectionClosedError) as error, page(door, root):
            pass
        assert error.value.rcvd is not None
        assert error.value.rcvd.code == 1013
