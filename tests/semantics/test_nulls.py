"""What a filter proves about nulls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiling import MODEL, compile_text, messages

ROWS = '{"q": "a", "a": null, "n": null, "meta": {"page": null}}\n{"q": "b", "a": "c", "n": 1, "meta": {"page": 2}}\n'


@pytest.mark.parametrize(
    ("condition", "warns"),
    [
        ("true", True),
        ("a != none", False),
        ("not a == none", False),
        ('a == "x"', False),
        ('not (a == "x")', False),
        ("chars(a) > 3 and n > 0", False),
        ("n > 0", True),
        ("a != none or n > 0", True),
        ("a != none or lower(a) == q", False),
        ('coalesce(a, "x") == "x"', True),
        ("not (a != none and n > 0)", True),
        ("not (n > 0 or chars(a) > 3)", True),
        ('a in ["x", "y"]', False),
        ("chars(a) in 3..", False),
        ("chars(a) not in ..3", False),
    ],
)
def test_what_a_filter_proves(tmp_path: Path, condition: str, warns: bool) -> None:
    tmp_path.joinpath("nulls.jsonl").write_text(ROWS, encoding="utf-8")
    text = MODEL + f'data d = read("nulls.jsonl") | where {condition} | as text(a)\n'
    outcome = compile_text(tmp_path, text + "stage s: sft { from = base, data = d }\n")
    assert not outcome.problems.has_errors, messages(outcome)
    assert any(each.startswith("D218") for each in messages(outcome)) is warns


def test_what_the_shape_does_without_may_be_null(tmp_path: Path) -> None:
    tmp_path.joinpath("nulls.jsonl").write_text(ROWS, encoding="utf-8")
    text = MODEL + 'data d = read("nulls.jsonl") | as chat(user = q, assistant = q, system = a)\n'
    outcome = compile_text(tmp_path, text + "stage s: sft { from = base, data = d }\n")
    assert not [each for each in messages(outcome) if each.startswith("D")]
