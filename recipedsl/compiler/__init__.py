"""The compiler's door: a recipe's text and facts about the world in, tree, recipe, plan and problems out."""

from recipedsl.compiler.compiler import Outcome, Request, check_source, compile_source
from recipedsl.compiler.conditions import condition_over
from recipedsl.compiler.dump import dump_recipe

__all__ = ["Outcome", "Request", "check_source", "compile_source", "condition_over", "dump_recipe"]
