"""R650 to R699: what can go wrong while answers are scored and models are judged."""

from __future__ import annotations

from recipedsl.diagnostics.code import Code


class NothingIsolates(Code):
    """Nothing on this machine isolates programs.

    What: a reward or metric runs programs that a model writes, and neither bubblewrap nor the
    kernel's namespaces work here.

    Why: such a program can read the user's files, use the network and start whatever it likes;
    nobody has read it before it runs.

    Bad: a container without bubblewrap and without user namespaces.

    Good: `apt install bubblewrap`, or a container that allows user namespaces. Where everything of
    value is elsewhere anyway, `--allow-unsandboxed` accepts the risk; the record tells.
    """

    code = "R650"
    name = "nothing-isolates"


class SandboxFailed(Code):
    """The sandbox does not start any more.

    What: a sandbox that worked before the first program fails before it gets to one.

    Why: the machine may be out of processes, memory or namespaces; an answer must not be counted as
    wrong for that.

    Bad: hundreds of runs on one machine.

    Good: fewer at a time; the notes tell what the sandbox said.
    """

    code = "R651"
    name = "sandbox-failed"


class TestsUnreadable(Code):
    """The tests of a row are no Python.

    What: the value of `tests` in a row cannot be compiled.

    Why: no answer could ever pass them.

    Bad: `tests = "assert f(1) = 2"`

    Good: `tests = "assert f(1) == 2"`
    """

    code = "R652"
    name = "tests-unreadable"


class RowValueUnusable(Code):
    """A row has a value that a score cannot use.

    What: an expression of a reward or metric gives something of another type than the score reads,
    or a function in it does not take what a row has. (A row where it gives null has no score.)

    Why: an answer without something to compare it with cannot be scored.

    Bad: `metrics = [exact(tags)]` where `tags` is a list.

    Good: `metrics = [exact(join(tags, ", "))]`
    """

    code = "R653"
    name = "row-value-unusable"


class FunctionUnavailable(Code):
    """A function has no meaning for the values of one row here.

    What: an expression inside a reward or metric calls a function that only the data engine has.

    Why: scores are computed beside a training, row by row, where the data engine is not loaded.

    Bad: a reward that calls a function which only pipelines have.

    Good: a step `derive` that computes the column, and a reward that reads it.
    """

    code = "R654"
    name = "function-unavailable"


class PythonMissing(Code):
    """A Python function of a recipe is not there.

    What: the file of `python("file.py:function")` does not exist, cannot be loaded, or has no such function.

    Why: there is nothing to call.

    Bad: `reward = python("rewards.py:scroe")`

    Good: `reward = python("rewards.py:score")`
    """

    code = "R655"
    name = "python-missing"


class PythonFailed(Code):
    """A Python function of a recipe failed.

    What: the function cannot be called with an answer and its row, raised an error, ended its process, or
    took longer than its time limit.

    Why: what it would have said of the answer is unknown, and a guess would train on noise.

    Bad: `def score(answer, row): return 1 / len(answer)`

    Good: `def score(answer, row): return 1 / len(answer) if answer else None`
    """

    code = "R656"
    name = "python-failed"


class PythonWrongType(Code):
    """A Python function of a recipe gave something that is no score.

    What: it returned neither a number nor None; a NaN or an infinite number is none either.

    Why: a text or a list cannot be weighed and summed.

    Bad: `def score(answer, row): return "good"`

    Good: `def score(answer, row): return 1.0`
    """

    code = "R657"
    name = "python-wrong-type"


class PatternSlow(Code):
    """A pattern takes too long on an answer.

    What: a regular expression did not come to an end on some answer within its time limit.

    Why: nested repetitions such as `(a+)+` can take time that doubles with every letter.

    Bad: `format("(\\\\w+\\\\s?)+$")`

    Good: `format("\\\\w$")`
    """

    code = "R658"
    name = "pattern-slow"


class PatternUnreadable(Code):
    """A pattern cannot be read.

    What: a regular expression of a reward or metric is not well formed.

    Why: nothing can be searched with it.

    Bad: `format("(unclosed")`

    Good: `format("\\\\(unclosed")`
    """

    code = "R659"
    name = "pattern-unreadable"


class GateFailed(Code):
    """A gate of an evaluation does not hold.

    What: the condition of `expect` is false for the measured values, which are drawn below it.

    Why: the recipe says that a result like this must not go on.

    Bad: `expect pass_rate(final) >= pass_rate(base)` and a final model that is worse.

    Good: another rate, more rows, or a gate that says what is really needed.
    """

    code = "R660"
    name = "gate-failed"


class GateUndecided(Code):
    """A gate asks for a value that was not measured.

    What: the condition names a metric of a model for which there is no value, for example because
    no row had one.

    Why: an unknown value neither holds nor fails a gate.

    Bad: `expect pass_rate(final) >= 50%` over rows of which none has tests.

    Good: rows that the metric can judge.
    """

    code = "R661"
    name = "gate-undecided"


class NothingToJudge(Code):
    """There is no row to judge models on.

    What: the dataset of an evaluation is empty, or holds no row that a metric can use.

    Why: a share of nothing is no number.

    Bad: `data = (solutions | where topic == "topologie")`

    Good: `data = (solutions | where topic == "topology")`
    """

    code = "R662"
    name = "nothing-to-judge"


class EvaluationFailed(Code):
    """An evaluation stopped with an error.

    What: a library below the evaluation raised an error that has no page of its own.

    Why: the notes hold the error's text; the log holds the rest.

    Bad: a model with more parameters than the memory holds.

    Good: a smaller `batch`, or a machine with more memory.
    """

    code = "R663"
    name = "evaluation-failed"


CODES: tuple[type[Code], ...] = (
    NothingIsolates,
    SandboxFailed,
    TestsUnreadable,
    RowValueUnusable,
    FunctionUnavailable,
    PythonMissing,
    PythonFailed,
    PythonWrongType,
    PatternSlow,
    PatternUnreadable,
    GateFailed,
    GateUndecided,
    NothingToJudge,
    EvaluationFailed,
)
