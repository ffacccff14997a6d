"""Links in the text: imported recipes, data files, templates and code, and pages of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature
from recipedsl.editor.nodes import walk
from recipedsl.editor.workspace import Workspace
from recipedsl.language.names import is_repository
from recipedsl.plan.facts import FileRows
from recipedsl.source import Span
from recipedsl.source.paths import beside
from recipedsl.syntax import tree

_HUB = "https://huggingface.co"

#: `hf://datasets/owner/name@revision/…`
_ADDRESS = re.compile(r"hf://datasets/(?P<name>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+))?(?:/.*)?")

#: `file.py:name`
_CODE = re.compile(r"(?P<path>.+\.py)(?::\w*)?")

_GLOB = re.compile(r"[*?\[]")


def links(workspace: Workspace, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    """Every text of a document that names a file or a page."""
    analysis = workspace.analysis(params.text_document.uri)
    return None if analysis is None else [*_links(workspace, analysis)]


def _links(workspace: Workspace, analysis: Analysis) -> Iterator[types.DocumentLink]:
    for item in analysis.tree.items:
        if isinstance(item, tree.Import):
            yield from _file(workspace, analysis, item.path, item.path.value)
    models = _models(analysis)
    for node in walk(analysis.tree):
        if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            first = node.arguments[0].value if node.arguments else None
            if isinstance(first, tree.Text):
                yield from _called(workspace, analysis, node, first, is_model=node.span in models)


def _models(analysis: Analysis) -> set[Span]:
    """Places of the sources of models."""
    things = [each for each in walk(analysis.tree) if isinstance(each, tree.Thing)]
    return {
        entry.value.span
        for thing in things
        for entry in thing.block.entries
        if isinstance(entry, tree.Attribute) and entry.key.text == "from"
    }


def _called(
    workspace: Workspace, analysis: Analysis, call: tree.Call, first: tree.Text, *, is_model: bool
) -> Iterator[types.DocumentLink]:
    """The link of the first argument of a call."""
    assert isinstance(call.function, tree.Name)
    word = call.function.text
    if word == "hub":
        yield from _page(analysis, first, first.value, _revision(call), is_model=is_model)
    elif word == "pypi" and is_model:
        name = re.match(r"[A-Za-z0-9._-]+", first.value)
        if name is not None:
            yield _link(analysis, first, f"https://pypi.org/project/{name[0]}/", "page of the package")
    elif word == "read":
        yield from _data(workspace, analysis, first)
    elif word == "python":
        code = _CODE.fullmatch(first.value)
        # Relative to the project root, as the reward's page says.
        yield from _at_root(workspace, analysis, first, code["path"]) if code else ()
    elif word == "file":
        yield from _file(workspace, analysis, first, first.value)


def _revision(call: tree.Call) -> str:
    named = (each.value for each in call.arguments if each.name is not None and each.name.text == "revision")
    found = next(named, None)
    return found.value if isinstance(found, tree.Text) else ""


def _page(
    analysis: Analysis, node: tree.Text, name: str, revision: str, *, is_model: bool
) -> Iterator[types.DocumentLink]:
    """The page of a repository of the hub, at its revision."""
    if not is_repository(name, revision):
        return
    kind, what = ("", "model") if is_model else ("datasets/", "dataset")
    at = f"/tree/{quote(revision, safe='')}" if revision else ""
    yield _link(analysis, node, f"{_HUB}/{kind}{quote(name)}{at}", f"page of the {what}")


def _data(workspace: Workspace, analysis: Analysis, node: tree.Text) -> Iterator[types.DocumentLink]:
    """The file of rows; of a glob the only one that it stands for; of an address its page."""
    address = _ADDRESS.fullmatch(node.value)
    if address is not None:
        yield from _page(analysis, node, address["name"], address["revision"] or "", is_model=False)
        return
    path = beside(analysis.document.path, node.value)
    if not _GLOB.search(path):
        yield from _file(workspace, analysis, node, node.value)
        return
    look = analysis.look(FileRows(path))
    if look is not None and len(look.files) == 1:
        yield from _at_root(workspace, analysis, node, look.files[0])


def _file(
    workspace: Workspace, analysis: Analysis, node: tree.Text, written: str
) -> Iterator[types.DocumentLink]:
    """A file beside the recipe."""
    yield from _at_root(workspace, analysis, node, beside(analysis.document.path, written))


def _at_root(
    workspace: Workspace, analysis: Analysis, node: tree.Text, path: str
) -> Iterator[types.DocumentLink]:
    """A file of the project; none outside of it, and no address."""
    if not path or "://" in path or path.startswith(("/", "..")) or "\0" in path:
        return
    yield _link(analysis, node, workspace.uri_in(analysis.document.root, path), "")


def _link(analysis: Analysis, node: tree.Text, target: str, tooltip: str) -> types.DocumentLink:
    return types.DocumentLink(analysis.positions.range(_inner(node)), target=target, tooltip=tooltip or None)


def _inner(node: tree.Text) -> Span:
    """A text without its quotes."""
    quotes = 3 if node.raw.startswith('"""') else 1
    return Span(node.span.start + quotes, max(node.span.start + quotes, node.span.end - quotes))


FEATURES = (Feature(types.TEXT_DOCUMENT_DOCUMENT_LINK, links, types.DocumentLinkOptions(), wide=True),)
