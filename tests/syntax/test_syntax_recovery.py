"""How well reading goes on after a mistake: figures over damaged recipes, and single forms."""

from __future__ import annotations

import random

import pytest

from recipedsl.diagnostics import Applicability
from recipedsl.diagnostics.render.changes import apply
from recipedsl.source import Source
from recipedsl.syntax import parse, tree
from recipedsl.syntax.dump import dump_tree
from tests.syntax.recovery_figures import HEADING, damaged, measure, recipes

OF_EACH = 6  # damaged texts of every recipe; `python -m tests.syntax.recovery_figures` reads them all


def test_damage_gives_one_problem_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(5)
    texts = recipes()
    assert len(texts) > 50
    found = measure(each for text in texts.values() for each in draw.sample([*damaged(text, draw)], OF_EACH))
    with capsys.disabled():
        print("", HEADING, *(figures.line(how) for how, figures in found.items()), sep="\n")
    assert found.keys() == {"all", "deleted", "inserted", "replaced", "swapped"}
    assert found["all"].invalid > OF_EACH * len(texts) / 2
    assert found["all"].are_good


BROKEN = [
    "stage broken: sft {\n  from = base\n  epochs =\n  batch = 8\n}",
    "stage broken: sft {\n  from = base\n",
    "stage broken sft { from = base }",
    "stage broken: { from = base, batch = 8 }",
    "model broken = {\n  from = base\n}",
    'data broken = read("rows.jsonl"\n  | take 3',
    "data broken = read('rows.jsonl'\n",
    "data broken = concat(a, b | take 3)\n  | shuffle",
    "let broken = (1 + [2, 3)",
    "let broken = ",
    "broken = 3",
    "type Broken = { a: text, b }",
    "param broken int = 3",
    "}",
    '{ "json": 1 }',
]


@pytest.mark.parametrize("broken", BROKEN)
def test_the_declarations_around_a_broken_one_stay_whole(broken: str) -> None:
    above = 'ftr 1\nlet above = [1, 2]\ndata rows = read("rows.jsonl") | take 3\n'
    below = "stage below: sft {\n  from = base\n  data = rows\n}\neval after { models = [below] }\n"
    whole = parse(Source("whole.ftr", above + below))[0]
    file, problems = parse(Source("broken.ftr", f"{above}\n{broken}\n\n{below}"))
    assert problems.has_errors
    assert (
        len({each.primary.source.position(each.primary.span.start).line for each in problems if each.primary})
        <= 2
    )
    assert file.items[:2] == whole.items[:2], dump_tree(file)
    assert file.items[-2:] == whole.items[-2:], dump_tree(file)


def test_a_half_built_declaration_is_kept() -> None:
    text = "stage tuned: sft {\n  from = base\n  epochs = * 2\n  batch = 8\n}\n"
    (stage,) = parse(Source("broken.ftr", text))[0].items
    assert isinstance(stage, tree.Thing)
    keys = [each.key.text for each in stage.block.entries if isinstance(each, tree.Attribute)]
    assert keys == ["from", "epochs", "batch"]


def test_a_closing_bracket_is_missed_where_it_belongs() -> None:
    text = "stage final: dpo {\n  from = tuned\n\neval report { models = [final] }\n"
    (problem,) = parse(Source("broken.ftr", text))[1]
    assert problem.message == "missing `}` for stage `final`"
    assert problem.primary is not None
    assert problem.primary.source.position(problem.primary.span.start).line == 2
    (opener,) = problem.secondary
    assert opener.source.slice(opener.span) == "{"


def test_the_fix_of_a_setting_with_a_colon_looks_written_by_hand() -> None:
    text = "run { seed:17 }\n"
    (problem,) = parse(Source("yaml.ftr", text))[1]
    assert problem.helps[0].applicability is Applicability.SAFE
    assert apply(text, problem.helps[0].edits) == "run { seed = 17 }\n"
