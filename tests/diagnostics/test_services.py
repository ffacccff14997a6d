"""What programs read: JSON by its schema, SARIF, annotations of GitHub workflows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help, Label
from recipedsl.diagnostics.codes.data import UnknownColumn
from recipedsl.diagnostics.render import render_json
from recipedsl.diagnostics.render.github import render_github
from recipedsl.diagnostics.render.json import schema
from recipedsl.diagnostics.render.sarif import render_sarif
from recipedsl.source import Source, Span
from tests.diagnostics.made import EVERY, unknown_column

HERE = Path(__file__).parent
MADE = [make() for make in EVERY]


def test_the_schema_is_one_and_json_follows_it() -> None:
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema())
    validator(schema()).validate(json.loads(render_json(MADE)))
    validator(schema()).validate(json.loads(render_json([])))


@pytest.mark.parametrize(
    ("key", "value"),
    [("severity", "fatal"), ("code", "d201"), ("unheard", 1), ("primary", {}), ("notes", "text")],
)
def test_the_schema_refuses_what_is_no_diagnostic(key: str, value: object) -> None:
    form = json.loads(render_json([unknown_column()]))
    form["diagnostics"][0][key] = value
    assert not jsonschema.Draft202012Validator(schema()).is_valid(form)


# --- SARIF ------------------------------------------------------------------------------------------


def test_sarif_follows_its_schema() -> None:
    subset = json.loads((HERE / "sarif-subset.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(subset).validate(json.loads(render_sarif(MADE, "1.2.3")))


def test_rules_of_sarif_have_help_and_results_point_to_them() -> None:
    (run,) = json.loads(render_sarif(MADE))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == [each.code for each in MADE]
    assert all(rule["help"]["text"] and rule["helpUri"].endswith(rule["id"]) for rule in rules)


def marks(*found: Diagnostic) -> list[str]:
    """Fingerprints of the results."""
    (run,) = json.loads(render_sarif(found))["runs"]
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]


def problem(text: str, start: int, path: str = "a.ftr") -> Diagnostic:
    return Diagnostic(UnknownColumn, "unknown column", Label(Source(path, text), Span(start, start + 1)))


def test_fingerprints_stay_when_lines_move() -> None:
    assert marks(problem("x = b\n", 4)) == marks(problem("# more\n\n  x  =  b\n", 16))
    assert marks(problem("x = b\n", 4)) != marks(problem("x = c\n", 4))
    assert marks(problem("x = b\n", 4)) != marks(problem("x = b\n", 4, "b.ftr"))
    assert len(set(marks(problem("x = b b\n", 4), problem("x = b b\n", 6)))) == 2


def test_only_what_can_be_applied_is_a_fix_of_sarif() -> None:
    found = problem("x = b\n", 4)
    source = found.primary.source if found.primary else Source("", "")
    edit = (Edit(source, Span(4, 5), "c"),)
    helps = tuple(Help("do it", edit, each) for each in Applicability)
    (run,) = json.loads(render_sarif([replace(found, helps=helps)]))["runs"]
    (result,) = run["results"]
    assert len(result["fixes"]) == 2
    change = result["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["insertedContent"] == {"text": "c"}


def test_sarif_of_odd_paths_and_texts() -> None:
    found = problem("x = \ud800\n", 4, "a b/ü%?#.ftr")
    (run,) = json.loads(render_sarif([found]))["runs"]
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "a%20b/%C3%BC%25%3F%23.ftr"


# --- GitHub -----------------------------------------------------------------------------------------


def test_github_escapes() -> None:
    found = replace(problem("x = b\n", 4, "a,b:c%.ftr"), message="100%\r\n::error::x", notes=("n",))
    assert render_github([found]) == (
        "::error file=a%2Cb%3Ac%25.ftr,line=1,endLine=1,col=5,endColumn=6,title=D201 unknown-column"
        "::100%25␍%0A::error::x%0Anote: n\n"
    )


def test_github_one_line_each() -> None:
    lines = render_github(MADE).splitlines()
    assert len(lines) == len(MADE)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
