"""Words of other tools, and what they are called here."""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.language import catalogue
from recipedsl.language.concept import Setting
from recipedsl.reference.markdown import code, joined, link, prose, table
from recipedsl.reference.vocabulary import families

_LEAD = """\
The left column is what you may have written elsewhere. A word of this list in a recipe is an error
that names ours; `recipedsl explain WORD` tells the same."""


def other_names(setting: Setting) -> tuple[str, ...]:
    """What other tools call a setting; the argument that it becomes is one of these names."""
    names = dict.fromkeys((*setting.also_called, setting.argument))
    return tuple(each for each in names if each and each != setting.name)


def renamed() -> Iterator[tuple[str, str, str]]:
    """Other name, our spelling (`stage.setting` where only some have it), address of the page; sorted."""
    found: dict[str, dict[str, str]] = {}
    for family in families():
        for word in family.words:
            target = f"{family.file}#{word.keyword}"
            for setting in word.settings().values():
                for name in other_names(setting):
                    found.setdefault(name, {}).setdefault(setting.name, target)
    for name in sorted(found, key=str.lower):
        for ours, target in found[name].items():
            yield name, ours, target


def absent() -> dict[str, str]:
    """Words that people ask for and that this vocabulary lacks, with what to use."""
    tables = (value for name, value in vars(catalogue).items() if name.startswith("ABSENT_"))
    hints = {word: hint for each in tables for word, hint in each.items()}
    # A step of another tool may be called as a function or a source is here.
    known = {each.keyword for words in catalogue.words().values() for each in words}
    return {
        word: hint.words if isinstance(hint, catalogue.Elsewhere) else hint
        for word, hint in hints.items()
        if word not in known
    }


def other_tools_page() -> str:
    """The page as Markdown."""
    rows = ((code(name), link(code(ours), target)) for name, ours, target in renamed())
    missing = ((code(name), prose(hint)) for name, hint in sorted(absent().items()))
    return (
        joined(
            [
                "# From other tools",
                _LEAD,
                table(("there", "here"), rows),
                "## What has no word of its own",
                table(("there", "here"), missing),
            ]
        )
        + "\n"
    )
