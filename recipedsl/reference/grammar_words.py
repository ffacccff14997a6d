"""The words that hold a recipe together: declarations, reserved words, types. The grammar knows them; no
class of the vocabulary does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GrammarWord:
    """A word of the grammar.

    Attributes:
        word: as written.
        form: how it is used, code.
        means: what it does, one sentence without a full stop; Markdown.
        sort: what it is, such as `declaration` or `type`.
    """

    word: str
    form: str
    means: str
    sort: str


GRAMMAR_WORDS: tuple[GrammarWord, ...] = (
    GrammarWord("ftr", "ftr 1", "the edition of the language; the first line", "declaration"),
    GrammarWord(
        "import",
        'import common = "common.ftr"',
        "names of another file, as `common.name`; the path is relative to this file and inside the project",
        "declaration",
    ),
    GrammarWord(
        "type",
        "type Solution = { question: text, score: float? }",
        "a row type: names and types of columns",
        "declaration",
    ),
    GrammarWord(
        "param",
        "param rank: int in 1..256 = 16",
        "a value that `--set rank=8` or a profile may change, checked against type and range; without a "
        "default it has to be set",
        "declaration",
    ),
    GrammarWord("let", 'let wanted = ["python", "sql"]', "a named value", "declaration"),
    GrammarWord(
        "data",
        'data solutions = read("data/solutions.jsonl") | where score > 0.5',
        "a dataset: a source and steps; a row type may stand behind the name",
        "declaration",
    ),
    GrammarWord(
        "model",
        'model base { from = local("models/tiny") }',
        "a base model; its settings are on the page of [models](models.md)",
        "declaration",
    ),
    GrammarWord(
        "template",
        'template own { shipped = "chatml" }',
        "a chat template; its settings are on the page of [templates](templates.md)",
        "declaration",
    ),
    GrammarWord(
        "stage",
        "stage tuned: sft { from = base, data = lessons }",
        "trains; the method decides the [settings](stages.md)",
        "declaration",
    ),
    GrammarWord(
        "eval",
        "eval report { models = [base, tuned], data = solutions.held, metrics = [loss()] }",
        "judges models on rows, by slice, with gates",
        "declaration",
    ),
    GrammarWord(
        "profile",
        "profile smoke { max_rows = 200 }",
        "values of params, and limits of `run`, that `--profile smoke` takes",
        "declaration",
    ),
    GrammarWord("run", "run { seed = 17 }", "how the recipe is run: how, not what", "declaration"),
    GrammarWord(
        "rounds",
        "rounds 3 { … }",
        "declarations that are repeated, each round after the one before",
        "declaration",
    ),
    GrammarWord(
        "previous",
        "from = previous(policy, first = tuned)",
        "what has the name in the round before; `first` stands for it in the first round",
        "part of rounds",
    ),
    GrammarWord(
        "every", "concat(every(fresh))", "what has the name in all rounds up to this one", "part of rounds"
    ),
    GrammarWord(
        "latest", "from = latest(policy)", "what has the name in the newest finished round", "part of rounds"
    ),
    GrammarWord(
        "each",
        "learning_rate = each(1e-5, 5e-6, 2e-6)",
        "one value for each round, the first in the first round",
        "part of rounds",
    ),
    GrammarWord(
        "expect",
        'expect count() > 1k else "too few rows"',
        "a gate: over the rows so far as a step, over metrics in an `eval`; the run stops where it fails",
        "gate",
    ),
    GrammarWord(
        "else", 'expect count() > 1k else "too few rows"', "what is said when a gate fails", "part of a gate"
    ),
    GrammarWord("by", "| take 2k by topic", "columns that group the rows of a step", "part of a step"),
    GrammarWord(
        "with",
        "stage longer = tuned with { epochs = 4 }",
        "a copy of a model, template, stage or eval, with other settings",
        "declaration",
    ),
    GrammarWord("and", 'score > 0.5 and language == "sql"', "both hold", "operator"),
    GrammarWord("or", 'score > 0.5 or language == "sql"', "at least one holds", "operator"),
    GrammarWord("not", 'not contains(answer, "TODO")', "does not hold", "operator"),
    GrammarWord(
        "in",
        "chars(answer) in 40..8k",
        "is one of a list, or lies in a range, both ends included",
        "operator",
    ),
    GrammarWord("true", "packing = true", "true", "constant"),
    GrammarWord("false", "packing = false", "false", "constant"),
    GrammarWord("none", "adapter = none", "nothing; in expressions, null", "constant"),
    GrammarWord("text", "question: text", "characters", "type"),
    GrammarWord("int", "level: int", "a whole number of 64 bits", "type"),
    GrammarWord("float", "score: float", "a number", "type"),
    GrammarWord("bool", "good: bool", "true or false", "type"),
    GrammarWord("date", "created: date", "a day", "type"),
    GrammarWord("list", "tags: list[text]", "any number of one type", "type"),
)
