"""Installed versions of the packages that decide results, read without importing them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from recipedsl.plan.identity import packages_of
from recipedsl.plan.model import Node

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def installed_versions(nodes: Iterable[Node] | None = None) -> dict[str, str]:
    """Version by package; a package that is not installed is left out.

    Args:
        nodes: whose functions count; without them all that there are.

    `python` is the interpreter: its minor version, as its grammar stays within one.
    """
    found: dict[str, str] = {}
    for name in packages_of(nodes):
        try:
            found[name] = _PYTHON if name == "python" else version(name)
        except PackageNotFoundError:
            continue
    return found
