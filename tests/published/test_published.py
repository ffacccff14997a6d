"""Recipes that others published, written in the language: each compiles, and together they say nearly all
that published recipes need."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from recipedsl.compiler import Request, check_source, compile_source
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.language import catalogue
from recipedsl.language.values import ValueType
from recipedsl.plan.model import Plan
from recipedsl.source import Source
from recipedsl.syntax import parse, tree
from recipedsl.syntax.format import format_source
from tests.published.capabilities import (
    RECIPES,
    Capability,
    Published,
    capabilities,
    compiled,
    nowhere_carried_out,
    published,
    state,
)
from tests.published.facts import RecordedFacts, recorded, type_of
from tests.published.table import lines

#: Words of the grammar and of rounds, which are in no catalogue.
WORDS = (
    "param", "let", "import", "type", "with", "profile", "secret", "env", "data", "stage",
    "rounds", "previous", "latest", "every",
)  # fmt: skip

each_recipe = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
each_published = pytest.mark.parametrize("recipe", published(), ids=lambda recipe: recipe.path.stem)
each_capability = pytest.mark.parametrize("capability", capabilities().values(), ids=lambda each: each.slug)


@each_recipe
def test_nothing_is_said_of_it(path: Path) -> None:
    problems = check_source(source_of(path), RecordedFacts()).problems
    assert [f"{each.code} {each.message}" for each in problems.in_order()] == []


@each_recipe
def test_it_has_a_plan(path: Path) -> None:
    outcome = compiled(path)
    others = [str(each.message) for each in outcome.problems if each.kind is not NotYet]
    assert others == []
    assert outcome.plan is not None
    assert Plan.model_validate_json(outcome.plan.model_dump_json()) == outcome.plan


@each_recipe
def test_its_profiles_have_plans(path: Path) -> None:
    for profile in profiles(path):
        outcome = compile_source(source_of(path), RecordedFacts(), Request(profile=profile))
        assert [str(each.message) for each in outcome.problems if each.kind is not NotYet] == []
        assert outcome.plan is not None


def profiles(path: Path) -> list[str]:
    things = [each for each in parse(source_of(path))[0].items if isinstance(each, tree.Thing)]
    return [each.name.text for each in things if each.kind.text == "profile" and each.name is not None]


def source_of(path: Path) -> Source:
    return Source(path.name, path.read_text(encoding="utf-8"))


@each_recipe
def test_what_is_not_carried_out_has_a_place(path: Path) -> None:
    for each in compiled(path).problems:
        assert each.primary is not None, each.message
        assert each.primary.source.path == path.name
        assert each.primary.source.slice(each.primary.span).strip(), each.message


@each_recipe
def test_it_is_formatted(path: Path) -> None:
    source = source_of(path)
    assert format_source(source) == source.text


@each_published
def test_it_says_what_it_lists(recipe: Published) -> None:
    assert recipe.lists, "no line `## Capabilities: …`"
    assert [each for each in recipe.lists if each not in capabilities()] == []
    assert len(set(recipe.lists)) == len(recipe.lists)
    unsaid = [each for each in recipe.lists if not recipe.said_by(capabilities()[each])]
    assert unsaid == [], "none of their words stands in it"


@each_capability
def test_its_words_are_of_the_language(capability: Capability) -> None:
    assert capability.title
    assert [each for each in capability.words if each.removeprefix("| ") not in known_words()] == []


@cache
def known_words() -> frozenset[str]:
    """Keywords, settings and choices of the catalogue, and words of the grammar."""
    found = set(WORDS)
    for concepts in catalogue.words().values():
        for each in concepts:
            found.add(each.keyword)
            for setting in each.settings().values():
                found.add(setting.name)
                found.update(_choices(setting.type))
    return frozenset(found)


def _choices(type_: ValueType) -> set[str]:
    return {*type_.choices, *(_choices(type_.item) if type_.item is not None else ())}


def test_most_capabilities_can_be_said() -> None:
    said = {each for recipe in published() for each in recipe.lists}
    assert len(capabilities()) == 141
    assert len(said) >= 110, sorted(set(capabilities()) - said)


def test_the_table_tells_each_state() -> None:
    rows = [line for line in lines() if line.startswith("| `")]
    assert len(rows) == len(capabilities())
    assert {state(each) for each in capabilities().values()} <= {"runs", "plans", "cannot be said"}


def test_words_that_nothing_carries_out() -> None:
    """A setting of a quantised base or of a strategy is named in no message of its own; neither runs."""
    assert {"quantize", "strategy", "tensor", "on_policy", "orpo"} <= nowhere_carried_out()
    assert not {"sft", "beta", "temperature", "hub", "split"} & nowhere_carried_out()


def test_recorded_types_are_types() -> None:
    for name, table in recorded().items():
        for column, text in table.items():
            assert type_of(text) is not None, f"{name} {column}"


@each_recipe
def test_notes_and_line_ends_change_no_fingerprint(path: Path) -> None:
    source, plan = source_of(path), compiled(path).plan
    noted = re.sub(r"\n(?=(data|stage|model|eval|run|let|param) )", "\n\n\n# a note\n", source.text)
    assert noted != source.text
    again = compile_source(Source(source.path, noted), RecordedFacts()).plan
    assert plan is not None
    assert again is not None
    assert {each.name: each.fingerprint for each in again.nodes} == {
        each.name: each.fingerprint for each in plan.nodes
    }
