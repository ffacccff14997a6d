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
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.tokens.checks import (
    RenderedCheck,
    Stops,
    check_bos,
    check_stop_trained,
    find_stops,
    is_trained,
)
from recipedsl.data.tokens.conversations import bad_row, conversation_of
from recipedsl.data.tokens.encode import Encoded, encode_marked
from recipedsl.data.tokens.mask import Conversation, Marked, mark_turns, render_text
from recipedsl.data.tokens.packing import pack
from recipedsl.data.tokens.template import ChatTemplate, template_text
from recipedsl.data.tokens.tokenizer import Ids, TokenizerFacts, load_tokenizer
from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import NoEndToken, NothingLeft, NothingTrained
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape
from recipedsl.plan.model import TokensNode

#: Rows that are rendered and encoded at once.
BATCH = 4096
#: Rows that are shown to people.
SAMPLES = 3

_PLAIN = (Shape.TEXT, Shape.COMPLETION)
#: Purposes whose labels depend on where an answer begins and ends.
_LABELLED = ("sft", "preference", "feedback")

Row = dict[str, Any]
Segments = list[dict[str, Any]]


@dataclass
class Tally:
    """What is counted while rows are made ready."""

    rows: int = 0
    cut: int = 0
    tokens: int = 0
    trained: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    samples: list[Segments] = field(default_factory=list)


@dataclass(frozen=True)
class Workshop:
    """What the makers of a node share.

    Attributes:
        node: what is asked for.
        facts: the tokenizer.
        template: renders conversations; None for plain text.
        stops: how the template ends a turn; None for plain text.
        tally: counts.
    """

    node: TokensNode
    facts: TokenizerFacts
    template: ChatTemplate | None
    stops: Stops | None
    tally: Tally
    check_rendered: Callable[[Conversation], None] = lambda _: None

    def too_long(self, length: int) -> bool:
        """Whether a sequence passes the node's limit."""
        return 0 < self.node.max_length < length


def make_tokens(node: TokensNode, rows: Path, model_folder: Path, out: Path, root: Path) -> dict[str, Any]:
    """Turn rows into `tokens.parquet` and `samples.json`.

    Args:
        node: what is asked for.
        rows: Parquet file of the data part.
        model_folder: plain transformers folder of the model.
        out: empty folder that the files go into.
        root: project root that template files are relative to.

    Returns:
        The manifest's facts: rows, kept, dropped, cut, untrained, tokens, trained, sequences,
        lengths, samples, stop.

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
    return _facts(shop, len(made), sequences)


def open_workshop(node: TokensNode, facts: TokenizerFacts, root: Path) -> Workshop:
    """Resolve the template and prove that it can be trained with. Raises RecipeError."""
    if node.shape in _PLAIN:
        if facts.id_of("eos_token") is None:
            raise _no_end_token()
        return Workshop(node, facts, None, None, Tally())
    template = ChatTemplate(template_text(node.template, facts, root), facts.special)
    stops = find_stops(template, facts, node.template.stop)
    if node.purpose in _LABELLED and node.train_on != "all":
        check_stop_trained(template, facts, stops)
    return Workshop(node, facts, template, stops, Tally(), RenderedCheck(template))


def _no_end_token() -> RecipeError:
    message = "the tokenizer has no end-of-sequence token, with which rows of plain text end"
    return RecipeError(
        Diagnostic(NoEndToken, message, helps=(Help("name one as `eos_token` of the tokenizer"),))
    )


# --- rows in ------------------------------------------------------------------------------------


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


def _conversation(shop: Workshop, row: Row, *columns: str) -> Conversation:
    """The messages of these columns, one after another, as one conversation."""
    messages = [message for column in columns for message in row[column] or ()]
    as_text = shop.template is not None and shop.template.arguments_as_text
    conversation = conversation_of(messages, row.get("tools"), row["row"], arguments_as_text=as_text)
    shop.check_rendered(conversation)
    return conversation


def _tools_of(shop: Workshop) -> tuple[ChatTemplate, Stops]:
    if shop.template is None or shop.stops is None:
        raise Bug(f"purpose {shop.node.purpose} needs conversations, not the shape {shop.node.shape}")
    return shop.template, shop.stops


# --- sft ----------------------------------------------------------------------------------------


def _sft(shop: Workshop, batch: list[Row]) -> list[Row]:
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
            _sample(shop, [_segment(shop, each, trained) for each, trained in _runs(kept)])
        else:
            shop.tally.dropped["untrained"] += 1
    return made


def _encode_chat(shop: Workshop, batch: list[Row]) -> list[Encoded]:
    template, stops = _tools_of(shop)
    marked = [_mark(shop, template, stops, _conversation(shop, row, "messages")) for row in batch]
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
    eos = facts.id_of("eos_token")
    if not len(ids) or ids[-1] != eos:
        ids, trained = np.append(ids, np.int32(eos or 0)), np.append(trained, True)
    if facts.adds_bos:
        ids = np.insert(ids, 0, facts.id_of("bos_token") or 0)
        trained = np.insert(trained, 0, False)
    return Encoded(ids.astype(np.int32), trained)


def _cut(shop: Workshop, encoded: Encoded) -> Encoded:
    shop.tally.lengths.append(len(encoded))
    if not shop.too_long(len(encoded)):
        return encoded
    shop.tally.cut += 1
    return encoded.cut(shop.node.max_length)


def _count(tally: Tally, encoded: Encoded) -> None:
    tally.tokens += len(encoded)
    tally.trained += int(encoded.trained[1:].sum())


def _write_sft(shop: Workshop, made: list[Row], rows: Path, path: Path) -> int:
    del rows
    sequences: list[Encoded] = [row["encoded"] for row in made]
    numbers = np.array([row["row"] for row in made], dtype=np.int64)
    if not shop.node.packing:
        bins = [[place] for place in range(len(made))]
    else:
        limit = shop.node.max_length or max(len(each) for each in sequences)
        bins = pack([len(each) for each in sequences], limit)
    frame = pl.DataFrame(
        {
            "input_ids": _lists([_joined([sequences[each].ids for each in bin_]) for bin_ in bins]),
            "labels": _lists([_joined([sequences[each].labels for each in bin_]) for bin_ in bins]),
            "seq_lengths": _lists(
                [np.array([len(sequences[each]) for each in bin_], np.int32) for bin_ in bins]
            ),
        }
    )
    row = _lists([numbers[bin_] for bin_ in bins], pl.Int64) if shop.node.packing else pl.Series(numbers)
    frame.with_columns(row.alias("row")).write_parquet(path)
    return len(bins)


def _joined(parts: list[Ids]) -> Ids:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


# --- preference, reward, feedback ---------------------------------------------------------------


@dataclass(frozen=True)
class _Answered:
    """A prompt with an answer, as ids that lie end to end."""

    prompt: Ids
    answer: Ids

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def _answered(shop: Workshop, batch: list[Row], answer: str) -> list[_Answered]:
    """Encode `prompt` and the column `answer` of each row, cut where the answer begins.

    The answer goes up to the token that ends its last turn.
    """
    template, stops = _tools_of(shop)
    texts: list[tuple[str, str]] = []
    for row in batch:
        conversation = _conversation(shop, row, "prompt", answer)
        turns = [turn for turn in conversation.turns if turn >= len(row["prompt"] or ())]
        if not turns:
            raise bad_row(
                f"has no answer of the assistant in `{answer}`", row["row"], "drop such rows with `where`"
            )
        marked = mark_turns(template, conversation, stops.inside, [turns[0], turns[-1]])
        start, end = marked.spans[0][0], marked.spans[-1][1]
        texts.append((marked.text[:start], marked.text[start:end]))
    spans = [[(len(prompt), len(prompt + said))] for prompt, said in texts]
    encoded = encode_marked(shop.facts, [prompt + said for prompt, said in texts], spans)
    return [_Answered(each.ids[~each.trained], each.ids[each.trained]) for each in encoded]


def _preference(shop: Workshop, batch: list[Row]) -> list[Row]:
    pairs = zip(batch, _answered(shop, batch, "chosen"), _answered(shop, batch, "rejected"), strict=True)
    made: list[Row] = []
    for row, chosen, rejected in pairs:
        check_bos(chosen.prompt, shop.facts, row["row"])
        if not np.array_equal(chosen.prompt, rejected.prompt):
            hint = "take a template that renders a prompt the same whatever answers it"
            raise bad_row(
                "has another prompt for `chosen` than for `rejected` when rendered", row["row"], hint
            )
        length = max(len(chosen), len(rejected))
        if _drop(shop, length, same=np.array_equal(chosen.answer, rejected.answer)):
            continue
        made.append(
            {
                "prompt_ids": chosen.prompt,
                "chosen_ids": chosen.answer,
                "rejected_ids": rejected.answer,
                "row": row["row"],
            }
        )
        _count_parts(
            shop, [chosen.prompt], [chosen.answer, rejected.answer], ("prompt", "chosen", "rejected")
        )
    return made


def _reward(shop: Workshop, batch: list[Row]) -> list[Row]:
    template, _ = _tools_of(shop)
    sides = [
        shop.facts.encode_all(
            [render_text(template, _conversation(shop, row, "prompt", side)) for row in batch]
        )
        for side in ("chosen", "rejected")
    ]
    made: list[Row] = []
    for row, chosen, rejected in zip(batch, *sides, strict=True):
        check_bos(chosen, shop.facts, row["row"])
        if _drop(shop, max(len(chosen), len(rejected)), same=np.array_equal(chosen, rejected)):
            continue
        margin = {"margin": row["margin"]} if "margin" in row else {}
        made.append({"chosen_ids": chosen, "rejected_ids": rejected, **margin, "row": row["row"]})
        _count_parts(shop, [], [chosen, rejected], ("chosen", "rejected"))
    return made


def _feedback(shop: Workshop, batch: list[Row]) -> list[Row]:
    made: list[Row] = []
    for row, answered in zip(batch, _answered(shop, batch, "completion"), strict=True):
        check_bos(answered.prompt, shop.facts, row["row"])
        if _drop(shop, len(answered)):
            continue
        made.append(
            {
                "prompt_ids": answered.prompt,
                "completion_ids": answered.answer,
                "label": row["label"],
                "row": row["row"],
            }
        )
        _count_parts(shop, [answered.prompt], [answered.answer], ("prompt", "completion"))
    return made


def _drop(shop: Workshop, length: int, *, same: bool = False) -> bool:
    """Whether a row cannot be trained on; counted when so."""
    shop.tally.lengths.append(length)
    reason = "too long" if shop.too_long(length) else "same" if same else ""
    if reason:
        shop.tally.dropped[reason] += 1
    return bool(reason)


def _count_parts(shop: Workshop, prompts: list[Ids], answers: list[Ids], names: tuple[str, ...]) -> None:
    shop.tally.tokens += sum(len(each) for each in (*prompts, *answers))
    shop.tally.trained += sum(len(each) for each in answers)
    parts = [(each, False) for each in prompts] + [(each, True) for each in answers]
    segments = [_segment(shop, ids, trained) for ids, trained in parts]
    _sample(shop, [{**segment, "part": name} for segment, name in zip(segments, names, strict=True)])


def _write_parts(shop: Workshop, made: list[Row], rows: Path, path: Path) -> int:
    del shop, rows
    columns = {name: [row[name] for row in made] for name in made[0]}
    frame = pl.DataFrame(
        {
            name: _lists(values) if name.endswith("_ids") else pl.Series(values)
            for name, values in columns.items()
        }
    )
    frame.write_parquet(path)
    return len(made)


# --- prompt -------------------------------------------------------------------------------------


def _prompt(shop: Workshop, batch: list[Row]) -> list[Row]:
    asked = [_asked(shop, row) for row in batch]
    ids = shop.facts.encode_all([text for _, text in asked])
    made: list[Row] = []
    for row, (messages, _), prompt_ids in zip(batch, asked, ids, strict=True):
        full = prompt_ids
        if shop.template is None and shop.facts.adds_bos:
            full = np.insert(prompt_ids, 0, shop.facts.id_of("bos_token") or 0).astype(np.int32)
        check_bos(full, shop.facts, row["row"])
        if _drop(shop, len(full)):
            continue
        made.append({"prompt": messages, "prompt_ids": full, "row": row["row"]})
        _count_parts(shop, [full], [], ("prompt",))
    return made


def _asked(shop: Workshop, row: Row) -> tuple[list[Row], str]:
    """The messages that are to be answered, as they lie in the rows, and their text."""
    if shop.node.shape is Shape.COMPLETION:
        return [{"role": "user", "content": row["prompt"]}], row["prompt"] or ""
    messages = _open_messages(row["messages"]) if shop.node.shape is Shape.CHAT else row["prompt"]
    template, _ = _tools_of(shop)
    conversation = _conversation(shop, {**row, "prompt": messages}, "prompt")
    return messages, render_text(template, conversation, prompt=True)


def _open_messages(messages: list[Row]) -> list[Row]:
    """A conversation without the last turn of the assistant and what comes after it."""
    turns = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
    return messages[: turns[-1]] if turns else messages


def _write_prompts(shop: Workshop, made: list[Row], rows: Path, path: Path) -> int:
    numbers = [row["row"] for row in made]
    frame = pl.read_parquet(rows)[numbers]
    if shop.node.shape in (Shape.CHAT, Shape.COMPLETION):
        frame = frame.with_columns(pl.Series("prompt", [row["prompt"] for row in made], strict=False))
    frame = frame.with_columns(
        _lists([row["prompt_ids"] for row in made]).alias("prompt_ids"),
        pl.Series("row", numbers, dtype=pl.Int64),
    )
    frame.write_parquet(path)
    return len(made)


# --- shared -------------------------------------------------------------------------------------


def _lists(arrays: list[Any], item: type[pl.DataType] = pl.Int32) -> pl.Series:
    """Arrays as a column of lists. Arrays of one length would else become a column of fixed width."""
    return pl.Series(arrays).cast(pl.List(item))


def _runs(encoded: Encoded) -> Iterator[tuple[Ids, bool]]:
    """A sequence in stretches of trained and untrained tokens."""
    borders = np.flatnonzero(np.diff(encoded.trained)) + 1
    start = 0
    for border in (*borders.tolist(), len(encoded)):
        yield encoded.ids[start:border], bool(encoded.trained[start])
        start = border


def _segment(shop: Workshop, ids: Ids, trained: bool) -> dict[str, Any]:
    return {"text": shop.facts.decode(ids), "trained": trained}


def _sample(shop: Workshop, segments: Segments) -> None:
    if len(shop.tally.samples) < SAMPLES:
        shop.tally.samples.append(segments)


def _refuse_nothing(shop: Workshop, kept: int) -> None:
    """Refuse a result without rows; an empty dataset is refused elsewhere. Raises RecipeError."""
    if kept:
        return
    tally = shop.tally
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.dropped.items()))
    lengths = f"lengths in tokens: half of the rows up to {_lengths(tally)['p50']}, the longest {_lengths(tally)['max']}"
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


MAKERS: dict[str, Callable[[Workshop, list[Row]], list[Row]]] = {
    "sft": _sft,
    "preference": _preference,
    "reward": _reward,
    "feedback": _feedback,
    "prompt": _prompt,
}

WRITERS: dict[str, Callable[[Workshop, list[Row], Path, Path], int]] = {
    "sft": _write_sft,
    "preference": _write_parts,
    "reward": _write_parts,
    "feedback": _write_parts,
    "prompt": _write_prompts,
}
