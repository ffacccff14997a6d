"""The loss of a model on the rows' own answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from recipedsl.runtime.evaluate.tables import Labelled

#: Most bytes of one batch's logits in float32, the largest thing in memory beside the weights.
_LOGIT_BYTES = 1 << 30
#: Positions whose logits are widened to float32 at once.
_POSITIONS = 1024
_IGNORED = -100


@dataclass(frozen=True, slots=True)
class RowLoss:
    """Sum of the negative log-likelihoods, in nats, and number of the trained tokens of a row."""

    total: float
    tokens: int


def batches(rows: Sequence[Labelled], most: int, vocabulary: int) -> Iterator[list[Labelled]]:
    """Rows of like length together, the longest first, so that what does not fit shows at once."""
    room = max(1, _LOGIT_BYTES // (4 * vocabulary))
    batch: list[Labelled] = []
    for row in sorted(rows, key=lambda each: (-len(each.ids), each.row)):
        if batch and (len(batch) == most or (len(batch) + 1) * len(batch[0].ids) > room):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def row_losses(
    model: Any, rows: Sequence[Labelled], *, batch: int, done: Callable[[int], None] = lambda _: None
) -> dict[int, RowLoss]:
    """Losses by row; rows without a trained token are left out.

    Args:
        model: causal language model on its device, dropout off.
        rows: not packed.
        batch: rows at once, at most.
        done: told the number of rows after every batch.
    """
    vocabulary = model.config.get_text_config().vocab_size
    found: dict[int, RowLoss] = {}
    for each in batches(rows, batch, vocabulary):
        for row, loss in zip(each, _batch_losses(model, each), strict=True):
            if loss.tokens:
                found[row.row] = loss
        done(len(each))
    return found


@torch.inference_mode()
def _batch_losses(model: Any, rows: list[Labelled]) -> list[RowLoss]:
    length = max(len(each.ids) for each in rows)
    ids = torch.zeros((len(rows), length), dtype=torch.long)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, _IGNORED)
    for place, row in enumerate(rows):
        end = len(row.ids)
        ids[place, :end], mask[place, :end] = torch.tensor(row.ids), 1
        labels[place, :end] = torch.tensor(row.labels)
    logits = model(
        input_ids=ids.to(model.device), attention_mask=mask.to(model.device), use_cache=False
    ).logits
    # The token at each position is predicted at the one before.
    return [_row_loss(logits[place, :-1], labels[place, 1:].to(logits.device)) for place in range(len(rows))]


def _row_loss(logits: torch.Tensor, labels: torch.Tensor) -> RowLoss:
    """`logits` (positions, vocabulary) against `labels` (positions)."""
    trained = (labels != _IGNORED).nonzero()[:, 0]
    total = 0.0
    for some in torch.split(trained, _POSITIONS):
        total += float(torch.nn.functional.cross_entropy(logits[some].float(), labels[some], reduction="sum"))
    return RowLoss(total, len(trained))
