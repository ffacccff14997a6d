"""What published recipes need to say, and which of these recipes say it with which words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recipedsl.compiler import Outcome, compile_source
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.language import catalogue
from recipedsl.source import Source
from recipedsl.syntax import parse, scan, tree
from tests.published.facts import FOLDER, RecordedFacts

RECIPES = sorted(FOLDER.glob("c*.ftr"))
_LIST = re.compile(r"^## Capabilities:(.*(?:\n##[ \t]{2,}\S.*)*)", re.MULTILINE)
_NOT_YET = " is part of the language, and this version cannot carry it out yet"
_CARD = re.compile(r"c(\d+)(?:-|$)")


@dataclass(frozen=True)
class Capability:
    """Something that a recipe can need to say.

    Attributes:
        slug: its short name, the family first.
        title: what it is.
        words: of the language by which it is said, steps with their `|`; a recipe that lists it has at
            least one of them.
    """

    slug: str
    title: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """A published recipe as it stands here.

    Attributes:
        path: its file.
        lists: the capabilities that it says it expresses, as listed.
        words: names that stand in it and in what it imports, outside of comments; behind `|` with it too.
    """

    path: Path
    lists: tuple[str, ...]
    words: frozenset[str]

    @property
    def later(self) -> frozenset[str]:
        """Names of words and settings in it that nothing carries out yet."""
        found = frozenset(_later(self.path)) | (self.words & nowhere_carried_out())
        return found | {f"| {each}" for each in found}

    @property
    def card(self) -> str:
        """Number of the card, `C01`."""
        match = _CARD.match(self.path.stem)
        return f"C{match[1]}" if match else self.path.stem

    def said_by(self, capability: Capability) -> frozenset[str]:
        """The words of a capability that stand in it."""
        return self.words & frozenset(capability.words)

    def runs(self, capability: Capability) -> bool:
        """Whether all words by which it says a capability are carried out."""
        return compiled(self.path).plan is not None and not self.said_by(capability) & self.later


@cache
def capabilities() -> dict[str, Capability]:
    """All capabilities by slug, in the order of the list."""
    tables = tomllib.loads((FOLDER / "capabilities.toml").read_text(encoding="utf-8"))
    return {slug: Capability(slug, each["title"], tuple(each["words"])) for slug, each in tables.items()}


@cache
def compiled(path: Path) -> Outcome:
    """A recipe compiled with the recorded facts."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    return compile_source(source, RecordedFacts())


@cache
def published() -> tuple[Published, ...]:
    """All recipes of this folder."""
    return tuple(_read(path) for path in RECIPES)


def _read(path: Path) -> Published:
    text = path.read_text(encoding="utf-8")
    lists = tuple(" ".join(_LIST.findall(text)).replace("#", " ").split())
    return Published(path, lists, frozenset(_words(path)))


def _words(path: Path) -> Iterator[str]:
    """The names in a recipe and in what it imports."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    for each in parse(source)[0].items:
        if isinstance(each, tree.Import):
            yield from _words(path.parent / each.path.value)
    before = ""
    for token in scan(source)[0]:
        text = source.slice(token.span)
        if token.kind not in ("COMMENT", "DOC", "STRING"):
            yield from re.findall(r"\w+", text)
        if before == "|":
            yield f"| {text}"
        before = text.strip() or before


def _later(path: Path) -> Iterator[str]:
    """The word that each message puts into backquotes first; of a concept all its settings, as none is used."""
    for each in compiled(path).problems:
        if each.kind is not NotYet:
            continue
        if each.message.endswith("as a reward" + _NOT_YET):
            yield "reward"
        word = next(iter(re.findall(r"`([^`]+)`", each.message)), "")
        yield word
        if each.message == f"`{word}`{_NOT_YET}":
            yield from _settings(word)


@cache
def nowhere_carried_out() -> frozenset[str]:
    """Names of words and settings that nothing carries out, whichever concept they belong to."""
    uses: dict[str, set[bool]] = {}
    for concept in (each for concepts in catalogue.words().values() for each in concepts):
        uses.setdefault(concept.keyword, set()).add(not concept.not_yet)
        for name, setting in concept.settings().items():
            uses.setdefault(name, set()).add(not concept.not_yet and not setting.not_yet)
    return frozenset(name for name, carried_out in uses.items() if not any(carried_out))


def _settings(word: str) -> Iterator[str]:
    """Names of the settings of the concepts with this keyword."""
    for concepts in catalogue.FAMILIES.values():
        for each in concepts:
            if each.keyword == word and each.not_yet:
                yield from each.settings()


def state(capability: Capability) -> str:
    """How far the language carries a capability: `runs`, `plans` or `cannot be said`.

    It runs when some recipe says it with words that are all carried out, and can only be planned when
    every recipe that says it needs one that is not.
    """
    saying = [each for each in published() if capability.slug in each.lists]
    if not saying:
        return "cannot be said"
    return "runs" if any(each.runs(capability) for each in saying) else "plans"
