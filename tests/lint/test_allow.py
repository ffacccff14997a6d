"""Comments that allow: what they speak of, and that errors are none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.diagnostics import Applicability
from recipedsl.diagnostics.render.changes import apply
from tests.lint.checking import checked

HUB = 'hub("a/b")'
REST = (
    'data chats = read("rows.jsonl") | as chat(user = question, assistant = answer)\n'
    "stage s: sft { from = base, data = chats }\nrun { seed = 1 }\n"
)


def codes(root: Path, text: str) -> list[str]:
    return [each.code for each in checked(root, text).problems.in_order()]


@pytest.mark.parametrize(
    "model",
    [
        f"model base {{ from = {HUB} }} # ftr: allow(L104) ours\n",
        f"model base {{ from = {HUB} }} # ftr: allow(unpinned-revision) ours\n",
        f"model base {{ from = {HUB} }} #ftr:allow( l104 ) ours\n",
        f"# ftr: allow(L104) ours\nmodel base {{ from = {HUB} }}\n",
        f"# ftr: allow(L104) ours\n\n# about it\nmodel base {{\n  from = {HUB}\n}}\n",
        f"model base {{\n  # ftr: allow(L104) ours\n  from = {HUB}\n}}\n",
        f"model base {{\n  from = {HUB} # ftr: allow(L104) ours\n}}\n",
        f"# ftr: allow(L104) ours\n## What it is.\nmodel base {{ from = {HUB} }}\n",
    ],
)
def test_places(tmp_path: Path, model: str) -> None:
    assert codes(tmp_path, "ftr 1\n" + model + REST) == []


@pytest.mark.parametrize(
    "model",
    [
        f"# ftr: allow(L104) ours\n\nlet a = 1\nmodel base {{ from = {HUB}, dtype = bf16 }}\n",
        f"model base {{ # ftr: allow(L104) ours\n  from = {HUB}\n}}\n",
        f"model base {{\n  # ftr: allow(L104) ours\n  dtype = bf16\n  from = {HUB}\n}}\n",
    ],
)
def test_other_places(tmp_path: Path, model: str) -> None:
    found = codes(tmp_path, "ftr 1\n" + model + REST)
    assert "L104" in found
    assert "L191" in found


def test_above_the_edition_it_speaks_of_the_file(tmp_path: Path) -> None:
    models = f"model base {{ from = {HUB} }}\nmodel other {{ from = {HUB} }}\n"
    assert "L104" not in codes(tmp_path, "# ftr: allow(L104) ours\nftr 1\n" + models + REST)
    assert codes(tmp_path, "# ftr: allow(L104) ours\nftr 1\n" + REST.replace("base", "local")) != []


def test_a_text_is_no_comment(tmp_path: Path) -> None:
    text = f'ftr 1\nmodel base {{ from = {HUB} }}\nlet note = "# ftr: allow(L104) ours"\n{REST}'
    assert sorted(codes(tmp_path, text)) == ["L102", "L104"]


def test_errors_are_not_allowed(tmp_path: Path) -> None:
    text = (
        'ftr 1\nmodel base { from = hub("a/b", revision = 3) } # ftr: allow(T101, wrong-type, L104) ours\n'
        + REST
    )
    assert [each for each in codes(tmp_path, text) if each in ("T101", "L192")] == ["T101", "L192", "L192"]


def test_warnings_of_other_families_are_allowed(tmp_path: Path) -> None:
    head = 'ftr 1\nmodel base { from = hub("a/b", revision = "0123456") }\n'
    rated = REST.replace(
        "data = chats }", "data = chats, learning_rate = 0.5 } # ftr: allow(P403) a test of it"
    )
    assert codes(tmp_path, head + rated) == []


def test_what_an_imported_file_allows(tmp_path: Path) -> None:
    (tmp_path / "models.ftr").write_text(f"ftr 1\nmodel base {{ from = {HUB} }} # ftr: allow(L104) ours\n")
    text = 'ftr 1\nimport models = "models.ftr"\n' + REST.replace("from = base", "from = models.base")
    assert codes(tmp_path, text) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("model base { from = X } # ftr: allow(L102) ours\n", "model base { from = X }\n"),
        ("# ftr: allow(L102) ours\nmodel base { from = X }\n", "model base { from = X }\n"),
        (
            "model base { from = X } # ftr: allow(L102, L104) ours\n",
            "model base { from = X } # ftr: allow(L104) ours\n",
        ),
    ],
)
def test_what_is_not_needed_is_taken_out(tmp_path: Path, before: str, after: str) -> None:
    pinned = "L104" not in before
    source = HUB.replace(")", ', revision = "0123456")') if pinned else HUB
    text = "ftr 1\n" + before.replace("X", source) + REST
    (found,) = [each for each in checked(tmp_path, text).problems if each.code == "L191"]
    (help_,) = found.helps
    assert help_.applicability is Applicability.SAFE
    assert apply(text, help_.edits) == "ftr 1\n" + after.replace("X", source) + REST


def test_of_a_recipe_with_errors_it_is_not_known_what_is_needed(tmp_path: Path) -> None:
    text = "ftr 1\nlet a = nothing # ftr: allow(L102) later\n"
    assert codes(tmp_path, text) == ["N101"]
