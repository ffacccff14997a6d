"""Chat templates: the declaration `template name { … }`, and the text of the templates that are ours."""

from recipedsl.language.templates.base import TEMPLATES, Template

__all__ = ["TEMPLATES", "Template"]
