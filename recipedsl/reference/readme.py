"""The generated parts of the README: `recipedsl docs readme`, or `python -m recipedsl.reference.readme`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from recipedsl.language import catalogue
from recipedsl.language.concept import Word
from recipedsl.language.functions.base import is_operator
from recipedsl.reference.filling import filled
from recipedsl.reference.markdown import code, joined, table
from recipedsl.reference.other_tools import absent
from recipedsl.reference.vocabulary import plural

#: Titles of families whose name in the catalogue is not their title.
_TITLES: dict[str, str] = {
    "source": "rows from",
    "shape": "shapes (`as …`)",
    "model_source": "models from",
    "block": "blocks",
}

_LATER = "not carried out yet"


def refreshed(text: str) -> str:
    """The README with its generated parts made anew."""
    return filled(text, {"works": works, "not yet": not_yet_words})


def works() -> str:
    """The table of what this version carries out."""
    losses = (
        (f"losses of {code(stage.keyword)}", " ".join(map(code, choices)))
        for stage in catalogue.FAMILIES["stage"]
        if (choices := _choices(stage, "loss")) and not stage.not_yet
    )
    return table(("", ""), (*_rows(carried_out=True), *losses))


def _rows(*, carried_out: bool) -> Iterator[tuple[str, str]]:
    """A row a family: its title and those of its words that are carried out, or are not."""
    for family, members in catalogue.words().items():
        called = (each for each in members if not is_operator(each))
        names = [each.keyword for each in called if bool(each.not_yet) is not carried_out]
        if names:
            yield _title(family), " ".join(map(code, names))


def _title(family: str) -> str:
    return _TITLES.get(family, plural(family.replace("_", " ")))


def _choices(word: type[Word], name: str) -> tuple[str, ...]:
    setting = word.settings().get(name)
    if setting is None:
        return ()
    return setting.type.choices or (setting.type.item.choices if setting.type.item else ())


def not_yet_words() -> str:
    """What is not carried out: words that a plan can hold, by family, then those that are refused."""
    said = {each.keyword for family in catalogue.words().values() for each in family}
    refused = [word for word, hint in absent().items() if hint.startswith(_LATER) and word not in said]
    plans = table(("", ""), _rows(carried_out=False))
    return joined(
        [
            f"What can be said and planned, and is {_LATER}:\n\n{plans}" if plans else "",
            f"Answered with a clear “{_LATER}”: {' '.join(map(code, refused))}." if refused else "",
        ]
    )


def refresh(path: Path) -> bool:
    """Rewrites a file's generated parts; tells whether anything changed."""
    text = path.read_text(encoding="utf-8")
    new = refreshed(text)
    if new != text:
        path.write_text(new, encoding="utf-8", newline="\n")
    return new != text


if __name__ == "__main__":
    refresh(Path(sys.argv[1] if len(sys.argv) > 1 else "README.md"))
