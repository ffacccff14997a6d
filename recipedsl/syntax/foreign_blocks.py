"""Blocks held together by indentation (YAML) or below a heading (TOML), mended to blocks in braces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Span
from recipedsl.syntax.layout import CLOSERS, OPENERS
from recipedsl.syntax.mending import SIMPLE_VALUES, Draft, broken_statement
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, STRING, Token

#: Keys that say the method where there is no other word for it.
_METHOD_KEYS = frozenset(("method", "type", "kind", "trainer"))
_SHOWN = 3  # settings in the form that a help shows


@dataclass(frozen=True, slots=True)
class Lines:
    """The statements of a draft.

    Attributes:
        draft: what is mended.
        bounds: where each statement begins, and where the last one ends.
    """

    draft: Draft
    bounds: list[int]

    @property
    def count(self) -> int:
        return len(self.bounds) - 1

    def kinds(self, number: int, most: int = 12) -> list[str]:
        """The kinds of the first tokens of a statement, its line end included."""
        start, end = self.bounds[number], self.bounds[number + 1]
        return self.draft.kinds[start : min(end, start + most)]

    def column(self, number: int) -> int:
        """How far a statement is indented, counted from 1."""
        return self.draft.column(self.bounds[number])

    def end(self, number: int) -> int:
        """Index behind the last token of a statement; a brace that closes `rounds` is no part of it."""
        depth = 0
        for place in range(self.bounds[number], self.bounds[number + 1]):
            kind = self.draft.kinds[place]
            if kind in CLOSERS and not depth:
                return place
            depth += (kind in OPENERS) - (kind in CLOSERS)
        return self.bounds[number + 1]

    def words(self, number: int) -> list[Token]:
        """The tokens of a statement without its line end."""
        tokens = self.draft.tokens[self.bounds[number] : self.end(number)]
        return tokens[:-1] if tokens and tokens[-1].kind == NEWLINE else tokens

    def last_inside(self, number: int) -> int:
        """The last of the statements below one that are indented further than it."""
        column, last = self.column(number), number
        while self.goes_on(last) and self.column(last + 1) > column:
            last += 1
        return last

    def goes_on(self, number: int) -> bool:
        """Whether another statement follows in the same rounds, or outside of any."""
        return number + 1 < self.count and self.end(number) == self.bounds[number + 1]


@dataclass(frozen=True, slots=True)
class _Head:
    """What a block is the block of."""

    kind: str
    name: Token | None
    method: Token | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """`key: value`; the value is empty where it is no plain one.

    Attributes:
        text: the value as it is written here.
    """

    key: Token
    value: tuple[Token, ...]
    span: Span
    text: str


def indented_block(lines: Lines, number: int) -> int:
    """A declaration whose settings stand below it, further in; gives the number of statements taken."""
    draft, start = lines.draft, lines.bounds[number]
    head = _head(lines, number)
    column = lines.column(number)
    if head is None or not lines.goes_on(number) or not _is_entry(lines, number + 1):
        return 0
    last = lines.last_inside(number)
    while lines.goes_on(last) and _is_list_item(lines, last + 1) and lines.column(last + 1) == column:
        last = lines.last_inside(last + 1)
    if last == number:
        return 0
    if lines.end(last) in draft.laid.surplus_places:
        return _without_opener(lines, number, last)
    entries = list(_entries(lines, number + 1, last))
    if not entries:
        return _list(lines, number, last)
    words = draft.source.slice(draft.span(start, start + len(lines.words(number)) - 1)).rstrip(":")
    message = f"the block of {_called(words)} is held together by indentation, a block stands in braces"
    return _mend(lines, number, last, head, entries, message)


def section(lines: Lines, number: int) -> int:
    """`[stage.tuned]` and the assignments below it; gives the number of statements taken."""
    draft, start = lines.draft, lines.bounds[number]
    words = lines.words(number)
    kinds = [token.kind for token in words]
    if kinds[:2] != ["LSQB", NAME] or kinds[-1] != "RSQB" or set(kinds[1:-1]) - {NAME, "DOT", STRING}:
        return 0
    names = [token for token in words if token.kind in {NAME, STRING}]
    last = number
    while lines.goes_on(last) and lines.kinds(last + 1)[:2] == [NAME, "EQUAL"]:
        last += 1
    if last == number:
        return 0
    head = _Head(names[0].value, names[1] if len(names) > 1 else None, None)
    heading = draft.source.slice(draft.span(start, start + len(words) - 1))
    message = f"the settings below `{heading}` stand in the braces of a block"
    return _mend(lines, number, last, head, list(_entries(lines, number + 1, last)), message)


def _head(lines: Lines, number: int) -> _Head | None:
    """What `kind name: method` without a block declares."""
    if NEWLINE not in lines.kinds(number):
        return None
    words = [token for token in lines.words(number) if token.kind != "COLON"]
    kinds = [token.kind for token in lines.words(number)]
    has_colon = kinds[-1:] == ["COLON"]
    kinds = kinds[:-1] if has_colon else kinds
    if kinds not in (
        [NAME],
        [NAME, NAME],
        [NAME, STRING],
        [NAME, NAME, "COLON", NAME],
        [NAME, "COLON", NAME],
    ):
        return None
    if kinds == [NAME, "COLON", NAME]:
        return None  # `key: value`
    name, method = (*words[1:], None, None)[:2]
    return _Head(words[0].value, name, method)


def _is_list_item(lines: Lines, number: int) -> bool:
    return lines.kinds(number)[:1] == ["MINUS"]


def _is_entry(lines: Lines, number: int) -> bool:
    kinds = lines.kinds(number)
    is_setting = kinds[:1] in ([NAME], [STRING], ["TYPE"]) and kinds[1:2] in (["COLON"], ["EQUAL"])
    return is_setting or _is_list_item(lines, number)


def _entries(lines: Lines, first: int, last: int) -> Iterator[_Entry]:
    """The settings at the indentation of the first; what is further in belongs to the one above."""
    column = lines.column(first)
    starts = [
        each for each in range(first, last + 1) if lines.column(each) <= column and _is_setting(lines, each)
    ]
    for start, following in pairwise([*starts, last + 1]):
        key, _, *value = lines.words(start)
        alone = following == start + 1
        span = key.span.to(lines.words(following - 1)[-1].span)
        if alone and _is_plain(value):
            yield _Entry(key, tuple(value), span, lines.draft.source.slice(value[0].span.to(value[-1].span)))
        else:
            found, text = _nested(lines, start + 1, following - 1) if not value and not alone else ((), "")
            yield _Entry(key, found, span, text)


def _nested(lines: Lines, first: int, last: int) -> tuple[tuple[Token, ...], str]:
    """`type: lora` and settings below a key as a call, `lora(rank = 16)`; nothing where they are no such."""
    entries = list(_entries(lines, first, last)) if _is_setting(lines, first) else []
    heads = [each for each in entries if each.key.text in _METHOD_KEYS]
    is_call = len(heads) == 1 and heads[0] is entries[0] and len(heads[0].value) == 1
    if not is_call or heads[0].value[0].kind not in {NAME, STRING} or not all(each.value for each in entries):
        return (), ""
    name, at = heads[0].value[0], heads[0].value[0].span.end
    tokens = [replace(name, kind=NAME, text=name.value), Token("LPAR", "", Span(at, at))]
    for each in entries[1:]:
        comma = Token("COMMA", "", Span(each.key.span.start, each.key.span.start))
        tokens += [*([comma] if len(tokens) > 2 else []), *_tokens_of_entry(each)]
    end = entries[-1].span.end
    settings = ", ".join(f"{each.key.value} = {each.text}" for each in entries[1:])
    return (*tokens, Token("RPAR", "", Span(end, end))), f"{name.value}({settings})"


def _is_setting(lines: Lines, number: int) -> bool:
    return _is_entry(lines, number) and not _is_list_item(lines, number)


def _is_plain(value: list[Token]) -> bool:
    """Whether a value reads the same here: a word, a number, a text, or something in brackets."""
    kinds = [token.kind for token in value]
    if len(kinds) == 1:
        return kinds[0] in SIMPLE_VALUES
    if kinds[:1] == ["MINUS"]:
        return len(kinds) == 2 and kinds[1] in SIMPLE_VALUES
    is_list = kinds[:1] == ["LSQB"] and kinds[-1] == "RSQB" and kinds.count("LSQB") == 1
    is_call = kinds[:2] == [NAME, "LPAR"] and kinds[-1] == "RPAR" and kinds.count("LPAR") == 1
    is_path = kinds[::2] == [NAME] * len(kinds[::2]) and set(kinds[1::2]) == {"DOT"} and len(kinds) % 2 == 1
    return is_list or is_call or is_path


def _called(words: str) -> str:
    kind, _, name = words.partition(":")[0].strip().partition(" ")
    name = name.strip(' "')
    return f"{kind} `{name}`" if name else f"`{kind}`"


def _without_opener(lines: Lines, number: int, last: int) -> int:
    """A block that has its `}` but not its `{`."""
    draft = lines.draft
    place = lines.bounds[number] + len(lines.words(number))
    end = draft.tokens[place - 1].span.end
    colon = draft.kind(place - 1) == "COLON"
    brace = Token("LBRACE", "", Span(end, end))
    if not draft.replace(place, place, brace, draft.tokens[place]):
        return 0
    if colon:
        draft.replace(place - 1, place - 1)
    draft.joined.update(lines.bounds[number + 1 : last + 1])
    words = draft.source.slice(draft.span(lines.bounds[number], place - 1))
    message = f"while reading the beginning of {_called(words)} I missed `{{` before its settings"
    fix = draft.fix("put `{` here", (Span(end, end), " {"), safe=not colon)
    draft.report(codes.MissingSign, message, draft.tokens[place - 1].span, "`{` is missing after this", fix)
    return last - number + 1


def _list(lines: Lines, number: int, last: int) -> int:
    """`models:` and its items with a `-` before each."""
    draft = lines.draft
    first, end = lines.bounds[number], lines.end(last) - 1
    items = [lines.words(each)[1:] for each in range(number + 1, last + 1)]
    shown = ", ".join(item[0].text if len(item) == 1 else "…" for item in items)
    name = draft.text(first)
    if not draft.replace(
        first, end, *broken_statement(draft.tokens[first].span.to(lines.words(last)[-1].span))
    ):
        return 0
    message = f"the items of `{name}` stand in a list, not on lines with a `-`"
    form = Help(f"write `{name} = [{shown}]`, in the braces of the block that it is a setting of")
    draft.report(codes.IndentedBlock, message, draft.span(first, first), "a list is `[a, b]`", form)
    return last - number + 1


# --- mending ------------------------------------------------------------------------------------------


def _mend(lines: Lines, number: int, last: int, head: _Head, entries: list[_Entry], message: str) -> int:
    draft = lines.draft
    first, end = lines.bounds[number], lines.end(last) - 1
    head, entries = _with_method(head, entries)
    span = draft.tokens[first].span.to(lines.words(last)[-1].span)
    if not draft.replace(first, end, *_tokens(draft, first, head, entries, span)):
        return 0
    shown = draft.span(first, first + len(lines.words(number)) - 1)
    draft.report(
        codes.IndentedBlock,
        message,
        shown,
        "`{` and `}` are missing around what follows",
        _help(draft, head, entries, span),
    )
    return last - number + 1


def _with_method(head: _Head, entries: list[_Entry]) -> tuple[_Head, list[_Entry]]:
    """`name` and `method` among the settings belong before the block."""
    name, method = head.name, head.method
    kept = []
    for entry in entries:
        is_word = len(entry.value) == 1 and entry.value[0].kind in {NAME, STRING}
        if is_word and name is None and entry.key.text == "name":
            name = entry.value[0]
        elif is_word and method is None and entry.key.text in _METHOD_KEYS and head.kind != "model":
            method = entry.value[0]
        else:
            kept.append(entry)
    return _Head(head.kind, name, method), kept


def _tokens(draft: Draft, first: int, head: _Head, entries: list[_Entry], span: Span) -> Iterator[Token]:
    """The tokens of the block in braces, or of a dataset that is broken. Spans stay in order."""
    kind = draft.tokens[first]
    kind = draft.tokens[first + 1] if kind.kind == "LSQB" else kind
    yield Token(NAME, kind.text, kind.span, kind.value, draft.tokens[first].doc)
    at = kind.span.end
    names = [each for each in (head.name, head.method) if each is not None]
    in_order = all(each.span.start >= at for each in names) and names == sorted(
        names, key=lambda each: each.span
    )
    for place, each in enumerate(names):
        # A name that was found among the settings is read as if it stood at the head.
        where = each.span if in_order and each.span.end <= _first(entries, span) else Span(at, at)
        at = where.end
        if place:
            yield Token("COLON", "", Span(where.start, where.start))
        yield Token(NAME, each.value, where, each.value)
    if head.kind == "data":
        yield from _tokens_of_data(at, span)
        return
    yield Token("LBRACE", "", Span(at, at))
    for entry in entries:
        yield Token(NEWLINE, "", Span(entry.span.start, entry.span.start))
        yield from _tokens_of_entry(entry)
    if not entries:
        yield Token(BROKEN, "", Span(at, span.end))
    yield Token("RBRACE", "", Span(span.end, span.end))
    yield Token(NEWLINE, "", Span(span.end, span.end))


def _first(entries: list[_Entry], span: Span) -> int:
    return entries[0].span.start if entries else span.end


def _tokens_of_data(at: int, span: Span) -> Iterator[Token]:
    yield Token("EQUAL", "", Span(at, at))
    yield Token(BROKEN, "", Span(at, span.end))
    yield Token(NEWLINE, "", Span(span.end, span.end))


def _tokens_of_entry(entry: _Entry) -> Iterator[Token]:
    key, end = entry.key, entry.key.span.end
    yield Token(NAME, key.text, key.span, key.value)
    yield Token("EQUAL", "", Span(end, end))
    if entry.value:
        yield from entry.value
    else:
        yield Token(BROKEN, "", Span(end, entry.span.end))


# --- the form with braces -----------------------------------------------------------------------------


def _help(draft: Draft, head: _Head, entries: list[_Entry], span: Span) -> Help:
    name = head.name.value if head.name else "name"
    if head.kind == "data":
        return Help(f'a dataset is a pipeline: `data {name} = read("rows.jsonl") | step`')
    before = head.kind if head.kind == "run" and head.name is None else f"{head.kind} {name}"
    before += f": {head.method.value}" if head.method else (": method" if head.kind == "stage" else "")
    settings = [_setting(entry) for entry in entries]
    shown = ", ".join(settings[:_SHOWN]) + (", …" if len(settings) > _SHOWN else "")
    words = f"write `{before} {{ {shown or 'key = value'} }}`"
    is_whole = (
        bool(entries) and all(entry.value for entry in entries) and "# " not in draft.source.slice(span)
    )
    if not is_whole or (head.method is None and head.kind == "stage"):
        return Help(words)
    indent = " " * (draft.source.position(span.start).column - 1)
    text = "".join(f"{indent}  {setting}\n" for setting in settings)
    return draft.fix(words, (span, f"{before} {{\n{text}{indent}}}"), safe=False)


def _setting(entry: _Entry) -> str:
    if not entry.value:
        return f"{entry.key.value} = …"
    return f"{entry.key.value} = {entry.text}"
