"""L104: something of the hub that its owner can change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.language.models.models import HubModel
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Place
from recipedsl.source import Span

#: Branches that move with every upload; a tag can be moved too, and rarely is.
_MOVING = re.compile(r"main|master|refs/.*")


class Unpinned(Rule):
    """A model or dataset of the hub without a pinned revision.

    What: Neither a commit nor a tag is named, so what the hub has that day is taken.

    Why: Its owner can change it at any time: the tokenizer, the template, the rows. Fixes of published
    models have changed chat templates and stop tokens under one name.

    Bad:

        from = hub("Qwen/Qwen2.5-0.5B")

    Good:

        from = hub("Qwen/Qwen2.5-0.5B", revision = "060db6499f32faf8b98477b0a26969ef7d8b9987")
    """

    code: ClassVar[str] = "L104"
    name: ClassVar[str] = "unpinned-revision"
    despite_errors: ClassVar[bool] = True

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at models and sources of the hub."""
        for model in subject.recipe.models.values():
            if model.source is HubModel:
                place = model.written.get("from", model.place)
                yield from cls._found(place, str(model.settings.get("revision") or ""), "model")
        for dataset in subject.recipe.datasets.values():
            use = dataset.source
            if use.keyword == "hub":
                yield from cls._found(use.place, str(use.settings.get("revision") or ""), "dataset")

    @classmethod
    def _found(cls, place: Place, revision: str, what: str) -> Iterator[Diagnostic]:
        if not revision:
            words = f"a {what} of the hub without `revision`: it can change at any time"
            yield cls.at(place, words, "no revision", helps=(_help(place),))
        elif _MOVING.fullmatch(revision):
            words = f"the revision `{revision}` of a {what} of the hub moves with every upload"
            yield cls.at(place, words, "names no commit", helps=(Help("name a commit, or a tag"),))


def _help(place: Place) -> Help:
    words = 'add `revision = "<commit>"`'
    text = place.source.slice(place.span)
    if place.source.path.startswith("--") or not text.endswith(")"):
        return Help(words)
    inner = text[:-1].rstrip()
    at = place.span.start + len(inner)
    comma = "" if inner.endswith((",", "(")) else ","
    edit = Edit(place.source, Span(at, at), f'{comma} revision = "<commit>"')
    return Help(words, (edit,), Applicability.PLACEHOLDER)
