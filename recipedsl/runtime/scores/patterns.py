"""Searches patterns of the recipe in texts that nobody chose, under a time limit.

Patterns are written in Rust's syntax, which never backtracks; here they run in one that does, so
every search has a limit. Version 1 of `regex` reads sets and flags within a pattern as Rust does.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import regex  # type: ignore[import-untyped]  # it ships no types

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_scores import PatternSlow, PatternUnreadable

#: Seconds for one search. A pattern that does not blow up needs microseconds.
SECONDS = 2.0
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


@functools.lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """The compiled pattern.

    Raises:
        RecipeError: it is not well formed.
    """
    try:
        return regex.compile(pattern, regex.V1)
    except regex.error as problem:
        message = f"the pattern `{pattern}` cannot be read"
        raise RecipeError(Diagnostic(PatternUnreadable, message, notes=(str(problem),))) from None


def search(pattern: str, text: str) -> Any:
    """The first match, or None.

    Raises:
        RecipeError: the search does not come to an end in time.
    """
    try:
        return compile_pattern(pattern).search(text, timeout=SECONDS)
    except TimeoutError:
        raise _slow(pattern, text) from None


def substitute(pattern: str, new: str, text: str) -> str:
    """The text with every match replaced; `$1`, `${name}`, `$$` as in Rust. Raises as `search`."""

    def filled(match: Any) -> str:
        def part(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            return "$" if name is None else str(match[int(name) if name.isdigit() else name] or "")

        return _REFERENCE.sub(part, new)

    try:
        return str(compile_pattern(pattern).sub(filled, text, timeout=SECONDS))
    except TimeoutError:
        raise _slow(pattern, text) from None


def _slow(pattern: str, text: str) -> RecipeError:
    return RecipeError(
        Diagnostic(
            PatternSlow,
            f"the pattern `{pattern}` took more than {SECONDS:g} s on one answer",
            notes=(f"the answer has {len(text)} characters and begins {text[:60]!r}",),
            helps=(Help("without nested repetitions, such as `(a+)+`, a search is over in no time"),),
        )
    )
