"""`local(path)`: a model folder of the project."""

from __future__ import annotations

from pathlib import Path

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import ChecksumDiffers, ModelNotFound, OutsideRoot
from recipedsl.plan.model import ModelSource
from recipedsl.runtime.models.folder import Found, digest_of_folder, wanted_files
from recipedsl.source.paths import below, folder_below


def fetch(source: ModelSource, root: Path) -> Found:
    """The model's folder. Not shared: people edit what lies in their project.

    Raises:
        RecipeError: it is not there, lies outside the root, or has changed since the plan was made.
    """
    folder = find(source, root)
    path, wanted = str(source.settings["path"]), str(source.settings.get("digest", ""))
    if folder is None:
        hint = Help("the path counts from the project's root")
        raise RecipeError(Diagnostic(ModelNotFound, f"there is no folder `{path}`", helps=(hint,)))
    found = digest_of_folder(folder)
    if wanted and found != wanted:
        raise RecipeError(_changed(path, wanted, found))
    return Found(folder, path, found)


def find(source: ModelSource, root: Path) -> Path | None:
    """The model's folder, or None. Raises RecipeError for one outside the root."""
    path = str(source.settings["path"])
    if below(root, path) is None:
        raise _outside(f"`{path}` lies outside the project")
    folder = folder_below(root, path)
    for file in wanted_files(folder) if folder else ():
        if below(root, str(file)) is None:
            raise _outside(f"`{file.name}` of `{path}` is a link that leads outside the project")
    return folder


def _outside(message: str) -> RecipeError:
    hint = Help("a folder below the project's root, with its files")
    return RecipeError(Diagnostic(OutsideRoot, message, helps=(hint,)))


def _changed(path: str, wanted: str, found: str) -> Diagnostic:
    return Diagnostic(
        ChecksumDiffers,
        f"the model in `{path}` has changed since the plan was made",
        notes=(f"planned: {wanted}", f"found:   {found}"),
        helps=(Help("`recipedsl run` on the recipe plans anew"),),
    )
