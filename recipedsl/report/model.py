"""What a plan view is made from: the plan, what is known of each node, and what earlier runs showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from recipedsl.plan.facts import Device, ModelFacts
from recipedsl.plan.model import Plan

if TYPE_CHECKING:
    from recipedsl.data.profiles.model import Profile


class Status(StrEnum):
    """Whether a node has to be carried out."""

    CACHED = "cached"  # its result is in the store
    NEW = "new"  # it was never made
    AGAIN = "again"  # it was made before, in another form


@dataclass(frozen=True)
class Standing:
    """What is known of a node.

    Attributes:
        status: whether it will be carried out.
        reasons: why again, in words.
        facts: what was counted when its result was made; None when there is no result.
        done: steps of a stage that was interrupted, which its newest checkpoint holds.
    """

    status: Status
    reasons: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None
    done: int = 0

    def __str__(self) -> str:
        said = str(self.status)
        if self.status is Status.AGAIN:
            said = f"again because {', '.join(self.reasons)}"
        return f"{said}, goes on from step {self.done:,}" if self.done else said


@dataclass(frozen=True)
class Speed:
    """How fast an earlier stage trained on the same base model."""

    tokens_per_second: float
    stage: str
    device: str


@dataclass(frozen=True)
class PlanFacts:
    """A plan and all that is known beside it.

    Attributes:
        plan: the plan.
        standings: by node name; a node that is not there is new.
        models: facts of the base models, by node name.
        speeds: of earlier runs, by name of the base model's node.
        device: what this machine would train on.
        profiles: what `recipedsl data` shows of datasets, by node name; of some it is not known.
    """

    plan: Plan
    standings: Mapping[str, Standing] = field(default_factory=dict)
    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    device: Device = field(default_factory=Device)
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def standing(self, name: str) -> Standing:
        """Of a node."""
        return self.standings.get(name, Standing(Status.NEW))

    def counted(self, name: str) -> Mapping[str, Any]:
        """Facts of a node's result; empty when it was not made."""
        return self.standing(name).facts or {}
