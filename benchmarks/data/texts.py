"""Texts to compare: drawn words, or docstrings and then code of what is installed; some of them edited.

Five of a hundred are copies of others, five are copies with up to 6% of their words changed.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
import sysconfig
from pathlib import Path

_WORDS = 30_000
_BLANK = re.compile(r"\n\s*\n")
_CODE = 250  # characters of a piece of code, at least
_DOCSTRING = re.compile(r'"""(.{200,6000}?)"""', re.DOTALL)


def texts(kind: str, count: int, seed: int = 7) -> list[str]:
    """`synthetic` or `real` texts."""
    draw = random.Random(seed)
    names = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(_WORDS)]
    fresh = _real(draw) if kind == "real" else _synthetic(draw, names)
    found: list[str] = []
    while len(found) < count:
        chance = draw.random()
        if found and chance < 0.1:
            text = draw.choice(found)
            found.append(text if chance < 0.05 else _edited(text, draw, names))
        else:
            found.append(next(fresh))
    return found


def _synthetic(draw: random.Random, names: list[str]):  # type: ignore[no-untyped-def]
    weights = list(itertools.accumulate(1 / place for place in range(1, _WORDS + 1)))
    while True:
        length = max(8, int(draw.lognormvariate(4.7, 0.6)))
        yield " ".join(draw.choices(names, cum_weights=weights, k=length))


def _real(draw: random.Random):  # type: ignore[no-untyped-def]
    """Docstrings of the standard library and of what is installed; when they do not suffice, code, too."""
    folders = sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")})
    files = sorted({path for folder in folders for path in Path(folder).rglob("*.py")})
    draw.shuffle(files)
    for path in files:
        yield from _DOCSTRING.findall(path.read_text(encoding="utf-8", errors="ignore"))
    for path in files:
        yield from _paragraphs(path.read_text(encoding="utf-8", errors="ignore"))
    sys.exit("not so much text is installed here: ask for fewer rows")


def _paragraphs(text: str):  # type: ignore[no-untyped-def]
    """What stands between blank lines, several together where it is short."""
    gathered = ""
    for each in _BLANK.split(text):
        gathered += each + "\n\n"
        if len(gathered) >= _CODE:
            yield gathered
            gathered = ""


def _edited(text: str, draw: random.Random, names: list[str]) -> str:
    words = text.split(" ")
    for _ in range(draw.randint(1, max(1, len(words) * 6 // 100))):
        words[draw.randrange(len(words))] = draw.choice(names)
    return " ".join(words)
