"""All pages of the reference, by file name, and writing them."""

from __future__ import annotations

from pathlib import Path

from recipedsl.reference.codes import TITLES, code_families, code_file, code_page, code_title
from recipedsl.reference.language import language_page
from recipedsl.reference.markdown import joined, link, prose, table
from recipedsl.reference.other_tools import other_tools_page
from recipedsl.reference.pains_page import pains_page
from recipedsl.reference.vocabulary import families, family_page

#: Pages beside those of words and codes.
_LANGUAGE, _TOOLS, _PAINS = "language.md", "from-other-tools.md", "what-goes-wrong.md"

_LEAD = """\
A recipe says which model is trained, on which rows, through which chat template, in which ordered
stages, and how the result is judged. This reference is made from the vocabulary itself: what stands
here is what the compiler knows. `recipedsl explain WORD` prints the part about a word or a code."""


def pages() -> dict[str, str]:
    """Markdown by file name; the first one is the index."""
    found = {"index.md": index_page(), _LANGUAGE: language_page()}
    found |= {each.file: family_page(each) for each in families()}
    found |= {code_file(letter): code_page(letter, kinds) for letter, kinds in code_families().items()}
    return {**found, _TOOLS: other_tools_page(), _PAINS: pains_page()}


def index_page() -> str:
    """The page that lists the others."""
    return (
        joined(
            [
                "# recipedsl",
                _LEAD,
                "\n".join(
                    f"- {link(title, file)}: {words}"
                    for title, file, words in (
                        ("The language", _LANGUAGE, "forms, names, numbers, types, the grammar"),
                        ("From other tools", _TOOLS, "their words, and ours"),
                        (
                            "What goes wrong today, and what recipedsl does about it",
                            _PAINS,
                            "complaint by complaint",
                        ),
                    )
                ),
                "## The vocabulary",
                table(("page", "what there is", "words"), _vocabulary_rows()),
                "## The diagnostics",
                "Every message has a code. A code has a page: what is wrong, why it matters, a bad and a "
                "good example.",
                table(("letter", "family", "codes", "what they say"), _code_rows()),
            ]
        )
        + "\n"
    )


def _vocabulary_rows() -> list[tuple[str, str, str]]:
    return [(link(each.title, each.file), prose(each.lead), str(len(each.words))) for each in families()]


def _code_rows() -> list[tuple[str, str, str, str]]:
    rows = []
    for letter, kinds in code_families().items():
        title, words = TITLES.get(letter, (letter, ""))
        rows.append((letter, link(title, code_file(letter)), str(len(kinds)), words))
    return rows


def navigation() -> dict[str, dict[str, str]]:
    """Groups of pages, by title: titles and file names, in the order in which they are read."""
    return {
        "": {"recipedsl": "index.md", "The language": _LANGUAGE},
        "Vocabulary": {each.title: each.file for each in families()},
        "Diagnostics": {f"{letter} {code_title(letter)}": code_file(letter) for letter in code_families()},
        "Coming from elsewhere": {"From other tools": _TOOLS, "What goes wrong today": _PAINS},
    }


def write_markdown(folder: Path) -> list[Path]:
    """Writes every page into a folder that is there; gives their paths."""
    written = []
    for name, text in pages().items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written
