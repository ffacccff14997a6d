"""What is wrong with a recipe, its data or its run, as data. Rendering is somebody else's last step."""

from recipedsl.diagnostics.code import Code, Severity
from recipedsl.diagnostics.model import (
    Applicability,
    Bug,
    Diagnostic,
    Edit,
    Help,
    Label,
    Problems,
    RecipeError,
    Value,
)
from recipedsl.diagnostics.similar import nearest

__all__ = [
    "Applicability",
    "Bug",
    "Code",
    "Diagnostic",
    "Edit",
    "Help",
    "Label",
    "Problems",
    "RecipeError",
    "Severity",
    "Value",
    "nearest",
]
