"""What users of other languages write as whole lines, mended before it is parsed.

Blocks held together by indentation, steps without `|`, `if` and `for`, names in quotes, statements
that go on below their line. A statement is looked at by its first tokens and by how far it is
indented; a valid one is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.foreign_blocks import Lines, indented_block, section
from recipedsl.syntax.layout import CLOSERS, END, OPENERS, Layout
from recipedsl.syntax.mending import ENDS_VALUE, Draft, broken_statement
from recipedsl.syntax.scan import NAME, NEWLINE, NUMBER, STRING, Token

#: Words that begin declarations: an indented line that begins with one is no step.
KINDS = frozenset("data model stage eval template run profile".split())

_BY_CONDITION = (
    "what differs between two runs is a `param` or a `profile`; "
    "in a value write `if(condition, then, otherwise)`"
)
_BY_ROW = "what is done for each row is a step of a pipeline; what repeats as a whole is `rounds 3 { … }`"
_PROGRAM = {
    "if": _BY_CONDITION,
    "elif": _BY_CONDITION,
    "for": _BY_ROW,
    "foreach": _BY_ROW,
    "while": "what repeats as a whole is `rounds 3 { … }`",
    "def": 'a function of your own stands in a Python file: `reward = python("rewards.py:score")`',
    "function": 'a function of your own stands in a Python file: `reward = python("rewards.py:score")`',
    "class": "a row type is `type Name = { column: text }`",
    "return": "a recipe names what it makes; nothing is returned",
    "print": "`recipedsl plan` shows what comes out of every step",
}
_CONDITIONS = frozenset(("if", "while"))
#: Words that declare the columns of a row elsewhere.
#: Settings of a source that name the type of its rows elsewhere.
_TYPE_SETTINGS = frozenset("type schema row_type dtype row features".split())
_ROW_WORDS = frozenset("row schema record struct class interface dataclass table message".split())
# The type that a default most likely has.
_TYPE_OF = {NUMBER: "int", STRING: "text", "TRUE": "bool", "FALSE": "bool"}
_NO_WORD = re.compile(r"\W+|^(?=\d)", re.ASCII)
# A line that ends with one of these is not at its end.
_GOES_ON = frozenset("EQUAL OR AND PLUS MINUS STAR SLASH EQUAL_TO NOT_EQUAL AT_MOST AT_LEAST IN".split())
_BEGINS_VALUE = frozenset(
    (NAME, NUMBER, STRING, "TRUE", "FALSE", "NONE", "LPAR", "LSQB", "LBRACE", "MINUS", "NOT")
)
_PLAIN_HEADS = frozenset(
    (("LET", NAME, "EQUAL"), ("TYPE", NAME, "EQUAL"), ("IMPORT", NAME, "EQUAL"), ("PARAM", NAME, "COLON"))
)
_IN_BRACKETS = Help("or put the whole value into `( )`, where lines may end anywhere")
_CONTINUES = frozenset("PLUS STAR SLASH PERCENT AND OR DOT EQUAL_TO NOT_EQUAL IN".split())


def with_own_lines(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    draft = Draft(source, laid, problems)
    _split_lines(draft)
    lines = Lines(draft, [*laid.statements, len(laid.tokens) - 1])
    number = 0
    while number < len(laid.statements):
        if lines.bounds[number] in draft.changes or lines.bounds[number] in draft.joined:
            number += 1
            continue
        # Each form says how many statements it took; none begins as these do.
        if tuple(lines.kinds(number, 3)) in _PLAIN_HEADS:
            number += 1
            continue
        number += next((taken for form in _FORMS if (taken := form(lines, number))), 1)
    return draft.result()


# --- statements that go on below their line ---------------------------------------------------------


def _split_lines(draft: Draft) -> None:
    """Line ends in the middle of a statement."""
    bars: list[int] = []  # line ends behind a `|`, of one pipeline
    for index, (kind, following) in enumerate(pairwise(draft.kinds)):
        if kind != NEWLINE or index < 2:
            continue
        if draft.kinds[index - 1] == "VBAR" and following in {NAME, "EXPECT"}:
            bars.append(index)
            continue
        if bars:
            _bars_at_the_end(draft, bars)
            bars = []
        if draft.kinds[index - 1] in _GOES_ON and following in _BEGINS_VALUE:
            _value_below(draft, index)
        elif _is_method_call(draft, index + 1):
            draft.replace(index, index)  # reported where the words of the line are looked at
            draft.joined.add(index + 1)
        elif following in _CONTINUES and draft.kinds[index - 1] in ENDS_VALUE:
            message = f"the line begins with `{draft.text(index + 1)}`, and the statement above has ended"
            _join(draft, index, message, index + 1, _IN_BRACKETS)


def _is_method_call(draft: Draft, index: int) -> bool:
    kinds = [draft.kind(index + offset) for offset in (-2, 0, 1, 2)]
    return kinds == ["RPAR", "DOT", NAME, "LPAR"]


def _value_below(draft: Draft, index: int) -> None:
    """`name =` and the value on the next line."""
    begins_entry = draft.kind(index + 1) == NAME and draft.kind(index + 2) in {"EQUAL", "COLON"}
    if begins_entry or draft.column(index + 1) <= _indentation(draft, index - 1):
        return
    message = f"the line ends after `{draft.text(index - 1)}`, and its value stands on the next"
    _join(draft, index, message, index - 1, _IN_BRACKETS)


def _indentation(draft: Draft, index: int) -> int:
    offset = draft.tokens[index].span.start
    text = draft.source.line(draft.source.position(offset).line)
    return len(text) - len(text.lstrip()) + 1


def _join(draft: Draft, index: int, message: str, shown: int, *helps: Help) -> None:
    """Take a line end away."""
    if not draft.replace(index, index):
        return
    draft.joined.add(index + 1)
    gap = Span(draft.tokens[index - 1].span.end, draft.tokens[index + 1].span.start)
    if draft.source.slice(gap).isspace():  # no comment between
        helps = draft.fix("write it on one line", (gap, " ")), *helps
    draft.report(codes.SplitLine, message, draft.tokens[shown].span, "a statement ends with its line", *helps)


def _bars_at_the_end(draft: Draft, ends: list[int]) -> None:
    """`| step |` at the end of a line: the bar belongs to the next one."""
    edits: list[tuple[Span, str]] = []
    for index in ends:
        draft.replace(index, index)
        draft.joined.add(index + 1)
        bar, place = draft.tokens[index - 1].span, draft.tokens[index + 1].span.start
        edits += [(Span(draft.tokens[index - 2].span.end, bar.end), ""), (Span(place, place), "| ")]
    first, *others = (draft.tokens[index - 1].span for index in ends)
    words = "begin the next line with it" if not others else "begin the next lines with them"
    message = "a `|` stands at the beginning of the line of its step"
    label = "belongs to the next line"
    draft.report(codes.StepWithoutBar, message, first, label, draft.fix(words, *edits), others=tuple(others))


# --- statements -------------------------------------------------------------------------------------


def _steps(lines: Lines, number: int) -> int:
    """Lines below a pipeline, further in, that begin with no `|`."""
    draft = lines.draft
    if not _is_pipeline(lines, number):
        return 0
    column, last = lines.column(number), number
    while (
        lines.goes_on(last)
        and (lines.column(last + 1) > column or _leads_to_step(lines, last + 1))
        and _is_step(lines, last + 1)
    ):
        last += 1
    if last == number:
        return 0
    places = [lines.bounds[each] for each in range(number + 1, last + 1)]
    for place in places:
        end = draft.tokens[place - 2].span.end
        # The line end before the step goes, and what begins a declaration is a step.
        draft.changes[place - 1] = (Token("VBAR", "|", Span(end, end)),)
        draft.joined.add(place)
    _report_steps(draft, places)
    return last - number + 1


def _report_steps(draft: Draft, places: list[int]) -> None:
    spans = [draft.tokens[place].span for place in places]
    words = "put `|` before it" if len(spans) == 1 else "put `|` before each of them"
    fix = draft.fix(words, *((Span(span.start, span.start), "| ") for span in spans))
    message = f"`{draft.text(places[0])}` is a step; a step begins with `|`"
    draft.report(codes.StepWithoutBar, message, spans[0], "no `|` before it", fix, others=tuple(spans[1:]))


def _is_pipeline(lines: Lines, number: int) -> bool:
    kinds = lines.kinds(number)
    if kinds[:3] == [NAME, NAME, "EQUAL"] and kinds[3:4] != ["LBRACE"]:
        return True
    return kinds[:3] == [NAME, NAME, "COLON"] and "EQUAL" in kinds[3:]


def _is_step(lines: Lines, number: int) -> bool:
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    is_joined = start in draft.joined or start in draft.changes
    if is_joined or draft.kind(start - 1) != NEWLINE or draft.kind(start - 2) == "VBAR":
        return False
    if kinds[0] == "EXPECT":
        return True
    return (
        kinds[0] == NAME
        and draft.text(start) not in KINDS
        and kinds[1:2] not in (["COLON"], ["EQUAL"], ["LBRACE"])
    )


def _leads_to_step(lines: Lines, number: int) -> bool:
    """Whether a statement has a `|` and no sign before it: a pipeline that begins in its middle."""
    for place in range(lines.bounds[number], lines.end(number)):
        kind = lines.draft.kinds[place]
        if kind == "VBAR":
            return True
        if kind in {"EQUAL", "COLON", "LBRACE"}:
            return False
    return False


def _program(lines: Lines, number: int) -> int:
    """`if`, `for`, `def` and their like, with the lines that are indented below them."""
    draft, start = lines.draft, lines.bounds[number]
    word, kinds = draft.text(start), lines.kinds(number)
    is_word = kinds[:1] == [NAME] and word in _PROGRAM and kinds[1:2] not in (["EQUAL"], ["LBRACE"])
    # All but `if name {` and `while name {` may be declarations of kinds that are called so.
    is_declaration = kinds[1:2] == [NAME] and (
        kinds[2:3] == ["EQUAL"]
        or (kinds[2:3] == ["LBRACE"] and word not in _CONDITIONS)
        or (kinds[2:3] == ["COLON"] and kinds[3:4] != [NEWLINE])
    )
    if not is_word or is_declaration:
        return 0
    last = lines.last_inside(number)
    while lines.goes_on(last) and draft.text(lines.bounds[last + 1]) in {"elif", "else"}:
        last = lines.last_inside(last + 1)
    whole = draft.tokens[start].span.to(lines.words(last)[-1].span)
    if not draft.replace(start, lines.end(last) - 1, *broken_statement(whole)):
        return 0
    span = draft.tokens[start].span
    message = f"a recipe has no `{word}` statement"
    draft.report(codes.Program, message, span, "not a declaration", Help(_PROGRAM[word]))
    return last - number + 1


def _quoted_names(lines: Lines, number: int) -> int:
    """`stage "tuned" …`, `resource "stage" "tuned" { … }`."""
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    if kinds[:2] != [NAME, STRING] or not draft.tokens[start + 1].value.strip():
        return 0
    count = 2 if kinds[2:3] == [STRING] else 1
    if kinds[1 + count : 2 + count] not in (["LBRACE"], ["COLON"], ["EQUAL"], [NEWLINE]):
        return 0
    names = draft.tokens[start + 1 : start + 1 + count]
    plain = [_NO_WORD.sub("_", token.value) for token in names]
    mended = [replace(token, kind=NAME, value=word) for token, word in zip(names, plain, strict=True)]
    if count == 2:
        mended.insert(1, Token("COLON", "", Span(names[0].span.end, names[0].span.end)))
    if not draft.replace(start + 1, start + count, *mended):
        return 0
    span = names[0].span.to(names[-1].span)
    if count == 1:
        fix = draft.fix(f"write `{plain[0]}`", (span, plain[0]))
        message = f"the name `{names[0].text}` is written without quotes"
        draft.report(codes.QuotedName, message, span, "a name, not a text", fix)
    else:
        form = Help("a block looks like `stage name: method { … }`")
        draft.report(codes.QuotedName, "names are written without quotes", span, "names, not texts", form)
    return 1


def _method_with_sign(lines: Lines, number: int) -> int:
    """`stage tuned = sft { … }`."""
    draft, start = lines.draft, lines.bounds[number]
    is_form = lines.kinds(number)[:5] == [NAME, NAME, "EQUAL", NAME, "LBRACE"]
    if (
        not is_form
        or draft.text(start) == "data"
        or not draft.replace(start + 2, start + 2, draft.sign("COLON", start + 2))
    ):
        return 0
    kind, name = draft.text(start), draft.text(start + 1)
    proper = f"{kind} {name}: {draft.text(start + 3)} {{ … }}"
    gap = Span(draft.tokens[start + 1].span.end, draft.tokens[start + 2].span.end)
    message = f"while reading the beginning of {kind} `{name}` I met `=` before its method"
    fix = draft.fix(f"write `{proper}`", (gap, ":"))
    draft.report(codes.WrongSign, message, draft.tokens[start + 2].span, "write `:` here", fix)
    return 1


def _block_in_round_brackets(lines: Lines, number: int) -> int:
    """`stage tuned: sft( … )`."""
    draft, start = lines.draft, lines.bounds[number]
    opener = start + 4
    is_form = lines.kinds(number)[:5] in (
        [NAME, NAME, "COLON", NAME, "LPAR"],
        [NAME, NAME, "EQUAL", NAME, "LPAR"],
    )
    closer = draft.closer(opener) if is_form and draft.text(start) == "stage" else 0
    if not closer:
        return 0
    inside = list(_settings_on_lines(draft, opener + 1, closer))
    tokens = draft.sign("LBRACE", opener), *inside, draft.sign("RBRACE", closer)
    draft.replace(start + 2, start + 2, draft.sign("COLON", start + 2))
    draft.replace(opener, closer, *tokens)
    head = draft.source.slice(draft.span(start, start + 3)).replace(" =", ":")
    closing = draft.tokens[closer].span
    gap = " " if draft.share_a_line(opener, opener + 1) and draft.touch(opener) else ""
    edits = [(Span(draft.tokens[start].span.start, draft.tokens[opener].span.end), f"{head} {{{gap}")]
    edits.append((closing, "}" if not draft.share_a_line(closer - 1, closer) else " }"))
    fix = draft.fix(f"write `{head} {{ … }}`", *edits)
    message = f"the block of {draft.text(start)} `{draft.text(start + 1)}` stands in braces, not in `( )`"
    draft.report(codes.NestedBlock, message, draft.tokens[opener].span, "write `{` here", fix)
    return 1


def _settings_on_lines(draft: Draft, first: int, end: int) -> Iterator[Token]:
    """The tokens of settings, with line ends where a setting begins on a line of its own."""
    depth = 0
    for place in range(first, end):
        kind = draft.kinds[place]
        begins = depth == 0 and draft.kind(place + 1) == "EQUAL" and not draft.share_a_line(place - 1, place)
        if begins and draft.kind(place - 1) != "COMMA":
            at = draft.tokens[place].span.start
            yield Token(NEWLINE, "", Span(at, at))
        depth += (kind in OPENERS) - (kind in CLOSERS)
        yield draft.tokens[place]


def _without_kind(lines: Lines, number: int) -> int:
    """`tuned: sft { … }` and `rate = 3` at the beginning of a line: the kind is missing."""
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    is_block = kinds[:4] == [NAME, "COLON", NAME, "LBRACE"]
    is_value = kinds[:2] == [NAME, "EQUAL"] and not {"VBAR", "LBRACE", NEWLINE} & set(kinds[2:3])
    if not (is_block or is_value) or lines.column(number) != 1 or draft.kind(start - 1) not in {NEWLINE, END}:
        return 0
    if is_value and (NEWLINE not in kinds or "VBAR" in kinds or kinds[2:4] == [NAME, "LPAR"]):
        return 0
    name, word = draft.tokens[start], "stage" if is_block else "let"
    at = Span(name.span.start, name.span.start)
    first = Token(NAME, word, at, word, name.doc) if is_block else Token("LET", word, at, word, name.doc)
    if not draft.replace(start, start, first, replace(name, doc=())):
        return 0
    form = f"{name.text}: {draft.text(start + 2)} {{ … }}" if is_block else f"{name.text} = …"
    message = f"`{form}` is no declaration: its kind is missing"
    fix = draft.fix(f"write `{word} {form}`", (at, f"{word} "), safe=is_block)
    other = Help(f"a dataset is `data {name.text} = …`, a row type `type {name.text} = …`")
    helps = (fix,) if is_block else (fix, other)
    draft.report(codes.BareAssignment, message, name.span, "a declaration begins with its kind", *helps)
    return 1


def _let_with_type(lines: Lines, number: int) -> int:
    """`let rate: float = 3`."""
    draft, start = lines.draft, lines.bounds[number]
    if lines.kinds(number)[:3] != ["LET", NAME, "COLON"]:
        return 0
    last = lines.end(number)
    sign = next((place for place in range(start + 3, last) if draft.kinds[place] == "EQUAL"), 0)
    if not sign or "LBRACE" in draft.kinds[start + 3 : sign] or not draft.replace(start + 2, sign - 1):
        return 0
    span, gap = draft.span(start + 2, sign - 1), draft.tokens[start + 1].span.end
    message = (
        f"the value `{draft.text(start + 1)}` has no type of its own, it is that of what stands behind `=`"
    )
    fix = draft.fix("leave the type out", (Span(gap, span.end), ""))
    other = Help("what is set from outside has a type: `param` instead of `let`")
    draft.report(codes.WrongSign, message, span, "a `let` has no type", fix, other)
    return 1


def _import_of_other_form(lines: Lines, number: int) -> int:
    """`import "common.ftr"`, `import common from "common.ftr"`, `from "common.ftr" import a`."""
    draft, start = lines.draft, lines.bounds[number]
    words = lines.words(number)
    kinds = [token.kind for token in words]
    text = next((token for token in words if token.kind == STRING), None)
    is_import = kinds in (["IMPORT", STRING], ["IMPORT", NAME, NAME, STRING], ["IMPORT", STRING, NAME, NAME])
    is_from = kinds[:3] == [NAME, STRING, "IMPORT"] and words[0].text == "from"
    is_include = kinds == [NAME, STRING] and words[0].text in {"include", "use", "source", "require"}
    if text is None or not (is_import or is_from or is_include):
        return 0
    named = [token.text for token in words[1:] if token.kind == NAME and token.text not in {"from", "as"}]
    stem = _NO_WORD.sub("_", text.value.rpartition("/")[2].removesuffix(".ftr")) or "common"
    name = named[0] if is_import and named else stem
    at = Span(words[0].span.start, words[0].span.start)
    tokens = Token("IMPORT", "import", at), Token(NAME, name, at, name), Token("EQUAL", "", at), text
    if not draft.replace(start, start + len(words) - 1, *tokens):
        return 0
    proper = f"import {name} = {text.text}"
    span = words[0].span.to(words[-1].span)
    helps = draft.fix(f"write `{proper}`", (span, proper)), Help(f"what it declares is named `{name}.…` here")
    draft.report(codes.WrongSign, "an import gives the file a name", span, f"write `{proper}`", *helps)
    return 1


def _param_without_type(lines: Lines, number: int) -> int:
    """`param rank = 16`."""
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    if kinds[:3] != ["PARAM", NAME, "EQUAL"] or kinds[4:5] != [NEWLINE] or kinds[3] not in _TYPE_OF:
        return 0
    type_ = _TYPE_OF[kinds[3]]
    if kinds[3] == NUMBER and not draft.text(start + 3).isdigit():
        type_ = "float"
    name, place = draft.tokens[start + 1], draft.tokens[start + 1].span.end
    at = Span(place, place)
    if not draft.replace(start + 1, start + 1, name, Token("COLON", "", at), Token(NAME, type_, at, type_)):
        return 0
    proper = f"param {name.text}: {type_} = {draft.text(start + 3)}"
    fix = draft.fix(f"write `{proper}`", (at, f": {type_}"), safe=False)
    without = Help("or, where it is never set from outside, `let` instead of `param`")
    message = f"the parameter `{name.value}` has no type"
    draft.report(codes.MissingSign, message, name.span, "a type is missing after this", fix, without)
    return 1


def _pipeline_with_colon(lines: Lines, number: int) -> int:
    """`data rows: read(…)`."""
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    if kinds[:3] != [NAME, NAME, "COLON"] or kinds[3:5] not in ([NAME, "LPAR"], [NAME, "VBAR"]):
        return 0
    if not draft.replace(start + 2, start + 2, draft.sign("EQUAL", start + 2)):
        return 0
    gap = Span(draft.tokens[start + 1].span.end, draft.tokens[start + 2].span.end)
    kind, name = draft.text(start), draft.text(start + 1)
    message = f"while reading the beginning of {kind} `{name}` I met `:` before its pipeline"
    helps = (
        draft.fix("write `=`", (gap, " =")),
        Help("behind `:` stands a row type: `data rows: Row = read(…)`"),
    )
    draft.report(codes.WrongSign, message, draft.tokens[start + 2].span, "write `=` here", *helps)
    return 1


def _type_behind(lines: Lines, number: int) -> int:
    """`data rows = read(…): Row` and `data rows = read(…, type = Row)`."""
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    if kinds[:2] != [NAME, NAME] or kinds[2:5] != ["EQUAL", NAME, "LPAR"]:
        return 0
    closer = draft.closer(start + 4)
    first, type_ = _type_of_source(draft, start + 4, closer)
    if not first:
        return 0
    name, last = draft.tokens[start + 1], max(type_, closer)
    # The declaration has to reach as far as the type that now belongs to it.
    kept = replace(draft.tokens[closer], span=draft.span(min(first, closer), last))
    if not draft.replace(min(first, closer), last, kept):
        return 0
    at = draft.sign("COLON", type_ - 1)
    draft.replace(start + 1, start + 1, name, at, draft.tokens[type_])
    span = draft.span(first, type_)
    proper = f"{draft.text(start)} {name.text}: {draft.text(type_)} = …"
    edits = (Span(name.span.end, name.span.end), f": {draft.text(type_)}"), (span, "")
    message = f"the type of the rows stands behind the name of {draft.text(start)} `{name.text}`"
    fix = draft.fix(f"write `{proper}`", *edits)
    draft.report(codes.WrongSign, message, span, "stands behind the name", fix)
    return 1


def _type_of_source(draft: Draft, opener: int, closer: int) -> tuple[int, int]:
    """Where the type of the rows stands at a source, and its name; zeros where there is none."""
    if [draft.kind(closer), draft.kind(closer + 1), draft.kind(closer + 2)] == ["RPAR", "COLON", NAME]:
        return closer + 1, closer + 2
    named = closer - 4
    kinds = [draft.kind(named), draft.kind(named + 2), draft.kind(named + 3)]
    is_type = named > opener and kinds == ["COMMA", "EQUAL", NAME]
    is_type = is_type and draft.text(named + 1) in _TYPE_SETTINGS
    return (named, closer - 1) if is_type else (0, 0)


def _row_type_as_block(lines: Lines, number: int) -> int:
    """`row Lesson { id: int }`, `type Lesson { … }`."""
    draft, start = lines.draft, lines.bounds[number]
    kinds, word = lines.kinds(number), draft.tokens[start]
    columns = [kind for kind in kinds[3:] if kind != NEWLINE]
    is_type = kinds[:3] == ["TYPE", NAME, "LBRACE"]
    is_block = kinds[:3] == [NAME, NAME, "LBRACE"] and columns[:2] in ([NAME, "COLON"], [NAME, NAME])
    is_type = is_type or (is_block and word.text in _ROW_WORDS)
    name, brace = draft.tokens[start + 1], draft.tokens[start + 2]
    sign = Token("EQUAL", "", Span(name.span.end, name.span.end))
    if not is_type or not draft.replace(
        start, start + 1, replace(word, kind="TYPE", value="type"), name, sign
    ):
        return 0
    proper = f"type {name.text} = {{"
    span = word.span.to(brace.span)
    message = f"the row type `{name.text}` is written as a block"
    fix = draft.fix(f"write `{proper}`", (span, proper))
    draft.report(codes.MissingSign, message, span, f"write `{proper}`", fix)
    return 1


def _brace_below(lines: Lines, number: int) -> int:
    """A block whose `{` stands on a line of its own."""
    draft, start = lines.draft, lines.bounds[number]
    kinds = lines.kinds(number)
    head = kinds[: kinds.index(NEWLINE)] if NEWLINE in kinds else []
    if head not in ([NAME], [NAME, NAME], [NAME, NAME, "COLON", NAME]):
        return 0
    brace = start + len(head) + 1
    if lines.bounds[number + 1] != brace or draft.kind(brace) != "LBRACE":
        return 0
    _join(draft, brace - 1, "the `{` of a block stands on the line of its name", brace)
    return 2


_FORMS: tuple[Callable[[Lines, int], int], ...] = (
    _program,
    _brace_below,
    _block_in_round_brackets,
    _method_with_sign,
    _import_of_other_form,
    _let_with_type,
    _without_kind,
    _param_without_type,
    _quoted_names,
    indented_block,
    section,
    _pipeline_with_colon,
    _type_behind,
    _row_type_as_block,
    _steps,
)
