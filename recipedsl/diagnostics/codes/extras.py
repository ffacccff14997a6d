"""D523: what needs a library that is not installed."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code


class ExtraMissing(Code):
    """A library that comes with an extra is not installed.

    What: a step, the page of `data --html` or the site of `docs build` needs a library that comes with an
    extra of this package, such as the embeddings of `spread`.

    Why: most recipes do without, and some libraries are large.

    Bad: `spread 5k by question` after `pip install recipedsl`

    Good: the same after `pip install 'recipedsl[embedding]'`
    """

    code: ClassVar[str] = "D523"
    name: ClassVar[str] = "extra-missing"


CODES: tuple[type[Code], ...] = (ExtraMissing,)
