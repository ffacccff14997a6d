"""Text into tokens: every character of the text ends up in one, comments and blanks too.

One regular expression reads the words; what other languages write in their place (`'text'`, `&&`,
`//`, curly quotes) is read as what was meant, with a problem that carries the fix. Of the two sides
of a merge conflict the first is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from recipedsl.diagnostics import Applicability, Code, Edit, Help, Label, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span

WHITESPACE, COMMENT, DOC, BAD = "WHITESPACE", "COMMENT", "DOC", "BAD"
NEWLINE, NAME, NUMBER, STRING = "_NL", "NAME", "NUMBER", "STRING"
TILDE = "TILDE"  # an operator of other languages that is mended before anything is parsed
BROKEN = "BROKEN"  # stands where something could not be read
TRIVIA = frozenset((WHITESPACE, COMMENT, DOC, BAD))

RESERVED = frozenset("ftr import type param let rounds expect else by and or not in true false none".split())

SYMBOLS = {
    "..": "UP_TO",
    "==": "EQUAL_TO",
    "!=": "NOT_EQUAL",
    "<=": "AT_MOST",
    ">=": "AT_LEAST",
    "<": "LESSTHAN",
    ">": "MORETHAN",
    "=": "EQUAL",
    ":": "COLON",
    ",": "COMMA",
    ".": "DOT",
    "?": "QMARK",
    "|": "VBAR",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "%": "PERCENT",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
}

# What other languages write, and what it is here.
FOREIGN_SYMBOLS = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "!": "not",
    ":=": "=",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "−": "-",
    "–": "-",
    "×": "*",
    "÷": "/",
    "…": "..",
    "...": "..",
}

#: What the letter behind a backslash stands for; `\u{1F600}` is beside them.
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|[\s\S])")

# A declaration at the beginning of a line: where a forgotten closing quote stops doing harm.
_DECLARATION = re.compile(
    r"^[A-Za-z_]\w*(?:[ \t]+[A-Za-z_]\w*)?(?:[ \t]*:[ \t]*\w+)?[ \t]*[={:]", re.MULTILINE
)

# The end of a `"""` text: quotes behind an even number of backslashes. It does not depend on where the
# text begins, so that one look per text is enough.
_LONG_END = re.compile(r'(?<!\\)(?:\\\\)*"""')

_BLANK_REST = re.compile(r"[ \t\f\v]*(?=[\r\n]|\Z)")

_CONFLICT_END = re.compile(r"^>{7}[^\r\n]*", re.MULTILINE)

#: Further places that a message about one text points at.
_MOST_SHOWN = 3

#: Characters of a name; longer ones are no names, and would stand in every message about them.
_LONGEST_NAME = 200

#: Characters that turn the direction of what follows, so that a text or comment reads as what it is not
#: (Boucher and Anderson 2021, arXiv:2111.00169).
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

# Letters before the quotes of a text in Python, and what they ask of it.
_PREFIXED = re.compile(r"(?s)([A-Za-z]+)(['\"])(.*).")
_BARE_QUOTE = re.compile(r'(?<!\\)"')
_IN_BRACES = re.compile(r"\{([A-Za-z_]\w*)\}")

#: Every word of the language, a group each; the grammars of editors are made from some of them too.
MASTER = re.compile(
    r"""
    (?P<conflict>(?m:^)(?:<{7}|>{7}|={7}|\|{7})(?=[ \r\n]|\Z)[^\r\n]*)
  | (?P<whitespace>(?:\A\ufeff)?[ \t\f\v]+|\A\ufeff)
  | (?P<newline>\r\n|\n|\r)
  | (?P<doc>\#\#(?!\#)[^\r\n]*)
  | (?P<comment>\#[^\r\n]*)
  | (?P<foreign_comment>//[^\r\n]*)
  | (?P<long_comment>/\*)
  | (?P<long>\"\"\")
  | (?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*")
  | (?P<string_open>"[^\r\n]*)
  | (?P<single>'(?:[^'\\\r\n]|\\[^\r\n])*')
  | (?P<single_open>'[^\r\n]*)
  | (?P<curly>[“”„][^“”„"\r\n]*[“”"])
  | (?P<quoted>`[^`\r\n]+`)
  | (?P<power>[0-9]+(?:\^|\*\*)[+-]?[0-9]{1,3}(?![\w.]))
  | (?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?(?:%(?![\w(])|[A-Za-z_]\w*)?)
  | (?P<short_number>(?<![\w)\]`.])\.[0-9][0-9_]*(?:[eE][+-]?[0-9]+)?(?:%(?![\w(])|[A-Za-z_]\w*)?)
  | (?P<prefixed>[fFrRbBuU]{1,2}(?:"(?!"")(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?!\w))
  | (?P<foreign_name>[^\W\d]\w*)
  | (?P<tilde>[=!]?~=?)
  | (?P<placeholder>\$\{[ ]*[A-Za-z_]\w*[ ]*\}|\{\{[ ]*[A-Za-z_]\w*[ ]*\}\}|\$[A-Za-z_]\w*)
  | (?P<foreign_symbol>(?<!=)===(?!=)|!==|\.\.\.|&&?|\|\||:=|<>|!(?!=)|[≤≥≠−–×÷…])
  | (?P<symbol>\.\.|==|!=|<=|>=|[-+*/%.,:=<>?(){}\[\]|])
  | (?P<semicolon>;)
  | (?P<blank>[\u00a0\u2000-\u200b\u202f\u3000\ufeff]+)
  | (?P<bad>[\s\S])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text of one kind; kinds are the names of the grammar's terminals, and of trivia.

    Attributes:
        kind: `NAME`, `NUMBER`, `EQUAL`, `_NL`, `COMMENT` and so on.
        text: the characters as written; empty for one that the parser added.
        span: where they stand.
        value: what a string means, the name without its backquotes, a number that was written otherwise.
        doc: documentation lines above, set by the layout pass on the first token of a line.
    """

    kind: str
    text: str
    span: Span
    value: str = ""
    doc: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The kind, under the name that Lark looks for."""
        return self.kind


def scan(source: Source) -> tuple[list[Token], Problems]:
    """All tokens of a text, in order and without gaps, and what is wrong with single ones."""
    scanner = _Scanner(source)
    scanner.run()
    scanner.report_turning()
    return scanner.tokens, scanner.problems


class _Scanner:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.problems = Problems()
        self.has_long_end = True  # whether a `"""` may still follow that ends a text
        self.has_comment_end = True  # whether a `*/` may still follow
        self.has_conflict_end = True  # whether a `>>>>>>>` may still follow
        self.in_conflict = False  # between `<<<<<<<` and `=======`

    def run(self) -> None:
        """Read the whole text."""
        position, text = 0, self.source.text
        handlers = {name: getattr(self, f"_{name}") for name in MASTER.groupindex}
        while position < len(text):
            match = MASTER.match(text, position)
            assert match is not None  # the last alternative takes anything
            name = match.lastgroup
            assert name is not None  # every alternative has a name
            token = handlers[name](match.group(), Span(*match.span()))
            self.tokens.append(token)
            position = token.span.end

    def report_turning(self) -> None:
        """Report characters that hide what a text or comment says; elsewhere they have been."""
        for found in _TURNING.finditer(self.source.text):
            index = bisect_right(self.tokens, found.start(), key=lambda token: token.span.start) - 1
            if self.tokens[index].kind == BAD:
                continue
            span, is_text = Span(*found.span()), self.tokens[index].kind == STRING
            message = f"{_describe(found[0])} turns the direction of what follows, so that it reads otherwise"
            proper = f"\\u{{{ord(found[0]):X}}}" if is_text else ""
            edits = (Edit(self.source, span, proper),)
            safety = Applicability.SAFE if is_text else Applicability.UNSAFE
            helps = (Help(f"write `{proper}`" if is_text else "remove it", edits, safety),)
            label = self._label(span, "an invisible character")
            self.problems.report(codes.BadCharacter, message, label, helps=helps)

    # One method for each group of the expression, in its order.

    def _conflict(self, text: str, span: Span) -> Token:
        mark = text[:7]
        if mark[0] in "=|" and self.in_conflict:
            self.in_conflict = False
            end = self._conflict_end(span.end)
            span = Span(span.start, end or span.end)
            return Token(BAD, self.source.slice(span), span)
        self.in_conflict = mark[0] == "<"
        self._conflict_mark(mark, span)
        return Token(BAD, text, span)

    def _conflict_mark(self, mark: str, span: Span) -> None:
        message = f"`{mark}` is the mark of a merge conflict"
        helps = (Help("keep one of the two sides and remove the lines with the marks"),)
        label = self._label(span, "a merge ended here without a decision")
        self.problems.report(codes.ConflictMark, message, label, helps=helps)

    def _conflict_end(self, start: int) -> int | None:
        """Offset behind the next `>>>>>>>` line."""
        found = _CONFLICT_END.search(self.source.text, start) if self.has_conflict_end else None
        self.has_conflict_end = found is not None
        return found.end() if found else None

    def _whitespace(self, text: str, span: Span) -> Token:
        return Token(WHITESPACE, text, span)

    def _newline(self, text: str, span: Span) -> Token:
        return Token(NEWLINE, text, span)

    def _doc(self, text: str, span: Span) -> Token:
        return Token(DOC, text, span)

    def _comment(self, text: str, span: Span) -> Token:
        return Token(COMMENT, text, span)

    def _foreign_comment(self, text: str, span: Span) -> Token:
        slashes = Span(span.start, span.start + 2)
        self._report(
            codes.ForeignComment, "a comment begins with `#`, not with `//`", slashes, "not a comment", "#"
        )
        return Token(COMMENT, text, span)

    def _long_comment(self, _text: str, span: Span) -> Token:
        end = self.source.text.find("*/", span.end) if self.has_comment_end else -1
        self.has_comment_end = end >= 0
        last = end + 2 if end >= 0 else span.end + len(self._line_from(span.end))
        whole = Span(span.start, last)
        text = self.source.slice(whole)
        own = "\n".join(
            f"# {line.strip(' *')}".rstrip() for line in text[2:].removesuffix("*/").strip().splitlines()
        )
        # What stands behind it on its line would become a part of the comment.
        is_last = end >= 0 and _BLANK_REST.match(self.source.text, last) is not None
        message = "a comment begins with `#` on each of its lines, not with `/*`"
        words, edits = "put `#` before each line", (Edit(self.source, whole, own or "#"),)
        helps = (Help(words, edits, Applicability.SAFE) if is_last else Help(words),)
        self.problems.report(codes.ForeignComment, message, self._label(span, "not a comment"), helps=helps)
        return Token(COMMENT, text, whole)

    def _line_from(self, offset: int) -> str:
        """The rest of a line."""
        found = re.compile(r"[^\r\n]*").match(self.source.text, offset)
        return found.group() if found else ""

    def _long(self, _text: str, span: Span) -> Token:
        found = _LONG_END.search(self.source.text, span.end) if self.has_long_end else None
        if found is None:
            self.has_long_end = False
            return self._long_open(span)
        span = Span(span.start, found.end())
        text = self.source.slice(span)
        return Token(STRING, text, span, self._meaning(_without_indentation(text[3:-3]), span))

    def _long_open(self, span: Span) -> Token:
        following = _DECLARATION.search(self.source.text, span.end)
        text = self.source.text[span.start : following.start() if following else None].rstrip()
        end = span.start + len(text)
        self._unclosed(span, '"""', end)
        return Token(STRING, text, Span(span.start, end), _without_indentation(text[3:]))

    def _string(self, text: str, span: Span) -> Token:
        return Token(STRING, text, span, self._meaning(text[1:-1], span))

    def _string_open(self, text: str, span: Span) -> Token:
        curly = text.find("”")
        if curly > 0:
            whole = Span(span.start, span.start + curly + 1)
            return self._in_other_quotes(text[: curly + 1], whole, text[1:curly].replace("\\", "\\\\"))
        token = self._rest_of_line(text, span)
        self._unclosed(token.span, '"', token.span.end)
        return token

    def _rest_of_line(self, text: str, span: Span) -> Token:
        # Closing brackets and commas at the end of the line belong to what stands around the string.
        kept = text[1:].rstrip(")]}, \t\f\v")
        return Token(STRING, text[: 1 + len(kept)], Span(span.start, span.start + 1 + len(kept)), kept)

    def _single_open(self, text: str, span: Span) -> Token:
        token = self._rest_of_line(text, span)
        end = token.span.end
        edits = (
            Edit(self.source, Span(span.start, span.start + 1), '"'),
            Edit(self.source, Span(end, end), '"'),
        )
        helps = (Help("put it into double quotes", edits, Applicability.UNSAFE),)
        message = "a text begins here, in single quotes, and is not closed"
        self.problems.report(codes.UnclosedText, message, self._label(token.span, "not closed"), helps=helps)
        return token

    def _single(self, text: str, span: Span) -> Token:
        return self._in_other_quotes(text, span, _for_double_quotes(text[1:-1]))

    def _curly(self, text: str, span: Span) -> Token:
        return self._in_other_quotes(text, span, text[1:-1].replace("\\", "\\\\"))

    def _quoted(self, text: str, span: Span) -> Token:
        return Token(NAME, text, span, text[1:-1])

    def _power(self, text: str, span: Span) -> Token:
        base, exponent = re.split(r"\^|\*\*", text)
        proper = f"1e{int(exponent)}" if base == "10" else f"{float(base) ** int(exponent):.15g}"
        message = f"there are no powers: `{text}` is written `{proper}`"
        self._report(codes.BadNumber, message, span, f"write `{proper}`", proper)
        return Token(NUMBER, text, span, proper)

    def _number(self, text: str, span: Span) -> Token:
        digits = re.match(r"[0-9_.]*", text)
        if digits and (
            "__" in digits.group() or digits.group().endswith("_") or "_." in text or "._" in text
        ):
            tidy = re.sub(r"_+(?![0-9])", "", re.sub(r"__+", "_", text))
            message = f"`{text}` is no number: a `_` stands between two digits"
            self._report(codes.BadNumber, message, span, "misplaced `_`", tidy)
        return Token(NUMBER, text, span)

    def _short_number(self, text: str, span: Span) -> Token:
        message = f"a number begins with a digit: `0{text}`"
        self._report(codes.BadNumber, message, span, "no digit before the point", "0" + text)
        return Token(NUMBER, text, span)

    def _prefixed(self, text: str, span: Span) -> Token:
        found = _PREFIXED.fullmatch(text)
        assert found is not None  # the expression says so
        letters, quote, inner = found.groups()
        if quote == "'":
            inner = _for_double_quotes(inner)
        is_raw = "r" in letters.lower()
        inner = inner.replace("\\", "\\\\") if is_raw else inner
        names = _IN_BRACES.findall(inner) if "f" in letters.lower() else []
        message = f"a text has no letter before its quotes, here it is `{letters}`"
        helps = (self._without_prefix(span, inner, bool(names)),)
        label = self._label(Span(span.start, span.start + len(letters)), "not a part of a text")
        self.problems.report(codes.ForeignQuotes, message, label, helps=helps)
        if names:
            return Token(BROKEN, text, span)  # what it means depends on the values
        return Token(STRING, text, span, _ESCAPE.sub(lambda each: _unescape(each[1]) or each[0], inner))

    def _without_prefix(self, span: Span, inner: str, has_names: bool) -> Help:
        if not has_names:
            words = f'write `"{inner}"`'
            return Help(words, (Edit(self.source, span, f'"{inner}"'),), Applicability.SAFE)
        parts = [part if number % 2 else f'"{part}"' for number, part in enumerate(_IN_BRACES.split(inner))]
        joined = " + ".join(part for part in parts if part != '""')
        edits = (Edit(self.source, span, joined),)
        return Help(f"texts are joined with `+`: `{joined}`", edits, Applicability.UNSAFE)

    def _name(self, text: str, span: Span) -> Token:
        if len(text) > _LONGEST_NAME:
            message = f"a name has at most {_LONGEST_NAME} characters, this one has {len(text):,}"
            self.problems.report(codes.TooLarge, message, self._label(span, "too long to be a name"))
        return Token(text.upper() if text in RESERVED else NAME, text, span, text[:_LONGEST_NAME])

    def _foreign_name(self, text: str, span: Span) -> Token:
        message = f"`{text}` has letters beyond a to z, so it needs backquotes"
        self._report(codes.BadCharacter, message, span, "not a plain name", f"`{text}`")
        return Token(NAME, text, span, text)

    def _tilde(self, text: str, span: Span) -> Token:
        return Token(TILDE, text, span)

    def _placeholder(self, text: str, span: Span) -> Token:
        name = text.strip("${} ")
        message = f"a value is written by its name alone: `{name}`, not `{text}`"
        self._report(codes.BadCharacter, message, span, f"write `{name}`", name)
        return Token(NAME, text, span, name)

    def _foreign_symbol(self, text: str, span: Span) -> Token:
        proper = FOREIGN_SYMBOLS[text]
        if proper.isalpha():  # a word needs blanks where a sign does without
            return self._foreign_word(text, span, proper)
        self._report(
            codes.ForeignOperator, f"`{text}` is written `{proper}` here", span, f"write `{proper}`", proper
        )
        return Token(SYMBOLS[proper], text, span)

    def _foreign_word(self, text: str, span: Span, proper: str) -> Token:
        before = (
            "" if self.source.text[max(0, span.start - 1) : span.start].isspace() or proper == "not" else " "
        )
        after = "" if self.source.text[span.end : span.end + 1].isspace() else " "
        edits = (Edit(self.source, span, f"{before}{proper}{after}"),)
        helps = (Help(f"write `{proper}`", edits, Applicability.SAFE),)
        label = self._label(span, f"write `{proper}`")
        message = f"`{text}` is written `{proper}` here"
        self.problems.report(codes.ForeignOperator, message, label, helps=helps)
        return Token(proper.upper(), text, span)

    def _symbol(self, text: str, span: Span) -> Token:
        return Token(SYMBOLS[text], text, span)

    def _semicolon(self, text: str, span: Span) -> Token:
        ends_line = re.match(r"[ \t]*(?:[#}\r\n]|$)", self.source.text[span.end : span.end + 80]) is not None
        message = "a line end separates statements, no `;` is needed"
        self._report(codes.BadCharacter, message, span, "no part of the language", "" if ends_line else "\n")
        return Token(NEWLINE, text, span)

    def _blank(self, text: str, span: Span) -> Token:
        message = f"{_describe(text[0])} looks like a space but is none"
        self._report(codes.BadCharacter, message, span, "not a plain space", " ")
        return Token(BAD, text, span)

    def _bad(self, text: str, span: Span) -> Token:
        # A run of the same character is one problem.
        run = re.compile(re.escape(text) + "+").match(self.source.text, span.start)
        span = Span(span.start, run.end()) if run else span
        message = f"{_describe(text)} is no part of the language"
        edit = Edit(self.source, span, "")
        helps = (Help("remove it", (edit,), Applicability.UNSAFE),)
        self.problems.report(codes.BadCharacter, message, self._label(span, "cannot be read"), helps=helps)
        return Token(BAD, self.source.slice(span), span)

    # Strings

    def _in_other_quotes(self, text: str, span: Span, inner: str) -> Token:
        message = f"a text stands in straight double quotes, not in {text[0]}…{text[-1]}"
        self._report(codes.ForeignQuotes, message, span, "not the quotes of a text", f'"{inner}"')
        return Token(STRING, text, span, _ESCAPE.sub(lambda found: ESCAPES.get(found[1], found[0]), inner))

    def _unclosed(self, span: Span, quote: str, end: int) -> None:
        helps = (
            Help(
                f"close it with `{quote}`", (Edit(self.source, Span(end, end), quote),), Applicability.UNSAFE
            ),
        )
        label = self._label(span, f"no closing `{quote}`")
        self.problems.report(
            codes.UnclosedText, f"a text begins here and has no closing `{quote}`", label, helps=helps
        )

    def _meaning(self, inner: str, span: Span) -> str:
        if "\\" not in inner:
            return inner
        bad = [
            (found[0], Span(span.start + found.start(), span.start + found.end()))
            for found in _ESCAPE.finditer(self.source.slice(span))
            if _unescape(found[1]) is None
        ]
        if bad:
            self._bad_escapes(bad)
        return _ESCAPE.sub(lambda found: _unescape(found[1]) or found[0], inner)

    def _bad_escapes(self, bad: list[tuple[str, Span]]) -> None:
        """All of one text in one: who writes a pattern has forgotten every backslash of it."""
        (text, span), *others = bad
        message = f"`{text}` means nothing in a text"
        help_text = f"write `\\{text}` for a backslash, as in regular expressions"
        edits = tuple(Edit(self.source, place, "\\" + each) for each, place in bad)
        helps = (Help(help_text, edits, Applicability.SAFE),)
        notes = (r"a text knows `\n`, `\t`, `\"`, `\\` and `\u{1F600}`",)
        label = self._label(span, "unknown escape")
        secondary = tuple(self._label(place, f"`{each}` neither") for each, place in others[:_MOST_SHOWN])
        self.problems.report(codes.BadEscape, message, label, helps=helps, notes=notes, secondary=secondary)

    # Reporting

    def _label(self, span: Span, text: str) -> Label:
        return Label(self.source, span, text)

    def _report(self, kind: type[Code], message: str, span: Span, label: str, instead: str) -> None:
        words = f"write `{instead}`" if instead.strip() else "remove it"
        if instead.isspace():
            words = "begin a new line" if instead == "\n" else "write a plain space"
        helps = (Help(words, (Edit(self.source, span, instead),), Applicability.SAFE),)
        self.problems.report(kind, message, self._label(span, label), helps=helps)


def _for_double_quotes(inner: str) -> str:
    """What stands between single quotes, as it is written between double ones."""
    return _BARE_QUOTE.sub(lambda _: r"\"", inner.replace("\\'", "'"))


def _unescape(escape: str) -> str | None:
    if not escape.startswith("u{"):
        return ESCAPES.get(escape)
    number = int(escape[2:-1], 16)
    is_letter = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_letter else None


def _without_indentation(inner: str) -> str:
    """Contents of a `\"\"\"` text: no first line break, no indentation common to all lines."""
    lines = inner.replace("\r\n", "\n").split("\n")
    if len(lines) > 1 and not lines[0].strip():
        first: list[str] = []
        rest = lines[1:]
    else:
        first, rest = lines[:1], lines[1:]
    # The last line counts even when blank: it tells where the closing quotes stand.
    measured = [line for line in rest[:-1] if line.strip()] + rest[-1:]
    margin = min((len(line) - len(line.lstrip(" \t")) for line in measured), default=0)
    return "\n".join(first + [line[margin:] for line in rest])


def _describe(letter: str) -> str:
    if letter.isprintable() and not letter.isspace():
        return f"`{letter}`"
    return f"the character U+{ord(letter):04X}"
