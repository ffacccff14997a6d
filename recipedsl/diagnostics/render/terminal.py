"""Diagnostics for people: source lines, underlines, labels, notes and fixes, in the manner of rustc."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from recipedsl.diagnostics import Applicability, Diagnostic, Help, Label, Severity
from recipedsl.diagnostics.render.changes import changes, draw_change
from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, line, to_ansi, to_plain
from recipedsl.diagnostics.render.snippet import Pointer, number_width, snippet
from recipedsl.source import Source

#: Width that is laid out for when the output is no terminal.
PLAIN_WIDTH = 120

_ROLES = {
    Severity.ERROR: Role.ERROR,
    Severity.WARNING: Role.WARNING,
    Severity.INFO: Role.INFO,
    Severity.HINT: Role.HINT,
}

#: Further places, and changed parts of a file, that one problem is shown with.
_MOST_LABELS, _MOST_CHANGES = 50, 50

_FIX_WORDS = {
    Applicability.SAFE: "  (fix: safe)",
    Applicability.UNSAFE: "  (fix: unsafe, changes what the recipe means)",
    Applicability.PLACEHOLDER: "  (fix: fill in)",
    Applicability.DISPLAY: "",
}


def render_terminal(
    diagnostics: Iterable[Diagnostic],
    *,
    colour: bool = False,
    width: int = PLAIN_WIDTH,
    summary: bool = True,
    most: int | None = None,
) -> str:
    """Text of all diagnostics, each followed by an empty line, and a line that counts them.

    Args:
        diagnostics: in the order in which they are shown.
        colour: whether escape codes are allowed.
        width: columns of the terminal.
        summary: whether to count them at the end.
        most: how many are shown; None for all.
    """
    found = list(diagnostics)
    lines: list[Line] = []
    for diagnostic in found[:most]:
        lines += [*render_one(diagnostic, width), ()]
    if most is not None and len(found) > most:
        lines += [line(f"{len(found) - most} more are not shown"), ()]
    if summary:
        lines += summary_lines(found)
    return to_ansi(lines) if colour else to_plain(lines)


def render_one(diagnostic: Diagnostic, width: int = PLAIN_WIDTH) -> list[Line]:
    """The lines of one diagnostic."""
    role = _ROLES[diagnostic.severity]
    title = Piece(f"{diagnostic.severity}[{diagnostic.code}]", role)
    head, *more = escaped(diagnostic.message, keep_lines=True).split("\n")
    lines = [
        line(title, Piece(f": {head}", Role.MESSAGE)),
        *(line(Piece(each, Role.MESSAGE)) for each in more),
    ]
    gutter = _gutter(diagnostic)
    lines += _places(diagnostic, role, gutter, max(40, width - gutter - 3))
    for note in diagnostic.notes:
        lines += _remark("note", Role.NOTE, note, gutter, width)
    for each in diagnostic.helps:
        lines += _help(each, diagnostic, gutter, width)
    return lines


# --- places ---------------------------------------------------------------------------------------


def _gutter(diagnostic: Diagnostic) -> int:
    """Digits of the highest line number in the diagnostic."""
    widths = [number_width(source, pointers) for source, pointers in _by_source(diagnostic, Role.ERROR)]
    edits = [edit for each in diagnostic.helps for edit in each.edits]
    for change in changes(edits):
        last = change.first + max(len(change.before), len(change.after)) - 1
        widths.append(len(str(last)))
    return max(widths, default=1)


def _by_source(diagnostic: Diagnostic, role: Role) -> list[tuple[Source, list[Pointer]]]:
    """Pointers file by file, that of the primary label first."""
    found: dict[int, tuple[Source, list[Pointer]]] = {}

    def add(label: Label, own: Role, sign: str) -> None:
        _, pointers = found.setdefault(id(label.source), (label.source, []))
        pointers.append(Pointer(label.span, label.text, own, sign))

    if diagnostic.primary is not None:
        add(diagnostic.primary, role, "^")
        for value in diagnostic.values:
            add(Label(diagnostic.primary.source, value.span, value.text), Role.VALUE, "")
    for label in diagnostic.secondary[:_MOST_LABELS]:
        add(label, Role.SECONDARY, "-")
    return list(found.values())


def _places(diagnostic: Diagnostic, role: Role, gutter: int, room: int) -> Iterator[Line]:
    for index, (source, pointers) in enumerate(_by_source(diagnostic, role)):
        is_primary = index == 0 and diagnostic.primary is not None
        place = source.position(pointers[0].span.start)
        arrow = "-->" if is_primary else ":::"
        where = f" {escaped(source.path)}:{place.line}:{place.column}"
        yield line(Piece(f"{'':>{gutter}}{arrow}", Role.GUTTER), where)
        yield _empty(gutter)
        yield from snippet(source, pointers, gutter, room)


def _empty(gutter: int) -> Line:
    return line(Piece(f"{'':>{gutter}} |", Role.GUTTER))


# --- notes and fixes --------------------------------------------------------------------------------


def _remark(word: str, role: Role, text: str, gutter: int, width: int) -> Iterator[Line]:
    """`= note: text`, wrapped and indented below its first word."""
    indent = gutter + 3 + len(word) + 2
    head: Line = (Piece(f"{'':>{gutter}} = ", Role.GUTTER), Piece(word, role), Piece(": "))
    for paragraph in escaped(text, keep_lines=True).split("\n"):
        for part in _wrapped(paragraph, max(30, width - indent)):
            yield (*head, Piece(part))
            head = (Piece(" " * indent),)


def _wrapped(text: str, room: int) -> Sequence[str]:
    # Text with an indentation of its own is laid out already.
    if text.startswith(" ") or len(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def _help(each: Help, diagnostic: Diagnostic, gutter: int, width: int) -> Iterator[Line]:
    words = _FIX_WORDS[each.applicability] if each.edits else ""
    yield from _remark("help", Role.HELP, each.text + words, gutter, width)
    home = diagnostic.primary.source if diagnostic.primary else None
    made = changes(each.edits)
    for change in made[:_MOST_CHANGES]:
        if change.source is not home:
            yield line(
                Piece(f"{'':>{gutter}}::: ", Role.GUTTER), f"{escaped(change.source.path)}:{change.first}"
            )
        yield from draw_change(change, gutter, max(40, width - gutter - 3))
    if len(made) > _MOST_CHANGES:
        yield line(f"{'':>{gutter}} … {len(made) - _MOST_CHANGES} more changes")


# --- the end ------------------------------------------------------------------------------------------


def summary_lines(diagnostics: Sequence[Diagnostic]) -> list[Line]:
    """How many of each, how many have a safe fix, and how to read more; nothing when there are none."""
    if not diagnostics:
        return []
    counts = [
        Piece(_count(sum(each.severity is severity for each in diagnostics), severity), _ROLES[severity])
        for severity in Severity
        if any(each.severity is severity for each in diagnostics)
    ]
    pieces: list[Piece | str] = ["found "]
    for index, count in enumerate(counts):
        pieces += [", ", count] if index else [count]
    pieces.append(_fixable(diagnostics))
    lines = [line(*pieces)]
    code = min(diagnostics, key=lambda each: list(Severity).index(each.severity)).code
    return [*lines, line(Piece(f"to read more: `recipedsl explain {code}`", Role.FAINT))]


def _fixable(diagnostics: Sequence[Diagnostic]) -> str:
    """How many of the problems `--fix` mends, and how many more with `--unsafe-fixes`."""
    kinds = [{help_.applicability for help_ in each.helps if help_.edits} for each in diagnostics]
    safe = sum(Applicability.SAFE in each for each in kinds)
    unsafe = sum(Applicability.UNSAFE in each and Applicability.SAFE not in each for each in kinds)
    if not safe:
        return f" ({unsafe} can be fixed with `recipedsl check --fix --unsafe-fixes`)" if unsafe else ""
    more = f", {unsafe} more with `--unsafe-fixes`" if unsafe else ""
    return f" ({safe} can be fixed with `recipedsl check --fix`{more})"


def _count(number: int, severity: Severity) -> str:
    word = {Severity.INFO: "remark"}.get(severity, str(severity))
    return f"{number} {word}{'' if number == 1 else 's'}"
