"""Pages of the diagnostics: one a family, every code of it with what, why, bad and good."""

from __future__ import annotations

from itertools import groupby

from recipedsl.diagnostics import Code, Severity
from recipedsl.lint import every_kind
from recipedsl.reference.markdown import code, fence, joined, link, prose, slug, table
from recipedsl.reference.pages import Section, language_of, read_page

#: What the letter of a code says; a letter that is not listed is its own title.
TITLES: dict[str, tuple[str, str]] = {
    "S": ("Syntax", "The text cannot be read as a recipe. Several are found in one go."),
    "N": ("Names", "Something is not declared, declared twice, or of another kind."),
    "T": ("Types", "A value does not fit where it stands."),
    "D": ("Data", "Columns, shapes, splits and files; D5 and above only show when rows are read."),
    "M": ("Models and templates", "What a tokenizer and a chat template make of the rows."),
    "P": ("Plans", "Settings that do not go together, and what cannot be carried out."),
    "L": ("Lints", "Fine to run, likely not meant."),
    "R": ("Running", "What goes wrong while stages train and models are judged."),
}


_ARTICLES: dict[Severity, str] = {
    Severity.ERROR: "an error",
    Severity.WARNING: "a warning",
    Severity.INFO: "an information",
    Severity.HINT: "a hint",
}


def code_families() -> dict[str, list[type[Code]]]:
    """The codes by letter, letters in the order in which a recipe meets them."""
    found = {letter: list(each) for letter, each in groupby(every_kind(), key=lambda each: str(each.code)[0])}
    order = [
        *(letter for letter in TITLES if letter in found),
        *(letter for letter in found if letter not in TITLES),
    ]
    return {letter: found[letter] for letter in order}


def code_title(letter: str) -> str:
    """Title of a family; the letter itself where it has none."""
    return TITLES[letter][0] if letter in TITLES else letter


def code_file(letter: str) -> str:
    """Name of the file of a family."""
    return f"codes-{slug(code_title(letter))}.md"


def code_link(kind: type[Code]) -> str:
    """A link to a code's section, from another page."""
    return link(code(kind.code), f"{code_file(kind.code[0])}#{slug(_heading(kind))}")


def code_page(letter: str, kinds: list[type[Code]]) -> str:
    """The page of a family as Markdown."""
    title, lead = TITLES.get(letter, (letter, ""))
    contents = table(("code", "name", "what is wrong"), (_line(each) for each in kinds))
    return joined([f"# {title}: {letter}…", lead, contents, *(code_section(each) for each in kinds)]) + "\n"


def _line(kind: type[Code]) -> tuple[str, str, str]:
    page = read_page(kind.page())
    return link(code(kind.code), f"#{slug(_heading(kind))}"), code(kind.name), prose(page.title)


def _heading(kind: type[Code]) -> str:
    return f"{kind.code} {kind.name}"


def code_section(kind: type[Code]) -> str:
    """One code: title, what, why, a bad and a good example, source."""
    page = read_page(kind.page())
    parts = [
        f"## {_heading(kind)}",
        f"**{prose(page.title)}.** Reported as {_ARTICLES[kind.severity]}.",
        prose(page.text),
    ]
    for name, section in page.sections.items():
        parts += _section(name, section)
    return joined(parts)


def _section(name: str, section: Section) -> list[str]:
    if section.is_code:
        return [f"*{name}:*", *(fence(each, language_of(each)) for each in section.examples)]
    text = prose(section.text)
    return [f"*{name}:* {text[:1].upper() + text[1:]}"]
