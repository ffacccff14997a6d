"""Functions of formal texts: code, and the fences that hold it."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.types import BOOL, TEXT, Type, list_of

_TEXT = Parameter(name="text", type=TEXT)

#: Languages that `code_ok` reads, and what else each is called in recipes, columns and fences.
CODE_LANGUAGES: dict[str, tuple[str, ...]] = {
    "python": ("py", "python3", "py3"),
    "javascript": ("js", "jsx", "mjs", "node", "nodejs"),
    "typescript": ("ts",),
    "tsx": (),
    "java": (),
    "c": ("h",),
    "cpp": ("c++", "cxx", "cc", "hpp"),
    "csharp": ("c#", "cs"),
    "go": ("golang",),
    "rust": ("rs",),
    "ruby": ("rb",),
    "php": (),
    "bash": ("sh", "shell"),
    "html": ("htm",),
    "css": (),
    "json": (),
    "yaml": ("yml",),
    "toml": (),
    "xml": ("svg",),
    "sql": (),
    "bigquery": (),
    "clickhouse": (),
    "duckdb": (),
    "hive": (),
    "mysql": ("mariadb",),
    "oracle": ("plsql",),
    "postgres": ("postgresql", "pgsql"),
    "redshift": (),
    "snowflake": (),
    "spark": ("sparksql",),
    "sqlite": ("sqlite3",),
    "trino": (),
    "tsql": ("mssql", "sqlserver"),
}

#: Every name to the language that it means.
CODE_NAMES: dict[str, str] = {
    name: language for language, others in CODE_LANGUAGES.items() for name in (language, *others)
}

#: What else fences name.
_OTHER_TAGS = (
    "abap ada apache asm assembly awk basic bat batch bibtex cmake cobol coffeescript console crystal "
    "csv cuda cypher d dart diff docker dockerfile elixir elm erlang fortran fsharp gherkin glsl gradle "
    "graphql groovy haskell hcl http ini java-properties jinja json5 jsonc jsonl julia kotlin latex "
    "less lisp llvm log lua makefile markdown math matlab md mermaid mips nasm nginx nim nix objc "
    "objective-c ocaml octave output pascal patch perl plain plaintext powershell prisma prolog "
    "properties proto protobuf ps1 pseudo pseudocode pycon puppet qml r rst scala scheme scss "
    "shellsession smalltalk solidity sparql starlark stata svelte swift systemverilog tcl terraform tex "
    "text toon txt typst vb vba vbnet verilog vhdl vim vue wasm wat wgsl xquery xslt zig zsh"
).split()

#: What the fences of code blocks name, mostly.
FENCE_TAGS: tuple[str, ...] = (*CODE_NAMES, *_OTHER_TAGS)

#: Texts over so many characters are not parsed, in any language.
LONGEST_CODE = 50_000
#: Parsers that take quadratic time for some texts: of 50,000 characters 4 to 19 seconds, of these many
#: up to 0.8.
_LONGEST_QUADRATIC = 10_000
_QUADRATIC = frozenset({"bash", "csharp", "css", "html", "java", "ruby", "yaml"})


def longest_code(language: str) -> int:
    """Characters of the longest text that is parsed in a language."""
    return _LONGEST_QUADRATIC if language in _QUADRATIC else LONGEST_CODE


_LANGUAGE = Parameter(name="language", type=TEXT, choices=tuple(CODE_NAMES))

#: The packages that read code.
_PARSERS = (
    "python",
    "sqlglot",
    "pyyaml",
    "tree-sitter",
    "tree-sitter-bash",
    "tree-sitter-c",
    "tree-sitter-c-sharp",
    "tree-sitter-cpp",
    "tree-sitter-css",
    "tree-sitter-go",
    "tree-sitter-html",
    "tree-sitter-java",
    "tree-sitter-javascript",
    "tree-sitter-php",
    "tree-sitter-ruby",
    "tree-sitter-rust",
    "tree-sitter-typescript",
)


class JsonOk(Function):
    """Whether a text is JSON, strictly read: no NaN, no comments, nothing behind it.

    Null: null.

    Example: `json_ok(answer)`
    """

    keyword: ClassVar[str] = "json_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL


class CodeOk(Function):
    """Whether a text parses as code of a language. Nothing of it is ever run, imported or looked up.

    Languages: `python javascript typescript tsx java c cpp csharp go rust ruby php bash html css json
    yaml toml xml sql`, and SQL as one system has it: `bigquery clickhouse duckdb hive mysql oracle
    postgres redshift snowflake spark sqlite trino tsql`. Their usual other names are known too (`py`,
    `js`, `c++`, `postgresql` …); in a column they may be in upper case.

    Python is read by the interpreter's own parser (so names need not exist, and what only its
    compiler refuses, such as `return` outside a function, is fine), SQL by sqlglot, JSON as `json_ok`
    does, YAML, TOML and XML by their parsers (a YAML text is a mapping or a list, as every line of
    prose is YAML; XML with entity declarations is refused), all else by tree-sitter: a text parses
    when its tree has no error and nothing is missing. That is a little kinder than a compiler: names
    and types are not looked at, and to Bash or Ruby a line of prose may be a call. PHP may lack its
    `<?php`. A blank text, or one of comments alone, is no code: false.

    Null: null, also for a language from a column that is not known, for a text over 50,000
    characters (10,000 in `bash csharp css html java ruby yaml`, whose parsers can take seconds for a
    hostile one), and for SQL with a statement that sqlglot takes without reading it (`CALL`, bodies of
    procedures).

    Example: `code_ok(answer, "python")`
    """

    keyword: ClassVar[str] = "code_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, _LANGUAGE)
    gives: ClassVar[Type | None] = BOOL.or_null()
    decided_by: ClassVar[tuple[str, ...]] = _PARSERS


class CodeBlocks(Function):
    """The fenced code blocks of a text, without their fences, as a list.

    A fence is a line of three or more backticks or tildes, as in CommonMark but indented at will (in
    answers they stand under list items); it closes at a line of the same sign, at least as long, or at
    the end of the text. With a `language` only the blocks that name it, by any of its names
    (`code_ok` lists them); a language that is not known is taken letter for letter, with a warning
    where it is nearly a usual one (`pyton`).

    Null: null.

    Example: `length(code_blocks(answer, "python")) > 0`
    """

    keyword: ClassVar[str] = "code_blocks"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="language", type=TEXT, constant=True, optional=True, default="", usual=FENCE_TAGS),
    )
    gives: ClassVar[Type | None] = list_of(TEXT)


class BlocksOk(Function):
    """Whether every fenced code block of a text parses in the language that it names.

    With a `language` only its blocks are looked at. A block of no language, or of one that `code_ok`
    does not know, is passed over, and so is one that `code_ok` cannot judge. A text without a block is
    fine: ask for `length(code_blocks(answer)) > 0` where there has to be one.

    Null: null.

    Example: `blocks_ok(answer, "python")`
    """

    keyword: ClassVar[str] = "blocks_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(
            name="language",
            type=TEXT,
            constant=True,
            optional=True,
            default="",
            choices=tuple(CODE_NAMES),
        ),
    )
    gives: ClassVar[Type | None] = BOOL
    decided_by: ClassVar[tuple[str, ...]] = _PARSERS


class FencesOk(Function):
    """Whether every code fence that opens in a text is closed; an answer cut off in its code is not.

    Fences as in `code_blocks`.

    Null: null.

    Example: `fences_ok(answer)`
    """

    keyword: ClassVar[str] = "fences_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL
