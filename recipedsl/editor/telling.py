"""Words of the vocabulary, declarations and columns as Markdown: for hover and for completion.

What comes from files is not trusted: control characters are spelled out, and nothing of it is markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from recipedsl.diagnostics.render.pieces import escaped
from recipedsl.language.concept import Setting, Word
from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.types import RowType, Type
from recipedsl.plan.facts import ColumnSeen
from recipedsl.reference.facts import facts_of, signature
from recipedsl.reference.markdown import joined, prose
from recipedsl.reference.pages import language_of, read_page
from recipedsl.reference.values import default_of, type_words

#: Columns of a row type that are listed, and characters of a type or a value.
_COLUMNS, _LONGEST = 40, 120


def fenced(lines: Iterable[str], language: str = "ftr") -> str:
    """Code whose fence is longer than any run of backquotes in it; control characters spelled out."""
    text = "\n".join(escaped(each) for each in lines)
    ticks = "`" * max(3, 1 + max((len(each) for each in re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def inline(text: str) -> str:
    """Code within a line, whatever it holds."""
    shown = escaped(_cut(text))
    ticks = "`" * (1 + max((len(each) for each in re.findall("`+", shown)), default=0))
    blank = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{blank}{shown}{blank}{ticks}"


def _cut(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def without_links(markdown: str) -> str:
    """Markdown of a page of the reference, whose links lead nowhere here."""
    return re.sub(r"\[(.*?)\]\(.*?\)", r"\1", markdown)


# --- the vocabulary -----------------------------------------------------------------------------------


def word_page(word: type[Word], head: str = "") -> str:
    """A word of the catalogue: what it is, what is true of it, an example."""
    page = read_page(word.page())
    head = head or (signature(word) if issubclass(word, Function) else "")
    later = f"*Not carried out yet: {prose(word.not_yet)}.*" if word.not_yet else ""
    facts = "\n".join(f"- {name}: {words}" for name, words in facts_of(word))
    examples = page.sections["Example"].examples if "Example" in page.sections else ()
    example = "\n\n".join(fenced(each.split("\n"), language_of(each)) for each in examples)
    parts = [
        fenced([head]) if head else "", f"{prose(page.title)}.", prose(page.text), later, facts, example
    ]  # fmt: skip
    return joined(parts)


def setting_page(setting: Setting, owner: type[Word] | None) -> str:
    """A setting: what it takes, what it is when left out, what it becomes."""
    doc = setting.doc.rstrip(".")
    facts = [
        ("Takes", type_words(setting.type)),
        ("Default", _default(setting)),
        ("Becomes", _argument(setting, owner)),
        ("Elsewhere", ", ".join(inline(each) for each in setting.also_called)),
    ]
    later = "*Not carried out yet: a plan can hold it.*" if setting.not_yet else ""
    lines = "\n".join(f"- {name}: {words}" for name, words in facts if words)
    return joined([f"{prose(doc[:1].upper() + doc[1:])}.", later, lines])


def _default(setting: Setting) -> str:
    if setting.required:
        return "none, it has to be written"
    written = default_of(setting)
    return inline(written) if written else "decided when it is left out"


def _argument(setting: Setting, owner: type[Word] | None) -> str:
    """The argument of the library that a setting becomes."""
    if not setting.argument:
        return ""
    of = ""
    if owner is not None and issubclass(owner, StageMethod) and hasattr(owner, "config_class"):
        of = f" of {inline(owner.config_class)}"
    return f"{inline(setting.argument)}{of}"


def setting_head(setting: Setting) -> str:
    """`epochs: number, over 0 = 1`, for a line of code."""
    takes = re.sub(r"`", "", type_words(setting.type))
    default = "" if setting.required else default_of(setting)
    return f"{setting.name}: {_cut(takes, 80)}" + (f" = {default}" if default else "")


def parameter_page(parameter: Parameter, owner: type[Word] | None) -> str:
    """An argument of a function."""
    facts = [f"- Takes: {inline(str(parameter.type))}"]
    if parameter.constant:
        facts.append("- Known before a row is read: a constant")
    if parameter.optional:
        facts.append(f"- Default: {inline(str(parameter.default))}")
    if parameter.choices:
        facts.append(f"- One of: {', '.join(inline(each) for each in parameter.choices)}")
    of = f"Argument of {inline(owner.keyword)}." if owner is not None else ""
    return joined([of, "\n".join(facts)])


# --- rows ---------------------------------------------------------------------------------------------


def row_lines(row: RowType | None) -> Iterator[str]:
    """A row type, a column a line."""
    if row is None:
        yield "columns are not known"
        return
    for each in row.columns[:_COLUMNS]:
        yield f"{column_name(each.name)}: {_cut(str(each.type))}"
    if len(row.columns) > _COLUMNS:
        yield f"# and {len(row.columns) - _COLUMNS} more"


_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def column_name(name: str) -> str:
    """A column as a recipe writes it: in backquotes where it is no plain name."""
    from recipedsl.syntax.scan import RESERVED

    return name if _PLAIN.fullmatch(name) and name not in RESERVED else f"`{name}`"


def column_page(name: str, type_: Type | None, seen: ColumnSeen | None) -> str:
    """A column: its type, how often it is null, some of its values."""
    shown = fenced([f"{column_name(name)}: {_cut(str(type_)) if type_ is not None else 'not known'}"])
    if seen is None:
        return shown
    share = f"{100 * seen.nulls / seen.rows:.0f}%" if seen.rows else "0%"
    told = f"null in {share} of the first {seen.rows:,} rows" if seen.nulls else (
        f"never null in the first {seen.rows:,} rows"
    )  # fmt: skip
    values = fenced([_cut(each) for each in seen.values], "text") if seen.values else ""
    return joined([shown, told, values])


def value_text(value: Any) -> str:
    """A plain value of a param or let, for a line of code."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + _cut(value.replace("\n", " ")) + '"'
    return "none" if value is None else _cut(str(value))
