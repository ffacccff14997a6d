"""The parser that Lark makes of `grammar/recipe.lark`, and its table.

Building it takes a quarter of a second, so Lark keeps what it built in the user's cache folder.
That file is a pickle: it is read only from a folder that belongs to the user alone.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState
from platformdirs import user_cache_path

from recipedsl.syntax.build import Builder

_PACKAGED = Path(__file__).parents[1] / "grammar" / "recipe.lark"
_CHECKOUT = Path(__file__).parents[2] / "grammar" / "recipe.lark"


class _NoLexer(Lexer):
    """Stands where Lark wants a lexer: the tokens are scanned by `scan` and fed one by one."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[lark.Token]:  # noqa: ARG002
        """Nothing: see the class."""
        return iter(())


class Table:
    """The LALR table, for trying tokens on a stack of states without building anything."""

    def __init__(self, states: dict[int, dict[str, tuple[Any, Any]]], end_state: int) -> None:
        self.states = states
        self.end_state = end_state

    def shift(self, stack: list[int], kind: str) -> bool:
        """Push a token of `kind`, reducing before it as needed; False when it does not fit.

        The stack is changed even when the token does not fit: try on a copy.
        """
        while True:
            action = self.states[stack[-1]].get(kind)
            if action is None:
                return False
            if action[0] is Shift:
                stack.append(action[1])
                return True
            rule = action[1]
            if rule.expansion:
                del stack[-len(rule.expansion) :]
            stack.append(self.states[stack[-1]][rule.origin.name][1])
            if stack[-1] == self.end_state:
                return True


def grammar_text() -> str:
    """The grammar, from the installed package or, in a checkout, from the folder beside it."""
    path = _PACKAGED if _PACKAGED.exists() else _CHECKOUT
    return path.read_text(encoding="utf-8")


@cache
def load() -> lark.Lark:
    """The parser, built or read from the cache. It holds no state: any thread may use it."""
    text = grammar_text()
    store = _cache_file(text)
    options: dict[str, Any] = {
        "parser": "lalr",
        "lexer": _NoLexer,
        "keep_all_tokens": True,  # the builder takes its spans from them
        "maybe_placeholders": False,
        "transformer": Builder(),
    }
    if store is not None:
        # Lark rebuilds when the file is missing, stale or damaged.
        return lark.Lark(text, cache=str(store), **options)
    return lark.Lark(text, **options)


@cache
def table() -> Table:
    """The table of the parser that `load` gives."""
    conf = fresh_state().parse_conf
    return Table(conf.states, conf.end_state)


def fresh_state() -> ParserState[Any]:
    """A parser at the beginning of a file; `feed_token` moves it on."""
    return load().parse_interactive().parser_state


def _cache_file(text: str) -> Path | None:
    # Another grammar, Python or Lark is another file, so that versions do not overwrite each other.
    identity = "\n".join((text, lark.__version__, sys.version, str(Path(__file__).resolve())))
    name = f"grammar-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.pickle"
    try:
        folder = user_cache_path("recipedsl")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder):
            return None
        file = folder / name
        return None if file.exists() and not _is_private(file) else file
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return None


def _is_private(path: Path) -> bool:
    # Windows keeps the folder private by its own means and knows no owner ids.
    if not hasattr(os, "getuid"):
        return True
    status = path.lstat()
    others_may_write = status.st_mode & 0o022
    return status.st_uid == os.getuid() and not others_may_write and not path.is_symlink()
