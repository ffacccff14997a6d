"""Functions of formal texts."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.types import BOOL, TEXT, Type


class JsonOk(Function):
    """Whether a text is JSON, strictly read: no NaN, no comments, nothing behind it.

    Null: null.

    Example: `json_ok(answer)`
    """

    keyword: ClassVar[str] = "json_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="text", type=TEXT),)
    gives: ClassVar[Type | None] = BOOL
