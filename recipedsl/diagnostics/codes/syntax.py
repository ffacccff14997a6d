"""Kinds of diagnostics of the family S: what stands in a recipe cannot be read."""

from recipedsl.diagnostics.code import Code


class UnexpectedWord(Code):
    """A word or sign stands where it cannot.

    What: the text up to here can be read, this word cannot follow it.

    Why: a recipe is read from left to right by a small grammar: declarations (`kind name: method
    { … }`), pipelines (`data name = source | step`) and settings (`name = value`). What fits none
    of these forms has no meaning, and guessing one would hide a mistake.

    Bad:
        let total = 1 + * 2

    Good:
        let total = 1 + 2
    """

    code = "S001"
    name = "unexpected-word"


class BadCharacter(Code):
    """A character is no part of the language.

    What: the text has a character outside a text or comment that means nothing here.

    Why: such characters come from word processors, chats and other languages. They are often
    invisible, so each is named.

    Bad:
        let rate = 2e-4;

    Good:
        let rate = 2e-4
    """

    code = "S002"
    name = "bad-character"


class UnclosedText(Code):
    """A text has no closing quote.

    What: a `"` begins a text and its line ends before the next `"`; or a `\"\"\"` has no partner.

    Why: everything up to the next quote would become part of the text.

    Bad:
        import common = "common.ftr

    Good:
        import common = "common.ftr"
    """

    code = "S003"
    name = "unclosed-text"


class BadEscape(Code):
    r"""A backslash in a text is followed by something that it does not escape.

    What: a text knows `\n`, `\t`, `\"`, `\\` and `\u{…}`.

    Why: regular expressions and Windows paths are full of backslashes; each is written twice.

    Bad:
        let digits = "\d+"

    Good:
        let digits = "\\d+"
    """

    code = "S004"
    name = "bad-escape"


class UnclosedBracket(Code):
    """A `(`, `[` or `{` is never closed.

    What: a bracket is open where its declaration ends.

    Why: without its partner it would swallow the declarations below. The place shown is where
    the partner most likely belongs; the second label shows the opening one.

    Bad:
        stage final: dpo {
          from = tuned
        eval report { models = [final] }

    Good:
        stage final: dpo {
          from = tuned
        }
        eval report { models = [final] }
    """

    code = "S005"
    name = "unclosed-bracket"


class UnopenedBracket(Code):
    """A `)`, `]` or `}` closes nothing.

    What: there is no open bracket of this kind.

    Why: it is a leftover, or its opening partner was lost.

    Bad:
        let size = 2k)

    Good:
        let size = 2k
    """

    code = "S006"
    name = "unopened-bracket"


class MissingSign(Code):
    """A sign is missing between two words.

    What: `=`, `:`, `,`, `|` or a bracket has to stand here, and with it the text can be read.

    Why: the parts of a declaration are told apart by these signs, not by indentation.

    Bad:
        stage final dpo { from = tuned }

    Good:
        stage final: dpo { from = tuned }
    """

    code = "S007"
    name = "missing-sign"


class WrongSign(Code):
    """One sign stands in the place of another.

    What: a setting is `name = value`; a map entry, a column and a method are `name: value`; a
    comparison is `a == b`.

    Why: `=` gives a value, `:` says what something is, `==` asks.

    Bad:
        run { seed: 17 }

    Good:
        run { seed = 17 }
    """

    code = "S008"
    name = "wrong-sign"


class ForeignQuotes(Code):
    """A text stands in quotes of another kind.

    What: a text is written in straight double quotes.

    Why: one form is enough, and single and curly quotes belong to the texts themselves.

    Bad:
        import common = 'common.ftr'

    Good:
        import common = "common.ftr"
    """

    code = "S009"
    name = "foreign-quotes"


class ForeignConstant(Code):
    """`True`, `False`, `None` or `null` in the place of `true`, `false` or `none`.

    What: the constants of the language are written in small letters, and nothing is `none`.

    Why: as plain names they would be looked up as columns. A column of such a name is written in
    backquotes.

    Bad:
        stage tuned: sft { from = base, data = lessons, packing = True }

    Good:
        stage tuned: sft { from = base, data = lessons, packing = true }
    """

    code = "S010"
    name = "foreign-constant"


class ForeignOperator(Code):
    """An operator of another language.

    What: conditions are joined by `and`, `or` and `not`; a comparison is `==`, `!=`, `<`, `<=`,
    `>` or `>=`.

    Why: one spelling for each operator.

    Bad:
        data short = solutions | where lang == "en" && chars(answer) < 200

    Good:
        data short = solutions | where lang == "en" and chars(answer) < 200
    """

    code = "S011"
    name = "foreign-operator"


class ForeignComment(Code):
    """A comment begins with `//`.

    What: a comment begins with `#`, and with `##` one that describes the declaration below it.

    Why: one spelling for comments.

    Bad:
        run { seed = 17 }  // as in the paper

    Good:
        run { seed = 17 }  # as in the paper
    """

    code = "S012"
    name = "foreign-comment"


class ChainedComparison(Code):
    """Two comparisons in a row.

    What: `1 < x < 5` compares the answer of `1 < x` with 5 in some languages and means a range in
    others.

    Why: a range says it: `x in 1..5`, both ends included; or two comparisons joined by `and`.

    Bad:
        data some = solutions | where 40 < chars(answer) < 8k

    Good:
        data some = solutions | where chars(answer) > 40 and chars(answer) < 8k
    """

    code = "S013"
    name = "chained-comparison"


class ReservedWord(Code):
    """A word of the language is used as a name.

    What: `ftr import type param let rounds expect else by and or not in true false none` are
    reserved.

    Why: they hold the grammar together. A column of such a name is written in backquotes.

    Bad:
        data some = pairs | select type

    Good:
        data some = pairs | select `type`
    """

    code = "S014"
    name = "reserved-word"


class BadNumber(Code):
    """A number is not written as one.

    What: a number begins with a digit, and a `_` stands between two digits.

    Why: `.5` is easily read as `5`, and a stray `_` is mostly a typing error.

    Bad:
        let share = .5

    Good:
        let share = 0.5
    """

    code = "S015"
    name = "bad-number"


class MissingValue(Code):
    """A value is missing.

    What: after `=`, `:`, an operator or a comma something has to follow.

    Why: a line end ends a statement (except inside `( )` and `[ ]`), so a value stands on the
    line of its name.

    Bad:
        stage final: dpo { from = tuned, beta = }

    Good:
        stage final: dpo { from = tuned, beta = 0.1 }
    """

    code = "S016"
    name = "missing-value"


class TooDeep(Code):
    """Expressions are nested too deeply.

    What: more than a hundred brackets or operators stand inside each other.

    Why: nobody can read it, and reading it must always end.

    Bad:
        let total = ((((((((1))))))))  # and a hundred more

    Good:
        let part = 1
        let total = part

    Source: chosen here, well below the depth at which Python itself stops.
    """

    code = "S017"
    name = "too-deep"


class TooLarge(Code):
    """The file is too large to be a recipe.

    What: a recipe has at most four million characters.

    Why: rows belong in data files; a recipe says where they are.

    Bad:
        data some = rows([{ text: "…" }])  # and a million more

    Good:
        data some = read("rows.jsonl")

    Source: chosen here, a thousand times the longest recipe that comes along.
    """

    code = "S018"
    name = "too-large"


class NestedBlock(Code):
    """A block stands inside a block.

    What: a block has settings, `name = value`, and gates, `expect …`; no blocks.

    Why: a setting with parts of its own is written as a call or as a map, so that it has one
    value with one type.

    Bad:
        stage tuned: sft {
          adapter lora { rank = 16 }
        }

    Good:
        stage tuned: sft {
          adapter = lora(rank = 16)
        }
    """

    code = "S019"
    name = "nested-block"


class DataBlock(Code):
    """A dataset is written as a block.

    What: a dataset is a pipeline: a source and steps.

    Why: the order of steps matters, and the order of settings in a block never does.

    Bad:
        data pairs { source = "pairs.jsonl" }

    Good:
        data pairs = read("pairs.jsonl")
    """

    code = "S020"
    name = "data-block"


class MisplacedEdition(Code):
    """`ftr` stands below the first line.

    What: the edition of the language is the first statement of a file, and stands there once.

    Why: it says how all that follows is read.

    Bad:
        run { seed = 17 }
        ftr 1

    Good:
        ftr 1
        run { seed = 17 }
    """

    code = "S021"
    name = "misplaced-edition"


class StepBrackets(Code):
    """The arguments of a step stand in brackets.

    What: a step is a name, then its arguments: `| take 2k by topic`.

    Why: steps read as sentences; brackets belong to functions.

    Bad:
        data some = pairs | dedup(question, near = 0.85)

    Good:
        data some = pairs | dedup question, near = 0.85
    """

    code = "S022"
    name = "step-brackets"


class BareAssignment(Code):
    """A declaration has no kind.

    What: `name = value` stands where a declaration is expected.

    Why: each declaration says what it declares: `let`, `param`, `type`, `data`, `stage`, and so
    on. Settings stand in a block.

    Bad:
        rate = 2e-4

    Good:
        let rate = 2e-4
    """

    code = "S023"
    name = "bare-assignment"


class StepWithoutBar(Code):
    """A step does not begin with `|`.

    What: each step of a pipeline begins with `|`, on the line of its source or on a line of its own.

    Why: a line that begins with a word begins a declaration. The sign is all that tells the two
    apart, as indentation means nothing.

    Bad:
        data some = solutions
          where language == "python"
          | take 2k

    Good:
        data some = solutions
          | where language == "python"
          | take 2k
    """

    code = "S024"
    name = "step-without-bar"


class IndentedBlock(Code):
    """A block is held together by indentation, or by a section's heading.

    What: the settings of a declaration stand in braces; the lines below it do not belong to it by
    their indentation as in YAML, or by a `[heading]` as in TOML.

    Why: with braces no edit changes in silence what a setting belongs to.

    Bad:
        stage tuned:
          method: sft
          from: base

    Good:
        stage tuned: sft {
          from = base
        }
    """

    code = "S025"
    name = "indented-block"


class ConflictMark(Code):
    """The marks of a merge conflict stand in the file.

    What: a line begins with `<<<<<<<`, `=======` or `>>>>>>>`, as version control writes them where
    two changes meet.

    Why: only a person can say which side is meant. Until then the first one is read.

    Bad:
        <<<<<<< ours
        let rate = 2e-4
        =======
        let rate = 1e-4
        >>>>>>> theirs

    Good:
        let rate = 2e-4
    """

    code = "S026"
    name = "conflict-mark"


class Program(Code):
    """A statement of a programming language.

    What: a recipe has no `if` and `for` statements, no functions of its own and no lambdas.

    Why: what a recipe does has to be known before it runs. What differs between two runs is a
    `param` or a `profile`; a condition in a value is `if(condition, then, otherwise)`; what repeats
    is a pipeline over rows, or `rounds`.

    Bad:
        if small {
          run { max_rows = 200 }
        }

    Good:
        profile small { max_rows = 200 }
    """

    code = "S027"
    name = "program"


class QuotedName(Code):
    """A name stands in quotes.

    What: names of declarations and settings are plain words; quotes make a text.

    Why: a name can be referred to, a text cannot.

    Bad:
        stage "tuned": sft { "from" = base }

    Good:
        stage tuned: sft { from = base }
    """

    code = "S028"
    name = "quoted-name"


class DashedName(Code):
    """A name has a `-` in it.

    What: names are made of letters, digits and `_`; `a-b` is a difference.

    Why: `batch-size` has to be a subtraction everywhere or nowhere.

    Bad:
        stage first-try: sft { from = base }

    Good:
        stage first_try: sft { from = base }
    """

    code = "S029"
    name = "dashed-name"


class SplitLine(Code):
    """A statement goes on below the line on which it ends.

    What: a line end ends a statement, except inside `( )` and `[ ]` and before a line that begins
    with `|`.

    Why: statements are told apart by line ends, not by indentation.

    Bad:
        let total = 1
          + 2

    Good:
        let total = (1
          + 2)
    """

    code = "S030"
    name = "split-line"


CODES: tuple[type[Code], ...] = (
    UnexpectedWord,
    BadCharacter,
    UnclosedText,
    BadEscape,
    UnclosedBracket,
    UnopenedBracket,
    MissingSign,
    WrongSign,
    ForeignQuotes,
    ForeignConstant,
    ForeignOperator,
    ForeignComment,
    ChainedComparison,
    ReservedWord,
    BadNumber,
    MissingValue,
    TooDeep,
    TooLarge,
    NestedBlock,
    DataBlock,
    MisplacedEdition,
    StepBrackets,
    BareAssignment,
    StepWithoutBar,
    IndentedBlock,
    ConflictMark,
    Program,
    QuotedName,
    DashedName,
    SplitLine,
)
