"""Model folders: local ones, those of the hub's cache, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import ModelNode, ModelSource
from recipedsl.runtime.models import digest_of_folder, make_model, model_facts
from tests import tiny
from tests.runtime.execute.small_plans import origin

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def root(tmp_path: Path, tiny_model: Path) -> Path:
    """A project with a model in `models/tiny`."""
    folder = tmp_path / "project" / "models" / "tiny"
    folder.mkdir(parents=True)
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return tmp_path / "project"


def local(path: str = "models/tiny", digest: str = "") -> ModelSource:
    return ModelSource(keyword="local", settings={"path": path, "digest": digest})


def hub(name: str = "owner/tiny", revision: str = COMMIT) -> ModelSource:
    return ModelSource(keyword="hub", settings={"name": name, "revision": revision})


def make(source: ModelSource, root: Path) -> Path:
    out = root / "out"
    out.mkdir()
    node = ModelNode(name="base", origin=origin(), source=source)
    make_model(node, out, root, root / "cache")
    return out


def refusal(source: ModelSource, root: Path) -> str:
    with pytest.raises(RecipeError) as caught:
        make(source, root)
    (found,) = caught.value.diagnostics
    return f"{found.code} {found.message}"


# --- local ----------------------------------------------------------------------------------------------


def test_a_local_folder_is_copied(root: Path) -> None:
    source = root / "models" / "tiny"
    (source / "notes.txt").write_text("x")
    out = make(local(digest=digest_of_folder(source)), root)
    assert {path.name for path in out.iterdir()} == {path.name for path in source.iterdir()} - {"notes.txt"}
    assert not (out / "model.safetensors").samefile(source / "model.safetensors")


def test_facts_of_a_model(root: Path) -> None:
    facts = model_facts(local(), root, root / "cache")
    assert facts.problem == ""
    assert facts.template == tiny.CHATML
    assert facts.special == {"eos_token": tiny.IM_END, "pad_token": tiny.PAD}
    assert (facts.vocabulary, facts.layers, facts.hidden, facts.context) == (259, 2, 16, 512)
    # Two layers of 16: attention 2 * (256 + 128 + 128 + 256), gates 2 * 3 * 512, norms 5 * 16, 259 tokens.
    assert facts.parameters == 259 * 16 + 2 * (768 + 1536 + 32) + 16


def test_a_file_with_the_template_comes_first(root: Path) -> None:
    (root / "models/tiny/chat_template.jinja").write_text("{{ messages }}")
    assert model_facts(local(), root, root).template == "{{ messages }}"


@pytest.mark.parametrize(
    ("given", "template"),
    [
        ([{"name": "tool", "template": "a"}, {"name": "default", "template": "b"}], "b"),
        ([{"name": "tool", "template": "a"}], ""),
        (None, ""),
    ],
)
def test_templates_by_name(root: Path, given: object, template: str) -> None:
    path = root / "models/tiny/tokenizer_config.json"
    path.write_text(json.dumps({"chat_template": given, "eos_token": {"content": "</s>"}}))
    (root / "models/tiny/chat_template.jinja").unlink(missing_ok=True)
    facts = model_facts(local(), root, root)
    assert (facts.template, facts.special) == (template, {"eos_token": "</s>"})


def test_a_changed_folder_is_refused(root: Path) -> None:
    digest = digest_of_folder(root / "models/tiny")
    (root / "models/tiny/generation_config.json").write_text("{}")
    assert refusal(local(digest=digest), root).startswith("R726 the model in `models/tiny` has changed")


def spoil(path: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).write_text(text) and None


def only_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def own_code(folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "auto_map": {"AutoModel": "modeling.Model"}}))


def lost_shard(folder: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def adapter(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (only_pickle, "R724 models/tiny has weights only as pytorch_model.bin"),
        (own_code, "R723 models/tiny needs Python code of its own (`auto_map` in config.json)"),
        (lost_shard, "R725 models/tiny lacks model-00002.safetensors"),
        (adapter, "R725 models/tiny is an adapter, not a model"),
        (lambda folder: (folder / "model.safetensors").unlink(), "R725 models/tiny has no model.safetensors"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "R725 models/tiny has no tokenizer.json"),
        (spoil("config.json", "{"), "R725 config.json of models/tiny cannot be read"),
        (spoil("config.json", "[]"), "R725 config.json of models/tiny is no JSON object"),
        (spoil("model.safetensors", "x" * 20), "R725 model.safetensors of tiny is no safetensors file"),
    ],
)
def test_what_is_refused(root: Path, change: Callable[[Path], object], said: str) -> None:
    change(root / "models/tiny")
    problem = model_facts(local(), root, root).problem
    assert problem
    assert refusal(local(), root).startswith(said)


def test_a_folder_outside_the_project_is_refused(root: Path, tiny_model: Path) -> None:
    (root / "link").symlink_to(tiny_model)
    assert refusal(local("link"), root) == "R729 `link` lies outside the project"


def test_a_folder_that_is_not_there(root: Path) -> None:
    assert model_facts(local("models/x"), root, root).problem.startswith("not at hand yet: models/x")
    assert refusal(local("models/x"), root) == "R720 there is no folder `models/x`"


# --- hub ------------------------------------------------------------------------------------------------


@pytest.fixture
def hub_cache(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the hub's client with one model: blobs, snapshots of links to them, references."""
    cache = tmp_path / "hub"
    repository = cache / "models--owner--tiny"
    snapshot = repository / "snapshots" / COMMIT
    for folder in (repository / "blobs", snapshot, repository / "refs"):
        folder.mkdir(parents=True)
    for path in tiny_model.iterdir():
        (repository / "blobs" / f"sum-{path.name}").write_bytes(path.read_bytes())
        (snapshot / path.name).symlink_to(f"../../blobs/sum-{path.name}")
    (repository / "refs" / "main").write_text(COMMIT)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return cache


@pytest.mark.parametrize("revision", [COMMIT, "", "main"])
def test_a_model_in_the_hub_cache(hub_cache: Path, tmp_path: Path, revision: str) -> None:
    source = hub(revision=revision)
    facts = model_facts(source, tmp_path, tmp_path)
    assert facts.parameters > 0
    out = make(source, tmp_path)
    weights = out / "model.safetensors"
    assert not weights.is_symlink()
    assert weights.samefile(hub_cache / "models--owner--tiny/blobs/sum-model.safetensors")


@pytest.mark.parametrize("revision", ["v2", "f" * 40])
def test_a_revision_that_is_not_there_offline(hub_cache: Path, tmp_path: Path, revision: str) -> None:
    assert hub_cache.is_dir()
    source = hub(revision=revision)
    assert model_facts(source, tmp_path, tmp_path).problem.startswith("not at hand yet: owner/tiny")
    said = refusal(source, tmp_path)
    assert said == f"R722 owner/tiny at `{revision}` is not in the cache and cannot be fetched"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("GatedRepoError", "R721 owner/tiny is only for those who accepted its terms"),
        ("RepositoryNotFoundError", "R720 the hub has no model `owner/tiny`, or not for everybody"),
        ("RevisionNotFoundError", "R720 owner/tiny has no revision `v2`"),
        ("OfflineModeIsEnabled", "R722 owner/tiny at `v2` is not in the cache and cannot be fetched"),
    ],
)
def test_what_the_hub_says(error: str, said: str) -> None:
    from huggingface_hub import errors

    from recipedsl.runtime.models.hub import _diagnostic_of

    kind: type[Exception] = getattr(errors, error)
    found = _diagnostic_of(kind.__new__(kind), "owner/tiny", "v2")
    assert f"{found.code} {found.message}" == said
