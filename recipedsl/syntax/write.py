"""A tree as text, for trees that no text was read from. The formatter gives it its look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from recipedsl.diagnostics import Bug
from recipedsl.syntax import tree


def write(file: tree.File) -> str:
    """The text of a tree, each declaration on a line of its own.

    Raises:
        Bug: a part of the tree is `Broken`.
    """
    edition = f"ftr {file.edition.text}\n" if file.edition else ""
    return edition + "".join(_item(item) for item in file.items)


def _item(item: tree.Item) -> str:
    doc = "" if isinstance(item, tree.Broken) else "".join(f"## {line}".rstrip() + "\n" for line in item.doc)
    return f"{doc}{_text(item)}\n"


def _text(node: Any) -> str:
    writer = _WRITERS.get(type(node))
    if writer is None:
        raise Bug(f"{type(node).__name__} cannot be written")
    return writer(node)


def _joined(nodes: Iterable[Any], separator: str = ", ") -> str:
    return separator.join(map(_text, nodes))


def _with(sign: str, node: Any) -> str:
    return "" if node is None else f"{sign}{_text(node)}"


def _name(node: tree.Name) -> str:
    return f"`{node.text}`" if node.quoted else node.text


def _map_entry(node: tree.MapEntry) -> str:
    return f"{_text(node.key)}: {_text(node.value)}"


def _argument(node: tree.Argument) -> str:
    return (f"{_text(node.name)} = " if node.name else "") + _text(node.value)


def _step(node: tree.Step) -> str:
    by = f" by {_joined(node.by)}" if node.by else ""
    return f"{_text(node.name)} {_joined(node.arguments)}{by}"


def _pipeline(node: tree.Pipeline) -> str:
    return " | ".join([_text(node.source), *map(_text, node.steps)])


def _data(node: tree.Data) -> str:
    return f"{_text(node.kind)} {_text(node.name)}{_with(': ', node.annotation)} = {_text(node.pipeline)}"


def _thing(node: tree.Thing) -> str:
    copied = f" = {_text(node.copied)} with" if node.copied is not None else ""
    return f"{_text(node.kind)}{_with(' ', node.name)}{_with(': ', node.method)}{copied} {_text(node.block)}"


def _refined(node: tree.RefinedType) -> str:
    return f"{_text(node.base)}{_with(' in ', node.within)}{'?' if node.nullable else ''}"


def _rounds(node: tree.Rounds) -> str:
    return f"rounds {node.count.text} {{\n{''.join(_item(item) for item in node.items)}}}"


def _range(node: tree.Range) -> str:
    return f"{_with('', node.low)}..{_with('', node.high)}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    tree.Name: _name,
    tree.Number: lambda node: node.text,
    tree.Text: lambda node: node.raw,
    tree.Flag: lambda node: "true" if node.value else "false",
    tree.Nothing: lambda _: "none",
    tree.ListOf: lambda node: f"[{_joined(node.items)}]",
    tree.MapEntry: _map_entry,
    tree.MapOf: lambda node: f"{{ {_joined(node.entries)} }}",
    tree.Range: _range,
    tree.Unary: lambda node: f"{node.operator.text} {_text(node.operand)}",
    tree.Binary: lambda node: f"{_text(node.left)} {node.operator.text} {_text(node.right)}",
    tree.Member: lambda node: f"{_text(node.target)}.{_text(node.name)}",
    tree.Index: lambda node: f"{_text(node.target)}[{_text(node.index)}]",
    tree.Argument: _argument,
    tree.Call: lambda node: f"{_text(node.function)}({_joined(node.arguments)})",
    tree.Group: lambda node: f"({_text(node.inner)})",
    tree.Nested: lambda node: f"({_text(node.pipeline)})",
    tree.Step: _step,
    tree.Expect: lambda node: f"expect {_text(node.condition)}{_with(' else ', node.message)}",
    tree.Pipeline: _pipeline,
    tree.Attribute: lambda node: f"{_text(node.key)} = {_text(node.value)}",
    tree.Block: lambda node: f"{{ {_joined(node.entries)} }}",
    tree.NamedType: lambda node: _text(node.name) + (f"[{_text(node.item)}]" if node.item else ""),
    tree.TypeField: lambda node: f"{_text(node.name)}: {_text(node.type)}",
    tree.RecordType: lambda node: f"{{ {_joined(node.fields)} }}",
    tree.ChoiceType: lambda node: f"[{_joined(node.choices)}]",
    tree.RefinedType: _refined,
    tree.Import: lambda node: f"import {_text(node.name)} = {_text(node.path)}",
    tree.TypeDeclaration: lambda node: f"type {_text(node.name)} = {_text(node.type)}",
    tree.Param: lambda node: f"param {_text(node.name)}: {_text(node.type)}{_with(' = ', node.default)}",
    tree.Let: lambda node: f"let {_text(node.name)} = {_text(node.value)}",
    tree.Data: _data,
    tree.Thing: _thing,
    tree.Rounds: _rounds,
}
