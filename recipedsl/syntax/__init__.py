"""Text to tree and back: scan, layout, parse with recovery, the formatter, golden views."""

from recipedsl.syntax import tree
from recipedsl.syntax.parse import parse
from recipedsl.syntax.scan import scan

__all__ = ["parse", "scan", "tree"]
