"""`python -m tests.published.table`: what published recipes need, and how far it can be said, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.published.capabilities import capabilities, published, state


def lines() -> Iterator[str]:
    """The lines of the table, and a line of sums in front of it."""
    states = Counter(state(each) for each in capabilities().values())
    told = ", ".join(f"{states[each]} {each}" for each in ("runs", "plans", "cannot be said"))
    yield f"{len(published())} recipes, {len(capabilities())} capabilities: {told}."
    yield ""
    yield "| capability | title | cards | state |"
    yield "|---|---|---|---|"
    for each in capabilities().values():
        cards = sorted({recipe.card for recipe in published() if each.slug in recipe.lists})
        yield f"| `{each.slug}` | {each.title} | {' '.join(cards) or '—'} | {state(each)} |"


if __name__ == "__main__":
    print("\n".join(lines()))
