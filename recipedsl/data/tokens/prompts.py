"""Rows to prompts that a model will answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from recipedsl.data.tokens.checks import check_bos
from recipedsl.data.tokens.mask import render_text
from recipedsl.data.tokens.workshop import (
    Row,
    Workshop,
    as_lists,
    chat_of,
    count_parts,
    drop,
    read_conversation,
)
from recipedsl.language.shapes import Shape


def make_prompts(shop: Workshop, batch: list[Row]) -> list[Row]:
    """Prompts of the rows that are not too long: `{prompt, prompt_ids, row}` each.

    Of a conversation the prompt is what stands before the last turn of the assistant; of a
    completion it is its plain text.
    """
    asked = [_asked(shop, row) for row in batch]
    ids = shop.facts.encode_all([text for _, text in asked])
    made: list[Row] = []
    for row, (messages, _), prompt_ids in zip(batch, asked, ids, strict=True):
        full = prompt_ids if shop.template else np.concatenate([shop.facts.opening, prompt_ids])
        check_bos(full, shop.facts, row["row"])
        if drop(shop, len(full)):
            continue
        made.append({"prompt": messages, "prompt_ids": full, "row": row["row"]})
        count_parts(shop, {"prompt": full}, {})
    return made


def _asked(shop: Workshop, row: Row) -> tuple[list[Row], str]:
    """The messages that are to be answered, as they lie in the rows, and their text."""
    if shop.node.shape is Shape.COMPLETION:
        return [{"role": "user", "content": row["prompt"]}], row["prompt"] or ""
    messages = _open_messages(row["messages"]) if shop.node.shape is Shape.CHAT else row["prompt"]
    template, _ = chat_of(shop)
    conversation = read_conversation(shop, {**row, "prompt": messages}, "prompt")
    return messages, render_text(template, conversation, prompt=True)


def _open_messages(messages: list[Row]) -> list[Row]:
    """A conversation without the last turn of the assistant and what comes after it."""
    turns = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
    return messages[: turns[-1]] if turns else messages


def write_prompts(shop: Workshop, made: list[Row], rows: Path, path: Path) -> int:
    """Write all columns of the rows with `prompt`, `prompt_ids` and `row`; returns the number of rows."""
    numbers = [row["row"] for row in made]
    frame = pl.read_parquet(rows)[numbers]
    if shop.node.shape in (Shape.CHAT, Shape.COMPLETION):
        frame = frame.with_columns(pl.Series("prompt", [row["prompt"] for row in made], strict=False))
    frame = frame.with_columns(
        as_lists([row["prompt_ids"] for row in made]).alias("prompt_ids"),
        pl.Series("row", numbers, dtype=pl.Int64),
    )
    frame.write_parquet(path)
    return len(made)
