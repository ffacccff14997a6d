"""Text to tree and back: scan, layout, parse with recovery, the formatter, golden views."""

from recipedsl.syntax import tree
from recipedsl.syntax.dump import dump_tokens, dump_tree
from recipedsl.syntax.format import format_source
from recipedsl.syntax.parse import parse
from recipedsl.syntax.scan import scan
from recipedsl.syntax.write import write

__all__ = ["dump_tokens", "dump_tree", "format_source", "parse", "scan", "tree", "write"]
