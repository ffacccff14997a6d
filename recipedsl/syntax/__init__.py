"""Text to tree and back: scan, layout, parse with recovery; `format` writes, `dump` shows.

The formatter and the views are imported from their own modules, so that `check` does without them.
"""

from recipedsl.syntax import tree
from recipedsl.syntax.parse import parse
from recipedsl.syntax.scan import scan

__all__ = ["parse", "scan", "tree"]
