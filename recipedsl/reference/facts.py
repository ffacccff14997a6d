"""What is true of a word beside its page and settings: what it takes and gives, and what carries it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from recipedsl.language.concept import Concept, Setting, Word
from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.metrics.metrics import Metric
from recipedsl.language.optimizers.optimizers import Optimizer
from recipedsl.language.schedules.schedules import Schedule
from recipedsl.language.shapes import SHAPE_COLUMNS, Shape
from recipedsl.language.stages.base import StageMethod
from recipedsl.language.steps.base import Step
from recipedsl.language.steps.shaping import ShapeForm
from recipedsl.language.types import Kind, Type
from recipedsl.language.values import ValueType, Wants
from recipedsl.reference.markdown import code, listed
from recipedsl.reference.values import written

#: A number or text that measures nothing.
_PLAIN = ValueType(Wants.NUMBER)


def facts_of(word: type[Word]) -> list[tuple[str, str]]:
    """Pairs of a heading and Markdown of one line, in the order in which they are read."""
    found = [pair for base, tell in _TELLERS if issubclass(word, base) for pair in tell(word)]
    return [*found, *_gates(word)]


def later(setting: Setting) -> str:
    """What is said behind a setting that nothing carries out yet, Markdown; empty for the others."""
    return " *(not carried out yet)*" if setting.not_yet else ""


def _stage(word: type[StageMethod]) -> Iterator[tuple[str, str]]:
    takes = _shapes(getattr(word, "takes", ()))
    if takes:
        yield "Takes", f"rows of the shape {takes}"
    yield (
        "Gives",
        {"policy": "a model that writes", "reward": "a reward model, which scores"}.get(
            word.gives, str(word.gives)
        ),
    )
    if getattr(word, "trainer_class", ""):
        yield "Trained by", f"{code(word.trainer_class)}, configured by {code(word.config_class)}"
    if word.compares:
        yield "Reference", "the policy that it starts from; how it is kept at hand is derived"
    if hasattr(word, "rate"):
        rates = [written(each, _PLAIN) for each in (word.rate, word.lora_rate, *word.usual_rate)]
        full, adapter, low, high = (code(each) for each in rates)
        yield "Learning rate", f"{full} when left out, {adapter} with an adapter"
        yield "Usual rates", f"{low} to {high} with full weights, ten times that with an adapter"
    if word.fixed:
        yield (
            "Fixed arguments",
            listed([code(f"{name} = {value}") for name, value in word.fixed.items()], "and"),
        )


def _step(word: type[Step]) -> Iterator[tuple[str, str]]:
    yield "Takes", str(word.takes)
    notes = {
        "grouped": "`by` and columns may follow",
        "draws": "draws with a seed that comes from the run's and the dataset's name",
        "drops": "rows may fall; the plan says how many",
        "last": "ends its pipeline",
    }
    told = [words for name, words in notes.items() if getattr(word, name)]
    if told:
        yield "Note", "; ".join(told)


def _shape(word: type[ShapeForm]) -> Iterator[tuple[str, str]]:
    ways = [listed([code(name) for name in word.accepts if name in way], "and") for way in word.ways]
    yield "Needs", ", or ".join(ways)
    columns = SHAPE_COLUMNS.get(word.shape, tuple(word.columns))
    yield "Gives the columns", listed([code(f"{name}: {word.columns[name]}") for name in columns], "and")
    yield "Arguments may be", listed([f"{code(name)} {kind}" for name, kind in word.accepts.items()], "and")


def _metric(word: type[Metric]) -> Iterator[tuple[str, str]]:
    yield "Takes", f"rows of the shape {_shapes(word.takes)}"
    yield "Reads", "answers that the models write" if word.reads_answers else "the rows' own answers"
    yield "Better", "higher" if word.higher else "lower"
    yield "Interval", "Wilson, 95%" if word.share else "normal, 95%"


def _schedule(word: type[Schedule]) -> Iterator[tuple[str, str]]:
    yield "Becomes", f"{code('lr_scheduler_type = ' + word.scheduler)} of `transformers.TrainingArguments`"


def _optimizer(word: type[Optimizer]) -> Iterator[tuple[str, str]]:
    yield "Becomes", f"{code('optim = ' + word.optim)} of `transformers.TrainingArguments`"
    yield "Memory", f"{word.state_bytes} bytes of state for each trained weight"


def _gates(word: type[Word]) -> Iterator[tuple[str, str]]:
    if issubclass(word, Concept) and word.gates:
        yield "Gates", '`expect condition else "…"` may stand among its settings'


_TELLERS: tuple[tuple[type[Word], Callable[[Any], Iterable[tuple[str, str]]]], ...] = (
    (StageMethod, _stage),
    (Step, _step),
    (ShapeForm, _shape),
    (Metric, _metric),
    (Schedule, _schedule),
    (Optimizer, _optimizer),
)


def _shapes(shapes: Iterable[Shape]) -> str:
    return listed([code(str(each)) for each in shapes])


# --- functions --------------------------------------------------------------------------------------


def signature(function: type[Function]) -> str:
    """`chars(text: text) -> int`; an operator stands between its operands."""
    gives = _type(function.gives) if function.gives is not None and not _computes(function) else "…"
    if function.operator and function.operator not in ("..", ".", "["):
        names = [each.name for each in function.takes]
        form = (
            f"{names[0]} {function.operator} {names[1]}"
            if len(names) > 1
            else f"{function.operator} {names[0]}"
        )
        types = ", ".join(dict.fromkeys(_type(each.type) for each in function.takes))
        return f"{form}   ({types} -> {gives})"
    arguments = [_parameter(each) for each in function.takes]
    if function.rest is not None:
        arguments.append(f"…: {_type(function.rest)}")
    return f"{function.keyword}({', '.join(arguments)}) -> {gives}"


def _computes(function: type[Function]) -> bool:
    """Whether the type of the result depends on those of the arguments."""
    return function.gives is not None and function.gives.kind is Kind.ANY


def _parameter(parameter: Parameter) -> str:
    words = f"{parameter.name}: {_type(parameter.type)}"
    if parameter.default is not None:
        return f"{words} = {written(parameter.default, _PLAIN)}"
    return f"{words}?" if parameter.optional and not words.endswith("?") else words


def _type(type_: Type) -> str:
    """As in a recipe; any type, any list and any record have no spelling there."""
    if type_.kind is Kind.ANY:
        return "any"
    if type_.kind is Kind.LIST and type_.item is None:
        return "list" + ("?" if type_.nullable else "")
    if type_.kind is Kind.RECORD and not type_.fields:
        return "record" + ("?" if type_.nullable else "")
    return str(type_)
