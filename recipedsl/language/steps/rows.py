"""Steps that choose, order and repeat rows."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.values import either, flag, one_of, several, share, whole


class Where(Step):
    """Keeps the rows for which a condition is true; null counts as false.

    Example: `| where language in ["python", "sql"] and chars(answer) in 40..8k`
    """

    keyword: ClassVar[str] = "where"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.CONDITION
    least: ClassVar[int] = 1


class Dedup(Step):
    """Keeps one row of those with equal columns; all columns when none is named.

    Text is compared in lower case with white space folded, unless `normalise = false`. Which row
    stays does not depend on threads or machine: the first in source order.

    Example: `| dedup question`
    """

    keyword: ClassVar[str] = "dedup"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.COLUMNS

    keep: Any = setting(one_of("first", "last", "longest"), "which of equal rows stays", "first")
    near: Any = setting(
        share(above=0), "rows this alike count as equal (Jaccard of n-grams)", None, not_yet=True
    )
    normalise: Any = setting(flag(), "compare text in lower case with white space folded", True)


class Take(Step):
    """Keeps the first rows in their present order, a number or a share, or the first of each group.

    Example: `| take 2k by topic`
    """

    keyword: ClassVar[str] = "take"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.SETTINGS
    grouped: ClassVar[bool] = True

    amount: Any = setting(
        either(whole(0), share()), "number or share of rows, of each group where `by` follows"
    )


class Sample(Step):
    """Keeps a seeded draw of the rows, a share or a number, in their present order.

    The draw depends on the run's seed and the dataset's name only.

    Example: `| sample 10%`
    """

    keyword: ClassVar[str] = "sample"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.SETTINGS
    grouped: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    amount: Any = setting(
        either(share(), whole(0)), "share or number of rows, of each group where `by` follows"
    )


class Repeat(Step):
    """Gives the rows k times over.

    Example: `| repeat 3`
    """

    keyword: ClassVar[str] = "repeat"
    takes: ClassVar[Takes] = Takes.SETTINGS

    times: Any = setting(whole(1, 10_000), "how often each row appears")


class Shuffle(Step):
    """Puts the rows in a seeded random order.

    Example: `| shuffle`
    """

    keyword: ClassVar[str] = "shuffle"
    takes: ClassVar[Takes] = Takes.SETTINGS
    draws: ClassVar[bool] = True


class Sort(Step):
    """Orders the rows by expressions; equal rows keep their order, null comes last.

    Example: `| sort by score, descending = true`
    """

    keyword: ClassVar[str] = "sort"
    takes: ClassVar[Takes] = Takes.SETTINGS
    grouped: ClassVar[bool] = True

    descending: Any = setting(several(flag()), "largest first; one value, or one for each key", False)


class Split(Step):
    """Ends a pipeline in named parts that share no row.

    `by` gives every part its share of each group; `group` keeps rows of one key together. Shares
    sum to 100%, or one part takes the `rest`; then others may be numbers of rows too, as in
    `| split train = rest, held = 1k`.

    Example: `| split train = 95%, held = 5% by topic`
    """

    keyword: ClassVar[str] = "split"
    drops: ClassVar[bool] = True  # seen from one of its parts
    takes: ClassVar[Takes] = Takes.SHARES
    grouped: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    least: ClassVar[int] = 1
    last: ClassVar[bool] = True
