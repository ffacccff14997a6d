"""Rows to prompts and answers that are compared or judged: preference, reward, feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recipedsl.data.tokens.batches import Batch
from recipedsl.data.tokens.checks import check_bos
from recipedsl.data.tokens.conversations import bad_row
from recipedsl.data.tokens.encode import encode_texts
from recipedsl.data.tokens.mask import Conversation, Marked, mark_turns, render_text
from recipedsl.data.tokens.ragged import Ragged
from recipedsl.data.tokens.rendering import Mark
from recipedsl.data.tokens.streams import FILE, Stream
from recipedsl.data.tokens.template import ChatTemplate
from recipedsl.data.tokens.workshop import (
    Workshop,
    chat_of,
    count_marked,
    count_parts,
    keep,
    render_batch,
)


class Streamed:
    """Makes rows that are written as they come; what is made of a batch is said by purpose."""

    def __init__(self, shop: Workshop, out: Path) -> None:
        """Begin a result; `out` is the folder that it goes into."""
        self.shop = shop
        self.stream = Stream(out / FILE)

    def complete(self) -> None:
        """Nothing is under way."""

    def finish(self) -> int:
        """Returns the number of rows."""
        self.close()
        return self.stream.rows

    def close(self) -> None:
        """Leave no file open."""
        self.stream.close()


class PreferenceRows(Streamed):
    """Pairs that are not too long and not the same: `prompt_ids, chosen_ids, rejected_ids, row`."""

    def add(self, batch: Batch) -> None:
        """Make the rows of a batch. Raises RecipeError when one of them does not pass a check."""
        shop = self.shop
        count_marked(shop, batch, "prompt", "chosen", "rejected")
        (prompt, chosen), (other, rejected) = (
            _answered(shop, batch, "chosen"),
            _answered(shop, batch, "rejected"),
        )
        check_bos(prompt, shop.facts, batch.first)
        unequal = np.flatnonzero(~prompt.equals(other))
        if len(unequal):
            hint = "take a template that renders a prompt the same whatever answers it"
            row = batch.first + int(unequal[0])
            raise bad_row("has another prompt for `chosen` than for `rejected` when rendered", row, hint)
        lengths = prompt.lengths + np.maximum(chosen.lengths, rejected.lengths)
        kept = keep(shop, lengths, chosen.equals(rejected))
        prompts = {"prompt": prompt.take(kept)}
        answers = {"chosen": chosen.take(kept), "rejected": rejected.take(kept)}
        count_parts(shop, prompts, answers)
        self.stream.write({**_columns(prompts | answers), "row": kept + batch.first})


class RewardRows(Streamed):
    """Whole conversations, as a reward model reads them: `chosen_ids, rejected_ids, margin, row`."""

    def add(self, batch: Batch) -> None:
        """Make the rows of a batch. Raises RecipeError when one of them does not pass a check."""
        shop = self.shop
        count_marked(shop, batch, "prompt", "chosen", "rejected")
        sides: dict[str, Ragged] = {}
        for side in ("chosen", "rejected"):
            texts = render_batch(shop, batch, _whole, "prompt", side)
            sides[side] = Ragged(*shop.encoder.encode(texts.texts))
        chosen, rejected = sides.values()
        check_bos(chosen, shop.facts, batch.first)
        kept = keep(shop, np.maximum(chosen.lengths, rejected.lengths), chosen.equals(rejected))
        answers = {name: ids.take(kept) for name, ids in sides.items()}
        count_parts(shop, {}, answers)
        margin = {"margin": batch.frame["margin"][kept].to_arrow()} if "margin" in batch.frame.columns else {}
        self.stream.write({**_columns(answers), **margin, "row": kept + batch.first})


class FeedbackRows(Streamed):
    """Judged answers that are not too long: `prompt_ids, completion_ids, label, row`."""

    def add(self, batch: Batch) -> None:
        """Make the rows of a batch. Raises RecipeError when one of them does not pass a check."""
        shop = self.shop
        count_marked(shop, batch, "prompt", "completion")
        prompt, completion = _answered(shop, batch, "completion")
        check_bos(prompt, shop.facts, batch.first)
        kept = keep(shop, prompt.lengths + completion.lengths)
        prompts, answers = {"prompt": prompt.take(kept)}, {"completion": completion.take(kept)}
        count_parts(shop, prompts, answers)
        label = batch.frame["label"][kept].to_arrow()
        self.stream.write({**_columns(prompts | answers), "label": label, "row": kept + batch.first})


def _columns(parts: dict[str, Ragged]) -> dict[str, Any]:
    return {f"{name}_ids": ids.as_arrow() for name, ids in parts.items()}


def _whole(template: ChatTemplate, conversation: Conversation) -> Marked:
    return Marked(render_text(template, conversation), ())


def _answered(shop: Workshop, batch: Batch, answer: str) -> tuple[Ragged, Ragged]:
    """Ids of `prompt` and of the column `answer`, cut where the answer begins.

    The answer goes up to the token that ends its last turn.
    """
    texts = render_batch(shop, batch, _mark(shop, answer), "prompt", answer)
    encoded = encode_texts(shop.facts, shop.encoder, texts)
    return encoded.ids.where(~encoded.trained), encoded.ids.where(encoded.trained)


def _mark(shop: Workshop, answer: str) -> Mark:
    """The prompt, and the answer's turns as one span that ends the text."""
    _, stops = chat_of(shop)

    def mark(template: ChatTemplate, conversation: Conversation) -> Marked:
        turns = [turn for turn in conversation.turns if turn >= conversation.opening]
        if not turns:
            hint = "drop such rows with `where`"
            raise bad_row(f"has no answer of the assistant in `{answer}`", conversation.row or 0, hint)
        marked = mark_turns(template, conversation, stops.inside, [turns[0], turns[-1]])
        start, end = marked.spans[0][0], marked.spans[-1][1]
        return Marked(marked.text[:end], ((start, end),))

    return mark
