"""The words of syntax problems: what was being read, what was met, what would fit."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from recipedsl.diagnostics import Applicability, Code, Edit, Help, Label, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax import tree
from recipedsl.syntax.layout import CLOSERS, END, OPENERS, Layout
from recipedsl.syntax.recovery import Action, Repair
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, RESERVED, STRING, SYMBOLS, Token

SIGNS = {kind: sign for sign, kind in SYMBOLS.items()}
COMPARISONS = frozenset(("EQUAL_TO", "NOT_EQUAL", "LESSTHAN", "AT_MOST", "MORETHAN", "AT_LEAST", "IN"))
_COMPARATORS = frozenset(("==", "!=", "<", "<=", ">", ">=", "in", "not in"))
_KEYWORDS = frozenset(word.upper() for word in RESERVED)

_SHAPES = {
    "file": "a declaration looks like `stage name: method { … }` or `data name = source | step`",
    "head": "a declaration looks like `stage name: method { … }` or `data name = source | step`",
    "block": 'a setting looks like `name = value`, a gate like `expect condition else "message"`',
    "pipeline": 'a pipeline looks like `read("rows.jsonl") | where language == "python" | take 2k by topic`',
    "import": 'an import looks like `import common = "common.ftr"`',
    "type": 'a row type looks like `type Row = { question: text, level: ["easy", "hard"] }`',
    "parameter": "a parameter looks like `param rate: float in 1e-6..1e-3 = 2e-4`",
    "value": "a named value looks like `let rate = 2e-4`",
    "rounds": "rounds look like `rounds 3 { … }` with declarations inside, each on lines of its own",
}
_DOUBTFUL = frozenset(
    (codes.UnclosedText, codes.BadCharacter, codes.StepWithoutBar, codes.MissingSign, codes.SplitLine)
)
_TYPES = (
    "types are `text`, `int`, `float`, `bool`, `date` and `list[text]`; "
    'a choice is `["easy", "hard"]`, and `text?` may be null'
)
_MORE = {"type": _TYPES, "parameter": "without a default it has to be given: `param rate: float`"}
_KEYWORD_SCENES = {"IMPORT": "import", "TYPE": "type", "PARAM": "parameter", "LET": "value"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What was being read: the part, the name of its declaration and how both are called."""

    part: str
    name: str
    words: str


class Reporter:
    """Turns what the parser stumbles over into problems, one for each broken part."""

    def __init__(self, source: Source, laid: Layout, problems: Problems) -> None:
        self.source = source
        self.laid = laid
        self.tokens = laid.tokens
        self.problems = problems
        self.is_quiet = False
        self._quiet_until = 0  # offset up to which a whole declaration has been given up
        self._trouble = -2  # number of the last statement that has a problem, or is part of a broken one
        self._surplus = frozenset(laid.surplus)
        self._starts = [token.span.start for token in self.tokens]
        self._bad_lines = self._lines_with_trouble()
        self._told = {each.primary.span.start for each in problems if each.primary}

    def _lines_with_trouble(self) -> set[int]:
        """Lines of which something was said before they were parsed that casts doubt on the rest."""
        labels = [each.primary for each in self.problems if each.kind in _DOUBTFUL and each.primary]
        return {self._line(label.span.end) for label in labels}

    def part_ends(self) -> None:
        """A setting, step or statement has been read to its end: the next problem is a new one."""
        self.is_quiet = False

    def missing_closer(self, index: int) -> None:
        """The closing bracket at `index` was added, and it fits."""
        opener, place = self.laid.missing[index], self.tokens[index].span
        sign, closer = SIGNS[opener.kind], SIGNS[OPENERS[opener.kind]]
        if self._is_hushed(place.start) or self._line(opener.span.start) in self._bad_lines:
            return
        scene = self.scene(self._index_at(opener.span.start), closes=opener)
        message = f"missing `{closer}` {'for' if opener.kind == 'LBRACE' else 'in'} {scene.words}"
        label = self._label(self._visible(place), f"`{closer}` belongs here")
        secondary = (self._label(opener.span, f"this `{sign}` is never closed"),)
        helps = (self._help(f"put `{closer}` here", place, self._on_its_line(index, closer), safe=False),)
        self.problems.report(codes.UnclosedBracket, message, label, secondary=secondary, helps=helps)
        self.is_quiet = True
        self._trouble = self._statement(index)

    def unexpected(self, index: int, found: Repair) -> None:
        """The token at `index` does not fit, and this is how the parser goes on."""
        is_exact = found.action is Action.EXCHANGE and found.kind in {"EQUAL", "COLON", NAME}
        place = self.tokens[index].span.start
        # A sign that is simply another one is no consequence of what was wrong before it.
        self.is_quiet = self.is_quiet and not is_exact
        if index in self._surplus and self._is_left_over(index):
            self.is_quiet = True
        if self._is_hushed(place):
            return
        self.is_quiet = True
        self._trouble = self._statement(index)
        if self.scene(index).part == "head" and not (is_exact or _mends_head(found)):
            self._hush_declaration(index)
        if found.action is Action.EXCHANGE:
            self._exchanged(index, found.kind)
        elif found.action is Action.INSERT:
            self._inserted(index, found.kind)
        elif found.action is Action.DELETE:
            self._deleted(index)
        else:
            self._given_up(index, found)

    def not_read(self, index: int) -> None:
        """So much does not fit that the text is not read beyond the token at `index`."""
        message = "too much of this file does not fit, and the rest of it is not read"
        label = self._label(self._visible(self.tokens[index].span), "reading ends here")
        self.problems.report(codes.UnexpectedWord, message, label)

    # What users of other languages write

    def misplaced_edition(self, index: int) -> None:
        """`ftr 1` somewhere below."""
        message = "`ftr` and its number are the first line of a file"
        self._report(codes.MisplacedEdition, message, self.tokens[index].span, "not the first line")

    def bare_assignment(self, index: int) -> None:
        """`name = value` where a declaration stands."""
        name = self.tokens[index - 1]
        if self._is_left_over(index - 1):
            self.is_quiet = True
        message = f"`{name.value} = …` is no declaration: its kind is missing"
        helps = (
            self._help(
                "give a value a name with `let`", Span(name.span.start, name.span.start), "let ", safe=False
            ),
            Help(f"a dataset is `data {name.value} = …`, a row type `type {name.value} = …`"),
        )
        self._report(codes.BareAssignment, message, name.span, "a declaration begins with its kind", helps)

    def missing_method(self, index: int) -> None:
        """`stage name: { … }`."""
        start = self.laid.statements[bisect_right(self.laid.statements, index) - 1]
        colon = self.tokens[start + 2].span
        words = self.source.slice(self.tokens[start].span.to(colon))
        helps = (Help("write the method before the block, as in `stage tuned: sft { … }`"),)
        label = "a method is missing after this"
        self._report(codes.MissingValue, f"I missed the method after `{words}`", colon, label, helps)
        self._hush_declaration(index)

    def block_with_sign(self, sign: int) -> None:
        """`kind name = { setting = value }`; `sign` is the first `=`."""
        token = self.tokens[sign]
        message = f"while reading {self.scene(sign - 1).words} I met `=` before its block"
        helps = (
            Help(
                "remove the `=`", (Edit(self.source, self._with_blank(token.span), ""),), Applicability.SAFE
            ),
            Help(_SHAPES["block"]),
        )
        self._report(codes.WrongSign, message, token.span, "a block follows its name without `=`", helps)
        self._hush_declaration(sign)

    def chained(self, index: int) -> None:
        """A second comparison in a row."""
        sign = self.source.slice(self.tokens[index].span)
        message = f"while reading {self.scene(index).words} I met a second comparison, `{sign}`"
        helps = self._joined_comparisons(index)
        self._report(
            codes.ChainedComparison, message, self.tokens[index].span, "comparisons do not chain", helps
        )

    def _joined_comparisons(self, index: int) -> tuple[Help, ...]:
        """`1 < x < 5` as `1 < x and x < 5`, where what is compared twice stands on one line."""
        words = Help("write a range, `x in 1..5`, or join two comparisons: `1 < x and x < 5`")
        depth, first = 0, index - 1
        while first > 0 and (depth or self.tokens[first].kind not in COMPARISONS):
            depth += (self.tokens[first].kind in CLOSERS) - (self.tokens[first].kind in OPENERS)
            if depth < 0 or self.tokens[first].kind in {NEWLINE, "VBAR", "AND", "OR", "NOT"}:
                return (words,)
            first -= 1
        middle = self.source.slice(self.tokens[first + 1].span.to(self.tokens[index - 1].span))
        if "\n" in middle or first + 1 >= index:
            return (words,)
        joined = f"and {middle} {self.tokens[index].text}"
        return (self._help(f"write `… {joined} …`", self.tokens[index].span, joined), words)

    def nested_block(self, index: int) -> None:
        """A block inside a block."""
        first = index - 1
        key = self.tokens[first].value
        method = self.tokens[index].value if self.tokens[index].kind == NAME else "name"
        message = f"while reading {self.scene(index).words} I met a block, `{key}`, inside the block"
        helps = (Help(f"write a call, `{key} = {method}(…)`, or a map, `{key} = {{ name: value }}`"),)
        span = self.tokens[first].span.to(self.tokens[index].span)
        self._report(codes.NestedBlock, message, span, "blocks do not nest", helps)

    def _report(
        self, kind: type[Code], message: str, span: Span, label: str, helps: tuple[Help, ...] = ()
    ) -> None:
        if not self._is_hushed(span.start):
            self.problems.report(kind, message, self._label(span, label), helps=helps)
            self._trouble = self._statement(self._index_at(span.start))
        self.is_quiet = True

    # One method for each action of a repair

    def _exchanged(self, index: int, kind: str) -> None:
        token = self.tokens[index]
        if kind == NAME:
            message = (
                f"while reading {self.scene(index).words} I met the reserved word `{token.text}` as a name"
            )
            words = f"a name that is reserved stands in backquotes: `` `{token.text}` ``"
            quoted = self._help(words, token.span, f"`{token.text}`")
            label = self._label(token.span, "a word of the language")
            self.problems.report(codes.ReservedWord, message, label, helps=(quoted,))
            return
        sign = SIGNS.get(kind, "\n")
        is_usual = token.kind in {"COLON", "EQUAL", "EQUAL_TO"} and kind in {"COLON", "EQUAL", "EQUAL_TO"}
        code = codes.WrongSign if is_usual else codes.UnexpectedWord
        words = f"write `{sign}`" if sign.strip() else "begin a new line"
        instead = self._exchange(token.span, sign)
        helps = (self._help(words, token.span, instead, safe=is_usual), *self._shape(index))
        label = self._label(self._visible(token.span), f"{words} here")
        self.problems.report(code, self._met(index), label, helps=helps)

    def _inserted(self, index: int, kind: str) -> None:
        place = self._gap(index)
        if kind == BROKEN:
            message = f"{self._missed(index, 'a value')}"
            label = self._label(self._visible(place), "a value is missing")
            helps = (*self._without_comma(index), *self._shape(index))
            self.problems.report(codes.MissingValue, message, label, helps=helps)
            return
        if kind == NEWLINE:
            new_line = self._help("begin a new line", place, "\n", safe=False)
            label = self._label(self._visible(self.tokens[index].span), "a new line has to begin here")
            self.problems.report(codes.UnexpectedWord, self._met(index), label, helps=(new_line,))
            return
        sign = SIGNS[kind]
        helps = (
            self._help(f"put `{sign}` here", place, self._spaced(index, sign), safe=False),
            *self._shape(index),
        )
        label = self._label(
            self._visible(place),
            f"`{sign}` is missing after this" if self._before(index) else f"`{sign}` is missing",
        )
        code = codes.UnclosedBracket if kind in CLOSERS else codes.MissingSign
        self.problems.report(code, self._missed(index, f"`{sign}`"), label, helps=helps)

    def _without_comma(self, index: int) -> tuple[Help, ...]:
        """A comma behind which nothing follows."""
        comma = self.tokens[index - 1]
        if comma.kind != "COMMA" or self.tokens[index].kind not in {NEWLINE, "VBAR", "RBRACE", "BY", END}:
            return ()
        return (self._help("remove the `,`", comma.span, ""),)

    def _deleted(self, index: int) -> None:
        token = self.tokens[index]
        helps = self._shape(index)
        if token.kind != NEWLINE and token.text:
            helps = (self._help(f"remove {self._called(token)}", token.span, "", safe=False), *helps)
        if token.kind in CLOSERS:
            sign = SIGNS[token.kind]
            message = f"while reading {self.scene(index).words} I met a `{sign}` that closes nothing"
            label = self._label(token.span, f"no open `{SIGNS[CLOSERS[token.kind]]}`")
            self.problems.report(codes.UnopenedBracket, message, label, helps=helps)
            return
        self.problems.report(codes.UnexpectedWord, self._met(index), self._met_label(index), helps=helps)

    def _given_up(self, index: int, found: Repair) -> None:
        nothing_there = found.resume == index and self.tokens[index - 1].kind in {"EQUAL", "COLON", "COMMA"}
        if index and nothing_there:
            label = self._label(self._visible(self._gap(index)), "a value is missing after this")
            self.problems.report(
                codes.MissingValue, self._missed(index, "a value"), label, helps=self._shape(index)
            )
            return
        helps = self._shape(index)
        if self.tokens[index].kind == "VBAR":
            helps = (
                Help("a pipeline inside a call or a setting stands in brackets: `concat(a, (b | take 2k))`"),
                *helps,
            )
        if [each.kind for each in self.tokens[max(0, index - 3) : index + 1 : 3]] == ["IN", "COMMA"]:
            helps = (Help('a list stands in square brackets: `topic in ["a", "b"]`'), *helps)
        self.problems.report(codes.UnexpectedWord, self._met(index), self._met_label(index), helps=helps)

    # Words

    def _met(self, index: int) -> str:
        met = self._called(self.tokens[index])
        return f"while reading {self.scene(index).words} I met {met}{self._after(index)}"

    def _missed(self, index: int, what: str) -> str:
        return f"while reading {self.scene(index).words} I missed {what}{self._after(index)}"

    def _met_label(self, index: int) -> Label:
        token = self.tokens[index]
        text = {NEWLINE: "the line ends too early", END: "the file ends too early"}.get(
            token.kind, "does not fit here"
        )
        return self._label(self._visible(token.span), text)

    def _called(self, token: Token) -> str:
        if token.kind == END:
            return "the end of the file"
        if token.kind == NEWLINE or not token.text:
            return "the end of the line"
        if token.kind == STRING and len(token.text) > 24:
            return "a text"
        return f"`` {token.text} ``" if "`" in token.text else f"`{token.text}`"

    def _after(self, index: int) -> str:
        words = self._before(index)
        return f" after {self._quoted(words)}" if words else ""

    def _quoted(self, words: str) -> str:
        return f"`` {words} ``" if "`" in words else f"`{words}`"

    def _before(self, index: int) -> str:
        """What stands before a token on its line, the last three words at most."""
        first = index
        while first > 0 and index - first < 3 and self._belongs_before(first - 1, index):
            first -= 1
        if first == index:
            return ""
        text = self.source.slice(self.tokens[first].span.to(self.tokens[index - 1].span))
        return text if len(text) <= 40 and "\n" not in text else ""

    def _belongs_before(self, place: int, index: int) -> bool:
        token = self.tokens[place]
        if token.kind in {NEWLINE, "VBAR"} or not token.text:
            return False
        return self._line(token.span.start) == self._line(self.tokens[index - 1].span.start)

    def _shape(self, index: int) -> tuple[Help, ...]:
        part = self.scene(index).part
        return (Help(_SHAPES[part]), *([Help(_MORE[part])] if part in _MORE else []))

    def scene(self, index: int, closes: Token | None = None) -> Scene:
        """What the token at `index` belongs to; `closes`: the opening bracket that it closes."""
        number = bisect_right(self.laid.statements, index) - 1
        if number < 0:
            return Scene("file", "", "the file")
        start = self.laid.statements[number]
        first, second = self.tokens[start], self.tokens[min(start + 1, len(self.tokens) - 1)]
        if first.kind in _KEYWORD_SCENES:
            word = _KEYWORD_SCENES[first.kind]
            return Scene(
                word, second.value, f"the {word} `{second.value}`" if second.kind == NAME else f"the {word}"
            )
        if first.kind == "ROUNDS":
            return Scene("rounds", "", "the rounds")
        if first.kind != NAME or index <= start:
            return Scene("file", "", "the file")
        return self._named_scene(start, index, closes)

    def _named_scene(self, start: int, index: int, closes: Token | None) -> Scene:
        kinds = [token.kind for token in self.tokens[start : min(index + 1, start + 8)]]
        has_name = kinds[1:2] == [NAME]
        name = self.tokens[start + 1].value if has_name else self.tokens[start].value
        called = f"{self.tokens[start].value} `{name}`" if has_name else f"`{name}`"
        sign = next((kind for kind in kinds if kind in {"EQUAL", "LBRACE"}), "")
        part = {"EQUAL": "pipeline", "LBRACE": "block"}.get(sign, "head")
        if part == "block" and closes is not None and closes.kind == "LBRACE":
            return Scene(part, name, f"{called}")
        if part == "head":
            return Scene(part, name, f"the beginning of {called}")
        return Scene(part, name, f"the {part} of {called}")

    def _index_at(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    # Places

    def _gap(self, index: int) -> Span:
        end = self.tokens[index - 1].span.end if index else 0
        return Span(end, end)

    def _visible(self, span: Span) -> Span:
        """An empty place or a line end is shown on the last character before it."""
        if span.start < span.end and self.source.text[span.start] not in "\r\n":
            return span
        return (
            Span(max(0, span.start - 1), span.start) if span.start else Span(0, min(1, len(self.source.text)))
        )

    def _with_blank(self, span: Span) -> Span:
        """A sign and the blank behind it."""
        return Span(span.start, span.end + (self.source.text[span.end : span.end + 1] == " "))

    def _hush_declaration(self, index: int) -> None:
        place = bisect_right(self.laid.statements, index)
        following = self.laid.statements[place] if place < len(self.laid.statements) else len(self.tokens) - 1
        self._quiet_until = self.tokens[following].span.start

    def _is_left_over(self, index: int) -> bool:
        """Whether what stands here, indented, belonged to the broken declaration above it."""
        number = self._statement(index)
        follows_trouble = number >= 0 and self._trouble in {number, number - 1}
        if not follows_trouble or self._column(self.laid.statements[number]) == 1:
            return False
        self._trouble = number
        return True

    def _statement(self, index: int) -> int:
        return bisect_right(self.laid.statements, index) - 1

    def _column(self, index: int) -> int:
        return self.source.position(self.tokens[index].span.start).column

    def _is_hushed(self, offset: int) -> bool:
        if self.is_quiet or offset < self._quiet_until or offset in self._told:
            return True
        return self._line(offset) in self._bad_lines

    def _line(self, offset: int) -> int:
        return self.source.position(offset).line

    def _label(self, span: Span, text: str) -> Label:
        return Label(self.source, span, text)

    def _help(self, text: str, span: Span, instead: str, *, safe: bool = True) -> Help:
        applicability = Applicability.SAFE if safe else Applicability.UNSAFE
        return Help(text, (Edit(self.source, span, instead),), applicability)

    def _exchange(self, span: Span, sign: str) -> str:
        """The sign with the blanks that it wants and that the one it stands for did without."""
        if sign not in {"=", "=="}:
            return sign
        before = "" if self.source.text[span.start - 1 : span.start].isspace() else " "
        after = "" if self.source.text[span.end : span.end + 1].isspace() else " "
        return f"{before}{sign}{after}"

    def _spaced(self, index: int, sign: str) -> str:
        """The sign with the blanks that it wants around it."""
        if sign in "()[].":
            return sign
        follows = self.tokens[index].span.start
        tight = follows == self._gap(index).start
        before = "" if sign in ",:" else " "
        return f"{before}{sign}{' ' if tight else ''}"

    def _on_its_line(self, index: int, closer: str) -> str:
        """A `}` of a block of several lines stands on a line of its own."""
        opener = self.laid.missing[index]
        if closer != "}":
            return closer
        return "\n}" if self._line(opener.span.start) != self._line(self.tokens[index].span.start) else " }"


def is_chained(values: list[Any], token: Token) -> bool:
    """Whether a comparison follows one; `values` are those on the parser's stack."""
    if token.kind not in COMPARISONS or len(values) < 2:
        return False
    return isinstance(values[-2], tree.Name) and values[-2].text in _COMPARATORS


def is_bare_assignment(laid: Layout, index: int) -> bool:
    """Whether `tokens[index]` is the `=` of `name = value` where a declaration stands."""
    place = bisect_right(laid.statements, index) - 1
    is_second = place >= 0 and laid.statements[place] == index - 1
    return is_second and [token.kind for token in laid.tokens[index - 1 : index + 1]] == [NAME, "EQUAL"]


def lacks_method(laid: Layout, index: int) -> bool:
    """Whether `tokens[index]` stands in the braces of `kind name: { … }`, a block whose method is missing.

    The grammar reads them as the row type of `data name: { … } = …`.
    """
    number = bisect_right(laid.statements, index) - 1
    if number < 0:
        return False
    start = laid.statements[number]
    head = laid.tokens[start : min(index, start + 4)]
    is_head = [token.kind for token in head] == [NAME, NAME, "COLON", "LBRACE"]
    return is_head and head[0].value != "data" and laid.tokens[index].kind != "RBRACE"


def sign_before_block(laid: Layout, index: int) -> int | None:
    """The first `=` of `kind name = { setting = value }` when `tokens[index]` is the second."""
    number = bisect_right(laid.statements, index) - 1
    if number < 0 or laid.tokens[index].kind != "EQUAL":
        return None
    start = laid.statements[number]
    head = [token.kind for token in laid.tokens[start : min(index, start + 8)] if token.kind != NEWLINE]
    is_head = head in (
        [NAME, NAME, "EQUAL", "LBRACE", NAME],
        [NAME, NAME, "COLON", NAME, "EQUAL", "LBRACE", NAME],
    )
    if not is_head or laid.tokens[start].value == "data":
        return None
    return start + head.index("EQUAL")


def _mends_head(found: Repair) -> bool:
    """Whether the beginning of a declaration lacks a sign only, and the rest may be trusted."""
    return found.action is Action.INSERT and found.kind in {"COLON", "EQUAL", "LBRACE"}


def is_nested_block(tokens: list[Token], index: int, scene: Scene) -> bool:
    """Whether a block begins at `tokens[index]`, or at the next one, where a setting has its `=`."""
    if scene.part != "block" or index < 2 or tokens[index - 1].kind != NAME:
        return False
    kinds = [token.kind for token in tokens[index : index + 2]]
    starts_block = kinds[0] == "LBRACE" or kinds == [NAME, "LBRACE"]
    return starts_block and tokens[index - 2].kind in {NEWLINE, "LBRACE", "COMMA"}
