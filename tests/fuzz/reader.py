"""Structure-aware fuzzing of the reader of rows.

    python -m tests.fuzz.reader --inputs 100000 [--seed 0] [--first 0] [--keep FOLDER]

Every input is a small file, JSON Lines, an array or a table: good rows, of which some were changed as people
and programs change them. A row loses, gains or repeats keys, values become others of another type, numbers grow, texts hold what no
text should; lines are cut, joined, quoted otherwise, given other ends and bytes; files get marks, become
arrays, are packed and cut. Held against each input:

*   what is raised is a diagnostic, nothing else, and only for what no row can be taken from: an archive or
    an array that breaks off, a file of no rows;
*   rows in = rows out + rejects, where rows in are counted without the reader;
*   rows out are, value by value, what the strict reader of single records makes of the same file, and so are
    rejects, counts, types and what is said of a file that cannot be read;
*   a reject stands at the line and the byte offset that it names.

Blocks in which files are read are often made so small that a row does not fit into one.

An input that breaks one of them is kept in a folder, beside the words of what is wrong. The same seed and
number give the same input: `--first 4711 --inputs 1` makes one of them again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from recipedsl.data.look import look
from recipedsl.data.reading import arrays, lines, tables
from recipedsl.data.reading.files import form_of
from recipedsl.data.reading.reader import Reading, read_files
from recipedsl.data.reading.records import Record, json_line
from recipedsl.data.reading.rejects import LONGEST, Rejects
from recipedsl.data.reading.strict import Strict
from recipedsl.data.reading.values import RowCheck
from recipedsl.data.schema import schema_of
from recipedsl.diagnostics import RecipeError
from recipedsl.language.types import BOOL, FLOAT, INT, TEXT, Field, Kind, RowType, Type, choice, list_of
from recipedsl.plan.facts import FileRows
from tests.data.strictly import read_strictly
from tests.fuzz.tables import table

MARK = b"\xef\xbb\xbf"
WORDS = ["a", "naïve", "日本", "x\ty", 'say "so"', "line\nbreak", "", "\\", "😀", "0", "null", "{", "\u2028"]

_MESSAGE = Type(Kind.RECORD, fields=(Field("role", TEXT), Field("content", TEXT)))
#: What the good rows are, as a recipe would declare it.
DECLARED = RowType(
    (
        Field("id", INT),
        Field("score", FLOAT.or_null()),
        Field("good", BOOL),
        Field("question", TEXT),
        Field("answer", TEXT.or_null()),
        Field("tags", list_of(TEXT)),
        Field("level", choice("easy", "hard").or_null()),
        Field("messages", list_of(_MESSAGE)),
    )
)


def good_row(draw: random.Random) -> dict[str, Any]:
    """A row that has nothing wrong."""
    return {
        "id": draw.randrange(-5, 10**6),
        "score": draw.choice([0.5, -1.25, 3.0, 1e300, None]),
        "good": draw.random() < 0.5,
        "question": " ".join(draw.choices(WORDS, k=3)),
        "answer": draw.choice([None, "yes", draw.choice(WORDS)]),
        "tags": draw.choices(WORDS, k=draw.randrange(3)),
        "level": draw.choice(["easy", "hard", None]),
        "messages": [{"role": "user", "content": draw.choice(WORDS)} for _ in range(draw.randrange(3))],
    }


# --- what becomes of rows ---------------------------------------------------------------------------------

#: Values as texts of JSON, and some that are none.
VALUES = [
    "null", "true", "0", "-0", "1.0", "1.5", "1e3", "1E400", "-1e-400", "9223372036854775807", "9223372036854775808",
    "123456789012345678901234567890", '""', '"text"', '"2024-05-31"', '"easy"', '"\\ud800"', '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"', '"\\u0000"', '"\\u00e9"', "[]", "{}", "[null]", '[{"a": [1, {"b": "c"}]}]', '{"role": "user"}',
    '[{"role": "user", "content": null}]', '[{"role": 1, "content": "x"}]', '[{"content": "x", "role": "u", "extra": 1}]',
    '[{"role": "u", "role": "v", "content": "x"}]', '[{"type": "text", "text": "x"}]',
    "NaN", "Infinity", "-Infinity", "nan", "True", "None", "undefined", "01", "+1", ".5", "1.", "0x10", "1_000",
    "'text'", '"tab\there"', '"nul\x00here"', '"\\x41"', '"\\u12"', '"open', "[1,]", '{"a": 1,}', "[1 2]", "", "\x0b",
    "[" * 120 + "]" * 120, "[" * 99 + "]" * 99, "[" * 2000 + "]" * 2000, '{"k\\ud800": 1}', "1" * 400, "1" * 5000,
]  # fmt: skip
KEYS = [
    "id",
    "ID",
    "id ",
    "",
    "score",
    "question",
    "quest\\u0069on",
    "messages",
    "k\\ud800",
    "new",
    "日本",
    "a.b",
    "\\u0000",
]


def row_text(draw: random.Random) -> str:
    """A row as a line of JSON, changed at up to three places."""
    pairs = [
        (json.dumps(key), json.dumps(value, ensure_ascii=draw.random() < 0.5))
        for key, value in good_row(draw).items()
    ]
    for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 3])):
        draw.choice(ROW_CHANGES)(draw, pairs)
    comma, colon = draw.choice(
        [(", ", ": "), (",", ":"), (" ,\t", " :\r ")] if draw.random() < 0.2 else [(", ", ": ")]
    )
    return "{" + comma.join(f"{key}{colon}{value}" for key, value in pairs) + "}"


Pairs = list[tuple[str, str]]


def _place(draw: random.Random, pairs: Pairs) -> int:
    return draw.randrange(len(pairs)) if pairs else 0


def drop_key(draw: random.Random, pairs: Pairs) -> None:
    if pairs:
        del pairs[_place(draw, pairs)]


def add_key(draw: random.Random, pairs: Pairs) -> None:
    pairs.insert(_place(draw, pairs), (f'"{draw.choice(KEYS)}"', draw.choice(VALUES)))


def change_value(draw: random.Random, pairs: Pairs) -> None:
    if pairs:
        at = _place(draw, pairs)
        pairs[at] = (pairs[at][0], draw.choice(VALUES))


def repeat_key(draw: random.Random, pairs: Pairs) -> None:
    if pairs:
        key, value = draw.choice(pairs)
        pairs.append((key, draw.choice([value, draw.choice(VALUES)])))


def rename_key(draw: random.Random, pairs: Pairs) -> None:
    if pairs:
        at = _place(draw, pairs)
        pairs[at] = (f'"{draw.choice(KEYS)}"', pairs[at][1])


def shuffle_keys(draw: random.Random, pairs: Pairs) -> None:
    draw.shuffle(pairs)


ROW_CHANGES: list[Callable[[random.Random, Pairs], None]] = [
    drop_key, add_key, change_value, change_value, change_value, repeat_key, rename_key, shuffle_keys,
]  # fmt: skip

BYTES = [
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\x00",
    b"\x85",
    b"\xe2\x80\xa8",
    MARK,
    b"\r",
    b"\x0c",
    b'"',
    b"{",
    b"}",
    b"\\",
    b" ",
    b",",
]


def line_bytes(draw: random.Random) -> bytes:
    """A line, mostly a row, sometimes cut, joined or given bytes."""
    line = row_text(draw).encode("utf-8", "surrogatepass")
    if draw.random() > 0.25:
        return line
    at = draw.randrange(len(line) + 1)
    return draw.choice(
        [
            lambda: line[:at],
            lambda: line[at:],
            lambda: line[:at] + draw.choice(BYTES) + line[at:],
            lambda: line[:at] + draw.choice(BYTES) + line[at + 1 :],
            lambda: line + line,
            lambda: line + b",",
            lambda: (
                draw.choice([b" ", b"\t", b"\x0b", b"\xc2\xa0", MARK])
                + line
                + draw.choice([b" ", b"\t", b"\x0c", b""])
            ),
            lambda: draw.choice([b"", b" ", b"\t\r", b"\x0b", b"\x00", b"\xc2\xa0"]),
            lambda: draw.choice(
                [b"null", b"[]", b"{}", b"1", b'"text"', b"id,score,good", b"# a comment", b"[" + line + b"]"]
            ),
        ]
    )()


@dataclass(frozen=True)
class Input:
    """A file, and what is known of it without the reader.

    Attributes:
        name: of the file; tells its format.
        content: its bytes.
        lines: those of JSON Lines, unpacked; None for an array.
        rows: in an array or a table; None when nobody knows.
    """

    name: str
    content: bytes
    lines: bytes | None = None
    rows: int | None = None


def made_input(draw: random.Random) -> Input:
    """One file."""
    lines = [line_bytes(draw) for _ in range(draw.choice([0, 1, 2, 3, 5, 8, 13]))]
    if draw.random() < 0.2:
        return _array(draw, lines)
    if draw.random() < 0.25:
        return _packed_table(draw)
    # What begins with `[` is taken for an array, whatever its name says.
    if b"".join(lines).replace(MARK, b"").lstrip().startswith(b"["):
        lines = [b"{}", *lines]
    ends = draw.choice(
        [[b"\n"], [b"\r\n"], [b"\n", b"\r\n", b"\n\n", b"\n \n"]] if draw.random() < 0.4 else [[b"\n"]]
    )
    content = b"".join(line + draw.choice(ends) for line in lines)
    content = content.rstrip(b"\r\n") if draw.random() < 0.3 else content
    content = MARK + content if draw.random() < 0.1 else content
    pack = draw.random()
    if pack < 0.08:
        packed = gzip.compress(content, 1)
        return (
            Input("a.jsonl.gz", packed, content)
            if pack < 0.05
            else Input("a.jsonl.gz", packed[: draw.randrange(len(packed))])
        )
    if pack < 0.14:
        packed = zstandard.compress(content, 1)
        return (
            Input("a.jsonl.zst", packed, content)
            if pack < 0.11
            else Input("a.jsonl.zst", packed[: draw.randrange(len(packed))])
        )
    return Input("a.jsonl", content, content)


def good_element(draw: random.Random) -> bytes:
    """An element that costs the array nothing, whatever it costs itself."""
    text = (
        row_text(draw) if draw.random() < 0.3 else json.dumps(good_row(draw), indent=draw.choice([None, 2]))
    )
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return b"{}"
    return text.encode("utf-8", "surrogatepass")


def _packed_table(draw: random.Random) -> Input:
    ending, content, rows = table(draw, [good_row(draw) for _ in range(draw.choice([0, 1, 2, 5, 13, 40]))])
    content = MARK + content if draw.random() < 0.1 else content
    if draw.random() < 0.9:
        return Input(f"a.{ending}", content, rows=rows)
    return Input(f"a.{ending}.gz", gzip.compress(content, 1), rows=rows)


def _array(draw: random.Random, lines: list[bytes]) -> Input:
    comma = draw.choice([b",", b",\n", b" , ", b"\r\n,\r\n"])
    if draw.random() < 0.6:
        lines = [good_element(draw) for _ in lines]
    content = (
        draw.choice([b"[", b" [\n", MARK + b"["])
        + comma.join(lines)
        + b"]"
        + draw.choice([b"", b"\n", b" x"])
    )
    if draw.random() < 0.2:
        content = content[: draw.randrange(len(content) + 1)]
    try:
        # Names that stand twice, NaN and the like cost a row, not the array.
        whole = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Input("a.json", content)
    return Input("a.json", content, rows=len(whole) if isinstance(whole, list) else None)


# --- what is held against them ----------------------------------------------------------------------------


class Broken(Exception):
    """An input breaks what is promised."""


def check_input(given: Input, folder: Path, *, looked: bool, declared: RowType = DECLARED) -> Counter[str]:
    """Reads a file in an empty folder. Raises Broken. Gives what came of it, to be counted."""
    file, work = folder / given.name, folder / "work"
    file.write_bytes(given.content)
    work.mkdir()
    rejects = Rejects(folder / "rejects.jsonl")
    kind = given.name.split(".")[1]
    row, frame = None, None
    try:
        row = _row_type(folder, given.name) if looked else declared
        read = read_files({given.name: file}, "", row, work, rejects, looked=looked) if row else None
        frame = read.frame.collect() if read else None
    except RecipeError as error:
        if not error.diagnostics:
            raise Broken("an error without a diagnostic") from error
        if given.lines is not None and _rows_in(given.lines):
            raise Broken(f"lines that are whole are refused: {error}") from error
        if row is not None and given.lines is None:
            _check_refused(file, row, error, folder, looked=looked)
        return Counter({"refused": 1, kind: 1})
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}") from error
    if read is None or frame is None or row is None:
        return Counter({"not looked at": 1})
    _check_counts(given, read, frame.height, rejects)
    if given.lines is not None:
        _check_rows(given.lines, row, read, frame, looked=looked)
        _check_places(given.lines, rejects)
    else:
        _check_strictly(file, row, read, frame, rejects, looked=looked)
    return Counter({"read": 1, kind: 1, "rows": read.rows, "rejects": rejects.count})


def _check_refused(file: Path, row: RowType, error: RecipeError, folder: Path, *, looked: bool) -> None:
    """A file that is refused is refused record by record, for the same reason."""
    try:
        _strictly(file, row, Rejects(folder / "strict.jsonl"), looked=looked)
    except RecipeError as other:
        # Bytes that are no text are found where they stand, or when the block is read that they stand in.
        said, strictly = _said(error), _said(other)
        if said != strictly and "codec" not in said + strictly:
            raise Broken(f"it is refused with {said}, record by record with {other}") from error
    else:
        raise Broken(f"it is refused with {error}, record by record it is not") from error


def _said(error: RecipeError) -> str:
    return "; ".join(" ".join((each.message, *each.notes)) for each in error.diagnostics)


def _strictly(file: Path, row: RowType, rejects: Rejects, *, looked: bool) -> Reading:
    return read_strictly(file.name, file, form_of(file), row, rejects, looked=looked)


def _check_strictly(
    file: Path, row: RowType, read: Reading, frame: Any, rejects: Rejects, *, looked: bool
) -> None:
    """An array or a table gives what its records give one by one."""
    others = Rejects(rejects.path.with_name("strict.jsonl"))
    try:
        strict = _strictly(file, row, others, looked=looked)
    except RecipeError as error:
        raise Broken(f"record by record it is refused: {error}") from error
    wanted = strict.frame.collect()
    for what, one, other in (
        ("type", read.row, strict.row),
        ("schema", frame.schema, wanted.schema),
        ("rows", repr(frame.to_dicts()), repr(wanted.to_dicts())),
        ("columns that nobody declared", read.unseen, strict.unseen),
        ("rejects", _written(rejects), _written(others)),
    ):
        if one != other:
            raise Broken(f"{what}: {one}\nrecord by record {other}")


def _written(rejects: Rejects) -> list[str]:
    return rejects.path.read_text().splitlines() if rejects.path.exists() else []


def _row_type(folder: Path, name: str) -> RowType | None:
    return look(FileRows(name), folder).row


def _rows_in(content: bytes) -> int:
    """Lines that are not blank, counted without the reader."""
    return sum(bool(line.strip()) for line in content.removeprefix(MARK).split(b"\n"))


def _check_counts(given: Input, read: Reading, height: int, rejects: Rejects) -> None:
    there = _rows_in(given.lines) if given.lines is not None else given.rows
    if there is not None and there != read.rows + rejects.count:
        raise Broken(f"{there} rows in, {read.rows} out, {rejects.count} set aside")
    if height != read.rows:
        raise Broken(f"{read.rows} rows are told of, {height} are there")
    written = len(_written(rejects))
    if written != rejects.count:
        raise Broken(f"{rejects.count} rejects are told of, {written} are written")


def _check_rows(content: bytes, row: RowType, read: Reading, frame: Any, *, looked: bool) -> None:
    strict = Strict("a", "jsonl", row, looked=looked)
    good = [record.value for record in _records(content) if strict.values(record) is not None]
    if strict.row != read.row:
        raise Broken(f"the rows are {read.row}, record by record {strict.row}")
    check = RowCheck(strict.row)
    wanted = [dict(zip(check.names, check(value), strict=True)) for value in good]
    if frame.to_dicts() != wanted or dict(frame.schema) != schema_of(strict.row):
        raise Broken(f"the rows are\n{frame.to_dicts()}\nrecord by record\n{wanted}")
    if check.unseen != read.unseen:
        raise Broken(f"keys that nobody declared: {dict(read.unseen)}, record by record {dict(check.unseen)}")


def _records(content: bytes) -> Iterator[Record]:
    offset = 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        bare = line.removeprefix(MARK) if number == 1 else line
        if bare.strip():
            yield json_line(number, offset, bare.rstrip(b"\r\n"))
        offset += len(line) + 1


def _check_places(content: bytes, rejects: Rejects) -> None:
    lines = content.split(b"\n")
    told = [json.loads(line) for line in rejects.path.read_text().splitlines()] if rejects.count else []
    for each in told:
        number, offset = each["line"], each["offset"]
        if offset != sum(len(line) + 1 for line in lines[: number - 1]):
            raise Broken(f"line {number} does not begin at byte {offset}")
        line = lines[number - 1].removeprefix(MARK if number == 1 else b"").rstrip(b"\r\n")
        raw = line.decode(errors="surrogateescape")[:LONGEST].encode(errors="replace").decode()
        if each["raw"] != raw:
            raise Broken(f"line {number} is {raw!r}, the reject has {each['raw']!r}")
        if not each["reason"]:
            raise Broken(f"line {number} is set aside for no reason")


# --- the run ----------------------------------------------------------------------------------------------


def check_numbered(seed: int, number: int, folder: Path) -> Counter[str]:
    """Makes the input of a number and reads it in `folder`, which is emptied. Raises Broken."""
    draw = random.Random(f"{seed}/{number}")
    given = made_input(draw)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with blocks_of(draw.choice([64, 700, 5000, *[1 << 22] * 9])):
        return check_input(given, folder, looked=number % 2 == 1)


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    """Files are read in blocks of so many bytes."""
    rooms = (lines, arrays, tables)
    before = [each._BLOCK for each in rooms]
    for each in rooms:
        each._BLOCK = size  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for each, was in zip(rooms, before, strict=True):
            each._BLOCK = was  # type: ignore[attr-defined]


def main() -> int:
    """Runs over the inputs; says how many broke what is promised."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--inputs", type=int, default=10_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "reader-fuzz")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="reader-"))
    broken, came, begun = 0, Counter[str](), time.monotonic()
    for number in range(asked.first, asked.first + asked.inputs):
        try:
            came += check_numbered(asked.seed, number, folder / "one")
        except Broken as error:
            broken += 1
            kept = asked.keep / f"{asked.seed}-{number}"
            shutil.copytree(folder / "one", kept, dirs_exist_ok=True)
            (kept / "why.txt").write_text(f"{error}\n")
            print(f"{number}: {str(error)[:300]}\n   kept as {kept}", flush=True)
        done = number - asked.first + 1
        if not done % 5000:
            print(
                f"{done} inputs in {time.monotonic() - begun:.0f} s: {dict(sorted(came.items()))}", flush=True
            )
    shutil.rmtree(folder)
    took = time.monotonic() - begun
    print(f"{asked.inputs} inputs in {took:.0f} s: {dict(sorted(came.items()))}; {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
