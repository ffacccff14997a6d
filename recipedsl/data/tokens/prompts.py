"""Rows to prompts that a model will answer."""

from __future__ import annotations

import numpy as np
import polars as pl

from recipedsl.data.tokens.answers import Streamed
from recipedsl.data.tokens.batches import Batch
from recipedsl.data.tokens.checks import check_bos
from recipedsl.data.tokens.mask import Conversation, Marked, render_text
from recipedsl.data.tokens.ragged import Ragged
from recipedsl.data.tokens.template import ChatTemplate
from recipedsl.data.tokens.texts import Texts
from recipedsl.data.tokens.workshop import Workshop, count_marked, count_parts, keep, render_batch
from recipedsl.language.shapes import Shape


class PromptRows(Streamed):
    """Prompts of the rows that are not too long: all columns, `prompt`, `prompt_ids`, `row`.

    Of a conversation the prompt is what stands before the last turn of the assistant; of a
    completion it is its plain text.
    """

    def add(self, batch: Batch) -> None:
        """Make the rows of a batch. Raises RecipeError when one of them does not pass a check."""
        shop = self.shop
        asked = Batch(batch.frame.with_columns(_asked(shop)), batch.first)
        ids = _encoded(shop, batch, asked)
        check_bos(ids, shop.facts, batch.first)
        kept = keep(shop, ids.lengths)
        prompts = {"prompt": ids.take(kept)}
        count_parts(shop, prompts, {})
        frame = asked.frame.drop("prompt_ids", "row", strict=False)[kept]
        columns = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
        given = {name: columns[name].chunk(0) for name in frame.columns} if len(kept) else {}
        self.stream.write({**given, "prompt_ids": prompts["prompt"].as_arrow(), "row": kept + batch.first})


def _asked(shop: Workshop) -> pl.Expr:
    """The messages that are to be answered, as `prompt`."""
    if shop.node.shape is Shape.COMPLETION:
        message = pl.struct(pl.lit("user").alias("role"), pl.col("prompt").alias("content"))
        return pl.concat_list(message).alias("prompt")
    if shop.node.shape is not Shape.CHAT:
        return pl.col("prompt")
    roles = pl.col("messages").list.eval(pl.element().struct.field("role") == "assistant")
    behind = roles.list.reverse().list.arg_max()  # of equal ones the first: turns after the last answer
    count = pl.col("messages").list.len().cast(pl.Int64)
    before = pl.when(roles.list.any()).then(count - 1 - behind.cast(pl.Int64)).otherwise(count)
    return pl.col("messages").list.head(before).alias("prompt")


def _encoded(shop: Workshop, batch: Batch, asked: Batch) -> Ragged:
    if shop.node.shape is not Shape.COMPLETION:
        count_marked(shop, asked, "prompt")
        return Ragged(*shop.encoder.encode(render_batch(shop, asked, _prompt, "prompt").texts))
    ids = Ragged(*shop.encoder.encode(Texts.of_column(batch.frame["prompt"])))
    opening = np.tile(shop.facts.opening, len(ids))
    values = np.insert(ids.values, np.repeat(ids.ends[:-1], len(shop.facts.opening)), opening)
    return Ragged.of(values, ids.lengths + len(shop.facts.opening))


def _prompt(template: ChatTemplate, conversation: Conversation) -> Marked:
    return Marked(render_text(template, conversation, prompt=True), ())
