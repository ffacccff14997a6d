"""The pages of the reference: complete, linked, escaped; and what the words of a recipe mean."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest

from recipedsl.language import catalogue
from recipedsl.language.concept import Concept
from recipedsl.lint import every_kind
from recipedsl.reference import vocabulary
from recipedsl.reference.build import navigation, pages
from recipedsl.reference.codes import TITLES
from recipedsl.reference.grammar_words import GRAMMAR_WORDS
from recipedsl.reference.lookup import closest, meanings
from recipedsl.reference.markdown import code, fence, prose, slug, table
from recipedsl.reference.other_tools import other_names
from recipedsl.reference.pages import read_page
from recipedsl.reference.pains import PAINS, Pain
from recipedsl.syntax.scan import RESERVED

_ALL = pages()
_PAINS = [each for group in PAINS.values() for each in group]
_PLAN = (Path(__file__).parents[1] / "report" / "plan.txt").read_text(encoding="utf-8")


# --- complete and linked ------------------------------------------------------------------------------


def test_every_page_can_be_reached() -> None:
    listed = [file for group in navigation().values() for file in group.values()]
    assert sorted(listed) == sorted(_ALL)


def test_every_word_and_every_code_stands_on_a_page() -> None:
    text = "\n".join(_ALL.values())
    for family, members in catalogue.words().items():
        for word in members:
            heading = rf"^##+ `?{re.escape(word.keyword)}\b"
            assert re.search(heading, text, re.MULTILINE), f"{family} {word.keyword}"
            for name in word.settings():
                assert f"| `{name}` |" in text, f"{word.keyword}.{name}"
    for kind in every_kind():
        assert f"## {kind.code} {kind.name}" in text


def test_every_link_leads_to_a_heading() -> None:
    anchors = {
        name: {slug(each) for each in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
        for name, text in _ALL.items()
    }
    links = 0
    for name, text in _ALL.items():
        for target in re.findall(r"\]\(((?!https?:)[^)\s]*)\)", text):
            file, _, anchor = target.partition("#")
            assert (file or name) in _ALL, f"{name}: {target}"
            assert not anchor or anchor in anchors[file or name], f"{name}: {target}"
            links += 1
    assert links > 100


def test_every_letter_of_codes_has_a_title() -> None:
    assert {str(kind.code)[0] for kind in every_kind()} <= set(TITLES)


def test_every_reserved_word_is_explained() -> None:
    assert set(RESERVED) <= {each.word for each in GRAMMAR_WORDS}


def test_a_word_that_is_added_is_on_its_page_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Staircase(Concept):
        """Falls by half every now and then.

        Example: `schedule = staircase`
        """

        keyword: ClassVar[str] = "staircase"
        not_yet: ClassVar[str] = "use `linear`"

    words = {**catalogue.words(), "schedule": (*catalogue.SCHEDULES, Staircase), "new_idea": (Staircase,)}
    monkeypatch.setattr(catalogue, "words", lambda: words)
    found = {each.file: vocabulary.family_page(each) for each in vocabulary.families()}
    assert "## `staircase`" in found["schedules.md"]
    assert "> **Can be said and planned, not carried out yet:** use `linear`" in found["schedules.md"]
    assert found["new-ideas.md"].startswith("# New ideas\n")


# --- complaints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("pain", _PAINS, ids=lambda pain: pain.complaint[:40])
def test_a_complaint_ends_somewhere(pain: Pain) -> None:
    assert pain.codes or pain.plan_line or pain.construction or pain.missing
    assert set(pain.codes) <= {str(kind.code) for kind in every_kind()}
    assert pain.plan_line in _PLAN, "words of the plan's view, as they are printed"
    assert pain.links
    assert all(address.startswith("https://github.com/") for _, address in pain.links)


def test_complaints_are_there() -> None:
    assert len(_PAINS) >= 35
    assert all(pain.complaint in _ALL["what-goes-wrong.md"] for pain in _PAINS if "`" not in pain.complaint)


# --- Markdown -----------------------------------------------------------------------------------------


def test_what_means_something_to_markdown_is_escaped() -> None:
    assert prose("a < b * c and `x | y`") == r"a \< b \* c and <code>x &#124; y</code>"
    assert code("a`b") == "<code>a&#96;b</code>"
    assert code("<|im_end|>") == "<code>&lt;&#124;im_end&#124;&gt;</code>"
    assert fence("a\n```\nb") == "````ftr\na\n```\nb\n````"
    assert table(("a",), []) == ""
    assert table(("a", "b"), [("1\n2", "3")]) == "| a | b |\n| --- | --- |\n| 1 2 | 3 |"


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    for name, text in _ALL.items():
        width = 0
        for line in re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE).split("\n"):
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not cells or not width or cells == width, f"{name}: {line}"
            width = cells


def test_a_page_is_read() -> None:
    page = read_page(
        "A title.\n\nText\nof two lines.\n\nBad:\n\n    one\n\n    two\nGood: `a` or ``b `c` ``\nSource: us."
    )
    assert (page.title, page.text) == ("A title", "Text of two lines.")
    assert page.sections["Bad"].examples == ("one\n\ntwo",)
    assert page.sections["Good"].examples == ("a", "b `c`")
    assert not page.sections["Good"].is_code
    assert page.sections["Source"].text == "us."


# --- meanings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "heading", "words"),
    [
        ("d201", "error[D201] unknown-column", "have none of that name"),
        ("warmup", "warmup (setting of", "Default: 0%"),
        ("save_every", "save_every (setting of run)", "whole number"),
        ("sft.packing", "packing (setting of sft)", "Default: false"),
        ("sft.max_length", "max_length (setting of sft)", "Default: 1Ki"),
        ("chatml", "chatml (template)", "template = chatml"),
        ("sigmoid", "sigmoid (choice of dpo.loss)", "Default: sigmoid"),
        ("Ki", "Ki (unit of a number)", "= 1 024"),
        ("min", "min (unit of a duration)", "= 60 s"),
        ("==", "equal (function)", "left == right"),
        ("let", "let (declaration)", "A named value"),
        ("ppo", "ppo (not in the vocabulary)", "grpo"),
        ("num_train_epochs", "num_train_epochs (from other tools)", "`epochs`"),
    ],
)
def test_a_word_means(topic: str, heading: str, words: str) -> None:
    found = [each for each in meanings(topic) if each.heading.startswith(heading)]
    assert found, [each.heading for each in meanings(topic)]
    assert words in found[0].page


def test_all_meanings_are_told() -> None:
    assert {"hub (source)", "hub (model source)"} <= {each.heading for each in meanings("hub")}


def test_everything_that_can_be_written_means_something() -> None:
    topics: set[str] = set()
    for members in catalogue.words().values():
        for word in members:
            topics.add(word.keyword)
            for name, setting in word.settings().items():
                topics |= {name, f"{word.keyword}.{name}", *setting.type.choices, *other_names(setting)}
    assert [each for each in topics if not meanings(each)] == []


@pytest.mark.parametrize(
    ("topic", "close"), [("warmpu", "warmup"), ("sft.pakcing", "sft.packing"), ("sigmiod", "sigmoid")]
)
def test_the_nearest_word_is_offered(topic: str, close: str) -> None:
    assert meanings(topic) == []
    assert closest(topic) == close


def test_what_is_not_carried_out_says_so() -> None:
    for members in catalogue.words().values():
        for word in members:
            said = any("Not carried out yet" in each.page for each in meanings(word.keyword))
            assert said or not word.not_yet, word.keyword
            for name, setting in word.settings().items():
                told = any("Not carried out yet" in each.page for each in meanings(f"{word.keyword}.{name}"))
                assert told == setting.not_yet, f"{word.keyword}.{name}"


# --- the site -----------------------------------------------------------------------------------------


class _Fetched(HTMLParser):
    """Collects what a browser fetches by itself when it opens a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.addresses.append(str(given["src"]))
        if tag == "link" and given.get("rel") != "canonical":
            self.addresses.append(str(given.get("href")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="the extra `docs` is not installed")
    from recipedsl.reference.site import build_site

    folder = tmp_path_factory.mktemp("site")
    build_site(folder)
    return folder


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    for path in site.glob("*.html"):
        found = _Fetched()
        found.feed(path.read_text(encoding="utf-8"))
        assert found.addresses
        assert not [each for each in found.addresses if "//" in each], path.name
        assert all((site / each).exists() for each in found.addresses if not each.startswith(("#", "/"))), (
            path.name
        )


def test_the_search_index_holds_every_word_and_needs_no_server(site: Path) -> None:
    script = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    index = json.loads(script.removeprefix("var __index = "))
    titles = " ".join(each["title"] for each in index["docs"])
    for kind in every_kind():
        assert str(kind.code) in titles
    for members in catalogue.FAMILIES.values():
        assert all(word.keyword in titles for word in members)
    assert "IFrameWorker" in (site / "iframe-worker.js").read_text(encoding="utf-8")


def test_marks_of_markdown_do_not_show(site: Path) -> None:
    for path in site.glob("*.html"):
        text = re.sub(
            r"<(pre|code|script|style|title|meta).*?</\1>|<[^>]*>",
            "",
            path.read_text(encoding="utf-8"),
            flags=re.DOTALL,
        )
        assert "](" not in text, path.name
        assert "| ---" not in text, path.name
        assert "**" not in text, path.name
