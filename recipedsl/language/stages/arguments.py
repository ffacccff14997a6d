"""Arguments of the trainers' configurations and what values they take, known without a trainer.

The table is made from the installed libraries, and a test holds it against them.
"""

from __future__ import annotations

from dataclasses import replace

from recipedsl.language.stages.arguments_table import COMMON, OWN
from recipedsl.language.values import ValueType, Wants, one_of, several

#: Words of the types of arguments, by dotted name of the configuration and name of the argument.
ARGUMENTS: dict[str, dict[str, str]] = {name: COMMON | own for name, own in OWN.items()}

_PLAIN = {
    "bool": Wants.FLAG,
    "int": Wants.WHOLE,
    "float": Wants.NUMBER,
    "text": Wants.TEXT,
    "map": Wants.MAP,
}


def value_type(word: str) -> ValueType | None:
    """What values an argument takes; None when that is not known.

    Args:
        word: of the table: `int`, `float?`, `nll|dft`, `list[text]`, `int or text`.
    """
    first, _, second = word.removesuffix("?").partition(" or ")
    found, also = _one(first), _one(second) if second else None
    return None if found is None else replace(found, optional=word.endswith("?"), also=also)


def _one(word: str) -> ValueType | None:
    if word.startswith("list["):
        item = _one(word.removeprefix("list[").removesuffix("]"))
        return None if item is None else several(item)
    if "|" in word:
        return one_of(*word.split("|"))
    return ValueType(_PLAIN[word]) if word in _PLAIN else None
