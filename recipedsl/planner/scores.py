"""Rewards and metrics to score specifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recipedsl.plan.facts import Facts
from recipedsl.plan.model import RewardTerm, ScoreSpec
from recipedsl.planner.later import plain
from recipedsl.planner.origins import origin_of
from recipedsl.semantics.recipe import Score, WeightedScore
from recipedsl.source.paths import beside


def score_spec(score: Score, facts: Facts) -> ScoreSpec:
    """A score, with the file of a user's function found and hashed."""
    settings: dict[str, Any] = plain(score.settings)
    if score.keyword == "python":
        path, _, name = settings["function"].rpartition(":")
        path = beside(score.place.source.path, path)
        settings |= {"function": f"{path}:{name}", "digest": facts.digest(path)}
    return ScoreSpec(
        keyword=score.keyword,
        name=score.written,
        expressions=score.expressions,
        settings=settings,
        node=score.stage,
        against=score.against,
        terms={name: reward_terms(terms, facts) for name, terms in score.terms.items()},
        origin=origin_of(score.place),
    )


def reward_terms(terms: Iterable[WeightedScore], facts: Facts) -> tuple[RewardTerm, ...]:
    """The terms of a reward."""
    return tuple(RewardTerm(weight=each.weight, score=score_spec(each.score, facts)) for each in terms)
