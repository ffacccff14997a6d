"""Diagnostics as text: for people (`terminal`), one a line (`concise`), for programs (`json`).

What code scanning and workflows read, `sarif` and `github`, is imported from its own module.
"""

from recipedsl.diagnostics.render.concise import render_concise
from recipedsl.diagnostics.render.json import render_json
from recipedsl.diagnostics.render.terminal import render_terminal

__all__ = ["render_concise", "render_json", "render_terminal"]
