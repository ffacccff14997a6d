"""Masks for what tells of people and gives access, by patterns and the check digits that numbers bear.

A quick look by Polars tells which texts may hold something; those alone are read by Python, whose
patterns can look around a match. No pattern repeats within a repetition without bounds, so that no
text takes longer than its length.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from recipedsl.data.flow import Context
from recipedsl.data.problems import mistake
from recipedsl.data.steps.texts import changed, said_in, speaks
from recipedsl.diagnostics.codes.data_run import ImpossibleArgument
from recipedsl.plan.model import StepSpec

_COUNT = "_recipedsl_masked_"


@dataclass(frozen=True)
class Kind:
    """Something that is masked.

    Attributes:
        mark: what stands in its place.
        hint: pattern of Rust that every text with one of them matches.
        pattern: what is masked, if the check agrees.
        allowed: whether a match is one of them, from the match.
    """

    mark: str
    hint: str
    pattern: re.Pattern[str]
    allowed: Callable[[re.Match[str]], bool] = lambda _match: True


def redact(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Puts marks in the named columns; counts by kind are facts of the step.

    Raises:
        RecipeError: when a column holds no text.
    """
    changed_rows, counts = with_marks(step, frame)
    rows = context.settle(changed_rows)
    tell(rows.select(counts).collect(), context)
    return rows.drop(counts)


def with_marks(step: StepSpec, frame: pl.LazyFrame) -> tuple[pl.LazyFrame, list[str]]:
    """Rows with marks, and the names of columns beside them that tell how many of each kind there are."""
    schema = frame.collect_schema()
    for name in step.columns:
        if not speaks(schema[name]):
            raise mistake(ImpossibleArgument, f"`redact` takes text or messages, `{name}` is {schema[name]}")
    asked = tuple(name for name in KINDS if name in (step.settings.get("kinds") or KINDS))
    before = frame.with_columns(pl.col(name).alias(f"{_COUNT}of_{name}") for name in step.columns)
    after = before.with_columns(
        changed(pl.col(name), schema[name], lambda text: masked_column(text, asked)) for name in step.columns
    )
    counts = [_count(step.columns, schema, kind).alias(_COUNT + kind) for kind in asked]
    return after.select(*schema.names(), *counts), [_COUNT + kind for kind in asked]


def tell(counts: pl.DataFrame, context: Context) -> None:
    """Writes how many marks were put into the facts of the step at hand."""
    sums = counts.sum().fill_null(0).to_dicts()[0]
    context.facts["masked"] = {name.removeprefix(_COUNT): int(count) for name, count in sums.items()}


def _count(names: Iterable[str], schema: pl.Schema, kind: str) -> pl.Expr:
    """How many more marks of a kind a row has than before."""
    found = [
        _marks(pl.col(name), schema[name], kind) - _marks(pl.col(f"{_COUNT}of_{name}"), schema[name], kind)
        for name in names
    ]
    return pl.sum_horizontal(found)


def _marks(value: pl.Expr, dtype: pl.DataType, kind: str) -> pl.Expr:
    return said_in(value, dtype).str.count_matches(KINDS[kind].mark, literal=True).cast(pl.Int64)


def masked_column(text: pl.Expr, kinds: tuple[str, ...]) -> pl.Expr:
    """A column of text with marks; `masked` for those texts that a quick look does not rule out."""
    hint = "|".join(f"(?:{KINDS[kind].hint})" for kind in kinds)
    return text.map_batches(
        lambda texts: _masked_series(texts, hint, kinds), return_dtype=pl.String(), is_elementwise=True
    )


def _masked_series(texts: pl.Series, hint: str, kinds: tuple[str, ...]) -> pl.Series:
    places = texts.str.contains(hint).fill_null(False).arg_true()
    if not len(places):
        return texts
    return texts.clone().scatter(places, [masked(text, kinds) for text in texts.gather(places)])


def masked(text: str, kinds: Iterable[str]) -> str:
    """The text with marks, until none more is found: what stands beside a mark may now be one of them."""
    kinds = tuple(kinds)
    while True:
        before = text
        for kind in kinds:
            text = _once(text, KINDS[kind])
        if text == before:
            return text


def _once(text: str, kind: Kind) -> str:
    return kind.pattern.sub(lambda match: kind.mark if kind.allowed(match) else match[0], text)


# --- what is found -------------------------------------------------------------------------------------


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


def _is_card(match: re.Match[str]) -> bool:
    """Check digit of ISO/IEC 7812-1 annex B, and the first digits that networks of cards have."""
    digits = [int(each) for each in _digits(match[0])]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _is_phone(match: re.Match[str]) -> bool:
    """With a country code 7 to 15 digits (E.164), written as no signed number is."""
    text, count = match[0], len(_digits(match[0]))
    if not text.startswith("+"):
        return True
    separators = [each for each in text[1:] if not each.isdigit()]
    return (10 if separators in ([], ["."]) else 7) <= count <= 15 and separators != ["."]


def _is_address(match: re.Match[str]) -> bool:
    """Whether it is an address of some machine: of not every machine, and no version or section."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or match[0] == "255.255.255.255":
        return False
    return _NUMBERED.search(match.string[max(0, match.start() - 60) : match.start()]) is None


def _is_key(match: re.Match[str]) -> bool:
    """Whether it looks drawn: `sk-` begins names of styles and packages, too."""
    text = match[0]
    return not text.startswith("sk-") or (any(map(str.isdigit, text)) and any(map(str.isupper, text)))


#: Forms of keys with the prefix of their service, from the pages in which these document them.
_KEYS = (
    r"(?:AKIA|ASIA)[A-Z2-7]{16}",  # Amazon Web Services
    r"gh[pousr]_[A-Za-z0-9]{36,255}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,255}",
    r"glpat-[\w-]{20,255}",  # GitLab
    r"xox[abeoprs]-[A-Za-z0-9-]{10,255}",  # Slack
    r"AIza[\w-]{35}",  # Google
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}",  # Stripe
    r"sk-(?:[a-z]{2,10}[0-9]{0,3}-){0,3}[A-Za-z0-9_-]{20,255}",  # model services
    r"hf_[A-Za-z0-9]{30,255}",  # Hugging Face
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-AgE[\w-]{50,255}",
    r"SG\.[\w-]{16,32}\.[\w-]{16,64}",  # SendGrid
    r"eyJ[\w-]{10,4096}\.eyJ[\w-]{2,4096}\.[\w-]{10,4096}",  # JSON web tokens, RFC 7519
)
_PEM = (
    r"-----BEGIN (?P<pem>(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:[^-]|-(?!----)){1,16384}+-----END (?P=pem)-----"
)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#: What before numbers with points says that they are a version or the place in a document.
_NUMBERED = re.compile(
    r"(?:\b(?:versions?|ver|v|releases?|builds?|firmware|drivers?|sections?|chapters?|clauses?|figures?|tables?)"
    r"[\s:=.#]{0,3}|[=~<>]=\s?|\xa7\s?)(?:[0-9.]{1,15}(?:, and |, | and | or | to | ?- ?)){0,3}$",
    re.IGNORECASE,
)
_AREA = r"[2-9][0-9]{2}"

#: In the order in which they are masked: what may hold another comes first.
KINDS: dict[str, Kind] = {
    "key": Kind(
        "[KEY]",
        r"PRIVATE KEY|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AIza|[srp]k_(?:live|test)_|sk-"
        r"|hf_|npm_|pypi-|SG\.|eyJ",
        re.compile(rf"{_PEM}|(?<![\w-])(?:{'|'.join(_KEYS)})(?![\w-])", re.ASCII),
        _is_key,
    ),
    "email": Kind(
        "[EMAIL]",
        r"@",
        re.compile(
            r"(?<![\w.%+-])[A-Za-z0-9_%+-]{1,64}(?:\.[A-Za-z0-9_%+-]{1,64}){0,8}"
            r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w@(-]|:[\w/])",
            re.ASCII,
        ),
    ),
    "card": Kind(
        "[CARD]",
        r"[0-9](?:[ -]?[0-9]){12}",
        re.compile(
            r"(?<![\w.+-])(?<![^0-9][0-9]{4} )(?:"
            r"(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|5[0-9]{2}))"
            r"(?P<gap>[ -]?)(?:[0-9]{4}(?P=gap)){2}[0-9]{4}"
            r"|3[47][0-9]{2}(?P<wide>[ -]?)[0-9]{6}(?P=wide)[0-9]{5}"
            r"|3(?:0[0-5]|[68][0-9])[0-9](?P<club>[ -]?)[0-9]{6}(?P=club)[0-9]{4}"
            r"|4[0-9]{12}|4[0-9]{18}|62[0-9]{14,17}"
            r")(?![\w-])(?!\.[0-9])(?! [0-9]{4}(?![0-9/]))",
            re.ASCII,
        ),
        _is_card,
    ),
    "ip": Kind(
        "[IP]",
        r"[0-9]\.[0-9]{1,3}\.[0-9]|::|(?:[0-9A-Fa-f]{1,4}:){7}",
        re.compile(
            rf"(?<![\w.]){_OCTET}(?:\.{_OCTET}){{3}}(?!\w|\.[0-9]|-[A-Za-z])"
            r"|(?<![\w:.])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])"
            r"|(?<![\w:.])(?=[23][0-9a-f]{3}:|fe80:|f[cd][0-9a-f]{2}:)"
            r"(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}(?![\w:])",
            re.ASCII | re.IGNORECASE,
        ),
        _is_address,
    ),
    "phone": Kind(
        "[PHONE]",
        r"\+[0-9(]|[0-9]{3}\)?[ .-]{0,2}[0-9]{3}[ .-][0-9]{4}",
        re.compile(
            r"(?<![\w.+=*/^-])\+[1-9][0-9]{0,2}(?:[ .-]?\([0-9]{1,5}\))?(?:[ .-]?[0-9]{2,12}+){1,6}+"
            r"(?![\w=*/^-])(?!\.[0-9])"
            r"|(?<![\w.+=*/^-])(?<![0-9] )(?:1[ .-])?"
            rf"(?:\({_AREA}\) ?{_AREA}[.-][0-9]{{4}}|{_AREA}(?P<sign>[.-]){_AREA}(?P=sign)[0-9]{{4}}"
            rf"|{_AREA} {_AREA}(?:-[0-9]{{4}}| [0-9]{{4}}(?! [0-9])))(?![\w=*/^-])(?!\.[0-9])",
            re.ASCII,
        ),
        _is_phone,
    ),
}
