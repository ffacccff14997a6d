"""What the page asks beside the protocol of editors: recipes of the project, the picture, the counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from recipedsl.editor.counting import Counting
from recipedsl.editor.playground.funnel import funnels_of
from recipedsl.editor.playground.graph import graph_of
from recipedsl.editor.playground.recipes import Opened, Recipes, Refused
from recipedsl.editor.server import RecipeServer
from recipedsl.editor.workspace import uri_of


@dataclass(frozen=True)
class Beginning:
    """What the page shows first.

    Attributes:
        path: of the recipe, relative to the root.
        text: for a recipe that lies in no file yet; empty for one that does.
    """

    path: str
    text: str = ""


def add_methods(server: RecipeServer, recipes: Recipes, counting: Counting, beginning: Beginning) -> None:
    """Answer the page's own requests."""

    @server.feature("recipedsl/begin")
    def begin(_: Any) -> dict[str, Any]:
        found = {"root": uri_of(recipes.root), "name": recipes.root.name, "paths": recipes.paths()}
        if beginning.text:
            return {**found, "opened": vars(Opened(beginning.path, beginning.text, ""))}
        return {**found, **_done(lambda: recipes.open(beginning.path))}

    @server.feature("recipedsl/open")
    def open_(params: Any) -> dict[str, Any]:
        path = _text(params, "path")
        return {**_done(lambda: recipes.open(path)), "paths": recipes.paths()}

    @server.feature("recipedsl/save")
    def save(params: Any) -> dict[str, Any]:
        path, text, digest = (_text(params, each) for each in ("path", "text", "digest"))
        return {**_done(lambda: recipes.save(path, text, digest)), "paths": recipes.paths()}

    @server.feature("recipedsl/picture")
    def picture(params: Any) -> dict[str, Any] | None:
        analysis = server.recipes.analysis(_text(params, "uri"))
        if analysis is None:
            return None
        return {
            "version": analysis.document.version,
            "guess": analysis.is_guess,
            "errors": any(each.is_error for each in analysis.problems),
            "graph": graph_of(analysis),
            "funnels": funnels_of(analysis),
        }

    @server.feature("recipedsl/counts")
    async def counts(params: Any) -> dict[str, Any] | None:
        document = server.recipes.documents.get(_text(params, "uri"))
        if document is None:
            return None
        return {"version": document.version, **await counting.count(document.path, document.text)}


def _done(action: Callable[[], Opened]) -> dict[str, Any]:
    """`opened`: what the action gives; or `refused`: why it is not done."""
    try:
        return {"opened": vars(action())}
    except Refused as error:
        return {"refused": str(error)}


def _text(params: Any, name: str) -> str:
    found = getattr(params, name, None)
    if not isinstance(found, str):
        raise JsonRpcInvalidParams(message=f"`{name}` is wanted, a text")
    return found
