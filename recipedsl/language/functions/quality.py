"""Functions of quality: how much a text repeats itself, what it is made of, whether it is whole."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.types import BOOL, FLOAT, INT, TEXT, Type, list_of

_TEXT = Parameter(name="text", type=TEXT)
_SIZE = Parameter(name="size", type=INT, constant=True, optional=True, default=1, low=1, high=100)


# --- repetition ---------------------------------------------------------------------------------


class TopShare(Function):
    """Share of a text that its most common run of `size` words covers; 0 when no run stands there twice.

    Characters of all places of that run (the earliest of equally common ones), white space left out,
    over the characters of all words; at most 1, as places may overlap. Words are what stands between
    white space, in lower case.

    Gopher drops texts above 0.20, 0.18 and 0.16 for 2, 3 and 4 words.

    Null: null.

    Source: Rae et al. 2021, arXiv:2112.11446, table A1.

    Example: `top_share(answer, 2) <= 0.2`
    """

    keyword: ClassVar[str] = "top_share"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="size", type=INT, constant=True, optional=True, default=2, low=1, high=100),
    )
    gives: ClassVar[Type | None] = FLOAT


class RepeatedShare(Function):
    """Share of a text's characters that lie in pieces that stood in it before.

    Pieces are `lines` or `paragraphs` (what stands between blank lines), ends trimmed, or runs of
    `size` `words` in lower case: read from left to right, a run that was there before is counted and
    jumped over. White space counts for nothing. `repeats` is the share of pieces, this the share of
    text, which a few long repetitions raise more.

    Gopher drops texts above 0.20 for lines and for paragraphs, and above 0.15, 0.14, 0.13, 0.12, 0.11
    and 0.10 for runs of 5 to 10 words.

    Null: null.

    Source: Rae et al. 2021, arXiv:2112.11446, table A1.

    Example: `repeated_share(answer, "words", 5) <= 0.15`
    """

    keyword: ClassVar[str] = "repeated_share"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(
            name="pieces",
            type=TEXT,
            constant=True,
            optional=True,
            default="lines",
            choices=("lines", "paragraphs", "words"),
        ),
        Parameter(name="size", type=INT, constant=True, optional=True, default=5, low=1, high=100),
    )
    gives: ClassVar[Type | None] = FLOAT


# --- what a text is made of ---------------------------------------------------------------------


class CountOf(Function):
    """How often a pattern is found in a text; places do not overlap.

    Rust-regex syntax, as in `matches`.

    Null: null.

    Example: `ratio(count_of(answer, "#|…|\\\\.\\\\.\\\\."), words(answer)) <= 0.1`
    """

    keyword: ClassVar[str] = "count_of"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="pattern", type=TEXT, constant=True),
    )
    gives: ClassVar[Type | None] = INT


#: Kinds of words that `share_of_words` takes beside patterns.
WORD_CLASSES: dict[str, str] = {
    "letters": r"\p{L}",
    "digits": r"\p{Nd}",
    "capitals": r"^\P{L}*\p{Lu}[\p{Lu}\P{L}]*$",
    "links": r"^[(<\[\"']?(?:https?://|www\.)",
}


class ShareOfWords(Function):
    """Share of a text's words that are of a kind, or hold a match of a pattern.

    Kinds: `letters` and `digits` (at least one in the word), `capitals` (letters in upper case only),
    `links`; anything else is a pattern, for a word at a time. Words are what stands between white
    space. A text without words has 0.

    Gopher keeps texts in which 0.8 of the words have a letter.

    Null: null.

    Source: Rae et al. 2021, arXiv:2112.11446, appendix A.1.

    Example: `share_of_words(answer, "letters") >= 0.8`
    """

    keyword: ClassVar[str] = "share_of_words"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="kind", type=TEXT, constant=True, choices=tuple(WORD_CLASSES), pattern=True),
    )
    gives: ClassVar[Type | None] = FLOAT


#: Kinds of lines that `share_of_lines` takes beside patterns. White space at the ends is gone.
LINE_CLASSES: dict[str, str] = {
    "bullets": r"^[-*+•‣◦▪●–]\s",
    "numbered": r"^\p{Nd}{1,3}[.)]\s",
    "headings": r"^#{1,6}\s",
    "quotes": r"^>",
    "ellipses": r"(?:…|\.\.\.)$",
    "ended": r"[.!?…。！？؟।][\"'”’»)\]*_]*$",
    "short": r"^.{1,30}$",
}


class ShareOfLines(Function):
    """Share of a text's lines that are of a kind, or hold a match of a pattern.

    Kinds: `bullets`, `numbered` (items of a list), `headings` and `quotes` of Markdown, `ellipses` (at
    the end), `ended` (with a full stop, question or exclamation mark, quotation marks behind it
    allowed), `short` (30 characters at most); anything else is a pattern, for a line at a time. Blank
    lines do not count, white space at both ends of a line is gone. A text without lines has 0.

    Gopher drops texts with more than 0.9 of bullets or 0.3 of ellipses; C4 drops lines that are not
    ended; FineWeb drops texts with at most 0.12 of ended or at least 0.67 of short lines.

    Null: null.

    Source: Rae et al. 2021, arXiv:2112.11446, appendix A.1; Raffel et al. 2020, arXiv:1910.10683,
    section 2.2; Penedo et al. 2024, arXiv:2406.17557, section 3.6.

    Example: `share_of_lines(answer, "bullets") <= 0.9`
    """

    keyword: ClassVar[str] = "share_of_lines"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="kind", type=TEXT, constant=True, choices=tuple(LINE_CLASSES), pattern=True),
    )
    gives: ClassVar[Type | None] = FLOAT


class WordLength(Function):
    """Mean number of characters of a text's words; 0 for a text without words.

    Words are what stands between white space, punctuation included. Gopher keeps 3 to 10. A language
    that writes no spaces has long ones.

    Null: null.

    Source: Rae et al. 2021, arXiv:2112.11446, appendix A.1.

    Example: `word_length(answer) in 3..10`
    """

    keyword: ClassVar[str] = "word_length"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = FLOAT


#: The stop words of Gopher.
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")


class StopWords(Function):
    """How many different ones of a few common words a text holds, case aside.

    By default the eight English words of Gopher (`the be to of and that have with`), of which running
    English prose has two or more; for other languages give their own.

    Null: null.

    Source: Rae et al. 2021, arXiv:2112.11446, appendix A.1.

    Example: `stop_words(answer) >= 2`

    Example: `stop_words(answer, ["der", "die", "und", "nicht", "ist"]) >= 2`
    """

    keyword: ClassVar[str] = "stop_words"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="words", type=list_of(TEXT), constant=True, optional=True, default=STOP_WORDS),
    )
    gives: ClassVar[Type | None] = INT


# --- whether a text is whole --------------------------------------------------------------------


class EndsWell(Function):
    """Whether a text ends like a finished one and not in the middle of a sentence.

    Its last character, white space aside, is a full stop, question or exclamation mark or ellipsis (of
    Latin, Chinese, Arabic, Indic or Armenian writing) or an emoji, with closing quotation marks,
    brackets and emphasis behind it allowed; or its last line is a code fence, an item of a list, a row
    of a table, or the end of a formula (`$$` or `\\]`). A bare name or number ends not well: ask this of
    prose. The empty text does not end well.

    Null: null.

    Example: `ends_well(answer)`
    """

    keyword: ClassVar[str] = "ends_well"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL


class BracketsOk(Function):
    """Whether no bracket or quotation mark stays open in the prose of a text.

    Of `( [ {` and of `“ «` no more are opened than closed, and the number of straight double quotation
    marks is even. Fenced and inline code is left out. Closing ones may be more: `1)` is an item of a
    list.

    Null: null.

    Example: `brackets_ok(answer)`
    """

    keyword: ClassVar[str] = "brackets_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL


class ListsOk(Function):
    """Whether the numbered lists of a text count on without a gap.

    An item is a line that begins with a number of up to three digits and `.` or `)`. Among items of the
    same indentation each is one more than the last, or begins anew with 0 or 1, so that all ones, as
    Markdown allows, is fine; the first may be any. A list inside an item ends with it. What stands in
    code fences does not count.

    Null: null.

    Example: `lists_ok(answer)`
    """

    keyword: ClassVar[str] = "lists_ok"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL


class IsClean(Function):
    """Whether a text has no damaged characters.

    Damaged are control characters other than tabs and line ends, the replacement character (U+FFFD),
    a byte order mark inside the text, characters for private use, and text that was read in the wrong
    encoding (`schÃ¶n`), as ftfy tells it.

    Null: null.

    Example: `is_clean(answer)`
    """

    keyword: ClassVar[str] = "is_clean"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL
    decided_by: ClassVar[tuple[str, ...]] = ("ftfy",)


# --- what assistants say of themselves ----------------------------------------------------------


class IsRefusal(Function):
    """Whether a text refuses: "I'm sorry, but I can't assist with that".

    A turn of phrase of a list is found in the first 300 characters: the speaker cannot, will not, must
    not or is not able to help, provide, write, access or answer, or has not the ability to; must
    decline; calls it against its policies. English, German, French, Spanish, Portuguese, Italian and
    Chinese. "I can't remember", "you cannot" and "sorry for the confusion" are no refusals. A refusal in
    other words is not found, nor one that comes later: this is for cleaning rows, not for judging
    models.

    Null: null, which `where` takes as false.

    Example: `not is_refusal(answer)`
    """

    keyword: ClassVar[str] = "is_refusal"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL


class IsBoilerplate(Function):
    """Whether an assistant speaks of itself in a text: "As an AI language model", "my knowledge cutoff".

    Anywhere in the text: being an AI or a language model, trained or made by somebody; a knowledge
    cutoff or last update; having no feelings, opinions, body, access to the internet or to current
    facts. English, German, French, Spanish, Portuguese, Italian and Chinese.

    Null: null, which `where` takes as false.

    Example: `not is_boilerplate(answer)`
    """

    keyword: ClassVar[str] = "is_boilerplate"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = BOOL


# --- two texts ----------------------------------------------------------------------------------

_OTHER = Parameter(name="other", type=TEXT)


class Overlap(Function):
    """Share of a text's different runs of `size` words that stand in another text too.

    Words are runs of letters and digits (one letter where a language writes no spaces), in lower case
    and with compatibility forms folded (NFKC). A text with fewer words is one run; a text without
    words has 0. An answer that only says its
    question again has a high share: `overlap(answer, question)`.

    Null: null when either is.

    Example: `overlap(answer, question, 3) < 0.5`
    """

    keyword: ClassVar[str] = "overlap"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, _OTHER, _SIZE)
    gives: ClassVar[Type | None] = FLOAT


class Similarity(Function):
    """How alike two texts are: runs of `size` words that both have over those that either has (Jaccard).

    Words and runs as in `overlap`. 1 for the same runs, 0 for none in common; two texts without words
    are alike. `dedup` with `near` compares rows so too, by runs of five.

    Null: null when either is.

    Example: `similarity(chosen, rejected) < 0.9`
    """

    keyword: ClassVar[str] = "similarity"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT, _OTHER, _SIZE)
    gives: ClassVar[Type | None] = FLOAT
