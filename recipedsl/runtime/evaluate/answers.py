"""Lets a model answer prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig

from recipedsl.runtime.evaluate.tables import Prompt


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote.

    Attributes:
        text: without the token that ends it.
        tokens: number of tokens, that one included.
        finished: whether the model ended it; False when it was cut at the longest length.
    """

    text: str
    tokens: int
    finished: bool


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn.

    Attributes:
        max_new_tokens: longest answer.
        temperature: 0 takes the likeliest token each time.
        batch: prompts at once.
        seed: of the draws.
        stops: ids of the tokens that end an answer.
    """

    max_new_tokens: int
    temperature: float
    batch: int
    seed: int
    stops: tuple[int, ...]


def write_answers(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    *,
    done: Callable[[int], None] = lambda _: None,
) -> dict[int, Answer]:
    """Answers by row. Equal prompts, seed and batch give equal answers.

    Args:
        model: causal language model on its device, dropout off.
        tokenizer: with a padding token.
        prompts: in any order.
        sampling: see there.
        done: told the number of rows after every batch.
    """
    # What a model's folder says about sampling (a temperature, a penalty) is not what the plan says.
    model.generation_config = _configuration(sampling, tokenizer.pad_token_id)
    ordered = sorted(prompts, key=lambda each: (-len(each.ids), each.row))
    found: dict[int, Answer] = {}
    for start in range(0, len(ordered), sampling.batch):
        some = ordered[start : start + sampling.batch]
        torch.manual_seed(sampling.seed + start)
        rows = _generate(model, [each.ids for each in some], tokenizer.pad_token_id)
        for prompt, ids in zip(some, rows, strict=True):
            found[prompt.row] = _answer(ids, tokenizer, sampling.stops)
        done(len(some))
    return found


def _configuration(sampling: Sampling, padding: int) -> GenerationConfig:
    common = {
        "max_new_tokens": sampling.max_new_tokens,
        "eos_token_id": list(sampling.stops),
        "pad_token_id": padding,
        "use_cache": True,
    }
    if sampling.temperature == 0:
        return GenerationConfig(do_sample=False, **common)
    # The library's own default would cut to the 50 likeliest tokens.
    return GenerationConfig(do_sample=True, temperature=sampling.temperature, top_k=0, top_p=1.0, **common)


@torch.inference_mode()
def _generate(model: Any, prompts: list[list[int]], padding: int) -> list[list[int]]:
    """New ids of each prompt, padding behind shorter ones."""
    length = max(len(each) for each in prompts)
    ids = torch.full((len(prompts), length), padding, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, each in enumerate(prompts):
        ids[place, length - len(each) :], mask[place, length - len(each) :] = torch.tensor(each), 1
    whole = model.generate(input_ids=ids.to(model.device), attention_mask=mask.to(model.device))
    new: list[list[int]] = whole[:, length:].cpu().tolist()
    return new


def _answer(ids: list[int], tokenizer: Any, stops: tuple[int, ...]) -> Answer:
    end = next((place for place, each in enumerate(ids) if each in stops), None)
    kept = ids if end is None else ids[:end]
    text = tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Answer(text, len(kept) + (end is not None), end is not None)
