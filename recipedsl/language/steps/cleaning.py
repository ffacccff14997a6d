"""Steps that keep rows apart from evaluations, and people out of rows."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.steps.base import NGRAMS, Step, StepUse, Takes, speaks, type_of
from recipedsl.language.types import RowType
from recipedsl.language.values import one_of, several, share, whole


class Decontaminate(Step):
    """Drops rows that share an n-gram of words with rows of an evaluation.

    Compared are the texts of `on` here with those of the same column there, or of the columns that
    `against` names: a text, or each text of a list, or each message but those of the system. The other
    dataset is one of the recipe, or a file: `decontaminate read("bench/*.jsonl"), on = question`. Words are
    compared in lower case, compatibility forms folded (NFKC), without punctuation and white space; scripts
    that write no spaces count each character. A text of fewer than `ngram` words is compared whole: it has
    to be equal. With `share` the n-grams that two texts have in common have to cover that share of the
    words of the shorter one. The facts of the step count what fell, and show three rows with the words
    that matched; `hits.jsonl` beside the rows lists them all. N-grams are compared by 64-bit hashes.

    Source: Brown et al. 2020, arXiv:2005.14165, appendix C (13 words); Qwen Team 2024, arXiv:2412.15115
    (a share of the shorter text).

    Example: `| decontaminate held, on = question`

    Example: `| decontaminate read("bench/aime.jsonl"), on = [question, answer], against = problem`
    """

    keyword: ClassVar[str] = "decontaminate"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.DATASET
    least: ClassVar[int] = 1
    compares: ClassVar[bool] = True

    ngram: Any = setting(whole(1), "words that have to be equal in a row", 13, also_called=NGRAMS)
    share: Any = setting(share(above=0), "share of the shorter text that has to be covered", None)


class Redact(Step):
    """Masks what tells of people and gives access, by a mark such as `[EMAIL]`.

    Text columns are masked, and of conversations what is said; roles, names and calls of tools stay.
    What is masked, and what is not:

    - `email`: `name@host.tld`, as `[EMAIL]`.
    - `phone`: with a country code (`+49 30 1234567`), or ten digits in groups as North America writes
      them (`(415) 555-0123`), as `[PHONE]`; digits without any grouping are not.
    - `key`: private keys in PEM form, web tokens (JWT) and keys that bear the prefix of their service
      (`AKIA…`, `ghp_…`, `sk-…`, `xoxb-…`, `AIza…` and more), as `[KEY]`; passwords are not.
    - `ip`: IPv4 and IPv6 addresses, as `[IP]`; not what the words `version`, `release`, `v` go before,
      not the addresses that every machine has (`127.0.0.1`, `0.0.0.0`, `::1`).
    - `card`: 13 to 19 digits in the groups of a payment card that pass its check digit (Luhn), and whose
      first digits are those of a card, as `[CARD]`.

    Patterns find what has a form. They find no names and no street addresses, and rows redacted are
    not anonymous. Redacting twice changes nothing more. The result tells how many of each kind were masked.

    Source: forms of keys as documented by their services; ISO/IEC 7812-1 (cards); RFC 4291 (IPv6); ITU-T
    E.164 (numbers of telephones).

    Example: `| redact question, answer`

    Example: `| redact answer, kinds = [email, key]`
    """

    keyword: ClassVar[str] = "redact"
    takes: ClassVar[Takes] = Takes.COLUMNS
    least: ClassVar[int] = 1

    kinds: Any = setting(
        several(one_of("email", "phone", "key", "ip", "card")), "what is masked; all when left out", ()
    )

    @classmethod
    def refuses(cls, rows: RowType, use: StepUse) -> str:
        types = {name: type_of(rows, name) for name in use.columns}
        wrong = next((name for name, type_ in types.items() if not speaks(type_)), "")
        return f"`redact` takes text or messages, `{wrong}` is of type `{types[wrong]}`" if wrong else ""
