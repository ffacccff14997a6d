"""How the parser goes on after a token that does not fit: tried on the table, nothing is built.

First a repair of one token (put in, taken out, exchanged) with which the following tokens fit. If
there is none, panic mode: give up the smallest part around the place, up to the next `,`, line end,
`|` or closing bracket after which reading can go on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from lark.parsers.lalr_parser_state import ParserState

from recipedsl.syntax.grammar import Table
from recipedsl.syntax.layout import CLOSERS, END, OPENERS, Layout
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, RESERVED, Token

# A repair counts when this many of the tokens after it fit, or all to the end of a setting or step ...
_ENOUGH = 4
# ... and the one that carries furthest wins; looking further costs time and decides nothing.
_WINDOW = 16

_INSERTED = "COLON EQUAL COMMA LPAR RPAR LBRACE RBRACE LSQB RSQB VBAR".split()
_EXCHANGED = ("EQUAL_TO", "UP_TO", "DOT", NEWLINE)
_KEYWORDS = frozenset(word.upper() for word in RESERVED)
_PART_ENDS = frozenset((NEWLINE, "VBAR", END))
_SYNC = frozenset((NEWLINE, "COMMA", "VBAR", END, *CLOSERS))


class Action(Enum):
    """What a repair does with the token that does not fit."""

    INSERT = auto()
    DELETE = auto()
    EXCHANGE = auto()
    SKIP = auto()


@dataclass(frozen=True, slots=True)
class Repair:
    """One way to go on.

    Attributes:
        action: what happens at the token.
        kind: of the token that is put in, or that stands instead.
        pops: SKIP: how many states are given up.
        resume: SKIP: index of the token that is read next.
        ends_line: SKIP: whether a line end has to follow what is given up.
    """

    action: Action
    kind: str = BROKEN
    pops: int = 0
    resume: int = 0
    ends_line: bool = False


def repair(table: Table, state: ParserState[Any], laid: Layout, index: int) -> Repair:
    """The best way to go on at token `index`, which does not fit in `state`."""
    best, reached = None, 0
    for candidate in _candidates(laid, index):
        reach = _reach(table, state.state_stack, laid.tokens, index, candidate)
        if reach > reached:
            best, reached = candidate, reach
    used = {token.kind for token in laid.tokens[index + 1 : index + reached]}
    if best is not None and (reached >= _ENOUGH or not used.isdisjoint(_PART_ENDS)):
        return best
    return give_up(table, state, laid.tokens, index)


def _candidates(laid: Layout, index: int) -> Iterator[Repair]:
    """Repairs in order of preference: of two that carry equally far the first wins."""
    kind = laid.tokens[index].kind
    if kind in {"COLON", "EQUAL_TO", "EQUAL"}:
        for sign in ("EQUAL", "COLON", "EQUAL_TO"):
            # Nobody who writes `a: 1` means `a == 1`.
            if (kind, sign) != ("COLON", "EQUAL_TO"):
                yield Repair(Action.EXCHANGE, sign)
    if kind in _KEYWORDS:
        yield Repair(Action.EXCHANGE, NAME)
    if index in laid.surplus_places:
        yield Repair(Action.DELETE)
    fitting = [sign for sign in _INSERTED if _may_add(laid, index, sign)]
    for sign in fitting:
        yield Repair(Action.INSERT, sign)
    is_removable = _may_remove(laid, index)
    if is_removable:
        yield Repair(Action.DELETE)
    yield Repair(Action.INSERT, BROKEN)
    if is_removable and kind != NEWLINE:
        for sign in (*fitting, *(_EXCHANGED if kind != "COLON" else ())):
            yield Repair(Action.EXCHANGE, sign)
    yield Repair(Action.INSERT, NEWLINE)


def _may_add(laid: Layout, index: int, sign: str) -> bool:
    """A bracket is only put in where its partner lacks one, or the next error would be ours."""
    if sign in OPENERS:
        place = bisect_left(laid.surplus, index)
        return place < len(laid.surplus) and laid.tokens[laid.surplus[place]].kind == OPENERS[sign]
    if sign in CLOSERS:
        places = laid.missing_places
        place = bisect_left(places, index)
        return place < len(places) and laid.tokens[places[place]].kind == sign
    return True


def _may_remove(laid: Layout, index: int) -> bool:
    token = laid.tokens[index]
    if token.kind in CLOSERS:
        return index in laid.missing or index in laid.surplus_places
    if token.kind in OPENERS:
        # Of two in a row either may be the one too many.
        before = laid.tokens[index - 1] if index else token
        return token.span in laid.unclosed or (before.kind == token.kind and before.span in laid.unclosed)
    if token.kind == NEWLINE:
        return not _begins_setting(laid.tokens, index + 1)
    return token.kind != END


def _begins_setting(tokens: list[Token], index: int) -> bool:
    kinds = [token.kind for token in tokens[index : index + 2]]
    return kinds[:1] in (["EXPECT"], ["RBRACE"]) or (
        kinds[:1] == [NAME] and kinds[1:] in (["EQUAL"], ["EQUAL_TO"], ["COLON"])
    )


def _reach(table: Table, stack: list[int], tokens: list[Token], index: int, candidate: Repair) -> int:
    """How many of the tokens from `index` on are used up when the repair is made."""
    states = stack.copy()
    if candidate.action is not Action.DELETE and not table.shift(states, candidate.kind):
        return 0
    begin = index if candidate.action is Action.INSERT else index + 1
    for place in range(begin, min(index + _WINDOW, len(tokens))):
        if not table.shift(states, tokens[place].kind):
            return place - index if place > begin else 0
    return _WINDOW if index + _WINDOW < len(tokens) else len(tokens) - index


def give_up(table: Table, state: ParserState[Any], tokens: list[Token], index: int) -> Repair:
    """Panic mode: the smallest part around `tokens[index]` after which reading can go on."""
    for place, closed in _ends(tokens, index):
        pops = _pops(table, state, (tokens[place].kind,), closed)
        if pops is not None:
            return Repair(Action.SKIP, BROKEN, pops, place)
    return give_up_rest(table, state, tokens)


def give_up_rest(table: Table, state: ParserState[Any], tokens: list[Token]) -> Repair:
    """Everything up to the end mark is given up, and all that is open with it."""
    pops = _pops(table, state, (NEWLINE, END), len(tokens))
    return Repair(Action.SKIP, BROKEN, pops or 0, len(tokens) - 1, ends_line=True)


def _ends(tokens: list[Token], index: int) -> Iterator[tuple[int, int]]:
    """Places where a part may end, and how many brackets open before `index` are closed by then."""
    depth = closed = 0
    for place in range(index, len(tokens)):
        kind = tokens[place].kind
        if depth == 0 and kind in _SYNC:
            yield place, closed
        if kind in OPENERS:
            depth += 1
        elif kind in CLOSERS and depth:
            depth -= 1
        elif kind in CLOSERS:
            closed += 1


def _pops(table: Table, state: ParserState[Any], following: tuple[str, ...], most: int) -> int | None:
    """How many states to give up so that BROKEN and what follows fit; the fewest that will do.

    At most `most` open brackets are given up: the partners of others are still to come. What has
    been closed is given up whole or not at all: it must not be open again.
    """
    stack, values = state.state_stack, state.value_stack
    closed = opened = 0
    for pops in range(len(stack)):
        top = len(stack) - pops
        if not closed and BROKEN in table.states[stack[top - 1]]:
            states = stack[:top]
            if all(table.shift(states, kind) for kind in (BROKEN, *following)):
                return pops
        kind = values[-1 - pops].kind if pops < len(values) and isinstance(values[-1 - pops], Token) else ""
        if kind in CLOSERS:
            closed += 1
        elif kind in OPENERS and closed:
            closed -= 1
        elif kind in OPENERS:
            opened += 1
        if opened > most:
            return None
    return None
