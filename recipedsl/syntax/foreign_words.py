"""What users of other languages write inside a line, mended before it is parsed.

`x is not null`, `10 %`, `1,000`, `a -> b`, `"key" = 1`, `first-try`, `["a" "b"]` and so on. Each form
is found at two tokens that cannot stand beside each other in a recipe, so that a valid text is never
touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.layout import CLOSERS, END, OPENERS, Layout
from recipedsl.syntax.mending import ENDS_VALUE, SIMPLE_VALUES, Draft, Walk
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, NUMBER, STRING, Token

# Units by their letters; what each means, and where it may stand, is decided later.
_UNIT = re.compile(r"[kKMGT]i?B?|B|ms|s|min|h|d")
_GROUP = re.compile(r"\d{3}(?!\d)[A-Za-z%]*")
_PLAIN = re.compile(r"[A-Za-z_]\w*")

_BEGINS_VALUE = SIMPLE_VALUES | {"NOT", "MINUS", "LPAR", "LSQB"}
_BEFORE_VALUE = frozenset(("EQUAL", "LPAR", "LSQB", "COMMA", "PLUS"))
_ENDS_ITEM = frozenset(("COMMA", NEWLINE, "RBRACE"))
_BEGINS_ENTRY = frozenset((NEWLINE, "LBRACE", "COMMA"))
_AFTER_SHARE = frozenset(("VBAR", "COMMA", "BY", "ELSE", NEWLINE, END, *CLOSERS))

#: Operators that are words elsewhere: kind and spelling here.
_WORD_OPERATORS = {
    "and": ("AND", "and"),
    "or": ("OR", "or"),
    "is": ("EQUAL_TO", "=="),
    "eq": ("EQUAL_TO", "=="),
    "ne": ("NOT_EQUAL", "!="),
    "lt": ("LESSTHAN", "<"),
    "gt": ("MORETHAN", ">"),
    "mod": ("PERCENT", "%"),
    "per": ("BY", "by"),
}
#: Tests of a text that other languages write between their values, and their names here.
_TEXT_TESTS = {
    **{name: name for name in ("contains", "starts_with", "ends_with", "matches")},
    "includes": "contains",
    "startswith": "starts_with",
    "endswith": "ends_with",
}
#: What a value that is absent is called.
NULLS = frozenset(("null", "none", "None", "NULL", "nil"))
_NO_LAMBDA = Help("write the condition itself: in a step a name is a column, as in `| where score > 3`")


def with_own_words(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    return _Words(Draft(source, laid, problems)).run()


class _Words(Walk):
    """Goes through the tokens once and looks closer where two of them cannot be neighbours."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self.commas: dict[int, list[int]] = {}  # opening bracket of a list -> items without a comma before

    def run(self) -> Layout:
        """Look at every token."""
        draft = self.draft
        kinds, begins = draft.kinds, draft.begins
        before = ""
        for index, kind in enumerate(kinds):
            if index in begins:
                self.begin = index
            if kind in SIMPLE_VALUES and before in ENDS_VALUE:
                self._neighbours(index)
            found = _AT.get((before, kind))
            if found is not None:
                found(self, index)
            if kind in OPENERS:
                self.open.append(index)
            elif kind in CLOSERS and self.open and kinds[self.open[-1]] == CLOSERS[kind]:
                self._missing_commas(self.open.pop())
            before = kind
        return draft.result()

    # Two values in a row

    def _neighbours(self, index: int) -> None:
        """`tokens[index]` begins a value and the token before it ends one."""
        draft = self.draft
        is_argument = draft.kind(index - 2) == "VBAR" and draft.kind(index - 1) == NAME
        if index <= self.begin + 1 or is_argument or index in draft.begins:
            return
        if draft.kind(index) == STRING and draft.text(index - 1) in _TEXT_TESTS:
            self._text_test(index)
        elif draft.kind(index - 1) == NAME and draft.text(index - 1) == "NOT":
            self._word_operator(index - 1, index - 1, "NOT", "not")
        elif draft.kind(index - 1) == NAME and draft.text(index - 1) == "lambda":
            self._lambda(index - 1)
        elif draft.kind(index) == NAME and self._is_word_between(index):
            return
        elif draft.kind(index - 1) == NUMBER and draft.kind(index) == NAME and self._is_unit(index):
            self._unit(index - 1, index, draft.text(index))
        elif draft.kind(index) == STRING and self._is_call(index - 1):
            self._call_without_brackets(index)
        elif self._is_item(index):
            self.commas.setdefault(self.open[-1], []).append(index)

    def _is_word_between(self, index: int) -> bool:
        """Mends a word of another language between two values; whether there was one."""
        draft = self.draft
        word, following = draft.text(index).lower(), draft.kind(index + 1)
        if word == "is" and following == "NOT":
            self._null_test(index, index + 2, "NOT_EQUAL", "!=")
        elif word == "is" and draft.text(index + 1) in NULLS:
            self._null_test(index, index + 1, "EQUAL_TO", "==")
        elif word == "between" and [draft.kind(index + each) for each in (1, 2, 3)] == [
            NUMBER,
            "AND",
            NUMBER,
        ]:
            self._between(index)
        elif word in {"like", "ilike"} and following == STRING:
            self._like(index)
        elif word == "if" and following in _BEGINS_VALUE:
            self._conditional(index)
        elif word in _TEXT_TESTS and following == STRING:
            pass  # mended where its text is looked at
        elif word in _WORD_OPERATORS and following in _BEGINS_VALUE:
            self._word_operator(index, index, *_WORD_OPERATORS[word])
        else:
            return False
        return True

    def _word_operator(self, first: int, last: int, kind: str, proper: str) -> None:
        span = self.draft.span(first, last)
        if self.draft.replace(first, last, Token(kind, proper, span, proper)):
            message = f"`{self.draft.source.slice(span)}` is written `{proper}` here"
            fix = self.draft.fix(f"write `{proper}`", (span, proper))
            self.draft.report(codes.ForeignOperator, message, span, f"write `{proper}`", fix)

    def _null_test(self, index: int, value: int, kind: str, proper: str) -> None:
        """`is null` and `is not x`: the last token is at `value`."""
        if self.draft.text(value) not in NULLS:
            self._word_operator(index, value - 1, kind, proper)
            return
        span, words = self.draft.span(index, value), f"{proper} none"
        tokens = self.draft.sign(kind, index), self.draft.sign("NONE", value)
        if self.draft.replace(index, value, *tokens):
            message = f"`{self.draft.source.slice(span)}` is written `{words}` here"
            fix = self.draft.fix(f"write `{words}`", (span, words))
            self.draft.report(codes.ForeignOperator, message, span, f"write `{words}`", fix)

    def _between(self, index: int) -> None:
        draft = self.draft
        span = draft.span(index, index + 3)
        low, high = draft.tokens[index + 1], draft.tokens[index + 3]
        proper = f"in {low.text}..{high.text}"
        tokens = draft.sign("IN", index), low, draft.sign("UP_TO", index + 2), high
        if draft.replace(index, index + 3, *tokens):
            message = f"`{draft.source.slice(span)}` is written `{proper}` here"
            fix = draft.fix(f"write `{proper}`", (span, proper))
            draft.report(codes.ForeignOperator, message, span, "a range", fix)

    def _text_test(self, index: int) -> None:
        """`answer not contains "x"` is `not contains(answer, "x")`; the text stands at `index`."""
        draft, word = self.draft, index - 1
        is_not = draft.kind(word - 1) == "NOT"
        first = last = word - 1 - is_not
        while draft.kind(first) == NAME and draft.kind(first - 1) == "DOT":
            first -= 2
        if draft.kind(first) != NAME or draft.kind(first - 1) == "DOT":
            return
        test, at = _TEXT_TESTS[draft.text(word)], draft.tokens[first].span.start
        before, behind = Span(at, at), Span(draft.tokens[index].span.end, draft.tokens[index].span.end)
        negation = [Token("NOT", "not", before, "not")] if is_not else []
        # A call begins where the first of its arguments does, and its name is looked for there.
        call = Token(NAME, test, draft.span(first, last), test), Token("LPAR", "", before)
        comma = Token("COMMA", "", draft.tokens[word].span)
        column, text = draft.tokens[first : last + 1], draft.tokens[index]
        if draft.replace(first, index, *negation, *call, *column, comma, text, Token("RPAR", "", behind)):
            span, columns = draft.span(first, index), draft.source.slice(draft.span(first, last))
            proper = f"{'not ' * is_not}{test}({columns}, {text.text})"
            fix = draft.fix(f"write `{proper}`", (span, proper))
            message = f"`{draft.text(word)}` between two values is written as a call"
            draft.report(codes.ForeignOperator, message, draft.tokens[word].span, "a function here", fix)

    def _like(self, index: int) -> None:
        if self.draft.replace(index, index, self.draft.sign("EQUAL_TO", index)):
            span, word = self.draft.tokens[index].span, self.draft.text(index)
            words = 'write `contains(column, "part")` or, with a regular expression, `matches(column, "…")`'
            message = f"`{word}` is no operator here"
            self.draft.report(codes.ForeignOperator, message, span, "no operator", Help(words))

    def _conditional(self, index: int) -> None:
        """`value if condition else other`; the first value is kept."""
        last = self._end_of_part(index)
        if self.draft.replace(index, last):
            message = "`if` between two values is written as a call, `if(condition, then, otherwise)`"
            span = self.draft.tokens[index].span
            self.draft.report(codes.Program, message, span, "`if` is a function here")

    def _lambda(self, index: int) -> None:
        last = self._end_of_part(index)
        if self.draft.replace(index, last, Token(BROKEN, "", self.draft.span(index, last))):
            span = self.draft.tokens[index].span
            self.draft.report(codes.Program, "a recipe has no lambdas", span, "no lambdas", _NO_LAMBDA)

    def _arrow_function(self, index: int) -> None:
        """`(x) => value`; what stands in the brackets is kept."""
        span = self.draft.span(index - 1, index)
        if self.draft.replace(index - 1, self._end_of_part(index)):
            self.draft.report(codes.Program, "a recipe has no lambdas", span, "no lambdas", _NO_LAMBDA)

    def _null_behind(self, index: int) -> None:
        """`score not null`: `tokens[index]` is the `not`."""
        draft = self.draft
        is_value = draft.kind(index - 2) != "VBAR" and draft.kind(index + 2) != "LPAR"
        if is_value and draft.text(index + 1) in NULLS:
            self._null_test(index, index + 1, "NOT_EQUAL", "!=")

    def _end_of_part(self, index: int) -> int:
        """The last token of the part around one; an `else` with its value belongs to it."""
        end = self.draft.part_end(index)
        return max(index, end - 1)

    # Calls and lists without their brackets

    def _is_call(self, index: int) -> bool:
        """Whether a name stands where a value begins."""
        return self.draft.kind(index) == NAME and self.draft.kind(index - 1) in _BEFORE_VALUE

    def _call_without_brackets(self, index: int) -> None:
        """`read "rows.jsonl"`."""
        draft, token = self.draft, self.draft.tokens[index]
        if draft.kind(index + 1) == "RPAR" and self.innermost() != "LPAR":
            return  # only the opening one is missing
        start, end = Span(token.span.start, token.span.start), Span(token.span.end, token.span.end)
        if draft.replace(index, index, Token("LPAR", "", start), token, Token("RPAR", "", end)):
            name, gap = draft.text(index - 1), Span(draft.tokens[index - 1].span.end, token.span.start)
            message = f"the arguments of `{name}` stand in brackets"
            fix = draft.fix(f"write `{name}({token.text})`", (gap, "("), (end, ")"))
            draft.report(codes.MissingSign, message, token.span, "`(` and `)` are missing", fix)

    def _call_with_braces(self, index: int) -> None:
        """`adapter = lora { rank = 16 }`: `tokens[index]` is the brace."""
        draft, last = self.draft, index + 1
        while draft.kind(last) not in {"RBRACE", "LBRACE", END}:
            last += 1
        is_value = draft.kind(index - 2) == "EQUAL" and self.is_in_block()
        if not is_value or draft.kind(last) != "RBRACE" or last in draft.laid.missing:
            return
        inner = [
            token if token.kind != NEWLINE else replace(token, kind="COMMA")
            for token in draft.tokens[index + 1 : last]
        ]
        inner = [
            token
            for place, token in enumerate(inner)
            if token.kind != "COMMA"
            or (place and inner[place - 1].kind != "COMMA" and place < len(inner) - 1)
        ]
        tokens = draft.sign("LPAR", index), *inner, draft.sign("RPAR", last)
        if draft.replace(index, last, *tokens):
            name = draft.text(index - 1)
            message = f"the settings of `{name}` are the arguments of a call"
            words = f"write `{name}(…)`, with commas between the arguments"
            edits = (draft.span(index - 1, index), f"{name}("), (draft.tokens[last].span, ")")
            helps = draft.fix(words, *edits) if draft.share_a_line(index, last) else Help(words)
            draft.report(
                codes.NestedBlock, message, draft.span(index - 1, index), "blocks do not nest", helps
            )

    def _bare_list(self, index: int) -> None:
        """`models = base, tuned`: `tokens[index]` is the second item."""
        draft, first, last = self.draft, index - 2, index
        if not self.is_in_block() or draft.kind(first) != NAME or draft.kind(first - 1) != "EQUAL":
            return
        while (
            draft.kind(last + 1) == "COMMA"
            and draft.kind(last + 2) == NAME
            and draft.kind(last + 3) in _ENDS_ITEM
        ):
            last += 2
        if draft.kind(last + 1) not in _ENDS_ITEM:
            return
        start, end = draft.tokens[first].span.start, draft.tokens[last].span.end
        brackets = Token("LSQB", "", Span(start, start)), Token("RSQB", "", Span(end, end))
        if draft.replace(first, last, brackets[0], *draft.tokens[first : last + 1], brackets[1]):
            span = Span(start, end)
            proper = f"[{draft.source.slice(span)}]"
            fix = draft.fix(f"write `{proper}`", (span, proper))
            draft.report(codes.MissingSign, "a list stands in `[ ]`", span, "`[` and `]` are missing", fix)

    def _by_with_sign(self, index: int) -> None:
        """`take 2k, by = topic`: `tokens[index]` is the `=`."""
        draft, first = self.draft, index - 1
        first -= draft.kind(first - 1) == "COMMA"
        if draft.replace(first, index, draft.sign("BY", index - 1)):
            span = draft.span(first, index)
            gap = Span(draft.tokens[first - 1].span.end, draft.tokens[index + 1].span.start)
            message = "`by` is no argument, it stands behind the arguments of a step"
            draft.report(
                codes.WrongSign, message, span, "write `by` alone", draft.fix("write `by`", (gap, " by "))
            )

    # Numbers

    def _is_unit(self, index: int) -> bool:
        draft = self.draft
        return (
            draft.text(index - 1)[-1].isdigit()
            and _UNIT.fullmatch(draft.text(index)) is not None
            and draft.share_a_line(index - 1, index)
        )

    def _unit(self, number: int, unit: int, text: str) -> None:
        draft = self.draft
        span, joined = draft.span(number, unit), draft.text(number) + text
        if draft.replace(number, unit, Token(NUMBER, joined, span)):
            gap = Span(draft.tokens[number].span.end, draft.tokens[unit].span.start)
            message = f"a unit stands right behind its number: `{joined}`"
            draft.report(
                codes.BadNumber, message, span, f"write `{joined}`", draft.fix(f"write `{joined}`", (gap, ""))
            )

    def _share(self, index: int) -> None:
        """A number and `%`; a remainder needs a second number."""
        draft = self.draft
        is_share = draft.kind(index + 1) in _AFTER_SHARE and draft.text(index - 1)[-1].isdigit()
        if is_share and not draft.touch(index - 1):
            self._unit(index - 1, index, "%")

    def _thousands(self, index: int) -> None:
        """`tokens[index]` is a comma after a number."""
        draft, last = self.draft, index - 1
        first = last
        while draft.kind(last + 1) == "COMMA" and self._is_group(last + 2):
            last += 2
        if (
            last == first
            or first in draft.changes
            or draft.kind(last + 1) == "COLON"
            or len(draft.text(first)) > 3
        ):
            return
        # In brackets two numbers may well stand side by side; none of them begins with 0.
        in_brackets = self.innermost() in {"LPAR", "LSQB"}
        if in_brackets and not draft.text(first + 2).startswith("0"):
            return
        span = draft.span(first, last)
        proper = draft.source.slice(span).replace(",", "_")
        if draft.replace(first, last, Token(NUMBER, proper, span)):
            message = f"`{draft.source.slice(span)}` is written `{proper}`: a comma separates two values"
            draft.report(
                codes.BadNumber,
                message,
                span,
                f"write `{proper}`",
                draft.fix(f"write `{proper}`", (span, proper)),
            )

    def _is_group(self, index: int) -> bool:
        draft = self.draft
        is_number = draft.kind(index) == NUMBER and _GROUP.fullmatch(draft.text(index)) is not None
        return is_number and draft.touch(index - 1) and draft.touch(index - 2)

    # Signs

    def _bar_arrow(self, index: int) -> None:
        """`|>`."""
        if self.draft.touch(index - 1):
            self._arrow(index, "VBAR", "|")

    def _thin_arrow(self, index: int) -> None:
        """`->`: before a step, or between a name and what it is."""
        if self.draft.touch(index - 1):
            before = self.draft.kinds[self.begin : index - 1]
            if before == [NAME, NAME]:
                self._arrow(index, "EQUAL", "=")
            elif "EQUAL" in before:
                self._arrow(index, "VBAR", "|")

    def _fat_arrow(self, index: int) -> None:
        """`=>`: between key and value, or a mistyped `>=`."""
        if not self.draft.touch(index - 1):
            return
        if self.draft.kind(index - 2) == "RPAR":
            self._arrow_function(index)
        elif self.innermost() == "LBRACE" and not self.is_in_block():
            self._arrow(index, "COLON", ":")
        elif self.draft.kind(index - 2) == NAME and self.draft.kind(index - 3) in _BEGINS_ENTRY:
            self._arrow(index, "EQUAL", "=")
        else:
            self._arrow(index, "AT_LEAST", ">=")

    def _arrow(self, index: int, kind: str, proper: str) -> None:
        self._word_operator(index - 1, index, kind, proper)

    def _method_call(self, index: int) -> None:
        """`read(…).filter(…)`: `tokens[index]` is the dot after a call."""
        draft = self.draft
        is_call = draft.kind(index + 1) == NAME and draft.kind(index + 2) == "LPAR"
        if not is_call or self.open or "EQUAL" not in draft.kinds[self.begin : index]:
            return
        if draft.replace(index, index, draft.sign("VBAR", index)):
            step, dot = draft.text(index + 1), draft.tokens[index].span
            message = f"`.{step}(…)` is no step; a step begins with `|`"
            words = f"write ` | {step} …`, its arguments without brackets"
            fix = draft.fix(words, (dot, " | "), safe=False)
            draft.report(codes.StepWithoutBar, message, draft.span(index, index + 1), "no `|` before it", fix)

    # Names

    def _quoted_key(self, index: int) -> None:
        """`tokens[index]` is the sign after a text that begins an entry."""
        draft, key = self.draft, index - 1
        if draft.kind(key - 1) not in _BEGINS_ENTRY or not self.is_in_block():
            return
        text, tokens = draft.tokens[key].value, draft.tokens
        name = text if _PLAIN.fullmatch(text) else f"`{text}`"
        sign = replace(tokens[index], kind="EQUAL")
        if draft.replace(key, index, replace(tokens[key], kind=NAME), sign):
            span, proper = tokens[key].span, f"{name} ="
            whole = span if draft.kind(index) == "EQUAL" else draft.span(key, index)
            message = f"the setting `{text}` is written without quotes"
            fix = draft.fix(f"write `{proper}`", (whole, name if whole == span else proper))
            draft.report(codes.QuotedName, message, span, "a name, not a text", fix)

    def _dashed_name(self, index: int) -> None:
        """`tokens[index]` is a minus after a name."""
        draft, first, last = self.draft, index - 1, index - 1
        is_name = first == self.begin + 1 or draft.kind(first - 1) in _BEGINS_ENTRY
        while draft.kind(last + 1) == "MINUS" and draft.touch(last) and self._is_piece(last + 2):
            last += 2
        ends = {"COLON", "EQUAL", "LBRACE"}
        if not is_name or last == first or draft.kind(last + 1) not in ends:
            return
        span = draft.span(first, last)
        proper = draft.source.slice(span).replace("-", "_")
        token = replace(draft.tokens[first], text=proper, span=span, value=proper)
        if draft.replace(first, last, token):
            message = f"a name has no `-` in it: `{draft.source.slice(span)}`"
            fix = draft.fix(f"write `{proper}`", (span, proper))
            draft.report(codes.DashedName, message, span, "read as a difference", fix)

    def _is_piece(self, index: int) -> bool:
        is_word = self.draft.kind(index) in {NAME, NUMBER} and "`" not in self.draft.text(index)
        return is_word and self.draft.touch(index - 1)

    def _optional_field(self, index: int) -> None:
        """`name?: type` in a row type: `tokens[index]` is the question mark."""
        draft = self.draft
        is_field = draft.kind(index + 1) == "COLON" and draft.kind(index - 2) in _BEGINS_ENTRY
        if not is_field or self.innermost() != "LBRACE":
            return
        end = draft.part_end(index + 2)
        mark, place = draft.tokens[index].span, draft.tokens[end - 1].span.end
        if end > index + 2 and draft.replace(index, index):
            fix = draft.fix("put the `?` behind the type", (mark, ""), (Span(place, place), "?"))
            message = "`?` stands behind the type of a column, not behind its name"
            draft.report(codes.WrongSign, message, mark, "belongs behind the type", fix)

    # Texts and lists

    def _gate_message(self, index: int) -> None:
        """`expect condition, "message"`: `tokens[index]` is the text."""
        draft = self.draft
        if draft.kind(index + 1) not in {NEWLINE, "RBRACE", "VBAR", END} or not self._is_in_gate(index - 1):
            return
        comma = draft.tokens[index - 1].span
        if draft.replace(index - 1, index - 1, draft.sign("ELSE", index - 1)):
            fix = draft.fix("write `else`", (comma, " else"))
            message = "the message of a gate stands behind `else`"
            draft.report(codes.WrongSign, message, comma, "write `else` here", fix)

    def _is_in_gate(self, index: int) -> bool:
        """Whether `expect` stands before, in the same brackets."""
        depth = 0
        for place in range(index, max(self.begin - 1, index - 60), -1):
            kind = self.draft.kinds[place]
            depth += (kind in CLOSERS) - (kind in OPENERS)
            if depth == 0 and kind == "EXPECT":
                return True
            if depth < 0 or (depth == 0 and kind in {NEWLINE, "VBAR", "ELSE"}):
                return False
        return False

    def _is_item(self, index: int) -> bool:
        """Whether two texts or numbers stand side by side in a list."""
        draft = self.draft
        in_list = self.innermost() == "LSQB" and draft.kind(self.open[-1] - 1) not in ENDS_VALUE
        return in_list and draft.kind(index) in SIMPLE_VALUES and draft.kind(index - 1) in SIMPLE_VALUES

    def _missing_commas(self, opener: int) -> None:
        draft, places = self.draft, self.commas.pop(opener, [])
        spots: list[Span] = []
        for index in places:
            end = draft.tokens[index - 1].span.end
            comma = Token("COMMA", "", Span(end, end))
            if draft.replace(index, index, comma, draft.tokens[index]):
                spots.append(Span(end, end))
        if spots:
            shown = [Span(spot.start - 1, spot.start) for spot in spots]
            fix = draft.fix("put `,` between them", *((spot, ",") for spot in spots))
            message = "the items of a list are separated by `,`"
            draft.report(
                codes.MissingSign,
                message,
                shown[0],
                "`,` is missing after this",
                fix,
                others=tuple(shown[1:]),
            )


# What to look at where a kind follows another.
_AT: dict[tuple[str, str], Callable[[_Words, int], None]] = {
    (NUMBER, "PERCENT"): _Words._share,
    (NUMBER, "COMMA"): _Words._thousands,
    ("VBAR", "MORETHAN"): _Words._bar_arrow,
    ("MINUS", "MORETHAN"): _Words._thin_arrow,
    ("EQUAL", "MORETHAN"): _Words._fat_arrow,
    ("RPAR", "DOT"): _Words._method_call,
    (STRING, "EQUAL"): _Words._quoted_key,
    (STRING, "COLON"): _Words._quoted_key,
    (NAME, "MINUS"): _Words._dashed_name,
    (NAME, "QMARK"): _Words._optional_field,
    (NAME, "NOT"): _Words._null_behind,
    ("COMMA", STRING): _Words._gate_message,
    ("COMMA", NAME): _Words._bare_list,
    (NAME, "LBRACE"): _Words._call_with_braces,
    ("BY", "EQUAL"): _Words._by_with_sign,
}
