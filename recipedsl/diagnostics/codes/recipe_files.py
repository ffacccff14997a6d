"""Files of recipes: what cannot be read as one."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code


class RecipeMissing(Code):
    """There is no such recipe.

    What: the path that was given names no file, a folder, or a file of another kind, such as rows or YAML.

    Why: a command works on one file, or finds the recipes below a folder itself (`check`, `fmt`).

    Bad:

        recipedsl plan tutr.ftr

    Good:

        recipedsl plan tutor.ftr
    """

    code: ClassVar[str] = "S090"
    name: ClassVar[str] = "recipe-missing"


class RecipeNotText(Code):
    """A recipe that is no UTF-8 text.

    What: the file holds bytes that are no UTF-8, or is a binary file.

    Why: guessing an encoding would change what strings mean.

    Bad:

        a file saved as UTF-16 or Latin-1

    Good:

        the same file saved as UTF-8
    """

    code: ClassVar[str] = "S091"
    name: ClassVar[str] = "recipe-not-text"


class RecipeEmpty(Code):
    """A recipe in which nothing stands.

    What: the file is empty, or holds nothing but white space.

    Why: there is nothing to train; most often an editor did not save, or a pipe had no input.

    Bad:

        (an empty file)

    Good:

        ftr 1
        model base { from = local("models/tiny") }
    """

    code: ClassVar[str] = "S092"
    name: ClassVar[str] = "recipe-empty"


class PlanFile(Code):
    """A plan file that cannot be read.

    What: the file is no JSON, or is a plan of another version of recipedsl.

    Why: a plan is carried out to the letter; a part that is not understood must not be skipped.

    Bad:

        recipedsl run plan.json     with a file that was cut off

    Good:

        recipedsl plan tutor.ftr --json plan.json
        recipedsl run plan.json
    """

    code: ClassVar[str] = "S093"
    name: ClassVar[str] = "plan-file"


CODES: tuple[type[Code], ...] = (RecipeMissing, RecipeNotText, RecipeEmpty, PlanFile)
