"""Every kind of diagnostic, one module a family; those that find their cases themselves are in `lint`."""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.diagnostics.code import Code


def every_code() -> Iterator[type[Code]]:
    """Every kind of every module here."""
    import pkgutil
    from importlib import import_module

    for each in pkgutil.iter_modules(__path__):
        yield from import_module(f"{__name__}.{each.name}").CODES
