"""The maker of tokens nodes: rows of Parquet to token ids, labels and packed sequences.

Rows are read and encoded in batches; one function a purpose turns a batch into finished rows.

    sft         one sequence a row; cut at the end; rows left without a label are dropped
    preference  prompt, chosen, rejected; rows too long or with two equal answers are dropped
    reward      two whole conversations; the same
    feedback    prompt, completion, label; rows too long are dropped
    prompt      the prompt as ids and as messages, with all columns of the row; too long ones dropped
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.tokens.answers import make_feedback, make_preference, make_reward, write_answers
from recipedsl.data.tokens.prompts import make_prompts, write_prompts
from recipedsl.data.tokens.sft import make_sft, write_sft
from recipedsl.data.tokens.tokenizer import load_tokenizer
from recipedsl.data.tokens.workshop import Row, Tally, Workshop, open_workshop
from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import NothingLeft, NothingTrained
from recipedsl.language.shapes import SHAPE_COLUMNS
from recipedsl.plan.model import TokensNode

#: Rows that are rendered and encoded at once.
BATCH = 4096

MAKERS: dict[str, Callable[[Workshop, list[Row]], list[Row]]] = {
    "sft": make_sft,
    "preference": make_preference,
    "reward": make_reward,
    "feedback": make_feedback,
    "prompt": make_prompts,
}

WRITERS: dict[str, Callable[[Workshop, list[Row], Path, Path], int]] = {
    "sft": write_sft,
    "preference": write_answers,
    "reward": write_answers,
    "feedback": write_answers,
    "prompt": write_prompts,
}


def make_tokens(node: TokensNode, rows: Path, model_folder: Path, out: Path, root: Path) -> dict[str, Any]:
    """Turn rows into `tokens.parquet` and `samples.json`; the template goes to `template.jinja`.

    Args:
        node: what is asked for.
        rows: Parquet file of the data part.
        model_folder: plain transformers folder of the model.
        out: empty folder that the files go into.
        root: project root that template files are relative to.

    Returns:
        The manifest's facts: rows, kept, dropped, cut, untrained, special (rows whose own text holds
        a special token), tokens, trained, sequences, lengths, samples, stop.

    Raises:
        RecipeError: a template, a tokenizer or the rows do not pass a check.
    """
    shop = open_workshop(node, load_tokenizer(model_folder), root)
    made = [
        row for batch in _batches(rows, _columns(node, rows)) for row in MAKERS[node.purpose](shop, batch)
    ]
    shop.tally.rows = int(pl.scan_parquet(rows).select(pl.len()).collect().item())
    _refuse_nothing(shop, len(made))
    sequences = WRITERS[node.purpose](shop, made, rows, out / "tokens.parquet")
    samples = json.dumps(shop.tally.samples, ensure_ascii=False, indent=1)
    (out / "samples.json").write_text(samples + "\n", encoding="utf-8")
    if shop.template is not None:
        # Whoever trains, answers or publishes renders with the very template of these rows.
        (out / "template.jinja").write_text(shop.template.text, encoding="utf-8")
    return _facts(shop, len(made), sequences)


def _columns(node: TokensNode, rows: Path) -> list[str]:
    present = pl.read_parquet_schema(rows)
    wanted = (*SHAPE_COLUMNS[node.shape], "tools", "margin")
    missing = [name for name in SHAPE_COLUMNS[node.shape] if name not in present]
    if missing:
        raise Bug(f"rows of shape {node.shape} lack the columns {missing}")
    return [name for name in wanted if name in present]


def _batches(rows: Path, columns: list[str]) -> Iterator[list[Row]]:
    """The columns of a Parquet file, some thousand rows at a time, each with its number as `row`."""
    frame = pl.scan_parquet(rows).select(columns)
    start = 0
    while True:
        batch = frame.slice(start, BATCH).collect().to_dicts()
        if not batch:
            return
        yield [{**values, "row": start + place} for place, values in enumerate(batch)]
        start += len(batch)


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
    if not tally.lengths:
        return {"p50": 0, "p95": 0, "max": 0}
    half, most = np.percentile(tally.lengths, [50, 95], method="lower")
    return {"p50": int(half), "p95": int(most), "max": max(tally.lengths)}


def _facts(shop: Workshop, kept: int, sequences: int) -> dict[str, Any]:
    tally = shop.tally
    return {
        "rows": tally.rows,
        "kept": kept,
        "dropped": dict(sorted(tally.dropped.items())),
        "cut": tally.cut,
        "untrained": tally.dropped["untrained"],
        "special": len(tally.marked),
        "tokens": tally.tokens,
        "trained": tally.trained,
        "sequences": sequences,
        "lengths": _lengths(tally),
        "samples": tally.samples,
        "stop": _stop_facts(shop),
    }


def _stop_facts(shop: Workshop) -> dict[str, Any]:
    """What a generation has to stop at: the token that ends a turn, and the tokenizer's end token."""
    if shop.stops is not None:
        return {"text": shop.stops.text, "ids": list(shop.stops.ids)}
    return {"text": shop.facts.special["eos_token"], "ids": [shop.facts.id_of("eos_token")]}
