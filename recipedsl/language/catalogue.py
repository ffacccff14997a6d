"""The vocabulary, as plain tuples: what exists is what is listed here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from recipedsl.language.adapters.lora import Lora
from recipedsl.language.blocks import Eval, Run
from recipedsl.language.concept import Concept, Word
from recipedsl.language.engines.engines import Sglang, Vllm
from recipedsl.language.functions.base import Function
from recipedsl.language.functions.catalogue import BY_KEYWORD, FUNCTIONS
from recipedsl.language.metrics.metrics import (
    Benchmark,
    ExactMetric,
    FormatMetric,
    Loss,
    NumericMetric,
    PassAt,
    PassRate,
    RewardMetric,
    RubricMetric,
    WinRate,
)
from recipedsl.language.models.models import HubModel, LocalModel, Model, PypiModel
from recipedsl.language.models.quantizers import Aware, Fp4, Int4, Int8, Nf4
from recipedsl.language.optimizers.optimizers import (
    Adafactor,
    Adamw,
    Adamw8Bit,
    Galore,
    Layers,
    Lion,
    Muon,
    OnlineMerging,
    PagedAdamw,
    Rmsprop,
    Sgd,
)
from recipedsl.language.rewards.rewards import (
    Choose,
    Clip,
    Constraints,
    ContainsAll,
    Ended,
    Equation,
    Exact,
    Features,
    Format,
    Gated,
    Length,
    Numeric,
    Overlong,
    Passes,
    PythonFunction,
    Repetition,
    Rubric,
    Trajectory,
    Whiten,
)
from recipedsl.language.schedules.schedules import (
    Constant,
    Cosine,
    InverseRoot,
    Linear,
    Piecewise,
    Polynomial,
    Stable,
)
from recipedsl.language.sources.sources import Concat, Generate, HubData, Interleave, Mix, Read, Rows
from recipedsl.language.stages.distil import Distill
from recipedsl.language.stages.online import Grpo, Rloo
from recipedsl.language.stages.online_preference import OnlineDpo
from recipedsl.language.stages.preference import Dpo, Kto
from recipedsl.language.stages.reward import Reward
from recipedsl.language.stages.sft import Sft
from recipedsl.language.stages.without_reference import Cpo, Orpo, Simpo, Tpo
from recipedsl.language.stages.works import Expand, Export, Merge
from recipedsl.language.steps.cleaning import Decontaminate, Redact
from recipedsl.language.steps.columns import Derive, Drop, Explode, Join, Rename, Select
from recipedsl.language.steps.drawn import Band, Best, Pair, Rank, Score
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
from recipedsl.language.steps.spreading import Spread
from recipedsl.language.strategies.strategies import Ddp, Fsdp, Zero
from recipedsl.language.templates.base import Template
from recipedsl.language.trackers.trackers import Tensorboard, Trackio, Wandb

STAGES = (
    Sft, Reward, Dpo, Kto, Grpo, Rloo, Orpo, Simpo, Cpo, Tpo, OnlineDpo, Distill, Merge, Expand, Export,
)  # fmt: skip
STEPS = (
    Where, Derive, Select, Drop, Rename, Explode, Dedup, Take, Sample, Repeat, Shuffle, Sort, Split, Join, As,
    Decontaminate, Redact, Spread, Score, Band, Best, Pair, Rank,
)  # fmt: skip
SHAPES = (TextForm, CompletionForm, ChatForm, PreferenceForm, PromptForm, FeedbackForm)
SOURCES = (Read, HubData, Rows, Concat, Mix, Interleave, Generate)
MODEL_SOURCES = (HubModel, LocalModel, PypiModel)
REWARDS = (
    Passes, Exact, Numeric, Format, Length, PythonFunction, ContainsAll, Ended, Overlong, Repetition,
    Constraints, Equation, Rubric, Features, Trajectory, Clip, Whiten, Gated, Choose,
)  # fmt: skip
METRICS = (
    Loss, PassRate, ExactMetric, NumericMetric, FormatMetric, RewardMetric, WinRate, PassAt, Benchmark,
    RubricMetric,
)  # fmt: skip
ADAPTERS = (Lora,)
SCHEDULES = (Linear, Cosine, Constant, Polynomial, InverseRoot, Stable, Piecewise)
OPTIMIZERS = (
    Adamw, Adafactor, Sgd, Rmsprop, Adamw8Bit, PagedAdamw, Muon, Lion, Galore, Layers, OnlineMerging,
)  # fmt: skip
QUANTIZERS = (Nf4, Int8, Int4, Fp4, Aware)
ENGINES = (Vllm, Sglang)
STRATEGIES = (Ddp, Fsdp, Zero)
TRACKERS = (Wandb, Tensorboard, Trackio)
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
    "quantizer": QUANTIZERS,
    "engine": ENGINES,
    "strategy": STRATEGIES,
    "tracker": TRACKERS,
    "block": BLOCKS,
}

#: Methods that people ask for and that cannot be had here, and what to use.
ABSENT_STAGES: dict[str, str] = {
    "ppo": "TRL removed its PPO trainer; use `grpo` or `rloo`, which need no value model",
    "prm": "TRL has no process reward trainer any more; use `reward` on whole answers",
    "bco": "TRL has no BCO trainer any more; use `kto`, which takes the same rows",
    "nash_md": "a variant of `online_dpo`: `online_dpo { variant = nash_md }`",
    "xpo": "a variant of `online_dpo`: `online_dpo { variant = xpo }`",
    "gkd": "`distill { on_policy = 50% }` is GKD",
    "gspo": "a setting of `grpo`: `grpo { importance = sequence }`",
    "gdpo": "a setting of `grpo`: `grpo { combine = normalize_then_sum }`",
    "ipo": "a loss of `dpo`: `dpo { loss = ipo }`",
    "dapo": "a loss of `grpo`: `grpo { loss = dapo }`",
}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another tool's word for a step is here.

    Attributes:
        ours: the step that does it; empty when none does.
        words: the end of a sentence that says so.
        same: whether its arguments mean the same under our name.
    """

    ours: str
    words: str
    same: bool = False


_FILTERED = Elsewhere("where", "rows are filtered by `where`", same=True)
_DERIVED = Elsewhere("derive", "columns are made by `derive`", same=True)
_KEPT = Elsewhere("where", "rows are kept by `where`, columns by `select`")
_NEAR = Elsewhere("", "near duplicates are dropped by `dedup question, near = 0.85`")
_FIRST = Elsewhere("take", "the first rows are kept by `take`", same=True)
_EQUAL = Elsewhere("dedup", "equal rows are dropped by `dedup`")
_ORDERED = Elsewhere("sort", "rows are ordered by `sort by column`")
_SHAPED = Elsewhere("as", "rows get their shape by `as`: `as chat(user = question, assistant = answer)`")
_SPLIT = Elsewhere("split", "rows are set apart by `split train = 95%, held = 5%`")
_GROUPED = Elsewhere("", "groups are named behind the step that needs them: `take 2k by topic`")
_JOINED = Elsewhere("", "datasets are put together by a source: `data all = concat(a, b)`")
_MEASURED = Elsewhere("", "values of all rows stand in a gate: `expect mean(chars(answer)) > 10`")
_MASKED = Elsewhere("redact", "what tells of people is masked by `redact question, answer`")
_SPOKEN = Elsewhere("", 'rows of a language are kept by `where lang(question) == "en"`')
_FILLED = Elsewhere("", 'nulls are filled by `derive answer = coalesce(answer, "")`')
_TOKENIZED = Elsewhere("", "a stage turns rows into tokens, with the template of its model")

#: Steps that people ask for by the words of SQL, pandas, Polars, datasets, dplyr and PRQL, and ours.
ABSENT_STEPS: dict[str, Elsewhere] = {
    **dict.fromkeys(("filter", "having", "query", "keep_if", "filter_by"), _FILTERED),
    **dict.fromkeys(
        ("map", "with_columns", "with_column", "withColumn", "mutate", "assign", "add_column", "compute",
         "transform", "extend"),
        _DERIVED,
    ),
    **dict.fromkeys(("head", "limit", "first", "top", "fetch"), _FIRST),
    **dict.fromkeys(
        ("unique", "distinct", "drop_duplicates", "deduplicate", "dedupe", "drop_duplicate"), _EQUAL
    ),
    **dict.fromkeys(
        ("order", "order_by", "orderby", "sort_by", "sort_values", "arrange", "rank_by"), _ORDERED
    ),
    **dict.fromkeys(
        ("format", "to", "shape", "cast", "chat", "apply_chat_template", "template", "to_chat", "as_chat",
         "messages", "to_messages", "chatml", "sharegpt", "alpaca"),
        _SHAPED,
    ),
    **dict.fromkeys(
        ("fuzzy_dedup", "near_dedup", "dedup_near", "dedup_fuzzy", "fuzzy_deduplicate", "minhash",
         "minhash_dedup", "near_duplicates"),
        _NEAR,
    ),
    "keep": _KEPT,
    **dict.fromkeys(("train_test_split", "random_split", "partition", "holdout", "val_split"), _SPLIT),
    **dict.fromkeys(("group", "group_by", "groupby", "by", "stratify"), _GROUPED),
    **dict.fromkeys(("concat", "union", "append", "merge", "concatenate", "mix", "interleave"), _JOINED),
    **dict.fromkeys(("count", "agg", "aggregate", "summarize", "summarise", "describe", "value_counts"),
                    _MEASURED),
    **dict.fromkeys(("tokenize", "tokenise", "encode", "batch", "pack", "pad", "truncate"), _TOKENIZED),
    **dict.fromkeys(
        ("redact_pii", "pii", "mask", "mask_pii", "remove_pii", "scrub", "anonymize", "anonymise"),
        _MASKED,
    ),
    **dict.fromkeys(("lang", "language", "language_filter", "filter_lang", "filter_language"), _SPOKEN),
    **dict.fromkeys(("fillna", "fill_null", "fill_nulls", "coalesce"), _FILLED),
    "shuffled": Elsewhere("shuffle", "rows are put into random order by `shuffle`", same=True),
    "random": Elsewhere("shuffle", "rows are put into random order by `shuffle`"),
    "sample_n": Elsewhere("sample", "rows are drawn by `sample`", same=True),
    "remove_columns": Elsewhere("drop", "columns are taken away by `drop`", same=True),
    "remove": Elsewhere("drop", "columns are taken away by `drop`, rows by `where not …`"),
    "drop_columns": Elsewhere("drop", "columns are taken away by `drop`", same=True),
    "select_columns": Elsewhere("select", "columns are chosen by `select`", same=True),
    "rename_column": Elsewhere("rename", "columns are renamed by `rename new = old`"),
    "rename_columns": Elsewhere("rename", "columns are renamed by `rename new = old`", same=True),
    "flatten": Elsewhere("explode", "a list is turned into rows by `explode`", same=True),
    "unnest": Elsewhere("explode", "a list is turned into rows by `explode`", same=True),
    "dropna": Elsewhere("where", "rows are dropped by `where column != none`"),
    "drop_nulls": Elsewhere("where", "rows are dropped by `where column != none`"),
    "assert": Elsewhere("expect", 'a gate is `expect condition else "message"`'),
}  # fmt: skip

#: Adapters in the words of other tools, and ours.
ABSENT_ADAPTERS: dict[str, str] = {
    "qlora": "`lora` on a model whose weights are kept in few bits: `model base { …, quantize = nf4 }`",
    "dora": "`lora(decomposed = true)`",
    "rslora": "`lora(rank_stabilised = true)`",
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
