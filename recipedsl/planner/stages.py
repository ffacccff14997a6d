"""Stages to stage nodes: arguments of the trainer, adapters, references, batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, lcm
from typing import Any, Literal

from recipedsl.diagnostics import Problems
from recipedsl.language.concept import Concept
from recipedsl.language.optimizers.optimizers import Adamw, Optimizer
from recipedsl.language.schedules.schedules import Cosine, Linear, Polynomial, Schedule
from recipedsl.language.stages.base import Online, StageMethod
from recipedsl.plan.facts import Device, Facts, ModelFacts
from recipedsl.plan.model import (
    AdapterSpec,
    Looks,
    ModelNode,
    Node,
    StageNode,
    TemplateSpec,
    TokensNode,
)
from recipedsl.planner.batches import Room, check_room, laid_out, with_layout
from recipedsl.planner.datasets import input_of
from recipedsl.planner.later import beyond, plain
from recipedsl.planner.origins import origin_of
from recipedsl.planner.scores import reward_terms
from recipedsl.planner.seeds import derive
from recipedsl.semantics.recipe import DataReference, Recipe, Stage
from recipedsl.semantics.settings import ConceptUse

AdapterUse = Literal["none", "new", "continue", "merge_new", "merge_full"]
Reference = Literal["none", "adapter_off", "frozen_adapter", "start"]

#: Uses of adapters after which the result is an adapter, not a whole model.
KEEPS_ADAPTER = ("new", "continue", "merge_new")

#: Rows of an optimizer step when the recipe does not say.
DEFAULT_BATCH = 16
#: Groups of answers of an optimizer step of an online method when the recipe does not say.
DEFAULT_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Base:
    """What stages know of the model at the root of their chain."""

    node: ModelNode
    model: ModelFacts

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def template(self) -> TemplateSpec:
        return self.node.template


@dataclass(slots=True)
class StageLowering:
    """Lowers the stages of a recipe one after another; later ones ask what earlier ones left."""

    recipe: Recipe
    facts: Facts
    problems: Problems
    bases: dict[str, Base]
    device: Device
    uses: dict[str, AdapterUse] = field(default_factory=dict)

    def lower(self, stage: Stage) -> tuple[Node, ...]:
        """The tokens nodes and the stage node, without fingerprints."""
        base = self.bases[stage.start]
        self.bases[stage.name] = base
        use = self._adapter_use(stage)
        self.uses[stage.name] = use
        tokens = self._tokens(stage, base, stage.data, f"{stage.name}.tokens")
        held = [self._tokens(stage, base, each, _held_name(stage)) for each in _held_of(stage)]
        return tokens, *held, self._laid_out(stage, base, self._node(stage, base, use, tokens.name))

    def _tokens(self, stage: Stage, base: Base, data: DataReference, name: str) -> TokensNode:
        """Rows of a stage as it reads them: those that it trains on, and those that it is looked at with."""
        return TokensNode(
            name=name,
            origin=origin_of(stage.place),
            data=input_of(data),
            model=base.name,
            template=base.template,
            shape=self.recipe.datasets[data.name].shape,
            purpose=stage.method.purpose,
            train_on=_train_on(stage.settings.get("train_on", "assistant")),
            max_length=stage.settings["max_length"],
            packing=stage.settings.get("packing", False),
        )

    def _node(self, stage: Stage, base: Base, use: AdapterUse, tokens: str) -> StageNode:
        run, held = self.recipe.run, _held_of(stage)
        seed = stage.settings["seed"]
        saving = stage.settings["save_every"]
        return StageNode(
            name=stage.name,
            origin=origin_of(stage.place),
            doc=stage.doc,
            method=stage.method.keyword,
            trainer=stage.method.trainer_class,
            config=stage.method.config_class,
            arguments=self._arguments(stage, use),
            start=stage.start,
            base=base.name,
            tokens=tokens,
            adapter_use=use,
            adapter=_adapter(stage),
            reference=_reference(stage, use),
            rewards=reward_terms(stage.rewards, self.facts),
            gives=stage.method.gives,
            seed=derive(run["seed"], stage.name) if seed is None else seed,
            save_every=(run["save_every"] or 0) if saving is None else saving,
            roles=stage.roles,
            looks=_looks(stage),
            reads={name: input_of(each) for name, each in stage.datasets.items() if each not in held},
            expressions=stage.expressions,
            beyond=_beyond(stage),
        )

    # --- adapters ---------------------------------------------------------------------------------

    def _adapter_use(self, stage: Stage) -> AdapterUse:
        """What happens with adapters.

        A policy's adapter is trained on when the stage names none; it is folded into the weights
        when the stage names a new one, says `adapter = none`, or trains a reward model, whose head
        another adapter could not carry.
        """
        has = self.uses.get(stage.start, "none") in KEEPS_ADAPTER
        new = stage.settings["adapter"] is not None
        if not has:
            return "new" if new else "none"
        if new:
            return "merge_new"
        refused = "adapter" in stage.written
        return "merge_full" if refused or stage.method.gives == "reward" else "continue"

    # --- arguments --------------------------------------------------------------------------------

    def _arguments(self, stage: Stage, use: AdapterUse) -> dict[str, Any]:
        found = renamed(stage.method, stage.settings)
        found |= dict(stage.method.fixed)
        adapter = use in KEEPS_ADAPTER
        found.setdefault("learning_rate", stage.method.lora_rate if adapter else stage.method.rate)
        found |= _length(stage, self.recipe.run["max_steps"])
        found |= _schedule(stage.settings["schedule"])
        found |= _optimizer(stage.settings["optimizer"])
        found |= stage.settings["trainer"] or {}
        return dict(sorted(found.items()))

    # --- batches ----------------------------------------------------------------------------------

    def _laid_out(self, stage: Stage, base: Base, node: StageNode) -> StageNode:
        """The stage with its batch laid out; one that is too large for the device is reported."""
        room = Room(base.node, base.model, self.device, stage.settings["max_length"])
        found = _batch(stage, node, room)
        check_room(stage, found, room, self.problems)
        return found


def _beyond(stage: Stage) -> dict[str, Any]:
    """Settings that cannot be carried out yet; of a method that cannot be, all that are its own."""
    found = beyond(stage.method, stage.settings)
    if stage.method.not_yet:
        own = {name for name, each in stage.method.settings().items() if not each.argument}
        own -= set(StageMethod.settings())
        found |= {n: plain(v) for n, v in stage.settings.items() if n in own and v is not None}
    return dict(sorted(found.items()))


def renamed(concept: type[Concept], settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that become arguments of a library, under the library's names; unset ones left out."""
    found: dict[str, Any] = {}
    for name, setting in concept.settings().items():
        value = settings.get(name)
        if setting.argument and value is not None:
            found[setting.argument] = list(value) if isinstance(value, tuple) else value
    return found


def _adapter(stage: Stage) -> AdapterSpec | None:
    use = stage.settings["adapter"]
    if not isinstance(use, ConceptUse):
        return None
    settings = renamed(use.concept, use.settings)
    settings.setdefault("lora_alpha", 2 * settings["r"])
    return AdapterSpec(keyword=use.concept.keyword, settings=settings)


def _reference(stage: Stage, use: AdapterUse) -> Reference:
    compares = stage.method.compares or (issubclass(stage.method, Online) and stage.settings["beta"] > 0)
    if not compares:
        return "none"
    if use == "continue":
        return "frozen_adapter"
    return "adapter_off" if use in KEEPS_ADAPTER else "start"


def _length(stage: Stage, max_steps: int | None) -> dict[str, Any]:
    steps = stage.settings["steps"]
    epochs = stage.settings["epochs"]
    found: dict[str, Any] = {}
    if epochs is not None or steps is None:
        found["num_train_epochs"] = epochs if epochs is not None else 1
    limits = [each for each in (steps, max_steps) if each is not None]
    if limits:
        found["max_steps"] = min(limits)
    return found


def _held_of(stage: Stage) -> tuple[DataReference, ...]:
    """The rows whose loss is taken while it trains; none where nothing can take it yet."""
    is_later = stage.method.not_yet or stage.method.settings()["eval"].not_yet
    return (stage.datasets["eval"],) if "eval" in stage.datasets and not is_later else ()


def _held_name(stage: Stage) -> str:
    return f"{stage.name}.eval.tokens"


def _looks(stage: Stage) -> Looks | None:
    if not _held_of(stage):
        return None
    every, patience = stage.settings["eval_every"], stage.settings["patience"] or 0
    steps, share = (every, 0.0) if isinstance(every, int) else (0, every or 1.0)
    return Looks(tokens=_held_name(stage), steps=steps, epochs=share, patience=patience)


def _schedule(use: ConceptUse | None) -> dict[str, Any]:
    concept = use.concept if use is not None else Linear
    assert issubclass(concept, Schedule)
    settings = use.settings if use is not None else {}
    found: dict[str, Any] = {
        "lr_scheduler_type": concept.scheduler,
        "warmup_steps": settings.get("warmup", 0.0),
    }
    if concept is Cosine and settings.get("floor"):
        found["lr_scheduler_type"] = "cosine_with_min_lr"
        found["lr_scheduler_kwargs"] = {"min_lr_rate": settings["floor"]}
    if concept is Polynomial:
        found["lr_scheduler_kwargs"] = {"power": settings.get("power", 1.0)}
    return found


def _optimizer(use: ConceptUse | None) -> dict[str, Any]:
    concept = use.concept if use is not None else Adamw
    assert issubclass(concept, Optimizer)
    return {"optim": concept.optim, **renamed(concept, use.settings if use is not None else {})}


def _batch(stage: Stage, node: StageNode, room: Room) -> StageNode:
    batch = stage.settings["batch"] or _usual_batch(stage)
    micro = stage.settings["micro_batch"]
    found = with_layout(node, batch, micro) if micro else laid_out(node, batch, room)
    # What `trainer = { … }` says of it counts, as of everything else.
    return found.model_copy(update={"arguments": {**found.arguments, **(stage.settings["trainer"] or {})}})


def _usual_batch(stage: Stage) -> int:
    """Rows of a step when the recipe does not say: the least that hold whole groups and whole turns."""
    online = issubclass(stage.method, Online)
    group = stage.settings["generations"] if online else 1
    whole = lcm(group, stage.settings["micro_batch"] or 1)
    return whole * ceil((DEFAULT_GROUPS * group if online else DEFAULT_BATCH) / whole)


def _train_on(given: Any) -> Any:
    """One word where it is one; of several everything, or each once in a fixed order."""
    words = [given] if isinstance(given, str) else sorted(set(given))
    if "all" in words:
        return "all"
    return words[0] if len(words) == 1 else tuple(words)
