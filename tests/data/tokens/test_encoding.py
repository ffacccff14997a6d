"""Batches encode as single texts do, whatever gives the ids, and a fast tokenizer that fails is survived."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.tokens import encoders, make_tokens, prepare
from recipedsl.data.tokens.encode import encode_marked, encode_texts
from recipedsl.data.tokens.encoders import PROGRAM, Child, EncoderFailed, Plain, Proven, at_hand
from recipedsl.data.tokens.filling import Rendered
from recipedsl.data.tokens.mask import Marked
from recipedsl.data.tokens.ragged import Ragged
from recipedsl.data.tokens.texts import Texts
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer

from .making import build_piece_tokenizer, build_tokenizer, chat, node, save_model, write_rows

needs_fast = pytest.mark.skipif(not at_hand(), reason="the extra recipedsl[fast] is not installed")

TOKENIZERS: dict[str, Any] = {
    "bytes": build_tokenizer,
    "blank first": lambda: build_tokenizer(prefix_space=True),
    "bos": lambda: build_tokenizer(bos="<s>"),
    "pieces": lambda: build_piece_tokenizer(prepend="never"),
    "pieces, blank first": lambda: build_piece_tokenizer(prepend="first"),
}


@pytest.fixture(scope="module", params=TOKENIZERS)
def any_facts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TokenizerFacts:
    return load_tokenizer(save_model(tmp_path_factory.mktemp("any"), TOKENIZERS[request.param]()))


WORDS = st.lists(
    st.sampled_from(
        [
            "hello",
            " ",
            "\n",
            "\n\n",
            "é",
            "😀",
            "▁",
            "<|im_end|>",
            "<|im_start|>",
            "the capital",
            "\u00c5",
            "12",
        ]
    ),
    max_size=8,
).map("".join)
MARKED = st.tuples(WORDS, st.lists(st.integers(0, 40), max_size=6, unique=True).map(sorted)).map(
    lambda given: Marked(given[0], _spans(given[0], given[1]))
)


def _spans(text: str, cuts: list[int]) -> tuple[tuple[int, int], ...]:
    inside = [cut for cut in cuts if cut <= len(text)]
    return tuple(zip(inside[::2], inside[1::2], strict=False))


def assert_same(facts: TokenizerFacts, marked: list[Marked]) -> None:
    """Batches are what single texts are."""
    found = encode_texts(facts, Plain(facts.tokenizer), Rendered.of(marked))
    right = encode_marked(facts, [each.text for each in marked], [each.spans for each in marked])
    for place, each in enumerate(right):
        start, end = found.ids.ends[place], found.ids.ends[place + 1]
        assert found.ids.list(place).tolist() == each.ids.tolist()
        assert found.trained[start:end].tolist() == each.trained.tolist()


@settings(max_examples=200, deadline=None)
@given(st.lists(MARKED, min_size=1, max_size=5))
def test_batches_are_single_texts(any_facts: TokenizerFacts, marked: list[Marked]) -> None:
    assert_same(any_facts, marked)


def test_which_tokenizers_spell_their_texts(
    any_facts: TokenizerFacts, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["any_facts"]
    assert (any_facts.spelling is not None) == ("blank first" not in name)


def test_a_normalizer_is_noticed_row_by_row(tmp_path: Path) -> None:
    from tokenizers import normalizers

    tokenizer = build_tokenizer()
    tokenizer.normalizer = normalizers.NFC()
    facts = load_tokenizer(save_model(tmp_path, tokenizer))
    assert facts.spelling is not None
    texts = ["plain hello", "e\u0301 hello", "\u212b hello", "caf\u00e9 hello"]
    assert_same(facts, [Marked(text, ((2, len(text)),)) for text in texts])


# --- the faster tokenizer ---------------------------------------------------------------------------------

ROWS = [
    {"messages": chat(f"What is {number}?", f"It is {number} é.")} for number in range(encoders.WORTH + 50)
]


@needs_fast
def test_the_faster_tokenizer_gives_the_same_files(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write_rows(tmp_path / "rows.parquet", ROWS)
    for name in ("fast", "plain"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(prepare, "at_hand", lambda name=name: name == "fast")
        facts = make_tokens(node(), rows, model, tmp_path / name, tmp_path)
        assert facts["encoder"]["name"] == ("fastokens" if name == "fast" else "tokenizers")
    assert (tmp_path / "fast" / "tokens.arrow").read_bytes() == (
        tmp_path / "plain" / "tokens.arrow"
    ).read_bytes()


#: Programs that stand in for the faster tokenizer, each failing in its own way at its second batch.
WRONG = f"""
import os, sys, time
sys.path.insert(0, {str(PROGRAM.parent)!r})
import numpy as np
from encoding_child import read_frame, write_frame
from tokenizers import Tokenizer
received, sent = sys.stdin.buffer, sys.stdout.buffer
tokenizer = Tokenizer.from_str(read_frame(received)[0].decode())
write_frame(sent, [b"ready"])
batch = 0
while parts := read_frame(received):
    borders = np.frombuffer(parts[0], np.int64)
    texts = [parts[1][start:end].decode() for start, end in zip(borders, borders[1:])]
    found = [each.ids for each in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    batch += 1
    if batch == 2:
        HOW
    ids = np.array([id for each in found for id in each], np.uint32)
    ends = np.cumsum([0, *map(len, found)]).astype(np.uint64)
    write_frame(sent, [ids.tobytes(), ends.tobytes()])
"""
HOW = {
    "crashes": ("os.abort()", "ended without a result"),
    "ends": ("sys.exit(0)", "ended without a result"),
    "hangs": ("time.sleep(60)", "ended without a result"),
    "is cut off": ("sent.write(b'12345678'); sent.flush(); sys.exit()", "ended without a result"),
    "forgets a row": ("found = found[:-1]", "answered"),
    "differs": ("found = [[*each[:-1], 5] for each in found]", "differ"),
    "babbles": ("write_frame(sent, [b'x', b'y']); continue", "cannot be read"),
}


@pytest.mark.parametrize("how", HOW)
def test_a_faster_tokenizer_that_fails_is_noticed(
    how: str, tmp_path: Path, facts: TokenizerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "PATIENCE", 3.0)
    statement, words = HOW[how]
    program = tmp_path / "program.py"
    program.write_text(WRONG.replace("HOW", statement))
    said = ["hello there", "<|im_start|>user\n😀<|im_end|>"] * 20
    texts = Texts.of(said)
    with Child(facts.form, program) as child:
        proven = Proven(Plain(facts.tokenizer), child)
        ids, _ = proven.encode(texts)
        assert ids.tolist() == np.concatenate(facts.encode_all(said)).tolist()
        with pytest.raises(EncoderFailed, match=words):
            proven.encode(texts)


@pytest.mark.parametrize("wrong", [-1, 1_000_000])
def test_an_id_that_no_token_has(facts: TokenizerFacts, wrong: int) -> None:
    class Inventive(Plain):
        def encode(self, texts: Texts) -> Any:
            ids, ends = super().encode(texts)
            ids[1] = wrong
            return ids, ends

    with pytest.raises(EncoderFailed, match="no token has"):
        encode_texts(facts, Inventive(facts.tokenizer), Rendered.of([Marked("hello there", ())]))


def test_a_program_that_does_not_start(facts: TokenizerFacts, tmp_path: Path) -> None:
    with pytest.raises(EncoderFailed, match="ended without a result"):
        Child(facts.form, tmp_path / "none.py").encode(Texts.of(["a"]))


def test_everything_is_done_again_and_said(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text(WRONG.replace("HOW", HOW["differs"][0]))
    monkeypatch.setattr(prepare, "at_hand", lambda: True)
    monkeypatch.setattr(prepare, "Child", lambda form: Child(form, program))
    monkeypatch.setattr("recipedsl.data.tokens.batches.BATCH", 1000)
    rows = write_rows(tmp_path / "rows.parquet", ROWS)
    files = []
    for name in ("fallen", "plain"):
        (tmp_path / name).mkdir()
        told = make_tokens(node(packing=True, max_length=64), rows, model, tmp_path / name, tmp_path)[
            "encoder"
        ]
        assert told["name"] == "tokenizers"
        assert ("differ" in told.get("reason", "")) == (name == "fallen")
        assert sorted(each.name for each in (tmp_path / name).iterdir()) == [
            "samples.json",
            "template.jinja",
            "tokens.arrow",
        ]
        files.append((tmp_path / name / "tokens.arrow").read_bytes())
        monkeypatch.setattr(prepare, "at_hand", lambda: False)
    assert files[0] == files[1]
    assert sys.executable


# --- texts as bytes ---------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=6), max_size=6), st.integers(0, 3))
def test_texts_are_those_that_were_given(texts: list[str], most: int) -> None:
    made = Texts.of(texts)
    assert made.strings() == [made[place] for place in range(len(made))] == texts
    beyond = [place for place, text in enumerate(texts) if not text.isascii()]
    assert made.beyond_ascii(most).tolist() == beyond[:most]
    turned = np.arange(len(texts))[::-1]
    assert made.take(turned).strings() == texts[::-1]


@given(st.lists(st.lists(st.booleans(), max_size=4), min_size=1, max_size=6), st.integers(0, 3))
def test_lists_as_one(lists: list[list[bool]], most: int) -> None:
    made = Ragged.of_lists([np.array(each, np.bool_) for each in lists])
    assert made.any(made.values).tolist() == [any(each) for each in lists]
    kept = made.masked(np.arange(0, len(lists), 2), most)
    wanted = [place % 2 or item < most for place, each in enumerate(lists) for item in range(len(each))]
    assert kept.tolist() == wanted
    assert made.take(np.array([0, 0])).list(1).tolist() == lists[0]
