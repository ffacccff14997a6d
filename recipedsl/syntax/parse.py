"""Text to tree. Any text gives a tree; what could not be read is `Broken` and has been reported."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, cast

import lark
from lark.exceptions import UnexpectedToken

from recipedsl.diagnostics import Label, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax import grammar, tree
from recipedsl.syntax.copies import mark_copies
from recipedsl.syntax.foreign import with_own_constants, with_own_datasets
from recipedsl.syntax.foreign_brackets import with_own_brackets
from recipedsl.syntax.foreign_lines import with_own_lines
from recipedsl.syntax.foreign_steps import with_own_steps
from recipedsl.syntax.foreign_types import with_own_types
from recipedsl.syntax.foreign_values import with_own_values
from recipedsl.syntax.foreign_words import with_own_words
from recipedsl.syntax.layout import END, Layout, layout
from recipedsl.syntax.mending import broken_statement
from recipedsl.syntax.recovery import Action, Repair, give_up, give_up_rest, repair
from recipedsl.syntax.scan import BROKEN, NEWLINE, Token, scan
from recipedsl.syntax.words import (
    Reporter,
    is_bare_assignment,
    is_chained,
    is_nested_block,
    lacks_method,
    sign_before_block,
)

LARGEST = 4_000_000  # characters; rows belong in data files
LONGEST_LINE = (
    100_000  # characters: nobody reads such a line, and the words of it cost memory many times over
)

#: Times that reading goes on after what does not fit; a text with more is no recipe, and each takes time.
MOST_RECOVERIES = 2_000

#: Forms of other languages, in the order in which one may show the next.
_MENDED = (
    with_own_lines,
    with_own_brackets,
    with_own_types,
    with_own_steps,
    with_own_values,
    with_own_words,
)


def parse(source: Source) -> tuple[tree.File, Problems]:
    """The syntax tree of a text and everything that is wrong with its syntax.

    Raises nothing: any text gives a tree, and every span of it lies within the text.
    """
    whole = Span(0, len(source.text))
    too_large = _too_large(source)
    if too_large.has_errors:
        return tree.File(None, (tree.Broken(whole),), source, whole), too_large
    tokens, problems = scan(source)
    laid = _without_too_deep(source, layout(source, tokens), problems)
    mark_copies(laid.tokens)
    for mended in _MENDED:
        laid = mended(source, laid, problems)
    with_own_constants(source, laid, problems)
    edition, items = _Parser(source, laid, problems).run()
    items = with_own_datasets(source, items, problems)
    return tree.File(edition, items, source, whole), problems


def _too_large(source: Source) -> Problems:
    """What is said of a file or a line that is longer than any recipe's."""
    problems, place, size = Problems(), 0, len(source.text)
    if size > LARGEST:
        message = f"a recipe has at most {LARGEST:,} characters, this file has {size:,}"
        problems.report(codes.TooLarge, message, Label(source, Span(0, 0), "too large to be a recipe"))
    while size > LONGEST_LINE and not problems.has_errors and place < size:
        end = source.text.find("\n", place)
        end = size if end < 0 else end
        if end - place > LONGEST_LINE:
            message = f"a line has at most {LONGEST_LINE:,} characters, this one has {end - place:,}"
            label = Label(source, Span(place, place + 1), "too long to be a line of a recipe")
            problems.report(codes.TooLarge, message, label)
        place = end + 1
    return problems


def _without_too_deep(source: Source, laid: Layout, problems: Problems) -> Layout:
    """Whole declarations that nest too deeply are exchanged for one broken one each."""
    if not laid.too_deep:
        return laid
    bounds = [*laid.statements, len(laid.tokens) - 1]
    changes: dict[int, tuple[Token, ...]] = {}
    for number, index in {
        bisect_right(bounds, index) - 1: index for index in reversed(laid.too_deep)
    }.items():
        label = Label(source, laid.tokens[index].span, "nested too deeply")
        message = "more than a hundred brackets or operators inside each other"
        problems.report(codes.TooDeep, message, label)
        start, end = bounds[number : number + 2]
        changes |= dict.fromkeys(range(start, end), ())
        changes[start] = broken_statement(laid.tokens[start].span.to(laid.tokens[end - 1].span))
    return laid.changed(changes)


class _Parser:
    """Feeds the tokens to Lark and goes on after each that does not fit."""

    def __init__(self, source: Source, laid: Layout, problems: Problems) -> None:
        self.source = source
        self.laid = laid
        self.tokens = laid.tokens
        self.state = grammar.fresh_state()
        self.reporter = Reporter(source, laid, problems)
        self.index = 0
        self.recoveries = 0

    def run(self) -> tuple[tree.Number | None, tuple[tree.Item, ...]]:
        """Read to the end."""
        result: Any = None
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            try:
                result = self._feed(token)
            except UnexpectedToken:
                self._recover()
                continue
            if self.index in self.laid.missing:
                self.reporter.missing_closer(self.index)
            elif token.kind in {NEWLINE, "VBAR"}:
                self.reporter.part_ends()
            self.index += 1
        return cast("tuple[tree.Number | None, tuple[tree.Item, ...]]", result)

    def _feed(self, token: Token) -> Any:
        # Lark asks of a token no more than its type.
        return self.state.feed_token(cast(lark.Token, token), is_end=token.kind == END)

    def _recover(self) -> None:
        table = grammar.table()
        self.recoveries += 1
        if self.recoveries > MOST_RECOVERIES:
            self.reporter.not_read(self.index)
            found = give_up_rest(table, self.state, self.tokens)
        elif self._is_foreign_form():
            found = give_up(table, self.state, self.tokens, self.index)
        else:
            found = repair(table, self.state, self.laid, self.index)
            if self._closes_what_is_lost():
                self.index += 1
                return
            self.reporter.unexpected(self.index, found)
        self._apply(found, self.tokens[self.index])

    def _closes_what_is_lost(self) -> bool:
        """Whether an added closing bracket is read whose opening one has been given up."""
        opener = self.laid.missing.get(self.index)
        values = self.state.value_stack
        return opener is not None and not any(isinstance(each, Token) and each is opener for each in values)

    def _is_foreign_form(self) -> bool:
        """Reports forms of other languages that are worth words of their own."""
        token = self.tokens[self.index]
        sign = sign_before_block(self.laid, self.index)
        if token.kind == "FTR":
            self.reporter.misplaced_edition(self.index)
        elif lacks_method(self.laid, self.index):
            self.reporter.missing_method(self.index)
        elif sign is not None:
            self.reporter.block_with_sign(sign)
        elif is_bare_assignment(self.laid, self.index):
            self.reporter.bare_assignment(self.index)
        elif is_chained(self.state.value_stack, token):
            self.reporter.chained(self.index)
        elif is_nested_block(self.tokens, self.index, self.reporter.scene(self.index)):
            self.reporter.nested_block(self.index)
        else:
            return False
        return True

    def _apply(self, found: Repair, token: Token) -> None:
        if found.action is Action.SKIP:
            self._skip(found)
        elif found.action is Action.INSERT:
            place = self._gap()
            self._feed(Token(found.kind, "", Span(place, place)))
        else:
            if found.action is Action.EXCHANGE:
                self._feed(Token(found.kind, token.text, token.span, token.text))
            self.index += 1

    def _skip(self, found: Repair) -> None:
        kept = len(self.state.value_stack) - found.pops
        lost = self.state.value_stack[kept:]
        del self.state.state_stack[len(self.state.state_stack) - found.pops :]
        del self.state.value_stack[kept:]
        start = _start(lost, self.tokens[self.index].span.start)
        end = max(start, self.tokens[found.resume - 1].span.end if found.resume > self.index else self._gap())
        self._feed(Token(BROKEN, "", Span(start, end)))
        if found.ends_line:
            self._feed(Token(NEWLINE, "", Span(end, end)))
        self.index = found.resume

    def _gap(self) -> int:
        """Offset of the end of the token before this one."""
        return self.tokens[self.index - 1].span.end if self.index else 0


def _start(values: list[Any], otherwise: int) -> int:
    """Offset where the first of the values on the parser's stack begins."""
    for value in values:
        if isinstance(value, lark.Tree):
            start = _start(value.children, -1)
        elif isinstance(value, list | tuple):
            start = _start(list(value), -1)
        else:
            start = value.span.start
        if start >= 0:
            return start
    return otherwise
