"""Chat templates are programs of strangers: they run in Jinja's sandbox, as in transformers, with limits.

What is covered, and how:

- reach: Jinja's immutable sandbox (no files, no modules, no private attributes, no changing of arguments);
- time: iterations of loops and entries of macros are counted, not timed, so that a template that
  is refused is refused on every machine. A loop is charged its length before it begins;
- memory: results of `+ * ** % ~`, of calls, of set blocks and of filters that can grow are measured,
  widths and counts given to them are bounded first, lists are weighed before they become text;
- output: the rendered text is measured while it grows;
- what counting cannot see (slow calls, many of them): a clock, read at every iteration and entry.

What is not covered: a single library call that is slow on arguments within these bounds.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jinja2
from jinja2 import Environment, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

#: Iterations and macro entries that one rendering may take.
MAX_STEPS = 2_000_000
#: Seconds after which a rendering is given up. Far above what counting lets through in a usual template.
MAX_SECONDS = 30.0
#: Characters that a rendering, or any value within it, may have.
MAX_CHARACTERS = 16_000_000
#: Widths, counts and repetitions that may be asked for.
MAX_COUNT = 100_000

#: What `strftime_now` says it is. A rendering must not read the clock: the same recipe gives the
#: same tokens tomorrow. The day is the one that Llama 3's templates fall back to.
FROZEN_NOW = datetime(2024, 7, 26)

#: Items of a list that a template makes.
MAX_ITEMS = 1_000_000
#: What entering a macro costs in steps: a call takes about as long as so many iterations.
MACRO_STEPS = 20

_GROWING_FILTERS = (
    *("join", "replace", "center", "indent", "wordwrap", "format", "batch", "slice", "xmlattr"),
    *("string", "list", "pprint", "tojson"),
)
_WIDE = re.compile(r"[%{][^%}]*?(\d{6,}|\*)")
#: Names of the filters that `_meter` puts into a template.
STEP = "recipedsl_step"
TICK = "recipedsl_tick"
ITERATE = "recipedsl_iterate"
MEASURE = "recipedsl_measure"
CONCAT = "recipedsl_concat"


class LimitExceeded(SecurityError):
    """A template asked for more than a rendering may take."""


@dataclass
class _Budget:
    steps: int = MAX_STEPS
    end: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise LimitExceeded(f"the template takes more than {MAX_STEPS} steps")
        if time.monotonic() > self.end:
            raise LimitExceeded(f"the template takes more than {MAX_SECONDS:g} s")


class ChatEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox in which chat templates are compiled and rendered."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=[GenerationTag, loopcontrols], finalize=_weighed
        )
        self.budget = _Budget()
        self.spans: list[tuple[int, int]] = []
        self.filters["tojson"] = to_json
        for name in _GROWING_FILTERS:
            self.filters[name] = _measured_filter(self.filters[name])
        self.filters[STEP] = self._step
        self.filters[TICK] = self._tick
        self.filters[ITERATE] = self._iterate
        self.filters[MEASURE] = _measured
        self.filters[CONCAT] = _concat
        self.globals.update(
            raise_exception=raise_exception,
            strftime_now=FROZEN_NOW.strftime,
            namespace=_ClosedNamespace,
            dict=_make_dict,
        )
        self.globals.pop("lipsum", None)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Measure what an operator gives; bound what it could give where measuring is too late."""
        if operator == "*":
            _bound_product(left, right)
        elif operator == "**":
            _bound_count(right, 64)
        elif operator == "%" and isinstance(left, str):
            _bound_widths(left)
        return _measured(super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as the base
        """Call something for a template: arguments bounded, result measured."""
        for value in (*args, *kwargs.values()):
            if isinstance(value, int):
                _bound_count(value, MAX_COUNT)
        _bound_method(__obj, args)
        return _measured(super().call(__context, __obj, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """The sandboxed `str.format` of a pattern that asks for no great widths."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            _bound_widths(value.__self__)
        return wrapped

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _meter(tree)
        return tree

    def _iterate(self, items: Any) -> Any:
        known = items if isinstance(items, list | tuple | str | dict | range) else list(items)
        self.budget.spend(len(known) + 1)
        return known

    def _tick(self, value: Any) -> Any:
        self.budget.spend(0)
        return value

    def _step(self, value: Any) -> Any:
        self.budget.spend(MACRO_STEPS)
        return value


class GenerationTag(Extension):
    """`{% generation %} … {% endgeneration %}`: what the model writes.

    The block's output is put between two marks that no text can hold; `render` finds and removes
    them. Marks survive filters on the whole output better than counting rendered pieces does.
    """

    tags = {"generation"}  # noqa: RUF012 - as the base declares it

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """Parse the block into a call that marks its output."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_marked"), [], [], body).set_lineno(line)

    def _marked(self, caller: Callable[[], str]) -> str:
        return f"{OPEN_MARK}{caller()}{CLOSE_MARK}"


#: Non-characters of Unicode: they are never part of a text that is interchanged.
OPEN_MARK, CLOSE_MARK = "\ufdd0", "\ufdd1"
_MARKS = re.compile(f"[{OPEN_MARK}{CLOSE_MARK}]")


def render(template: jinja2.Template, variables: dict[str, Any]) -> tuple[str, list[tuple[int, int]]]:
    """Render under the limits.

    Args:
        template: compiled by a `ChatEnvironment`.
        variables: what the template sees; plain JSON values only.

    Returns:
        The text, and the spans of its `{% generation %}` blocks as half-open character ranges.

    Raises:
        jinja2.TemplateError: from the template, `LimitExceeded` among them.
    """
    environment = template.environment
    assert isinstance(environment, ChatEnvironment)
    environment.budget = _Budget()
    pieces: list[str] = []
    size = 0
    for piece in template.generate(variables):
        size += len(piece)
        _bound_size(size)
        pieces.append(piece)
    return _without_marks("".join(pieces))


def _without_marks(text: str) -> tuple[str, list[tuple[int, int]]]:
    if OPEN_MARK not in text:
        return text, []
    spans: list[tuple[int, int]] = []
    size = 0
    parts = _MARKS.split(text)  # outside, inside, outside …
    for position, part in enumerate(parts):
        if position % 2:
            spans.append((size, size + len(part)))
        size += len(part)
    return "".join(parts), spans


def _meter(tree: nodes.Template) -> None:
    """Put counters into loops and macros and measures on growing values."""
    for loop in tree.find_all(nodes.For):
        loop.iter = _filtered(loop.iter, ITERATE)
        loop.body.insert(0, _count_step(loop.lineno, STEP if loop.recursive else TICK))
    macros: list[nodes.Macro | nodes.CallBlock] = [
        *tree.find_all(nodes.Macro),
        *tree.find_all(nodes.CallBlock),
    ]
    for macro in macros:
        macro.body.insert(0, _count_step(macro.lineno))
    for block in tree.find_all(nodes.AssignBlock):
        block.filter = _filtered(block.filter, MEASURE)
    for node in list(tree.find_all(nodes.Node)):
        _measure_joins(node)


def _measure_joins(node: nodes.Node) -> None:
    """Replace every `a ~ b` directly below this node by one that measures."""
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Concat):
            setattr(node, name, _joined(value))
        elif isinstance(value, list):
            value[:] = [_joined(each) if isinstance(each, nodes.Concat) else each for each in value]


def _joined(concat: nodes.Concat) -> nodes.Filter:
    return _filtered(nodes.List(concat.nodes, lineno=concat.lineno), CONCAT)


def _filtered(value: Any, name: str) -> nodes.Filter:
    line = 1 if value is None else value.lineno
    return nodes.Filter(value, name, [], [], None, None, lineno=line)


def _count_step(line: int, counter: str = STEP) -> nodes.Stmt:
    # Not a constant, or the compiler would fold the filter away.
    anything = nodes.Name("messages", "load", lineno=line)
    return nodes.ExprStmt(nodes.Filter(anything, counter, [], [], None, None, lineno=line), lineno=line)


def raise_exception(message: str) -> None:
    """Refuse the conversation, as a template says why. Raises jinja2.TemplateError."""
    raise jinja2.TemplateError(message)


def to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as transformers gives it to templates: without HTML escapes."""
    if indent is not None:
        _bound_count(indent, 64)
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _make_dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    return dict(*args, **kwargs)


class _ClosedNamespace(Namespace):
    """Refuses private names, which reach into the interpreter."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        self, *rest = args
        attributes = dict(*rest, **kwargs)
        for name in attributes:
            _bound_name(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _bound_name(name)
        Namespace.__setitem__(self, name, value)


def _bound_name(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"the template stores a private name on a namespace: {name!r}")


def _concat(values: list[Any]) -> str:
    return "".join(str(value) for value in _weighed(values))


def _weighed(value: Any) -> Any:
    """A value about to become text: refused when the text would be too long."""
    if isinstance(value, list | tuple | dict):
        _bound_size(_weight(value))
    return value


def _weight(value: Any) -> int:
    """Roughly the characters of a value as text; stops counting when there are too many."""
    total, open_values = 0, [value]
    while open_values and total <= MAX_CHARACTERS:
        each = open_values.pop()
        if isinstance(each, str):
            total += len(each)
        elif isinstance(each, dict):
            open_values += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            open_values += each
        total += 1
    return total


def _measured(value: Any) -> Any:
    if isinstance(value, str):
        _bound_size(len(value))
    elif isinstance(value, bytes | bytearray | memoryview):
        raise LimitExceeded("the template makes bytes, and only text is rendered")
    elif isinstance(value, list | tuple) and len(value) > MAX_ITEMS:
        raise LimitExceeded(f"the template makes a list of more than {MAX_ITEMS} items")
    elif isinstance(value, int) and value.bit_length() > 4096:
        raise LimitExceeded("the template computes a number of more than 4096 bits")
    return value


def _measured_filter(filter_: Callable[..., Any]) -> Callable[..., Any]:
    def measured(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, int):
                _bound_count(value, MAX_COUNT)
            _weighed(value)
        texts = [value for value in args if isinstance(value, str)]
        if filter_.__name__ == "do_format" and texts:
            _bound_widths(texts[0])
        if filter_.__name__ == "do_replace" and len(texts) > 2:
            _bound_replacement(*texts[-3:])
        return _measured(filter_(*args, **kwargs))

    # Jinja reads from the function whether it wants the context first.
    measured.__dict__.update(filter_.__dict__)
    measured.__name__ = filter_.__name__
    return measured


def _bound_method(method: Any, args: tuple[Any, ...]) -> None:
    owner = getattr(method, "__self__", None)
    if not isinstance(owner, str):
        return
    name = getattr(method, "__name__", "")
    if name == "replace" and len(args) > 1 and all(isinstance(each, str) for each in args[:2]):
        _bound_replacement(owner, args[0], args[1])
    elif name == "join" and args:
        _bound_product(owner, len(args[0]) if hasattr(args[0], "__len__") else MAX_COUNT)
        _weighed(args[0])
    elif name in {"format", "format_map"}:
        _bound_widths(owner)
    elif name == "expandtabs":
        _bound_size(owner.count("\t") * max([8, *(each for each in args if isinstance(each, int))]))
    elif name == "translate":
        raise LimitExceeded("the template calls `translate`")


def _bound_replacement(text: str, old: str, new: str) -> None:
    if len(text) * len(new) > MAX_CHARACTERS:  # rough bound first: counting costs
        _bound_size(len(text) + text.count(old) * len(new))


def _bound_product(left: Any, right: Any) -> None:
    for value, count in ((left, right), (right, left)):
        if isinstance(value, str | list | tuple) and isinstance(count, int):
            if not isinstance(value, str) and len(value) * count > MAX_ITEMS:
                raise LimitExceeded(f"the template makes a list of more than {MAX_ITEMS} items")
            _bound_size(len(value) * max(count, 0))


def _bound_count(value: Any, limit: int) -> None:
    if isinstance(value, int) and abs(value) > limit:
        raise LimitExceeded(f"the template asks for a width or count above {limit}")


def _bound_widths(pattern: str) -> None:
    if _WIDE.search(pattern):
        raise LimitExceeded("the template asks for a width of more than five digits")


def _bound_size(size: int) -> None:
    if size > MAX_CHARACTERS:
        raise LimitExceeded(f"the template makes a text of more than {MAX_CHARACTERS} characters")


def compile_template(text: str) -> jinja2.Template:
    """Compile a chat template in a sandbox of its own.

    Raises:
        jinja2.TemplateSyntaxError: when it is not Jinja.
    """
    environment: Environment = ChatEnvironment()
    return environment.from_string(text)
