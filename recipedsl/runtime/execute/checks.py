"""What is looked at before anything is made: the plan, the files it was made from, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from recipedsl.diagnostics import Diagnostic, Help, RecipeError, Severity
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.diagnostics.codes.run import DiskTooSmall, FileChanged, PlanUnfit, VersionsDiffer
from recipedsl.plan.identity import deciding_packages
from recipedsl.plan.model import (
    DataNode,
    LaterNode,
    LaterSource,
    ModelNode,
    Node,
    Origin,
    Plan,
    ReadSource,
    RewardTerm,
    StageNode,
    TokensNode,
)
from recipedsl.plan.verify import faults
from recipedsl.runtime.execute.places import placed

#: Bytes that any run may need for data, token ids and events.
_FLOOR = 256 * 2**20

#: Bytes a weight: 4 for itself; a checkpoint holds it and two moments of Adam, and the next one is
#: written before the last one goes.
_RESULT, _CHECKPOINTS = 4, 2 * 3 * 4


def check_plan(plan: Plan) -> None:
    """Raises RecipeError for a plan that contradicts itself, or holds what cannot be carried out yet."""
    found = tuple(faults(plan))
    if found:
        hint = Help("`recipedsl run` on the recipe makes a new plan")
        raise RecipeError(Diagnostic(PlanUnfit, "the plan is not fit to run", notes=found, helps=(hint,)))
    later = [f"{each.origin}: {each.what}" for each in plan.later]
    later += [f"{node.origin}: `{node.name}`" for node in plan.nodes if not later and _is_later(node)]
    if later:
        raise RecipeError(
            Diagnostic(NotYet, "the plan holds what cannot be carried out yet", notes=tuple(later))
        )


def _is_later(node: Node) -> bool:
    return isinstance(node, LaterNode) or (
        isinstance(node, DataNode) and isinstance(node.source, LaterSource)
    )


def check_versions(
    nodes: Sequence[Node], todo: Sequence[Node], planned: Mapping[str, str], installed: Mapping[str, str]
) -> tuple[Node, Diagnostic] | None:
    """Whether what is to be made would be what the plan says.

    Versions of the packages that decide a result are part of its fingerprint. A plan that was made with
    others cannot be carried out: its results would lie in the store under a name that is not theirs. What
    is there already was made with the plan's versions and may be used; that is worth a word.

    Args:
        nodes: asked for.
        todo: those of them that are to be made.
        planned, installed: versions by package.

    Returns:
        The first node that is not what these versions would make, and a warning.

    Raises:
        RecipeError: a node that is to be made depends on a version that differs.
    """
    for node in (*todo, *nodes):
        packages = deciding_packages(node)
        differing = [name for name in packages if planned.get(name, "") != installed.get(name, "")]
        if not differing:
            continue
        notes = tuple(
            f"{name}: {planned.get(name) or 'none'} in the plan, {installed.get(name) or 'none'} here"
            for name in differing
        )
        if node in todo:
            raise RecipeError(_other_versions(node, notes))
        words = f"the plan was made with another {' and '.join(differing)}; its results are used as they are"
        return node, Diagnostic(VersionsDiffer, words, notes=notes, severity=Severity.WARNING)
    return None


def _other_versions(node: Node, notes: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        VersionsDiffer,
        f"`{node.name}` cannot be made as planned: other versions are installed",
        notes=notes,
        helps=(Help("`recipedsl plan RECIPE --json` makes a plan for what is installed"),),
    )


def check_files(nodes: Iterable[Node], digest: Callable[[str], str], root: Path) -> None:
    """Whether the files are those that the plan was made from.

    Raises:
        RecipeError: one diagnostic for each that is not.
    """
    found = []
    for path, (planned, origin) in dict(_files(nodes)).items():
        now = digest(path)
        if now != planned:
            found.append(placed(_changed(path, planned, now), origin, root))
    if found:
        raise RecipeError(*found)


def _files(nodes: Iterable[Node]) -> Iterator[tuple[str, tuple[str, Origin]]]:
    """Every file with the digest that the plan knows of it, and who reads it."""
    for node in nodes:
        if isinstance(node, DataNode) and isinstance(node.source, ReadSource) and node.source.digest:
            yield node.source.path, (node.source.digest, node.origin)
        if isinstance(node, ModelNode | TokensNode) and node.template.digest:
            yield node.template.path, (node.template.digest, node.origin)
        if isinstance(node, StageNode):
            yield from ((path, (digest, node.origin)) for path, digest in _functions(node.rewards))


def _functions(terms: Iterable[RewardTerm]) -> Iterator[tuple[str, str]]:
    """Files of the user's own functions that a reward calls, with their digests."""
    for term in terms:
        settings = term.score.settings
        if term.score.keyword == "python" and settings.get("digest"):
            yield str(settings["function"]).rpartition(":")[0], str(settings["digest"])
        for inner in term.score.terms.values():
            yield from _functions(inner)


def _changed(path: str, planned: str, now: str) -> Diagnostic:
    message = f"`{path}` has changed since the plan was made" if now else f"`{path}` is not there any more"
    notes = (f"planned: {planned}", f"found:   {now}") if now else ()
    helps = (Help("`recipedsl run` on the recipe plans anew"),)
    return Diagnostic(FileChanged, message, notes=notes, helps=helps)


def check_disk(nodes: Iterable[Node], weights: Callable[[str], int], folder: Path) -> None:
    """Whether the disk has room for what is to be made.

    Args:
        nodes: to be made.
        weights: number of weights of a base model by node name; 0 if unknown.
        folder: on the disk in question.

    Raises:
        RecipeError: it has not.
    """
    needed = _FLOOR + sum(
        stage_bytes(node, weights(node.base)) for node in nodes if isinstance(node, StageNode)
    )
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise RecipeError(_too_small(folder, needed, free))


def stage_bytes(node: StageNode, weights: int) -> int:
    """Estimate of what a stage writes, in bytes: result, two checkpoints, a merged start."""
    trained = 0 if node.adapter_use in ("new", "continue", "merge_new") else weights
    merged = _RESULT * weights if node.adapter_use == "merge_new" else 0
    return merged + (_RESULT + _CHECKPOINTS) * trained


def _too_small(folder: Path, needed: int, free: int) -> Diagnostic:
    return Diagnostic(
        DiskTooSmall,
        f"the disk has {_size(free)} left, and the plan may need {_size(needed)}",
        notes=(f"disk of {folder}", "full weights keep a result and two checkpoints with optimizer states"),
        helps=(Help("`recipedsl store gc` removes results that no recipe needs; adapters need little room"),),
    )


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
