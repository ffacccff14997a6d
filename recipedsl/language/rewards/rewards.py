"""Reward functions. The same functions score answers in evaluations."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import (
    duration,
    expression,
    flag,
    name_of,
    number,
    row_value,
    several,
    share,
    size,
    text,
    whole,
)


class RewardFunction(Concept):
    """Base of reward functions: an answer and its row in, a number out."""


class Passes(RewardFunction):
    """1 when the program in the answer passes the row's tests, else 0.

    The last fenced block of the answer is the program; an answer without one is taken whole. The
    tests are Python: a Python program runs first in the same namespace, and the text of the
    program is the variable `answer` (so that tests of SQL can run it in sqlite3). It runs
    isolated: own process, no network, empty directory, limits.

    Example: `reward = passes(tests, timeout = 10s)`
    """

    keyword: ClassVar[str] = "passes"

    tests: Any = setting(row_value("text"), "Python tests of the row")
    language: Any = setting(
        row_value("text", optional=True), "`python` or `sql` of the row; the fence's when left out", None
    )
    timeout: Any = setting(duration(), "longest time of one program", 10.0)
    memory: Any = setting(size(), "most memory of one program", 512e6)


class Exact(RewardFunction):
    """1 when the answer is the expected text, white space at the ends aside, else 0.

    Example: `reward = exact(answer)`
    """

    keyword: ClassVar[str] = "exact"

    expected: Any = setting(row_value("text", "number"), "text that the answer should be")


class Numeric(RewardFunction):
    """1 when the last number in the answer is the expected one, else 0.

    Thousands separators and a currency sign are read over; the expected value may be a text whose
    last number counts (`… #### 42`).

    Example: `reward = numeric(answer)`
    """

    keyword: ClassVar[str] = "numeric"

    expected: Any = setting(row_value("text", "number"), "number, or text that ends in one")
    tolerance: Any = setting(number(0), "largest difference that counts as equal, relative", 1e-6)


class Format(RewardFunction):
    """1 when a pattern is found in the answer, else 0.

    Example: `reward = format("(?s)```python.*```")`
    """

    keyword: ClassVar[str] = "format"

    pattern: Any = setting(text(), "regular expression, searched anywhere")


class Length(RewardFunction):
    """1 up to `target` characters, falling in a straight line to 0 at `limit`.

    Example: `reward = passes(tests) + 0.1 * length(target = 600, limit = 1200)`
    """

    keyword: ClassVar[str] = "length"

    target: Any = setting(whole(0), "characters up to which nothing is lost")
    limit: Any = setting(whole(1), "characters at which nothing is left")


class PythonFunction(RewardFunction):
    """A function of the user's own: the one place where a recipe names code.

    `python("rewards.py:score")` calls `score(answer: str, row: dict) -> float | None` in a
    separate process. The file is part of the fingerprint and shown in the plan; it runs only with
    the run, never while checking or planning.

    Example: `reward = python("rewards.py:score")`
    """

    keyword: ClassVar[str] = "python"

    function: Any = setting(text(), "`file.py:name`, the file relative to the project root")
    timeout: Any = setting(duration(), "longest time for one answer", 10.0)


class ContainsAll(RewardFunction):
    """The share of texts of a list that stand in the answer.

    Example: `reward = contains_all(keywords)`
    """

    keyword: ClassVar[str] = "contains_all"
    not_yet: ClassVar[str] = "`python` can compute it"

    texts: Any = setting(row_value(), "list of texts of the row")


class Ended(RewardFunction):
    """1 when the answer came to its end, 0 when it was cut off.

    Example: `reward = judge + 1.0 * ended()`
    """

    keyword: ClassVar[str] = "ended"
    not_yet: ClassVar[str] = "`mask_truncated` leaves such answers out"


class Overlong(RewardFunction):
    """0 up to `target` tokens, falling in a straight line to -1 at `limit`.

    Source: Yu et al. 2025, arXiv:2503.14476 (DAPO).

    Example: `reward = passes(tests) + overlong(target = 3Ki, limit = 4Ki)`
    """

    keyword: ClassVar[str] = "overlong"
    not_yet: ClassVar[str] = "`length` counts characters"

    target: Any = setting(whole(0), "tokens up to which nothing is lost")
    limit: Any = setting(whole(1), "tokens at which all is lost")


class Repetition(RewardFunction):
    """Minus the share of n-grams of the answer that stand there already.

    Example: `reward = judge + 0.5 * repetition(ngram = 3)`
    """

    keyword: ClassVar[str] = "repetition"
    not_yet: ClassVar[str] = "`python` can compute it"

    ngram: Any = setting(whole(1), "words that are compared at a time", 3)


class Constraints(RewardFunction):
    """The share of instructions of the row that the answer keeps, as IFEval checks them.

    Source: Zhou et al. 2023, arXiv:2311.07911.

    Example: `reward = constraints(checks)`
    """

    keyword: ClassVar[str] = "constraints"
    not_yet: ClassVar[str] = "`python` can compute it"

    checks: Any = setting(row_value(), "constraints of the row with their arguments")


class Equation(RewardFunction):
    """1 when the last formula of the answer equals the expected one as mathematics, else 0.

    Example: `reward = equation(solution)`
    """

    keyword: ClassVar[str] = "equation"
    not_yet: ClassVar[str] = "`numeric` compares numbers"

    expected: Any = setting(row_value("text"), "formula that the answer should end in")


class Rubric(RewardFunction):
    """What a model says of the answer, asked with a rubric: a number from 0 to 1.

    Source: Zheng et al. 2023, arXiv:2306.05685 (models as judges).

    Example: `reward = rubric(large, "Is the answer true and short? Answer with a number from 0 to 10.")`
    """

    keyword: ClassVar[str] = "rubric"
    not_yet: ClassVar[str] = "a `reward` stage learns from preferences"

    model: Any = setting(name_of("model", "stage"), "the model that is asked")
    question: Any = setting(text(), "what it is asked")
    reference: Any = setting(row_value("text"), "a good answer of the row that it is shown", None)
    votes: Any = setting(whole(1), "how often it is asked; the mean counts", 1)
    timeout: Any = setting(duration(), "longest time for one answer", 60.0)


class Features(RewardFunction):
    """How alike a model finds the answer and the row's own, less how alike it finds the answers of a prompt.

    The answers are compared by the cosine of hidden states at some depths of a frozen model, at the
    last token.

    Source: Jelassi et al. 2026, arXiv:2603.12248 (energy-based fine-tuning).

    Example: `reward = features(base, answer, depths = [25%, 50%, 75%])`
    """

    keyword: ClassVar[str] = "features"
    not_yet: ClassVar[str] = "a `reward` stage learns from preferences"

    model: Any = setting(name_of("model", "stage"), "the model whose hidden states are compared")
    expected: Any = setting(row_value("text"), "answer of the row")
    depths: Any = setting(several(share(above=0), least=1), "how deep in the model, 100% is its last layer")
    diversity: Any = setting(number(0), "weight of how alike the answers of a prompt are", 1.0)
    whiten: Any = setting(flag(), "whiten the hidden states over the batch", False)


class Trajectory(RewardFunction):
    """A function of the user's own over all turns of an answer with tools.

    Example: `reward = trajectory("rewards.py:queries")`
    """

    keyword: ClassVar[str] = "trajectory"
    not_yet: ClassVar[str] = "`python` sees the last answer"

    function: Any = setting(text(), "`file.py:name`, the file relative to the project root")


class Shaped(RewardFunction):
    """Base of functions of other rewards."""

    not_yet: ClassVar[str] = "weighted sums are carried out"


class Clip(Shaped):
    """Another reward, held between two numbers.

    Example: `reward = clip(judge, low = -5, high = 5)`
    """

    keyword: ClassVar[str] = "clip"

    of: Any = setting(expression("reward"), "the reward")
    low: Any = setting(number(), "lowest value", None)
    high: Any = setting(number(), "highest value", None)


class Whiten(Shaped):
    """Another reward, with mean 0 and deviation 1 over the batch.

    Example: `reward = whiten(judge)`
    """

    keyword: ClassVar[str] = "whiten"

    of: Any = setting(expression("reward"), "the reward")


class Gated(Shaped):
    """Another reward where a test of the answer gives 1 or more, a fixed one for all other answers.

    With `ended()` as the test it is the penalty for answers that were cut off.

    Source: Huang et al. 2024, arXiv:2403.17031 (answers without an end token).

    Example: `reward = gated(judge, when = ended(), otherwise = -10)`
    """

    keyword: ClassVar[str] = "gated"

    of: Any = setting(expression("reward"), "the reward")
    when: Any = setting(expression("reward"), "the test")
    otherwise: Any = setting(number(), "the reward of answers that fail it", 0.0)


class Choose(Shaped):
    """One reward for rows where a condition holds, another for the rest.

    Example: `reward = if(kind == "safety", safe, helpful)`
    """

    keyword: ClassVar[str] = "if"

    condition: Any = setting(row_value(), "condition on the row")
    then: Any = setting(expression("reward"), "the reward where it holds")
    else_: Any = setting(expression("reward"), "the reward where it does not")
