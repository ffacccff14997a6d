"""Golden diagnostics: what is expected stands as a comment where it is about.

`# error[S003]: text` at the end of a line, or on the line above it, expects a diagnostic on that
line whose message holds the text. Several may stand on one line, or on lines of their own above it.
Nothing else may be reported. `pytest --accept` writes the comments anew where a case fails.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from recipedsl.compiler import compile_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics import Applicability, Code, Diagnostic
from recipedsl.diagnostics.codes import data, data_remote, extras, lints, names, plan, syntax, types
from recipedsl.diagnostics.render import render_concise, render_json, render_terminal
from recipedsl.diagnostics.render.changes import apply
from recipedsl.lint import RULES
from recipedsl.source import Source
from recipedsl.syntax import parse

DIAGNOSTICS = Path(__file__).parent / "cases" / "diagnostics"
CASES = sorted(DIAGNOSTICS.glob("*.ftr"))
FEWEST = 70  # a floor, so that cases that are not found do not pass

_COMMENT = re.compile(r"\s*# (?:error|warning|info|hint)\[")
_EXPECTED = re.compile(r"(error|warning|info|hint)\[(\w+)\]: (.*?)(?=\s*#? ?(?:error|warning|info|hint)\[|$)")

# Too large a text to keep, what only a store tells that is asked, what only a run of all stages can tell, settings of a project: tested elsewhere.
_ELSEWHERE = {
    syntax.TooLarge,
    data_remote.AddressNotAtHand,
    data_remote.ChangedUpstream,
    data_remote.UpstreamNotAsked,
    data_remote.ChangedWhileRead,
    plan.NothingToTrain,
    plan.DoesNotFit,
    plan.TightMemory,
    lints.SettingsUnreadable,
    lints.UnknownProjectSetting,
    lints.WrongProjectSetting,
}
_CODES = [
    code
    for module in (syntax, names, types, data, data_remote, extras, plan, lints)
    for code in module.CODES
    if code not in _ELSEWHERE
] + list(RULES)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases and their data, where what is remembered about them may be written."""
    folder = tmp_path_factory.mktemp("cases") / "diagnostics"
    shutil.copytree(DIAGNOSTICS, folder, ignore=shutil.ignore_patterns(".recipedsl"))
    return folder


def diagnose(name: str, text: str, root: Path) -> list[Diagnostic]:
    """What is wrong with the recipe `name` in `root`; of a case of family S its syntax only.

    A case of what is not installed finds none of the extras.
    """
    source = Source(name, text)
    if name.startswith("S"):
        return parse(source)[1].in_order()
    with pytest.MonkeyPatch.context() as patch:
        if name.startswith(extras.ExtraMissing.code):
            patch.setattr("recipedsl.planner.extras.find_spec", lambda _name: None)
        return compile_source(source, FileFacts(root)).problems.in_order()


def expected(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, severity, code and words of every expectation in a text."""
    waiting: list[tuple[str, str, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        comment = _COMMENT.search(line)
        if comment:
            waiting += _EXPECTED.findall(line[comment.start() :])
        if comment is None or line[: comment.start()].strip():
            yield from ((number, *each) for each in waiting)
            waiting = []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, root: Path, accept: bool) -> None:
    text = path.read_text(encoding="utf-8")
    wrong = difference(text, diagnose(path.name, text, root))
    if wrong and accept:
        text = accepted(path.name, text, root)
        path.write_text(text, encoding="utf-8")
        wrong = difference(text, diagnose(path.name, text, root))
    assert not wrong, wrong


def difference(text: str, diagnostics: list[Diagnostic]) -> str:
    """How the diagnostics differ from the expectations in a text; empty when they do not."""
    wanted = list(expected(text))
    found = [(*place(each), each.message) for each in diagnostics]
    if Counter(each[:3] for each in found) != Counter(each[:3] for each in wanted):
        return "found:\n" + "\n".join(f"{line}: {kind}[{code}]: {words}" for line, kind, code, words in found)
    for line, severity, code, words in wanted:
        messages = [each[3] for each in found if each[:3] == (line, severity, code)]
        if not any(words in message for message in messages):
            return f"line {line}: {words!r} is in none of {messages}"
    return ""


def place(diagnostic: Diagnostic) -> tuple[int, str, str]:
    """Line, severity and code; what is said of a file as a whole is said of its first line."""
    label = diagnostic.primary
    line = label.source.position(label.span.start).line if label else 1
    return line, str(diagnostic.severity), diagnostic.code


def accepted(name: str, text: str, root: Path) -> str:
    """The text with what is found as expectations, each on a line of its own above."""
    lines = [(line, _COMMENT.search(line)) for line in text.split("\n")]
    kept = [line[: comment.start()] if comment else line for line, comment in lines]
    kept = [line for line, (_, comment) in zip(kept, lines, strict=True) if line or not comment]
    above: dict[int, list[str]] = {}
    for each in diagnose(name, "\n".join(kept), root):
        number, severity, code = place(each)
        indent = re.match(r"\s*", kept[number - 1])
        comment_text = f"{indent[0] if indent else ''}# {severity}[{code}]: {each.message}"
        above.setdefault(number, []).append(comment_text)
    # A line above the first would become the first itself.
    first = "  ".join([kept[0], *above.pop(1, [])])
    written = [[first], *([*above.get(number, []), line] for number, line in enumerate(kept[1:], start=2))]
    return "\n".join(line for part in written for line in part)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_diagnostic_is_rendered(path: Path, root: Path) -> None:
    diagnostics = diagnose(path.name, path.read_text(encoding="utf-8"), root)
    text, lines = render_terminal(diagnostics), render_concise(diagnostics)
    assert len(lines.splitlines()) == len(diagnostics)
    assert render_json(diagnostics)
    for each in diagnostics:
        assert f"[{each.code}]" in text
        assert not re.match("[A-Z][a-z]", each.message), each.message
        assert not each.message.endswith("."), each.message


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_safe_fix_removes_its_problem(path: Path, root: Path) -> None:
    """And adds none, where only the syntax is read: a name that is found may bring up what was hidden."""
    text = path.read_text(encoding="utf-8")
    diagnostics = diagnose(path.name, text, root)
    before = Counter(each.message for each in diagnostics)
    for each in diagnostics:
        for help_ in each.helps:
            if help_.applicability is Applicability.SAFE and help_.edits:
                assert all(edit.source.text == text for edit in help_.edits)
                found = diagnose(path.name, apply(text, help_.edits), root)
                after = Counter(each.message for each in found)
                assert after[each.message] < before[each.message], help_.text
                assert not path.name.startswith("S") or not after - before, help_.text


def test_cases_are_found() -> None:
    assert len(CASES) >= FEWEST


def test_every_case_expects_something() -> None:
    empty = [path.name for path in CASES if not list(expected(path.read_text(encoding="utf-8")))]
    assert not empty


@pytest.mark.parametrize("code", _CODES, ids=lambda code: code.code)
def test_every_code_has_a_case(code: type[Code]) -> None:
    named = [path for path in CASES if path.name.startswith(f"{code.code}-")]
    codes = {each[2] for path in named for each in expected(path.read_text(encoding="utf-8"))}
    assert code.code in codes, f"there is no case {code.code}-….ftr that expects it"


def test_accepting_writes_what_is_found(tmp_path: Path) -> None:
    stale = 'let a = 1 +  # error[S001]: stale\nlet b = [\n  # error[S999]: gone\n  2\n]\nlet c = "\\d"\n'
    text = accepted("S.ftr", stale, tmp_path)
    assert difference(stale, diagnose("S.ftr", stale, tmp_path))
    assert not difference(text, diagnose("S.ftr", text, tmp_path)), text
    assert [each[:3] for each in expected(text)] == [(1, "error", "S016"), (6, "error", "S004")], text
