"""The maker of tokens nodes: rows of Parquet to token ids, labels and packed sequences.

Rows are read, rendered, encoded and written in batches; one class a purpose turns a batch into
finished rows.

    sft         one sequence a row; cut at the end; rows left without a label are dropped
    preference  prompt, chosen, rejected; rows too long or with two equal answers are dropped
    reward      two whole conversations; the same
    feedback    prompt, completion, label; rows too long are dropped
    prompt      the prompt as ids and as messages, with all columns of the row; too long ones dropped
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from recipedsl.data.tokens.answers import FeedbackRows, PreferenceRows, RewardRows
from recipedsl.data.tokens.batches import TOOLS, VARIABLES, Batch, read_batches
from recipedsl.data.tokens.encoders import (
    WORTH,
    Child,
    Encoder,
    EncoderFailed,
    Plain,
    Proven,
    at_hand,
)
from recipedsl.data.tokens.prompts import PromptRows
from recipedsl.data.tokens.sft import SftRows
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer
from recipedsl.data.tokens.workshop import Tally, Workshop, open_workshop
from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import NothingLeft, NothingTrained
from recipedsl.language.shapes import SHAPE_COLUMNS
from recipedsl.plan.model import TokensNode


class Maker(Protocol):
    """Turns batches of rows into finished rows in a folder."""

    def add(self, batch: Batch) -> None:
        """Make the rows of a batch. Raises RecipeError when one of them does not pass a check."""
        ...

    def complete(self) -> None:
        """Bring to its end what is under way. Raises RecipeError, as `add` does."""
        ...

    def finish(self) -> int:
        """Write what is left; returns the number of rows or packed sequences."""
        ...

    def close(self) -> None:
        """Leave no file open, and none that is no result."""
        ...


MAKERS: dict[str, Callable[[Workshop, Path], Maker]] = {
    "sft": SftRows,
    "preference": PreferenceRows,
    "reward": RewardRows,
    "feedback": FeedbackRows,
    "prompt": PromptRows,
}


def make_tokens(node: TokensNode, rows: Path, model_folder: Path, out: Path, root: Path) -> dict[str, Any]:
    """Turn rows into `tokens.arrow` and `samples.json`; the template goes to `template.jinja`.

    Args:
        node: what is asked for.
        rows: Parquet file of the data part.
        model_folder: plain transformers folder of the model.
        out: empty folder that the files go into.
        root: project root that template files are relative to.

    Returns:
        The manifest's facts: rows, kept, dropped, cut, untrained, special (rows whose own text holds
        a special token), tokens, trained, sequences, lengths, samples, stop, encoder (what gave the ids).

    Raises:
        RecipeError: a template, a tokenizer or the rows do not pass a check.
    """
    tokenizer = load_tokenizer(model_folder)
    count = int(pl.scan_parquet(rows).select(pl.len()).collect().item())
    plain = Plain(tokenizer.tokenizer)
    if count >= WORTH and at_hand():
        try:
            with Child(tokenizer.form) as child:
                return _make(node, rows, tokenizer, Proven(plain, child), out, root)
        except EncoderFailed as failure:
            plain = Plain(tokenizer.tokenizer, reason=str(failure))
    return _make(node, rows, tokenizer, plain, out, root)


def _make(
    node: TokensNode, rows: Path, tokenizer: TokenizerFacts, encoder: Encoder, out: Path, root: Path
) -> dict[str, Any]:
    shop = open_workshop(node, tokenizer, encoder, root)
    maker = MAKERS[node.purpose](shop, out)
    try:
        for batch in read_batches(rows, _columns(node, rows)):
            maker.add(batch)
            shop.tally.rows += len(batch)
        maker.complete()
        _refuse_nothing(shop, shop.tally.kept)
        sequences = maker.finish()
    finally:
        maker.close()
    samples = json.dumps(shop.tally.samples, ensure_ascii=False, indent=1)
    (out / "samples.json").write_text(samples + "\n", encoding="utf-8")
    if shop.template is not None:
        # Whoever trains, answers or publishes renders with the very template of these rows.
        (out / "template.jinja").write_text(shop.template.text, encoding="utf-8")
    return _facts(shop, shop.tally.kept, sequences)


def _columns(node: TokensNode, rows: Path) -> list[str]:
    present = pl.read_parquet_schema(rows)
    missing = [name for name in SHAPE_COLUMNS[node.shape] if name not in present]
    if missing:
        raise Bug(f"rows of shape {node.shape} lack the columns {missing}")
    if node.purpose == "prompt":
        return list(present)
    wanted = (*SHAPE_COLUMNS[node.shape], TOOLS, VARIABLES, "margin")
    return [name for name in wanted if name in present]


def _refuse_nothing(shop: Workshop, kept: int) -> None:
    """Refuse a result without rows; an empty dataset is refused elsewhere. Raises RecipeError."""
    if kept:
        return
    tally = shop.tally
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.dropped.items()))
    known = _lengths(tally)
    lengths = f"lengths in tokens: half of the rows up to {known['p50']}, the longest {known['max']}"
    hint = Help(f"raise `max_length` ({shop.node.max_length} now), or shorten the rows before")
    kind = NothingTrained if set(tally.dropped) == {"untrained"} else NothingLeft
    what = "has a token to train on" if kind is NothingTrained else "is left after tokenising"
    raise RecipeError(
        Diagnostic(
            kind,
            f"no row of {tally.rows} {what}",
            notes=(f"dropped: {counts or 'none'}", lengths),
            helps=(hint,),
        )
    )


def _lengths(tally: Tally) -> dict[str, int]:
    lengths = np.concatenate(tally.lengths or [np.zeros(0, np.int64)])
    if not len(lengths):
        return {"p50": 0, "p95": 0, "max": 0}
    half, most = np.percentile(lengths, [50, 95], method="lower")
    return {"p50": int(half), "p95": int(most), "max": int(lengths.max())}


def _facts(shop: Workshop, kept: int, sequences: int) -> dict[str, Any]:
    tally = shop.tally
    return {
        "rows": tally.rows,
        "kept": kept,
        "dropped": dict(sorted(tally.dropped.items())),
        "cut": tally.cut,
        "untrained": tally.dropped["untrained"],
        "special": tally.marked,
        "tokens": tally.tokens,
        "trained": tally.trained,
        "sequences": sequences,
        "lengths": _lengths(tally),
        "samples": tally.samples,
        "stop": _stop_facts(shop),
        "encoder": shop.encoder.facts(),
    }


def _stop_facts(shop: Workshop) -> dict[str, Any]:
    """What a generation has to stop at: the token that ends a turn, and the tokenizer's end token."""
    if shop.stops is not None:
        return {"text": shop.stops.text, "ids": list(shop.stops.ids)}
    return {"text": shop.facts.special["eos_token"], "ids": [shop.facts.id_of("eos_token")]}
