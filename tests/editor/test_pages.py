"""The page of a problem's code is a file that an editor can open."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from recipedsl.diagnostics.codes.data import UnknownColumn
from recipedsl.editor.documents import file_of
from recipedsl.editor.pages import Pages, page_text
from recipedsl.lint import every_kind


def pages(folder: Path) -> Pages:
    """Those that are written when they are named."""
    return Pages(folder, lambda action: action())


@pytest.mark.parametrize("kind", every_kind(), ids=lambda each: each.code)
def test_every_code_has_a_page(kind: type, tmp_path: Path) -> None:
    file = file_of(pages(tmp_path).address(kind))
    assert file is not None
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# {kind.code} {kind.name}\n")  # type: ignore[attr-defined]
    assert "*Why:*" in text


def test_a_page_is_written_once_and_anew_where_it_differs(tmp_path: Path) -> None:
    address = pages(tmp_path).address(UnknownColumn)
    file = file_of(address)
    assert file is not None
    before = file.stat().st_mtime_ns
    assert pages(tmp_path).address(UnknownColumn) == address
    assert file.stat().st_mtime_ns == before
    file.write_text("another version's", encoding="utf-8")
    pages(tmp_path).address(UnknownColumn)
    assert file.read_text(encoding="utf-8") == page_text(UnknownColumn)
    assert [each.name for each in tmp_path.iterdir()] == ["D201.md"]


def test_without_a_place_to_write_there_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = pages(tmp_path / "file")
    found.address(UnknownColumn)
    assert found.address(UnknownColumn) == ""


def test_a_folder_of_any_name_makes_an_address(tmp_path: Path) -> None:
    address = pages(tmp_path / "a (b) é #1").address(UnknownColumn)
    assert types.CodeDescription(address).href.isascii()
    assert not set("() #é") & set(address)
    file = file_of(address)
    assert file is not None
    assert file.is_file()
