"""Scores of answers: rewards of training and metrics of evaluations are the same functions."""

from __future__ import annotations

from recipedsl.runtime.scores.make import ScorePolicy, Scorer, make_scorer

__all__ = ["ScorePolicy", "Scorer", "make_scorer"]
