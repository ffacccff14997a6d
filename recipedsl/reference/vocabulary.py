"""Pages of the vocabulary: one a family, every word of it with its page, facts, settings and example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from recipedsl.language import catalogue
from recipedsl.language.concept import Setting, Word
from recipedsl.language.functions.base import Function
from recipedsl.language.templates.shipped import SHIPPED
from recipedsl.language.values import Wants
from recipedsl.reference.facts import facts_of, later, signature
from recipedsl.reference.markdown import code, fence, joined, link, listed, plain, prose, table
from recipedsl.reference.pages import Page, read_page
from recipedsl.reference.values import default_of, is_left_out, type_words


@dataclass(frozen=True)
class Family:
    """A page of words.

    Attributes:
        file: name of the page's file.
        title: of the page, in the plural.
        lead: what words of this family are; may be empty.
        words: in the order of the catalogue.
    """

    file: str
    title: str
    lead: str
    words: tuple[type[Word], ...]


#: Titles and leads of families; one that is not listed is called by its name in the catalogue.
_LEADS: dict[str, tuple[str, str]] = {
    "stage": (
        "Stages",
        "`stage name: method { … }` trains. A stage starts from a model or an earlier stage, takes rows of "
        "one shape and gives a model that later stages, rewards and evaluations name.",
    ),
    "step": (
        "Steps",
        "A dataset is a source and steps: `data name = source | step | step`. Each step sees the rows that "
        "the one before it gives.",
    ),
    "shape": (
        "Shapes",
        "`| as shape(…)` says what the rows are for. The columns of a shape are the same whatever the "
        "source looked like; other columns stay, for slices and rewards.",
    ),
    "source": (
        "Sources",
        "The head of a pipeline: where rows come from. The name of another dataset, or of a part of one "
        "(`solutions.train`), is a source too.",
    ),
    "model_source": ("Models", "`model name { … }` declares a base model; `from` says where it comes from."),
    "template": (
        "Templates",
        "A chat template writes a conversation as text. A model names one by `template = …`; without it "
        "the tokenizer's own is used.",
    ),
    "reward": (
        "Rewards",
        "`reward = …` of an online stage is an expression over these, over stages of the method `reward`, "
        "and over columns of the row: `0.8 * judge + 0.2 * passes(tests)`.",
    ),
    "metric": (
        "Metrics",
        "`metrics = [ … ]` of an `eval`. Each is a mean over rows, so it has slices and an interval.",
    ),
    "adapter": (
        "Adapters",
        "`adapter = …` of a stage. What happens to the adapter in later stages is derived.",
    ),
    "schedule": ("Schedules", "`schedule = …` of a stage: how the learning rate changes over its steps."),
    "optimizer": ("Optimizers", "`optimizer = …` of a stage: the update rule."),
    "block": ("Blocks", "Declarations with a block of settings that are no stage."),
    "function": (
        "Functions",
        "Expressions stand in `where`, `derive`, `sort by`, `expect`, rewards and metrics. They are typed "
        "and null-safe; null is what a missing value is.",
    ),
}

#: So many places are named where a family's words stand.
_MOST_PLACES = 3

#: Blocks that are read on the page of another family.
_HOMES = {"model": "model_source", "template": "template"}


def families() -> list[Family]:
    """Every page of words; a family that the catalogue gains is a page by itself."""
    words = {name: list(members) for name, members in catalogue.words().items()}
    for name in [each for each in words.get("block", []) if each.keyword in _HOMES]:
        words["block"].remove(name)
        words.setdefault(_HOMES[name.keyword], []).insert(0, name)
    order = [*(each for each in _LEADS if each in words), *(each for each in words if each not in _LEADS)]
    return [_family(name, tuple(words[name])) for name in order]


def _family(name: str, words: tuple[type[Word], ...]) -> Family:
    title, lead = title_of(name), _LEADS[name][1] if name in _LEADS else _used(name)
    return Family(f"{title.lower().replace(' ', '-')}.md", title, lead, words)


def title_of(name: str) -> str:
    """Title of a family's page: the plural of its name where nothing else is said."""
    if name in _LEADS:
        return _LEADS[name][0]
    return plural(name.replace("_", " ")).capitalize()


def plural(word: str) -> str:
    """`stages`, `strategies`."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _used(name: str) -> str:
    """Where words of a family are written: `quantize = …` of `model`."""
    places = {
        f"`{setting.name} = …` of `{word.keyword}`": None
        for members in catalogue.words().values()
        for word in members
        for setting in word.settings().values()
        if name in setting.type.families and setting.type.wants in (Wants.CONCEPT, Wants.EXPRESSION)
    }
    told = list(places)
    return (
        f"Written as {listed(told[:_MOST_PLACES])}{' and elsewhere' * (len(told) > _MOST_PLACES)}."
        if told
        else ""
    )


def family_page(family: Family) -> str:
    """The page as Markdown."""
    common = shared(family.words)
    parts = [
        f"# {family.title}",
        prose(family.lead),
        _contents(family),
        *_sections(family, common),
        _common_section(family, common),
        _shipped(family),
    ]
    return joined(parts) + "\n"


def _sections(family: Family, common: dict[str, Setting]) -> Iterator[str]:
    group = ""
    for word in family.words:
        if issubclass(word, Function):
            if word.__module__ != group:
                group = word.__module__
                yield f"## {_group_title(group)}"
            yield function_section(word)
        else:
            yield word_section(word, common)


def _contents(family: Family) -> str:
    """A line a word; functions are too many and have groups."""
    if issubclass(family.words[0], Function):
        return ""
    return table(
        ("word", "what it is"),
        (
            (link(code(each.keyword), f"#{each.keyword}"), prose(read_page(each.page()).title) + _mark(each))
            for each in family.words
        ),
    )


def _mark(word: type[Word]) -> str:
    return " *(not carried out yet)*" if word.not_yet else ""


# --- words ------------------------------------------------------------------------------------------


def word_section(word: type[Word], common: dict[str, Setting] | None = None) -> str:
    """A word with settings: page, facts, settings that are its own, example, source."""
    page = read_page(word.page())
    settings = _own_settings(word, common or {})
    return joined([f"## {code(word.keyword)}", *_telling(word, page), settings, _source(page)])


def _own_settings(word: type[Word], common: dict[str, Setting]) -> str:
    """The table of the word's settings, without those that the table of shared ones tells."""
    settings = word.settings()
    if not _shares(word, common):
        return settings_table(settings.values())
    own = settings_table(each for name, each in settings.items() if not _same(each, common.get(name)))
    lacking = [code(name) for name in common if name not in settings]
    but = f" but {listed(lacking, 'and')}" if lacking else ""
    with_shared = f"[the shared settings](#shared-settings){but}"
    return f"It has {with_shared}, and:\n\n{own}" if own else f"It has {with_shared}."


def _shares(word: type[Word], common: dict[str, Setting]) -> bool:
    """Whether the word has most of the shared settings, so that telling which it lacks is the shorter way."""
    settings = word.settings()
    alike = sum(_same(each, settings.get(name)) for name, each in common.items())
    return alike > len(common) / 2


def _telling(word: type[Word], page: Page) -> Iterator[str]:
    yield prose(f"{page.title}.")
    if word.not_yet:
        yield f"> **Can be said and planned, not carried out yet:** {prose(word.not_yet)}"
    yield prose(page.text)
    yield from _example(page)
    yield "\n".join(f"- **{heading}:** {words}" for heading, words in facts_of(word))


def _source(page: Page) -> str:
    return f"*Source: {prose(page.sections['Source'].text.rstrip('.'))}*" if "Source" in page.sections else ""


def _example(page: Page) -> Iterator[str]:
    if "Example" in page.sections:
        for each in page.sections["Example"].examples:
            yield fence(each)


def settings_table(settings: Iterable[Setting]) -> str:
    """The settings as a table; the column of arguments is left out where none becomes one."""
    found = list(settings)
    has_arguments = any(each.argument for each in found)
    head = ["setting", "takes", "default", "what it does", *(["becomes"] if has_arguments else [])]
    rows = ([*_cells(each), *([_argument(each)] if has_arguments else [])] for each in found)
    return table(head, rows)


def _cells(setting: Setting) -> list[str]:
    doc = setting.doc.rstrip(".")
    return [
        code(setting.name),
        _linked(setting),
        default_words(setting),
        prose(doc[:1].lower() + doc[1:]) + later(setting),
    ]


def _argument(setting: Setting) -> str:
    return code(setting.argument) if setting.argument else ""


def default_words(setting: Setting) -> str:
    """The default as Markdown: **required**, *left out*, or the value as code."""
    if setting.required:
        return "**required**"
    return "*left out*" if is_left_out(setting) else code(default_of(setting))


def _linked(setting: Setting) -> str:
    """What the setting takes; families are links to their pages."""
    words = type_words(setting.type)
    links = setting.type.families if setting.type.wants in (Wants.CONCEPT, Wants.EXPRESSION) else ()
    for name in links:
        if name in catalogue.FAMILIES:
            shown, file = name.replace("_", " "), f"{title_of(name).lower().replace(' ', '-')}.md"
            words = words.replace(shown, link(shown, file), 1)
    return words


def shared(words: Sequence[type[Word]]) -> dict[str, Setting]:
    """Settings that more than half of a family's words have alike, where there are three words or more."""
    tables = [each.settings() for each in words]
    found: dict[str, Setting] = {}
    for name, each in ((name, each) for settings in tables for name, each in settings.items()):
        alike = sum(_same(each, other.get(name)) for other in tables)
        if name not in found and len(words) > 2 and alike > len(words) / 2:
            found[name] = each
    return found


def _same(left: Setting, right: Setting | None) -> bool:
    return right is not None and _told(left) == _told(right)


def _told(setting: Setting) -> tuple[object, ...]:
    return setting.type, setting.default, setting.doc, setting.argument, setting.not_yet


def _common_section(family: Family, common: dict[str, Setting]) -> str:
    if not common:
        return ""
    having = [code(each.keyword) for each in family.words if _shares(each, common)]
    lead = f"What {listed(having, 'and')} have in common."
    return f"## Shared settings\n\n{lead}\n\n{settings_table(common.values())}"


def _shipped(family: Family) -> str:
    if "template" not in {each.keyword for each in family.words}:
        return ""
    names = listed([code(each) for each in SHIPPED], "and")
    lead = '`template = name` of a model, or `shipped = "name"` of a template'
    return f"## Templates that come along\n\n{lead}: {names}."


# --- functions --------------------------------------------------------------------------------------


def function_section(function: type[Function]) -> str:
    """A function: signature, page, null rule, example."""
    page = read_page(function.page())
    operator = f" {code(function.operator)}" if function.operator else ""
    null = f"- **Null:** {prose(page.sections['Null'].text)}" if "Null" in page.sections else ""
    return joined(
        [
            f"### {function.keyword}{operator}" if operator else f"### {code(function.keyword)}",
            fence(signature(function), "text"),
            *_telling(function, page),
            null,
        ]
    )


def _group_title(module: str) -> str:
    """The first words of the module's docstring: `Functions of text`."""
    words = (import_module(module).__doc__ or module).split("\n", 1)[0]
    return plain(words.split(":")[0].rstrip("."))
