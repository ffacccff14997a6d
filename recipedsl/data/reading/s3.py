"""Objects of an S3 store: listed, and copied to this machine. Apart, because it imports Arrow.

The end point and the region are those of the environment (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`,
`AWS_REGION`, `AWS_DEFAULT_REGION`), and so are the credentials; without any, objects are asked for as
anybody may.
"""

from __future__ import annotations

import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.patterns import fixed_part, matching
from recipedsl.diagnostics import RecipeError
from recipedsl.diagnostics.codes.data_remote import AddressNotAtHand
from recipedsl.diagnostics.codes.data_run import FileNotFound

_ADDRESS = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,62})/(?P<key>.+)", re.DOTALL)
#: What Arrow says of a refusal: `AWS Error NO_SUCH_BUCKET during ListObjectsV2 operation: …`.
_REFUSAL = re.compile(
    r"AWS Error (?P<code>\w+)(?P<status> \(HTTP status \d+\))? during \w+ operation: (?P<words>.*)"
)
_REQUEST = re.compile(r"curlCode: \d+,\s*|\s*\(Request ID.*|\s*;? ?Details:.*")
#: Where credentials may stand: without a trace of any, nobody is asked for them. The library would else
#: wait for the metadata service of a machine that has none; `AWS_EC2_METADATA_DISABLED=false` says
#: that there is one.
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_OTHER_STORE = "look for a typo; `AWS_ENDPOINT_URL` names another store than Amazon's"
_TOGETHER = 8  # objects that are asked for at the same time
_PIECE = 1 << 22  # bytes copied at a time
_CONNECT, _ANSWER = 10, 60  # seconds


@dataclass(frozen=True, slots=True)
class Object:
    """An object as the store tells of it.

    Attributes:
        name: its address, `s3://bucket/key`.
        size: bytes.
        tag: the store's entity tag; another one means other content.
    """

    name: str
    size: int
    tag: str

    @property
    def path(self) -> str:
        """Bucket and key, as Arrow calls it."""
        return self.name.removeprefix("s3://")


class Unreachable(RecipeError):
    """The store does not answer; another time it may."""


def endpoint() -> str:
    """The end point that the environment names; empty for Amazon's."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


class Store:
    """What can be asked of an S3 store."""

    def __init__(self, address: str) -> None:
        """Raises RecipeError for an address that cannot be one."""
        found = _ADDRESS.fullmatch(address)
        if found is None or found["key"].endswith("/") or "//" in found["key"] or "\0" in address:
            raise mistake(
                FileNotFound,
                f"`{address[:200]}` names no object",
                helps='an address is "s3://bucket/folder/*.jsonl"',
            )
        self._address, self._bucket, self._key = address, found["bucket"], found["key"]
        self._known: Any = None

    def objects(self) -> list[Object]:
        """The objects that the address stands for, by name.

        Raises:
            Unreachable: nobody answers.
            RecipeError: there is none, or they are not for these credentials.
        """
        from pyarrow import fs

        with self._said_in_words():
            paths = self._paths(fs)
            with ThreadPoolExecutor(_TOGETHER) as pool:
                found = list(pool.map(self._object, paths))
        if not found:
            raise mistake(FileNotFound, f"no object for `{self._address}`")
        return found

    def copy(self, found: Object, target: Path) -> str:
        """Copies an object into a file; gives the SHA-256 of what was written.

        Raises:
            Unreachable: the connection breaks.
            RecipeError: the object changes meanwhile.
        """
        with self._said_in_words():
            with (
                self._filesystem().open_input_stream(found.path, compression=None) as source,
                target.open("wb") as file,
            ):
                digest = _copied(source, file)
            after = self._object(found.path)
        if after != found or target.stat().st_size != found.size:
            raise mistake(AddressNotAtHand, f"`{found.name}` changes while it is fetched", helps="try again")
        return digest

    def _paths(self, fs: Any) -> list[str]:
        whole = f"{self._bucket}/{self._key}"
        here = self._filesystem()
        if here.get_file_info(whole).is_file:
            return [whole]
        if not has_magic(self._key):
            return []
        below = fixed_part(self._key)
        deep = "/" in self._key[len(below) :]
        folder = fs.FileSelector(f"{self._bucket}/{below}".rstrip("/"), allow_not_found=True, recursive=deep)
        listed = here.get_file_info(folder)
        if not listed and here.get_file_info(self._bucket).type is fs.FileType.NotFound:
            raise _not_at_hand(self._address, "there is no such bucket", _OTHER_STORE)
        names = [each.path.removeprefix(f"{self._bucket}/") for each in listed if each.is_file]
        return [f"{self._bucket}/{name}" for name in matching(names, self._key)]

    def _object(self, path: str) -> Object:
        with self._filesystem().open_input_file(path) as file:
            tag = file.metadata().get("ETag", b"").decode(errors="replace")
            return Object(f"s3://{path}", file.size(), tag.strip('"'))

    def _filesystem(self) -> Any:
        if self._known is None:
            self._known = _connected(self._bucket)
        return self._known

    def _said_in_words(self) -> _InWords:
        return _InWords(self._address)


def _connected(bucket: str) -> Any:
    from pyarrow import fs

    settings: dict[str, Any] = {"connect_timeout": _CONNECT, "request_timeout": _ANSWER}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    place = urlsplit(endpoint())
    if place.netloc:
        settings |= {
            "endpoint_override": place.netloc,
            "scheme": place.scheme,
            "region": region or "us-east-1",
        }
    else:
        settings["region"] = region or fs.resolve_s3_region(bucket)
    if not _has_credentials():
        settings["anonymous"] = True
    return fs.S3FileSystem(**settings)


def _has_credentials() -> bool:
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "false":
        return True
    files = (Path("~/.aws/credentials"), Path("~/.aws/config"))
    return any(map(os.environ.get, _CREDENTIALS)) or any(each.expanduser().is_file() for each in files)


def _copied(source: Any, file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        file.write(piece)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest()


class _InWords:
    """Turns what the store refuses into a diagnostic."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ImportError):
            raise mistake(AddressNotAtHand, "this build of pyarrow knows no S3") from error
        if isinstance(error, FileNotFoundError) and not error.filename:
            raise _not_at_hand(self._address, "an object is not there any more", "try again") from error
        # Those of the disk have a number.
        if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno is None):
            raise _refused(self._address, str(error)) from error


def _refused(address: str, said: str) -> RecipeError:
    found = _REFUSAL.search(said)
    code, words = (found["code"], found["words"]) if found else ("", said)
    status = found["status"] or "" if found else ""
    words = _REQUEST.sub("", words).strip()
    if code == "ACCESS_DENIED" or "403" in status:
        hint = "credentials are those of the environment: `AWS_ACCESS_KEY_ID`, `AWS_PROFILE`"
        return _not_at_hand(address, "it is not for everybody, or not for these credentials", hint)
    if code == "NO_SUCH_BUCKET":
        return _not_at_hand(address, "there is no such bucket", _OTHER_STORE)
    problem = _not_at_hand(address, f"the store does not answer: {reason_of(OSError(words))}")
    return Unreachable(*problem.diagnostics)


def _not_at_hand(address: str, why: str, hint: str = "") -> RecipeError:
    return mistake(AddressNotAtHand, f"`{address}` cannot be fetched", why, helps=hint)
