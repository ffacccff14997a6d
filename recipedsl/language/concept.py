"""A concept of the language: one small class in one place, from which everything else derives.

Concepts are plain classes that declare their settings as attributes. They were pydantic models once;
as nothing is ever validated through them (a recipe's values are checked by the semantics, with places
and fixes), all that bought was a third of the time in which `check` answers.
"""

from __future__ import annotations

from dataclasses import replace
from inspect import cleandoc
from typing import Any, ClassVar

from recipedsl.language.values import ValueType, Wants

#: Marks a setting that has to be written.
REQUIRED: Any = ...


class Word:
    """A word of the vocabulary: a keyword, and a docstring that is its page.

    Attributes:
        not_yet: empty when the word is carried out. Else a plan can hold it and nothing runs it yet;
            the text says what to do meanwhile, or just that.
    """

    keyword: ClassVar[str]
    not_yet: ClassVar[str] = ""

    @classmethod
    def page(cls) -> str:
        """Documentation as Markdown; that of the nearest base where the class has none."""
        return cleandoc(next((each.__doc__ for each in cls.__mro__ if each.__doc__), ""))

    @classmethod
    def title(cls) -> str:
        """First line of the page."""
        return cls.page().split("\n", 1)[0]

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The settings by name; a word alone has none."""
        return {}


class Concept(Word):
    """Base of every concept with settings, which are its attributes; never instantiated."""

    #: Whether gates may stand among its settings.
    gates: ClassVar[bool] = False

    _settings: ClassVar[dict[str, Setting]] = {}

    def __init_subclass__(cls) -> None:
        written = [each for base in reversed(cls.__mro__) for each in vars(base).values()]
        # A setting that a class declares anew keeps the place that it has in the base.
        cls._settings = {each.name: each for each in written if isinstance(each, Setting)}

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The settings by name: those of the bases first, each in the order of its class."""
        return cls._settings


class Setting:
    """A setting of a concept.

    Attributes:
        name: as written in a recipe.
        field: as written in the class.
        type: what values it takes.
        required: whether it has to be written.
        default: value when it is left out; None where it has to be written.
        doc: what it does, one sentence.
        argument: name of the library's argument that it becomes, empty when it is ours.
        also_called: what other tools call it, with the same values and the same meaning.
        not_yet: whether a plan can hold it and nothing carries it out yet.
    """

    name: str
    field: str

    def __init__(
        self,
        type_: ValueType,
        doc: str,
        default: Any,
        argument: str,
        not_yet: bool,
        also_called: tuple[str, ...] = (),
    ) -> None:
        self.type = type_
        self.required = default is REQUIRED
        self.default = None if self.required else default
        self.doc = doc
        self.argument = argument
        self.also_called = also_called
        self.not_yet = not_yet

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name.rstrip("_")  # `from` and `else` are words of Python
        self.field = name


def setting(
    type_: ValueType,
    doc: str,
    default: Any = REQUIRED,
    *,
    argument: str = "",
    not_yet: bool = False,
    also_called: tuple[str, ...] = (),
) -> Any:
    """Declares a setting of a concept.

    Args:
        type_: what values it takes.
        doc: what it does, one sentence.
        default: value when it is left out; leave it out to make the setting required. Where it is None,
            `none` may be written too, except for a concept, of which `none` would promise that there is none.
        argument: name of the library's argument that it becomes.
        also_called: what other tools call it, with the same values and the same meaning; the argument's
            name counts by itself.
        not_yet: a plan can hold it, nothing carries it out yet.
    """
    if default is None and type_.wants is not Wants.CONCEPT:
        type_ = replace(type_, optional=True)
    return Setting(type_, doc, default, argument, not_yet, also_called)
