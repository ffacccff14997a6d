"""`local(path)`: a model folder of the project."""

from __future__ import annotations

from pathlib import Path

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import ChecksumDiffers, ModelNotFound, OutsideRoot
from recipedsl.plan.model import ModelSource
from recipedsl.runtime.models.folder import Found, digest_of_folder


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
    folder = (root / path).resolve()
    if not folder.is_relative_to(root.resolve()):
        hint = Help("a folder below the project's root")
        raise RecipeError(Diagnostic(OutsideRoot, f"`{path}` lies outside the project", helps=(hint,)))
    return folder if folder.is_dir() else None


def _changed(path: str, wanted: str, found: str) -> Diagnostic:
    return Diagnostic(
        ChecksumDiffers,
        f"the model in `{path}` has changed since the plan was made",
        notes=(f"planned: {wanted}", f"found:   {found}"),
        helps=(Help("`recipedsl run` on the recipe plans anew"),),
    )
