"""What `redact` masks, and what only looks like it."""

from __future__ import annotations

import time
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.steps.redact import KINDS, masked, masked_column
from recipedsl.diagnostics import RecipeError
from tests.data.making import Maker, call, column, step, where

PEM = "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0A\n\nMIIEow==\n-----END RSA PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

FOUND = {
    "write to a.b+c@example.co.uk, or <x_y@sub.host.org>.": "write to [EMAIL], or <[EMAIL]>.",
    "call +49 30 1234567 or (415) 555-0123.": "call [PHONE] or [PHONE].",
    "415-555-0123 415.555.0123; 1-800-555-0199": "[PHONE] [PHONE]; [PHONE]",
    "+14155550123, +44 (0)20 7946 0958": "[PHONE], [PHONE]",
    "card 4111 1111 1111 1111 12/27": "card [CARD] 12/27",
    "4111111111111111, 5500-0000-0000-0004, 378282246310005": "[CARD], [CARD], [CARD]",
    "at 192.168.1.17:8080, http://10.0.0.1/x, 8.8.8.8.": "at [IP]:8080, http://[IP]/x, [IP].",
    "2001:db8::1 and [fe80::1ff:fe23:4567:890a]:80": "[IP] and [[IP]]:80",
    "key=AKIAIOSFODNN7EXAMPLE": "key=[KEY]",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": "[KEY]",
    "sk-proj-abcdEFGH1234abcdEFGH1234": "[KEY]",
    f"Bearer {TOKEN}": "Bearer [KEY]",
    f"a {PEM} b": "a [KEY] b",
}

NOT_FOUND = [
    "version 1.2.3.4, versions 1.2.3.4, 1.2.3.5 and 1.2.3.6; v1.2.3.4; pkg==1.2.3.4; section 4.1.2.3",
    "1.2.3 and 1.2.3.4.5 and 300.1.1.1 and 127.0.0.1 and 0.0.0.0",
    "std::vector<int> a::b, x[1::2], 12:30:45, 00:1A:2B:3C:4D:5E, ::1",
    "2024-01-15, 1995-1999, 2012 2013 2014, 10 000 000, 3.14159265358979",
    "ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, 123-45-6789",
    "+3.1415926 and +12345678 and x+1 and 415*555-0123",
    "4111 1111 1111 1112 and 1234567812345670 and 0000 0000 0000 0000",
    "4123 4567 4321 9876 1234 2345 3456",
    "@dataclass a@b.sum() user@localhost git@github.com:owner/name.git",
    "sk-learn-pipeline-for-classification hf_model AKIA ghp_short eyJhbGciOi",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    "7c9e6679-7425-40de-944b-e07fc1f90ae7 d41d8cd98f00b204e9800998ecf8427e",
]


@pytest.mark.parametrize(("text", "after"), FOUND.items())
def test_what_is_masked(text: str, after: str) -> None:
    assert masked(text, KINDS) == after


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_it(text: str) -> None:
    assert masked(text, KINDS) == text


PIECES = st.sampled_from(
    [*FOUND, *NOT_FOUND, "+", "4", "1.1.1.1", "@", "[EMAIL]", " ", "-", "a@b.co", "::", "(415)"]
)


@given(st.lists(PIECES | st.text(alphabet="0123456789.+-@:ab [] ", max_size=20), max_size=8).map("".join))
@settings(deadline=None)
def test_twice_is_once(text: str) -> None:
    once = masked(text, KINDS)
    assert masked(once, KINDS) == once


@given(st.lists(PIECES, max_size=8).map("".join))
@settings(deadline=None)
def test_a_column_is_masked_as_a_text_is(text: str) -> None:
    # The quick look that tells which texts are read leaves out none that holds something.
    frame = pl.DataFrame({"t": [text, None]}).select(masked_column(pl.col("t"), tuple(KINDS)))
    assert frame["t"].to_list() == [masked(text, KINDS), None]


def test_counts_by_kind_of_the_rows_that_stand(maker: Maker) -> None:
    rows = [
        {"id": 0, "q": "a@b.com [EMAIL]", "m": [{"role": "user", "content": "+1 415 555 0123"}]},
        {"id": 1, "q": "c@d.com", "m": []},
        {"id": 2, "q": None, "m": [{"role": "a@b.com", "content": "c@d.org and 10.1.2.3"}]},
    ]
    kept = where(call("not_equal", column("id"), 1))
    made = maker.rows(rows, kept, step("redact", "q", "m"), step("redact", "q", "m"))
    assert made.rows() == [
        {"id": 0, "q": "[EMAIL] [EMAIL]", "m": [{"role": "user", "content": "[PHONE]"}]},
        {"id": 2, "q": None, "m": [{"role": "a@b.com", "content": "[EMAIL] and [IP]"}]},
    ]
    first, second = (each["masked"] for each in made.facts["steps"][1:])
    assert first == {"key": 0, "email": 2, "card": 0, "ip": 1, "phone": 1}
    assert not any(second.values())


@pytest.mark.parametrize(("kinds", "after"), [(["ip"], "a@b.com [IP]"), ([], "[EMAIL] [IP]")])
def test_kinds(maker: Maker, kinds: list[str], after: str) -> None:
    made = maker.rows([{"q": "a@b.com 10.1.2.3"}], step("redact", "q", settings={"kinds": kinds}))
    assert made.values("q") == [after]


@pytest.mark.parametrize("row", [{"n": 1}, {"n": [1]}, {"n": {"a": "b"}}])
def test_columns_without_text_are_refused(maker: Maker, row: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="takes text or messages"):
        maker.rows([row], step("redact", "n"))


HOSTILE = [
    "+1",
    "a.",
    "1.",
    "-----BEGIN PRIVATE KEY-----",
    "4 ",
    "eyJ",
    "sk-a-",
    "2001:",
    "a@",
    "(415) ",
    "a@b.",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    start = time.process_time()
    masked(piece * (300_000 // len(piece)), KINDS)
    assert time.process_time() - start < 5
