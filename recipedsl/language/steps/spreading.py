"""The step that keeps rows which are about different things."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.values import either, share, whole


class Spread(Step):
    """Keeps a number or share of the rows, spread over what they are about.

    The texts behind `by` are embedded and put into clusters; every cluster gives as many rows as the others,
    a small one all that it has. Of a cluster the row at its middle comes first, then always the one that is
    least like those already taken, so that near repetitions in other words are the last to be kept. What
    stays keeps its order. The draw that clusters begin with depends on the run's seed and the dataset's name
    only, and the same rows come out on any number of threads.

    The embedding is the mean of static vectors of word pieces (WordLlama, 256 dimensions, mostly English),
    of the first 512 words of a row; it tells topics apart, not a claim from its denial. Case, punctuation and
    what the system says in a conversation do not count. Its weights come with `pip install
    'recipedsl[embedding]'`; nothing is downloaded. The result tells the sizes of the clusters, the row at the
    middle of the largest, and the share of rows with another one in the cluster at a cosine of 0.95 or more
    (up to 4,096 rows of a cluster are compared).

    Source: Sener and Savarese 2018, arXiv:1708.00489 (farthest-first choice); Dhillon and Modha 2001
    (spherical k-means).

    Example: `| spread 5k by question`

    Example: `| spread 20% by question, clusters = 200`
    """

    keyword: ClassVar[str] = "spread"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.SETTINGS
    grouped: ClassVar[bool] = True
    by_texts: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    library: ClassVar[str] = "wordllama"
    extra: ClassVar[str] = "embedding"

    amount: Any = setting(either(whole(1), share(above=0)), "number or share of rows")
    clusters: Any = setting(
        whole(1, 10_000), "groups that the rows are put into; the root of their number when left out", None
    )
