"""`# ftr: allow(L104) reason`: what a recipe says that it means as it is.

At the end of a line it speaks of that line. On a line of its own it speaks of the declaration, the
setting or the step below it; above the line `ftr 1`, of the whole file. Errors cannot be allowed: a
recipe with one means nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, takewhile

from recipedsl.diagnostics import Applicability, Code, Diagnostic, Edit, Help, Label, Problems, nearest
from recipedsl.diagnostics.codes.lints import AllowedError, AllowWithoutReason, UnknownAllow, UnusedAllow
from recipedsl.lint.registry import RULES, every_kind
from recipedsl.source import Source, Span
from recipedsl.syntax import scan, tree

_MARK = re.compile(r"#[ \t]*ftr[ \t]*:")
_COMMENT = re.compile(r"#[ \t]*ftr[ \t]*:[ \t]*allow[ \t]*\((?P<names>[^()]*)\)[ \t]*(?P<reason>.*)")

#: Why an error stays one.
_NO_ERROR = "a recipe with an error means nothing, so it cannot be allowed"


@dataclass(slots=True)
class Allow:
    """One comment.

    Attributes:
        source, span: the comment.
        names: what it lists, with its place.
        covers: the characters that it speaks of.
        reason: why, in the words of the recipe.
        own_line: whether nothing else stands on its line.
        served: names that something was found for.
    """

    source: Source
    span: Span
    names: tuple[tuple[str, Span], ...]
    covers: Span
    reason: str
    own_line: bool
    served: set[str] = field(default_factory=set)

    def quiets(self, diagnostic: Diagnostic) -> bool:
        """Whether it speaks of this one; notes that it did."""
        label = diagnostic.primary
        if label is None or label.source.path != self.source.path:
            return False
        if not self.covers.start <= label.span.start <= self.covers.end:
            return False
        named = [name for name, _ in self.names if _is_of(name, diagnostic.kind)]
        self.served.update(named)
        return bool(named)


#: Comments of one file, and names in one of them, that are heard: each is compared with every problem.
_MOST_COMMENTS, _MOST_NAMES = 1_000, 50


def _is_of(name: str, code: type[Code]) -> bool:
    return name.upper() == code.code or name.lower() == code.name


@dataclass(frozen=True, slots=True)
class Allows:
    """The comments of a recipe and of what it imports.

    Attributes:
        file: the recipe.
        found: all comments, those of imported files too.
    """

    file: tree.File
    found: tuple[Allow, ...] = ()

    def rest(self, problems: Problems) -> Problems:
        """The problems that no comment allows."""
        if not self.found:
            return problems
        return Problems([each for each in problems if each.is_error or not self._allow(each)])

    def _allow(self, diagnostic: Diagnostic) -> bool:
        # All of them are asked: two comments on one problem have both served.
        said = [each.quiets(diagnostic) for each in self.found]
        return any(said)

    def wrong(self, problems: Problems) -> Problems:
        """What is wrong with the comments of the recipe itself, once all that they speak of was found.

        Args:
            problems: of the recipe; whether a comment serves is not known of one with errors.
        """
        own = [each for each in self.found if each.source.path == self.file.source.path]
        complete = not problems.has_errors
        found = [problem for each in own for problem in _about(each, complete)]
        return Problems([*found, *_misspelt(self.file)])


def read_allows(file: tree.File, imported: Iterable[tree.File] = ()) -> Allows:
    """The comments of a recipe and of what it imports."""
    return Allows(file, tuple(each for read in (file, *imported) for each in _allows(read)))


# --- the comments of a file -----------------------------------------------------------------------


def _allows(file: tree.File) -> Iterator[Allow]:
    source = file.source
    if not _MARK.search(source.text):
        return
    below = _Below(file)
    for span in islice(_comments(source), _MOST_COMMENTS):
        match = _understood(source.slice(span).rstrip())
        if match is None:
            continue
        start = span.start + match.start("names")
        names = tuple(_names(match["names"], start))
        line = source.position(span.start).line
        own = not source.text[source.line_starts[line - 1] : span.start].strip()
        covers = below.covers(line) if own else _line(source, line)
        yield Allow(source, span, names, covers, match["reason"].strip(" \t:-–—"), own)


def _comments(source: Source) -> Iterator[Span]:
    tokens, _ = scan(source)
    return (each.span for each in tokens if each.kind == "COMMENT" and _MARK.match(source.slice(each.span)))


def _understood(text: str) -> re.Match[str] | None:
    """A comment that is an allow; one of a hundred names is none."""
    match = _COMMENT.fullmatch(text)
    return None if match is None or match["names"].count(",") >= _MOST_NAMES else match


def _names(written: str, start: int) -> Iterator[tuple[str, Span]]:
    for match in re.finditer(r"[^,\s]+", written):
        yield match[0], Span(start + match.start(), start + match.end())


def _line(source: Source, number: int) -> Span:
    start = source.line_starts[number - 1]
    return Span(start, start + len(source.line(number)))


class _Below:
    """What comments stand above; the file is looked through once for all of them."""

    def __init__(self, file: tree.File) -> None:
        self.file = file

    @cached_property
    def _lines(self) -> list[int]:
        """Numbers of the lines that say something."""
        source = self.file.source
        texts = ((number, source.line(number).strip()) for number in range(1, len(source.line_starts) + 1))
        return [number for number, text in texts if text and not text.startswith("#")]

    @cached_property
    def _begun(self) -> list[Span]:
        return sorted(_nodes(self.file))

    def covers(self, number: int) -> Span:
        """From the comment on line `number` to the end of what begins on the next line that says something.

        Above the edition that is the whole file.
        """
        source, edition = self.file.source, self.file.edition
        start, place = source.line_starts[number - 1], bisect_right(self._lines, number)
        if place == len(self._lines):
            return Span(start, len(source.text))
        here = _line(source, self._lines[place])
        if edition is not None and here.start <= edition.span.start <= here.end:
            return Span(0, len(source.text))
        first = bisect_left(self._begun, here.start, key=lambda each: each.start)
        begun = takewhile(lambda each: each.start <= here.end, islice(self._begun, first, None))
        return Span(start, max((each.end for each in begun), default=here.end))


def _nodes(file: tree.File) -> Iterator[Span]:
    """What a comment can stand above: declarations, settings, gates and steps."""
    for item in file.items:
        yield item.span
        if isinstance(item, tree.Thing):
            yield from (entry.span for entry in item.block.entries)
        elif isinstance(item, tree.Data):
            yield from (step.span for step in item.pipeline.steps)


# --- what is wrong with a comment -------------------------------------------------------------------


def _about(allow: Allow, complete: bool) -> Iterator[Diagnostic]:
    """What is wrong with a comment; only of a recipe without errors is it known what it served for."""
    if not allow.names:
        yield _found(UnknownAllow, allow, allow.span, "an allow that names nothing", "which codes?")
    if not allow.reason:
        helps = (Help("say behind it why this is as it should be"),)
        yield _found(AllowWithoutReason, allow, allow.span, "an allow without a reason", "why?", helps)
    for name, span in allow.names:
        kinds = _known(name)
        if not kinds:
            yield _unknown(allow, name, span)
        elif all(str(kind.severity) == "error" for kind in kinds):
            helps = (_removal(allow, name),)
            words = f"`{name}` is an error: {_NO_ERROR}"
            yield _found(AllowedError, allow, span, words, "an error", helps)
        elif complete and name not in allow.served and any(kind in RULES for kind in kinds):
            helps = (_removal(allow, name),)
            yield _found(UnusedAllow, allow, span, f"nothing here needs `allow({name})`", "not needed", helps)


def _misspelt(file: tree.File) -> Iterator[Diagnostic]:
    """Comments that begin like an allow and are none."""
    if not _MARK.search(file.source.text):
        return
    for span in islice(_comments(file.source), _MOST_COMMENTS):
        text = file.source.slice(span).rstrip()
        if _understood(text) is None:
            label = Label(file.source, Span(span.start, span.start + len(text)), "not understood")
            helps = (Help("write `# ftr: allow(L104) reason`"),)
            words = "a comment to recipedsl that says nothing it knows"
            yield Diagnostic(UnknownAllow, words, label, helps=helps, severity=UnknownAllow.severity)


def _unknown(allow: Allow, name: str, span: Span) -> Diagnostic:
    codes = [*(each.name for each in RULES), *(each.code for each in RULES)]
    close = nearest(name, codes)
    edit = (Edit(allow.source, span, close),) if close else ()
    helps = (Help(f"a similar one exists: `{close}`", edit, Applicability.SAFE),) if close else ()
    return _found(UnknownAllow, allow, span, f"`{name}` is no code of a problem", "no such code", helps)


def _found(
    kind: type[Code], allow: Allow, span: Span, message: str, text: str, helps: tuple[Help, ...] = ()
) -> Diagnostic:
    return Diagnostic(kind, message, Label(allow.source, span, text), helps=helps, severity=kind.severity)


def _known(name: str) -> list[type[Code]]:
    """The kinds that a name means."""
    return [each for each in every_kind() if _is_of(name, each)]


def _removal(allow: Allow, name: str) -> Help:
    """Takes a name out of a comment, the comment with the last one."""
    kept = [each for each, _ in allow.names if each != name]
    if kept:
        first, last = allow.names[0][1].start, allow.names[-1][1].end
        edit = Edit(allow.source, Span(first, last), ", ".join(kept))
    else:
        edit = Edit(allow.source, _whole(allow), "")
    return Help(f"take `{name}` out", (edit,), Applicability.SAFE)


def _whole(allow: Allow) -> Span:
    """The comment with the blanks before it, or with its line when it has one of its own."""
    source, number = allow.source, allow.source.position(allow.span.start).line
    start = source.line_starts[number - 1]
    if allow.own_line:
        end = source.line_starts[number] if number < len(source.line_starts) else len(source.text)
        return Span(start, end)
    before = source.text[start : allow.span.start].rstrip()
    return Span(start + len(before), allow.span.end)
