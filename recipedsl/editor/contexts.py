"""What may be written at a place, read from the words before it in its declaration.

Words, not the tree: while somebody types there is no tree worth the name. Brackets are followed from the head
of the declaration to the cursor, each with what the catalogue says may stand in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from recipedsl.editor.analysis import Analysis
from recipedsl.language import catalogue
from recipedsl.language.concept import Concept, Setting
from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.steps.base import Step, Takes
from recipedsl.language.values import ValueType, Wants
from recipedsl.semantics.scope import BARE_KINDS, NAMED_KINDS
from recipedsl.source import Span
from recipedsl.syntax.layout import CLOSERS, OPENERS
from recipedsl.syntax.scan import BAD, COMMENT, DOC, NAME, NEWLINE, NUMBER, STRING, WHITESPACE, Token


class Sort(Enum):
    """What sort of thing may stand somewhere."""

    NOTHING = auto()  # a new name, a comment, a number
    DECLARATION = auto()
    METHOD = auto()
    TYPE = auto()
    PARAM_TYPE = auto()
    PARAM_RANGE = auto()  # what may follow the type of a param
    CONSTANT = auto()
    COPY = auto()  # a declaration of the same kind
    DATASET = auto()
    STEP = auto()
    ROW = auto()  # an expression over columns
    COLUMN = auto()  # the name of a column
    SHAPE = auto()
    SHARE = auto()  # of a split
    SCORE = auto()  # an expression over rewards or metrics
    POLICY = auto()  # a model or stage, of which a gate's metric is
    SETTINGS = auto()  # names of settings
    PROFILE = auto()  # names of params
    VALUE = auto()  # of a setting


@dataclass(frozen=True)
class Want:
    """What may stand at a place.

    Attributes:
        concept: whose settings or arguments are meant.
        setting: that the value is for.
        type: of the value, which is that of the setting or of an item of it.
        function: whose arguments they are.
        families: of scores.
        word: kind of the declaration.
        takes: forms of arguments of a step.
    """

    sort: Sort
    concept: type[Concept] | None = None
    setting: Setting | None = None
    function: type[Function] | None = None
    type: ValueType | None = None
    families: tuple[str, ...] = ()
    word: str = ""


NOTHING = Want(Sort.NOTHING)
CONSTANT = Want(Sort.CONSTANT)
ROW = Want(Sort.ROW)
DATASET = Want(Sort.DATASET)


@dataclass
class Frame:
    """An open bracket, or the declaration itself, as far as it was read.

    Attributes:
        opener: index of the bracket among the words; -1 for the declaration.
        items: what its items are.
        item: index of the first word of the item that is being written.
        count: items before it.
        key: name before the `=` of the item.
        keys: names before the `=` of all items.
        step: what follows a `|`: the concept, once its keyword was read.
        pipe: index of that `|`; -1 before the first.
        is_by: behind the `by` of a step.
        is_call: whether its items are arguments, which may be named.
    """

    opener: int
    items: Want
    item: int
    count: int = 0
    key: str = ""
    keys: list[str] = field(default_factory=list)
    step: type[Concept] | None = None
    pipe: int = -1
    is_by: bool = False
    is_call: bool = False
    head: str = ""


@dataclass(frozen=True)
class Context:
    """A place, and what may be written there.

    Attributes:
        replaced: the part of a word before the cursor, and what of it follows, which a completion replaces.
        prefix: what of that stands before the cursor.
        want: what may stand there.
        keys: names of settings or arguments that are written already.
        names_too: whether a setting may be named here too (`take(amount = …`).
        after_value: whether a value has just ended, so that only what connects may follow.
        in_text: the content of the text up to the cursor where the cursor stands in one; None elsewhere.
        target: what stands before the dot where the cursor follows one, empty elsewhere.
        frames: the open brackets, outermost first.
        words: of the declaration, up to the cursor.
        head: offset at which the declaration begins.
    """

    replaced: Span
    prefix: str
    want: Want
    keys: tuple[str, ...] = ()
    names_too: bool = False
    after_value: bool = False
    in_text: str | None = None
    target: str = ""
    frames: tuple[Frame, ...] = ()
    words: tuple[Token, ...] = ()
    head: int = 0


_SILENT = frozenset((WHITESPACE, COMMENT, DOC, BAD))
_HEADS = frozenset(("IMPORT", "TYPE", "PARAM", "LET", "ROUNDS", "FTR"))
_VALUE_ENDS = frozenset((NAME, NUMBER, STRING, "TRUE", "FALSE", "NONE", *CLOSERS))


def context_at(analysis: Analysis, offset: int) -> Context:
    """What may be written at an offset."""
    tokens = analysis.words_around(offset)
    touched = next((each for each in tokens if each.span.start < offset <= each.span.end), None)
    if touched is not None and touched.kind in (COMMENT, DOC):
        return Context(Span(offset, offset), "", NOTHING)
    words, last, head = _words_before(tokens, offset)
    start = last.span.start if last is not None else offset
    end = max(offset, _end_of_word(analysis.text, offset)) if last is None or last.kind != STRING else offset
    prefix = analysis.text[start:offset]
    reader = _Reader(analysis, words)
    reader.read()
    context = reader.context(Span(start, end), prefix.lstrip("`"), head)
    if last is not None and last.kind == STRING:
        return replace(context, in_text=_content(prefix), replaced=_in_text(analysis, last, offset))
    return context


def _content(written: str) -> str:
    return written.lstrip('"')


def _in_text(analysis: Analysis, text: Token, offset: int) -> Span:
    """The last part of a path in a text: what a file's name replaces."""
    start = max(text.span.start + 1, analysis.text.rfind("/", text.span.start, offset) + 1)
    return Span(min(start, offset), offset)


def _end_of_word(text: str, offset: int) -> int:
    while offset < len(text) and (text[offset].isalnum() or text[offset] == "_"):
        offset += 1
    return offset


def _words_before(tokens: list[Token], offset: int) -> tuple[list[Token], Token | None, int]:
    """The words of the declaration before the cursor, the word that the cursor touches, where it begins."""
    before = [index for index, each in enumerate(tokens) if each.span.start < offset]
    if not before:
        return [], None, offset
    begin = _head_before(tokens, before[-1])
    words = [each for each in tokens[begin : before[-1] + 1] if each.kind not in _SILENT]
    last: Token | None = None
    is_word = bool(words) and _is_wordlike(words[-1]) and words[-1].span.end >= offset
    if is_word or (words and words[-1].kind == STRING and _is_inside(words[-1], offset)):
        last = words.pop()
    start = last.span.start if last is not None else offset
    if _is_over(tokens, begin, words, start):
        return [], last, start
    return words, last, tokens[begin].span.start


def _is_over(tokens: list[Token], begin: int, words: list[Token], offset: int) -> bool:
    """Whether a line that begins at an offset comes behind a declaration, no further in than it."""
    if not words or words[-1].kind != NEWLINE:
        return False
    depth = sum((each.kind in OPENERS) - (each.kind in CLOSERS) for each in words)
    head = tokens[begin - 1] if begin else None
    indent = len(head.text) if head is not None and head.kind == WHITESPACE else 0
    return depth <= 0 and offset - words[-1].span.end <= indent


def _is_wordlike(token: Token) -> bool:
    return token.kind == NAME or (token.text.isalpha() and token.kind != NEWLINE)


def _is_inside(token: Token, offset: int) -> bool:
    closed = len(token.text) > 1 and token.text.endswith('"')
    return offset < token.span.end or not closed


def begins_declaration(tokens: list[Token], place: int) -> bool:
    """Whether a token begins a declaration."""
    token = tokens[place]
    begins_line = place == 0 or tokens[place - 1].kind == NEWLINE
    if begins_line and (token.kind in _HEADS or (token.kind == NAME and _is_head(tokens, place))):
        return True
    indented = place > 1 and tokens[place - 1].kind == WHITESPACE and tokens[place - 2].kind == NEWLINE
    is_word = token.kind in _HEADS or token.text in _KINDS
    return indented and is_word and _is_head(tokens, place, inner=True)


def _head_before(tokens: list[Token], index: int) -> int:
    """Index of the token that begins the declaration around a token."""
    places = range(min(index, len(tokens) - 1), -1, -1)
    return next((place for place in places if begins_declaration(tokens, place)), 0)


_KINDS = frozenset(("data", *NAMED_KINDS, *BARE_KINDS))


def _is_head(tokens: list[Token], place: int, *, inner: bool = False) -> bool:
    """Whether a line that begins with a name begins a declaration: another name, a brace or nothing follows.

    An indented line, within rounds, has to say more: a lone word may be a setting that is being written.
    """
    following = [each.kind for each in tokens[place + 1 : place + 4] if each.kind != WHITESPACE]
    if inner:
        return bool(following) and following[0] in (NAME, NUMBER, "LBRACE")
    return not following or following[0] in (NAME, "LBRACE", NEWLINE)


class _Reader:
    """Follows brackets, items and steps through the words of a declaration."""

    def __init__(self, analysis: Analysis, words: list[Token]) -> None:
        self.analysis = analysis
        self.words = words
        self.frames = [Frame(-1, _DECLARATIONS, 0)]

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def read(self) -> None:
        """All words."""
        for index, word in enumerate(self.words):
            if word.kind in OPENERS:
                self._open(index, word.kind)
            elif word.kind in CLOSERS:
                self._close()
            elif word.kind == "COMMA":
                self._next_item(index + 1)
            elif word.kind == NEWLINE:
                self._line(index)
            elif word.kind == "VBAR":
                self._step(index)
            elif word.kind == "BY" and self.frame.step is not None:
                self._by(index)
            elif word.kind == "EQUAL":
                self._key(index)
            elif self.frame.pipe >= 0 and self.frame.pipe == index - 1:
                self._keyword(index, word)

    # --- words --------------------------------------------------------------------------------------

    def _open(self, index: int, kind: str) -> None:
        items, is_call, head = self._inside(index, kind)
        self.frames.append(Frame(index, items, index + 1, is_call=is_call, head=head))

    def _close(self) -> None:
        if len(self.frames) > 1:
            self.frames.pop()

    def _next_item(self, index: int) -> None:
        frame = self.frame
        frame.item, frame.key = index, ""
        frame.count += 1

    def _line(self, index: int) -> None:
        frame = self.frame
        if frame.opener >= 0 and self.words[frame.opener].kind == "LBRACE":
            if frame.item < index:
                frame.count += 1
            frame.item, frame.key = index + 1, ""
            frame.pipe, frame.step = -1, None
        elif frame.item == index:
            frame.item = index + 1  # what a line begins with is the item, not the line's end

    def _step(self, index: int) -> None:
        frame = self.frame
        frame.pipe, frame.step, frame.is_by = index, None, False
        frame.item, frame.key, frame.count = index + 1, "", 0
        frame.keys = []

    def _keyword(self, index: int, word: Token) -> None:
        frame = self.frame
        frame.step = catalogue.find("step", word.text) or (_Expect if word.kind == "EXPECT" else None)
        frame.item, frame.count = index + 1, 0

    def _by(self, index: int) -> None:
        frame = self.frame
        frame.is_by, frame.item, frame.key = True, index + 1, ""

    def _key(self, index: int) -> None:
        frame = self.frame
        if index and self.words[index - 1].kind == NAME and frame.item == index - 1:
            frame.key = self.words[index - 1].value or self.words[index - 1].text
            frame.keys.append(frame.key)

    # --- what is wanted -----------------------------------------------------------------------------

    def want(self) -> Want:
        """What may stand where the words end."""
        frame = self.frame
        if frame.opener < 0:
            return self._at_top(frame)
        if frame.pipe >= 0:
            return self._in_step(frame)
        return self._of_item(frame)

    def _at_top(self, frame: Frame) -> Want:
        if frame.pipe >= 0:
            return self._in_step(frame)
        kinds = [each.kind for each in self.words]
        if not kinds:
            return _DECLARATIONS
        first = self.words[0]
        return _TOP.get(first.kind, _named_declaration)(first, self.words)

    def _in_step(self, frame: Frame) -> Want:
        if frame.pipe == len(self.words) - 1:
            return Want(Sort.STEP)
        step = frame.step
        if step is None:
            return ROW
        if step is _Expect:
            return replace(ROW, word="expect")
        assert issubclass(step, Step)
        if frame.is_by and not frame.key:
            return ROW if step.keyword == "sort" else Want(Sort.COLUMN, step)
        return _of_step(step, frame)

    def _of_item(self, frame: Frame) -> Want:
        items = frame.items
        first = self.words[frame.item] if frame.item < len(self.words) else None
        if items.sort is Sort.SETTINGS and first is not None and first.kind == "EXPECT":
            return Want(Sort.SCORE, families=("metric",), word="expect")
        if items.sort is Sort.SETTINGS:
            if frame.key:
                return _of_setting(items.concept, frame.key, frame.count)
            return items
        if items.sort is Sort.PROFILE and frame.key:
            return CONSTANT
        if not frame.is_call:
            return items
        if items.function is not None:
            return replace(ROW, function=items.function)
        if items.concept is None:
            return items
        return self._argument(frame, items, items.concept)

    def _argument(self, frame: Frame, items: Want, concept: type[Concept]) -> Want:
        if concept.keyword in ("concat",):
            return DATASET
        if items.sort in (Sort.ROW, Sort.SHAPE):
            return replace(ROW, concept=concept)
        return replace(_of_setting(concept, frame.key, frame.count), concept=concept)

    def _inside(self, index: int, kind: str) -> tuple[Want, bool, str]:
        """What the items of a bracket are, whether it is a call, and of what."""
        want, before = self.want(), self.words[index - 1] if index else None
        follows = before is not None and before.kind in _VALUE_ENDS and not self._is_step_word(index - 1)
        if kind == "LBRACE":
            return self._brace(want), False, ""
        if kind == "LSQB":
            return (CONSTANT if follows else _item_of(want)), False, ""
        if not follows or before is None:
            return want, False, ""
        return _call(want, before.text), True, before.text

    def _is_step_word(self, index: int) -> bool:
        return self.frame.pipe >= 0 and self.frame.pipe == index - 1

    def _brace(self, want: Want) -> Want:
        if (
            self.frame.opener < 0
            and self.frame.pipe < 0
            and not any(w.kind == "EQUAL" for w in self.words[:1])
        ):
            block = self._block()
            if block is not None:
                return block
        if want.sort is Sort.TYPE:
            return want
        if want.setting is not None and want.setting.name == "shares":
            return DATASET
        return CONSTANT

    def _block(self) -> Want | None:
        """The settings of a declaration's block; None where the brace is none of a block."""
        head = [each for each in self.words[:8] if each.kind != NEWLINE]
        if not head or head[0].kind == "ROUNDS":
            return _DECLARATIONS if head else None
        if head[0].kind != NAME or head[0].text == "data":
            return None
        if head[0].text == "profile":
            return Want(Sort.PROFILE)
        return Want(Sort.SETTINGS, _concept_of(self.analysis, head), word=head[0].text)

    # --- the result ---------------------------------------------------------------------------------

    def context(self, replaced: Span, prefix: str, head: int) -> Context:
        """What was found."""
        frame, want = self.frame, self.want()
        before = self.words[-1] if self.words else None
        if before is not None and before.kind == "DOT":
            want = replace(want, word=want.word)
            target = "".join(each.text for each in _chain(self.words[:-1]))
            return self._made(replaced, prefix, want, head, target=target)
        fresh = frame.item == len(self.words) or (bool(frame.key) and self._ends_with_key())
        after = (
            before is not None and before.kind in _VALUE_ENDS and not fresh and frame.item < len(self.words)
        )
        if want.sort in _NO_VALUES:
            after = False
        names_too = (
            (frame.is_call or frame.step is not None) and not frame.key and frame.item == len(self.words)
        )
        return self._made(replaced, prefix, want, head, after_value=after, names_too=names_too)

    def _ends_with_key(self) -> bool:
        return bool(self.words) and self.words[-1].kind == "EQUAL" and self.frame.item == len(self.words) - 2

    def _made(
        self,
        replaced: Span,
        prefix: str,
        want: Want,
        head: int,
        *,
        after_value: bool = False,
        names_too: bool = False,
        target: str = "",
    ) -> Context:
        return Context(
            replaced,
            prefix,
            want,
            tuple(self.frame.keys),
            names_too,
            after_value,
            None,
            target,
            tuple(self.frames),
            tuple(self.words),
            head,
        )


#: What no value stands in, so that none has ended.
_NO_VALUES = frozenset(
    (Sort.METHOD, Sort.TYPE, Sort.DECLARATION, Sort.STEP, Sort.PARAM_TYPE, Sort.PARAM_RANGE)
)


class _Expect(Concept):
    """A gate in a pipeline."""

    keyword = "expect"


_DECLARATIONS = Want(Sort.DECLARATION)


def _chain(words: list[Token]) -> Iterator[Token]:
    """The words of `a.b.c` at the end of words."""
    kept: list[Token] = []
    for word in reversed(words):
        if word.kind == "DOT" or (word.kind == NAME and (not kept or kept[-1].kind == "DOT")):
            kept.append(word)
        elif word.kind in ("RSQB", "RPAR") and (not kept or kept[-1].kind == "DOT"):
            return iter(())
        else:
            break
    return reversed(kept)


# --- declarations by their first word -------------------------------------------------------------------


def _behind_equal(words: list[Token], before: Want, behind: Want) -> Want:
    return behind if any(each.kind == "EQUAL" for each in words) else before


def _param(_: Token, words: list[Token]) -> Want:
    places = [index for index, each in enumerate(words) if each.kind == "COLON"]
    if not places:
        return _behind_equal(words, NOTHING, CONSTANT)
    has_type = len(words) > places[0] + 1
    return _behind_equal(words, Want(Sort.PARAM_RANGE if has_type else Sort.PARAM_TYPE), CONSTANT)


_TOP: dict[str, Callable[[Token, list[Token]], Want]] = {
    "IMPORT": lambda _, words: _behind_equal(words, NOTHING, Want(Sort.CONSTANT, word="import")),
    "TYPE": lambda _, words: _behind_equal(words, NOTHING, Want(Sort.TYPE)),
    "PARAM": _param,
    "LET": lambda _, words: _behind_equal(words, NOTHING, CONSTANT),
    "ROUNDS": lambda *_: NOTHING,
    "FTR": lambda *_: NOTHING,
}


def _named_declaration(first: Token, words: list[Token]) -> Want:
    kinds = [each.kind for each in words]
    if first.kind != NAME or len(words) == 1:
        return NOTHING
    if first.text == "data":
        before = Want(Sort.TYPE) if "COLON" in kinds else NOTHING
        return _behind_equal(words, before, DATASET)
    if "EQUAL" in kinds:
        return Want(Sort.COPY, word=first.text)
    return Want(Sort.METHOD) if "COLON" in kinds and first.text == "stage" else NOTHING


def _concept_of(analysis: Analysis, head: list[Token]) -> type[Concept] | None:
    """The concept whose settings a block has, told from the words before its brace."""
    kind = head[0].text
    if kind != "stage":
        return catalogue.find("block", kind)
    places = [index for index, each in enumerate(head) if each.kind == "COLON"]
    if places and len(head) > places[0] + 1:
        return catalogue.find("stage", head[places[0] + 1].text)
    copied = next((head[i + 1].text for i, each in enumerate(head[:-1]) if each.kind == "EQUAL"), "")
    stages = analysis.recipe.stages
    stage = stages.get(copied) or stages.get(f"{copied}[1]")
    return stage.method if stage is not None else None


# --- values -----------------------------------------------------------------------------------------------


def _of_setting(concept: type[Concept] | None, key: str, index: int) -> Want:
    """The value of a setting, by its name or its place among the arguments."""
    settings = concept.settings() if concept is not None else {}
    order = list(settings.values())
    setting = settings.get(key) if key else (order[index] if index < len(order) else None)
    return CONSTANT if setting is None else _of_type(setting, setting.type)


def _of_type(setting: Setting, type_: ValueType) -> Want:
    inner = type_.item if type_.wants is Wants.LIST and type_.item is not None else type_
    match inner.wants:
        case Wants.NAME if "data" in inner.families:
            return replace(DATASET, setting=setting)
        case Wants.NAME if "column" in inner.families:
            return Want(Sort.COLUMN, setting=setting)
        case Wants.ROW:
            return replace(ROW, setting=setting)
        case Wants.EXPRESSION:
            return Want(Sort.SCORE, setting=setting, families=inner.families)
        case _:
            return Want(Sort.VALUE, setting=setting, type=inner)


def _item_of(want: Want) -> Want:
    """What stands in a list where that is wanted."""
    return want


def _of_step(step: type[Step], frame: Frame) -> Want:
    """What a step is given where its arguments stand."""
    key = frame.key
    named = step.settings().get(key) if key else None
    if named is not None and step.takes not in (Takes.NAMED, Takes.SCORES, Takes.RENAMES):
        return replace(_of_setting(step, key, 0), concept=step)
    match step.takes:
        case Takes.CONDITION:
            return replace(ROW, concept=step)
        case Takes.NAMED:
            return replace(ROW, concept=step) if key else NOTHING
        case Takes.COLUMNS:
            return Want(Sort.COLUMN, step)
        case Takes.RENAMES:
            return Want(Sort.COLUMN, step) if key else NOTHING
        case Takes.SHAPE:
            return Want(Sort.SHAPE, step)
        case Takes.SHARES:
            return Want(Sort.COLUMN if key == "group" else Sort.SHARE, step)
        case Takes.DATASET:
            return Want(Sort.COLUMN, step) if key == "on" else replace(DATASET, concept=step)
        case Takes.SCORES:
            return Want(Sort.SCORE, step, families=("reward",)) if key else NOTHING
        case _:
            return replace(_of_setting(step, key, frame.count), concept=step)


def _call(want: Want, name: str) -> Want:
    """What the arguments of a call are: of a concept where one is wanted, of a function elsewhere."""
    families: tuple[str, ...] = _FAMILIES.get(want.sort, ())
    if want.sort is Sort.VALUE and want.type is not None:
        families = want.type.families if want.type.wants is Wants.CONCEPT else ()
    families = families or want.families
    if want.word == "expect" and "metric" in want.families and _find("metric", name) is not None:
        return Want(Sort.POLICY)
    concept = next((each for family in families if (each := _find(family, name)) is not None), None)
    if concept is not None:
        sort = Sort.SHAPE if want.sort is Sort.SHAPE else Sort.VALUE
        return Want(sort, concept, families=want.families)
    function = catalogue.function(name)
    if function is not None and want.sort in (Sort.ROW, Sort.SCORE, Sort.COLUMN):
        return replace(ROW, function=function)
    # What the catalogue does not have stands for a value, as `previous(…)`: it has no arguments of ours.
    return replace(want, concept=None)


_FAMILIES: dict[Sort, tuple[str, ...]] = {Sort.DATASET: ("source",), Sort.SHAPE: ("shape",)}


def _find(family: str, name: str) -> type[Concept] | None:
    return catalogue.find(family, name) if family in catalogue.FAMILIES else None


def parameters_of(frame: Frame) -> tuple[Parameter, ...]:
    """Arguments of the function that a bracket belongs to."""
    return frame.items.function.takes if frame.items.function is not None else ()
