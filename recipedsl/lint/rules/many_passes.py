"""L106: many passes over few rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic, Help
from recipedsl.language.stages.base import Online
from recipedsl.lint.base import Rule, Subject
from recipedsl.lint.rows import most_rows
from recipedsl.semantics.recipe import Place, Stage

#: With more rows than this the number of passes is a matter of compute, not of memory.
_FEW = 1000

#: Most passes that are published, by purpose, and where.
_MOST: dict[str, tuple[int, str]] = {
    "sft": (16, "InstructGPT 16 (arXiv:2203.02155), LIMA 15 over 1 000 rows (arXiv:2305.11206)"),
    "preference": (5, "Zephyr 1 to 3 (arXiv:2310.16944), Tülu 3 1 (arXiv:2411.15124)"),
    "feedback": (5, "HALOs 1 (arXiv:2402.01306)"),
    "reward": (3, "InstructGPT and Llama 2 train 1, as more overfits (arXiv:2203.02155, arXiv:2307.09288)"),
}


class ManyPasses(Rule):
    """Many passes over few rows.

    What: More passes than any published recipe makes, over fewer than 1 000 rows, where the number of rows
    is known without running: rows that are written, files that were seen to their end, `take n`.

    Why: The model learns the rows by heart. Repeating rows more than about 4 times adds little
    (Muennighoff et al. 2023, arXiv:2305.16264); more than 16 passes are not published for SFT, nor more
    than 5 for preferences and 3 for reward models.

    Bad:

        data lessons = read("lessons.jsonl") | take 50 | as chat(user = question, assistant = answer)
        stage tuned: sft { from = base, data = lessons, epochs = 40 }

    Good:

        data lessons = read("lessons.jsonl") | take 50 | as chat(user = question, assistant = answer)
        stage tuned: sft { from = base, data = lessons, epochs = 4 }
    """

    code: ClassVar[str] = "L106"
    name: ClassVar[str] = "many-passes"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Counts the passes of every stage that learns from rows as they are."""
        for stage in subject.recipe.stages.values():
            rows = None if issubclass(stage.method, Online) else most_rows(subject, stage.data)
            found = _passes(subject, stage, rows) if rows and rows < _FEW else None
            most, source = _MOST.get(stage.method.purpose, (16, ""))
            if rows is None or found is None or found[0] <= most:
                continue
            passes, place = found
            words = (
                f"stage `{stage.name}` passes {passes:,.0f} times over {rows} row{'s' if rows > 1 else ''}"
            )
            helps = (Help(f"train {most} passes at most, or on more rows"),)
            notes = (f"published for {stage.method.keyword}: {source}",) if source else ()
            yield cls.at(place, words, f"{passes:,.0f} passes", notes=notes, helps=helps,
                         secondary=[(stage.data.place, f"at most {rows} rows")])  # fmt: skip


def _passes(subject: Subject, stage: Stage, rows: int) -> tuple[float, Place] | None:
    """Passes over the rows at least, and where they are written."""
    epochs, steps, batch = (stage.settings.get(name) for name in ("epochs", "steps", "batch"))
    if epochs is not None and "epochs" in stage.written:
        most_steps = subject.recipe.run.get("max_steps")
        return None if most_steps else (float(epochs), stage.written["epochs"])
    # What a batch is when none is written is for the planner to say.
    if steps is None or batch is None or stage.settings.get("packing"):
        return None
    steps = min(steps, subject.recipe.run.get("max_steps") or steps)
    return steps * batch / rows, stage.written["steps"]
