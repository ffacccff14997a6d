"""Whose a store is: begun here, moved, shared, or come along with somebody's project."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.runtime.ownership import Ownership, ownership_of
from recipedsl.runtime.store import Store

NAME = "ab" * 32


def make(store: Store) -> Path:
    with store.making(NAME) as making:
        (making.folder / "rows.txt").write_text("rows")
        making.finish(kind="model", name="lessons", node={}, facts={}, seconds=0.0)
    return store.place_of(NAME)


def begun(root: Path, known: Path) -> Ownership:
    """A store that a user has begun and made a result in."""
    ownership = Ownership(Store(root), known)
    ownership.claim()
    make(ownership.store)
    return ownership


def refusal(ownership: Ownership) -> str:
    with pytest.raises(RecipeError) as caught:
        ownership.check()
    (found,) = caught.value.diagnostics
    assert found.helps[0].text.startswith("`recipedsl store adopt`")
    return found.code


def test_a_store_that_was_begun_here_is_used(tmp_path: Path) -> None:
    ownership = begun(tmp_path / "project", tmp_path / "known")
    ownership.check()
    ownership.claim()
    ownership.check()


def test_a_folder_without_results_is_nobodys(tmp_path: Path) -> None:
    ownership = Ownership(Store(tmp_path / "project"), tmp_path / "known")
    ownership.check()
    (ownership.store.folder / "locks").mkdir(parents=True)
    (ownership.store.folder / "id").write_text("0" * 32)
    ownership.check()
    ownership.claim()
    assert (ownership.store.folder / "id").read_text() != "0" * 32


def test_a_checkout_that_was_moved_is_still_ones_own(tmp_path: Path) -> None:
    begun(tmp_path / "project", tmp_path / "known")
    (tmp_path / "project").rename(tmp_path / "elsewhere")
    Ownership(Store(tmp_path / "elsewhere"), tmp_path / "known").check()


@pytest.mark.parametrize("with_name", [True, False])
def test_a_store_of_somebody_else_is_not_used_until_it_is_adopted(tmp_path: Path, with_name: bool) -> None:
    begun(tmp_path / "theirs", tmp_path / "their_state")
    shutil.copytree(tmp_path / "theirs", tmp_path / "mine")
    mine = Ownership(Store(tmp_path / "mine"), tmp_path / "my_state")
    if not with_name:
        (mine.store.folder / "id").unlink()
    assert refusal(mine) == "R709"
    with pytest.raises(RecipeError):
        mine.claim()
    assert [each.manifest.fingerprint for each in mine.adopt()] == [NAME]
    mine.check()
    assert refusal(Ownership(mine.store, tmp_path / "a_third_state")) == "R709"


def test_one_store_shared_by_two_who_adopted_it(tmp_path: Path) -> None:
    first = begun(tmp_path / "shared", tmp_path / "first")
    second = Ownership(Store(tmp_path / "shared"), tmp_path / "second")
    second.adopt()
    first.check()
    second.check()


def test_what_is_damaged_is_not_adopted(tmp_path: Path) -> None:
    (make(Store(tmp_path)) / "rows.txt").write_text("more rows")
    ownership = Ownership(Store(tmp_path), tmp_path / "known")
    assert ownership.adopt() == ()
    assert [each.code for each in ownership.store.take_damage()] == ["R702"]


def test_checkpoints_that_came_along_are_not_gone_on_from(tmp_path: Path) -> None:
    ownership = Ownership(Store(tmp_path), tmp_path / "known")
    (ownership.store.work_of(NAME) / "checkpoints").mkdir(parents=True)
    assert refusal(ownership) == "R709"


def test_a_name_that_leads_elsewhere_is_none(tmp_path: Path) -> None:
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "x").write_text("")
    make(Store(tmp_path))
    (tmp_path / ".recipedsl" / "store" / "id").write_text("../known/x")
    assert refusal(Ownership(Store(tmp_path), tmp_path / "known")) == "R709"


def test_names_are_kept_in_the_users_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ownership_of(Store(tmp_path / "project")).claim()
    name = (tmp_path / "project" / ".recipedsl" / "store" / "id").read_text().strip()
    assert (tmp_path / "state" / "recipedsl" / "stores" / name).is_file()
