"""Stages that train nothing: merging weights, growing a model, writing it out."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import concept, mapping, name_of, number, one_of, several, share, text, whole


class Work(Concept):
    """Base of stages that make something of finished models without rows.

    Attributes:
        gives: what the result is good for; `files` ends a chain.
    """

    gives: ClassVar[Literal["policy", "files"]]


class Merge(Work):
    """One model of several: a weighted mean of their weights, or of what each changed.

    Source: Wortsman et al. 2022, arXiv:2203.05482 (soups); Yadav et al. 2023, arXiv:2306.01708 (TIES).

    Example: `stage averaged: merge { models = [first, second], weights = [1, 2] }`
    """

    keyword: ClassVar[str] = "merge"
    not_yet: ClassVar[str] = "a stage that starts from an adapter merges that by itself"
    gives: ClassVar[Literal["policy", "files"]] = "policy"

    models: Any = setting(several(name_of("model", "stage"), least=1), "what is merged")
    weights: Any = setting(several(number()), "weight of each; equal when left out", None)
    way: Any = setting(one_of("linear", "slerp", "ties", "dare_ties"), "how", "linear")
    density: Any = setting(share(above=0), "share of changes that `ties` keeps", None)


class Expand(Work):
    """A model with more layers: copies between the old ones, which change nothing at first.

    Source: Wu et al. 2024, arXiv:2401.02415 (LLaMA Pro).

    Example: `stage taller: expand { models = base, layers = 8 }`
    """

    keyword: ClassVar[str] = "expand"
    not_yet: ClassVar[str] = "expand the model beforehand and name its folder with `local(…)`"
    gives: ClassVar[Literal["policy", "files"]] = "policy"

    models: Any = setting(several(name_of("model", "stage"), least=1), "model that is expanded")
    layers: Any = setting(whole(1), "layers that are added")


class Export(Work):
    """Writes a model in another form, or to another place.

    Example: `stage published: export { models = final, to = hub("acme/tutor"), form = gguf }`
    """

    keyword: ClassVar[str] = "export"
    not_yet: ClassVar[str] = "the folder of a finished stage is a plain transformers or peft folder"
    gives: ClassVar[Literal["policy", "files"]] = "files"

    models: Any = setting(several(name_of("model", "stage"), least=1), "what is written")
    to: Any = setting(concept("model_source"), "where it is put; beside the run when left out", None)
    form: Any = setting(one_of("safetensors", "gguf", "adapter"), "form of the files", "safetensors")
    quantize: Any = setting(concept("quantizer"), "numbers of the weights", None)
    card: Any = setting(mapping(), "entries of the model card", None)
    tag: Any = setting(text(), "branch or tag of the hub", None)
