"""Which recipedsl this is."""

from __future__ import annotations


def version() -> str:
    """Version of the installed package; of a bare checkout, what `recipedsl.__version__` says."""
    from importlib import metadata

    import recipedsl

    try:
        return metadata.version("recipedsl")
    except metadata.PackageNotFoundError:
        return str(getattr(recipedsl, "__version__", "0 (not installed)"))
