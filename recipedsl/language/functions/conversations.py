"""Functions of conversations: lists of records with `role` and `content`."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import LIST, Function, Parameter
from recipedsl.language.types import INT, MESSAGES, TEXT, Kind, Type

_MESSAGES = Parameter(name="messages", type=MESSAGES)
_INDEX = Parameter(name="index", type=INT, constant=True)


class Turns(Function):
    """Number of messages of a conversation, whoever wrote them.

    Null: null.

    Example: `turns(messages) in 2..20`
    """

    keyword: ClassVar[str] = "turns"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="messages", type=LIST),)
    gives: ClassVar[Type | None] = INT

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        item = types[0].item
        return super().result(types) if item is None or item.kind in (Kind.RECORD, Kind.ANY) else None


class Role(Function):
    """Who wrote a message of a conversation; 0 is the first, -1 the last.

    Null: null, also when there is no such message.

    Example: `role(messages, 0) == "system"`
    """

    keyword: ClassVar[str] = "role"
    takes: ClassVar[tuple[Parameter, ...]] = (_MESSAGES, _INDEX)
    gives: ClassVar[Type | None] = TEXT.or_null()


class Content(Function):
    """Text of a message of a conversation; 0 is the first, -1 the last.

    Null: null, also when there is no such message.

    Example: `chars(content(messages, -1)) > 20`
    """

    keyword: ClassVar[str] = "content"
    takes: ClassVar[tuple[Parameter, ...]] = (_MESSAGES, _INDEX)
    gives: ClassVar[Type | None] = TEXT.or_null()
