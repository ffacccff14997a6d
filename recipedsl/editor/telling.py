"""Words of the vocabulary, declarations and columns as Markdown: for hover and for completion.

What comes from files is not trusted: control characters are spelled out, and nothing of it is markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from recipedsl.diagnostics.render.pieces import escaped
from recipedsl.editor.counts import Rows
from recipedsl.language import catalogue
from recipedsl.language.concept import Setting, Word
from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.types import RowType, Type
from recipedsl.plan.facts import ColumnSeen
from recipedsl.reference.facts import facts_of, signature
from recipedsl.reference.grammar_words import GRAMMAR_WORDS, GrammarWord
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
    text, more = _beginning(page.text, word)
    facts = "\n".join(f"- {name}: {words}" for name, words in facts_of(word))
    examples = page.sections["Example"].examples if "Example" in page.sections else ()
    example = "\n\n".join(fenced(each.split("\n"), language_of(each)) for each in examples)
    parts = [
        fenced([head]) if head else "", f"{prose(page.title)}.", prose(text), later, facts, example, more
    ]  # fmt: skip
    return _without_html(joined(parts))


def _beginning(text: str, word: type[Word]) -> tuple[str, str]:
    """So many paragraphs of a page as are read beside a cursor, and where the others are."""
    kept: list[str] = []
    for paragraph in text.split("\n\n"):
        if kept and sum(map(len, kept)) + len(paragraph) > _READ:
            return "\n\n".join(kept), f"*More: {inline(f'recipedsl explain {word.keyword}')}*"
        kept.append(paragraph)
    return text, ""


#: Characters of a page that are shown beside a cursor.
_READ = 600

_HTML = re.compile(r"<code>(.*?)</code>")


def _without_html(markdown: str) -> str:
    """Code of the reference that is HTML, for backquotes or bars in it, as Markdown: editors show no HTML."""
    return _HTML.sub(lambda found: inline(html.unescape(found[1])), markdown)


def setting_page(setting: Setting, owner: type[Word] | None) -> str:
    """A setting: what it takes, what it is when left out, what it becomes."""
    doc = setting.doc.rstrip(".")
    facts = [
        ("Takes", type_words(setting.type)),
        ("Default", _default(setting)),
        ("Becomes", _argument(setting, owner)),
        ("In other tools", ", ".join(inline(each) for each in setting.also_called)),
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


#: Words of steps that are no settings of theirs.
STEP_WORDS = {
    "rest": "what the other parts leave",
    "group": "rows with one value of this column stay in one part",
    "on": "columns that are compared",
}

#: Words that neither the catalogue nor the grammar has: form, and what it is.
_OTHER_WORDS = {
    "share": ("param held: share = 5%", "A part of a whole."),
    "duration": ("param patience: duration = 10s", "A length of time."),
    "size": ("param room: size = 16GiB", "A number of bytes."),
    "secret": ('param token: secret = env("HF_TOKEN")', "A text that enters no plan and is never shown."),
    "file": ('jinja = file("own.jinja")', "The text of a file of the project, beside the recipe."),
    "env": (
        'param token: secret = env("HF_TOKEN")',
        "A variable of the environment, read when a run needs it; secrets alone come from there.",
    ),
}


def meaning(word: GrammarWord) -> str:
    """What a word of the language means, without what leads to other pages."""
    return without_links(word.means).partition("; its settings are on")[0]


def grammar_page(word: str) -> str:
    """A word of the language, by its form; empty for one that is none."""
    found = next((each for each in GRAMMAR_WORDS if each.word == word), None)
    if found is not None:
        means = meaning(found)
        return joined([fenced([found.form]), f"{means[:1].upper()}{means[1:]}."])
    form, means = _OTHER_WORDS.get(word, ("", ""))
    return joined([fenced([form]), means]) if form else ""


def named_page(name: str) -> str:
    """A word where nothing of its kind is wanted: of the language, else the first one in the catalogue."""
    words = (each for family in catalogue.words().values() for each in family if each.keyword == name)
    found = next(words, None)
    return grammar_page(name) or (word_page(found) if found is not None else "")


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
    often = f"Null in {share} of" if seen.nulls else "Never null in"
    told = f"{often} the first {amount(seen.rows, 'row')}"
    values = fenced([_cut(each) for each in seen.values], "text") if seen.values else ""
    return joined([shown, f"{told}{', for example' if values else '.'}", values])


def amount(count: int, one: str, more: str = "") -> str:
    """`1 row`, `2,048 rows`."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def rows_label(rounds: list[Rows]) -> str:
    """Rows behind a step: `153 rows`, `131 train, 22 held`; those of each round where they differ."""
    labels = list(dict.fromkeys(_rows_label(each) for each in rounds))
    return labels[0] if len(labels) == 1 else " / ".join(labels)


def _rows_label(rows: Rows) -> str:
    if rows.parts:
        return ", ".join(f"{count:,} {escaped(part)}" for part, count in rows.parts)
    stops = ", stops here" if rows.problem else ""
    return f"{amount(rows.rows, 'row')}{stops}"


def rows_told(rows: Rows) -> str:
    """Where a count is from, and what else it showed."""
    rejects = f"{amount(rows.rejects, 'line')} set aside, no rows." if rows.rejects else ""
    where = "From a result in the store." if rows.stored else "Counted for the recipe as it stands."
    return joined([prose(f"{rows.problem}.") if rows.problem else "", rejects, where])


def value_text(value: Any) -> str:
    """A plain value of a param or let, for a line of code."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + _cut(value.replace("\n", " ")) + '"'
    return "none" if value is None else _cut(str(value))
