"""Lints: fine to run, likely not meant."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class MissingEdition(Code):
    """A recipe without its edition line.

    What: The first line says which edition of the language the recipe is written in.

    Bad:

        model base { from = local("m") }

    Good:

        ftr 1
        model base { from = local("m") }
    """

    code: ClassVar[str] = "L101"
    name: ClassVar[str] = "missing-edition"
    severity: ClassVar[Severity] = Severity.WARNING


class Unused(Code):
    """A declaration that nothing uses.

    Bad:

        let rate = 1e-4
    """

    code: ClassVar[str] = "L102"
    name: ClassVar[str] = "unused-declaration"
    severity: ClassVar[Severity] = Severity.WARNING


class NoSeed(Code):
    """A recipe that trains without a written seed.

    What: The seed is 0 then; writing it says that it is meant.

    Bad:

        run { }

    Good:

        run { seed = 17 }
    """

    code: ClassVar[str] = "L103"
    name: ClassVar[str] = "missing-seed"
    severity: ClassVar[Severity] = Severity.HINT


class Unpinned(Code):
    """A model or dataset of the hub without a pinned revision.

    What: Its owner can change it at any time.

    Bad:

        from = hub("Qwen/Qwen2.5-0.5B")

    Good:

        from = hub("Qwen/Qwen2.5-0.5B", revision = "7ae5576…")
    """

    code: ClassVar[str] = "L104"
    name: ClassVar[str] = "unpinned-revision"
    severity: ClassVar[Severity] = Severity.WARNING


class UnknownEdition(Code):
    """An edition that this version does not know.

    Bad:

        ftr 2

    Good:

        ftr 1
    """

    code: ClassVar[str] = "L105"
    name: ClassVar[str] = "unknown-edition"
    severity: ClassVar[Severity] = Severity.ERROR


CODES: tuple[type[Code], ...] = (
    MissingEdition,
    Unused,
    NoSeed,
    Unpinned,
    UnknownEdition,
)
