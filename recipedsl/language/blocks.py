"""Blocks that are no stage: `run`, `eval`, `profile`."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import expression, name_of, number, several, share, whole


class Run(Concept):
    """How the recipe is run: how, not what.

    Example: `run { seed = 17, save_every = 100 }`
    """

    keyword: ClassVar[str] = "run"

    seed: Any = setting(whole(0), "seed of every draw; stages and datasets derive theirs from it", 0)
    save_every: Any = setting(whole(0), "optimizer steps between checkpoints; 0 keeps only the result", 0)
    max_rows: Any = setting(whole(1), "rows that each dataset is cut to", None)
    max_steps: Any = setting(whole(1), "steps that each stage is cut to", None)
    max_rejects: Any = setting(share(), "share of malformed lines at which a run stops", 0.01)
    threads: Any = setting(whole(1), "processor threads of a stage; all cores when left out", None)


class Eval(Concept):
    """Judges models on a dataset: overall, by slice, with gates.

    Example: `eval report { models = [base, tuned], data = solutions.held, metrics = [loss()] }`
    """

    keyword: ClassVar[str] = "eval"
    gates: ClassVar[bool] = True

    models: Any = setting(
        several(name_of("model", "stage"), least=1), "models and stages, in the order of the table"
    )
    data: Any = setting(name_of("data"), "rows they are judged on")
    metrics: Any = setting(expression("metric"), "what is measured")
    slice: Any = setting(several(name_of("column")), "columns whose values make the slices", ())
    max_new_tokens: Any = setting(whole(1), "longest answer in tokens", 256)
    temperature: Any = setting(number(0), "sampling temperature; 0 takes the likeliest token", 0.0)
    batch: Any = setting(whole(1), "rows that are judged at a time", 8)
    max_rows: Any = setting(whole(1), "rows judged at most, a seeded draw", None)
    max_length: Any = setting(whole(1), "longest row in tokens, for `loss`", 2048)
