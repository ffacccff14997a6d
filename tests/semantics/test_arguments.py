"""The table of trainers' arguments against the installed trainers; `--accept` writes it anew."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from recipedsl.language import catalogue
from recipedsl.language.stages.arguments import ARGUMENTS, value_type
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.values import Wants

TABLE = Path(__file__).parents[2] / "recipedsl" / "language" / "stages" / "arguments_table.py"
METHODS = [
    each
    for each in (catalogue.find("stage", keyword) for keyword in catalogue.keywords("stage"))
    if each is not None and issubclass(each, StageMethod) and getattr(each, "config_class", "")
]
CONFIGURATIONS = sorted({each.config_class for each in METHODS})

_PLAIN = {bool: "bool", int: "int", float: "float", str: "text", dict: "map"}


def word_of(hint: Any, choices: Iterable[str] | None) -> str:
    """The word of the table for a type of Python: `int`, `text?`, `nll|dft`, `list[text]`, `int or text`."""
    if choices is not None and _base(hint) == {str}:
        return "|".join(sorted(choices)) + ("?" if _is_optional(hint) else "")
    words = list(dict.fromkeys(word for each in _members(hint) if (word := _word(each, choices))))
    for wide, narrow in (("list[text]", "text"), ("map", "text"), ("float", "int")):
        if wide in words and narrow in words:  # a text stands for a list of one, or for a file of a map
            words.remove(narrow)
    named = [each for each in words if "|" in each]
    if named and "text" in words:  # an enumeration of the library, or its name
        words.remove("text")
    return (" or ".join(words) or "any") + ("?" if _is_optional(hint) else "")


def _members(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(inner for each in typing.get_args(hint) for inner in _members(each))
    return (hint,)


def _base(hint: Any) -> set[Any]:
    return {each for each in _members(hint) if each is not type(None)}


def _is_optional(hint: Any) -> bool:
    return type(None) in _members(hint)


def _word(hint: Any, choices: Iterable[str] | None) -> str:
    origin = typing.get_origin(hint) or hint
    if hint is type(None) or origin is typing.Literal:
        return ""
    if origin in (list, tuple):
        items = typing.get_args(hint)
        item = "|".join(sorted(choices)) if choices and items[0] is str else _word(items[0], None)
        return f"list[{item}]"
    if isinstance(origin, type) and issubclass(origin, enum.Enum):
        return "|".join(str(each.value) for each in origin)
    return _PLAIN.get(origin, "")


def installed(configuration: str) -> dict[str, str]:
    """Arguments of a configuration by name, as the installed libraries declare them."""
    module, _, name = configuration.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    hints = typing.get_type_hints(found)
    return {
        each.name: word_of(hints[each.name], each.metadata.get("choices"))
        for each in dataclasses.fields(found)
        if each.init
    }


def written(tables: Mapping[str, dict[str, str]]) -> str:
    """Text of the module that holds the table; what all configurations share stands once."""
    first, *others = tables.values()
    common = {name: word for name, word in first.items() if all(each.get(name) == word for each in others)}
    lines = [
        '"""Arguments of the trainers\' configurations and their types. Made by tests/semantics/test_arguments.py."""',
        "",
        "# ruff: noqa: E501 (types are kept on one line)",
        "",
        "#: What all configurations have.",
        "COMMON: dict[str, str] = {",
        *_entries(common, "    "),
        "}",
        "",
        "#: What each has besides, by dotted name of the class.",
        "OWN: dict[str, dict[str, str]] = {",
    ]
    for name, table in tables.items():
        own = {key: word for key, word in table.items() if key not in common}
        lines += [f'    "{name}": {{', *_entries(own, "        "), "    },"]
    return "\n".join([*lines, "}", ""])


def _entries(table: dict[str, str], indent: str) -> list[str]:
    return [f'{indent}"{name}": "{table[name]}",' for name in sorted(table)]


def test_the_table_is_that_of_the_installed_trainers(accept: bool) -> None:
    tables = {name: installed(name) for name in CONFIGURATIONS}
    if accept:
        TABLE.write_text(written(tables), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == written(tables), "run this test with --accept"


def test_every_method_that_runs_has_its_arguments() -> None:
    assert set(CONFIGURATIONS) == set(ARGUMENTS)
    for method in (each for each in METHODS if not each.not_yet):
        known = ARGUMENTS[method.config_class]
        for setting in method.settings().values():
            assert not setting.argument or setting.argument in known, (method.keyword, setting.name)


@pytest.mark.parametrize(
    ("word", "wants", "optional"),
    [
        ("int", Wants.WHOLE, False),
        ("float?", Wants.NUMBER, True),
        ("bool", Wants.FLAG, False),
        ("text?", Wants.TEXT, True),
        ("map?", Wants.MAP, True),
        ("list[text]", Wants.LIST, False),
        ("nll|dft", Wants.CHOICE, False),
    ],
)
def test_words_of_the_table(word: str, wants: Wants, optional: bool) -> None:
    found = value_type(word)
    assert found is not None
    assert (found.wants, found.optional) == (wants, optional)


def test_two_types_and_none_at_all() -> None:
    both = value_type("int or text?")
    assert both is not None
    assert both.also is not None
    assert (both.wants, both.also.wants, both.optional) == (Wants.WHOLE, Wants.TEXT, True)
    assert value_type("any?") is None
