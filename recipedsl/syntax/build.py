"""What each rule of the grammar becomes: called by Lark while it parses, so no second tree is made."""

from __future__ import annotations

from typing import Any

from lark import Transformer

from recipedsl.source import Span
from recipedsl.syntax import tree
from recipedsl.syntax.scan import NAME, NUMBER, STRING, Token

Children = list[Any]  # tokens and the nodes that their rules gave


class Builder(Transformer[Token, tree.File]):
    """A method for each rule or alternative of `recipe.lark`, named like it."""

    # Files and declarations

    def start(self, children: Children) -> tuple[tree.Number | None, tuple[tree.Item, ...]]:
        """Edition and items; `parse` makes the file of them, it knows the source."""
        edition = next((_number(child) for child in children if _is(child, NUMBER)), None)
        return edition, _nodes(children)

    def import_(self, children: Children) -> tree.Import:
        first, name, _, path = children
        return tree.Import(_name(name), _text(path), first.doc, _span(children))

    def type_(self, children: Children) -> tree.TypeDeclaration:
        first, name, _, type_ = children
        return tree.TypeDeclaration(_name(name), type_, first.doc, _span(children))

    def param(self, children: Children) -> tree.Param:
        first, name, _, type_, *default = children
        value = default[1] if default else None
        return tree.Param(_name(name), type_, value, first.doc, _span(children))

    def let(self, children: Children) -> tree.Let:
        first, name, _, value = children
        return tree.Let(_name(name), value, first.doc, _span(children))

    def rounds(self, children: Children) -> tree.Rounds:
        first, count, *items = children
        return tree.Rounds(_number(count), _nodes(items), first.doc, _span(children))

    def data(self, children: Children) -> tree.Data:
        kind, name, *between, pipeline = children
        annotation = between[1] if _is(between[0], "COLON") else None
        return tree.Data(_name(kind), _name(name), annotation, pipeline, kind.doc, _span(children))

    def thing(self, children: Children) -> tree.Thing:
        kind, *names, block = children
        name, method = (_name(names[0]) if names else None), (_name(names[2]) if len(names) > 1 else None)
        return tree.Thing(_name(kind), name, method, block, kind.doc, _span(children))

    def copy(self, children: Children) -> tree.Thing:
        kind, name, *between, copied, _, block = children
        # A type stands there for the grammar's sake, a dataset may have one; a method is a name.
        method = next((each.name for each in between if isinstance(each, tree.NamedType)), None)
        return tree.Thing(_name(kind), _name(name), method, block, kind.doc, _span(children), copied)

    # Blocks and pipelines

    def block(self, children: Children) -> tree.Block:
        return tree.Block(_nodes(children), _span(children))

    def attribute(self, children: Children) -> tree.Attribute:
        key, _, value = children
        return tree.Attribute(_name(key), value, _span(children))

    def expect(self, children: Children) -> tree.Expect:
        message = _text(children[3]) if len(children) > 2 else None
        return tree.Expect(children[1], message, _span(children))

    def pipeline(self, children: Children) -> tree.Pipeline:
        source, *steps = _nodes(children)
        return tree.Pipeline(source, tuple(steps), _span(children))

    def step(self, children: Children) -> tree.Step:
        name, *parts = children
        arguments = next((part for part in parts if isinstance(part, tuple)), ())
        by = next((part[1] for part in parts if isinstance(part, list)), ())
        return tree.Step(_name(name), arguments, by, _span(_flat(children)))

    def by(self, children: Children) -> Children:
        return children

    def arguments(self, children: Children) -> tuple[tree.Argument, ...]:
        return _nodes(children)

    def argument(self, children: Children) -> tree.Argument:
        name = _name(children[0]) if len(children) > 1 else None
        return tree.Argument(name, children[-1], _span(children))

    # Types

    def named_type(self, children: Children) -> tree.NamedType:
        names = [child for child in children if _is(child, NAME)]
        item = next((child for child in children if not isinstance(child, Token)), None)
        name = _name(names[0])
        if len(names) > 1:
            name = tree.Name(".".join(each.value for each in names), _span(names))
        return tree.NamedType(name, item, _span(children))

    def record_type(self, children: Children) -> tree.RecordType | tree.Broken:
        if _has_broken(children):
            return tree.Broken(_span(children))
        return tree.RecordType(_nodes(children), _span(children))

    def choice_type(self, children: Children) -> tree.ChoiceType:
        return tree.ChoiceType(children[0].items, children[0].span)

    def refined(self, children: Children) -> tree.RefinedType:
        within = children[2] if _is(children[1], "IN") else None
        return tree.RefinedType(children[0], within, _is(children[-1], "QMARK"), _span(children))

    def field(self, children: Children) -> tree.TypeField:
        return tree.TypeField(_name(children[0]), children[2], _span(children))

    # Expressions

    def name(self, children: Children) -> tree.Name:
        return _name(children[0])

    def number(self, children: Children) -> tree.Number:
        return _number(children[0])

    def text(self, children: Children) -> tree.Text:
        return _text(children[0])

    def flag(self, children: Children) -> tree.Flag:
        return tree.Flag(children[0].kind == "TRUE", children[0].span)

    def nothing(self, children: Children) -> tree.Nothing:
        return tree.Nothing(children[0].span)

    def broken(self, children: Children) -> tree.Broken:
        return tree.Broken(children[0].span)

    def list(self, children: Children) -> tree.ListOf:
        return tree.ListOf(_nodes(children), _span(children))

    def map(self, children: Children) -> tree.MapOf | tree.Broken:
        if _has_broken(children):
            return tree.Broken(_span(children))
        return tree.MapOf(_nodes(children), _span(children))

    def map_entry(self, children: Children) -> tree.MapEntry:
        return tree.MapEntry(_key(children[0]), children[2], _span(children))

    def parenthesis(self, children: Children) -> tree.Group | tree.Nested:
        pipeline = children[1]
        if pipeline.steps:
            return tree.Nested(pipeline, _span(children))
        return tree.Group(pipeline.source, _span(children))

    def range(self, children: Children) -> tree.Range:
        low = None if _is(children[0], "UP_TO") else children[0]
        high = None if _is(children[-1], "UP_TO") else children[-1]
        return tree.Range(low, high, _span(children))

    def unary(self, children: Children) -> tree.Unary:
        return tree.Unary(_operator(children[0]), children[1], _span(children))

    def binary(self, children: Children) -> tree.Binary:
        left, operator, right = children
        name = operator if isinstance(operator, tree.Name) else _operator(operator)
        return tree.Binary(name, left, right, _span(children))

    def comparator(self, children: Children) -> tree.Name:
        text = " ".join(_operator(token).text for token in children)
        return tree.Name(text, _span(children))

    def member(self, children: Children) -> tree.Member:
        return tree.Member(children[0], _name(children[2]), _span(children))

    def index(self, children: Children) -> tree.Index:
        return tree.Index(children[0], children[2], _span(children))

    def call(self, children: Children) -> tree.Call:
        return tree.Call(children[0], _nodes(children[1:]), _span(children))


# Foreign spellings (`&&`, `≥`) are in the tree as what they mean.
_OPERATORS = {
    "OR": "or",
    "AND": "and",
    "NOT": "not",
    "IN": "in",
    "EQUAL_TO": "==",
    "NOT_EQUAL": "!=",
    "LESSTHAN": "<",
    "AT_MOST": "<=",
    "MORETHAN": ">",
    "AT_LEAST": ">=",
    "PLUS": "+",
    "MINUS": "-",
    "STAR": "*",
    "SLASH": "/",
    "PERCENT": "%",
}


def _is(child: object, kind: str) -> bool:
    return isinstance(child, Token) and child.kind == kind


def _nodes(children: Children) -> tuple[Any, ...]:
    return tuple(child for child in children if not isinstance(child, Token))


def _has_broken(children: Children) -> bool:
    """Whether an entry of a record or map cannot be read; all of it is broken then, half would mislead."""
    return any(isinstance(child, tree.Broken) for child in children)


def _flat(children: Children) -> Children:
    flat: Children = []
    for child in children:
        flat.extend(child if isinstance(child, list | tuple) else (child,))
    return [each for part in flat for each in (part if isinstance(part, tuple) else (part,))]


def _span(children: Children) -> Span:
    first: Span = children[0].span
    last: Span = children[-1].span
    return Span(first.start, max(first.end, last.end))


def _name(token: Token) -> tree.Name:
    return tree.Name(token.value, token.span, token.text.startswith("`"))


def _key(token: Token) -> tree.Name | tree.Text | tree.Number:
    if token.kind == NUMBER:
        return _number(token)
    return _text(token) if token.kind == STRING else _name(token)


def _number(token: Token) -> tree.Number:
    return tree.Number(token.value or token.text, token.span)


def _text(token: Token) -> tree.Text:
    return tree.Text(token.value, token.text, token.span)


def _operator(token: Token) -> tree.Name:
    return tree.Name(_OPERATORS[token.kind], token.span)
