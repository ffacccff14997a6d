"""Steps that keep rows apart from evaluations, and people out of rows."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.values import one_of, several, share, whole


class Decontaminate(Step):
    """Drops rows that share an n-gram of words with rows of an evaluation.

    Source: Brown et al. 2020, arXiv:2005.14165, appendix C (13 words).

    Example: `| decontaminate held, on = question`
    """

    keyword: ClassVar[str] = "decontaminate"
    not_yet: ClassVar[str] = "`split` keeps evaluation rows apart"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.DATASET
    least: ClassVar[int] = 1

    ngram: Any = setting(whole(1), "words that have to be equal in a row", 13)
    share: Any = setting(share(above=0), "share of the shorter text that has to be covered", None)


class Redact(Step):
    """Masks what tells of people: e-mail addresses, telephone numbers, keys, addresses of machines.

    Example: `| redact question, answer`
    """

    keyword: ClassVar[str] = "redact"
    not_yet: ClassVar[str] = "`derive` with `replace` masks a pattern"
    takes: ClassVar[Takes] = Takes.COLUMNS
    least: ClassVar[int] = 1

    kinds: Any = setting(
        several(one_of("email", "phone", "key", "address", "card")), "what is masked; all when left out", ()
    )
