"""Diagnostics as SARIF 2.1.0, the form that code scanning reads.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub's "SARIF
support for code scanning" for what has to be stable: rule names, paths, and fingerprints.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from recipedsl.diagnostics import Applicability, Code, Diagnostic, Edit, Help, Label, Severity
from recipedsl.source import Source, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note", Severity.HINT: "note"}

#: Characters of a line that tell it from others, and of a snippet: neither is for reading it whole.
_MOST_LETTERS = 1000

#: Headings of a page, which are bold in Markdown.
_HEADING = re.compile(r"(?m)^(What|Why|Bad|Good|Source|Example):")


def render_sarif(diagnostics: Iterable[Diagnostic], version: str = "") -> str:
    """One log with one run.

    Args:
        diagnostics: in the order in which they are listed.
        version: of recipedsl.
    """
    found = list(diagnostics)
    kinds = sorted({each.kind for each in found}, key=lambda kind: str(kind.code))
    driver = {"name": "recipedsl", "rules": [_rule(kind) for kind in kinds]}
    run = {
        "tool": {"driver": driver | ({"version": version} if version else {})},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the root of the project"}}},
        "results": _results(found, {kind.code: index for index, kind in enumerate(kinds)}),
    }
    # A lone surrogate of a source must not break the encoding of the output.
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(kind: type[Code]) -> dict[str, Any]:
    page = kind.page()
    title = page.split("\n", 1)[0].rstrip(".")
    return {
        "id": kind.code,
        "name": "".join(word.capitalize() for word in kind.name.split("-")),
        "shortDescription": {"text": title or kind.name},
        "fullDescription": {"text": title or kind.name},
        "help": {"text": page or kind.name, "markdown": _HEADING.sub(r"**\1:**", page) or kind.name},
        # A name for the page, as `recipedsl explain` shows it: the pages come with the program.
        "helpUri": f"urn:recipedsl:code:{kind.code}",
        "defaultConfiguration": {"level": _LEVELS[kind.severity]},
        "properties": {"tags": [kind.name]},
    }


def _results(found: list[Diagnostic], index: dict[str, int]) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for each in found:
        mark = _mark(each)
        # The second of two equal ones on a line is another one.
        results.append(_result(each, index[each.code], f"{mark}:{seen[mark]}"))
        seen[mark] += 1
    return results


def _mark(diagnostic: Diagnostic) -> str:
    """What stays the same when lines are added above, or white space changes."""
    label = diagnostic.primary
    text = label.source.line(label.source.position(label.span.start).line) if label else diagnostic.message
    path = label.source.path if label else ""
    said = "\0".join((path, diagnostic.code, " ".join(text[:_MOST_LETTERS].split())))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _result(diagnostic: Diagnostic, index: int, mark: str) -> dict[str, Any]:
    label = diagnostic.primary
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": _message(diagnostic)},
        "locations": [_location(label)] if label else [],
        "partialFingerprints": {"recipedsl/v1": mark, "primaryLocationLineHash": mark},
    }
    if diagnostic.secondary:
        result["relatedLocations"] = [
            {"id": number, **_location(each), "message": {"text": each.text or "see here"}}
            for number, each in enumerate(diagnostic.secondary)
        ]
    fixes = [_fix(each) for each in diagnostic.helps if _is_fix(each)]
    return result | ({"fixes": fixes} if fixes else {})


def _message(diagnostic: Diagnostic) -> str:
    lines = [diagnostic.message, *diagnostic.notes, *(each.text for each in diagnostic.helps)]
    return "\n".join(lines)


def _location(label: Label) -> dict[str, Any]:
    text = label.source.slice(label.span)[:_MOST_LETTERS]
    region = {**_region(label.source, label.span), "snippet": {"text": text}}
    return {"physicalLocation": {"artifactLocation": _artifact(label.source), "region": region}}


def _artifact(source: Source) -> dict[str, str]:
    return {"uri": quote(source.path, safe="/", errors="replace"), "uriBaseId": "ROOT"}


def _region(source: Source, span: Span) -> dict[str, int]:
    start, end = source.position(span.start), source.position(span.end)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


# --- fixes ------------------------------------------------------------------------------------------


def _is_fix(help_: Help) -> bool:
    """Whether it can be applied as it is: a placeholder cannot."""
    return bool(help_.edits) and help_.applicability in (Applicability.SAFE, Applicability.UNSAFE)


def _fix(help_: Help) -> dict[str, Any]:
    by_path: dict[str, list[Edit]] = {}
    for edit in help_.edits:
        by_path.setdefault(edit.source.path, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(edits[0].source),
            "replacements": [_replacement(each) for each in edits],
        }
        for edits in by_path.values()
    ]
    return {"description": {"text": help_.text}, "artifactChanges": changes}


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.source, edit.span), "insertedContent": {"text": edit.text}}
