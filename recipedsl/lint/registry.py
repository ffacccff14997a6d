"""All rules, in one readable place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from recipedsl.diagnostics import Code, Diagnostic
from recipedsl.lint.base import Rule, Subject
from recipedsl.lint.rules.constant_reward import ConstantReward
from recipedsl.lint.rules.dead_setting import DeadSetting
from recipedsl.lint.rules.dead_step import DeadStep
from recipedsl.lint.rules.evaluation_overlap import EvaluationOverlap
from recipedsl.lint.rules.learning_rate import UnusualRate
from recipedsl.lint.rules.many_passes import ManyPasses
from recipedsl.lint.rules.missing_edition import MissingEdition
from recipedsl.lint.rules.missing_seed import NoSeed
from recipedsl.lint.rules.mistyped_length import MistypedLength
from recipedsl.lint.rules.ranked_by_group import RankedByGroup
from recipedsl.lint.rules.same_source import SameSource
from recipedsl.lint.rules.two_templates import TwoTemplates
from recipedsl.lint.rules.uncontrolled_length import UncontrolledLength
from recipedsl.lint.rules.unpinned import Unpinned
from recipedsl.lint.rules.untaught_start import UntaughtStart
from recipedsl.lint.rules.unused import Unused
from recipedsl.lint.rules.unusual_beta import UnusualBeta
from recipedsl.lint.rules.warmup import WarmupUnit

RULES: tuple[type[Rule], ...] = (
    MissingEdition,
    Unused,
    NoSeed,
    Unpinned,
    ManyPasses,
    MistypedLength,
    SameSource,
    EvaluationOverlap,
    UntaughtStart,
    ConstantReward,
    UncontrolledLength,
    UnusualBeta,
    TwoTemplates,
    WarmupUnit,
    DeadSetting,
    DeadStep,
    UnusualRate,
    RankedByGroup,
)


@cache
def every_kind() -> tuple[type[Code], ...]:
    """Every kind of diagnostic, the rules among them, in the order of their codes."""
    # All modules of codes are loaded only where all are wanted.
    from recipedsl.diagnostics.codes import every_code

    return tuple(sorted((*every_code(), *RULES), key=lambda each: str(each.code)))


def lints(subject: Subject) -> Iterator[Diagnostic]:
    """What the rules say of a recipe; of one with errors only what does not hang on them."""
    for rule in RULES:
        if subject.sound or rule.despite_errors:
            yield from rule.check(subject)
