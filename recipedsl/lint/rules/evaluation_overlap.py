"""L109: an evaluation on rows that a judged model may have been trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.lint.ways import Way, ways
from recipedsl.semantics.recipe import Evaluation, Stage


class EvaluationOverlap(Rule):
    """An evaluation on rows that a judged model may have been trained on.

    What: The evaluation reads a file, or a dataset of the hub, that a judged stage or one it starts from
    trains on too, and nothing tells their rows apart: no parts of one split, no filter on both sides.
    What surely was trained on is the error D210.

    Why: The score would measure memory. Two datasets of one file that are each split have different draws,
    and so share rows.

    Bad:

        data lessons = read("rows.jsonl") | as chat(messages) | split train = 90%, rest = 10%
        data exam    = read("rows.jsonl") | as chat(messages) | take 100
        stage tuned: sft { from = base, data = lessons.train }
        eval report { models = [tuned], data = exam, metrics = [loss()] }

    Good:

        data lessons = read("rows.jsonl") | as chat(messages) | split train = 90%, held = 10%
        stage tuned: sft { from = base, data = lessons.train }
        eval report { models = [tuned], data = lessons.held, metrics = [loss()] }
    """

    code: ClassVar[str] = "L109"
    name: ClassVar[str] = "evaluation-overlap"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at every evaluation, one finding each."""
        for each in subject.recipe.evaluations.values():
            found = next(_overlaps(subject, each), None)
            if found is not None:
                yield cls._found(each, *found)

    @classmethod
    def _found(cls, judging: Evaluation, stage: Stage, trained: Way, judged: Way) -> Diagnostic:
        secondary = [(stage.data.place, f"`{stage.name}` trains on them here")]
        if trained.source != judged.source:
            secondary += [(trained.source, "read for training"), (judged.source, "and read for judging")]
        assert judging.data is not None
        return cls.at(
            judging.data.place,
            f"`{judging.name}` may judge on rows that `{stage.name}` was trained on",
            "comes from the same rows",
            secondary=secondary,
            helps=(
                Help("read the rows once and keep parts of them: `| split train = 95%, held = 5%`"),
                Help("or take them out of training: `| decontaminate` with the rows that are judged"),
            ),
        )


def _overlaps(subject: Subject, judging: Evaluation) -> Iterator[tuple[Stage, Way, Way]]:
    if judging.data is None:
        return
    judged = ways(subject, judging.data)
    stages = {
        ancestor.name: ancestor
        for name in judging.models
        if name in subject.recipe.stages
        for ancestor in subject.line_of(subject.recipe.stages[name])
    }
    for stage in stages.values():
        for trained in ways(subject, stage.data):
            yield from ((stage, trained, each) for each in judged if trained.may_share(each))
