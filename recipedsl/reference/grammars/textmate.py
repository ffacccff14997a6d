"""The TextMate grammar: what Visual Studio Code, Sublime Text and code hosts colour by."""

from __future__ import annotations

import json
import plistlib
from typing import Any

from recipedsl.reference.grammars import words
from recipedsl.reference.grammars.patterns import Dialect, escape, parts

SCOPE = "source.ftr"

#: The scope of every class, without the name of the language at its end.
SCOPES: dict[str, str] = {
    "comment": "comment.line.number-sign",
    "doc": "comment.line.documentation",
    "keyword": "keyword.control",
    "declaration": "entity.name.type",
    "method": "support.type.method",
    "step": "support.function.step",
    "function": "support.function.call",
    "setting": "variable.parameter",
    "field": "variable.other.property",
    "type": "storage.type",
    "number": "constant.numeric",
    "string": "string.quoted.double",
    "escape": "constant.character.escape",
    "quoted": "variable.other.quoted",
    "constant": "constant.language",
    "operator": "keyword.operator",
    "punctuation": "punctuation",
    "name": "variable.other.readwrite",
}

#: Scopes that are a part of a class with a scope of its own, and the class.
PARTS = {"keyword.other.unit": "number", "keyword.operator.word": "operator", "storage.modifier": "keyword"}

Rule = dict[str, Any]

_dialect = Dialect()
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_AHEAD = r"(?<![A-Za-z0-9_.`])"  # nothing that a word goes on from
_BEHIND = r"(?![A-Za-z0-9_])"


def _scoped(scope: str) -> str:
    return f"{scope}.ftr"


def _of(kind: str) -> str:
    return _scoped(SCOPES[kind])


def _any(members: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(members)}){_BEHIND}"


def _match(pattern: str, kind: str) -> Rule:
    """A rule that is of one class as a whole."""
    return {"match": pattern, "name": _of(kind)}


def _groups(pattern: str, *kinds: str) -> Rule:
    """A rule whose groups are of these classes."""
    return {"match": pattern, "captures": _captures(*kinds)}


def _captures(*kinds: str) -> dict[str, Rule]:
    return {str(number): {"name": _of(kind)} for number, kind in enumerate(kinds, start=1)}


def _include(*names: str) -> list[Rule]:
    return [{"include": f"#{each}"} for each in names]


def grammar() -> dict[str, Any]:
    """The grammar, as JSON has it."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Recipe",
        "scopeName": SCOPE,
        "fileTypes": ["ftr"],
        "patterns": _include("comments", "declarations", "expression"),
        "repository": {
            "comments": {"patterns": _comments()},
            "declarations": {"patterns": _declarations()},
            "type": {"patterns": _type()},
            "expression": {"patterns": _expression()},
            "braces": _bracket("{", "}", "comments", "declarations", "expression"),
            "parentheses": _bracket("(", ")", "comments", "expression"),
            "brackets": _bracket("[", "]", "comments", "expression"),
            "text": {"patterns": _texts()},
        },
    }


def _comments() -> list[Rule]:
    return [_match(_dialect.write(parts(each)), each) for each in ("doc", "comment")]


def _declarations() -> list[Rule]:
    kinds, naming, methods = _any(words.KINDS), _any(words.NAMING), _any(words.methods())
    things = _any(words.THINGS)
    colon, name = r"\s*(:)", f"({_NAME})"
    typed = {"patterns": _include("comments", "type")}
    return [
        {
            "begin": rf"{_AHEAD}(type)\s+{name}\s*(=)",
            "beginCaptures": _captures("keyword", "declaration", "operator"),
            "end": r"$|(?=\})",
            **typed,
        },
        {
            "begin": rf"{_AHEAD}(param)\s+{name}{colon}",
            "beginCaptures": _captures("keyword", "declaration", "punctuation"),
            "end": r"(?==)|$|(?=\})",
            **typed,
        },
        _groups(
            rf"{_AHEAD}({things})\s+{name}{colon}\s*({methods})(?=\s*[={{])",
            "keyword", "declaration", "punctuation", "method",
        ),
        _groups(
            rf"{_AHEAD}({kinds})\s+{name}{colon}(?=\s*{_NAME}\s*\{{)",
            "keyword", "declaration", "punctuation",
        ),
        {
            "begin": rf"{_AHEAD}({kinds})\s+{name}{colon}",
            "beginCaptures": _captures("keyword", "declaration", "punctuation"),
            "end": r"(?==)|$|(?=\})",
            **typed,
        },
        _groups(rf"{_AHEAD}({kinds})\s+{name}(?=\s*[={{])", "keyword", "declaration"),
        _groups(rf"{_AHEAD}({kinds})(?=\s*\{{)", "keyword"),
        _groups(rf"{_AHEAD}({naming})\s+{name}", "keyword", "declaration"),
    ]  # fmt: skip


def _type() -> list[Rule]:
    """What stands where a type is expected."""
    inside = _include("comments", "type")
    field = _match(rf"{_NAME}(?=\s*:)", "field")
    return [
        {**_bracket("{", "}"), "patterns": [*_include("comments"), field, *_include("type")]},
        {**_bracket("[", "]"), "patterns": inside},
        # A range goes on to the end of the type.
        {
            "begin": rf"{_AHEAD}(in){_BEHIND}",
            "beginCaptures": {"1": {"name": _scoped("keyword.operator.word")}},
            "end": r"(?=[=?,}\])#]|$)",
            "patterns": _include("expression"),
        },
        _match(r"\?", "operator"),
        _match(r"[:,.]", "punctuation"),
        *_include("text"),
        _number(),
        _quoted(),
        _match(_NAME, "type"),
    ]


def _expression() -> list[Rule]:
    reserved, operators = _any(words.keywords()), "|".join(map(_plain, words.operators()))
    return [
        *_include("comments", "text"),
        _groups(rf"(\|)\s*({_any(words.steps())})", "operator", "step"),
        _match(rf"{_AHEAD}{reserved}", "keyword"),
        _match(rf"{_AHEAD}{words.COPYING}(?=\s*\{{)", "keyword"),
        _match(rf"{_AHEAD}{_any(words.CONSTANTS)}", "constant"),
        {"match": f"{_AHEAD}{_any(words.WORD_OPERATORS)}", "name": _scoped("keyword.operator.word")},
        _match(rf"{_AHEAD}{_NAME}(?=\s*=(?!=))", "setting"),
        _match(rf"{_AHEAD}{_NAME}(?=\s*:)", "field"),
        _match(rf"{_AHEAD}{_any(words.functions())}(?=\s*\()", "function"),
        _number(),
        _quoted(),
        _match(_NAME, "name"),
        *_include("braces", "parentheses", "brackets"),
        _match(operators, "operator"),
        _match(r"[:,.]", "punctuation"),
    ]


def _bracket(opens: str, closes: str, *inside: str) -> Rule:
    """A pair of brackets; what stands between them is read by these parts of the repository."""
    return {
        "begin": _plain(opens),
        "end": _plain(closes),
        "beginCaptures": {"0": {"name": _of("punctuation")}},
        "endCaptures": {"0": {"name": _of("punctuation")}},
        "patterns": _include(*inside),
    }


def _plain(sign: str) -> str:
    return "".join(
        f"\\{letter}" if not letter.isalnum() and letter not in "=<>%!" else letter for letter in sign
    )


def _number() -> Rule:
    """The number and, as a group, its unit: the last part of the scanner's expression."""
    *digits, unit = parts("number")
    return {
        "match": f"{_dialect.write(digits)}({_dialect.write([unit])})",
        "name": _of("number"),
        "captures": {"1": {"name": _scoped("keyword.other.unit")}},
    }


def _quoted() -> Rule:
    return _match(_dialect.write(parts("quoted")), "quoted")


def _texts() -> list[Rule]:
    unknown = {"match": r"\\.", "name": _scoped(f"{SCOPES['string']}.unknown-escape")}
    inside = [_match(_dialect.write(escape()), "escape"), unknown]
    return [_text('"""', '"""', inside), _text('"', '"|$', inside)]


def _text(begin: str, end: str, inside: list[Rule]) -> Rule:
    name = "string.quoted.triple" if len(begin) > 1 else SCOPES["string"]
    return {"name": _scoped(name), "begin": begin, "end": end, "patterns": inside}


def class_of(scope: str) -> str:
    """The class that a scope belongs to, empty for none."""
    if scope.startswith("string."):
        return "string"
    plain = scope.removesuffix(".ftr")
    return {**{scope: kind for kind, scope in SCOPES.items()}, **PARTS}.get(plain, "")


def as_json() -> str:
    """The grammar for Visual Studio Code."""
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


def as_property_list() -> str:
    """The grammar for Sublime Text, which reads property lists."""
    plain = {key: value for key, value in grammar().items() if not key.startswith("$")}
    return plistlib.dumps(plain, sort_keys=False).decode()
