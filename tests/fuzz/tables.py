"""Tables to fuzz the reader with: good rows as CSV, and what people and programs make of them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from typing import Any

Cells = list[str]

#: Texts of cells, some of them of no value at all.
CELLS = [
    "", " ", "null", "true", "TRUE", " false", "0", "-0", "+1", "1.0", " 1.5 ", "1e3", "1E400", "9223372036854775808",
    "01", ".5", "1.", "NaN", "nan", "Infinity", "easy", "Easy", "2024-05-31", "2024-02-30", "[]", "{}", '["a"]', '["a", 1]',
    '["a",\n "b"]', '["a\nb"]', '[NaN]', '[{"role": "u", "content": "x"}]', '[{"content": "x", "role": "u"}]',
    '[{"role": "u", "role": "v", "content": "x"}]', '[{"role": "u"}]', '["a"], "x": 1', "tab\there", 'say "so"', '"', '""',
    '"quoted"', "a,b", "a\nb", "a\r\nb", "a\rb", "\n", "é日本😀", "\u2028", "\xa0", "\x1c", "\x00", "\ufeff", "9" * 400, "x" * 300,
]  # fmt: skip
_STRAY = [
    b'"',
    b'""',
    b",",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"\xc3",
    b" ",
    b'","',
    b'",',
    b',"',
]


def table(draw: random.Random, rows: list[dict[str, Any]]) -> tuple[str, bytes, int | None]:
    """Ending of the name, content, and how many rows it has; None where nobody knows."""
    ending, separator = draw.choice([("csv", ","), ("csv", ","), ("tsv", "\t")])
    header = _header(draw, list(rows[0]) if rows else ["id", "question"])
    lines = [header, *(_changed(draw, [_cell(draw, row.get(name)) for name in header]) for row in rows)]
    content = _written(draw, lines, separator).encode("utf-8", "surrogatepass")
    # A row of white space is none, and a return that is not quoted ends one.
    known = len(rows) if all("".join(line).strip() and "\r" not in "".join(line) for line in lines) else None
    if draw.random() < 0.3:
        content, known = _strayed(draw, content), None
    if draw.random() < 0.2:
        content = content.rstrip(b"\r\n")
    return ending, content, known


def _header(draw: random.Random, names: Cells) -> Cells:
    if draw.random() < 0.3:
        draw.shuffle(names)
    if draw.random() < 0.2:
        names.insert(
            draw.randrange(len(names) + 1), draw.choice(["", "new", "日本", 'a "b"', "line\nbreak", "id"])
        )
    if draw.random() < 0.15:
        names = draw.sample(names, draw.randrange(1, len(names) + 1))
    return names


def _cell(draw: random.Random, value: Any) -> str:
    if draw.random() < 0.03:
        return draw.choice(CELLS)
    if value is None:
        return ""
    if isinstance(value, bool):
        return draw.choice([str(value), str(value).lower(), str(value).upper()])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _changed(draw: random.Random, cells: Cells) -> Cells:
    chance = draw.random()
    if chance < 0.03:
        return cells[: draw.randrange(len(cells) + 1)]
    return [*cells, draw.choice(CELLS)] if chance < 0.06 else cells


def _written(draw: random.Random, lines: list[Cells], separator: str) -> str:
    stream = io.StringIO()
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    end = draw.choice(["\n", "\n", "\r\n"])
    for cells in lines:
        csv.writer(stream, delimiter=separator, quoting=quoting, lineterminator=end).writerow(cells)
        if draw.random() < 0.03:
            stream.write(draw.choice(["", " ", "\t", "\x0b", "\xa0"]) + end)
    return stream.getvalue()


def _strayed(draw: random.Random, content: bytes) -> bytes:
    """Bytes put in, taken out or cut off."""
    ways: list[Callable[[int], bytes]] = [
        lambda at: content[:at] + draw.choice(_STRAY) + content[at:],
        lambda at: content[:at] + draw.choice(_STRAY) + content[at + 1 :],
        lambda at: content[:at] + content[at + 1 :],
        lambda at: content[:at],
    ]
    for _ in range(draw.choice([1, 1, 2, 4])):
        content = draw.choice(ways)(draw.randrange(len(content) + 1))
    return content
