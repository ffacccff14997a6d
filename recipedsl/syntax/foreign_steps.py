"""Steps as they are said rather than written, mended before they are parsed.

`dedup near 0.8 question`, `split 80% train`, `take 5 for each topic`, `select question answer`,
`sort score desc`, `rename a to b`, `decontaminate against "bench.jsonl"`. In a valid step two values
never stand side by side, so that one is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recipedsl.diagnostics import Problems
from recipedsl.diagnostics.codes import syntax as codes
from recipedsl.source import Source, Span
from recipedsl.syntax.foreign_brackets import COLUMN_STEPS
from recipedsl.syntax.layout import END, Layout
from recipedsl.syntax.mending import SIMPLE_VALUES, Draft
from recipedsl.syntax.scan import BROKEN, NAME, NEWLINE, NUMBER, STRING, Token

#: Settings of steps that are said with their value behind them, and what kind of value that is.
SAID_SETTINGS = {
    "near": NUMBER,
    "ngram": NUMBER,
    "keep": NAME,
    "on": NAME,
    "margin": NUMBER,
    "clusters": NUMBER,
}

#: What `near` is in the examples of the language, where somebody writes it without a number.
_USUAL_NEAR = "0.85"

#: Steps that take another dataset, and words that are said before it.
_DATASET_STEPS = frozenset(("decontaminate", "join"))
_TOWARDS = frozenset("against with from using".split())

#: Words behind what rows are sorted by, and what they say of `descending`.
_ORDERS = {"descending": True, "desc": True, "ascending": False, "asc": False}

#: Words between the old name of a column and the new one.
_INTO = frozenset("to as into".split())

#: Settings that name columns elsewhere, and words that say nothing before one.
_COLUMN_SETTINGS = frozenset("on column columns cols subset key keys".split())
_COLUMN_WORDS = frozenset("column columns exact".split())

_COLUMNS = "the columns of `{step}` stand right behind it, with `,` between them"

#: Words before the column of each group: `for each topic`.
_EACH = frozenset(("each", "every"))
_FOR = frozenset(("for", "from", "in", "of", "per"))
_HELD = frozenset("test held eval val validation dev".split())
_AMOUNT_STEPS = frozenset(("take", "sample"))
_AMOUNTS = frozenset("n k num count size rows limit max num_rows max_rows frac fraction share ratio".split())

#: Words for rows at one end of an order, and whether it is that of the largest.
_BEST = {
    **dict.fromkeys(("top", "best", "highest", "largest", "topk", "nlargest"), True),
    **dict.fromkeys(("bottom", "worst", "lowest", "smallest", "nsmallest"), False),
}
_DESCENDING = ("COMMA", ","), (NAME, "descending"), ("EQUAL", "="), ("TRUE", "true")
_ARGUMENTS = SIMPLE_VALUES | {"COMMA", "EQUAL", "BY", "IN"}
_ENDS_STEP = frozenset(("VBAR", NEWLINE, END, "RPAR"))


def with_own_steps(source: Source, laid: Layout, problems: Problems) -> Layout:
    """The layout with the forms of this module as what they mean; each has been reported."""
    draft = Draft(source, laid, problems)
    kinds = draft.kinds
    for index in range(len(kinds) - 2):
        if kinds[index] == "VBAR" and kinds[index + 1] == NAME:
            _look_at(draft, index + 1)
    return draft.result()


def _look_at(draft: Draft, keyword: int) -> None:
    """Mend the step whose keyword stands at an index."""
    if not any(form(draft, keyword) for form in _FORMS):
        _look_at_neighbours(draft, keyword)


def _look_at_neighbours(draft: Draft, keyword: int) -> None:
    """Mend a step where two of its arguments stand side by side."""
    end = keyword + 1
    has_neighbours = False
    while draft.kind(end) in _ARGUMENTS:
        pair = {draft.kind(end - 1), draft.kind(end)}
        has_neighbours = has_neighbours or (pair <= SIMPLE_VALUES and end > keyword + 1)
        end += 1
    if draft.kind(keyword + 1) == "STAR" and draft.kind(keyword + 2) in _ENDS_STEP:
        _all_columns(draft, keyword)
    elif has_neighbours and draft.kind(end) in _ENDS_STEP:
        step = draft.text(keyword)
        arguments = list(range(keyword + 1, end))
        if not _groups(draft, keyword, arguments):
            (_shares if step == "split" else _settings)(draft, keyword, arguments)


def _all_columns(draft: Draft, keyword: int) -> None:
    """`| select *`."""
    if draft.text(keyword) != "select" or not draft.replace(keyword - 1, keyword + 1):
        return
    span = draft.span(keyword, keyword + 1)
    before = draft.tokens[keyword - 2].span.end
    fix = draft.fix("leave the step out", (Span(before, span.end), ""))
    message = "`select *` does nothing: all columns are kept where no step takes one away"
    draft.report(codes.ForeignOperator, message, span, "no step is needed", fix)


def _groups(draft: Draft, keyword: int, arguments: list[int]) -> bool:
    """`take 5 for each topic` is `take 5 by topic`; whether it was that."""
    words = [draft.text(index) for index in arguments]
    place = next((place for place, word in enumerate(words) if word in _EACH), 0)
    if not 1 <= place < len(words) - 1:
        return False
    first = place - (words[place - 1] in _FOR)
    begin, last = arguments[first], arguments[place]
    if first == 0 or not draft.replace(begin, last, Token("BY", "by", draft.span(begin, last), "by")):
        return False
    span = draft.span(begin, last)
    message = f"`{draft.source.slice(span)}` is written `by` here"
    draft.report(codes.ForeignOperator, message, span, "write `by`", draft.fix("write `by`", (span, "by")))
    return True


# --- how many rows ----------------------------------------------------------------------------------


def _amount(draft: Draft, keyword: int) -> bool:
    """`take n = 10`; whether it was that."""
    kinds = [draft.kind(keyword + each) for each in (1, 2, 3)]
    is_form = draft.text(keyword) in _AMOUNT_STEPS and draft.text(keyword + 1) in _AMOUNTS
    if not is_form or kinds != [NAME, "EQUAL", NUMBER]:
        return False
    step, number = draft.text(keyword), draft.tokens[keyword + 3]
    message = f"how many rows `{step}` keeps stands right behind it"
    kind, proper = codes.MissingSign, number.text
    return draft.mend(kind, keyword + 1, keyword + 3, (number,), proper, message, behind=f"{step} ")


def _best(draft: Draft, keyword: int) -> bool:
    """`take top 10 by score`, `top 10 by score`; whether it was one of them."""
    word = keyword + (draft.text(keyword) in _AMOUNT_STEPS)
    is_largest = _BEST.get(draft.text(word))
    kinds = [draft.kind(word + each) for each in (1, 2, 3)]
    if is_largest is None or kinds != [NUMBER, "BY", NAME] or draft.kind(word + 4) not in _ENDS_STEP:
        return False
    number, column = draft.text(word + 1), draft.text(word + 3)
    order = _DESCENDING if is_largest else ()
    signs = (
        (NAME, "sort"),
        ("BY", "by"),
        (NAME, column),
        *order,
        ("VBAR", "|"),
        (NAME, "take"),
        (NUMBER, number),
    )
    span = draft.span(keyword, word + 3)  # what changes places stands where all of it is
    tokens = [Token(kind, text, span, text) for kind, text in signs]
    proper = f"sort by {column}{', descending = true' if is_largest else ''} | take {number}"
    message = "`{written}` is written `{proper}`: rows are sorted, and the first are kept"
    return draft.mend(codes.MissingSign, keyword, word + 3, tokens, proper, message, safe=False)


def _seed(draft: Draft, keyword: int) -> bool:
    """`shuffle 42`; whether it was that."""
    number = keyword + 1
    is_form = draft.text(keyword) == "shuffle" and draft.kind(number) == NUMBER
    if not is_form or draft.kind(number + 1) not in _ENDS_STEP or not draft.replace(number, number):
        return False
    span = Span(draft.tokens[keyword].span.end, draft.tokens[number].span.end)
    message = f"the seed of every draw is a setting of `run`: `run {{ seed = {draft.text(number)} }}`"
    fix = draft.fix("leave it out here", (span, ""), safe=False)
    draft.report(codes.ForeignOperator, message, draft.tokens[number].span, "stands in `run`", fix)
    return True


# --- the other dataset ------------------------------------------------------------------------------


def _other_dataset(draft: Draft, keyword: int) -> bool:
    """`decontaminate against "bench.jsonl"` and `join with users, on = id`."""
    step, first = draft.text(keyword), keyword + 1
    has_word = draft.text(first) in _TOWARDS and draft.kind(first + 1) in {NAME, STRING}
    place = first + has_word
    is_path = draft.kind(place) == STRING
    if step not in _DATASET_STEPS or not (has_word or is_path):
        return False
    token = draft.tokens[place]
    tokens, proper = (_read(token), f"read({token.text})") if is_path else ((token,), token.text)
    message = f"the other dataset stands right behind `{step}`"
    return draft.mend(codes.MissingSign, first, place, tokens, proper, message)


def _read(path: Token) -> tuple[Token, ...]:
    """The tokens of `read("…")` around a path."""
    before, behind = Span(path.span.start, path.span.start), Span(path.span.end, path.span.end)
    return (Token(NAME, "read", before, "read"), Token("LPAR", "", before), path, Token("RPAR", "", behind))


# --- columns ----------------------------------------------------------------------------------------


def _columns(draft: Draft, keyword: int) -> bool:
    """`dedup on = question`, `select columns = [a, b]`, `drop column a`; whether it was one of them."""
    if draft.text(keyword) not in COLUMN_STEPS:
        return False
    begin = keyword + 1
    if draft.text(begin) in _COLUMN_SETTINGS and draft.kind(begin + 1) == "EQUAL":
        begin += 2
    elif draft.text(begin) in _COLUMN_WORDS and draft.kind(begin + 1) == NAME:
        begin += 1
    is_list = draft.kind(begin) == "LSQB"
    last = draft.closer(begin) if is_list else begin
    names = draft.tokens[begin + 1 : last] if is_list else draft.tokens[begin : last + 1]
    is_plain = [each.kind for each in names] == [NAME, *["COMMA", NAME] * (len(names) // 2)]
    if (begin == keyword + 1 and not is_list) or not is_plain:
        return False
    step = draft.text(keyword)
    proper = ", ".join(each.text for each in names if each.kind == NAME)
    message = _COLUMNS.format(step=step)
    return draft.mend(codes.MissingSign, keyword + 1, last, names, proper, message, behind=f"{step} ")


# --- shares of a split ------------------------------------------------------------------------------


def _shares(draft: Draft, keyword: int, arguments: list[int]) -> None:
    """`split 80% train` and `split train 80%, test 20%`."""
    by = next((place for place, index in enumerate(arguments) if draft.kind(index) == "BY"), len(arguments))
    given = [index for index in arguments[:by] if draft.kind(index) != "COMMA"]
    pairs = [given[place : place + 2] for place in range(0, len(given), 2)]
    if any(sorted(draft.kind(index) for index in pair) != [NAME, NUMBER] for pair in pairs):
        return
    ordered = [sorted(pair, key=draft.kind) for pair in pairs]
    shares = {draft.text(name): _as_share(draft.text(number)) for name, number in ordered}
    rest = _the_rest(shares) if len(shares) == 1 else {}
    shares |= rest
    first, last = given[0], given[-1]
    tokens = _named(shares, draft.span(first, last))
    message = "a part of a split is written with its name first, `train = 80%`"
    draft.mend(codes.MissingSign, first, last, tokens, _written(shares), message, safe=not rest)


def _ratio(draft: Draft, keyword: int) -> bool:
    """`split 90/10`; whether it was that."""
    last = keyword + 1
    while draft.kind(last + 1) == "SLASH" and draft.kind(last + 2) == NUMBER:
        last += 2
    parts = [draft.text(place) for place in range(keyword + 1, last + 1, 2)]
    is_form = draft.text(keyword) == "split" and draft.kind(last + 1) in _ENDS_STEP | {"BY"}
    if (
        not is_form
        or not all(map(str.isdigit, parts))
        or len(parts) not in {2, 3}
        or sum(map(int, parts)) != 100
    ):
        return False
    shares = {name: f"{part}%" for name, part in zip(("train", "held", "test"), parts, strict=False)}
    tokens = _named(shares, draft.span(keyword + 1, last))
    proper, message = _written(shares), "the parts of a split have names and shares, `train = 80%`"
    kind = codes.MissingSign
    return draft.mend(kind, keyword + 1, last, tokens, proper, message, behind="split ", safe=False)


def _open_share(draft: Draft, keyword: int) -> bool:
    """`split train = 85%, held`: one part takes the rest; whether it was that."""
    shares, rest, place = dict[str, str](), list[str](), keyword + 1
    while draft.text(keyword) == "split" and draft.kind(place) == NAME:
        has_share = [draft.kind(place + 1), draft.kind(place + 2)] == ["EQUAL", NUMBER]
        name = draft.text(place)
        shares[name] = draft.text(place + 2) if has_share else ""
        rest += [] if has_share else [name]
        place += 3 if has_share else 1
        if draft.kind(place) != "COMMA":
            break
        place += 1
    sizes = [float(each[:-1]) for each in shares.values() if each.endswith("%")]
    is_form = len(rest) == 1 and len(sizes) == len(shares) - 1 > 0 and 0 < sum(sizes) < 100
    if not is_form or draft.kind(place) not in _ENDS_STEP | {"BY"}:
        return False
    shares[rest[0]] = f"{100 - sum(sizes):g}%"
    tokens = _named(shares, draft.span(keyword + 1, place - 1))
    kind, proper = codes.MissingSign, _written(shares)
    message = "every part of a split has its share, `held = 5%`"
    return draft.mend(kind, keyword + 1, place - 1, tokens, proper, message, behind="split ")


def _written(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _as_share(number: str) -> str:
    if not number.replace(".", "", 1).isdigit():
        return number
    value = float(number)
    return f"{value * 100 if value <= 1 else value:g}%"


def _the_rest(shares: dict[str, str]) -> dict[str, str]:
    """The other part of a split of which only one is said."""
    ((name, share),) = shares.items()
    value = share.removesuffix("%")
    if not value.replace(".", "", 1).isdigit() or not 0 < float(value) < 100:
        return {}
    return {"train" if name in _HELD else "held": f"{100 - float(value):g}%"}


def _named(values: dict[str, str], span: Span) -> Iterator[Token]:
    """The tokens of `name = value, …`; all of them stand where the words did that they stand for."""
    at = Span(span.end, span.end)
    for number, (name, value) in enumerate(values.items()):
        if number:
            yield Token("COMMA", "", at)
        yield Token(NAME, name, span if not number else at, name)
        yield Token("EQUAL", "", at)
        yield Token(NUMBER, value, at)


# --- the order of rows ------------------------------------------------------------------------------


def _order(draft: Draft, keyword: int) -> bool:
    """`sort score`, `sort by score descending`, `sort score desc`; whether it was one of them."""
    first = keyword + 1 + (draft.kind(keyword + 1) == "BY")
    has_word = draft.kind(first + 1) == NAME and draft.text(first + 1) in _ORDERS
    last = first + has_word
    is_form = (
        draft.text(keyword) == "sort" and draft.kind(first) == NAME and (has_word or first == keyword + 1)
    )
    if not is_form or draft.kind(last + 1) not in _ENDS_STEP | {"COMMA"}:
        return False
    column, word = draft.tokens[first], draft.tokens[last]
    proper, at, end = f"by {column.text}", Span(column.span.start, column.span.start), word.span.end
    tokens = [Token("BY", "by", at, "by"), column]
    if has_word and _ORDERS[word.text]:
        proper += ", descending = true"
        tokens += [
            Token("COMMA", "", Span(column.span.end, column.span.end)),
            Token(NAME, "descending", word.span, "descending"),
            Token("EQUAL", "", Span(end, end)),
            Token("TRUE", "", Span(end, end)),
        ]
    message = "what rows are sorted by stands behind `by`; they ascend where nothing else is said"
    return draft.mend(codes.MissingSign, keyword + 1, last, tokens, proper, message, behind="sort ")


# --- renamings --------------------------------------------------------------------------------------


def _renamed(draft: Draft, keyword: int) -> bool:
    """`rename old to new, …`; whether it was that."""
    if draft.text(keyword) != "rename":
        return False
    place, pairs = keyword + 1, list[tuple[Token, Token]]()
    while [draft.kind(place + each) for each in range(3)] == [NAME] * 3 and draft.text(place + 1) in _INTO:
        span = draft.span(place, place + 2)  # what changes places stands where both are
        pairs.append((replace(draft.tokens[place], span=span), replace(draft.tokens[place + 2], span=span)))
        place += 3 + (draft.kind(place + 3) == "COMMA")
    last = place - 1
    if not pairs or draft.kind(place) not in _ENDS_STEP or draft.kind(last) == "COMMA":
        return False
    tokens = [each for old, new in pairs for each in (_sign("COMMA", new), new, _sign("EQUAL", new), old)]
    proper = ", ".join(f"{new.text} = {old.text}" for old, new in pairs)
    message = "a renaming is written with the new name first, `new = old`"
    return draft.mend(codes.MissingSign, keyword + 1, last, tokens[1:], proper, message, behind="rename ")


def _sign(kind: str, before: Token) -> Token:
    """A sign that nobody wrote, at the place of a token."""
    return Token(kind, "", Span(before.span.start, before.span.start))


# --- columns and settings ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """What is given to a step, as the tokens that the parser reads and as it is written.

    Attributes:
        name: of the setting; empty for a column.
    """

    tokens: tuple[Token, ...]
    text: str
    name: str = ""


def _settings(draft: Draft, keyword: int, arguments: list[int]) -> None:
    """`dedup near 0.8 question`, `select question answer`, `join other on id`."""
    by = next((index for index in arguments if draft.kind(index) == "BY"), arguments[-1] + 1)
    said = list(_said(draft, keyword, arguments[0], by))
    if not said or not all(each.text for each in said):
        return
    first, last = arguments[0], by - 1
    tokens: list[Token] = []
    for each in said:
        at = each.tokens[0].span.start
        tokens += [*([Token("COMMA", "", Span(at, at))] if tokens else []), *each.tokens]
    if not draft.replace(first, last, *tokens):
        return
    step, span = draft.text(keyword), draft.span(first, last)
    proper = ", ".join(each.text for each in sorted(said, key=lambda each: bool(each.name)))
    named = [each for each in said if each.name]
    message = _COLUMNS.format(step=step)
    if named:
        message = f"`{named[0].name}` of `{step}` is a setting, written `{named[0].text}`"
    is_whole = all(token.kind != BROKEN for each in named for token in each.tokens)
    fix = draft.fix(f"write `{step} {proper}`", (span, proper), safe=is_whole)
    draft.report(codes.MissingSign, message, span, f"write `{proper}`", fix)


def _said(draft: Draft, keyword: int, first: int, end: int) -> Iterator[_Said]:
    """What is given from one token to another; something without text is not understood."""
    step, index = draft.text(keyword), first
    while index < end:
        kind, text = draft.kind(index), draft.text(index)
        if kind == "COMMA":
            index += 1
        elif kind == NAME and draft.kind(index + 1) == "EQUAL" and index + 2 < end:
            words = draft.tokens[index : index + 3]
            yield _Said(tuple(words), f"{text} = {draft.text(index + 2)}", text)
            index += 3
        elif text in SAID_SETTINGS and kind == NAME:
            taken, said = _setting(draft, step, index, end)
            yield said
            index += taken
        else:
            yield _bare(draft, step, index)
            index += 1


def _setting(draft: Draft, step: str, index: int, end: int) -> tuple[int, _Said]:
    """A setting and its value, or a column behind a word that says nothing more; with the tokens taken."""
    name, follows = draft.tokens[index], draft.kind(index + 1) if index + 1 < end else ""
    at = Span(name.span.end, name.span.end)
    if follows == SAID_SETTINGS[name.text] and not (name.text == "on" and step in COLUMN_STEPS):
        value = draft.tokens[index + 1]
        return 2, _Said((name, Token("EQUAL", "", at), value), f"{name.text} = {value.text}", name.text)
    if name.text == "near":
        # What is put in has no text of its own here: nobody wrote it.
        tokens = name, Token("EQUAL", "", at), Token(BROKEN, "", at)
        return 1, _Said(tokens, f"near = {_USUAL_NEAR}", "near")
    if name.text == "on" and follows == NAME:
        column = draft.tokens[index + 1]
        return 2, _Said((column,), column.text)
    return 1, _Said((name,), "")


def _bare(draft: Draft, step: str, index: int) -> _Said:
    """A column, or the number of `near` without its name."""
    token = draft.tokens[index]
    if token.kind == NUMBER and step == "dedup":
        at = Span(token.span.start, token.span.start)
        tokens = Token(NAME, "near", at, "near"), Token("EQUAL", "", at), token
        return _Said(tokens, f"near = {token.text}", "near")
    is_column = token.kind == NAME and (step in COLUMN_STEPS or index == _first_of(draft, index))
    return _Said((token,), token.text if is_column else "")


def _first_of(draft: Draft, index: int) -> int:
    """Index of the first argument of the step around an index."""
    while draft.kind(index - 1) != "VBAR":
        index -= 1
    return index + 1


_FORMS = (_other_dataset, _order, _renamed, _ratio, _columns, _amount, _best, _seed, _open_share)
