"""Rows to sequences with labels, for supervised fine-tuning and for measuring loss."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray

from recipedsl.data.tokens.batches import Batch
from recipedsl.data.tokens.checks import check_bos
from recipedsl.data.tokens.encode import encode_texts
from recipedsl.data.tokens.filling import Rendered, Spans
from recipedsl.data.tokens.mask import Conversation, Marked, mark_turns, render_text
from recipedsl.data.tokens.ragged import Ragged, Sequences, as_array, bytes_of
from recipedsl.data.tokens.rendering import Mark
from recipedsl.data.tokens.streams import FILE, Stream, Waiting, sequence_columns
from recipedsl.data.tokens.template import ChatTemplate
from recipedsl.data.tokens.texts import Texts
from recipedsl.data.tokens.tokenizer import TokenizerFacts
from recipedsl.data.tokens.workshop import Workshop, chat_of, count, count_marked, render_batch, show
from recipedsl.diagnostics import Bug
from recipedsl.language.shapes import Shape


class SftRows:
    """Makes sequences with labels, packed if asked; see `recipedsl.data.tokens.prepare`.

    Conversations go through the template; the prompt of a completion is not trained, plain text is
    as a whole, and both end with the tokenizer's end token.
    """

    def __init__(self, shop: Workshop, out: Path) -> None:
        """Begin a result; `out` is the folder that it goes into."""
        encode = {Shape.CHAT: _encode_chat, Shape.COMPLETION: _encode_completion, Shape.TEXT: _encode_text}
        if shop.node.shape not in encode:
            raise Bug(f"purpose sft does not take the shape {shop.node.shape}")
        self._encode: Callable[[Workshop, Batch], Callable[[], Sequences]] = encode[shop.node.shape]
        self._shop = shop
        self._out = out
        self._stream = Stream(out / FILE)
        self._waiting = Waiting(out) if shop.node.packing else None
        # One batch is encoded while the next is read and rendered.
        self._pool = ThreadPoolExecutor(1)
        self._open: tuple[Batch, Future[Sequences]] | None = None

    def add(self, batch: Batch) -> None:
        """Make the rows of a batch. Raises RecipeError when one, or one before, does not pass a check."""
        encoding = self._pool.submit(self._encode(self._shop, batch))
        self.complete()
        self._open = (batch, encoding)

    def complete(self) -> None:
        """Count and write the batch that was encoded meanwhile."""
        if self._open is None:
            return
        (batch, encoding), self._open = self._open, None
        shop, encoded = self._shop, encoding.result()
        check_bos(encoded.ids, shop.facts, batch.first)
        ids, labelled, kept = _cut(shop, encoded)
        count(shop, ids.lengths, labelled)
        for place in kept:
            if not show(shop, encoded.runs(int(place), shop.node.max_length)):
                break
        if self._waiting is None:
            self._stream.write(sequence_columns(ids, labelled, kept + batch.first))
        else:
            self._waiting.add(ids, labelled, kept + batch.first)

    def finish(self) -> int:
        """Write what is left; returns the number of sequences."""
        if self._waiting is not None:
            for columns in self._waiting.sequences(self._shop.node.max_length):
                self._stream.write(columns)
        self.close()
        return self._stream.rows

    def close(self) -> None:
        """Leave no file open, and none that is no result."""
        self._pool.shutdown(cancel_futures=True)
        self._stream.close()
        if self._waiting is not None:
            self._waiting.close()


def _cut(shop: Workshop, encoded: Sequences) -> tuple[Ragged, NDArray[np.bool_], NDArray[np.int64]]:
    """Cut what is too long, leave out what has no label then: ids, which bear labels, places of the rows."""
    ids, limit = encoded.ids, shop.node.max_length
    shop.tally.lengths.append(ids.lengths)
    labelled = encoded.trained.copy()
    labelled[ids.ends[:-1][ids.lengths > 0]] = False  # the first token is never predicted
    too_long = np.flatnonzero(ids.lengths > limit) if limit else np.zeros(0, np.int64)
    shop.tally.cut += len(too_long)
    within = ids.masked(too_long, limit)
    has_label = ids.any(labelled & within if len(too_long) else labelled)
    without = np.flatnonzero(~has_label)
    if not len(too_long) and not len(without):
        return ids, labelled, np.arange(len(ids))
    if len(without):
        shop.tally.dropped["untrained"] += len(without)
    within &= ids.masked(without, 0)
    kept = np.flatnonzero(has_label)
    lengths = np.minimum(ids.lengths, limit or ids.lengths)[kept]
    return Ragged.of(ids.values[within], lengths), labelled[within], kept


# --- encoding -------------------------------------------------------------------------------------------


def _encode_chat(shop: Workshop, batch: Batch) -> Callable[[], Sequences]:
    count_marked(shop, batch, "messages")
    rendered = render_batch(shop, batch, _mark(shop), "messages")
    return partial(encode_texts, shop.facts, shop.encoder, rendered)


def _mark(shop: Workshop) -> Mark:
    _, stops = chat_of(shop)

    def mark(template: ChatTemplate, conversation: Conversation) -> Marked:
        if shop.node.train_on == "all":
            text = render_text(template, conversation)
            return Marked(text, ((0, len(text)),))
        return mark_turns(template, conversation, stops.inside, _turns(shop.node.train_on, conversation))

    return mark


def _turns(train_on: str | tuple[str, ...], conversation: Conversation) -> list[int]:
    """Positions of the messages that are trained."""
    words = (train_on,) if isinstance(train_on, str) else train_on
    last = conversation.turns[-1:] if "last" in words else ()
    told = conversation.trains or (None,) * len(conversation.messages)
    by_role = [message["role"] in words for message in conversation.messages]
    wanted = [by or place in last for place, by in enumerate(by_role)]
    return [place for place, flag in enumerate(told) if (wanted[place] if flag is None else flag)]


def _encode_completion(shop: Workshop, batch: Batch) -> Callable[[], Sequences]:
    pool = arrow.concat_arrays([batch.pieces("prompt"), batch.pieces("completion")])
    rows = np.arange(len(batch))
    pieces = pool.take(as_array(np.column_stack([rows, rows + len(batch)]).ravel()))
    texts = Texts.of_pieces(pieces, np.full(len(batch), 2))
    starts = texts.utf8.ends[:-1] if shop.node.train_on == "all" else bytes_of(pieces)[0][1::2]
    rendered = Rendered(texts, Spans(rows, starts, texts.utf8.ends[1:]))
    return lambda: _ended(shop.facts, encode_texts(shop.facts, shop.encoder, rendered))


def _encode_text(shop: Workshop, batch: Batch) -> Callable[[], Sequences]:
    texts = Texts.of_column(batch.frame["text"])

    def encode() -> Sequences:
        ids = Ragged(*shop.encoder.encode(texts))
        return _ended(shop.facts, Sequences(ids, np.ones(len(ids.values), np.bool_)))

    return encode


def _ended(facts: TokenizerFacts, encoded: Sequences) -> Sequences:
    """Plain text between the tokens that begin and end a sequence; the end is trained."""
    ids, end = encoded.ids, facts.id_of("eos_token")
    lasts = ids.values[np.maximum(ids.ends[1:] - 1, 0)] if len(ids.values) else np.full(len(ids), -1)
    lacks = (ids.lengths == 0) | (lasts != end)  # else the row's text holds it already
    lengths = ids.lengths + len(facts.opening) + lacks
    values, trained = np.empty(lengths.sum(), np.int32), np.zeros(lengths.sum(), np.bool_)
    ended = Ragged.of(values, lengths)
    starts, ends = ended.ends[:-1], ended.ends[1:][lacks] - 1
    inside = np.repeat(starts + len(facts.opening), ids.lengths) + ids.positions()
    for place, token in enumerate(facts.opening):
        values[starts + place] = token
    values[inside], trained[inside] = ids.values, encoded.trained
    values[ends], trained[ends] = end, True
    return Sequences(ended, trained)
