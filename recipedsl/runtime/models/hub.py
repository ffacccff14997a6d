"""`hub(name, revision)`: a model of the Hugging Face hub, safetensors and tokenizer only.

The hub's own cache is used, so that what other programs have fetched is not fetched again, and a
later run needs no network. Tokens and end points are those of the user's hub configuration.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import ModelGated, ModelNotFound, ModelOffline
from recipedsl.language.names import is_repository
from recipedsl.plan.hub_answers import refuse_paths_of_hubs
from recipedsl.plan.model import ModelSource
from recipedsl.runtime.models.fetching import Meter, Tell, nobody, watched
from recipedsl.runtime.models.folder import WANTED, Found

_COMMIT = re.compile(r"[0-9a-f]{40}")

#: What is needed of a repository before it is worth the name of a model at hand.
_NEEDED = ("config.json", "tokenizer.json")


def fetch(source: ModelSource, node: str = "", tell: Tell = nobody) -> Found:
    """The model's folder in the hub's cache; what is missing there is downloaded.

    Args:
        source: a model of the hub.
        node: name of the model's node, for who is told.
        tell: told how far the download is.

    Raises:
        RecipeError: no such model or revision, no access, or no network.
    """
    name, revision = _settings(source)
    if not is_repository(name, revision):
        raise RecipeError(_unknown_name(name, revision))
    at_hand = find(source) if _COMMIT.fullmatch(revision) else None
    # A commit cannot change, so nobody has to be asked; a branch can.
    folder = at_hand if at_hand is not None else _download(name, revision, Meter(node, name, tell))
    return Found(folder, name, folder.name, shared=True)


def find(source: ModelSource) -> Path | None:
    """The model's folder in the hub's cache, if it is there and whole. Reads files only."""
    name, revision = _settings(source)
    if not is_repository(name, revision):
        return None
    repository = cache_folder() / f"models--{name.replace('/', '--')}"
    commit = revision if _COMMIT.fullmatch(revision) else _read_reference(repository, revision)
    folder = repository / "snapshots" / commit
    whole = bool(commit) and all((folder / each).exists() for each in _NEEDED)
    return folder if whole and any(folder.glob("model*.safetensors")) else None


def cache_folder() -> Path:
    """Where the hub's client keeps models: `HF_HUB_CACHE`, `HF_HOME/hub` or the default."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if given:
        return Path(given).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or f"{caches}/huggingface").expanduser() / "hub"


def _settings(source: ModelSource) -> tuple[str, str]:
    return str(source.settings["name"]), str(source.settings.get("revision") or "main")


def _read_reference(repository: Path, revision: str) -> str:
    try:
        return (repository / "refs" / revision).read_text("utf-8").strip()
    except OSError:
        return ""


def _download(name: str, revision: str, meter: Meter) -> Path:
    from huggingface_hub import snapshot_download

    _set_up()
    repository = cache_folder() / f"models--{name.replace('/', '--')}"
    before, meter.size = _bytes_in(repository), _missing_bytes(name, revision, repository)

    def download() -> Path:
        wanted = list(WANTED)
        return Path(
            str(snapshot_download(name, revision=revision, cache_dir=cache_folder(), allow_patterns=wanted))
        )

    def look(*, is_last: bool = False) -> None:
        if meter.size:
            # A file that is asked for twice (a broken connection) is on the disk twice for a while.
            meter.at(min(meter.size, max(0, _bytes_in(repository) - before)), is_last=is_last)

    try:
        look()
        folder = watched(download, look)
    except Exception as error:  # what the hub's client raises is not one family
        raise RecipeError(_diagnostic_of(error, name, revision)) from error
    look(is_last=True)
    return folder


def _set_up() -> None:
    """One bar is enough, and it is ours; and what goes wrong is said once, as a diagnostic."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented so
        disable_progress_bars,
        logging,
    )

    refuse_paths_of_hubs()
    disable_progress_bars()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]


def _bytes_in(repository: Path) -> int:
    """Bytes that the hub's cache holds of a repository, half-fetched files included."""
    sizes = []
    for path in (repository / "blobs").glob("*"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:
            continue  # it got its final name meanwhile
    return sum(sizes)


def _missing_bytes(name: str, revision: str, repository: Path) -> int:
    """Bytes that have to be fetched; 0 where the hub does not say, be it that nobody may ask.

    Why it does not is told by the download itself, which knows whether the cache will do.
    """
    from huggingface_hub import HfApi

    try:
        told = HfApi().model_info(name, revision=revision, files_metadata=True)
    except Exception:  # see `_download`
        return 0
    snapshot = repository / "snapshots" / str(told.sha)
    files = [each for each in told.siblings or () if any(fnmatch(each.rfilename, form) for form in WANTED)]
    return sum(each.size or 0 for each in files if not (snapshot / each.rfilename).exists())


def _diagnostic_of(error: Exception, name: str, revision: str) -> Diagnostic:
    """What the hub's client says, as ours. Order matters: a gated repository is also one not found."""
    from huggingface_hub import errors

    kinds: tuple[tuple[type[Exception], Callable[[str, str], Diagnostic]], ...] = (
        (errors.GatedRepoError, _gated),
        (errors.RepositoryNotFoundError, _unknown_name),
        (errors.RevisionNotFoundError, _unknown_revision),
        (errors.HFValidationError, _unknown_name),
    )
    make = next((make for kind, make in kinds if isinstance(error, kind)), None)
    return make(name, revision) if make else _offline(error, name, revision)


def _gated(name: str, revision: str) -> Diagnostic:
    hint = f"accept the terms on the page of {name}, then `hf auth login` or `HF_TOKEN`"
    return _said(ModelGated, f"{name} is only for those who accepted its terms", hint)


def _unknown_name(name: str, revision: str) -> Diagnostic:
    hint = "look for a typo; a private model needs `hf auth login` or `HF_TOKEN`"
    return _said(ModelNotFound, f"the hub has no model `{name}`, or not for everybody", hint)


def _unknown_revision(name: str, revision: str) -> Diagnostic:
    return _said(
        ModelNotFound, f"{name} has no revision `{revision}`", "a commit, tag or branch of the repository"
    )


def _offline(error: Exception, name: str, revision: str) -> Diagnostic:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    hint = "fetch it once with a network (and without `HF_HUB_OFFLINE`), or use `local(...)`"
    message = f"{name} at `{revision}` is not in the cache and cannot be fetched"
    return _said(ModelOffline, message, hint, f"{type(error).__name__}: {first}", f"cache: {cache_folder()}")


def _said(kind: type[Code], message: str, hint: str, *notes: str) -> Diagnostic:
    return Diagnostic(kind, message, notes=notes, helps=(Help(hint),))
