"""Recipes opened and saved: those of the project, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.editor.playground.recipes import MOST_BYTES, Recipes, Refused
from tests.playground.serving import RECIPE, Client


@pytest.fixture
def recipes(root: Path) -> Recipes:
    return Recipes(root.resolve(), lambda folder: sorted(folder.rglob("*.ftr")))


def test_recipes_are_listed_without_links_that_lead_out(recipes: Recipes, root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub" / "other.ftr").write_text("ftr 1\n", encoding="utf-8")
    (root / "link.ftr").symlink_to(root.parent / "secret.ftr")
    assert recipes.paths() == ["recipe.ftr", "sub/other.ftr"]


def test_what_is_opened_can_be_saved(recipes: Recipes, root: Path) -> None:
    (root / "recipe.ftr").chmod(0o640)
    opened = recipes.open("recipe.ftr")
    assert opened.text == RECIPE
    saved = recipes.save("recipe.ftr", "ftr 1\n# é\n", opened.digest)
    assert recipes.open("recipe.ftr") == saved
    assert (root / "recipe.ftr").read_bytes() == "ftr 1\n# é\n".encode()
    assert (root / "recipe.ftr").stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in root.iterdir()) == [
        ".recipedsl",
        "models",
        "recipe.ftr",
        "rows.jsonl",
    ]


def test_a_new_recipe_is_saved(recipes: Recipes, root: Path) -> None:
    recipes.save("new.ftr", "ftr 1\n", "")
    assert (root / "new.ftr").read_text(encoding="utf-8") == "ftr 1\n"


PATHS = [
    "../secret.ftr",
    "/etc/x.ftr",
    "a/../../secret.ftr",
    "link.ftr",
    "folder-link/x.ftr",
    "rows.jsonl",
    "recipe.ftr/",
    ".hidden.ftr",
    ".recipedsl/x.ftr",
    ".ftr",
    "",
    "a\0.ftr",
    "..\\x.ftr",
    "nowhere/x.ftr",
    "x" * 5000 + ".ftr",
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ascii(path[:20]))
def test_what_lies_elsewhere_is_not_touched(recipes: Recipes, root: Path, path: str) -> None:
    (root / "link.ftr").symlink_to(root.parent / "secret.ftr")
    (root / "folder-link").symlink_to(root.parent)
    before = sorted(root.parent.rglob("*"))
    with pytest.raises(Refused):
        recipes.open(path)
    for digest in ("", "0" * 64):
        with pytest.raises(Refused):
            recipes.save(path, "ftr 1\n", digest)
    assert sorted(root.parent.rglob("*")) == before
    assert (root.parent / "secret.ftr").read_text(encoding="utf-8") == "ftr 1\n# secret\n"


def test_a_link_to_something_else_is_not_written_through(recipes: Recipes, root: Path) -> None:
    (root / "link.ftr").symlink_to(root / "rows.jsonl")
    with pytest.raises(Refused, match="link"):
        recipes.save("link.ftr", "ftr 1\n", "")


def test_somebody_elses_work_is_not_written_over(recipes: Recipes, root: Path) -> None:
    opened = recipes.open("recipe.ftr")
    (root / "recipe.ftr").write_text("ftr 1\n# other\n", encoding="utf-8")
    with pytest.raises(Refused, match="changed by something else"):
        recipes.save("recipe.ftr", "ftr 1\n", opened.digest)
    with pytest.raises(Refused, match="is there already"):
        recipes.save("recipe.ftr", "ftr 1\n", "")
    assert (root / "recipe.ftr").read_text(encoding="utf-8") == "ftr 1\n# other\n"


def test_what_is_too_large_or_no_text_is_refused(recipes: Recipes, root: Path) -> None:
    (root / "large.ftr").write_bytes(b"#" * (MOST_BYTES + 1))
    (root / "binary.ftr").write_bytes(b"\xff\xfe\x00")
    for path, words in (("large.ftr", "MiB"), ("binary.ftr", "UTF-8")):
        with pytest.raises(Refused, match=words):
            recipes.open(path)
    with pytest.raises(Refused, match="MiB"):
        recipes.save("new.ftr", "#" * (MOST_BYTES + 1), "")


def test_the_page_is_told_why(client: Client, root: Path) -> None:
    begun = client.result("recipedsl/begin", {})
    assert begun["opened"]["text"] == RECIPE
    refused = client.result("recipedsl/open", {"path": "../secret.ftr"})
    assert "opened" not in refused
    assert "inside this project" in refused["refused"]
    saved = client.result("recipedsl/save", {"path": "new.ftr", "text": "ftr 1\n", "digest": ""})
    assert saved["paths"] == ["new.ftr", "recipe.ftr"]
    assert client.ask("recipedsl/save", {"path": "new.ftr"})["error"]["code"] == -32602
