"""What is fine to run and likely not meant: one rule a file, with its page, thresholds and their sources."""

from recipedsl.lint.allow import Allows, read_allows
from recipedsl.lint.base import Rule, Subject
from recipedsl.lint.registry import RULES, every_kind, lints

__all__ = ["RULES", "Allows", "Rule", "Subject", "every_kind", "lints", "read_allows"]
