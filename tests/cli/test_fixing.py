"""Fixes applied to texts: several at once, those that touch, those that would break a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from recipedsl.compiler.fixing import fix_all
from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help, Label
from recipedsl.diagnostics.codes.names import UnknownName
from recipedsl.source import Source, Span

SAFE = frozenset({Applicability.SAFE})


def replacing(
    *rules: tuple[str, str], kind: Applicability = Applicability.SAFE
) -> Callable[[Source], list[Diagnostic]]:
    """Finds each pattern and offers its replacement."""

    def diagnose(source: Source) -> list[Diagnostic]:
        return [
            problem(source, [Edit(source, Span(*match.span()), text)], kind)
            for pattern, text in rules
            for match in re.finditer(pattern, source.text)
        ]

    return diagnose


def problem(source: Source, edits: Iterable[Edit], kind: Applicability) -> Diagnostic:
    made = tuple(edits)
    return Diagnostic(UnknownName, "x", Label(source, made[0].span), helps=(Help("fix", made, kind),))


def fixed(
    text: str, diagnose: Callable[[Source], list[Diagnostic]], wanted: frozenset[Applicability] = SAFE
) -> str:
    return fix_all(Source("a.ftr", text), diagnose, wanted).source.text


def test_a_fix_that_uncovers_another() -> None:
    assert fixed("let a = b\n", replacing(("b", "c"), ("c", "d"))) == "let a = d\n"


def test_fixes_that_touch_come_one_after_the_other() -> None:
    done = fix_all(Source("a.ftr", "let a = bb\n"), replacing(("b+", "c"), ("bb", "d")), SAFE)
    assert done.source.text == "let a = c\n"
    assert len(done.fixes) == 1


def test_fixes_that_undo_each_other_end() -> None:
    assert fixed("let a = b\n", replacing(("b", "c"), ("c", "b"))) in ("let a = b\n", "let a = c\n")


def test_a_fix_that_changes_nothing_is_none() -> None:
    assert not fix_all(Source("a.ftr", "let a = b\n"), replacing(("b", "b")), SAFE).fixes


def test_a_fix_that_breaks_the_text_is_left_out() -> None:
    text = "let a = b\nlet c = d\n"
    assert fixed(text, replacing(("b", "(("), ("d", "e"))) == "let a = b\nlet c = e\n"


def test_a_text_that_is_broken_may_be_mended() -> None:
    assert fixed("let a = (b\nlet c = d\n", replacing((r"\(b", "b"))) == "let a = b\nlet c = d\n"


def test_only_what_is_wanted() -> None:
    for kind in (Applicability.UNSAFE, Applicability.PLACEHOLDER, Applicability.DISPLAY):
        diagnose = replacing(("b", "c"), kind=kind)
        assert fixed("let a = b\n", diagnose) == "let a = b\n"
    unsafe = SAFE | {Applicability.UNSAFE}
    assert fixed("let a = b\n", replacing(("b", "c"), kind=Applicability.UNSAFE), unsafe) == "let a = c\n"


def test_other_files_are_left_alone() -> None:
    other = Source("b.ftr", "let a = b\n")

    def diagnose(source: Source) -> list[Diagnostic]:
        return [
            problem(source, [Edit(source, Span(8, 9), "c"), Edit(other, Span(8, 9), "c")], Applicability.SAFE)
        ]

    assert fixed("let a = b\n", diagnose) == "let a = b\n"
