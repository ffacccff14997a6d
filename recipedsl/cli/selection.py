"""Which problems are shown: by code, by the beginning of one, or by name. Errors always are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from recipedsl.diagnostics import Code, Diagnostic


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown.

    Attributes:
        select: what is; nothing in it takes all.
        ignore: what is not, of these.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def shows(self, diagnostic: Diagnostic) -> bool:
        """Whether a problem is shown. An error is whatever was selected: the recipe means nothing."""
        if diagnostic.is_error:
            return True
        chosen = not self.select or any(means(each, diagnostic.kind) for each in self.select)
        return chosen and not any(means(each, diagnostic.kind) for each in self.ignore)


def means(selector: str, code: type[Code]) -> bool:
    """Whether a selector means a code: `L104`, `L1`, `unpinned-revision`, `ALL`."""
    upper = selector.upper()
    return upper == "ALL" or code.code.startswith(upper) or code.name == selector.lower()


def refusal(selector: str, *, ignored: bool) -> tuple[str, str | None]:
    """Why a selector cannot be used, and the nearest one that can; empty when it can.

    Args:
        selector: as it was written.
        ignored: whether what it means is to be ignored.
    """
    from recipedsl.diagnostics import nearest
    from recipedsl.lint import every_kind

    meant = [each for each in every_kind() if means(selector, each)] if selector else []
    if not meant:
        known = [*(each.code for each in every_kind()), *(each.name for each in every_kind())]
        return f"`{selector}` is no code, no beginning of one, and no name", nearest(selector, known)
    if ignored and selector.upper() != "ALL" and all(str(each.severity) == "error" for each in meant):
        return f"`{selector}` is an error, which cannot be ignored: the recipe means nothing", None
    return "", None


def selectors(given: Iterable[str], option: str) -> tuple[str, ...]:
    """Selectors of an option that may be repeated and may hold several with commas.

    Raises:
        click.BadParameter: one means nothing, or is to ignore errors.
    """
    found = tuple(part.strip() for each in given for part in each.split(",") if part.strip())
    for each in found:
        words, close = refusal(each, ignored=option == "--ignore")
        if words:
            raise click.BadParameter(
                words + (f"; did you mean `{close}`?" if close else ""), param_hint=option
            )
    return found
