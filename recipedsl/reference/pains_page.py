"""The page that lists complaints about other tools beside what becomes of them here."""

from __future__ import annotations

from collections.abc import Iterator

from recipedsl.lint import every_kind
from recipedsl.reference.codes import code_link
from recipedsl.reference.markdown import code, fence, joined, link, plain, prose, table
from recipedsl.reference.pains import PAINS, Pain

_LEAD = """\
What people report of today's tools, in public threads, and where each ends here: in a **code**, which
`recipedsl check`, `plan` or `run` reports; in a **plan line**, which `recipedsl plan` prints; or in a
**construction** of the language that leaves no room for it. What is missing is said."""


def pains_page() -> str:
    """The page as Markdown."""
    known = {str(each.code): code_link(each) for each in every_kind()}
    groups = (_group(title, pains, known) for title, pains in PAINS.items())
    return joined(["# What goes wrong today, and what recipedsl does about it", _LEAD, *groups]) + "\n"


def _group(title: str, pains: tuple[Pain, ...], known: dict[str, str]) -> str:
    rows = ((_complaint(each), prose(each.answer), "<br>".join(_ends(each, known))) for each in pains)
    constructions = [_construction(each) for each in pains if each.construction]
    return joined(
        [
            f"## {title}",
            table(("what people report", "here", "it ends in"), rows),
            *([f"### Constructions: {title.lower()}"] if constructions else []),
            *constructions,
        ]
    )


def _complaint(pain: Pain) -> str:
    threads = ", ".join(link(plain(name), address) for name, address in pain.links)
    return f"{prose(pain.complaint)}<br><small>{threads}</small>"


def _ends(pain: Pain, known: dict[str, str]) -> Iterator[str]:
    if pain.codes:
        yield "code " + " ".join(known[each] for each in pain.codes)
    if pain.plan_line:
        yield f"plan line {code(pain.plan_line)}"
    if pain.construction:
        yield "construction (below)"
    if pain.missing:
        yield f"*missing: {prose(pain.missing)}*"


def _construction(pain: Pain) -> str:
    return f"{prose(pain.complaint)}:\n\n{fence(pain.construction)}"
