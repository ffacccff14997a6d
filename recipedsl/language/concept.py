"""A concept of the language: one small class in one place, from which everything else derives."""

from __future__ import annotations

from dataclasses import replace
from inspect import getdoc
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from recipedsl.language.values import ValueType, Wants

#: Marks a setting that has to be written.
REQUIRED: Any = ...


class Word:
    """A word of the vocabulary: a keyword, and a docstring that is its page.

    Functions are words alone: they are never instantiated, and seventy classes less with fields
    are a tenth of the time in which `check` answers.
    """

    keyword: ClassVar[str]

    @classmethod
    def page(cls) -> str:
        """Documentation as Markdown."""
        return getdoc(cls) or ""

    @classmethod
    def title(cls) -> str:
        """First line of the page."""
        return cls.page().split("\n", 1)[0]

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The settings by name; a word alone has none."""
        return {}


class Concept(Word, BaseModel):
    """Base of every concept with settings, which are its fields.

    A class is what the vocabulary knows; an instance is one use of it in a recipe, its settings
    resolved (units gone, defaults filled in).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, arbitrary_types_allowed=True)

    #: Whether gates may stand among its settings.
    gates: ClassVar[bool] = False

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The settings by name, in the order of the class."""
        found = (Setting(name, info) for name, info in cls.model_fields.items())
        return {each.name: each for each in found}


class Setting:
    """A setting of a concept, read off the field that declares it.

    Attributes:
        name: as written in a recipe.
        field: as written in the class.
        type: what values it takes.
        default: value when it is left out; `required` tells whether it may be.
        doc: what it does, one sentence.
        argument: name of the library's argument that it becomes, empty when it is ours.
    """

    def __init__(self, name: str, info: FieldInfo) -> None:
        extra: Any = info.json_schema_extra or {}
        self.name = name.rstrip("_")  # `from` and `else` are words of Python
        self.field = name
        self.type: ValueType = extra["type"]
        self.required = info.is_required()
        self.default = None if self.required else info.default
        self.doc = info.description or ""
        self.argument: str = extra["argument"]


def setting(type_: ValueType, doc: str, default: Any = REQUIRED, *, argument: str = "") -> Any:
    """Declares a setting of a concept.

    Args:
        type_: what values it takes.
        doc: what it does, one sentence.
        default: value when it is left out; leave it out to make the setting required. Where it is None,
            `none` may be written too, except for a concept, of which `none` would promise that there is none.
        argument: name of the library's argument that it becomes.
    """
    if default is None and type_.wants is not Wants.CONCEPT:
        type_ = replace(type_, optional=True)
    extra: dict[str, Any] = {"type": type_, "argument": argument}
    return Field(default, description=doc, json_schema_extra=extra)
