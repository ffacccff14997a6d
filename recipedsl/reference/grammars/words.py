"""The words that grammars of editors tell apart, as lists: all from where the language has them."""

from __future__ import annotations

from recipedsl.language import catalogue
from recipedsl.language.functions.base import is_operator
from recipedsl.reference.grammar_words import GRAMMAR_WORDS
from recipedsl.semantics.params import PARAM_TYPES
from recipedsl.semantics.rounds import OF_ROUNDS
from recipedsl.semantics.scope import BARE_KINDS, NAMED_KINDS
from recipedsl.syntax.scan import RESERVED, SYMBOLS

#: What colours a word: every grammar tells these apart, and a test holds that they do so alike.
CLASSES = (
    "comment", "doc", "keyword", "declaration", "method", "step", "function", "setting", "field", "type",
    "number", "string", "escape", "quoted", "constant", "operator", "punctuation", "name",
)  # fmt: skip

#: Words of kinds of declarations that are plain names to the grammar.
THINGS = (*NAMED_KINDS, *BARE_KINDS)
KINDS = ("data", *THINGS)

#: Reserved words that hold a place of their own in expressions.
CONSTANTS = ("true", "false", "none")
WORD_OPERATORS = ("and", "or", "not", "in")

#: Reserved words that a name follows, so that the two are one declaration.
NAMING = ("import", "type", "param", "let")

#: A free word everywhere but between what is copied and its block.
COPYING = "with"

PUNCTUATION = frozenset("()[]{}:,.")

#: Calls in the place of values that no concept stands behind.
_CALLS = ("env", "file")


def keywords() -> tuple[str, ...]:
    """Reserved words that are neither constants nor operators."""
    return tuple(sorted(RESERVED - {*CONSTANTS, *WORD_OPERATORS}))


def methods() -> tuple[str, ...]:
    """Words behind the colon of a stage."""
    return catalogue.keywords("stage")


def steps() -> tuple[str, ...]:
    """Words behind `|`."""
    return catalogue.keywords("step")


def functions() -> tuple[str, ...]:
    """Every word that may stand before `(`, in order of the alphabet."""
    families = (each for name, each in catalogue.words().items() if name not in ("stage", "step", "block"))
    called = {word.keyword for family in families for word in family if not is_operator(word)}
    return tuple(sorted({*called, *OF_ROUNDS, *_CALLS}))


def types() -> tuple[str, ...]:
    """Names of types that the language has itself."""
    return tuple(sorted({*(each.word for each in GRAMMAR_WORDS if each.sort == "type"), *PARAM_TYPES}))


def operators() -> tuple[str, ...]:
    """Signs that are operators, longest first, so that the first that fits is the right one."""
    return tuple(sorted(set(SYMBOLS) - PUNCTUATION, key=lambda sign: (-len(sign), sign)))
