"""What was counted of a dataset in a few lines, for the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recipedsl.diagnostics.render.pieces import Role
from recipedsl.report.data_bars import edge
from recipedsl.report.numbers import count, plural, share

if TYPE_CHECKING:
    from recipedsl.data.profiles.model import Profile


_REASONS = 3  # why rows were set aside, that are shown


def reasons_of(made: Mapping[str, Any]) -> Iterator[str]:
    """Why a step set rows aside, the most frequent reasons first.

    Args:
        made: facts of the step.
    """
    found = sorted(made.get("unshaped", {}).items(), key=lambda each: -each[1])
    shown = found if len(found) == _REASONS + 1 else found[:_REASONS]
    for reason, rows in shown:
        yield f"{plural(rows, 'row')} set aside: {reason}"
    rest = found[len(shown) :]
    if rest:
        yield f"{plural(sum(rows for _, rows in rest), 'row')} set aside for {len(rest)} other reasons"


def aside_words(facts: Mapping[str, Any]) -> str:
    """How many rows the steps of a dataset set aside and why, in a few words; empty when none."""
    counts: Counter[str] = Counter()
    for made in facts.get("steps", ()):
        counts.update(made.get("unshaped", {}))
    if not counts:
        return ""
    others = f" and {plural(len(counts) - 1, 'other reason')}" if len(counts) > 1 else ""
    return f"{plural(counts.total(), 'row')} set aside: {counts.most_common(1)[0][0]}{others}"


def summary_of(profile: Profile) -> Iterator[tuple[str, Role]]:
    """How long what rows say is; what repeats."""
    columns = {each.name: each for each in profile.columns}
    said = [(name, columns[name].characters) for name in profile.duplicates.by]
    lengths = [
        f"{name} {edge(found.p50)} · {edge(found.p95)} · {edge(found.max)}" for name, found in said if found
    ]
    if lengths:
        yield f"characters p50 · p95 · longest: {', '.join(lengths)}", Role.PLAIN
    repeated = max(profile.duplicates.rows, profile.duplicates.texts)
    if repeated:
        words = f"{count(repeated)} say what an earlier row says ({share(repeated, profile.rows)})"
        yield words, Role.WARNING
