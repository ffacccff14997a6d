"""The syntax file of Vim and Neovim."""

from __future__ import annotations

from collections.abc import Iterable

from recipedsl.reference.grammars import words
from recipedsl.reference.grammars.patterns import VimDialect, escape, parts

#: The group of every class, and what Vim's colour schemes call it.
GROUPS: dict[str, tuple[str, str]] = {
    "comment": ("ftrComment", "Comment"),
    "doc": ("ftrDoc", "SpecialComment"),
    "keyword": ("ftrKeyword", "Statement"),
    "declaration": ("ftrDeclaration", "Identifier"),
    "method": ("ftrMethod", "Type"),
    "step": ("ftrStep", "Function"),
    "function": ("ftrFunction", "Function"),
    "setting": ("ftrSetting", "PreProc"),
    "field": ("ftrField", "PreProc"),
    "type": ("ftrType", "Type"),
    "number": ("ftrNumber", "Number"),
    "string": ("ftrString", "String"),
    "escape": ("ftrEscape", "SpecialChar"),
    "quoted": ("ftrQuoted", "Identifier"),
    "constant": ("ftrConstant", "Constant"),
    "operator": ("ftrOperator", "Operator"),
    "punctuation": ("ftrPunctuation", "Delimiter"),
    "name": ("ftrName", ""),
}

#: Groups that are a part of a class, and the class.
_PARTS = {
    "ftrFieldOfType": "field",
    "ftrMark": "punctuation",
    "ftrOptional": "operator",
    "ftrUnknownEscape": "string",
}

_HEAD = """\
" Syntax of recipes (.ftr). Written by `recipedsl docs grammars`: do not edit.
if exists('b:current_syntax')
  finish
endif

" A text may span lines, and what stands in one line decides what the next ones are.
syntax sync fromstart
syntax case match
"""

_TAIL = """
let b:current_syntax = 'ftr'
"""

_dialect = VimDialect()
_NAME = r"\h\w*"
_AHEAD = r"[A-Za-z0-9_.`]@1<!"  # nothing that a word goes on from
_COLON = r"\s*:"

#: Clusters of what may stand in an expression and where a type is expected.
_EXPRESSION = "@ftrExpression"
_TYPES = "@ftrTypes"


def syntax() -> str:
    """The whole file."""
    rules = [*_plain(), *_declarations(), *_types(), *_trivia(), *_clusters()]
    links = (f"highlight default link {group} {link}" for group, link in GROUPS.values() if link)
    return "\n".join([_HEAD, *rules, "", *links, _TAIL])


def _any(members: Iterable[str]) -> str:
    return f"<%({'|'.join(members)})>"


def _group(kind: str) -> str:
    return GROUPS[kind][0]


def _match(kind: str, pattern: str, options: str = "") -> str:
    return f"syntax match {_group(kind)} /\\v{pattern}/{options and ' ' + options}"


def _plain() -> list[str]:
    """What stands in expressions: of two that begin at one place Vim takes the later one."""
    signs = "|".join("".join(f"\\{letter}" for letter in sign) for sign in words.operators())
    return [
        _match("name", _NAME),
        _match("punctuation", r"[][(){}:,.]"),
        _match("operator", signs),
        _match("field", rf"{_AHEAD}<{_NAME}>(\s*:)@="),
        _match("setting", rf"{_AHEAD}<{_NAME}>(\s*\=\=@!)@="),
        _match("function", rf"{_AHEAD}{_any(words.functions())}(\s*\()@="),
        _match("step", rf"(\|\s*)@<={_any(words.steps())}"),
        _match("operator", rf"{_AHEAD}{_any(words.WORD_OPERATORS)}"),
        _match("constant", rf"{_AHEAD}{_any(words.CONSTANTS)}"),
        _match("keyword", rf"{_AHEAD}{_any(words.keywords())}"),
        _match("keyword", rf"{_AHEAD}<{words.COPYING}>(\s*\{{)@="),
        _match("number", rf"\w@1<!{_dialect.write(parts('number'))}"),
        _match("quoted", _dialect.write(parts("quoted"))),
    ]


def _declarations() -> list[str]:
    kinds, things = _any(words.KINDS), _any(words.THINGS)
    named = rf"{_AHEAD}%({kinds}|{_any(words.NAMING)})\s+"
    return [
        _match("keyword", rf"{_AHEAD}{kinds}(\s+<{_NAME}>\s*[:={{]|\s*\{{)@="),
        _match("declaration", rf"({named})@<=<{_NAME}>(\s*[:={{])@="),
        _match("method", rf"({_AHEAD}{things}\s+{_NAME}{_COLON}\s*)@<={_any(words.methods())}(\s*[={{])@="),
    ]


def _types() -> list[str]:
    """Types stand behind the `=` of `type`, and behind the colon of `param` and of a declaration with `=`."""
    typed = rf"{_AHEAD}%(<param>\s+{_NAME}|{_any(words.KINDS)}\s+{_NAME})\s*"
    no_method = rf"(\s*{_any(words.methods())}\s*[={{])@!(\s*{_NAME}\s*\{{)@!"
    within, ends = f"contained contains={_EXPRESSION}", r"[=?,}\])#]@=|$"
    inside, behind_type = f"contained contains={_TYPES}", rf"({_AHEAD}<type>\s+{_NAME}\s*)@<=\="
    return [
        _region("ftrTyped", "operator", behind_type, r"$|\}@=", f"contains={_TYPES}"),
        _region(
            "ftrTyped", "punctuation", rf"({typed})@<=:{no_method}", r"\=@=|$|\}@=", f"contains={_TYPES}"
        ),
        f"syntax match ftrType /\\v{_NAME}/ contained",
        _region("ftrRecord", "punctuation", r"\{", r"\}", f"contained contains=ftrFieldOfType,{_TYPES}"),
        _region("ftrList", "punctuation", r"\[", r"\]", inside),
        f"syntax match ftrFieldOfType /\\v<{_NAME}>(\\s*:)@=/ contained",
        "syntax match ftrMark /[:,.]/ contained",
        "syntax match ftrOptional /?/ contained",
        # A range goes on to the end of the type, which may be that of the line.
        _region("ftrWithin", "operator", rf"{_AHEAD}<in>", ends, within, before_end="excludenl "),
        *(f"highlight default link {part} {_group(kind)}" for part, kind in _PARTS.items()),
    ]


def _region(name: str, kind: str, start: str, end: str, options: str, before_end: str = "") -> str:
    """A region whose first and last signs are of a class."""
    group = f"matchgroup={_group(kind)}"
    return f"syntax region {name} {group} start=/\\v{start}/ {before_end}end=/\\v{end}/ {options}"


def _trivia() -> list[str]:
    """Texts and comments come last: nothing else begins inside them."""
    text = "contains=ftrUnknownEscape,ftrEscape"
    return [
        r"syntax match ftrUnknownEscape /\\./ contained",
        _match("escape", _dialect.write(escape()), "contained"),
        rf'syntax region ftrString start=/"/ skip=/\\./ end=/"\|$/ oneline {text}',
        rf'syntax region ftrString start=/"""/ skip=/\\./ end=/"""/ {text}',
        _match("comment", _dialect.write(parts("comment")), "contains=@Spell"),
        _match("doc", _dialect.write(parts("doc")), "contains=@Spell"),
    ]


def _clusters() -> list[str]:
    """What may stand in an expression, and where a type is expected."""
    trivia = ("comment", "doc", "string", "number", "quoted")
    more = ("name", "operator", "punctuation", "field", "setting", "function", "constant", "keyword")
    in_types = ("ftrType", "ftrRecord", "ftrList", "ftrMark", "ftrOptional", "ftrWithin")
    return [
        f"syntax cluster ftrTypes contains={','.join((*map(_group, trivia), *in_types))}",
        f"syntax cluster ftrExpression contains={','.join(map(_group, trivia + more))}",
    ]


def class_of(group: str) -> str:
    """The class that a group belongs to, empty for none."""
    return {**{name: kind for kind, (name, _) in GROUPS.items()}, **_PARTS}.get(group, "")
