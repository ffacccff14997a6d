"""`recipedsl play` as a process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from recipedsl.cli.play import SAMPLE
from recipedsl.compiler import check_source
from recipedsl.data.look import FileFacts
from recipedsl.source import Source
from recipedsl.syntax.format import format_source

PLAY = [sys.executable, "-c", "from recipedsl.cli.main import main; main()", "play", "--no-browser"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_its_address_and_ends_when_asked(root: Path, ending: signal.Signals) -> None:
    with subprocess.Popen([*PLAY, "recipe.ftr"], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", process.stdout.readline())
        assert address is not None
        with urllib.request.urlopen(address[0], timeout=20) as page:
            assert b"recipedsl" in page.read()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address[0][:-2] + "/", timeout=20)
        process.send_signal(ending)
        assert process.wait(20) == exit_codes.FINE


def test_a_port_that_is_taken_is_told(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*PLAY, "--port", port], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == exit_codes.USAGE
    assert f"port {port} cannot be listened on" in done.stderr


def test_a_recipe_that_is_not_there_is_told(root: Path) -> None:
    done = subprocess.run(
        [*PLAY, "recipes.ftr"], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == exit_codes.RECIPE_ERRORS
    assert "there is no file recipes.ftr" in done.stderr + done.stdout


def test_the_sample_is_a_good_recipe(tmp_path: Path) -> None:
    found = check_source(Source("untitled.ftr", SAMPLE), FileFacts(tmp_path))
    assert [each.message for each in found.problems] == []
    assert format_source(Source("untitled.ftr", SAMPLE)) == SAMPLE
