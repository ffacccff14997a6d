"""Installed versions of the packages that decide results, read without importing them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from recipedsl.plan.identity import DECIDING_PACKAGES


def installed_versions() -> dict[str, str]:
    """Version by package; a package that is not installed is left out."""
    found: dict[str, str] = {}
    for name in sorted({name for names in DECIDING_PACKAGES.values() for name in names}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
