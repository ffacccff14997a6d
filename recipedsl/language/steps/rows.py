"""Steps that choose, order and repeat rows."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.steps.base import NGRAMS, Step, StepUse, Takes, speaks, type_of
from recipedsl.language.types import RowType
from recipedsl.language.values import either, flag, number, one_of, several, share, whole

_NO_TEXT = "`near` compares texts, and none of the columns holds any"


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
    stays does not depend on threads or machine: the first in source order, or the `last`, the `longest`
    (characters of all its texts), or with `keep = best(score)` that of the largest number; of equal ones
    the first. A row without a number stays only where all are without.

    With `near`, rows agree that are linked by likeness: the n-grams that two rows share, over those that
    they have together (Jaccard), from all text and conversations among the columns; other columns have to
    be equal, and what the system says in a conversation does not count. `near = 1` asks for the same
    n-grams. All pairs at or above `near` are found, and none below it: it is no estimate such as MinHash,
    which with 9 bands of 13 rows, the common choice for 0.8, misses 60% of the pairs at its threshold.
    Groups are whatever pairs connect, so that they do not depend on the order of the rows; a row may fall
    to one that is less like it when a third lies between them. The result tells the groups and examples
    of what fell to what.

    A word is a run of letters and digits (one letter where a language writes no spaces) in the forms that
    NFKC folds, unless `normalise = false`; five make an n-gram, of one message where there are several, a
    shorter text is one. One changed word of a short question changes most of its n-grams: for such take
    `ngram = 1`. In long texts single words are shared by all, and the search takes long.

    Source: Bayardo, Ma and Srikant 2007, "Scaling up all pairs similarity search" (the exact search);
    Lee et al. 2022, arXiv:2107.06499 (5-grams of words, groups as connected pairs).

    Example: `| dedup question`

    Example: `| dedup question, answer, near = 0.85`

    Example: `| dedup question, keep = best(quality)`
    """

    keyword: ClassVar[str] = "dedup"
    bare_number: ClassVar[str] = "near"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.COLUMNS

    keep: Any = setting(
        one_of("first", "last", "longest"),
        "which of equal rows stays; or `best(quality)`, by a number",
        "first",
    )
    near: Any = setting(
        either(number(high=1, above=0), share(above=0)),
        "rows this alike count as equal (Jaccard of n-grams, `0.85` or `85%`)",
        None,
        also_called=("threshold", "similarity", "similarity_threshold", "jaccard", "jaccard_threshold"),
    )
    normalise: Any = setting(
        flag(), "compare text in lower case with white space folded", True, also_called=("normalize",)
    )
    ngram: Any = setting(
        whole(1, 100), "with `near`, words in an n-gram; five when left out", None, also_called=NGRAMS
    )

    @classmethod
    def refuses(cls, rows: RowType, use: StepUse) -> str:
        if use.settings.get("near") is None:
            alone = use.settings.get("ngram") is not None
            return "`ngram` says how `near` compares, and there is no `near`" if alone else ""
        names = use.columns or rows.names
        return "" if any(speaks(type_of(rows, name)) for name in names) else _NO_TEXT


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

    descending: Any = setting(
        several(flag()),
        "largest first; one value, or one for each key",
        False,
        also_called=("reverse", "desc"),
    )


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
