"""D23x: rows that lie elsewhere, that change, or that are no text."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class AddressNotAtHand(Code):
    """Rows behind an address that cannot be had.

    What: An `s3://` address that was never fetched, and cannot be fetched now: the store does not answer,
    has no such bucket, or does not give the object to these credentials.

    Why: An offline machine trains only on what it has. End point and credentials come from the environment
    (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_PROFILE`), never from a recipe; without
    credentials objects are asked for as anybody may.

    Bad: `read("s3://acme-data/pairs/*.parquet")` on a machine that never fetched it

    Good: the same after `recipedsl plan` on a machine with a network, which keeps what it fetched
    """

    code: ClassVar[str] = "D230"
    name: ClassVar[str] = "address-not-at-hand"


class ChangedUpstream(Code):
    """What lies behind an address is not what it was.

    What: Planning asked an `s3://` address once more, and files behind it have changed, are new or are gone.

    Why: The rows are fetched anew and everything that is made of them is made again. A run never asks: it
    takes the bytes that were planned.

    Bad:

        data pairs = read("s3://acme-data/pairs/latest.jsonl")

    Good:

        data pairs = read("s3://acme-data/pairs/2026-11-01.jsonl")
    """

    code: ClassVar[str] = "D231"
    name: ClassVar[str] = "changed-upstream"
    severity: ClassVar[Severity] = Severity.INFO


class UpstreamNotAsked(Code):
    """Whether rows behind an address are the newest is not known.

    What: An `s3://` store does not answer, and the rows are those that an earlier plan fetched.

    Why: They are whole, checked by their digests, and may be old.

    Bad: `recipedsl plan` without a network

    Good: the same with one, where the newest rows are wanted
    """

    code: ClassVar[str] = "D232"
    name: ClassVar[str] = "upstream-not-asked"
    severity: ClassVar[Severity] = Severity.WARNING


class ChangedWhileRead(Code):
    """A file changed while it was read.

    What: A file of rows is not what it was when reading began, or what the plan was made from.

    Why: Half of the rows would be the old ones and half the new. Nothing of what was read counts.

    Bad: a program that writes `data/rows.jsonl` while a run reads it

    Good: a file that is written beside, and renamed when it is whole, before the run
    """

    code: ClassVar[str] = "D233"
    name: ClassVar[str] = "changed-while-read"


class NotText(Code):
    """A column of images, sounds or other bytes.

    What: A column of a Parquet file holds bytes, or records of bytes and a path as image datasets have
    them, or something else that is no value of a row.

    Why: Models of text are trained, and a column that silently vanishes takes what the rows mean with it: the
    question of a picture makes no sense without the picture. Which columns are wanted has to be said.

    Bad:

        data pairs = read("data/pictures.parquet") | as chat(user = question, assistant = answer)

    Good:

        type Pair = { question: text, answer: text }
        data pairs: Pair = read("data/questions.parquet") | as chat(user = question, assistant = answer)
    """

    code: ClassVar[str] = "D234"
    name: ClassVar[str] = "not-text"


class PartsNotText(Code):
    """Messages with parts that are no text.

    What: The content of a message is a list of parts, and some are images, sounds or files (`image_url`,
    `input_audio`).

    Why: Only text is trained on. A message without its picture asks something else than it did, so rows with
    such parts are set aside when they are shaped, and counted.

    Bad: `{"content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": "…"}]}`

    Good: `{"content": [{"type": "text", "text": "What is a cat?"}]}`
    """

    code: ClassVar[str] = "D235"
    name: ClassVar[str] = "parts-not-text"
    severity: ClassVar[Severity] = Severity.WARNING


CODES: tuple[type[Code], ...] = (
    AddressNotAtHand,
    ChangedUpstream,
    UpstreamNotAsked,
    ChangedWhileRead,
    NotText,
    PartsNotText,
)
