"""Functions of text."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter, is_plain
from recipedsl.language.types import ANY, BOOL, FLOAT, INT, TEXT, Type, list_of

_TEXT = Parameter(name="text", type=TEXT)
_PATTERN = Parameter(name="pattern", type=TEXT, constant=True)


class Chars(Function):
    """Number of characters of a text.

    Code points, not bytes: an accented letter counts one.

    Null: null.

    Example: `chars(answer) in 40..8k`
    """

    keyword: ClassVar[str] = "chars"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = INT


class Words(Function):
    """Number of words of a text: runs of characters that are no white space.

    Null: null.

    Example: `words(answer) >= 5`
    """

    keyword: ClassVar[str] = "words"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = INT


class Lines(Function):
    """Number of lines of a text.

    A line feed at the very end starts no further line; the empty text has none.

    Null: null.

    Example: `lines(answer) < 200`
    """

    keyword: ClassVar[str] = "lines"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = INT


class Bytes(Function):
    """Number of bytes of a text in UTF-8.

    Null: null.

    Example: `bytes(answer) < 64Ki`
    """

    keyword: ClassVar[str] = "bytes"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = INT


class Lower(Function):
    """The text in lower case.

    Null: null.

    Example: `lower(language) == "python"`
    """

    keyword: ClassVar[str] = "lower"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = TEXT


class Upper(Function):
    """The text in upper case.

    Null: null.

    Example: `upper(language) == "SQL"`
    """

    keyword: ClassVar[str] = "upper"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = TEXT


class Trim(Function):
    """The text without white space at both ends.

    Null: null.

    Example: `trim(answer) != ""`
    """

    keyword: ClassVar[str] = "trim"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = TEXT


class Contains(Function):
    """Whether a text holds another, letter for letter.

    Null: null, which `where` takes as false.

    Example: `contains(answer, "def ")`
    """

    keyword: ClassVar[str] = "contains"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, Parameter(name="part", type=TEXT))
    gives: ClassVar[Type | None] = BOOL


class ContainsAny(Function):
    """Whether a text holds at least one of several others.

    With `ignore_case = true` the letters a to z are the same in upper and lower case.

    Null: null, which `where` takes as false.

    Example: `not contains_any(answer, ["As an AI", "I cannot"])`
    """

    keyword: ClassVar[str] = "contains_any"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="parts", type=list_of(TEXT), constant=True),
        Parameter(name="ignore_case", type=BOOL, constant=True, optional=True, default=False),
    )
    gives: ClassVar[Type | None] = BOOL


class StartsWith(Function):
    """Whether a text begins with another.

    Null: null, which `where` takes as false.

    Example: `starts_with(question, "Write")`
    """

    keyword: ClassVar[str] = "starts_with"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, Parameter(name="prefix", type=TEXT))
    gives: ClassVar[Type | None] = BOOL


class EndsWith(Function):
    """Whether a text ends with another.

    Null: null, which `where` takes as false.

    Example: `ends_with(trim(answer), ".")`
    """

    keyword: ClassVar[str] = "ends_with"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, Parameter(name="suffix", type=TEXT))
    gives: ClassVar[Type | None] = BOOL


class Matches(Function):
    """Whether a pattern is found in a text.

    Rust-regex syntax, as Polars runs it; the pattern may match anywhere.

    Null: null, which `where` takes as false.

    Example: `not matches(answer, "(?i)as an ai")`
    """

    keyword: ClassVar[str] = "matches"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, _PATTERN)
    gives: ClassVar[Type | None] = BOOL


class Replace(Function):
    """The text with every match of a pattern replaced.

    `$1` or `${name}` in the new text stands for a group of the pattern, `$$` for a dollar sign.

    Null: null.

    Example: `replace(answer, "<<.*?>>", "")`
    """

    keyword: ClassVar[str] = "replace"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        _PATTERN,
        Parameter(name="with", type=TEXT, constant=True),
    )
    gives: ClassVar[Type | None] = TEXT


class Extract(Function):
    """The part of a text that a pattern finds first.

    The first group of the pattern when it has one, else the whole match; `group` picks another
    (0 is the whole match).

    Null: null, also when nothing is found.

    Example: `extract(answer, "#### (.+)")`
    """

    keyword: ClassVar[str] = "extract"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        _PATTERN,
        Parameter(name="group", type=INT, constant=True, optional=True),
    )
    gives: ClassVar[Type | None] = TEXT.or_null()


class Split(Function):
    """The pieces of a text between separators, as a list.

    Null: null.

    Example: `first(split(answer, "####"))`
    """

    keyword: ClassVar[str] = "split"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="separator", type=TEXT, constant=True),
    )
    gives: ClassVar[Type | None] = list_of(TEXT)


class SliceText(Function):
    """Some characters of a text: from `start` (0 is the first, -1 the last), `length` of them.

    Without a length everything from `start` on.

    Null: null.

    Example: `slice_text(answer, 0, 100)`
    """

    keyword: ClassVar[str] = "slice_text"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="start", type=INT),
        Parameter(name="length", type=INT, optional=True),
    )
    gives: ClassVar[Type | None] = TEXT


class Repeats(Function):
    """Share of a text's pieces that stood in it before: 0 for none, near 1 for a loop.

    A piece is `size` words in a row, or with `lines = true` a line that is not blank. The share is
    (pieces - distinct pieces) / pieces; a text without a piece has 0.

    Null: null.

    Example: `repeats(answer, 3) < 0.3`
    """

    keyword: ClassVar[str] = "repeats"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="size", type=INT, constant=True, optional=True, default=3, low=1, high=100),
        Parameter(name="lines", type=BOOL, constant=True, optional=True, default=False),
    )
    gives: ClassVar[Type | None] = FLOAT


#: Names that `share_of` takes beside patterns.
CLASSES: dict[str, str] = {
    "letters": r"\p{L}",
    "digits": r"\p{Nd}",
    "upper": r"\p{Lu}",
    "lower": r"\p{Ll}",
    "spaces": r"\s",
    "punctuation": r"\p{P}",
    "symbols": r"[\p{S}\p{P}]",
    "ascii": r"[\x00-\x7f]",
}


class ShareOf(Function):
    """Share of a text's characters that belong to a class or lie in matches of a pattern.

    Classes: `letters digits upper lower spaces punctuation symbols ascii`; anything else is a
    pattern. The empty text has 0.

    Null: null.

    Example: `share_of(answer, "letters") > 0.5`
    """

    keyword: ClassVar[str] = "share_of"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="class", type=TEXT, constant=True, choices=tuple(CLASSES), pattern=True),
    )
    gives: ClassVar[Type | None] = FLOAT


class Join(Function):
    """The texts of a list in one, with something between them; null items are left out.

    Null: null.

    Example: `join(tags, ", ")`
    """

    keyword: ClassVar[str] = "join"
    takes: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="list", type=list_of(TEXT)),
        Parameter(name="separator", type=TEXT, constant=True, optional=True, default=""),
    )
    gives: ClassVar[Type | None] = TEXT


class AsText(Function):
    """A number, a truth value or a date written as text.

    Null: null.

    Example: `text(score)`
    """

    keyword: ClassVar[str] = "text"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="value", type=ANY),)
    gives: ClassVar[Type | None] = TEXT

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return super().result(types) if is_plain(types[0]) else None
