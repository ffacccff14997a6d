"""A plain transformers folder: what it must hold, what it says of itself, how it is copied.

Everything here reads JSON and the headers of safetensors files; neither torch nor transformers is
imported.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import ModelIncomplete, ModelOwnCode, UnsafeWeights
from recipedsl.plan.facts import ModelFacts

#: The files of a model that are taken; nothing else of a repository or folder is.
WANTED = (
    "config.json",
    "generation_config.json",
    "model*.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "tokenizer.model",
)

#: Forms of weights that run code, or may, when they are read.
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.h5", "*.msgpack")

#: A safetensors header beyond this many bytes is no header; the format's own readers have the same limit.
_LARGEST_HEADER = 100_000_000

#: Beyond any number of weights, tokens or layers.
_LARGEST_SIZE = 2**48

_ROLES = ("bos_token", "eos_token", "pad_token", "unk_token")


@dataclass(frozen=True)
class Found:
    """A model at hand.

    Attributes:
        folder: where it lies.
        name: what people call it.
        revision: commit or checksum; empty when it has none.
        shared: whether the files lie in a cache that nobody edits, so that links to them are safe.
    """

    folder: Path
    name: str
    revision: str = ""
    shared: bool = False


def check_folder(folder: Path, name: str) -> None:
    """Whether the folder holds a model that can be used.

    Raises:
        RecipeError: it lacks a part, has weights only as pickles, or needs code of its own.
    """
    if not (folder / "config.json").exists() and (folder / "adapter_config.json").exists():
        raise _wrong(
            ModelIncomplete, f"{name} is an adapter, not a model", folder, "name the model it was made for"
        )
    for file in ("config.json", "tokenizer_config.json"):
        _check_own_code(folder, file, name)
    _check_weights(folder, name)
    if not (folder / "tokenizer.json").exists():
        hint = "`AutoTokenizer.from_pretrained(...).save_pretrained(...)` writes one"
        raise _wrong(ModelIncomplete, f"{name} has no tokenizer.json", folder, hint)


def _check_own_code(folder: Path, file: str, name: str) -> None:
    if "auto_map" in _read_json(folder, file, name):
        hint = "a model of an architecture that transformers has; code that comes with weights is never run"
        raise _wrong(
            ModelOwnCode, f"{name} needs Python code of its own (`auto_map` in {file})", folder, hint
        )


def _check_weights(folder: Path, name: str) -> None:
    if not _weights_of(folder):
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        if pickles:
            hint = "`save_pretrained` of transformers writes safetensors, which hold numbers and nothing else"
            message = f"{name} has weights only as {pickles[0]}, and reading a pickle can run any code"
            raise _wrong(UnsafeWeights, message, folder, hint)
        raise _wrong(ModelIncomplete, f"{name} has no model.safetensors", folder, "a folder with weights")
    for shard in _shards(folder, name):
        if not (folder / shard).exists():
            raise _wrong(ModelIncomplete, f"{name} lacks {shard}", folder, "fetch it once more")


def _weights_of(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("model*.safetensors")) if path.is_file()]


def check_sizes(facts: ModelFacts, name: str) -> None:
    """Whether the weights can be those of the configuration, by which memory is taken.

    Raises:
        RecipeError: it speaks of an embedding or of layers that the weights have no room for.
    """
    said = max(facts.vocabulary, facts.layers) * max(facts.hidden, 1)
    if said > facts.parameters:
        message = f"config.json of {name} speaks of more than its {facts.parameters:,} weights"
        raise _wrong(ModelIncomplete, message, Path(facts.folder), "an unbroken copy")


def _shards(folder: Path, name: str) -> list[str]:
    """Names of the files that the index, if there is one, says that the weights are in."""
    if not (folder / "model.safetensors.index.json").exists():
        return []
    index = _read_json(folder, "model.safetensors.index.json", name)
    return sorted({Path(str(each)).name for each in _record(index.get("weight_map")).values()})


def _read_json(folder: Path, file: str, name: str) -> dict[str, Any]:
    if not (folder / file).is_file():  # a pipe would never end
        raise _wrong(
            ModelIncomplete, f"{name} has no {file}", folder, "a folder written by `save_pretrained`"
        )
    try:
        form = json.loads((folder / file).read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _wrong(
            ModelIncomplete, f"{file} of {name} cannot be read: {error}", folder, "an unbroken copy"
        ) from None
    if not isinstance(form, dict):
        raise _wrong(ModelIncomplete, f"{file} of {name} is no JSON object", folder, "an unbroken copy")
    return form


def _wrong(kind: type[Code], message: str, folder: Path, hint: str) -> RecipeError:
    return RecipeError(Diagnostic(kind, message, notes=(f"folder: {folder}",), helps=(Help(hint),)))


# --- facts ----------------------------------------------------------------------------------------------


def facts_of_folder(folder: Path) -> ModelFacts:
    """What configuration, tokenizer and the headers of the weights say.

    Raises:
        RecipeError: a file is missing or broken.
    """
    name = folder.name
    configuration = _read_json(folder, "config.json", name)
    inner = _record(configuration.get("text_config", configuration))
    tokenizer = _read_json(folder, "tokenizer_config.json", name)
    return ModelFacts(
        folder=str(folder),
        template=_template(folder, tokenizer),
        special=_special(folder, tokenizer),
        vocabulary=_number(inner, "vocab_size"),
        parameters=sum(_count_weights(path, name) for path in _weights_of(folder)),
        layers=_number(inner, "num_hidden_layers", "n_layer"),
        hidden=_number(inner, "hidden_size", "n_embd"),
        feedforward=_number(inner, "intermediate_size", "n_inner"),
        heads=_number(inner, "num_attention_heads", "n_head"),
        queries=_number(inner, "num_attention_heads", "n_head") * _head_width(inner),
        keys=_number(inner, "num_key_value_heads", "num_attention_heads", "n_head") * _head_width(inner),
        context=_number(inner, "max_position_embeddings", "n_positions"),
    )


def _head_width(configuration: dict[str, Any]) -> int:
    heads = _number(configuration, "num_attention_heads", "n_head")
    shared = _number(configuration, "hidden_size", "n_embd") // heads if heads else 0
    return _number(configuration, "head_dim") or shared


def _number(configuration: dict[str, Any], *names: str) -> int:
    return next((int(configuration[name]) for name in names if _is_size(configuration.get(name))), 0)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST_SIZE


def _template(folder: Path, tokenizer: dict[str, Any]) -> str:
    """The chat template; of several, the one named `default`."""
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text("utf-8", "replace")
    given = tokenizer.get("chat_template") or ""
    if isinstance(given, list):
        named = (_record(each) for each in given)
        return next((str(each.get("template", "")) for each in named if each.get("name") == "default"), "")
    return str(given)


def _record(value: Any) -> dict[str, Any]:
    """The value where it is a record: files of strangers may hold anything."""
    return value if isinstance(value, dict) else {}


def _special(folder: Path, tokenizer: dict[str, Any]) -> dict[str, str]:
    """Texts of special tokens by role, out of either of the two files that may name them."""
    file = folder / "special_tokens_map.json"
    other = _read_json(folder, file.name, folder.name) if file.is_file() else {}
    found = {role: tokenizer.get(role) or other.get(role) for role in _ROLES}
    return {role: _text_of(token) for role, token in found.items() if token}


def _text_of(token: Any) -> str:
    return str(token.get("content", "")) if isinstance(token, dict) else str(token)


def _count_weights(path: Path, name: str) -> int:
    """Number of values in a safetensors file, from its header alone."""
    try:
        total = sum(math.prod(shape) for shape in _shapes(path))
        if total > _LARGEST_SIZE:
            raise ValueError("its header speaks of impossible sizes")
        return total
    except (ValueError, KeyError, TypeError, RecursionError, struct.error) as error:
        hint = "an unbroken copy"
        raise _wrong(
            ModelIncomplete, f"{path.name} of {name} is no safetensors file: {error}", path.parent, hint
        ) from None


def _shapes(path: Path) -> Iterator[list[int]]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LARGEST_HEADER:
            raise ValueError("its header is too long")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise TypeError("its header is no record")
    for shape in (each["shape"] for key, each in header.items() if key != "__metadata__"):
        if not all(map(_is_size, shape)):
            raise ValueError("its header speaks of impossible sizes")
        yield shape


# --- copying --------------------------------------------------------------------------------------------


def wanted_files(folder: Path) -> list[Path]:
    """The files of a folder that belong to a model, sorted by name."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and any(fnmatch(path.name, pattern) for pattern in WANTED)
    ]


def copy_model(source: Path, target: Path, *, link: bool) -> None:
    """Lays the model's files into another folder.

    Args:
        source: where it lies.
        target: made if it is not there.
        link: whether weights may share their place on the disk with the source.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in wanted_files(source):
        if not (link and path.suffix == ".safetensors" and _linked(path.resolve(), target / path.name)):
            shutil.copyfile(path, target / path.name)


def _linked(source: Path, target: Path) -> bool:
    """Whether a hard link could be made; not across disks, nor on every file system."""
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def digest_of_folder(folder: Path) -> str:
    """SHA-256 over names and contents of the files that belong to a model; empty where there are none."""
    files = wanted_files(folder) if folder.is_dir() else []
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest() if files else ""
