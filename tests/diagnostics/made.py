"""Diagnostics made by hand, one for each thing that a renderer has to get right."""

from __future__ import annotations

from collections.abc import Callable

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help, Label, Severity, Value
from recipedsl.diagnostics.codes.data import UnknownColumn, WrongShape
from recipedsl.diagnostics.codes.run_scores import GateFailed
from recipedsl.diagnostics.codes.syntax import UnclosedBracket
from recipedsl.lint.rules.unpinned import Unpinned
from recipedsl.source import Source, Span

TUTOR = Source(
    "tutor.ftr",
    "ftr 1\n"
    'data questions: Question = read("data/questions.jsonl")\n'
    '  | where langauge in ["python", "go"]\n'
    "stage final: dpo { from = online, data = train, beta = 0.1 }\n",
)


def at(source: Source, text: str, nth: int = 0) -> Span:
    """The span of the nth place where `text` stands."""
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(start, start + len(text))


def label(source: Source, text: str, words: str = "", nth: int = 0) -> Label:
    return Label(source, at(source, text, nth), words)


def unknown_column() -> Diagnostic:
    edit = Edit(TUTOR, at(TUTOR, "langauge"), "language")
    return Diagnostic(
        UnknownColumn,
        "unknown column `langauge` in a filter on `questions`",
        label(TUTOR, "langauge", "no such column"),
        secondary=(
            label(TUTOR, 'read("data/questions.jsonl")', "row type is { question, answer, language }"),
        ),
        helps=(Help("a column with a similar name exists: `language`", (edit,), Applicability.SAFE),),
    )


def two_on_a_line() -> Diagnostic:
    edits = (Edit(TUTOR, at(TUTOR, "train"), "prefs"),)
    return Diagnostic(
        WrongShape,
        "stage `final` (dpo) needs a preference dataset, `train` is a chat",
        label(TUTOR, "train", "has the shape chat"),
        secondary=(
            label(TUTOR, "dpo", "dpo takes the shape preference"),
            label(TUTOR, "final", "in this stage"),
        ),
        helps=(
            Help("`prefs` has this shape: use `data = prefs`", edits, Applicability.UNSAFE),
            Help("or train on it with `sft`, or give pairs with `| as preference(…)`"),
        ),
    )


def overlapping() -> Diagnostic:
    source = Source("a.ftr", 'let rate = chars(answer) + "x"\n')
    return Diagnostic(
        WrongShape,
        "`+` does not take a number and a text",
        label(source, "+", "takes two numbers or two texts"),
        secondary=(
            label(source, "chars(answer)", "int"),
            label(source, '"x"', "text"),
            label(source, 'chars(answer) + "x"', "the whole"),
        ),
    )


def several_lines() -> Diagnostic:
    text = (
        "ftr 1\nstage final: dpo {\n"
        + "".join(f"  key{n} = {n}\n" for n in range(9))
        + "\nrun { seed = 1 }\n"
    )
    source = Source("open.ftr", text)
    whole = Span(text.index("{"), text.index("\nrun"))
    return Diagnostic(
        UnclosedBracket,
        "missing `}` for `stage final`",
        Label(source, Span(text.index("\nrun"), text.index("\nrun")), "expected `}` before this"),
        secondary=(Label(source, whole, "this block is not closed"),),
        helps=(
            Help("close it", (Edit(source, Span(whole.end, whole.end), "}\n"),), Applicability.PLACEHOLDER),
        ),
    )


def whole_declaration() -> Diagnostic:
    text = "ftr 1\nmodel a {\n  from = 1\n}\nmodel b {\n  from = 2\n}\n"
    source = Source("two.ftr", text)
    first = Span(text.index("model a"), text.index("}") + 1)
    second = Span(text.index("model b"), text.rindex("}") + 1)
    return Diagnostic(
        WrongShape, "two of a kind", Label(source, second, "the second"), (Label(source, first, "the first"),)
    )


def other_file() -> Diagnostic:
    other = Source("common.ftr", "ftr 1\nlet path = 3\n")
    return Diagnostic(
        WrongShape,
        "`common.path` is no text",
        label(TUTOR, "data/questions.jsonl", "a text is needed here"),
        secondary=(label(other, "3", "this is a number"),),
    )


def wide_letters() -> Diagnostic:
    source = Source("日本.ftr", 'ftr 1\n\tdata 日本語 = "e\u0301té" + bad\n')
    return Diagnostic(
        WrongShape,
        "widths differ",
        label(source, "bad", "stands right below"),
        secondary=(label(source, "日本語", "six columns"), label(source, '"e\u0301té"', "five columns")),
    )


def hostile() -> Diagnostic:
    source = Source("evil\x1b[2J.ftr", 'let a = "\x1b[31mred\x07 \u202etxt.exe\x9b1m" + oops\r\n')
    return Diagnostic(
        UnknownColumn,
        "unknown column `\x1b]0;title\x07`",
        label(source, "oops", "label \x1b[5m"),
        notes=("note \x1b[1m and \u2066 isolates\nsecond line",),
        helps=(Help("\x1b[32mgreen", (Edit(source, at(source, "oops"), "\x1b[33m"),), Applicability.SAFE),),
    )


def long_line() -> Diagnostic:
    source = Source("long.ftr", "let words = [" + '"word", ' * 60 + "wrong, " + '"word", ' * 60 + "]\n")
    edit = Edit(source, at(source, "wrong"), '"wrong"')
    return Diagnostic(
        UnknownColumn,
        "unknown name `wrong`",
        label(source, "wrong", "nothing is declared by this name"),
        helps=(Help("a text stands in quotes", (edit,), Applicability.UNSAFE),),
    )


def gate() -> Diagnostic:
    source = Source("tutor.ftr", "  expect pass_rate(final) >= pass_rate(base) + 5%\n")
    return Diagnostic(
        GateFailed,
        "a gate of `report` does not hold: preferences must not cost accuracy",
        label(source, "pass_rate(final) >= pass_rate(base) + 5%", "false"),
        values=(
            Value(at(source, "pass_rate(final)"), "0.31"),
            Value(at(source, "pass_rate(base)"), "0.30"),
            Value(at(source, "5%"), "0.05"),
        ),
    )


def at_the_end() -> Diagnostic:
    source = Source("cut.ftr", "ftr 1\nlet a =")
    end = len(source.text)
    return Diagnostic(
        UnclosedBracket, "a value is missing", Label(source, Span(end, end), "expected a value")
    )


def nowhere() -> Diagnostic:
    note = "a repository can be changed by its owner at any time, and what it holds tomorrow is not known "
    return Diagnostic(
        Unpinned, "the revision of `base` is not pinned", notes=(note * 2,), severity=Severity.WARNING
    )


def insertion() -> Diagnostic:
    source = Source("new.ftr", "\nmodel base { }\n")
    edit = Edit(source, Span(0, 0), "ftr 1\n")
    return Diagnostic(
        Unpinned,
        "the edition is not written",
        Label(source, Span(1, 6), "the recipe begins here"),
        helps=(Help("write it in the first line", (edit,), Applicability.SAFE),),
        severity=Severity.HINT,
    )


EVERY: tuple[Callable[[], Diagnostic], ...] = (
    unknown_column,
    two_on_a_line,
    overlapping,
    several_lines,
    whole_declaration,
    other_file,
    wide_letters,
    hostile,
    long_line,
    gate,
    at_the_end,
    nowhere,
    insertion,
)
