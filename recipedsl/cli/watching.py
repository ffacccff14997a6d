"""Does something again whenever files change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

#: How long the system is asked at a time, in milliseconds; what changed before it was asked is seen then.
_PATIENCE = 500


@dataclass
class Seen:
    """The files that something depended on, with what would change if they did."""

    files: dict[Path, tuple[int, int] | None] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Note a file, there or not."""
        self.files.setdefault(path, stamp(path))

    def changed(self) -> bool:
        """Whether one of them is another now."""
        return any(stamp(path) != before for path, before in self.files.items())


def stamp(path: Path) -> tuple[int, int] | None:
    """Time and size of a file; of a folder its entries count too, by its time. None when there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def again_and_again(act: Callable[[Seen], None], *, most: int | None = None) -> None:
    """Act, and act again when a file changes that was noted the last time; ends with Ctrl-C.

    Args:
        act: notes the files that it depends on.
        most: how often at most, for tests.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C.
    """
    count = 0
    while most is None or count < most:
        seen = Seen()
        act(seen)
        count += 1
        if most is None or count < most:
            _wait(seen)


def _wait(seen: Seen) -> None:
    from watchfiles import watch

    for _ in watch(
        *_folders(seen.files), recursive=False, rust_timeout=_PATIENCE, yield_on_timeout=True, debounce=50,
        raise_interrupt=True,
    ):  # fmt: skip
        if seen.changed():
            return


def _folders(files: Iterable[Path]) -> list[Path]:
    """The folders that the files lie in, or would: the nearest that is there."""
    found = {next(each for each in (file, *file.parents) if each.is_dir()) for file in files}
    return sorted(found) or [Path()]
