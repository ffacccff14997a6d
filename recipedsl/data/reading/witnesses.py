"""Where texts and nulls were seen first in the rows looked at: what an enumeration is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recipedsl.data.reading.inference import FREE_FORM

#: Different texts kept of a column: one more than an enumeration is likely to have members.
MOST_TEXTS = 64
#: Characters kept of a text; no member of an enumeration is as long.
LONGEST = 80
_PATHS = 200  # columns and parts of columns that are followed


@dataclass
class Witnesses:
    """Texts and nulls by the path of their column: `topic`, `meta.level`, `tags[]`.

    Attributes:
        texts: by path, where each text was seen first.
        nulls: by path, where null, or no such key, was seen first.
    """

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    nulls: dict[str, str] = field(default_factory=dict)

    def add(self, row: dict[str, Any], place: str) -> None:
        """Remember what a row holds; `place` is what people call where it stands."""
        for name, value in row.items():
            if name not in FREE_FORM:
                self._value(name, value, place)

    def _value(self, path: str, value: Any, place: str) -> None:
        if value is None:
            self.nulls.setdefault(path, place)
        elif isinstance(value, str):
            self._text(path, value, place)
        elif isinstance(value, list):
            for each in value:
                self._value(f"{path}[]", each, place)
        elif isinstance(value, dict):
            for name, part in value.items():
                if name not in FREE_FORM:
                    self._value(f"{path}.{name}", part, place)

    def _text(self, path: str, value: str, place: str) -> None:
        if path not in self.texts and len(self.texts) >= _PATHS:
            return
        known = self.texts.setdefault(path, {})
        if len(known) < MOST_TEXTS:
            known.setdefault(value if len(value) <= LONGEST else f"{value[:LONGEST]}…", place)
