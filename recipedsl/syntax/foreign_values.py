"""Values as other languages write them, mended before they are parsed: numbers, ranges, choices, paths.

`1e-5.`, `0,05`, `10 seconds`, `1-256`, `range(1, 5)`, `"a" | "b"`, `in ("a", "b")`, `read(data/rows.jsonl)`,
`lora(rank: 8)`, `concat(a | take 3, b)`. Each form is found at two tokens that do not stand beside each
other in a recipe where it is looked for. Where they may after all, only a declaration is mended that
cannot be parsed as it stands, so that a valid text is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from recipedsl.diagnostics import Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.layout import CLOSERS, END, OPENERS, Layout
from recipedsl.syntax.mending import Draft, Walk
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, NUMBER, STRING, TILDE, Token

#: Units in words, and how they are written.
_UNIT_WORDS = {
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "H"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("K", "thousand"), "k"),
    **dict.fromkeys(("million", "mio"), "M"),
    **dict.fromkeys(("gb", "Gb"), "GB"),
    **dict.fromkeys(("mb", "Mb"), "MB"),
    **dict.fromkeys(("tokens", "token", "steps", "rows", "examples", "epochs"), ""),
}
_NUMBER_AND_WORD = re.compile(r"([0-9][0-9_.]*)([A-Za-z]+)")
_BARE_EXPONENT = re.compile(r"[0-9][0-9_.]*[eE]")
_DIGITS = re.compile(r"[0-9]+")
#: Functions whose argument is a path or a name of a repository: what stands there without quotes is one.
_PATH_FUNCTIONS = frozenset("read hub local file python pypi".split())
_PATH_SETTINGS = frozenset(("from", "path", "tokenizer", "jinja"))
_CHOICE_WORDS = frozenset("enum Enum choice choices oneof one_of Literal literal".split())
_GATE_WORDS = frozenset("assert require ensure check must gate".split())
_PATH_PARTS = frozenset((NAME, NUMBER, "SLASH", "DOT", "MINUS", "UP_TO"))
_ENDS_ENTRY = frozenset((NEWLINE, "RBRACE", "COMMA", END))


def with_own_values(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    return _Values(Draft(source, laid, problems)).run()


class _Values(Walk):
    """Goes through the tokens once and looks closer where two of them cannot be neighbours."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        # Opening bracket, or bar of a step -> signs that should be `=`.
        self.colons: dict[int, list[int]] = {}
        self.sound: dict[int, bool] = {}  # beginning of a declaration -> whether it can be parsed
        self.bar = -1  # the last `|` outside of brackets opened behind it

    def run(self) -> Layout:
        """Look at every token."""
        draft = self.draft
        kinds, begins = draft.kinds, draft.begins
        before = ""
        for index, kind in enumerate(kinds):
            if index in begins:
                self.begin, self.bar = index, -1
            found = _AT.get((before, kind))
            if found is not None and not (found in _ALSO_VALID and self._is_sound()):
                found(self, index)
            if kind == TILDE:
                self._tilde(index)
            elif kind in OPENERS:
                self.open.append(index)
            elif kind in CLOSERS and self.open and kinds[self.open[-1]] == CLOSERS[kind]:
                self._report_colons(self.open.pop())
            elif kind in {"VBAR", NEWLINE}:
                self._report_colons(self.bar)
                # What stands between the choices of a type is no step.
                self.bar = index if kind == "VBAR" and draft.kind(index + 1) == NAME else -1
            before = kind
        return draft.result()

    # Where something stands

    def _is_sound(self) -> bool:
        """Whether the declaration can be parsed as it stands."""
        if self.begin not in self.sound:
            self.sound[self.begin] = self.draft.fits(self.begin)
        return self.sound[self.begin]

    def _begins_with(self, kind: str) -> bool:
        return self.draft.kind(self.begin) == kind

    # Saying and mending

    def _number(self, first: int, last: int, proper: str, message: str) -> None:
        token = Token(NUMBER, proper, self.draft.span(first, last))
        self.draft.mend(codes.BadNumber, first, last, (token,), proper, message)

    # Numbers

    def _point_at_the_end(self, index: int) -> None:
        """`1e-5.`: `tokens[index]` is the point."""
        draft = self.draft
        if draft.touch(index - 1) and draft.kind(index + 1) not in {NAME, NUMBER}:
            proper = draft.text(index - 1)
            self._number(index - 1, index, proper, "a number does not end with its point: `{written}`")

    def _exponent(self, index: int) -> None:
        """`1e -5`: `tokens[index]` is the minus."""
        draft = self.draft
        first, last = draft.tokens[index - 1], draft.tokens[min(index + 1, len(draft.tokens) - 1)]
        if not _BARE_EXPONENT.fullmatch(first.text) or not _DIGITS.fullmatch(last.text):
            return
        proper = f"{first.text}-{last.text}"
        if draft.text(index) != "-":  # the dash has been reported, with its fix
            draft.replace(index - 1, index + 1, Token(NUMBER, proper, draft.span(index - 1, index + 1)))
        else:
            self._number(
                index - 1, index + 1, proper, "an exponent stands right behind its number: `{proper}`"
            )

    def _decimal_comma(self, index: int) -> None:
        """`0,05` as a setting: `tokens[index]` is the comma."""
        draft = self.draft
        has_digits = _DIGITS.fullmatch(draft.text(index + 1)) and _DIGITS.fullmatch(draft.text(index - 1))
        is_setting = draft.kind(index - 2) == "EQUAL" and draft.kind(index + 2) in _ENDS_ENTRY
        touches = draft.touch(index - 1) and draft.touch(index)
        is_thousands = len(draft.text(index + 1)) == 3 and draft.text(index - 1) != "0"
        if has_digits and is_setting and touches and not is_thousands and self.innermost() in {"LBRACE", ""}:
            proper = f"{draft.text(index - 1)}.{draft.text(index + 1)}"
            self._number(index - 1, index + 1, proper, "`{written}` is written `{proper}`, with a point")

    def _unit_word(self, index: int) -> None:
        """`10 seconds`: `tokens[index]` is the word."""
        draft = self.draft
        unit = _UNIT_WORDS.get(draft.text(index))
        is_number = draft.text(index - 1)[-1].isdigit() and draft.share_a_line(index - 1, index)
        if unit is not None and is_number and draft.kind(index + 1) not in {"EQUAL", "LPAR", "COLON"}:
            proper = draft.text(index - 1) + unit
            self._number(index - 1, index, proper, "`{written}` is written `{proper}`")

    def _attached_word(self, index: int) -> None:
        """`10sec`: `tokens[index]` is the number."""
        found = _NUMBER_AND_WORD.fullmatch(self.draft.text(index))
        unit = _UNIT_WORDS.get(found[2]) if found else None
        # `2K` and `5m` may mean two things, and are told of where it is known what is wanted.
        if found and unit is not None and len(found[2]) > 1:
            self._number(index, index, found[1] + unit, "`{written}` is written `{proper}`")

    # Ranges

    def _range(self, index: int) -> None:
        """`in 10:100`, and `in 1-256` of a param: `tokens[index]` is the number."""
        sign, last = self.draft.kind(index + 1), index + 2
        is_range = sign == "COLON" or (sign == "MINUS" and self._begins_with("PARAM"))
        if is_range and self.draft.kind(last) == NUMBER:
            self._as_range(index, last, index, last)

    def _range_call(self, index: int) -> None:
        """`in range(10, 100)`: `tokens[index]` is the name."""
        draft = self.draft
        kinds = [draft.kind(index + each) for each in range(1, 6)]
        if draft.text(index) == "range" and kinds == ["LPAR", NUMBER, "COMMA", NUMBER, "RPAR"]:
            self._as_range(index, index + 5, index + 2, index + 4)

    def _range_list(self, index: int) -> None:
        """`in [1, 256]` of a param: `tokens[index]` is the bracket."""
        draft = self.draft
        first, sign, second, closer = (draft.kind(index + each) for each in range(1, 5))
        is_pair = (first, second, closer) == (NUMBER, NUMBER, "RSQB")
        if self._begins_with("PARAM") and is_pair and sign in {"COMMA", "COLON", "UP_TO", "MINUS"}:
            self._as_range(index, index + 4, index + 1, index + 3)

    def _as_range(self, first: int, last: int, low: int, high: int) -> None:
        draft = self.draft
        tokens = draft.tokens[low], draft.sign("UP_TO", low + 1), draft.tokens[high]
        proper = f"{tokens[0].text}..{tokens[2].text}"
        self.draft.mend(codes.WrongSign, first, last, tokens, proper, "a range is written `{proper}`")

    # Lists and choices

    def _list_in_round_brackets(self, index: int) -> None:
        """`in ("a", "b")`: `tokens[index]` is the bracket."""
        draft, closer = self.draft, self.draft.closer(index)
        inner = draft.kinds[index + 1 : closer]
        if not closer or "COMMA" not in inner or set(inner) & (set(OPENERS) | {"VBAR"}):
            return
        if draft.replace(index, index, draft.sign("LSQB", index)):
            draft.replace(closer, closer, draft.sign("RSQB", closer))
            edits = (draft.tokens[index].span, "["), (draft.tokens[closer].span, "]")
            proper = f"[{draft.source.slice(draft.span(index + 1, closer - 1))}]"
            fix = draft.fix(f"write `{proper}`", *edits)
            message = "a list stands in square brackets"
            draft.report(codes.WrongSign, message, draft.span(index, closer), "not in `( )`", fix)

    def _text_behind_colon(self, index: int) -> None:
        """A choice in a type, or the message of a gate."""
        self._choice_with_bars(index)
        self._gate_colon(index)

    def _choice_with_bars(self, index: int) -> None:
        """`level: "easy" | "hard"` in a type: `tokens[index]` is the first text."""
        draft, last = self.draft, index
        while draft.kind(last + 1) in {"VBAR", "SLASH"} and draft.kind(last + 2) == STRING:
            last += 2
        if last > index and (self._begins_with("TYPE") or self._begins_with("PARAM")):
            self._as_choice(index, last, list(range(index, last + 1, 2)))

    def _choice_call(self, index: int) -> None:
        """`enum("easy", "hard")` in a type: `tokens[index]` is the opening bracket."""
        draft = self.draft
        if draft.text(index - 1) not in _CHOICE_WORDS:
            return
        closer = self.draft.closer(index)
        members = list(range(index + 1, closer, 2))
        in_type = self._begins_with("TYPE") or self._begins_with("PARAM")
        if in_type and members and all(draft.kind(each) == STRING for each in members):
            self._as_choice(index - 1, closer, members)

    def _as_choice(self, first: int, last: int, members: list[int]) -> None:
        draft = self.draft
        start, end = draft.tokens[first].span, draft.tokens[last].span
        tokens = [Token("LSQB", "", Span(start.start, start.start))]
        for member in members:
            at = draft.tokens[member].span.start
            tokens += [*([Token("COMMA", "", Span(at, at))] if len(tokens) > 1 else []), draft.tokens[member]]
        tokens.append(Token("RSQB", "", Span(end.end, end.end)))
        proper = f"[{', '.join(draft.text(member) for member in members)}]"
        self.draft.mend(
            codes.WrongSign, first, last, tuple(tokens), proper, "a choice is a list of texts: `{proper}`"
        )

    # Calls

    def _colon_in_call(self, index: int) -> None:
        """`lora(rank: 8)`, `split train: 80%`: `tokens[index]` is the colon."""
        draft = self.draft
        if draft.kind(index - 2) in {"LPAR", "COMMA"} and self.innermost() == "LPAR":
            is_call = self._is_call(self.open[-1])
            self.colons.setdefault(self.open[-1], []).extend([index] if is_call else [])
        elif self.bar >= 0 and self._depth_of(self.bar) == len(self.open) and self._is_argument(index - 1):
            self.colons.setdefault(self.bar, []).append(index)

    def _depth_of(self, bar: int) -> int:
        return sum(opener < bar for opener in self.open)

    def _is_argument(self, index: int) -> bool:
        """Whether a step's argument begins at an index."""
        return index == self.bar + 2 or self.draft.kind(index - 1) in {"COMMA", "BY"}

    def _report_colons(self, opener: int) -> None:
        draft = self.draft
        places = [
            each
            for each in self.colons.pop(opener, [])
            if draft.replace(each, each, draft.sign("EQUAL", each))
        ]
        if not places:
            return
        spans = [draft.tokens[each].span for each in places]
        edits = [
            (Span(span.start, span.end), " =" if draft.source.text[span.end :][:1].isspace() else " = ")
            for span in spans
        ]
        callee = draft.text(opener + 1) if draft.kind(opener) == "VBAR" else draft.text(opener - 1)
        first = draft.text(places[0] - 1)
        message = f"the arguments of `{callee}` are written with `=`: `{first} = …`"
        fix = draft.fix("write `=`" if len(places) == 1 else "write `=` in each of them", *edits)
        draft.report(codes.WrongSign, message, spans[0], "write `=` here", fix, others=tuple(spans[1:]))

    def _pipeline_without_brackets(self, index: int) -> None:
        """`concat(a | take 3, b)`, `data = rows | take 3`: `tokens[index]` is the first `|`."""
        draft = self.draft
        in_call = self.innermost() == "LPAR" and self._is_call(self.open[-1])
        if not (in_call or self.is_in_block()) or index in draft.changes:
            return
        first, last = self._argument_start(index), self._argument_end(index)
        is_step = draft.kind(index + 1) in {NAME, "EXPECT"}
        if not is_step or first == index or any(each in draft.changes for each in range(first, last + 1)):
            return
        start, end = draft.tokens[first].span.start, draft.tokens[last].span.end
        opener, closer = Token("LPAR", "", Span(start, start)), Token("RPAR", "", Span(end, end))
        draft.replace(first, first, opener, draft.tokens[first])
        if last > first:
            draft.replace(last, last, draft.tokens[last], closer)
        # The other bars of the same pipeline stand inside the brackets now.
        draft.changes |= {each: (draft.tokens[each],) for each in range(first + 1, last)}
        fix = draft.fix("put brackets around it", (opener.span, "("), (closer.span, ")"))
        where = "an argument" if in_call else "a setting"
        message = f"a pipeline as {where} stands in brackets: `(rows | step)`"
        draft.report(codes.MissingSign, message, draft.span(first, last), "`(` and `)` are missing", fix)

    def _is_call(self, opener: int) -> bool:
        """Whether a bracket holds the arguments of a call, not those of a step: `join (a | take 1)`."""
        return self.draft.kind(opener - 1) == NAME and self.draft.kind(opener - 2) != "VBAR"

    def _argument_start(self, index: int) -> int:
        depth = 0
        for place in range(index - 1, -1, -1):
            kind = self.draft.kinds[place]
            depth += (kind in CLOSERS) - (kind in OPENERS)
            if depth < 0 or (depth == 0 and kind in {"COMMA", "EQUAL", NEWLINE}):
                return place + 1
        return index

    def _argument_end(self, index: int) -> int:
        """Last token of the argument; a comma before a setting ends it, one between columns does not."""
        draft, depth = self.draft, 0
        for place in range(index, len(draft.kinds)):
            kind = draft.kinds[place]
            depth += (kind in OPENERS) - (kind in CLOSERS)
            ends = kind in {NEWLINE, END} or (kind == "COMMA" and self._ends_pipeline(place))
            if depth < 0 or (depth == 0 and ends):
                return place - 1
        return index

    def _ends_pipeline(self, comma: int) -> bool:
        is_setting = [self.draft.kind(comma + each) for each in (1, 2)] == [NAME, "EQUAL"]
        return is_setting or self.innermost() == "LPAR" or self.draft.kind(comma + 1) in {NEWLINE, "RBRACE"}

    # Paths and names

    def _path(self, index: int) -> None:
        """`read(data/rows.jsonl)`, `from = org/name`: `tokens[index]` is the first word."""
        draft, last = self.draft, index
        while draft.kind(last + 1) in _PATH_PARTS and draft.touch(last):
            last += 1
        before = draft.kind(index - 1)
        in_call = before == "LPAR" and draft.text(index - 2) in _PATH_FUNCTIONS
        is_setting = before == "EQUAL" and draft.text(index - 2) in _PATH_SETTINGS and self.is_in_block()
        ends = {"RPAR", "COMMA"} if in_call else _ENDS_ENTRY
        if "SLASH" not in draft.kinds[index : last + 1] or draft.kind(last + 1) not in ends:
            return
        if in_call or is_setting:
            span = draft.span(index, last)
            written = draft.source.slice(span)
            tokens = [Token(STRING, f'"{written}"', span, written)]
            proper, what = f'"{written}"', "a path" if in_call else "the name of a repository"
            if is_setting and draft.text(index - 2) == "from":
                start, end = Span(span.start, span.start), Span(span.end, span.end)
                tokens = [Token(NAME, "hub", start, "hub"), Token("LPAR", "", start), *tokens]
                tokens.append(Token("RPAR", "", end))
                proper = f'hub("{written}")'
            message = f"{what} is a text, in quotes"
            self.draft.mend(codes.QuotedName, index, last, tuple(tokens), proper, message)

    def _version(self, index: int) -> None:
        """`template = qwen2.5`: `tokens[index]` is the digits behind the point."""
        draft = self.draft
        first = index - 2
        is_name = draft.kind(first) == NAME and draft.kind(first - 1) in {"EQUAL", "LPAR", "LSQB", "COMMA"}
        if is_name and draft.touch(first) and draft.touch(index - 1):
            span = draft.span(first, index)
            proper = draft.source.slice(span).replace(".", "_")
            message = "a name has no `.` before a digit: `{written}`"
            token = Token(NAME, proper, span, proper)
            self.draft.mend(codes.DashedName, first, index, (token,), proper, message)

    def _through_keyword(self, index: int) -> None:
        """`param.rate`, `let.rate`: `tokens[index]` is the point."""
        draft = self.draft
        if draft.kind(index + 1) == NAME and index - 1 not in draft.begins:
            proper = draft.text(index + 1)
            message = "a value is written by its name alone: `{proper}`, not `{written}`"
            token = replace(draft.tokens[index + 1], span=draft.span(index - 1, index + 1))
            self.draft.mend(codes.ReservedWord, index - 1, index + 1, (token,), proper, message)

    # Gates

    def _gate_word(self, index: int) -> None:
        """`assert condition` in a block: `tokens[index]` is what follows the word."""
        draft, word = self.draft, index - 1
        begins_entry = draft.kind(word - 1) in {NEWLINE, "LBRACE", "COMMA"} and self.is_in_block()
        if draft.text(word) in _GATE_WORDS and begins_entry:
            message = "a gate begins with `expect`, not with `{written}`"
            token = draft.sign("EXPECT", word)
            self.draft.mend(codes.ForeignOperator, word, word, (token,), "expect", message)

    def _gate_colon(self, index: int) -> None:
        """`expect condition: "message"`: `tokens[index]` is the text."""
        draft, sign = self.draft, index - 1
        if draft.kind(index + 1) not in {NEWLINE, "RBRACE", "VBAR", END}:
            return
        start = self._gate_start(sign)
        if start and draft.replace(sign, sign, draft.sign("ELSE", sign)):
            gap = Span(draft.tokens[sign - 1].span.end, draft.tokens[sign].span.end)
            fix = draft.fix("write `else`", (gap, " else"))
            message = "the message of a gate stands behind `else`"
            draft.report(codes.WrongSign, message, draft.tokens[sign].span, "write `else` here", fix)

    def _gate_start(self, index: int) -> int:
        """Index of the `expect` before a place on the same line; 0 when there is none."""
        for place in range(index, max(self.begin, index - 60), -1):
            if self.draft.kinds[place] == "EXPECT":
                return place
            if self.draft.kinds[place] in {NEWLINE, "ELSE"}:
                return 0
        return 0

    # Patterns

    def _tilde(self, index: int) -> None:
        """`column ~ "pattern"` and `~condition`."""
        draft, span = self.draft, self.draft.tokens[index].span
        is_test = draft.kind(index - 1) == NAME and draft.kind(index + 1) == STRING
        if is_test and draft.kind(index - 2) != "VBAR":
            column, pattern = draft.tokens[index - 1], draft.tokens[index + 1]
            negated = "not " if draft.text(index).startswith("!") else ""
            proper = f"{negated}matches({column.text}, {pattern.text})"
            at = Span(column.span.start, column.span.start)
            call = [Token(NAME, "matches", at, "matches"), Token("LPAR", "", at), column]
            call += [
                Token("COMMA", "", span),
                pattern,
                Token("RPAR", "", Span(pattern.span.end, pattern.span.end)),
            ]
            tokens = ([Token("NOT", "not", at, "not")] if negated else []) + call
            message = "`{written}` is written `{proper}`"
            self.draft.mend(codes.ForeignOperator, index - 1, index + 1, tuple(tokens), proper, message)
        elif draft.text(index) == "~" and draft.kind(index + 1) in {NAME, "LPAR"}:
            self.draft.mend(
                codes.ForeignOperator,
                index,
                index,
                (draft.sign("NOT", index),),
                "not ",
                "`~` is written `not` here",
            )
        elif draft.replace(index, index, Token(BROKEN, "", span)):
            message = f"`{draft.text(index)}` is no part of the language"
            draft.report(codes.BadCharacter, message, span, "cannot be read")


# What to look at where a kind follows another.
_AT: dict[tuple[str, str], Callable[[_Values, int], None]] = {
    (NUMBER, "DOT"): _Values._point_at_the_end,
    (NUMBER, "MINUS"): _Values._exponent,
    (NUMBER, "COMMA"): _Values._decimal_comma,
    (NUMBER, NAME): _Values._unit_word,
    ("IN", NUMBER): _Values._range,
    ("IN", NAME): _Values._range_call,
    ("IN", "LSQB"): _Values._range_list,
    ("IN", "LPAR"): _Values._list_in_round_brackets,
    ("COLON", STRING): _Values._text_behind_colon,
    (NAME, "LPAR"): _Values._choice_call,
    (NAME, "COLON"): _Values._colon_in_call,
    ("LPAR", NAME): _Values._path,
    ("EQUAL", NAME): _Values._path,
    ("DOT", NUMBER): _Values._version,
    ("PARAM", "DOT"): _Values._through_keyword,
    ("LET", "DOT"): _Values._through_keyword,
    (NAME, NAME): _Values._gate_word,
    **{(kind, NUMBER): _Values._attached_word for kind in ("EQUAL", "LPAR", "COMMA", "LSQB")},
    **{(kind, "VBAR"): _Values._pipeline_without_brackets for kind in (NAME, "RPAR", NUMBER, "RSQB", STRING)},
}

# Forms that a valid declaration may hold too: `{ level: "easy" | as chat, id: x }`, `expect { id: "a" }`.
_ALSO_VALID = frozenset(
    (
        _Values._text_behind_colon,
        _Values._colon_in_call,
        _Values._pipeline_without_brackets,
        _Values._gate_word,
    )
)
