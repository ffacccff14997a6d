"""Settings of a project: `recipedsl.toml`, or `[tool.recipedsl]` of pyproject.toml; and where recipes lie.

Only what is said of recipes is set here, never what they mean: a recipe is the same everywhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipedsl.cli.project import STDIN, SUFFIX, root_of

if TYPE_CHECKING:
    from recipedsl.diagnostics import Code, Diagnostic
    from recipedsl.source import Source, Span

#: Files that may hold settings; the first one found counts.
_FILES = ("recipedsl.toml", "pyproject.toml")

#: Folders in which no recipes of the project lie, hidden ones aside.
SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "build"})

_KEYS = ("select", "ignore", "exclude", "per-file-ignores")

#: Bytes of a file of settings, and dots of one of its lines: each nests a table.
_MOST_BYTES, _MOST_DOTS = 1_000_000, 1_000

#: Characters of a glob.
_LONGEST_GLOB = 500

#: Problems of one file that are told.
_MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Settings:
    """What a project says about checking its recipes.

    Attributes:
        folder: that of the file; globs are relative to it.
        select, ignore: codes, beginnings of codes, or names; an empty `select` takes all.
        exclude: globs of recipes and folders that a search leaves out.
        per_file: more to ignore, by glob.
        file: where they stand; None when there are none.
        problems: what is wrong with the file.
    """

    folder: Path
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file: dict[str, tuple[str, ...]] = field(default_factory=dict)
    file: Path | None = None
    problems: tuple[Diagnostic, ...] = ()

    def ignored_in(self, path: Path) -> tuple[str, ...]:
        """What is ignored in a file."""
        inner = _inner(path, self.folder)
        more = (codes for glob, codes in self.per_file.items() if inner and _matches(inner, glob))
        return (*self.ignore, *(code for codes in more for code in codes))

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder is left out of searches."""
        inner = _inner(path, self.folder)
        return bool(inner) and any(_matches(inner, glob) for glob in self.exclude)


def _inner(path: Path, folder: Path) -> str:
    """The path as seen from a folder, with `/`; empty when it lies elsewhere."""
    try:
        return path.resolve().relative_to(folder).as_posix()
    except ValueError:
        return ""


def _matches(inner: str, glob: str) -> bool:
    """Whether a glob means the path: one without `/` means a name anywhere, others the path itself."""
    glob = glob.strip("/")
    if "/" not in glob:
        return any(fnmatchcase(part, glob) for part in inner.split("/"))
    return _is_path_of(_signs(glob), inner)


@cache
def _signs(glob: str) -> tuple[str, ...]:
    """A glob of paths: `**/` is any number of folders, `*` and `?` stay within one."""
    return tuple(re.findall(r"(?:\*\*/)+|\*\*|\*|\?|[^*?]", glob))


def _is_path_of(signs: tuple[str, ...], path: str) -> bool:
    """Whether signs of a glob mean a path.

    All ways to read it are followed together, letter by letter: the glob may be a stranger's, and a regular
    expression would try its stars one against the other.
    """
    places = _with_skipped(signs, {0})
    for letter in path:
        moved: set[int] = set()
        for place in places:
            moved |= _moved(signs, place, letter)
        places = _with_skipped(signs, moved)
    return len(signs) in places


def _with_skipped(signs: tuple[str, ...], places: set[int]) -> set[int]:
    """The places, and those behind signs that may stand for nothing. A negative one is inside of `**/`."""
    found: set[int] = set()
    waiting = [*places]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            if 0 <= place < len(signs) and signs[place].startswith("*"):
                waiting.append(place + 1)
    return found


def _moved(signs: tuple[str, ...], place: int, letter: str) -> set[int]:
    """Where one letter of a path leads to from a place in a glob."""
    inside = place < 0
    number = -place - 1 if inside else place
    sign = signs[number] if number < len(signs) else ""
    if sign.startswith("**/"):
        return {-number - 1, *([number + 1] if letter == "/" else [])}
    if sign == "**" or (sign == "*" and letter != "/"):
        return {number}
    is_met = sign == letter or (sign == "?" and letter != "/")
    return {number + 1} if is_met and sign != "*" else set()


# --- recipes below folders --------------------------------------------------------------------------


def recipes_under(paths: Iterable[str]) -> Iterator[str]:
    """The recipes that paths stand for: files as they are, folders searched; this folder without any.

    Searches leave out hidden folders, `node_modules`, `__pycache__`, `venv`, `build`, copies in folders of
    runs, and what the project's `exclude` names. What is named itself is never left out.
    """
    for path in list(paths) or ["."]:
        if path != STDIN and Path(path).is_dir():
            yield from _below(Path(path))
        else:
            yield path


def _below(top: Path) -> Iterator[str]:
    settings = settings_for(top)
    found: list[str] = []
    for name, folders, files in os.walk(top):
        folder = Path(name)
        folders[:] = [each for each in folders if not _is_left_out(folder / each, settings)]
        # The folder of a run holds a copy of its recipe, away from its data.
        if "outcome.json" in files:
            continue
        recipes = (folder / each for each in files if each.endswith(SUFFIX))
        found += [str(each) for each in recipes if each.is_file() and not settings.excludes(each)]
    yield from sorted(found)


def _is_left_out(folder: Path, settings: Settings) -> bool:
    return folder.name.startswith(".") or folder.name in SKIPPED or settings.excludes(folder)


# --- the file ---------------------------------------------------------------------------------------


def settings_for(folder: Path) -> Settings:
    """The settings that hold in a folder: those of the nearest file from it up to the project's root."""
    return _settings(folder.resolve())


@cache
def _settings(folder: Path) -> Settings:
    root = root_of(folder)
    for place in (folder, *folder.parents):
        for name in _FILES:
            found = _read(place / name)
            if found is not None:
                return found
        if place == root:
            break
    return Settings(root)


def forget_settings() -> None:
    """Read the files anew the next time."""
    _settings.cache_clear()


def _read(file: Path) -> Settings | None:
    """The settings of a file; None when it has none."""
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        text = opened.read(_MOST_BYTES + 1).decode("utf-8", errors="replace")
    if file.name == "pyproject.toml" and "recipedsl" not in text:
        return None
    import tomllib

    from recipedsl.source import Source

    source = Source(file.name, text)
    try:
        form: Any = tomllib.loads(_readable(text))
    except RecursionError:
        return Settings(file.parent, file=file, problems=(_unreadable(source, "nested too deeply"),))
    except ValueError as error:
        return Settings(file.parent, file=file, problems=(_unreadable(source, str(error)),))
    if file.name == "pyproject.toml":
        form = form.get("tool", {}).get("recipedsl")
    return None if form is None else _Reader(source, form).settings(file)


def _readable(text: str) -> str:
    """A text that the reader of TOML comes to the end of. Raises ValueError."""
    if len(text) > _MOST_BYTES:
        raise ValueError("it is too large")
    if any(each.count(".") > _MOST_DOTS for each in text.splitlines()):
        raise ValueError("a line with too many dots")
    return text


def _unreadable(source: Source, error: str) -> Diagnostic:
    from recipedsl.diagnostics import Diagnostic, Label
    from recipedsl.diagnostics.codes.lints import SettingsUnreadable
    from recipedsl.source import Span

    match = re.search(r"\(at line (\d+), column (\d+)\)", error)
    lines = source.line_starts
    start = lines[min(int(match[1]), len(lines)) - 1] + int(match[2]) - 1 if match else len(source.text)
    words = error[: match.start()].strip() if match else error.partition("(")[0].strip()
    label = Label(source, Span(start, min(start + 1, len(source.text))), "not understood")
    message = f"the settings in {source.path} cannot be read: {words[:1].lower()}{words[1:]}"
    return Diagnostic(SettingsUnreadable, message, label)


class _Reader:
    """Reads the table of settings, and finds the places of what is wrong with it."""

    def __init__(self, source: Source, form: Any) -> None:
        self.source = source
        self.form = form
        self.problems: list[Diagnostic] = []

    def settings(self, file: Path) -> Settings:
        """What the table says, without what is wrong."""
        if not isinstance(self.form, dict):
            self._wrong("recipedsl", "`tool.recipedsl` is a table")
            return Settings(file.parent, file=file, problems=tuple(self.problems))
        for key in self.form:
            if key not in _KEYS:
                self._unknown(key)
        per_file = self.form.get("per-file-ignores", {})
        if not isinstance(per_file, dict):
            self._wrong("per-file-ignores", "`per-file-ignores` is a table of globs and lists of codes")
            per_file = {}
        return Settings(
            file.parent,
            self._codes("select", self.form),
            self._codes("ignore", self.form),
            self._texts("exclude", self.form),
            {glob: self._codes(glob, per_file) for glob in per_file if len(glob) <= _LONGEST_GLOB},
            file,
            tuple(self.problems),
        )

    def _texts(self, key: str, table: dict[str, Any]) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            if any(len(each) > _LONGEST_GLOB for each in value):
                self._wrong(key, f"a text in `{key}` has more than {_LONGEST_GLOB} characters")
            return tuple(each for each in value if len(each) <= _LONGEST_GLOB)
        self._wrong(key, f'`{key}` is a list of texts, such as `["L103"]`')
        return ()

    def _codes(self, key: str, table: dict[str, Any]) -> tuple[str, ...]:
        from recipedsl.cli.selection import refusal

        found = self._texts(key, table)
        for each in found:
            if len(self.problems) >= _MOST_PROBLEMS:
                break
            words, close = refusal(each, ignored=key != "select")
            if words:
                self._wrong(key, words, value=each, better=close)
        return found

    # --- problems ---

    def _unknown(self, key: str) -> None:
        from recipedsl.diagnostics import nearest
        from recipedsl.diagnostics.codes.lints import UnknownProjectSetting

        close = nearest(key, _KEYS)
        known = "known: " + ", ".join(f"`{each}`" for each in _KEYS)
        self._report(UnknownProjectSetting, key, f"there is no setting `{key}`", "", close, known)

    def _wrong(self, key: str, words: str, *, value: str = "", better: str | None = None) -> None:
        from recipedsl.diagnostics.codes.lints import WrongProjectSetting

        self._report(WrongProjectSetting, key, words, value, better)

    def _report(
        self, kind: type[Code], key: str, words: str, value: str, better: str | None, otherwise: str = ""
    ) -> None:
        from recipedsl.diagnostics import Diagnostic, Help, Label

        if len(self.problems) >= _MOST_PROBLEMS:
            return
        words_of_help = f"did you mean `{better}`?" if better else otherwise
        helps = (Help(words_of_help),) if words_of_help else ()
        self.problems.append(
            Diagnostic(kind, words, Label(self.source, self._place(key, value), ""), helps=helps)
        )

    def _place(self, key: str, value: str) -> Span:
        """Where a key stands, or a text in its value. TOML readers give no places."""
        from recipedsl.source import Span

        text = self.source.text
        header = re.search(r"(?m)^[ \t]*\[[ \t]*tool\.recipedsl\b.*\]", text)
        start = header.end() if header else 0
        match = re.compile(rf"(?m)^[ \t]*[\"']?({re.escape(key)})[\"']?[ \t]*=").search(text, start)
        if match is None:
            return Span(header.start(), header.end()) if header else Span(0, 0)
        inner = text.find(value, match.end()) if value else -1
        return Span(inner, inner + len(value)) if inner >= 0 else Span(*match.span(1))
