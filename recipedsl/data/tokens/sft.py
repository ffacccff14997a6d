"""Rows to sequences with labels, for supervised fine-tuning and for measuring loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from recipedsl.data.tokens.checks import Stops, check_bos, is_trained
from recipedsl.data.tokens.encode import Encoded, encode_marked
from recipedsl.data.tokens.mask import Conversation, Marked, mark_turns, render_text
from recipedsl.data.tokens.packing import pack
from recipedsl.data.tokens.template import ChatTemplate
from recipedsl.data.tokens.tokenizer import Ids, TokenizerFacts
from recipedsl.data.tokens.workshop import (
    Row,
    Tally,
    Workshop,
    as_lists,
    chat_of,
    read_conversation,
    segment,
)
from recipedsl.diagnostics import Bug
from recipedsl.language.shapes import Shape


def make_sft(shop: Workshop, batch: list[Row]) -> list[Row]:
    """Encoded sequences of the rows that have something to train on: `{row, encoded}` each.

    Conversations go through the template; the prompt of a completion is not trained, plain text is
    as a whole, and both end with the tokenizer's end token.
    """
    encode = {Shape.CHAT: _encode_chat, Shape.COMPLETION: _encode_completion, Shape.TEXT: _encode_text}
    if shop.node.shape not in encode:
        raise Bug(f"purpose sft does not take the shape {shop.node.shape}")
    made: list[Row] = []
    for row, encoded in zip(batch, encode[shop.node.shape](shop, batch), strict=True):
        check_bos(encoded.ids, shop.facts, row["row"])
        kept = _cut(shop, encoded)
        if is_trained(kept):
            made.append({"row": row["row"], "encoded": kept})
            _count(shop.tally, kept)
            if shop.wants_samples:
                shop.tally.samples.append([segment(shop, ids, trained) for ids, trained in _runs(kept)])
        else:
            shop.tally.dropped["untrained"] += 1
    return made


def _encode_chat(shop: Workshop, batch: list[Row]) -> list[Encoded]:
    template, stops = chat_of(shop)
    marked = [_mark(shop, template, stops, read_conversation(shop, row, "messages")) for row in batch]
    return encode_marked(shop.facts, [each.text for each in marked], [each.spans for each in marked])


def _mark(shop: Workshop, template: ChatTemplate, stops: Stops, conversation: Conversation) -> Marked:
    if shop.node.train_on == "all":
        text = render_text(template, conversation)
        return Marked(text, ((0, len(text)),))
    turns = conversation.turns[-1:] if shop.node.train_on == "last" else conversation.turns
    return mark_turns(template, conversation, stops.inside, turns)


def _encode_completion(shop: Workshop, batch: list[Row]) -> list[Encoded]:
    texts = [(row["prompt"] or "", row["completion"] or "") for row in batch]
    starts = [0 if shop.node.train_on == "all" else len(prompt) for prompt, _ in texts]
    spans = [[(start, len(prompt + answer))] for start, (prompt, answer) in zip(starts, texts, strict=True)]
    encoded = encode_marked(shop.facts, [prompt + answer for prompt, answer in texts], spans)
    return [_ended(shop.facts, each) for each in encoded]


def _encode_text(shop: Workshop, batch: list[Row]) -> list[Encoded]:
    ids = shop.facts.encode_all([row["text"] or "" for row in batch])
    return [_ended(shop.facts, Encoded(each, np.ones(len(each), dtype=np.bool_))) for each in ids]


def _ended(facts: TokenizerFacts, encoded: Encoded) -> Encoded:
    """Plain text between the tokens that begin and end a sequence; the end is trained."""
    ids, trained = encoded.ids, encoded.trained
    bos, eos = facts.opening, np.array([facts.id_of("eos_token")], dtype=np.int32)
    if len(ids) and ids[-1] == eos[0]:
        eos = eos[:0]  # the row's text holds it already
    return Encoded(
        np.concatenate([bos, ids, eos]),
        np.concatenate([np.zeros(len(bos), np.bool_), trained, np.ones(len(eos), np.bool_)]),
    )


def _cut(shop: Workshop, encoded: Encoded) -> Encoded:
    shop.tally.lengths.append(len(encoded))
    if not shop.too_long(len(encoded)):
        return encoded
    shop.tally.cut += 1
    return encoded.cut(shop.node.max_length)


def _count(tally: Tally, encoded: Encoded) -> None:
    tally.tokens += len(encoded)
    tally.trained += int(encoded.trained[1:].sum())


def write_sft(shop: Workshop, made: list[Row], rows: Path, path: Path) -> int:
    """Write `input_ids`, `labels`, `seq_lengths`, `row`, packed if asked; returns the number of sequences."""
    sequences: list[Encoded] = [row["encoded"] for row in made]
    lengths = np.array([len(each) for each in sequences], dtype=np.int32)
    numbers = np.array([row["row"] for row in made], dtype=np.int64)
    bins = _bins(shop, lengths)
    frame = pl.DataFrame(
        {
            "input_ids": _joined([each.ids for each in sequences], bins),
            "labels": _joined([each.labels for each in sequences], bins),
            "seq_lengths": as_lists([lengths[bin_] for bin_ in bins]),
            "row": as_lists([numbers[bin_] for bin_ in bins], pl.Int64) if shop.node.packing else numbers,
        }
    )
    frame.write_parquet(path)
    return len(bins)


def _bins(shop: Workshop, lengths: Ids) -> list[list[int]]:
    """Which rows make which sequence; without a limit a sequence may be as long as the longest row."""
    if not shop.node.packing:
        return [[place] for place in range(len(lengths))]
    return pack(lengths, shop.node.max_length or int(lengths.max()))


def _joined(parts: list[Ids], bins: list[list[int]]) -> pl.Series:
    return as_lists(
        [
            parts[bin_[0]] if len(bin_) == 1 else np.concatenate([parts[each] for each in bin_])
            for bin_ in bins
        ]
    )


def _runs(encoded: Encoded) -> Iterator[tuple[Ids, bool]]:
    """A sequence in stretches of trained and untrained tokens."""
    borders = np.flatnonzero(np.diff(encoded.trained)) + 1
    start = 0
    for border in (*borders.tolist(), len(encoded)):
        yield encoded.ids[start:border], bool(encoded.trained[start])
        start = border
