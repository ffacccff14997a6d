"""Blocks that are no stage: `run`, `eval`, `profile`."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import (
    concept,
    expression,
    flag,
    name_of,
    number,
    several,
    share,
    size,
    text,
    whole,
)


class Run(Concept):
    """How the recipe is run: how, not what.

    Example: `run { seed = 17, save_every = 100 }`
    """

    keyword: ClassVar[str] = "run"

    seed: Any = setting(whole(0), "seed of every draw; stages and datasets derive theirs from it", 0)
    save_every: Any = setting(whole(0), "optimizer steps between checkpoints; 0 keeps only the result", 0)
    max_rows: Any = setting(
        whole(1), "rows that each dataset is cut to", None, also_called=("max_samples", "max_train_samples")
    )
    max_steps: Any = setting(whole(1), "steps that each stage is cut to", None)
    max_rejects: Any = setting(share(), "share of malformed lines at which a run stops", 0.01)
    memory: Any = setting(
        size(), "what a stage may take of its device; found on the machine when left out", None
    )
    threads: Any = setting(whole(1), "processor threads of a stage; all cores when left out", None)
    keep: Any = setting(whole(1), "checkpoints of a stage that are kept", None, not_yet=True)
    track: Any = setting(
        several(concept("tracker")), "where numbers are sent while the run goes on", None, not_yet=True
    )
    devices: Any = setting(whole(1), "devices on each machine", None, not_yet=True)
    nodes: Any = setting(whole(1), "machines", None, not_yet=True)
    strategy: Any = setting(concept("strategy"), "how models are spread over devices", None, not_yet=True)
    tf32: Any = setting(flag(), "multiply f32 matrices in TF32", None, not_yet=True)
    fp8: Any = setting(flag(), "multiply matrices in 8-bit floating point", None, not_yet=True)
    compile: Any = setting(flag(), "compile models with torch.compile", None, not_yet=True)


class Eval(Concept):
    """Judges models on a dataset: overall, by slice, with gates.

    Example: `eval report { models = [base, tuned], data = solutions.held, metrics = [loss()] }`
    """

    keyword: ClassVar[str] = "eval"
    gates: ClassVar[bool] = True

    models: Any = setting(
        several(name_of("model", "stage"), least=1), "models and stages, in the order of the table"
    )
    data: Any = setting(name_of("data"), "rows they are judged on; benchmarks bring their own", None)
    metrics: Any = setting(expression("metric"), "what is measured")
    slice: Any = setting(several(name_of("column")), "columns whose values make the slices", ())
    max_new_tokens: Any = setting(whole(1), "longest answer in tokens", 256)
    temperature: Any = setting(number(0), "sampling temperature; 0 takes the likeliest token", 0.0)
    samples: Any = setting(whole(1), "answers to each row", None, not_yet=True)
    top_p: Any = setting(share(above=0), "share of probability that is drawn from", None, not_yet=True)
    stop: Any = setting(several(text(), least=1), "texts that end an answer", None, not_yet=True)
    engine: Any = setting(concept("engine"), "what writes the answers", None, not_yet=True)
    batch: Any = setting(whole(1), "rows that are judged at a time", 8)
    max_rows: Any = setting(whole(1), "rows judged at most, a seeded draw", None)
    max_length: Any = setting(whole(1), "longest row in tokens, for `loss`", 2048)
