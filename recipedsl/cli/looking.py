"""Where `data` and `plan` meet the profiles: which result a name means, what was counted of it before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recipedsl.data.profiles.model import Made, Profile
    from recipedsl.language.types import RowType
    from recipedsl.plan.model import DataNode, Plan
    from recipedsl.runtime.store import Result, Store


@dataclass(frozen=True)
class Dataset:
    """A dataset, or some of its parts.

    Attributes:
        name: as it was asked for.
        node: what makes it.
        parts: the parts that are meant, in their order; the empty one where there are none.
    """

    name: str
    node: DataNode
    parts: tuple[str, ...]


def datasets_of(plan: Plan) -> tuple[DataNode, ...]:
    """The datasets of a plan, in their order."""
    from recipedsl.plan.model import DataNode

    return tuple(each for each in plan.nodes if isinstance(each, DataNode))


def dataset_named(plan: Plan, name: str) -> Dataset:
    """The dataset, or the part of one, that a name means.

    Raises:
        RecipeError: there is none of that name; the nearest is told.
    """
    known = {each.name: each for each in datasets_of(plan)}
    if name in known:
        return Dataset(name, known[name], known[name].parts or ("",))
    whole, _, part = name.rpartition(".")
    if whole in known and part in known[whole].parts:
        return Dataset(name, known[whole], (part,))
    raise _unknown(name, [every for each in known.values() for every in names_of(each)], known.get(whole))


def names_of(node: DataNode) -> tuple[str, ...]:
    """A dataset and its parts, as one asks for them."""
    return (node.name, *(f"{node.name}.{part}" for part in node.parts))


def _unknown(name: str, known: list[str], whole: DataNode | None) -> Exception:
    from recipedsl.diagnostics import Diagnostic, Help, Label, RecipeError, nearest
    from recipedsl.diagnostics.codes.names import UnknownName, UnknownPart
    from recipedsl.source import Source, Span

    label = Label(Source("NAME", name), Span(0, len(name)), "no such dataset")
    listed = ", ".join(f"`{each}`" for each in known)
    close = nearest(name, known)
    helps = (Help(f"a similar name exists: `{close}`"),) if close else ()
    notes = (f"the datasets: {listed}" if known else "the recipe declares no dataset",)
    if whole is not None:
        words = f"`{whole.name}` has no part `{name.rpartition('.')[2]}`"
        return RecipeError(Diagnostic(UnknownPart, words, label, notes=notes, helps=helps))
    words = f"the recipe has no dataset `{name}`"
    return RecipeError(Diagnostic(UnknownName, words, label, notes=notes, helps=helps))


# --- profiles -----------------------------------------------------------------------------------------


def cache_of(root: Path, kind: str) -> Path:
    """Where looks are kept."""
    return root / ".recipedsl" / "cache" / kind


def profile_of_result(dataset: Dataset, result: Result, root: Path) -> Profile:
    """The profile of a dataset that was made: kept from before, or counted now and kept."""
    from recipedsl.data.profiles.kept import kept_or_made
    from recipedsl.data.profiles.model import Profile

    def make() -> Profile:
        from recipedsl.data.profiles.parts import rows_in
        from recipedsl.data.profiles.profile import profile_of

        return profile_of(rows_in(result.folder, dataset.parts), dataset.node.shape, row_of(result))

    return kept_or_made(cache_of(root, "profiles"), _key(dataset, result), Profile, make)


def kept_profile(dataset: Dataset, result: Result, root: Path) -> Profile | None:
    """The profile of a dataset where it was counted before."""
    from recipedsl.data.profiles.kept import kept
    from recipedsl.data.profiles.model import Profile

    return kept(cache_of(root, "profiles"), _key(dataset, result), Profile)


def _key(dataset: Dataset, result: Result) -> str:
    """What a profile depends on: the contents of the files, which the store has hashed, and their types."""
    from recipedsl.data.profiles.kept import key_of

    files = [result.manifest.files[f"{part or 'rows'}.parquet"] for part in dataset.parts]
    return key_of("profile", files, str(dataset.node.shape), result.manifest.facts.get("columns"))


def row_of(result: Result) -> RowType:
    """Names and types of the columns that a result has."""
    from recipedsl.language.types import RowType

    return RowType.from_json(result.manifest.facts["columns"])


# --- funnels ------------------------------------------------------------------------------------------


def funnel_of(dataset: Dataset, plan: Plan, store: Store, inputs: Mapping[str, Path]) -> Made:
    """The funnel of a dataset: kept from before, or made now and kept when every step went through.

    Args:
        dataset: all of it is looked at.
        plan: that it stands in.
        store: of the project; what is made on the way lies in it for a while.
        inputs: result folders of the datasets that it reads.

    Raises:
        RecipeError: its source cannot be read.
    """
    from recipedsl.data.profiles.kept import keep, kept, key_of
    from recipedsl.data.profiles.model import Funnel, Made

    tokenizer = tokenizer_for(dataset.node.name, plan, store)
    fingerprint = dataset.node.fingerprint
    key = key_of("funnel", fingerprint, tokenizer and tokenizer[1].name)
    folder = cache_of(store.root, "funnels")
    found = kept(folder, key, Funnel)
    if found is not None:
        return Made(found)
    from recipedsl.data.profiles.funnel import make_funnel
    from recipedsl.data.reading.files import ReadPolicy

    with store.making(f"{fingerprint}-funnel") as making:
        made = make_funnel(dataset.node, inputs, making.folder, ReadPolicy(store.root), tokenizer)
    if not made.problems:
        keep(folder, key, made.funnel)
    return made


def tokenizer_for(name: str, plan: Plan, store: Store) -> tuple[str, Path] | None:
    """Name and folder of the model whose tokens the rows of a dataset become; None where none is at hand."""
    from recipedsl.plan.model import TokensNode

    behind = _behind(name, plan)
    for node in plan.nodes:
        if isinstance(node, TokensNode) and node.data.node in behind:
            result = store.get(plan.node(node.model).fingerprint)
            if result is not None:
                return node.model, result.folder
    return None


def _behind(name: str, plan: Plan) -> set[str]:
    """A dataset and all that are made of it."""
    from recipedsl.plan.model import inputs_of

    found = {name}
    for node in datasets_of(plan):  # inputs stand above, so one pass is enough
        if found.intersection(inputs_of(node)):
            found.add(node.name)
    return found


def read_by(name: str, plan: Plan) -> tuple[str, ...]:
    """What reads a dataset, as a person knows it: the stage or eval behind its tokens, another dataset."""
    from recipedsl.plan.model import TokensNode, inputs_of

    readers: list[str] = []
    for node in plan.nodes:
        if name in inputs_of(node):
            readers += _readers(plan, node.name) if isinstance(node, TokensNode) else [node.name]
    return tuple(dict.fromkeys(readers))


def _readers(plan: Plan, tokens: str) -> Iterable[str]:
    from recipedsl.plan.model import inputs_of

    return [node.name for node in plan.nodes if tokens in inputs_of(node)]
