"""Lowering of functions of code: each language by its own parser, none of which runs anything."""

from __future__ import annotations

import ast
import json
import logging
import tomllib
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any, NoReturn
from xml.parsers import expat

import polars as pl
import yaml  # type: ignore[import-untyped]

from recipedsl.data.functions import fences
from recipedsl.data.functions.rowwise import both_parsed, parsed
from recipedsl.language.functions.code import CODE_LANGUAGES, CODE_NAMES, longest_code

#: Module and function of the grammar, by language.
_GRAMMARS: dict[str, tuple[str, str]] = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "java": ("tree_sitter_java", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "go": ("tree_sitter_go", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "php without tags": ("tree_sitter_php", "language_php_only"),
    "bash": ("tree_sitter_bash", "language"),
    "html": ("tree_sitter_html", "language"),
    "css": ("tree_sitter_css", "language"),
}

#: What a tree has beside code: of such alone nothing is a program.
_NO_CODE = frozenset({"comment", "line_comment", "block_comment", "text", "php_tag", "hash_bang_line"})


def code_ok(text: pl.Expr, language: str | pl.Expr) -> pl.Expr:
    """Whether texts parse, in one language or each in that of its row."""
    if isinstance(language, str):
        name = CODE_NAMES[language]
        return parsed(text, lambda code: parses(code, name))

    def run(row: tuple[str, str]) -> bool | None:
        name = CODE_NAMES.get(row[1].strip().lower())
        return None if name is None else parses(row[0], name)

    return both_parsed(text, language, run)


def blocks_ok(text: pl.Expr, language: str = "") -> pl.Expr:
    """Whether the fenced blocks parse: all, or those of a language."""
    wanted = CODE_NAMES[language] if language else ""

    def run(text: str) -> bool:
        for block in fences.blocks(text):
            passed_over = block.language not in CODE_LANGUAGES or wanted not in ("", block.language)
            if not passed_over and parses(block.code, block.language) is False:
                return False
        return True

    return parsed(text, run)


def parses(code: str, language: str) -> bool | None:
    """Whether a text is code of a language; None when that cannot be told.

    Args:
        code: any text.
        language: a key of `CODE_LANGUAGES`.
    """
    if len(code) > longest_code(language):
        return None
    if not code.strip():
        return False
    reader = _READERS.get(language)
    if reader is not None:
        return reader(code)
    return _tree(code, language) if language in _GRAMMARS else _sql(code, language)


# --- single languages -----------------------------------------------------------------------------


#: What is done with warnings is the same in all threads of a process.
_WARNINGS = Lock()


def _python(code: str) -> bool:
    """Parsed into a tree and no further; text nested too deeply for that is no program."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd escapes and the like; as errors they would decide
        try:
            return bool(ast.parse(code, "row").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False


def is_json(text: str) -> bool:
    """Whether a text is JSON, strictly read."""
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(*given: Any) -> NoReturn:
    """Ends a parser at what it would take and is not wanted."""
    raise ValueError(given)


def _yaml(code: str) -> bool:
    """Read as events, which need no stack and expand no aliases."""
    try:
        starts = [event for event in yaml.parse(code, yaml.CSafeLoader) if isinstance(event, yaml.NodeEvent)]
    except yaml.YAMLError:
        return False
    return bool(starts) and isinstance(starts[0], yaml.CollectionStartEvent)


def _toml(code: str) -> bool:
    try:
        return bool(tomllib.loads(code))
    except (ValueError, RecursionError):
        return False


def _xml(code: str) -> bool:
    """Read without a tree; entities, which can grow without end, are refused."""
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(code, True)
    except (expat.ExpatError, ValueError):
        return False
    return True


_READERS: dict[str, Callable[[str], bool]] = {
    "python": _python,
    "json": is_json,
    "yaml": _yaml,
    "toml": _toml,
    "xml": _xml,
}


# --- SQL ------------------------------------------------------------------------------------------


def _sql(code: str, dialect: str) -> bool | None:
    library = _sqlglot()
    try:
        found = library.parse(code, read=None if dialect == "sql" else dialect)
    except (library.errors.SqlglotError, RecursionError):
        return False
    statements = [each for each in found if each is not None]
    if any(isinstance(each, library.exp.Command) for each in statements):
        return None  # taken as it stands, not read
    # Prose such as `hello world` is a column with an alias.
    bare = (library.exp.Condition, library.exp.Alias, library.exp.Identifier, library.exp.Tuple)
    return bool(statements) and not any(
        isinstance(each, bare) and not isinstance(each, library.exp.Query) for each in statements
    )


@cache
def _sqlglot() -> Any:
    """Imported when it is needed; its warnings about statements that it does not read are our null."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    return import_module("sqlglot")


# --- by grammars ----------------------------------------------------------------------------------


def _tree(code: str, language: str) -> bool:
    if language == "php" and "<?" not in code:
        language = "php without tags"  # as answers often have it
    # A parser of its own, as one must not be used from two threads at once; it costs next to nothing.
    root = import_module("tree_sitter").Parser(_grammar(language)).parse(code.encode()).root_node
    return not root.has_error and any(child.type not in _NO_CODE for child in root.children)


@cache
def _grammar(language: str) -> Any:
    module, function = _GRAMMARS[language]
    return import_module("tree_sitter").Language(getattr(import_module(module), function)())


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "json_ok": lambda text: parsed(text, is_json),
    "code_ok": code_ok,
    "code_blocks": fences.code_blocks,
    "blocks_ok": blocks_ok,
    "fences_ok": fences.fences_ok,
}
