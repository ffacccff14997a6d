"""The features of the server: the one table that `server.py` wires and that tests go through.

A feature is a module beside this one with a tuple `FEATURES`; it is added by naming it here.
"""

from __future__ import annotations

from importlib import import_module

from recipedsl.editor.features.base import Feature

#: Modules of this package, in the order of the protocol's pages.
MODULES = (
    "completion",
    "hover",
    "inlay",
    "signature",
    "definition",
    "references",
    "rename",
    "symbols",
    "folding",
    "selection",
    "semantic_tokens",
    "links",
    "calls",
    "linked",
    "actions",
    "formatting",
    "lens",
)


def every_feature() -> tuple[Feature, ...]:
    """All features of all modules."""
    return tuple(
        each for name in MODULES for each in import_module(f"recipedsl.editor.features.{name}").FEATURES
    )
