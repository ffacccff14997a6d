"""The vocabulary, as plain tuples: what exists is what is listed here."""

from __future__ import annotations

from functools import cache

from recipedsl.language.adapters.lora import Lora
from recipedsl.language.blocks import Eval, Run
from recipedsl.language.concept import Concept, Word
from recipedsl.language.functions.base import Function
from recipedsl.language.functions.catalogue import BY_KEYWORD, FUNCTIONS
from recipedsl.language.metrics.metrics import (
    ExactMetric,
    FormatMetric,
    Loss,
    NumericMetric,
    PassRate,
    RewardMetric,
    WinRate,
)
from recipedsl.language.models.models import HubModel, LocalModel, Model, PypiModel
from recipedsl.language.optimizers.optimizers import Adafactor, Adamw, Sgd
from recipedsl.language.rewards.rewards import Exact, Format, Length, Numeric, Passes, PythonFunction
from recipedsl.language.schedules.schedules import Constant, Cosine, Linear
from recipedsl.language.sources.sources import Concat, HubData, Read, Rows
from recipedsl.language.stages.online import Grpo, Rloo
from recipedsl.language.stages.preference import Dpo, Kto
from recipedsl.language.stages.reward import Reward
from recipedsl.language.stages.sft import Sft
from recipedsl.language.steps.columns import Derive, Drop, Explode, Join, Rename, Select
from recipedsl.language.steps.rows import Dedup, Repeat, Sample, Shuffle, Sort, Split, Take, Where
from recipedsl.language.steps.shaping import (
    As,
    ChatForm,
    CompletionForm,
    FeedbackForm,
    PreferenceForm,
    PromptForm,
    TextForm,
)
from recipedsl.language.templates.base import Template

STAGES = (Sft, Reward, Dpo, Kto, Grpo, Rloo)
STEPS = (
    Where, Derive, Select, Drop, Rename, Explode, Dedup, Take, Sample, Repeat, Shuffle, Sort, Split, Join, As,
)  # fmt: skip
SHAPES = (TextForm, CompletionForm, ChatForm, PreferenceForm, PromptForm, FeedbackForm)
SOURCES = (Read, HubData, Rows, Concat)
MODEL_SOURCES = (HubModel, LocalModel, PypiModel)
REWARDS = (Passes, Exact, Numeric, Format, Length, PythonFunction)
METRICS = (Loss, PassRate, ExactMetric, NumericMetric, FormatMetric, RewardMetric, WinRate)
ADAPTERS = (Lora,)
SCHEDULES = (Linear, Cosine, Constant)
OPTIMIZERS = (Adamw, Adafactor, Sgd)
BLOCKS = (Model, Template, Eval, Run)

#: Families of concepts with settings.
FAMILIES: dict[str, tuple[type[Concept], ...]] = {
    "stage": STAGES,
    "step": STEPS,
    "shape": SHAPES,
    "source": SOURCES,
    "model_source": MODEL_SOURCES,
    "reward": REWARDS,
    "metric": METRICS,
    "adapter": ADAPTERS,
    "schedule": SCHEDULES,
    "optimizer": OPTIMIZERS,
    "block": BLOCKS,
}

#: Methods that people ask for and that cannot be had here, and what to use.
ABSENT_STAGES: dict[str, str] = {
    "ppo": "TRL removed its PPO trainer; use `grpo` or `rloo`, which need no value model",
    "prm": "TRL has no process reward trainer any more; use `reward` on whole answers",
    "bco": "TRL has no BCO trainer any more; use `kto`, which takes the same rows",
    "nash_md": "TRL has no Nash-MD trainer any more; use `grpo` with a reward stage",
    "xpo": "TRL has no XPO trainer any more; use `grpo` with a reward stage",
    "orpo": "not carried out yet; use `sft` and then `dpo`",
    "simpo": "not carried out yet; use `dpo`, which takes the same rows",
    "cpo": "not carried out yet; use `dpo`, which takes the same rows",
    "online_dpo": "not carried out yet; use `grpo` with a reward stage",
    "distill": "not carried out yet",
    "merge": "not carried out yet; a stage that starts from an adapter merges it where it has to",
    "export": "not carried out yet; the folder of a finished stage is a plain transformers or peft folder",
    "ipo": "a loss of `dpo`: `dpo { loss = ipo }`",
    "dapo": "a loss of `grpo`: `grpo { loss = dapo }`",
}

#: Steps of the language that come with the deeper data engine.
ABSENT_STEPS: dict[str, str] = {
    "decontaminate": "not carried out yet; `split` keeps evaluation rows apart",
    "redact": "not carried out yet; use `derive` with `replace`",
    "filter": "rows are filtered by `where`",
    "map": "columns are made by `derive`",
    "limit": "the first rows are kept by `take`",
    "head": "the first rows are kept by `take`",
    "unique": "equal rows are dropped by `dedup`",
    "score": "not carried out yet",
    "best": "not carried out yet; use `sort by` and `take 1 by`",
    "pair": "not carried out yet",
}


@cache
def _by_keyword(family: str) -> dict[str, type[Concept]]:
    return {each.keyword: each for each in FAMILIES[family]}


def find(family: str, keyword: str) -> type[Concept] | None:
    """The concept of a family with this keyword, None when there is none."""
    return _by_keyword(family).get(keyword)


def keywords(family: str) -> tuple[str, ...]:
    """All keywords of a family, in the order of its tuple."""
    return tuple(_by_keyword(family))


def function(keyword: str) -> type[Function] | None:
    """The function of expressions with this keyword."""
    return BY_KEYWORD.get(keyword)


def words() -> dict[str, tuple[type[Word], ...]]:
    """Every word by family, functions among them: for pages and lists."""
    return {**FAMILIES, "function": FUNCTIONS}
