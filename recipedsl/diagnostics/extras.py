"""Libraries that come with an extra of this package: one way to say that one is not installed."""

from __future__ import annotations

from recipedsl.diagnostics.codes.extras import ExtraMissing
from recipedsl.diagnostics.model import Diagnostic, Help, Label


def extra_missing(
    what: str, library: str, extra: str, *otherwise: str, label: Label | None = None
) -> Diagnostic:
    """The diagnostic of something whose library is not installed.

    Args:
        what: needs it: `` `spread` ``.
        library: by the name under which it is known.
        extra: of this package, that brings it.
        otherwise: what helps too.
        label: where it was asked for.
    """
    helps = (f"`pip install 'recipedsl[{extra}]'`", *otherwise)
    words = f"{what} needs `{library}`, which is not installed"
    return Diagnostic(ExtraMissing, words, label, helps=tuple(map(Help, helps)))
