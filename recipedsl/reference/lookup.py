"""What a word means, whatever it is: a code, a concept, a setting, a choice, a unit, another tool's word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from recipedsl.diagnostics import nearest
from recipedsl.language import catalogue
from recipedsl.language.concept import Setting, Word
from recipedsl.language.functions.base import Function
from recipedsl.language.templates.shipped import SHIPPED
from recipedsl.language.values import SUFFIXES, ValueType
from recipedsl.lint import every_kind
from recipedsl.reference.facts import facts_of, signature
from recipedsl.reference.grammar_words import GRAMMAR_WORDS
from recipedsl.reference.language import MEASURES, factor
from recipedsl.reference.markdown import listed
from recipedsl.reference.other_tools import absent, other_names
from recipedsl.reference.values import default_of, type_words

#: More than these words of a list are counted, not named.
_MOST_NAMED = 8


@dataclass(frozen=True)
class Meaning:
    """One thing that a word means.

    Attributes:
        heading: the word and what it is.
        page: what there is to say, lines; headings end in a colon.
        settings: settings of a concept.
    """

    heading: str
    page: str
    settings: tuple[Setting, ...] = ()


def meanings(topic: str) -> list[Meaning]:
    """Everything that a word means; empty when nothing is known of it."""
    return [each for look in _LOOKS for each in look(topic)]


def closest(topic: str) -> str | None:
    """A known word a typo away."""
    return nearest(topic, _topics())


def _topics() -> Iterator[str]:
    for kind in every_kind():
        yield from (str(kind.code), kind.name)
    for _, word in _words():
        yield word.keyword
        for name, setting in word.settings().items():
            yield from (name, f"{word.keyword}.{name}", *_choices(setting.type), *other_names(setting))
    yield from (each.word for each in GRAMMAR_WORDS)
    yield from (*SHIPPED, *absent())


def _words() -> Iterator[tuple[str, type[Word]]]:
    for family, members in catalogue.words().items():
        yield from ((family, each) for each in members)


# --- one function a sort of word --------------------------------------------------------------------


def _codes(topic: str) -> Iterator[Meaning]:
    for kind in every_kind():
        if topic.upper() == kind.code or topic.lower() == kind.name:
            yield Meaning(f"{kind.severity}[{kind.code}] {kind.name}", kind.page())


def _concepts(topic: str) -> Iterator[Meaning]:
    for family, word in _words():
        if topic in (word.keyword, getattr(word, "operator", "")):
            yield _concept(family, word)


def _concept(family: str, word: type[Word]) -> Meaning:
    later = f"Not carried out yet: {word.not_yet}" if word.not_yet else ""
    form = f"Form: {signature(word)}" if issubclass(word, Function) else ""
    facts = "\n".join(f"{heading}: {words}" for heading, words in facts_of(word))
    parts = [word.page(), later, form, facts]
    heading = f"{word.keyword} ({family.replace('_', ' ')})"
    return Meaning(heading, "\n\n".join(each for each in parts if each), tuple(word.settings().values()))


def _settings(topic: str) -> Iterator[Meaning]:
    """`warmup` of all that have it, those that are alike together; `sft.packing` of one."""
    owner, dot, name = topic.rpartition(".")
    asked = (each for each in _settings_by_owner() if not dot or each[0] == owner)
    for owners, setting in _alike(each for each in asked if each[1].name == name):
        yield Meaning(f"{setting.name} (setting of {owners})", _setting_page(setting))


def _settings_by_owner() -> Iterator[tuple[str, Setting]]:
    for _, word in _words():
        yield from ((word.keyword, each) for each in word.settings().values())


def _alike(found: Iterable[tuple[str, Setting]]) -> Iterator[tuple[str, Setting]]:
    """Settings of which the same is told, once, with the words that have them."""
    owners: dict[tuple[str, str], list[str]] = {}
    settings: dict[tuple[str, str], Setting] = {}
    for owner, setting in found:
        told = (setting.name, _setting_page(setting))
        owners.setdefault(told, []).append(owner)
        settings.setdefault(told, setting)
    for told, setting in settings.items():
        yield _named(list(dict.fromkeys(owners[told]))), setting


def _setting_page(setting: Setting) -> str:
    doc = setting.doc.rstrip(".")
    default = "required" if setting.required else default_of(setting) or "what is decided when it is left out"
    lines = [
        f"{doc[:1].upper()}{doc[1:]}.",
        "",
        f"Takes: {type_words(setting.type)}",
        f"Default: {default}",
        *(["Not carried out yet: a plan can hold it"] if setting.not_yet else []),
        *([f"Becomes: {setting.argument}"] if setting.argument else []),
        *([f"Elsewhere: {', '.join(setting.also_called)}"] if setting.also_called else []),
    ]
    return "\n".join(lines)


def _choice(topic: str) -> Iterator[Meaning]:
    for owners, setting in _alike(each for each in _settings_by_owner() if topic in _choices(each[1].type)):
        yield Meaning(f"{topic} (choice of {owners}.{setting.name})", _setting_page(setting))
    if topic in SHIPPED:
        page = f"A chat template that comes along.\n\nExample: template = {topic}"
        yield Meaning(f"{topic} (template)", page)


def _choices(type_: ValueType) -> tuple[str, ...]:
    return type_.choices or (_choices(type_.item) if type_.item else ())


def _units(topic: str) -> Iterator[Meaning]:
    for unit, suffixes in SUFFIXES.items():
        if topic and topic in suffixes:
            sort, example = MEASURES[unit]
            page = f"{topic} {factor(suffixes[topic], unit)}, right behind a number.\n\nExample: {example}"
            yield Meaning(f"{topic} (unit of a {sort})", page)


def _grammar(topic: str) -> Iterator[Meaning]:
    for each in GRAMMAR_WORDS:
        if topic == each.word:
            words = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", each.means)
            page = f"{words[:1].upper()}{words[1:]}.\n\nExample: {each.form}"
            yield Meaning(f"{each.word} ({each.sort})", page)


def _elsewhere(topic: str) -> Iterator[Meaning]:
    ours: dict[str, str] = {}
    for _, setting in _settings_by_owner():
        if topic in other_names(setting):
            ours.setdefault(setting.name, setting.doc)
    for name, words in ours.items():
        yield Meaning(f"{topic} (from other tools)", f"Here it is called `{name}`: {words.rstrip('.')}.")


def _absent(topic: str) -> Iterator[Meaning]:
    if topic in absent():
        yield Meaning(f"{topic} (not in the vocabulary)", f"{absent()[topic]}.")


def _named(words: list[str]) -> str:
    """The words, or how many they are."""
    if len(words) <= _MOST_NAMED:
        return listed(words, "and")
    return f"{listed(words[:3], 'and')} and {len(words) - 3} more".replace(" and ", ", ", 1)


_LOOKS: tuple[Callable[[str], Iterator[Meaning]], ...] = (
    _codes,
    _concepts,
    _settings,
    _choice,
    _units,
    _grammar,
    _elsewhere,
    _absent,
)
