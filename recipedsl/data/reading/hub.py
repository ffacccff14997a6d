"""Files of a dataset of the hub: from the local cache, or fetched where the machine may."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from glob import has_magic
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.patterns import matching
from recipedsl.data.reading.whole import write_whole
from recipedsl.diagnostics import RecipeError
from recipedsl.diagnostics.codes.data_run import DatasetNotAtHand, FileNotFound
from recipedsl.language.names import is_repository
from recipedsl.plan.facts import HubRows
from recipedsl.plan.hub_answers import refuse_paths_of_hubs

_ADDRESS = re.compile(
    r"hf://datasets/(?P<name>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+))?/(?P<path>[^/].*)", re.DOTALL
)
_PIECE = re.compile(r"(?P<before>.*-)(?P<number>\d+)-of-(?P<count>\d+)(?P<after>.*)")
#: Characters of a card's front matter that are read; its reader is slow.
_MOST_OF_CARD = 200_000
_ENDINGS = (".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".csv")


def dataset_files(source: HubRows, *, fetch: bool = True) -> dict[str, Path]:
    """The files of a split, by the path that they have in the dataset.

    A revision that is in the local cache is read from there, with no network. Otherwise the files
    of the split alone are fetched, unless `HF_HUB_OFFLINE` is set or `fetch` is false.

    Raises:
        RecipeError: when the dataset is not at hand, or has no file for the split.
    """
    if not is_repository(source.name, source.revision):
        raise _not_at_hand(source, "the hub has no such names", None)
    folder = cached_folder(source)
    if folder is not None:
        chosen = files_of_split(_listing(folder) or _names_in(folder), source, _card(folder))
        if chosen and is_whole(chosen) and _are_there(folder, chosen):
            return {f"{source.name}/{name}": folder / name for name in chosen}
    if not fetch or _is_offline():
        raise _not_at_hand(source, "it is not in the local cache", folder)
    folder, chosen = _fetched(source, lambda names, card: files_of_split(names, source, card))
    return {f"{source.name}/{name}": folder / name for name in chosen}


def files_of_address(address: str, *, fetch: bool = True) -> dict[str, Path]:
    """The files of `hf://datasets/owner/name[@revision]/path`, by their addresses; the path may be a glob.

    As with a split, what the local cache has is read with no network. What a glob stands for is known
    only from the hub's listing, which is asked for once; a cache that others filled has none, and is taken
    as it is only where the hub may not be asked.

    Raises:
        RecipeError: when it is no such address, or the files are not at hand.
    """
    found = _ADDRESS.fullmatch(address)
    revision = unquote(found["revision"] or "") if found else ""
    source = HubRows(found["name"] if found else "", split="", revision=revision)
    if found is None or not is_repository(source.name, source.revision) or "\0" in address:
        words = f"`{address[:200]}` names no files of a dataset"
        raise mistake(
            FileNotFound, words, helps='an address is "hf://datasets/owner/name@revision/data/*.parquet"'
        )
    pattern, asked = found["path"], fetch and not _is_offline()
    folder = cached_folder(source)
    if folder is not None:
        names = _listing(folder)
        chosen = matching(names or _names_in(folder), pattern)
        is_known = names is not None or not has_magic(pattern) or not asked
        if chosen and is_known and is_whole(chosen) and _are_there(folder, chosen):
            return _addressed(source, folder, chosen)
    if not asked:
        raise _address_not_at_hand(address, folder)
    folder, chosen = _fetched(source, lambda names, _: matching(names, pattern), pattern)
    return _addressed(source, folder, chosen)


def _addressed(source: HubRows, folder: Path, names: list[str]) -> dict[str, Path]:
    at = f"@{source.revision}" if source.revision else ""
    return {f"hf://datasets/{source.name}{at}/{name}": folder / name for name in names}


def _address_not_at_hand(address: str, folder: Path | None) -> RecipeError:
    why = "it is not in the local cache" if folder is None else "the cached revision lacks files of it"
    where = "the local cache is where `HF_HUB_CACHE` or `HF_HOME` says"
    hint = "where there is a network, `recipedsl plan` fetches it"
    return mistake(DatasetNotAtHand, f"`{address}` is not at hand", why, where, helps=hint)


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def cache_root() -> Path:
    """Folder of the hub's cache, as huggingface_hub finds it."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.environ["HF_HUB_CACHE"])
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def _base(source: HubRows) -> Path:
    """The folder of a dataset in the cache."""
    return cache_root() / f"datasets--{source.name.replace('/', '--')}"


def cached_folder(source: HubRows) -> Path | None:
    """Snapshot of the revision in the local cache, None when there is none."""
    base = _base(source)
    revision = source.revision or "main"
    reference = base / "refs" / revision
    commit = reference.read_text().strip() if reference.is_file() else revision
    folder = base / "snapshots" / commit
    return folder if folder.is_dir() else None


def _names_in(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())


def _are_there(folder: Path, names: Iterable[str]) -> bool:
    return all((folder / name).is_file() for name in names)


def _listing_of(folder: Path) -> Path:
    """Where the names of all files of a commit are kept; a snapshot alone does not tell what it lacks."""
    return folder.parents[1] / "recipedsl" / f"{folder.name}.json"


def _listing(folder: Path) -> list[str] | None:
    """Names of all files of the commit, None when the hub was never asked."""
    with suppress(OSError, ValueError, TypeError):
        return [name for name in json.loads(_listing_of(folder).read_text("utf-8")) if _is_below(name)]
    return None


def _is_below(name: str) -> bool:
    """Whether the name of a file, which a stranger gave, leads nowhere else."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def files_of_split(names: Iterable[str], source: HubRows, card: str = "") -> list[str]:
    """The files of a configuration and split, told by the dataset's card or by how files are named.

    Named are files such as `data/train-00000-of-00002.parquet`, `main/train.jsonl`,
    `train/0000.parquet`; what belongs to another configuration is left out.
    """
    known = sorted(name for name in names if name.endswith(_ENDINGS))
    for pattern in _card_patterns(card, source):
        found = [name for name in known if fnmatch.fnmatch(name, pattern)]
        if found:
            return found
    found = [name for name in known if _is_of_split(PurePosixPath(name), source)]
    # One format only: some datasets hold the same rows twice.
    return next((same for same in ([n for n in found if n.endswith(end)] for end in _ENDINGS) if same), [])


def is_whole(names: Iterable[str]) -> bool:
    """Whether no piece is missing of files named `…-00000-of-00002…`: a fetch may have broken off."""
    pieces: dict[tuple[str, str, str], set[str]] = {}
    for name in names:
        found = _PIECE.fullmatch(name)
        if found:
            pieces.setdefault((found["before"], found["count"], found["after"]), set()).add(found["number"])
    return all(len(numbers) == int(count) for (_, count, _), numbers in pieces.items())


def _is_of_split(path: PurePosixPath, source: HubRows) -> bool:
    folders = path.parts[:-1]
    if source.config and source.config not in ("default", *folders):
        return False
    if not source.config and len(folders) > 1 and folders[-1] != source.split:
        return False
    stem = path.name.split(".", 1)[0]
    named = re.fullmatch(rf"{re.escape(source.split)}(?:[-_.]\d.*)?", stem) is not None
    return named or (bool(folders) and folders[-1] == source.split)


def _card(folder: Path) -> str:
    card = folder / "README.md"
    return card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""


def _card_patterns(card: str, source: HubRows) -> list[str]:
    """Globs that the card's front matter gives for the split."""
    if not card.startswith("---"):
        return []
    import yaml  # type: ignore[import-untyped]

    front = card.split("---", 2)[1]
    try:
        told = (yaml.safe_load(front[:_MOST_OF_CARD]) or {}).get("configs", [])
    except (yaml.YAMLError, AttributeError, ValueError, RecursionError):
        return []
    # The card is a stranger's: what has another form than it should says nothing.
    configs = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    chosen = [each for each in configs if each.get("config_name", "default") == (source.config or "default")]
    chosen = chosen or (configs if len(configs) == 1 and not source.config else [])
    return [path for each in chosen for path in _data_files(each.get("data_files"), source.split)]


def _data_files(given: object, split: str) -> list[str]:
    if isinstance(given, str):
        return [given] if split == "train" else []
    entries = given if isinstance(given, list) else []
    found: list[str] = []
    for each in entries:
        if isinstance(each, dict) and each.get("split") == split:
            path = each.get("path", [])
            paths = path if isinstance(path, list) else [path]
            found += [each for each in paths if isinstance(each, str)]
    return found


_Choice = Callable[[list[str], str], list[str]]


def _fetched(source: HubRows, choose: _Choice, pattern: str = "") -> tuple[Path, list[str]]:
    """The snapshot with the chosen files in it, and their names.

    Args:
        source: the dataset and its revision.
        choose: picks from the names of all files, and the text of the card.
        pattern: what is looked for, where it is no split.
    """
    try:
        return _fetch_chosen(source, choose, pattern)
    except RecipeError:
        raise
    except Exception as error:  # what the hub's client raises is not one family
        raise _refused(source, error) from error


def _fetch_chosen(source: HubRows, choose: _Choice, pattern: str) -> tuple[Path, list[str]]:
    from huggingface_hub import HfApi

    _set_up()
    # One commit for all files, whatever is pushed while they are fetched.
    commit = str(HfApi().dataset_info(source.name, revision=source.revision or None).sha)
    pinned = replace(source, revision=commit)
    names = [*filter(_is_below, HfApi().list_repo_files(source.name, repo_type="dataset", revision=commit))]
    card = _fetch(pinned, "README.md").read_text("utf-8", "replace") if "README.md" in names else ""
    chosen = choose(names, card)
    if not chosen:
        what = f"fits `{pattern}`" if pattern else "is of the split"
        raise _not_at_hand(source, f"none of its {len(names)} files {what}", None)
    folder = _base(source) / "snapshots" / commit
    # Before the first file comes: a fetch that breaks off is not taken for the whole.
    write_whole(_listing_of(folder), json.dumps(names))
    for name in chosen:
        _fetch(pinned, name)
    if source.revision != commit:
        write_whole(_base(source) / "refs" / (source.revision or "main"), commit)
    return folder, chosen


def _set_up() -> None:
    """No bars but on a terminal; and what goes wrong is said once, as a diagnostic."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented so
        disable_progress_bars,
        logging,
    )

    refuse_paths_of_hubs()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    if not sys.stderr.isatty():
        disable_progress_bars()


def _fetch(source: HubRows, name: str) -> Path:
    from huggingface_hub import hf_hub_download

    revision = source.revision or None
    return Path(
        hf_hub_download(source.name, name, repo_type="dataset", revision=revision, cache_dir=cache_root())
    )


def _refused(source: HubRows, error: Exception) -> RecipeError:
    """What the hub's client says. Order matters: a gated repository is also one not found."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        hint = f"accept the terms on the page of {source.name}, then `hf auth login` or `HF_TOKEN`"
        return _not_at_hand(source, "it is only for those who accepted its terms", None, hint)
    if isinstance(error, errors.RepositoryNotFoundError):
        hint = "look for a typo; a private dataset needs `hf auth login` or `HF_TOKEN`"
        return _not_at_hand(source, "the hub has no such dataset, or not for everybody", None, hint)
    if isinstance(error, errors.RevisionNotFoundError):
        hint = "a commit, tag or branch of the repository"
        return _not_at_hand(source, f"it has no revision `{source.revision or 'main'}`", None, hint)
    return _not_at_hand(source, f"the hub cannot be reached: {reason_of(error)}", None)


def _not_at_hand(source: HubRows, why: str, folder: Path | None, hint: str = "") -> RecipeError:
    config = f" of `{source.config}`" if source.config else ""
    split = f", split `{source.split}`{config}," if source.split else ""
    notes = [
        why if folder is None else f"the cached revision lacks files of the split `{source.split}`{config}"
    ]
    notes.append("the local cache is where `HF_HUB_CACHE` or `HF_HOME` says")
    return mistake(
        DatasetNotAtHand,
        f"the dataset `{source.name}`{split} is not at hand",
        *notes,
        helps=hint
        or 'where there is a network, `recipedsl plan` fetches it; or read its files with `read("…parquet")`',
    )
