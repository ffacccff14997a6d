"""D521, D522: what goes wrong where datasets are mixed or held against each other."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code


class TooFewRows(Code):
    """A dataset has too few rows for its share.

    What: a mixture asks a dataset for more rows than it has, or for any from one that is empty.

    Why: filling up from the others would change the shares, and repeating rows is a choice of its own.

    Bad: `mix({ solutions: 70%, chats: 30% }, rows = 100k)` where `chats` has 12 rows

    Good: `mix({ solutions: 70%, chats: 30% }, rows = 100k, repeat = true)`, or the same without `rows`
    """

    code: ClassVar[str] = "D521"
    name: ClassVar[str] = "too-few-rows"


class NoTexts(Code):
    """A column without texts is to be compared word by word.

    What: `decontaminate` is given a column that holds neither texts nor messages.

    Why: numbers and dates have no words; every row or none would fall.

    Bad: `decontaminate held, on = id`

    Good: `decontaminate held, on = question`
    """

    code: ClassVar[str] = "D522"
    name: ClassVar[str] = "no-texts"


CODES: tuple[type[Code], ...] = (TooFewRows, NoTexts)
