"""Numbers as people read them. Every amount in a report is written by one of these."""

from __future__ import annotations

_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_SHORT = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(number: float) -> str:
    """`5,940`."""
    return f"{round(number):,}"


def short(number: float) -> str:
    """`1.9M`: two digits or more; small numbers are written out."""
    for size, sign in _SHORT:
        if number >= size * 0.9995:
            return f"{_digits(number / size)}{sign}"
    return count(number)


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 9.95 else f"{number:.1f}".removesuffix(".0")


def size(number: float) -> str:
    """Bytes: `2.3 GB`."""
    for factor, sign in _BYTES:
        if number >= factor * 0.9995:
            return f"{_digits(number / factor)} {sign}"
    return f"{round(number)} B"


def share(part: float, whole: float) -> str:
    """`31%`, `0.6%`, `<0.1%`; 0% only for none and 100% only for all."""
    if not whole or not part:
        return "0%"
    if part == whole:
        return "100%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1%"
    if percent >= 99.95:
        return ">99.9%"
    return f"{percent:.1f}%" if percent < 9.95 or percent > 99 else f"{percent:.0f}%"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for large, small, names in ((86400, 3600, ("d", "h")), (3600, 60, ("h", "min")), (60, 1, ("min", "s"))):
        if whole >= large:
            rest = whole % large // small
            return f"{whole // large} {names[0]}" + (f" {rest} {names[1]}" if rest else "")
    return f"{whole} s"


def about(seconds: float) -> str:
    """A duration that is estimated: `20 s`, `52 min`, `3.5 h`; no more digits than it deserves."""
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5)} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def rate(number: float) -> str:
    """A learning rate or another small constant, as one writes it: `2e-4`, `0.05`, `1.5e-6`."""
    if number == 0 or 0.001 <= abs(number) < 10_000:
        return f"{number:g}"
    digits, _, exponent = f"{number:e}".partition("e")
    return f"{float(digits):g}e{int(exponent)}"


def plural(number: int, word: str) -> str:
    """`1 row`, `3 rows`."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"
