"""Carries out an evaluation: models answer and are measured, one after another.

Gates are decided later, from the result: see `gates`.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_scores import EvaluationFailed, NothingToJudge
from recipedsl.plan.model import EvalNode, ModelNode, Plan, ScoreSpec, StageNode, TokensNode
from recipedsl.runtime.evaluate.answers import Answer, Sampling, write_answers
from recipedsl.runtime.evaluate.loss import row_losses
from recipedsl.runtime.evaluate.measure import METRICS, Measured, scored, table, wins
from recipedsl.runtime.evaluate.progress import Progress
from recipedsl.runtime.evaluate.tables import (
    Labelled,
    Prompt,
    choose_rows,
    read_labelled,
    read_prompts,
    read_rows,
)
from recipedsl.runtime.events import EventWriter
from recipedsl.runtime.loading import Machine, compute_dtype, load_for_answers, load_tokenizer, stop_ids
from recipedsl.runtime.sandbox import Policy, describe_backend
from recipedsl.runtime.scores import ScorePolicy, Scorer, make_scorer

_LOSS, _WIN_RATE, _REWARD = "loss", "win_rate", "reward"
#: Rows scored at once, so that progress shows.
_CHUNK = 64


@dataclass
class Evaluation:
    """One evaluation under way.

    Attributes:
        plan, node: what is to be done.
        folders: result folders by node name.
        root: the project's folder.
        out: empty folder for the result.
        policy: how scores are computed.
        machine: where models run.
        rows: every row of the dataset.
        chosen: numbers of those that are judged.
        prompts, labelled: their tokens, as far as the metrics need them.
        answers: of each model by row.
        values: of each metric and model by row.
    """

    plan: Plan
    node: EvalNode
    folders: Mapping[str, Path]
    root: Path
    out: Path
    policy: ScorePolicy
    machine: Machine
    rows: list[dict[str, Any]] = field(default_factory=list)
    chosen: list[int] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    labelled: list[Labelled] = field(default_factory=list)
    answers: dict[str, dict[int, Answer]] = field(default_factory=dict)
    values: dict[str, dict[str, dict[int, Measured]]] = field(default_factory=dict)
    progress: Progress = field(init=False)

    def carry_out(self) -> dict[str, Any]:
        """All of it; gives the facts.

        Raises:
            RecipeError: there is nothing to judge, a score cannot be computed, or a model does not load.
        """
        began = monotonic()
        self._read()
        scorers = self._cheap_scorers()
        self.progress.start(self.machine.name, str(self._dtype()).removeprefix("torch."))
        for name in self._answering():
            self._let_work(name)
        for metric in self.node.metrics:
            self._measure(metric, scorers.get(metric.name))
            if not any(self.values[metric.name].values()):
                raise RecipeError(_nothing_measured(metric.name))
        facts = self._write() | {"seconds": monotonic() - began, "sandbox": self._sandbox()}
        self.progress.finish()
        return facts

    # --- what is at hand ------------------------------------------------------------------------------

    def _read(self) -> None:
        self.rows = read_rows(self.folders[self.node.data.node], self.node.data)
        self.chosen = choose_rows(len(self.rows), self.node.max_rows, self.node.seed)
        wanted = set(self.chosen)
        if self.node.prompts:
            self.prompts = [
                each for each in read_prompts(self.folders[self.node.prompts]) if each.row in wanted
            ]
        if self.node.tokens:
            self.labelled = [
                each for each in read_labelled(self.folders[self.node.tokens]) if each.row in wanted
            ]
        events = EventWriter(self.out / "events.jsonl", self.node.name)
        self.progress = Progress(events, self._work_in_rows())

    def _work_in_rows(self) -> int:
        """Every row once for each model and kind of work, as the progress counts them."""
        losses = len(self.node.models) * len(self.labelled)
        scored = sum(len(self._scored(metric)) for metric in self.node.metrics if metric.keyword != _LOSS)
        return losses + (len(self._answering()) + scored) * len(self.prompts)

    def _scored(self, metric: ScoreSpec) -> tuple[str, ...]:
        """Models whose answers a metric reads."""
        others = [metric.against] if metric.keyword == _WIN_RATE else []
        return tuple(dict.fromkeys([*self.node.models, *others]))

    def _cheap_scorers(self) -> dict[str, Scorer]:
        """Scorers that need no model: made first, so that what is missing is told before anything costs."""
        makeable = (each for each in self.node.metrics if each.keyword not in (_LOSS, _WIN_RATE, _REWARD))
        return {
            each.name: make_scorer(each, root=self.root, folders=self.folders, policy=self.policy)
            for each in makeable
        }

    def _answering(self) -> tuple[str, ...]:
        """Models that are judged, and those that they are only compared with."""
        others = (metric.against for metric in self.node.metrics if metric.keyword == _WIN_RATE)
        return tuple(dict.fromkeys([*self.node.models, *others]))

    def _base(self, name: str) -> ModelNode:
        """The model at the root of a model or stage."""
        node = self.plan.node(name)
        base = self.plan.node(node.base) if isinstance(node, StageNode) else node
        if not isinstance(base, ModelNode):
            raise Bug(f"`{name}` is no model")
        return base

    def _dtype(self) -> torch.dtype:
        return compute_dtype(self._base(self.node.models[0]).dtype, self.machine)

    def _sandbox(self) -> str:
        runs = any(metric.keyword == "pass_rate" for metric in self.node.metrics)
        return describe_backend(Policy(self.policy.allow_unsandboxed)) if runs else ""

    # --- models ---------------------------------------------------------------------------------------

    def _let_work(self, name: str) -> None:
        """One model: its losses and its answers."""
        with self._loaded(name) as model:
            if self.labelled and name in self.node.models:
                self._lose(name, model)
            if self.prompts:
                self._answer(name, model)

    @contextmanager
    def _loaded(self, name: str) -> Iterator[Any]:
        """A model, and the memory given back afterwards."""
        base = self._base(name)
        if base != self._base(self.node.models[0]):
            raise RecipeError(_other_base(name, self.node.models[0]))
        model = load_for_answers(
            self.folders[name], dtype=base.dtype, attention=base.attention, machine=self.machine
        )
        try:
            yield model
        finally:
            del model
            _free()

    def _lose(self, name: str, model: Any) -> None:
        done = self._teller(_LOSS, name, len(self.labelled))
        losses = row_losses(model, self.labelled, batch=self.node.batch, done=done)
        found = {row: Measured(loss.total, loss.tokens) for row, loss in losses.items()}
        for metric in self.node.metrics:
            if metric.keyword == _LOSS:
                self.values.setdefault(metric.name, {})[name] = found

    def _answer(self, name: str, model: Any) -> None:
        tokenizer = load_tokenizer(self.folders[name])
        template = self.folders[self.node.prompts] / "template.jinja"
        if template.exists():
            # The recipe's template, which a base model's own tokenizer does not know.
            tokenizer.chat_template = template.read_text("utf-8")
        done = self._teller("answers", name, len(self.prompts))
        sampling = self._sampling(tokenizer)
        self.answers[name] = write_answers(model, tokenizer, self.prompts, sampling, done=done)

    def _sampling(self, tokenizer: Any) -> Sampling:
        tokens = self.plan.node(self.node.prompts)
        if not isinstance(tokens, TokensNode):
            raise Bug(f"`{self.node.prompts}` is a {tokens.kind} node")
        node = self.node
        stops = tuple(stop_ids(tokenizer, tokens.template.stop))
        return Sampling(node.max_new_tokens, node.temperature, node.batch, node.seed, stops)

    def _teller(self, work: str, model: str, of: int) -> Callable[[int], None]:
        return lambda rows: self.progress.add(work, model, rows, of)

    # --- metrics --------------------------------------------------------------------------------------

    def _measure(self, metric: ScoreSpec, scorer: Scorer | None) -> None:
        """One metric over the answers of every model."""
        if metric.keyword == _LOSS:
            self.values.setdefault(metric.name, {})
            return
        if metric.keyword not in METRICS:
            raise Bug(f"no metric is called `{metric.keyword}`")
        if metric.keyword == _WIN_RATE:
            found = self._win_rates(metric)
        else:
            scorer = scorer or self._model_scorer(metric)
            found = {name: self._score(metric, scorer, name) for name in self.node.models}
        self.values[metric.name] = {name: scored(scores) for name, scores in found.items()}
        del scorer
        _free()

    def _model_scorer(self, metric: ScoreSpec) -> Scorer:
        asked = metric.model_copy(update={"keyword": _REWARD})
        return make_scorer(asked, root=self.root, folders=self.folders, policy=self.policy)

    def _win_rates(self, metric: ScoreSpec) -> dict[str, dict[int, float | None]]:
        against, scorer = metric.against, self._model_scorer(metric)
        scores = {name: self._score(metric, scorer, name) for name in self._scored(metric)}
        return {name: wins(scores[name], scores[against]) for name in self.node.models}

    def _score(self, metric: ScoreSpec, scorer: Scorer, name: str) -> dict[int, float | None]:
        done = self._teller(metric.keyword, name, len(self.prompts))
        found: dict[int, float | None] = {}
        for start in range(0, len(self.prompts), _CHUNK):
            some = self.prompts[start : start + _CHUNK]
            texts = [self.answers[name][each.row].text for each in some]
            scores = scorer(texts, [self.rows[each.row] for each in some], [each.messages for each in some])
            found.update(zip((each.row for each in some), scores, strict=True))
            done(len(some))
        return found

    # --- results --------------------------------------------------------------------------------------

    def _write(self) -> dict[str, Any]:
        """The files of the result; gives the facts about them."""
        slices = {name: {row: self.rows[row].get(name) for row in self.chosen} for name in self.node.slices}
        results = {
            metric.name: {
                model: table(metric.keyword, self.values[metric.name].get(model, {}), slices)
                for model in self.node.models
            }
            for metric in self.node.metrics
        }
        unfinished = self._unfinished()
        _write_json(self.out / "results.json", {**results, "unfinished": unfinished})
        self._write_answers()
        overall = {
            name: {model: parts["overall"]["value"] for model, parts in models.items()}
            for name, models in results.items()
        }
        return {"rows": len(self.chosen), "results": overall, "unfinished": unfinished}

    def _write_answers(self) -> None:
        """A line for every model and row: what it wrote and how it was scored."""
        with (self.out / "answers.jsonl").open("w", encoding="utf-8") as file:
            for model in self._answering():
                for row in self.chosen:
                    line = {"model": model, "row": row, **self._line(model, row)}
                    file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")

    def _line(self, model: str, row: int) -> dict[str, Any]:
        answer = self.answers.get(model, {}).get(row)
        found = {name: models.get(model, {}).get(row) for name, models in self.values.items()}
        # A finite number for each metric: a loss is that of the row, in nats a token.
        scores = {name: _finite(each) for name, each in found.items() if each is not None}
        text, tokens, finished = (
            (answer.text, answer.tokens, answer.finished) if answer else (None, None, None)
        )
        return {"answer": text, "tokens": tokens, "finished": finished, "scores": scores}

    def _unfinished(self) -> dict[str, float]:
        """Share of answers that were cut at the longest length, by model."""
        return {
            name: sum(not each.finished for each in answers.values()) / len(answers)
            for name, answers in self.answers.items()
            if answers
        }


def _finite(measured: Measured) -> float | None:
    value = measured.value / measured.weight
    return value if abs(value) < float("inf") else None


def _write_json(path: Path, form: Any) -> None:
    path.write_text(json.dumps(form, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _nothing_measured(metric: str) -> Diagnostic:
    return Diagnostic(
        NothingToJudge,
        f"no row has what `{metric}` needs",
        notes=("its columns are null, or the rows hold no trained token",),
        helps=(Help("`recipedsl plan` shows the rows that are left and how they are cut"),),
    )


def _other_base(name: str, first: str) -> Diagnostic:
    return Diagnostic(
        EvaluationFailed,
        f"`{name}` and `{first}` come from different base models",
        notes=("the rows are tokens of one tokenizer, which another model cannot read",),
        helps=(Help("an evaluation of its own for each base model"),),
    )
