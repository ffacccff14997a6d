"""The only place where data, runtime and store are joined. Everything heavy is imported inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipedsl.diagnostics import Code, Diagnostic
from recipedsl.source.paths import folder_below

if TYPE_CHECKING:
    from recipedsl.cli.options import Engine
    from recipedsl.data.profiles.model import Profile
    from recipedsl.plan.facts import Device, Facts, FileRows, HubRows, Look, Missing, ModelFacts
    from recipedsl.plan.model import DataNode, ModelSource, Plan, TokensNode
    from recipedsl.report.model import PlanFacts, Speed, Standing
    from recipedsl.runtime.execute import Makers, Observer
    from recipedsl.runtime.store import Store, Why


# --- facts --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProjectFacts:
    """Facts about files from `data`, about models from `runtime`: what the compiler asks."""

    root: Path
    files: Facts

    def look(self, source: FileRows | HubRows) -> Look | None:
        """A bounded look at a source of rows."""
        return self.files.look(source)

    def digest(self, path: str) -> str:
        """SHA-256 over the files of a path, or over those of a model's folder."""
        folder = folder_below(self.root, path)
        if folder is None or not (folder / "config.json").is_file():
            return self.files.digest(path)
        from recipedsl.runtime.models import digest_of_folder

        return digest_of_folder(folder)

    def read_text(self, path: str) -> str | None:
        """Text of a small file."""
        return self.files.read_text(path)

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        """Why a file or folder is none that can be used; None when it is there."""
        return self.files.missing(path, folder=folder)

    def model(self, source: ModelSource) -> ModelFacts:
        """What is at hand of a model; never downloads."""
        from recipedsl.runtime.models import default_cache, model_facts

        return model_facts(source, self.root, default_cache())

    def device(self) -> Device:
        """What this machine would train on."""
        from recipedsl.runtime.device import find_device

        return find_device()


def facts_of(root: Path, *, fetch: bool = False) -> ProjectFacts:
    """Facts about a project; making them imports no heavy library.

    Args:
        root: of the project.
        fetch: whether rows that are not at hand, of the hub or behind an address, may be fetched: their
            columns are part of what a recipe is checked against.
    """
    from recipedsl.data.look import FileFacts
    from recipedsl.data.reading.remote import Fetching

    return ProjectFacts(root, FileFacts(root, fetching=Fetching.NEWEST if fetch else Fetching.NEVER))


# --- carrying out ---------------------------------------------------------------------------------------


def store_of(root: Path) -> Store:
    """The project's store, whosever it is: to look at and to tidy."""
    from recipedsl.runtime.store import Store

    return Store(root)


def own_store_of(root: Path, *, begin: bool = False) -> Store:
    """The project's store, to take results from.

    Args:
        root: of the project.
        begin: whether a store that holds nothing yet becomes this user's.

    Raises:
        RecipeError: it holds results, and this user has neither begun nor adopted it.
    """
    from recipedsl.runtime.ownership import ownership_of

    store = store_of(root)
    ownership = ownership_of(store)
    if begin:
        ownership.claim()
    ownership.check()
    return store


def makers_of(root: Path) -> Makers:
    """What carries out each kind of node; engines are imported when there is something for them to do."""
    from recipedsl.data.reading.files import ReadPolicy
    from recipedsl.runtime.execute import Makers

    policy = ReadPolicy(root)

    def data(node: DataNode, inputs: Mapping[str, Path], out: Path) -> dict[str, Any]:
        from recipedsl.data.engine import make_data

        return make_data(node, inputs, out, policy)

    def tokens(node: TokensNode, rows: Path, model: Path, out: Path) -> dict[str, Any]:
        from recipedsl.data.tokens.prepare import make_tokens

        return make_tokens(node, rows, model, out, root)

    # A plan may have been made on another machine: what it reads is fetched where it is not at hand.
    return Makers(data=data, tokens=tokens, digest=facts_of(root, fetch=True).digest)


@contextmanager
def makers_on(engine: Engine, root: Path, observer: Observer) -> Iterator[Makers]:
    """What carries out each kind of node, data nodes by the engine; its workers end when this does."""
    makers = makers_of(root)
    if engine.keyword == "local":
        yield makers
        return
    from recipedsl.data.reading.files import ReadPolicy
    from recipedsl.data.sharding.making import make_sharded
    from recipedsl.diagnostics.codes.run_cluster import NotShared
    from recipedsl.runtime.cluster import RayWorkers

    root = root.absolute()
    workers = RayWorkers(root, engine.address)

    def data(node: DataNode, inputs: Mapping[str, Path], out: Path) -> dict[str, Any]:
        def tell(kind: type[Code], words: str) -> None:
            observer.warning(node, Diagnostic(kind, words, severity=kind.severity))

        workers.tell = tell
        return make_sharded(node, inputs, out, ReadPolicy(root), workers, partial(tell, NotShared))

    try:
        yield replace(makers, data=data)
    finally:
        workers.close()


# --- what is shown of a plan ------------------------------------------------------------------------------


def reasons_of(plan: Plan, store: Store) -> dict[str, Why]:
    """Whether and why each node will be carried out, as things stand now."""
    return {node.name: store.why(plan, node) for node in plan.nodes}


def plan_facts(plan: Plan, root: Path, store: Store, reasons: Mapping[str, Why]) -> PlanFacts:
    """The plan with what was counted so far.

    Args:
        plan: the plan.
        root: of the project.
        store: of the project.
        reasons: taken before anything was prepared, or nothing would seem new.
    """
    from recipedsl.plan.model import ModelNode
    from recipedsl.report.model import PlanFacts

    known = facts_of(root)
    models = {node.name: known.model(node.source) for node in plan.nodes if isinstance(node, ModelNode)}
    standings = {name: _standing(plan, name, store, why) for name, why in reasons.items()}
    profiles = profiles_of(plan, root, store)
    return PlanFacts(plan, standings, models, speeds_of(plan, store), known.device(), profiles)


#: Rows up to which `plan` counts the profile of a dataset; it takes a second. Of larger ones it shows what
#: `recipedsl data` has counted.
_PROFILED_ROWS = 100_000


def profiles_of(plan: Plan, root: Path, store: Store) -> dict[str, Profile]:
    """What `recipedsl data` shows of the datasets that were made, by name of the node."""
    from recipedsl.cli.looking import Dataset, datasets_of, kept_profile, profile_of_result

    found: dict[str, Profile] = {}
    for node in datasets_of(plan):
        result = store.get(node.fingerprint)
        if result is None:
            continue
        dataset = Dataset(node.name, node, node.parts or ("",))
        is_small = sum(result.manifest.facts["rows"].values()) <= _PROFILED_ROWS
        profile = (profile_of_result if is_small else kept_profile)(dataset, result, root)
        if profile is not None:
            found[node.name] = profile
    return found


def _standing(plan: Plan, name: str, store: Store, why: Why) -> Standing:
    from recipedsl.report.model import Standing, Status

    fingerprint = plan.node(name).fingerprint
    result = store.get(fingerprint)
    if result is None:
        return Standing(Status(why.state), why.reasons, done=_steps_done(store, fingerprint))
    facts = {"seconds": result.manifest.seconds, **result.manifest.facts}
    return Standing(Status(why.state), why.reasons, facts)


def _steps_done(store: Store, fingerprint: str) -> int:
    """Steps of an interrupted stage that need not be done once more."""
    from recipedsl.runtime.checkpoints import newest

    checkpoint = newest(store.work_of(fingerprint) / "checkpoints")
    return checkpoint.step if checkpoint is not None and checkpoint.fingerprint == fingerprint else 0


def speeds_of(plan: Plan, store: Store) -> dict[str, Speed]:
    """How fast earlier stages trained on the plan's base models; the one with most tokens counts."""
    from recipedsl.plan.model import ModelNode

    bases = {node.fingerprint: node.name for node in plan.nodes if isinstance(node, ModelNode)}
    found: dict[str, tuple[float, Speed]] = {}
    for result in store.list():
        tokens, seconds = result.manifest.facts.get("tokens") or 0, result.manifest.seconds
        if result.manifest.kind != "stage" or not tokens or seconds <= 0:
            continue
        for base in set(result.node.get("inputs", {}).values()) & set(bases):
            speed = _speed(tokens / seconds, result.manifest.name, result.manifest.facts)
            if tokens > found.get(bases[base], (0.0, speed))[0]:
                found[bases[base]] = (tokens, speed)
    return {name: speed for name, (_, speed) in found.items()}


def _speed(tokens_per_second: float, stage: str, facts: Mapping[str, Any]) -> Speed:
    from recipedsl.report.model import Speed

    return Speed(tokens_per_second, stage, str(facts.get("device", "this machine")))
