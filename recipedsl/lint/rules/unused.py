"""L102: a declaration that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.context import Declared
from recipedsl.source import Source, Span

#: What only serves others; a stage or an eval is carried out for its own sake.
_SERVING = ("param", "let", "type", "data", "model", "template")


class Unused(Rule):
    """A declaration that nothing uses.

    What: A param, let, type, dataset, model, template or import that nothing refers to; a dataset only
    where the recipe has a stage or an eval that could.

    Why: A dataset that was meant to be mixed in and is not leaves no other trace.

    Bad:

        let rate = 1e-4
        stage tuned: sft { from = base, data = lessons }

    Good:

        let rate = 1e-4
        stage tuned: sft { from = base, data = lessons, learning_rate = rate }
    """

    code: ClassVar[str] = "L102"
    name: ClassVar[str] = "unused-declaration"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at the declarations and imports of the file itself."""
        declared = subject.root.declared.values()
        is_trained = any(each.kind in ("stage", "eval") for each in declared)
        for each in declared:
            if each.kind == "data" and not is_trained:
                continue  # a recipe of rows alone: they are what it is for
            if each.kind in _SERVING and each.full_name not in subject.used:
                helps = _removal(each)
                words = f"{each.kind} `{each.name}` is never used"
                yield cls.at(each.name_place, words, "never used", helps=helps)
        for name, place in subject.root.imported.items():
            if not any(each.startswith(f"{name}.") for each in subject.used):
                yield cls.at(place, f"import `{name}` is never used", "never used")


def _removal(declared: Declared) -> tuple[Help, ...]:
    source = declared.module.source
    span = _lines(source, declared.node.span, len(getattr(declared.node, "doc", ())))
    if source.slice(span).strip() != _with_doc(source, span, declared.node.span).strip():
        return ()  # something else stands on these lines
    edit = Edit(source, span, "")
    return (Help("remove it", (edit,), Applicability.UNSAFE),)


def _lines(source: Source, span: Span, doc: int) -> Span:
    """The whole lines of a declaration, those of its documentation above it included."""
    first, last = source.position(span.start).line, source.position(span.end).line
    start = source.line_starts[max(0, first - 1 - doc)]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    return Span(start, end)


def _with_doc(source: Source, lines: Span, node: Span) -> str:
    above = source.text[lines.start : node.start]
    is_doc = all(each.lstrip().startswith("##") for each in above.splitlines() if each.strip())
    return (above if is_doc else "") + source.slice(node)
