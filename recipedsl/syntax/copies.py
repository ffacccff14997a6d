"""`with` is a keyword between what is copied and its block, and a free word everywhere else."""

from __future__ import annotations

from dataclasses import replace

from recipedsl.syntax.scan import NAME, Token

WITH = "WITH"


def mark_copies(tokens: list[Token]) -> None:
    """Make the `with` of `stage final = tuned with { … }` a keyword, in place."""
    for index in range(2, len(tokens) - 1):
        if tokens[index].text == "with" and tokens[index].kind == NAME and _is_keyword(tokens, index):
            tokens[index] = replace(tokens[index], kind=WITH)


def _is_keyword(tokens: list[Token], index: int) -> bool:
    before, name, after = (tokens[place].kind for place in (index - 2, index - 1, index + 1))
    return before in ("EQUAL", "DOT") and name == NAME and after == "LBRACE"
