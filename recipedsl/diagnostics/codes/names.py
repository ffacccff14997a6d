"""Names: what is not declared, declared twice, or of another kind."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class UnknownName(Code):
    """A name that nothing declares.

    What: A name is used that no declaration, column or choice has.

    Why: A misspelt name would otherwise silently mean something else.

    Bad:

        let rate = raet * 2

    Good:

        let rate = 2e-4
    """

    code: ClassVar[str] = "N101"
    name: ClassVar[str] = "unknown-name"
    severity: ClassVar[Severity] = Severity.ERROR


class DuplicateName(Code):
    """A name declared twice.

    What: Two declarations of one file have the same name.

    Why: All names share one namespace, so that a reference is never ambiguous.

    Bad:

        data pairs = read("a.jsonl")
        data pairs = read("b.jsonl")

    Good:

        data first = read("a.jsonl")
        data second = read("b.jsonl")
    """

    code: ClassVar[str] = "N102"
    name: ClassVar[str] = "duplicate-name"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownSetting(Code):
    """A setting that the block does not have.

    What: A key is written that the method or block has no setting for.

    Why: Ignored keys are how runs train something else than was meant.

    Bad:

        stage final: dpo { from = base, data = pairs, betta = 0.1 }

    Good:

        stage final: dpo { from = base, data = pairs, beta = 0.1 }
    """

    code: ClassVar[str] = "N103"
    name: ClassVar[str] = "unknown-setting"
    severity: ClassVar[Severity] = Severity.ERROR


class DuplicateSetting(Code):
    """A setting written twice.

    What: A key stands twice in one block.

    Why: Which one counts would be a guess.

    Bad:

        run { seed = 1, seed = 2 }

    Good:

        run { seed = 2 }
    """

    code: ClassVar[str] = "N104"
    name: ClassVar[str] = "duplicate-setting"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownMethod(Code):
    """A training method that does not exist.

    What: `stage name: method` names no known method.

    Why: The method decides the data, the trainer and the settings.

    Bad:

        stage tuned: stf { from = base, data = lessons }

    Good:

        stage tuned: sft { from = base, data = lessons }
    """

    code: ClassVar[str] = "N105"
    name: ClassVar[str] = "unknown-method"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownKind(Code):
    """A declaration of no known kind.

    What: A block begins with a word that is no kind of declaration.

    Why: The kind decides which settings there are.

    Bad:

        modle base { from = local("m") }

    Good:

        model base { from = local("m") }
    """

    code: ClassVar[str] = "N106"
    name: ClassVar[str] = "unknown-kind"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongKind(Code):
    """A name of another kind than is wanted.

    What: The name exists but is, say, a dataset where a model is wanted.

    Why: Each setting takes one kind of thing; a dataset has no weights to start from.

    Bad:

        stage tuned: sft { from = lessons, data = lessons }

    Good:

        stage tuned: sft { from = base, data = lessons }
    """

    code: ClassVar[str] = "N107"
    name: ClassVar[str] = "wrong-kind-of-name"
    severity: ClassVar[Severity] = Severity.ERROR


class Cycle(Code):
    """Declarations that need each other.

    What: Following the references leads back to the start.

    Why: Nothing of a cycle could be made first.

    Bad:

        data a = b
        data b = a

    Good:

        data a = read("a.jsonl")
        data b = a
    """

    code: ClassVar[str] = "N108"
    name: ClassVar[str] = "cycle"
    severity: ClassVar[Severity] = Severity.ERROR


class AmbiguousName(Code):
    """A name that is both a column and a value.

    What: In a step's expression the name is a column of the row and also a param or let.

    Why: Taking the one or the other silently would be a guess.

    Bad:

        let topic = "sql"
        data d = read("d.jsonl") | where topic == topic

    Good:

        let wanted = "sql"
        data d = read("d.jsonl") | where topic == wanted
    """

    code: ClassVar[str] = "N109"
    name: ClassVar[str] = "ambiguous-name"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownStep(Code):
    """A step that does not exist.

    What: After `|` stands a word that is no step.

    Why: A step that is passed over would leave rows in that were meant to fall.

    Bad:

        data d = read("d.jsonl") | wher score > 1

    Good:

        data d = read("d.jsonl") | where score > 1
    """

    code: ClassVar[str] = "N110"
    name: ClassVar[str] = "unknown-step"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownFunction(Code):
    """A function that does not exist.

    What: A call names no function of the catalogue.

    Why: Functions are checked by name, arguments and types before a row is read.

    Bad:

        data d = read("d.jsonl") | where len(answer) > 10

    Good:

        data d = read("d.jsonl") | where chars(answer) > 10
    """

    code: ClassVar[str] = "N111"
    name: ClassVar[str] = "unknown-function"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownPart(Code):
    """A part that the dataset does not have.

    What: `dataset.part` names no part of its split, or the dataset is not split.

    Why: A part of another name would be an empty dataset, or the wrong rows.

    Bad:

        data d = read("d.jsonl") | as chat(messages) | split train = 90%, held = 10%
        stage s: sft { from = base, data = d.test }

    Good:

        data d = read("d.jsonl") | as chat(messages) | split train = 90%, held = 10%
        stage s: sft { from = base, data = d.train }
    """

    code: ClassVar[str] = "N112"
    name: ClassVar[str] = "unknown-part"
    severity: ClassVar[Severity] = Severity.ERROR


class MissingSetting(Code):
    """A setting that has to be written.

    What: A block or call lacks a setting that has no default.

    Why: Settings without a default are those for which no value is right for everybody.

    Bad:

        stage tuned: sft { from = base }

    Good:

        stage tuned: sft { from = base, data = lessons }
    """

    code: ClassVar[str] = "N113"
    name: ClassVar[str] = "missing-setting"
    severity: ClassVar[Severity] = Severity.ERROR


class ImportProblem(Code):
    """An import that cannot be followed.

    What: The file is missing, leads out of the project, or imports lead back to the start.

    Why: The names that it brings would be missing everywhere; and what lies outside the project was not
    granted.

    Bad:

        import common = "comon.ftr"

    Good:

        import common = "common.ftr"
    """

    code: ClassVar[str] = "N114"
    name: ClassVar[str] = "import-problem"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownParam(Code):
    """A param, profile or place set from outside that does not exist.

    What: `--set`, `--profile` or `--override` names nothing of the recipe.

    Why: A misspelt override would train with the old value.

    Bad:

        recipedsl run recipe.ftr --set rnak=8

    Good:

        recipedsl run recipe.ftr --set rank=8
    """

    code: ClassVar[str] = "N115"
    name: ClassVar[str] = "unknown-param"
    severity: ClassVar[Severity] = Severity.ERROR


class AbsentMethod(Code):
    """A method or step that cannot be had.

    What: The word is known in the field but this version cannot carry it out.

    Why: Asking for something and silently getting something else is worse than an error.

    Bad:

        stage rl: ppo { from = tuned, data = prompts }

    Good:

        stage rl: grpo { from = tuned, data = prompts, reward = judge }
    """

    code: ClassVar[str] = "N116"
    name: ClassVar[str] = "absent-method"
    severity: ClassVar[Severity] = Severity.ERROR


class MissingName(Code):
    """A declaration without a name or with one too many.

    What: `model`, `stage`, `eval`, `template` and `profile` have a name, `run` has none.

    Why: Names are how stages, datasets and evaluations find each other; a run has just one set of
    limits.

    Bad:

        model { from = local("m") }

    Good:

        model base { from = local("m") }
    """

    code: ClassVar[str] = "N117"
    name: ClassVar[str] = "missing-name"
    severity: ClassVar[Severity] = Severity.ERROR


class StageOrder(Code):
    """A stage that starts from one below it.

    What: Stages run in written order and start from what stands above them.

    Why: Whoever reads a recipe from top to bottom then reads what happens, in the order in which it
    happens.

    Bad:

        stage b: dpo { from = a, data = pairs }
        stage a: sft { from = base, data = lessons }

    Good:

        stage a: sft { from = base, data = lessons }
        stage b: dpo { from = a, data = pairs }
    """

    code: ClassVar[str] = "N118"
    name: ClassVar[str] = "stage-order"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownRound(Code):
    """A round that there is not.

    What: `policy[5]` names a round of `rounds 3 { … }`.

    Why: The rounds are written out when the recipe is read, and no more of them exist.

    Bad:

        stage averaged: merge { models = [policy[1], policy[5]] }

    Good:

        stage averaged: merge { models = [policy[1], policy[3]] }
    """

    code: ClassVar[str] = "N119"
    name: ClassVar[str] = "unknown-round"
    severity: ClassVar[Severity] = Severity.ERROR


CODES: tuple[type[Code], ...] = (
    UnknownName,
    DuplicateName,
    UnknownSetting,
    DuplicateSetting,
    UnknownMethod,
    UnknownKind,
    WrongKind,
    Cycle,
    AmbiguousName,
    UnknownStep,
    UnknownFunction,
    UnknownPart,
    MissingSetting,
    ImportProblem,
    UnknownParam,
    AbsentMethod,
    MissingName,
    StageOrder,
    UnknownRound,
)
