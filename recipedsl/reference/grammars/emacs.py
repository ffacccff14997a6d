"""The lists of words for the mode of Emacs, as Lisp."""

from __future__ import annotations

from collections.abc import Iterable

from recipedsl.reference.grammars import words

_LISTS: dict[str, tuple[str, Iterable[str]]] = {
    "keywords": ("Reserved words that are neither values nor operators.", words.keywords()),
    "kinds": ("Words that begin a declaration and are free elsewhere.", words.KINDS),
    "naming": ("Reserved words that a name follows.", words.NAMING),
    "methods": ("Words behind the colon of a stage.", words.methods()),
    "steps": ("Words behind a bar.", words.steps()),
    "functions": ("Words that may stand before a parenthesis.", words.functions()),
    "types": ("Types that the language has itself.", words.types()),
    "constants": ("Reserved words that are values.", words.CONSTANTS),
    "operators": ("Reserved words that are operators.", words.WORD_OPERATORS),
}


def lists() -> str:
    """The whole file."""
    written = "\n".join(_list(name, *each) for name, each in _LISTS.items())
    return f"""\
;;; ftr-words.el --- Words of recipes  -*- lexical-binding: t; -*-

;;; Commentary:

;; Written by `recipedsl docs grammars': do not edit.

;;; Code:

{written}
(provide 'ftr-words)
;;; ftr-words.el ends here
"""


def _list(name: str, about: str, members: Iterable[str]) -> str:
    lines: list[str] = [""]
    for each in members:
        if len(lines[-1]) + len(each) > 84:  # columns, as Emacs' own files have them
            lines.append("")
        lines[-1] += f' "{each}"'
    inside = "\n   ".join(each.strip() for each in lines)
    return f'(defconst ftr-words-{name}\n  \'({inside})\n  "{about}")\n'
