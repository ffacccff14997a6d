"""Rewards and metrics to score specifications."""

from __future__ import annotations

from typing import Any

from recipedsl.plan.facts import Facts
from recipedsl.plan.model import ScoreSpec
from recipedsl.planner.origins import origin_of
from recipedsl.semantics.recipe import Score
from recipedsl.source.paths import beside


def score_spec(score: Score, facts: Facts) -> ScoreSpec:
    """A score, with the file of a user's function found and hashed."""
    settings: dict[str, Any] = dict(score.settings)
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
        origin=origin_of(score.place),
    )
