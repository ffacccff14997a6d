"""Functions and methods as other languages call them: `answer.lower()`, `len(answer)`, `x in answer`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from recipedsl.diagnostics import Applicability, Help
from recipedsl.language import catalogue
from recipedsl.language.foreign import FUNCTIONS, LANGUAGE_CODES, NULL_TESTS, TOKEN_COUNTS
from recipedsl.language.types import Kind, Type
from recipedsl.semantics.context import Module, did_you_mean, fix
from recipedsl.semantics.recipe import Place
from recipedsl.syntax import tree

#: What stands between a column and its methods in pandas and Polars.
_SPACES = frozenset(("str", "dt", "list"))

_REGION = re.compile("[-_]")
_LANGUAGE = Help(
    '`lang(text)` gives the language: `lang(text) == "en"`; how sure that is, `lang_score(text)`'
)

_TOKENS = (
    Help("a tokenizer belongs to a model: `max_length` of a stage is the longest row in tokens"),
    Help("without a model, `words(text)` and `chars(text)` tell how long a text is"),
)


def help_with_call(module: Module, call: tree.Call, known: list[str]) -> tuple[Help, ...]:
    """What to write for a function that does not exist."""
    if isinstance(call.function, tree.Member):
        return _method(module, call, call.function)
    if not isinstance(call.function, tree.Name):
        return ()
    written, place = call.function.text, module.place(call.function)
    test = NULL_TESTS.get(written)
    if test is not None and len(call.arguments) == 1:
        proper = f"{_slice(module, call.arguments[0].value)} {test} none"
        return (fix(module.place(call), proper, f"write `{proper}`"),)
    if written in TOKEN_COUNTS:
        return _TOKENS
    ours = FUNCTIONS.get(written)
    if ours is None:
        return did_you_mean(place, written, known)
    beside = (
        (Help("`length(list)` counts the items of a list, `words(text)` words"),) if ours == "chars" else ()
    )
    return (fix(place, ours, f"write `{ours}`", Applicability.UNSAFE), *beside)


def _method(module: Module, call: tree.Call, method: tree.Member) -> tuple[Help, ...]:
    """`answer.lower()` is `lower(answer)`."""
    target: tree.Expression = method.target
    if isinstance(target, tree.Member) and target.name.text in _SPACES:
        target = target.target
    name, column = method.name.text, _slice(module, target)
    test = NULL_TESTS.get(name)
    if test is not None:
        proper = f"{column} {test} none"
        return (fix(module.place(call), proper, f"write `{proper}`"),)
    ours = FUNCTIONS.get(name, name)
    function = catalogue.function(ours)
    if function is None or function.operator:
        return (Help("a value has no methods: a function stands before it, as in `lower(answer)`"),)
    inside = [column, *(module.source.slice(each.span) for each in call.arguments)]
    proper = f"{ours}({', '.join(inside)})"
    return (fix(module.place(call), proper, f"write `{proper}`"),)


def help_with_part(module: Module, member: tree.Member, type_: Type) -> tuple[Help, ...]:
    """What to write for `answer.length` or `messages.content`."""
    column, part, place = _slice(module, member.target), member.name.text, module.place(member)
    if type_.item is not None and type_.item.field(part) is not None:
        return _of_items(module, member, column)
    if type_.kind is Kind.LIST and part in ("length", "len", "size", "count"):
        return (fix(place, f"length({column})", f"write `length({column})`"),)
    ours = FUNCTIONS.get(part, part)
    function = catalogue.function(ours)
    if function is not None and not function.operator and len(function.takes) == 1:
        return (fix(place, f"{ours}({column})", f"write `{ours}({column})`"),)
    return did_you_mean(module.place(member.name), part, [each.name for each in type_.fields])


def _of_items(module: Module, member: tree.Member, column: str) -> tuple[Help, ...]:
    """A field of a list of records: of which of them?"""
    part, place = member.name.text, module.place(member)
    first, last = f"first({column}).{part}", f"last({column}).{part}"
    more = Help(f"that of the last is `{last}`, of another `{column}[1].{part}`")
    rows = Help(f"for a row of each item, `| explode {column}` and then `{column}.{part}`")
    return (fix(place, first, f"of the first item: `{first}`", Applicability.UNSAFE), more, rows)


def help_with_field(module: Module, index: tree.Index, type_: Type, written: object) -> tuple[Help, ...]:
    """What to write for `answer["content"]`."""
    if not isinstance(written, str) or not written.isidentifier():
        return ()
    column, place = _slice(module, index.target), module.place(index)
    if type_.field(written) is not None:
        return (fix(place, f"{column}.{written}", f"write `{column}.{written}`"),)
    if type_.item is not None and type_.item.field(written) is not None:
        first = f"first({column}).{written}"
        more = Help(f"that of the last is `last({column}).{written}`, of another `{column}[1].{written}`")
        return (fix(place, first, f"of the first item: `{first}`", Applicability.UNSAFE), more)
    return ()


def help_with_language(place: Place, written: str, known: Collection[str]) -> tuple[Help, ...]:
    """The code that is meant by the name of a language, or by a tag with a region: `english`, `EN-us`."""
    code = LANGUAGE_CODES.get(written.lower()) or _REGION.split(written.lower())[0]
    is_meant = code != written and {code, *LANGUAGE_CODES.values()} <= {*known}
    return (fix(place, code, f'write `"{code}"`, the code of the language'),) if is_meant else ()


def help_with_operand(
    module: Module, whole: tree.Expression, node: tree.Expression, function: str, found: Type
) -> tuple[Help, ...]:
    """What to write where a list is wanted and a text stands: `length(answer)`, `"x" in answer`."""
    if not found.is_text:
        return ()
    if function == "lang":
        return (_LANGUAGE,)
    if function == "length":
        proper = f"chars({_slice(module, node)})"
        return (fix(module.place(whole), proper, f"write `{proper}`"), Help("`words(text)` counts words"))
    if function in ("in", "not_in") and isinstance(whole, tree.Binary) and node is whole.right:
        call = f"contains({_slice(module, node)}, {_slice(module, whole.left)})"
        proper = call if function == "in" else f"not {call}"
        return (fix(module.place(whole), proper, f"write `{proper}`"),)
    return ()


def help_with_column(place: Place, expression: tree.Expression) -> tuple[Help, ...]:
    """A column whose name is written as a text."""
    if not isinstance(expression, tree.Text) or not expression.value or "`" in expression.value:
        return ()
    name = expression.value if expression.value.isidentifier() else f"`{expression.value}`"
    return (fix(place, name, f"write `{name}`, without quotes"),)


def without_quotes(place: Place, written: tree.Expression, known: Iterable[str]) -> tuple[Help, ...]:
    """A name or a word of the vocabulary that is written as a text."""
    if not isinstance(written, tree.Text) or written.value not in known:
        return ()
    return (fix(place, written.value, f"write `{written.value}`, without quotes"),)


def _slice(module: Module, node: tree.Expression) -> str:
    return module.source.slice(node.span)
