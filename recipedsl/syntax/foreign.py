"""Forms of other languages that the grammar reads as something else: `True`, `data name { … }`."""

from __future__ import annotations

from dataclasses import replace

from recipedsl.diagnostics import Applicability, Edit, Help, Label, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source
from recipedsl.syntax import tree
from recipedsl.syntax.layout import CLOSERS, OPENERS, Layout
from recipedsl.syntax.scan import NAME, Token
from recipedsl.syntax.words import COMPARISONS

_CONSTANTS = {"True": "true", "False": "false", "None": "none", "null": "none"}
_BEFORE_VALUE = COMPARISONS | {"EQUAL", "LPAR", "LSQB", "AND", "OR", "NOT"}
_AFTER_NAME = frozenset(("EQUAL", "COLON", "LPAR", "DOT"))


def with_own_constants(source: Source, laid: Layout, problems: Problems) -> None:
    """`True`, `None` and the like in the place of a value become what they mean."""
    tokens = laid.tokens
    if not any(token.text in _CONSTANTS for token in tokens):
        return
    innermost: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind in OPENERS:
            innermost.append(token.kind)
        elif token.kind in CLOSERS and innermost:
            innermost.pop()
        elif token.text in _CONSTANTS and token.kind == NAME and _is_value(tokens, index, innermost):
            proper = _CONSTANTS[token.text]
            tokens[index] = replace(token, kind=proper.upper())
            _foreign_constant(source, token, proper, problems)


def _is_value(tokens: list[Token], index: int, innermost: list[str]) -> bool:
    before, after = tokens[index - 1].kind if index else "", tokens[index + 1].kind
    in_list = before == "COMMA" and innermost[-1:] in (["LPAR"], ["LSQB"])
    return (before in _BEFORE_VALUE or in_list) and after not in _AFTER_NAME


def _foreign_constant(source: Source, token: Token, proper: str, problems: Problems) -> None:
    message = f"`{token.text}` is written `{proper}` here"
    helps = (
        Help(f"write `{proper}`", (Edit(source, token.span, proper),), Applicability.SAFE),
        Help(f"a column of this name stands in backquotes: `` `{token.text}` ``"),
    )
    problems.report(
        codes.ForeignConstant, message, Label(source, token.span, f"write `{proper}`"), helps=helps
    )


def with_own_datasets(
    source: Source, items: tuple[tree.Item, ...], problems: Problems
) -> tuple[tree.Item, ...]:
    """`data name { … }` becomes a dataset whose pipeline is broken."""
    return tuple(_own_dataset(source, item, problems) for item in items)


def _own_dataset(source: Source, item: tree.Item, problems: Problems) -> tree.Item:
    if isinstance(item, tree.Rounds):
        return replace(item, items=with_own_datasets(source, item.items, problems))
    if not isinstance(item, tree.Thing) or item.kind.text != "data" or item.name is None:
        return item
    message = f"the dataset `{item.name.text}` is written as a block, it is a pipeline"
    helps = (Help(f'write `data {item.name.text} = read("…") | …`'),)
    label = Label(source, item.kind.span.to(item.name.span), "a dataset is `data name = source | step`")
    problems.report(codes.DataBlock, message, label, helps=helps)
    broken = tree.Pipeline(tree.Broken(item.block.span), (), item.block.span)
    return tree.Data(item.kind, item.name, None, broken, item.doc, item.span)
