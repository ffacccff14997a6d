"""The site: the pages as HTML with a search that needs no network, made by MkDocs with its Material theme."""

from __future__ import annotations

import json
import logging
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recipedsl.reference.build import navigation, write_markdown

#: Lies in every folder that a site was written to: what a build may empty.
MARK = ".recipedsl-reference"

#: Lets the search run in pages that are opened as files; the theme would fetch it from elsewhere.
_SHIM = "iframe-worker.js"


def can_build() -> bool:
    """Whether the generator is installed."""
    return find_spec("mkdocs") is not None and find_spec("material") is not None


def is_ours(folder: Path) -> bool:
    """Whether a build may empty the folder: it is not there, empty, or was written by a build."""
    return not folder.exists() or not any(folder.iterdir()) or (folder / MARK).exists()


def build_site(folder: Path) -> None:
    """Writes the site into a folder, which is emptied first; see `is_ours`.

    Raises:
        OSError: when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        sources = Path(temporary) / "docs"
        sources.mkdir()
        write_markdown(sources)
        shutil.copy(Path(__file__).parent / "static" / _SHIM, sources / _SHIM)
        _generate(Path(temporary), folder.resolve())
    mark(folder)


def mark(folder: Path) -> None:
    """Says in a folder that a build may empty it."""
    (folder / MARK).write_text("A build of the reference may empty this folder.\n", encoding="utf-8")


def _generate(sources: Path, folder: Path) -> None:
    """Runs MkDocs; a link that leads nowhere stops it."""
    # The theme advertises its successor to the terminal otherwise.
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    file = sources / "mkdocs.yml"
    file.write_text(json.dumps(settings(folder)), encoding="utf-8")  # JSON is YAML
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    build(load_config(config_file=str(file), strict=True))


def settings(folder: Path) -> dict[str, Any]:
    """Settings of MkDocs for a site in this folder."""
    groups = navigation()
    top = [{title: file} for title, file in groups.pop("").items()]
    nav = top + [{title: [{name: file} for name, file in pages.items()]} for title, pages in groups.items()]
    return {
        "site_name": "recipedsl",
        "site_dir": str(folder),
        "docs_dir": "docs",
        "nav": nav,
        "use_directory_urls": False,
        "validation": {"links": {"anchors": "warn"}},
        "theme": {
            "name": "material",
            "font": False,  # the reader's own fonts; nothing is fetched
            "features": [
                "navigation.indexes",
                "navigation.top",
                "search.suggest",
                "search.highlight",
                "content.code.copy",
            ],
            "palette": _palette(),
        },
        "plugins": ["search", "offline"],
        "markdown_extensions": [
            "tables",
            {"toc": {"permalink": True}},
            "pymdownx.superfences",
            {"pymdownx.highlight": {"use_pygments": True}},
        ],
        "extra": {"generator": False, "polyfills": [_SHIM]},
    }


def _palette() -> list[dict[str, Any]]:
    """Light or dark as the reader's system asks, and a switch."""
    return [
        {"media": "(prefers-color-scheme: light)", "scheme": "default",
         "toggle": {"icon": "material/weather-night", "name": "Dark"}},
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate",
         "toggle": {"icon": "material/weather-sunny", "name": "Light"}},
    ]  # fmt: skip
