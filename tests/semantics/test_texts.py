"""Steps that read text are told before anything runs that a column holds none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiling import compile_text, messages

ROWS = 'data p = rows([{ text: "a", n: 1, m: [{ role: "user", content: "b" }], tags: ["c"] }])\n'


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("redact n", "T106 `redact` takes text or messages, `n` is of type `int`"),
        ("redact text, tags", ""),
        ("dedup n, near = 0.8", "T106 `near` compares texts, and none of the columns holds any"),
        ("dedup text, ngram = 3", "T106 `ngram` says how `near` compares, and there is no `near`"),
        ("dedup text, near = 0", "T103 `near` takes a number above 0 and up to 1, found 0"),
        ("redact text, m, kinds = [email, ip]", ""),
        ("dedup near = 85%", ""),
        ("dedup n, m, near = 0.8, ngram = 1, keep = longest", ""),
    ],
)
def test_columns_of_text(tmp_path: Path, step: str, words: str) -> None:
    found = messages(compile_text(tmp_path, f"{ROWS}  | {step}\n"))
    assert [each for each in found if each.startswith("T")] == ([words] if words else [])
    assert not [each for each in found if each.startswith("P404")]
