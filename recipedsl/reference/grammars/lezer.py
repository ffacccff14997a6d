"""The Lezer grammar, for CodeMirror: every rule of `grammar/recipe.lark`, written as Lezer has it.

Names of a recipe are all alike to Lark; here each place where one stands has a node of its own, so that
it can be coloured. What depends on more than the next word (line ends that separate, what stands
between quotes) is in `editors/codemirror/src/tokens.js`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lark.load_grammar import load_grammar

from recipedsl.diagnostics import Bug
from recipedsl.reference.grammars import words
from recipedsl.reference.grammars.patterns import LezerDialect, parts
from recipedsl.syntax.grammar import grammar_text
from recipedsl.syntax.scan import ESCAPES, SYMBOLS

#: The node of each name in a rule, in order; the last one goes on.
NODES: dict[str, tuple[str, ...]] = {
    "import_": ("DeclaredName",),
    "type_": ("DeclaredName",),
    "param": ("DeclaredName",),
    "let": ("DeclaredName",),
    "data": ("Kind", "DeclaredName"),
    "thing": ("Kind", "DeclaredName", "MethodName"),
    "copy": ("Kind", "DeclaredName"),
    "attribute": ("SettingName",),
    "argument": ("SettingName",),
    "step": ("StepName",),
    "type_atom": ("TypeName",),
    "field": ("FieldName",),
    "map_entry": ("FieldName",),
    "atom": ("VariableName",),
    "postfix": ("MemberName",),
}

#: The class of nodes, by a path of names as `styleTags` takes it.
CLASSES: dict[str, str] = {
    "Comment": "comment",
    "Doc": "doc",
    "Kind": "keyword",
    "DeclaredName": "declaration",
    "MethodName": "method",
    "Copy/NamedType/TypeName": "method",
    "StepName": "step",
    "Call/VariableName": "function",
    "SettingName": "setting",
    "FieldName": "field",
    "TypeName": "type",
    "VariableName MemberName": "name",
    "QuotedName!": "quoted",
    "Number": "number",
    "String LongString": "string",
    "Escape": "escape",
}

#: What themes of CodeMirror call the classes.
TAGS: dict[str, str] = {
    "comment": "lineComment",
    "doc": "docComment",
    "keyword": "keyword",
    "declaration": "definition(t.variableName)",
    "method": "className",
    "step": "function(t.propertyName)",
    "function": "function(t.variableName)",
    "setting": "attributeName",
    "field": "propertyName",
    "type": "typeName",
    "number": "number",
    "string": "string",
    "escape": "escape",
    "quoted": "special(t.variableName)",
    "constant": "atom",
    "operator": "operator",
    "punctuation": "punctuation",
    "name": "variableName",
}

_BRACKETS = {
    "(": "ParenthesisOpen", ")": "ParenthesisClose", "[": "BracketOpen", "]": "BracketClose",
    "{": "BraceOpen", "}": "BraceClose",
}  # fmt: skip

#: What the recovery alone feeds, and what stands for it nowhere.
_NOWHERE = "BROKEN"

_HEAD = """\
// Written by `recipedsl docs grammars` from grammar/recipe.lark: do not edit.

@top Recipe { start }
"""

_dialect = LezerDialect()


def grammar() -> str:
    """The whole file."""
    loaded, _ = load_grammar(grammar_text(), "recipe.lark", [], True)  # type: ignore[no-untyped-call]
    rules = {str(name): tree for name, _, tree, _ in loaded.rule_defs}
    shown = {str(name) for name, _, _, options in loaded.rule_defs if not options.expand1}
    writer = _Writer({each for each in shown if not each.startswith("_")}, _signs(loaded.term_defs))
    return "\n".join([_HEAD, *(writer.rule(name, tree) for name, tree in rules.items()), _tokens()])


def _signs(terminals: list[Any]) -> dict[str, str]:
    """Terminals that stand for one word or sign, and it."""
    trees = {str(name): tree for name, (tree, _) in terminals if tree is not None}
    written = {name: list(tree.scan_values(lambda _: True)) for name, tree in trees.items()}
    plain = {name: found[0] for name, found in written.items() if [each.type for each in found] == ["STRING"]}
    return {name: str(each)[1:-1] for name, each in plain.items()}


class _Writer:
    """Writes the trees of Lark's rules as Lezer has them."""

    def __init__(self, shown: set[str], signs: dict[str, str]) -> None:
        self.shown = shown - {"start"}
        self.signs = signs
        self._nodes: Iterator[str] = iter(())

    def rule(self, name: str, tree: Any) -> str:
        """A rule; one that Lark makes a node of is one here too."""
        return f"{self._name(name)} {{ {self._alternatives(name, tree)} }}"

    def _name(self, name: str) -> str:
        plain = name.strip("_")
        return _node(plain) if name in self.shown else _inner(plain)

    def _alternatives(self, rule: str, tree: Any) -> str:
        written = []
        for each in tree.children:
            self._nodes = self._names(rule)
            one = self._write(each)
            if _NOWHERE not in one:
                written.append(one)
        return " | ".join(written)

    def _names(self, rule: str) -> Iterator[str]:
        named = NODES.get(rule, ())
        yield from named
        while named:
            yield named[-1]

    def _write(self, tree: Any) -> str:
        match tree.data:
            case "alias":
                inner, alias = tree.children
                written = self._write(inner)
                # A node around a single word says no more than the word.
                is_more = alias and len(inner.children) > 1
                return f"{_node(str(alias.name))} {{ {written} }}" if is_more else written
            case "expansion":
                return " ".join(map(self._write, tree.children))
            case "expansions":
                return f"({' | '.join(map(self._write, tree.children))})"
            case "maybe":
                return f"{self._write(tree.children[0])}?"
            case "expr":
                return f"{self._write(tree.children[0])}{tree.children[1]}"
            case "value":
                return self._value(tree.children[0])
        raise Bug(f"no rule of Lezer is known for {tree.data}")

    def _value(self, value: Any) -> str:
        if hasattr(value, "data"):
            is_sign, literal = value.data == "literal", str(value.children[0])[1:-1]
            return self._sign(literal) if is_sign else f"({self._write(value)})"
        name = str(value.name)
        if name == "NAME":
            return next(self._nodes)
        if name in self.signs:
            return self._sign(self.signs[name])
        terminals = {"NUMBER": "Number", "STRING": "text", "_NL": "newline", _NOWHERE: _NOWHERE}
        return terminals.get(name) or self._name(name)

    def _sign(self, sign: str) -> str:
        if sign == words.COPYING:
            return f"free<{_quoted(sign)}>"
        return _BRACKETS.get(sign) or (f"reserved<{_quoted(sign)}>" if sign.isalpha() else _quoted(sign))


def _node(name: str) -> str:
    return "".join(each.capitalize() for each in name.split("_"))


def _inner(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _tokens() -> str:
    nodes = sorted({each for named in NODES.values() for each in named})
    named = "\n".join(f"{each} {{ identifier | QuotedName }}" for each in nodes)
    signs = " ".join(_quoted(sign) for sign in SYMBOLS if sign not in _BRACKETS)
    brackets = "\n".join(
        f"  {name}[@name={_quoted(sign)}] {{ {_quoted(sign)} }}" for sign, name in _BRACKETS.items()
    )
    patterns = {kind: _dialect.write(parts(kind)) for kind in ("comment", "name", "quoted", "number")}
    return _TOKENS.format(named=named, signs=signs, brackets=brackets, **patterns)


def highlighting() -> str:
    """The module that says how nodes are coloured, and what may stand behind a backslash."""
    paths = {**CLASSES, **_words(words.keywords(), "keyword"), words.COPYING: "keyword"}
    paths |= {**_words(words.CONSTANTS, "constant"), **_words(words.WORD_OPERATORS, "operator")}
    paths |= {_quoted(sign): "punctuation" if sign in words.PUNCTUATION else "operator" for sign in SYMBOLS}
    styles = "\n".join(f"  {json.dumps(path)}: t.{TAGS[kind]}," for path, kind in paths.items())
    classes = "\n".join(f"  [t.{tag}, {json.dumps(kind)}]," for kind, tag in TAGS.items())
    return _HIGHLIGHTING.format(styles=styles, classes=classes, escaped=json.dumps("".join(ESCAPES)))


def _words(members: tuple[str, ...], kind: str) -> dict[str, str]:
    return dict.fromkeys(members, kind)


_TOKENS = """
{named}

text {{ String | LongString }}
reserved<word> {{ @specialize[@name={{word}}]<identifier, word> }}
free<word> {{ @extend[@name={{word}}]<identifier, word> }}

@context brackets from "./tokens.js"
@external tokens lineEnds from "./tokens.js" {{ newline, blankLine }}
@external tokens texts from "./tokens.js" {{
  longQuotes, longEnd, longText, plainQuote, plainEnd, plainText, Escape
}}
@skip {{ blank | blankLine | Comment | Doc }}

@skip {{}} {{
  LongString {{ longQuotes (longText | Escape)* longEnd }}
  String {{ plainQuote (plainText | Escape)* plainEnd }}
}}

@tokens {{
  blank {{ $[ \\t\\u{{b}}\\u{{c}}\\u{{feff}}]+ }}
  // Lezer cannot look ahead: three signs are no documentation.
  Doc {{ "##" (![#\\r\\n] ![\\r\\n]*)? }}
  Comment {{ {comment} }}
  identifier {{ {name} }}
  QuotedName {{ {quoted} }}
  Number {{ {number} }}
{brackets}
  {signs}
  @precedence {{ Doc, Comment }}
}}

@detectDelim
"""

_HIGHLIGHTING = """\
// Written by `recipedsl docs grammars`: do not edit.
import {{ styleTags, tags as t }} from "@lezer/highlight";

/** What may stand behind a backslash in a text, beside `u`. */
export const ESCAPED = {escaped};

export const highlighting = styleTags({{
{styles}
}});

/** The class of words of every tag, for tests and style sheets. */
export const classes = [
{classes}
];
"""
