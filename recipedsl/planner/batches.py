"""How a batch is laid out: rows at a time, and how often their gradients are added up."""

from __future__ import annotations

from typing import Any

from recipedsl.language.stages.base import Online, StageMethod

#: Tokens that a device holds at a time when the recipe does not say: 8 Ki keep the logits of a
#: vocabulary of 150 k words in bfloat16 below 2.5 GB, which is what limits small models.
TOKENS_AT_A_TIME = 8192


def micro_batch(method: type[StageMethod], batch: int, settings: dict[str, Any]) -> int:
    """Rows that a device holds at a time: the largest divisor of the batch that fits.

    KTO holds at least two, for its baseline comes from the other rows.
    """
    length = settings["max_length"]
    if issubclass(method, Online):
        length += settings["max_new_tokens"]
    sequences = 2 if method.purpose in ("preference", "reward") else 1
    limit = max(1, TOKENS_AT_A_TIME // (length * sequences))
    least = 2 if method.keyword == "kto" else 1
    fitting = range(min(max(limit, least), batch), least - 1, -1)
    return next((each for each in fitting if batch % each == 0), _smallest_divisor(batch, least))


def _smallest_divisor(batch: int, least: int) -> int:
    """The smallest divisor that is not below `least`; the batch itself when none is found soon."""
    return next((each for each in range(least, TOKENS_AT_A_TIME) if batch % each == 0), batch)
