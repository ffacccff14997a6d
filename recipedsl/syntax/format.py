"""The formatter: one look for every recipe, comments kept.

It only chooses blanks, line ends and commas at line ends; the words stay. Each run that changes anything
checks itself: what was written reads back as the same tree with the same comments, and formats to itself.
"""

from __future__ import annotations

from collections.abc import Callable

from recipedsl.diagnostics import Bug, Problems, RecipeError
from recipedsl.source import Source
from recipedsl.syntax.outline import Group, Kind, Unit, flat_parts, gap, outline, without_edges
from recipedsl.syntax.parse import parse
from recipedsl.syntax.scan import Token, scan
from recipedsl.syntax.tree import File
from recipedsl.syntax.trivia import BLANK, Word, attach, comments

WIDTH = 100
_INDENT = 2
#: Operators at which a long expression is broken, those that bind least first.
_BINDING = (("or",), ("and",), ("+", "-"))
_OPERATORS = frozenset("or and not in == != < <= > >= + - * / %".split())
_WITH_COMMAS = frozenset((Kind.LIST, Kind.CALL, Kind.MAP))


def format_source(source: Source, read: Callable[[Source], tuple[File, Problems]] = parse) -> str:
    """The text of a recipe in the one look.

    Args:
        source: the text.
        read: gives what `parse` gives; one that reuses what it read before spares most of the work.

    Raises:
        RecipeError: the text has syntax errors; nothing is formatted then.
        Bug: the result would not mean the same.
    """
    file, problems = read(source)
    if problems.has_errors:
        raise RecipeError(*problems.in_order())
    tokens = scan(source)[0]
    text = _formatted(tokens)
    # Of a text that has its look already there is nothing to prove: it is the same, and formats to itself.
    if text != source.text:
        _prove(file, tokens, *read(Source(source.path, text)))
    return text


def _prove(file: File, tokens: list[Token], again: File, problems: Problems) -> None:
    """Look at what was written in the place of a text.

    Raises:
        Bug: it would not mean the same, or would be written otherwise another time.
    """
    if problems.has_errors or again != file:
        raise Bug(f"{file.source.path}: formatting changed the tree")
    tokens_again = scan(again.source)[0]
    if comments(tokens_again) != comments(tokens):
        raise Bug(f"{file.source.path}: formatting changed the comments")
    if _formatted(tokens_again) != again.source.text:
        raise Bug(f"{file.source.path}: formatting twice gives something else")


def _formatted(tokens: list[Token]) -> str:
    statements, end = outline(attach(tokens))
    lines = _statements(statements, 0)
    lines += _comment_lines(end.leading if lines else without_edges(end.leading), 0)
    while lines and lines[-1] == BLANK:
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def _statements(units: list[Unit], indent: int) -> list[str]:
    lines: list[str] = []
    for unit in units:
        leading = unit.first.leading
        lines += _comment_lines(leading if lines else without_edges(leading), indent)
        lines.append(_line(unit, indent, _unit(unit, indent, indent)))
    return lines


def _comment_lines(leading: list[str], indent: int) -> list[str]:
    return [" " * indent + line if line else BLANK for line in leading]


def _line(unit: Unit, indent: int, text: str, end: str = "") -> str:
    comment = f"  {unit.last.trailing}" if unit.last.trailing else ""
    return f"{' ' * indent}{text}{end}{comment}"


def _unit(unit: Unit, indent: int, used: int, after: int = 0, *, by_step: bool = False) -> str:
    """A unit whose first line begins at column `used` and has `after` characters to follow.

    `by_step`: a pipeline has each step on a line of its own even where all fit on one.
    """
    if not unit.steps:
        return _parts(unit.parts, indent, used, after)
    if not (unit.is_broken or by_step) and _fits(unit.flat, used, after):
        return unit.flat
    text = _parts(unit.parts, indent, used, 0)
    for number, step in enumerate(unit.steps):
        text += _end_of_head(unit if number == 0 else unit.steps[number - 1])
        step_indent = indent + _INDENT
        lines = _comment_lines(step.first.comments_above, step_indent)
        last = after if number == len(unit.steps) - 1 else 0
        lines.append(" " * step_indent + _parts(step.parts, step_indent, step_indent, last))
        text += "\n" + "\n".join(lines)
    return text


def _end_of_head(unit: Unit) -> str:
    part = unit.parts[-1]
    trailing = part.closer.trailing if isinstance(part, Group) else part.trailing
    return f"  {trailing}" if trailing else ""


def _parts(parts: list[Word | Group], indent: int, used: int, after: int) -> str:
    text = ""
    for index, part in enumerate(parts):
        word = part.opener if isinstance(part, Group) else part
        between = _comments_between(parts[index - 1], word, indent) if index else ""
        text += between or gap(parts, index)
        if not isinstance(part, Group):
            text += part.text
            continue
        column = _column(text, used)
        rest = _length_to_next_break(parts, index, after)
        if not part.is_broken and (_fits(part.flat, column, rest) or not _is_worth_lines(part)):
            text += part.flat
        else:
            text += _group(part, indent)
    return text


def _comments_between(before: Word | Group, word: Word, indent: int) -> str:
    """Comments in the middle of an expression, possible only inside brackets: the line goes on below."""
    trailing = before.closer.trailing if isinstance(before, Group) else before.trailing
    if not trailing and not word.comments_above:
        return ""
    lines = [f"  {trailing}" if trailing else ""]
    lines += _comment_lines(word.comments_above, indent + _INDENT)
    return "\n".join(lines) + "\n" + " " * (indent + _INDENT)


def _length_to_next_break(parts: list[Word | Group], index: int, after: int) -> int:
    """Characters that stay on the line of the group at `index` whatever happens to later groups."""
    for following in range(index + 1, len(parts)):
        part = parts[following]
        if isinstance(part, Group) and (part.is_broken or _is_worth_lines(part)):
            words = flat_parts(parts[: following + 1])
            return len(words) - len(flat_parts(parts[: index + 1])) - len(part.flat) + 1
    return len(flat_parts(parts)) - len(flat_parts(parts[: index + 1])) + after


def _is_worth_lines(group: Group) -> bool:
    # `loss(base)` on three lines reads worse than a line that is a little long.
    return len(group.flat) >= WIDTH * 0.4


def _column(text: str, used: int) -> int:
    last = text.rpartition("\n")
    return len(last[2]) if last[1] else used + len(text)


def _fits(flat: str, used: int, after: int) -> bool:
    # Of a text of several lines only the first can be moved.
    first, line_end, _ = flat.partition("\n")
    return used + len(first) + (0 if line_end else after) <= WIDTH


# --- brackets on several lines --------------------------------------------------------------------


def _group(group: Group, indent: int) -> str:
    inner = indent + _INDENT
    lines = [group.opener.text + (f"  {group.opener.trailing}" if group.opener.trailing else "")]
    lines += _CONTENTS.get(group.kind, _items)(group, inner)
    closing = group.closer.leading if group.units else without_edges(group.closer.leading)
    while closing[-1:] == [BLANK]:
        closing = closing[:-1]
    lines += _comment_lines(closing, inner)
    lines.append(" " * indent + group.closer.text)
    return "\n".join(lines)


def _items(group: Group, indent: int) -> list[str]:
    """One item a line."""
    comma = "," if group.kind in _WITH_COMMAS else ""
    by_step = group.kind is Kind.PAREN  # it did not fit on the line of its bracket
    lines: list[str] = []
    for unit in group.units:
        leading = unit.first.leading
        lines += _comment_lines(leading if lines else without_edges(leading), indent)
        text = _unit(unit, indent, indent, len(comma), by_step=by_step)
        # By its one-line form, which is the same however the brackets inside are written.
        if by_step and not (unit.steps or unit.has_comments or _fits(unit.flat, indent, 0)):
            text = _terms(unit, indent)
        lines.append(_line(unit, indent, text, comma))
    return lines


def _terms(unit: Unit, indent: int) -> str:
    """A long expression, a term a line: each line but the first begins with what binds the terms."""
    first, *others = next(
        (found for each in _BINDING if len(found := _split(unit.parts, each)) > 1), [unit.parts]
    )
    lines = [_parts(first, indent, indent, 0)]
    for operator, *term in others:
        assert isinstance(operator, Word)
        head = f"{operator.text} "
        lines.append(head + _parts(term, indent, indent + len(head), 0))
    return f"\n{' ' * indent}".join(lines)


def _split(parts: list[Word | Group], operators: tuple[str, ...]) -> list[list[Word | Group]]:
    """The parts of an expression, a new piece at each of these operators between two values."""
    pieces: list[list[Word | Group]] = [[]]
    for part in parts:
        before = pieces[-1][-1] if pieces[-1] else None
        # A minus behind an operator is a sign.
        is_value = isinstance(before, Group) or (isinstance(before, Word) and before.text not in _OPERATORS)
        if isinstance(part, Word) and part.text in operators and is_value:
            pieces.append([])
        pieces[-1].append(part)
    return pieces


def _declarations(group: Group, indent: int) -> list[str]:
    return _statements(group.units, indent)


def _settings(group: Group, indent: int) -> list[str]:
    """One setting a line, `=` below `=` until an empty line or a gate."""
    lines: list[str] = []
    widths = _key_widths(group.units)
    for unit, width in zip(group.units, widths, strict=True):
        leading = unit.first.leading
        lines += _comment_lines(leading if lines else without_edges(leading), indent)
        lines.append(_line(unit, indent, _setting(unit, indent, width)))
    return lines


def _setting(unit: Unit, indent: int, width: int) -> str:
    if not width:
        return _unit(unit, indent, indent)
    key = unit.first.text.ljust(width) + " = "
    return key + _parts(unit.parts[2:], indent, indent + len(key), 0)


def _key_widths(units: list[Unit]) -> list[int]:
    """For each unit the width of the keys of its run; 0 for what is no setting."""
    widths: list[int] = []
    run: list[int] = []
    for index, unit in enumerate(units):
        is_setting = isinstance(unit.parts[0], Word) and unit.first.kind == "NAME"
        if not is_setting or BLANK in unit.first.leading:
            run = []
        widths.append(len(unit.first.text) if is_setting else 0)
        if is_setting:
            run.append(index)
            width = max(widths[each] for each in run)
            for each in run:
                widths[each] = width
    return widths


def _entries(group: Group, indent: int) -> list[str]:
    """Entries of a map or row type, on the lines on which they were written."""
    lines: list[str] = []
    for row in _rows(group.units, indent):
        leading = row[0].first.leading
        lines += _comment_lines(leading if lines else without_edges(leading), indent)
        if len(row) > 1:
            lines.append(_line(row[-1], indent, ", ".join(unit.flat for unit in row), ","))
        else:
            lines.append(_line(row[0], indent, _unit(row[0], indent, indent, 1), ","))
    return lines


def _rows(units: list[Unit], indent: int) -> list[list[Unit]]:
    rows: list[list[Unit]] = []
    for unit in units:
        if rows and not unit.first.begins_line and not unit.first.comments_above:
            rows[-1].append(unit)
        else:
            rows.append([unit])
    return [piece for row in rows for piece in _that_fit(row, indent)]


def _that_fit(row: list[Unit], indent: int) -> list[list[Unit]]:
    flat = ", ".join(unit.flat for unit in row) + ","
    stays = not any(unit.is_broken for unit in row) and "\n" not in flat and _fits(flat, indent, 0)
    return [row] if stays else [[unit] for unit in row]


_CONTENTS = {Kind.BLOCK: _settings, Kind.ROUNDS: _declarations, Kind.MAP: _entries}
