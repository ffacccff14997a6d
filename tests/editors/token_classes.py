"""What class every character of a recipe is of, by the scanner and the parser: what grammars are held against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from recipedsl.reference.grammars import words
from recipedsl.source import Source, Span
from recipedsl.syntax import parse, tree
from recipedsl.syntax.format import format_source
from recipedsl.syntax.scan import (
    COMMENT,
    DOC,
    ESCAPES,
    NAME,
    NEWLINE,
    NUMBER,
    RESERVED,
    STRING,
    SYMBOLS,
    Token,
    scan,
)

ROOT = Path(__file__).parents[2]
_FOLDERS = ("recipes", "tests/published", "tests/cases/recipes", "tests/cases/recording", "tests/cases/format",
            "tests/cases/diagnostics", "tests/cases/published_defects", "tests/editors/cases")  # fmt: skip
_ESCAPE = re.compile(r"\\(?:u\{[0-9A-Fa-f]{1,6}\}|[" + re.escape("".join(ESCAPES)) + r"])|\\.")

Classes = list[str]


def corpus() -> dict[str, str]:
    """Every recipe at hand whose syntax is right, by its path."""
    paths = [each for folder in _FOLDERS for each in sorted((ROOT / folder).rglob("*.ftr")) if each.is_file()]
    texts = {each.relative_to(ROOT).as_posix(): each.read_bytes().decode() for each in paths}
    # The scanner knows nothing of a mark at the beginning and of other line ends that editors have not taken off before.
    plain = {path: text for path, text in texts.items() if not re.search("[\r\f\v\ufeff]", text)}
    return {path: text for path, text in plain.items() if not parse(Source(path, text))[1].in_order()}


def formatted_recipes(folder: Path) -> list[Path]:
    """Every recipe of the corpus in its one form, as files: what editors should indent to."""
    files = []
    for index, (name, text) in enumerate(corpus().items()):
        file = folder / f"{index}.ftr"
        file.write_text(format_source(Source(name, text)), encoding="utf-8")
        files.append(file)
    return files


def classes(text: str, *, by_place: bool = False) -> Classes:
    """The class of each character; empty for blanks. By place, a word that the vocabulary lacks counts too."""
    source = Source("recipe.ftr", text)
    found = [""] * len(text)
    roles = dict(_roles(parse(source)[0], by_place))
    for token in scan(source)[0]:
        for start, end, kind in _pieces(token, roles):
            found[start:end] = [kind] * (end - start)
    return [each if not letter.isspace() else "" for each, letter in zip(found, text, strict=True)]


def _pieces(token: Token, roles: dict[Span, str]) -> Iterator[tuple[int, int, str]]:
    start, end = token.span.start, token.span.end
    yield start, end, _class_of(token, roles)
    if token.kind == STRING:
        for each in _ESCAPE.finditer(token.text):
            known = each.group()[1] in {*ESCAPES, "u"}
            yield start + each.start(), start + each.end(), "escape" if known else "string"


def _class_of(token: Token, roles: dict[Span, str]) -> str:
    by_kind = {COMMENT: "comment", DOC: "doc", NUMBER: "number", STRING: "string", NEWLINE: ""}
    if token.kind in by_kind:
        return by_kind[token.kind]
    if token.kind == NAME:
        return "quoted" if token.text.startswith("`") else roles.get(token.span, "name")
    if token.text in RESERVED:
        known = {
            **dict.fromkeys(words.CONSTANTS, "constant"),
            **dict.fromkeys(words.WORD_OPERATORS, "operator"),
        }
        return known.get(token.text, "keyword")
    if token.text in SYMBOLS:
        return "punctuation" if token.text in words.PUNCTUATION else "operator"
    return ""


def _roles(file: tree.File, by_place: bool) -> Iterator[tuple[Span, str]]:
    """What a name is at its place, where it is more than a name."""
    for node in _walk(file):
        yield from _role(node, by_place)


def _role(node: Any, by_place: bool) -> Iterator[tuple[Span, str]]:
    match node:
        case tree.Import() | tree.TypeDeclaration() | tree.Param() | tree.Let():
            yield node.name.span, "declaration"
        case tree.Data() | tree.Thing():
            yield from _declaration(node, by_place)
        case tree.Attribute(key=name):
            yield name.span, "setting"
        case tree.Argument(name=tree.Name() as name):
            yield name.span, "setting"
        case tree.Step(name=name) if by_place or name.text in words.steps():
            yield name.span, "step"
        case tree.Call(function=tree.Name() as name) if by_place or name.text in words.functions():
            yield name.span, "function"
        case tree.MapEntry(key=tree.Name() as name) | tree.TypeField(name=name):
            yield name.span, "field"
        case tree.NamedType(name=name):
            yield from ((span, "type") for span in _members(name))


def _members(name: tree.Name) -> Iterator[Span]:
    """The places of `common` and `Row` in `common.Row`."""
    for each in re.finditer(r"\w+", name.text):
        yield Span(name.span.start + each.start(), name.span.start + each.end())


def _declaration(node: tree.Data | tree.Thing, by_place: bool) -> Iterator[tuple[Span, str]]:
    if by_place or node.kind.text in words.KINDS:
        yield node.kind.span, "keyword"
        if node.name is not None:
            yield node.name.span, "declaration"
    if isinstance(node, tree.Thing):
        if node.method is not None and (by_place or node.method.text in words.methods()):
            yield node.method.span, "method"
        if node.copied is not None:
            yield _with_of(node), "keyword"


def _with_of(node: tree.Thing) -> Span:
    assert node.copied is not None
    start = node.block.span.start - len(words.COPYING)
    return Span(start - 1, start - 1 + len(words.COPYING))


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for each in fields(node):
        value = getattr(node, each.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if is_dataclass(inner) and not isinstance(inner, Source | Span):
                yield from _walk(inner)
