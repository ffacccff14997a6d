"""Every example of the reference compiles, and every bad one gives the code that it is on the page of."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from recipedsl.diagnostics import Code, Diagnostic
from recipedsl.language import catalogue
from recipedsl.language.concept import Word
from recipedsl.lint import every_kind
from recipedsl.reference.build import pages
from recipedsl.reference.language import language_page
from recipedsl.reference.markdown import fence
from recipedsl.reference.pages import language_of, read_page
from recipedsl.reference.pains import PAINS
from recipedsl.source import Source
from recipedsl.syntax import parse
from tests.reference.hosting import problems, told, write_project

README = Path(__file__).parents[2] / "README.md"
_FENCE = re.compile(r"```ftr\n(.*?)```", re.DOTALL)

_WORDS = [(family, each) for family, members in catalogue.words().items() for each in members]
_CODES = every_kind()

#: Codes that the compiler gives; the others need rows, a model or a run, and have tests where they arise.
_COMPILED = [each for each in _CODES if each.code[0] in "SNTPL" or each.code.startswith("D2")]

#: Examples that are too large to stand on a page, or whose cause is no text of a recipe, with what they are.
_TOLD = {
    "S017": "a hundred brackets",
    "S018": "a million rows",
    "S090": "a file that is not there",
    "S091": "bytes",
    "S092": "nothing",
    "S093": "a file of JSON",
    "D215": "rows that are no JSON",
    "D216": "rows beside the type",
    "D217": "rows beside the type",
    "D218": "rows beside the shape",
    "D230": "a store that does not answer",
    "D231": "a store whose objects changed",
    "D232": "a store that does not answer",
    "D233": "a file that changes meanwhile",
    "D234": "columns of pictures",
    "D235": "messages with pictures",
    "L180": "settings of a project",
    "L181": "settings of a project",
    "L182": "settings of a project",
    "P407": "a model with its sizes",
    "P408": "a model with its sizes",
    "P406": "rows that are only counted when they are read",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    good = (read_page(each.page()).sections.get("Good") for each in _CODES)
    pieces = [piece for section in good if section for piece in section.examples]
    return write_project(tmp_path_factory.mktemp("reference"), [*pieces, *_examples()])


def _examples() -> list[str]:
    return [piece for _, word in _WORDS for piece in read_page(word.page()).sections["Example"].examples]


def errors(root: Path, piece: str, family: str = "") -> list[str]:
    """What is wrong with a piece, and is not that this machine lacks what lies on the hub."""
    found = told([each for each in problems(root, piece, family=family) if each.is_error])
    return [each for each in found if not re.search("is not at hand", each)]


@pytest.mark.parametrize(("family", "word"), _WORDS, ids=lambda each: getattr(each, "keyword", each))
def test_the_example_of_a_word_compiles(root: Path, family: str, word: type[Word]) -> None:
    page = read_page(word.page())
    assert page.sections["Example"].examples, "a page has an example"
    for piece in page.sections["Example"].examples:
        wrong = [
            each for each in errors(root, piece, family) if not (word.not_yet and each.startswith("P404"))
        ]
        assert not wrong, (piece, wrong)


@pytest.mark.parametrize("code", _CODES, ids=lambda code: str(code.code))
def test_the_page_of_a_code_has_its_parts(code: type[Code]) -> None:
    page = read_page(code.page())
    assert page.title
    assert not page.title.endswith(".")
    for name in ("What", "Why", "Bad", "Good"):
        assert name in page.sections, name
        assert page.sections[name].body.strip(), name


#: Amounts in running text: a threshold, which somebody chose for a reason.
_AMOUNT = re.compile(
    r"\b(?:ten|twenty|hundred|million)\b|\b(?!100%)\d[\d_.]*\s?(?:%|[kMG]B?\b|times|characters|rows)"
)
#: Where a threshold is from, in running text.
_CITED = re.compile("arXiv|publish|paper|measured")


@pytest.mark.parametrize("code", _CODES, ids=lambda code: str(code.code))
def test_a_threshold_has_its_source(code: type[Code]) -> None:
    page = read_page(code.page())
    text = " ".join(
        [page.text, *(page.sections[name].text for name in ("What", "Why") if name in page.sections)]
    )
    found = _AMOUNT.findall(re.sub(r"`[^`]*`", "", text))
    assert not found or "Source" in page.sections or _CITED.search(text), found


@pytest.mark.parametrize(
    "code", [each for each in _COMPILED if each.code not in _TOLD], ids=lambda code: str(code.code)
)
def test_bad_gives_the_code_and_good_does_not(root: Path, code: type[Code]) -> None:
    sections = read_page(code.page()).sections
    for piece in sections["Bad"].examples:
        found = diagnose(root, code, piece)
        assert code.code in [each.code for each in found], (piece, told(found))
    for piece in sections["Good"].examples:
        found = diagnose(root, code, piece)
        assert code.code not in [each.code for each in found], piece
        # What is told may be a word that a plan can hold and nothing carries out yet.
        wrong = [each for each in found if each.is_error and each.code != "P404"]
        assert not wrong, (piece, told(wrong))


def diagnose(root: Path, code: type[Code], piece: str) -> list[Diagnostic]:
    """Problems of a piece of a code's page; of family S its syntax only."""
    if code.code[0] == "S":
        return parse(Source("recipe.ftr", piece))[1].in_order()
    found = problems(root, piece, without={"L101": "edition", "L103": "seed"}.get(code.code, ""))
    return [each for each in found if "is not at hand" not in each.message]


#: What looks like a piece of a recipe on the pages that tell of runs.
_RECIPE = re.compile(
    r"^(\| |(where|derive|join|concat|read|as|take|expect) ?[\w(]"
    r"|(model|stage|data|template|type|run|eval) [\w{]|[a-z_]+ = )"
)


@pytest.mark.parametrize(
    "code", [each for each in _CODES if each not in _COMPILED], ids=lambda code: str(code.code)
)
def test_good_pieces_of_the_other_pages_compile(root: Path, code: type[Code]) -> None:
    """And bad ones are bad for what the page says only, as far as the compiler can tell."""
    sections = read_page(code.page()).sections
    for piece in chain(sections["Good"].examples, sections["Bad"].examples):
        if language_of(piece) == "ftr" and _RECIPE.match(piece):
            wrong = [each for each in errors(root, piece) if not each.startswith(f"{code.code} ")]
            good = piece in sections["Good"].examples
            assert not wrong or (not good and _same_cause(wrong)), (piece, wrong)


def _same_cause(wrong: list[str]) -> bool:
    """Whether the compiler says of a bad piece, with a code of its own, what the run would say later."""
    return all(each[0] in "DMPR" or each.startswith(("T101", "T104", "T106", "T109", "N1")) for each in wrong)


def test_recipes_of_the_language_page_compile(root: Path) -> None:
    found = _FENCE.findall(language_page())
    assert len(found) > 2
    for piece in found:
        assert not errors(root, piece), piece


def test_recipes_of_the_readme_compile(root: Path) -> None:
    found = _FENCE.findall(README.read_text(encoding="utf-8"))
    assert found
    for piece in found:
        assert not errors(root, piece), piece


_CONSTRUCTIONS = [each for group in PAINS.values() for each in group if each.construction]


@pytest.mark.parametrize("pain", _CONSTRUCTIONS, ids=lambda pain: pain.complaint[:40])
def test_a_construction_compiles(root: Path, pain: object) -> None:
    assert not errors(root, pain.construction)  # type: ignore[attr-defined]


def test_what_is_drawn_is_what_was_tested() -> None:
    """Nothing is lost between a docstring and its page."""
    drawn = "\n".join(pages().values())
    for piece in _examples():
        assert fence(piece) in drawn, piece
