"""Offsets and positions agree in every encoding, whatever letters and line ends a text has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from recipedsl.editor.positions import Encoding, Positions
from recipedsl.source import Span

ENCODINGS = (Encoding.Utf8, Encoding.Utf16, Encoding.Utf32)
TEXTS = st.text(alphabet=st.sampled_from("ab é\t😋\u2028\x0b\r\n漢"), max_size=40)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS)
def test_every_offset_comes_back(encoding: Encoding, text: str) -> None:
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":  # between the two there is no position
            assert positions.offset(positions.position(offset)) == offset


@given(text=TEXTS, line=st.integers(-1, 50), character=st.integers(-1, 50))
def test_any_position_lies_in_the_text(text: str, line: int, character: int) -> None:
    for encoding in ENCODINGS:
        assert 0 <= Positions(text, encoding).offset(types.Position(line, character)) <= len(text)


def test_units_are_those_of_the_encoding() -> None:
    text = "x😋y"
    found = {each: Positions(text, each).position(2).character for each in ENCODINGS}
    assert found == {Encoding.Utf8: 5, Encoding.Utf16: 3, Encoding.Utf32: 2}


def test_only_line_ends_of_the_protocol_end_lines() -> None:
    positions = Positions("a\u2028b\x0bc\r\nd\re\nf")
    assert positions.starts == [0, 7, 9, 11]
    assert [positions.end_of(line) for line in range(4)] == [5, 8, 10, 12]


def test_a_range_ends_at_its_start_or_later() -> None:
    positions = Positions("abc\ndef")
    backwards = types.Range(types.Position(1, 2), types.Position(0, 1))
    assert positions.span(backwards) == Span(6, 6)
