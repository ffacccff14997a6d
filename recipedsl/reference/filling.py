"""Texts with generated parts: between `<!-- generated: name -->` and `<!-- /generated -->`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from recipedsl.diagnostics import Bug

_PART = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def filled(text: str, makers: Mapping[str, Callable[[], str]], *, keep_marks: bool = True) -> str:
    """The text with every generated part made anew.

    Args:
        text: with marks around its generated parts.
        makers: what makes each part, by name.
        keep_marks: whether the marks stay, so that the text can be filled again.

    Raises:
        Bug: when a part is marked that nobody makes.
    """

    def part(match: re.Match[str]) -> str:
        if match[2] not in makers:
            raise Bug(f"nothing makes the generated part {match[2]!r}")
        made = makers[match[2]]().strip()
        return f"{match[1]}\n{made}\n\n{match[3]}" if keep_marks else made

    return _PART.sub(part, text)


def parts(text: str) -> list[str]:
    """Names of the generated parts of a text."""
    return [match[2] for match in _PART.finditer(text)]
