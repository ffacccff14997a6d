"""What new users type, on the command line and in recipes: the answer is a sentence that helps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recipedsl.cli import exit_codes
from recipedsl.cli.main import COMMANDS
from tests.cli.conftest import GOOD, Call

#: What is typed, and words of the answer.
COMMAND_LINES = [
    ("chek", "Did you mean 'check'?"),
    ("train good.ftr", "Type recipedsl run RECIPE."),
    ("init tutor", "Type recipedsl new FOLDER."),
    ("lint", "Type recipedsl check."),
    ("help check", "Type recipedsl --help"),
    ("frobnicate", "The commands: new, check, fmt"),
    ("-v", "--version shows the version"),
    ("check --fromat json", "'--format'"),
    ("check --format yaml", "'sarif'"),
    ("check --json", "Here: --format json."),
    ("check gone", "there is `good.ftr`"),
    ("check good.yaml", "there is `good.ftr`"),
    ("check data/rows.jsonl", "data/rows.jsonl is no recipe; the name of one ends in `.ftr`"),
    ("check --select X999", "`X999` is no code"),
    ("check --ignore D201", "is an error, which cannot be ignored"),
    ("check --unsafe-fixes", "one of them is wanted"),
    ("check --set rate", "'rate' is not NAME=VALUE, as rank=8 is"),
    ("check --set rat=1e-4", "a similar name exists: `rate`"),
    ("check --set rate=fast", "takes a number"),
    ("check --set rate=3", "outside of 1e-6..1e-2"),
    ("check --profile smoke", "the recipe has no profile at all"),
    ("check --override tuned.epochs=3", "name the kind too, as `stages.final.beta=0.2` does"),
    ("check --override stages.tuned.batch=", "`--override` gives `stages.tuned.batch` no value"),
    ("check --override stages.tund.batch=3", "a similar name exists: `tuned`"),
    ("plan", "Missing argument 'RECIPE'"),
    ("plan . --no-data", "it holds good.ftr"),
    ("plan good.ftr --format json", "--json writes the plan as JSON"),
    ("run good.ftr --learning-rate 3", "--override stages.NAME.SETTING=VALUE"),
    ("run good.ftr --resume", "a run goes on where it was by itself"),
    ("runs lst", "Did you mean 'list'?"),
    ("runs show", "`recipedsl run RECIPE` makes a run"),
    ("chat --temperature hot", "'hot' is not a valid float"),
    ("explain sftt", "did you mean 'sft'?"),
    ("explain D999", "`recipedsl explain --list` shows what is known"),
    ("docs build --out data", "name another folder"),
    ("new .", "is there already; nothing was written"),
]

#: What is replaced in a good recipe, by what, and words of the answer.
RECIPES = [
    ("data lessons", "dataset lessons", "what other tools call `dataset` is `data` here"),
    ("stage tuned: sft", "stages tuned: sft", "a similar name exists: `stage`"),
    ("stage tuned: sft", "stage tuned: sff", "a similar name exists: `sft`"),
    ("stage tuned: sft", "stage tuned sft", "`:` is missing after this"),
    ("stage tuned: sft", "stage tuned: ppo", "use `grpo` or `rloo`"),
    ("| as", "| to", "rows get their shape by `as`"),
    ("| as", "| filter question | as", "rows are filtered by `where`"),
    ("| as", "| where len(answer) > 2 | as", "write `chars`"),
    ("| as", '| where answer in ("1", "2") | as', "a list stands in square brackets"),
    ("| as", "| where answer is not null | as", "write `!= none`"),
    ("| as", '| where answer = "1" | as', "`==` compares"),
    ("as chat(", "as messages(", "elsewhere is `chat` here"),
    ("= answer)", "= anser)", "a similar name exists: `answer`"),
    ('read("data/rows.jsonl")', '"data/rows.jsonl"', 'write `read("data/rows.jsonl")`'),
    ('read("data/rows.jsonl")', 'read("data/row.json")', "a similar file exists: `data/rows.jsonl`"),
    ('read("data/rows.jsonl")', 'load("data/rows.jsonl")', "what other tools call `load` is `read` here"),
    ('local("tiny")', '"tiny"', 'or `local("tiny")` for a folder of the project'),
    ('local("tiny")', 'local("tny")', "there is `tiny`"),
    ("{ from = local", "{ path = local", "it is called `from` here"),
    ("from = base", "start = base", "it is called `from` here"),
    ("from = base", 'from = "base"', "write `base`, without quotes"),
    ("from = base", "from = bsae", "a similar name exists: `base`"),
    ("data = lessons", 'data = lessons["train"]', "write `lessons.train`"),
    ("learning_rate = rate", 'learning_rate = "2e-4"', "`2e-4` without quotes is a number"),
    ("learning_rate = rate", "lr = rate", "it is called `learning_rate` here"),
    ("learning_rate = rate", "learning_rate: rate", "write `=`"),
    ("learning_rate = rate", "adapter = qlora(rank = 8)", "quantize = nf4"),
    ("learning_rate = rate", "adapter = lora{rank = 8}", "write `lora(…)`"),
    ("learning_rate = rate", "lora = 8", "an adapter is written `adapter = lora("),
    ("run { seed = 1 }", "seed = 1", "its kind is missing"),
]


@pytest.mark.parametrize(("typed", "words"), COMMAND_LINES, ids=[each for each, _ in COMMAND_LINES])
def test_on_the_command_line(project: Path, call: Call, typed: str, words: str) -> None:
    said = call(*typed.split())
    assert said.code != exit_codes.FINE
    assert words in said.out + said.err
    assert_is_a_sentence(said.out + said.err)


@pytest.mark.parametrize(("good", "bad", "words"), RECIPES, ids=[each[1] for each in RECIPES])
def test_in_a_recipe(project: Path, call: Call, good: str, bad: str, words: str) -> None:
    assert good in GOOD
    (project / "good.ftr").write_text(GOOD.replace(good, bad))
    said = call("check", "good.ftr")
    assert said.code == exit_codes.RECIPE_ERRORS
    assert words in re.sub(r"\s+", " ", said.out)
    assert_is_a_sentence(said.out + said.err)


def assert_is_a_sentence(text: str) -> None:
    assert "Traceback" not in text
    assert "this is a bug" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_about_itself(call: Call, command: str) -> None:
    said = call(command, "--help")
    assert said.code == exit_codes.FINE
    assert said.out.startswith(f"Usage: recipedsl {command}")
    assert "..." not in said.out.partition("\n")[2]
