"""A chat template rendered once for all conversations alike: the same sandbox, with unknown texts in it.

`TracingEnvironment` is the sandbox of `sandbox.py` with one thing more: every filter, test, call,
operator and comparison that could look into an unknown text without its knowing (because it is
written in C, and reads what the text is made of) is refused or answered. See `unknown.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import LoopContext, Macro

from recipedsl.data.tokens.sandbox import (
    CONCAT,
    ITERATE,
    MEASURE,
    STEP,
    TICK,
    ChatEnvironment,
    raise_exception,
    to_json,
)
from recipedsl.data.tokens.unknown import (
    QUOTED,
    STANDING,
    Safe,
    Step,
    Trail,
    Unknown,
    UnknownLength,
    UnknownRecord,
    Untraceable,
    holds_unknown,
    is_unknown,
)

#: Filters that copy, order by something else, or ask through methods; what they give may hold unknowns.
_COPYING = {"join", "default", "d", "string", "trim", CONCAT, MEASURE, STEP, TICK}
#: Filters that look at the container and not into its texts.
_SHAPING = {"length", "count", "first", "last", "list", "reverse", "items", ITERATE}
#: Filters that apply another filter or test, which is looked after by itself, to each item.
_APPLYING = {"map", "select", "reject", "selectattr", "rejectattr"}
#: Tests of what a value is, the same for every text.
_OF_KIND = {
    *("defined", "undefined", "none", "boolean", "false", "true", "integer", "float", "string", "mapping"),
    *("number", "sequence", "iterable", "callable"),
}
#: What an unknown text may be, or be in.
_DATA = (str, list, tuple, dict, UnknownLength)
#: Tests of kind that use methods of records.
_LOOKING = {"sequence", "iterable"}
#: Tests that compare with `==`, which unknowns answer.
_EQUAL = {"==", "eq", "equalto", "!=", "ne"}
#: What compiled templates hand to every call: the variables around it, which only macros see.
_SCOPES = {"_loop_vars", "_block_vars"}
_HAYSTACK = "recipedsl_haystack"


class TracingEnvironment(ChatEnvironment):
    """The sandbox with unknown texts; `trail` is that of the rendering under way."""

    def __init__(self) -> None:
        super().__init__()
        self.trail = Trail(())
        for name, filter_ in list(self.filters.items()):
            self.filters[name] = self._watched_filter(name, filter_)
        tests: dict[str, Any] = dict(self.tests)
        self.tests.update({name: _watched_test(name, test) for name, test in tests.items()})
        self.filters[_HAYSTACK] = _haystack

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Texts may be joined; no other operator has an unknown one."""
        unknown = holds_unknown([left, right])
        if unknown and operator != "+":
            raise Untraceable(f"`{operator}` with an unknown text")
        return self._kept(super().call_binop(context, operator, self._kept(left), self._kept(right)))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as the base
        """Unknown texts go to the template's own macros and to their own methods, nowhere else."""
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str) and not isinstance(owner, Unknown) and is_unknown(owner):
            __obj = getattr(__self._kept(owner), __obj.__name__)
        handed_on = isinstance(__obj, Macro | LoopContext) or __obj in __self._makers
        named = {name: value for name, value in kwargs.items() if name not in _SCOPES}
        if not handed_on and not isinstance(owner, Unknown) and holds_unknown([args, named]):
            raise Untraceable("a call with an unknown text")
        if isinstance(owner, dict) and getattr(__obj, "__name__", "") not in {
            "get",
            "items",
            "keys",
            "values",
        }:
            raise Untraceable("a method of a record")
        return __self._kept(super().call(__context, __obj, *args, **kwargs))

    @property
    def _makers(self) -> tuple[Any, ...]:
        return (self.globals["namespace"], self.globals["dict"], raise_exception)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for operand in tree.find_all(nodes.Operand):
            if operand.op in {"in", "notin"}:
                operand.expr = nodes.Filter(
                    operand.expr, _HAYSTACK, [], [], None, None, lineno=operand.lineno
                )
        return tree

    def _kept(self, value: Any) -> Any:
        """A text that C code joined from unknown ones is unknown too."""
        if isinstance(value, str) and not isinstance(value, Unknown) and STANDING.search(value):
            return self.trail.woven(value)
        return value

    def _watched_filter(self, name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            args = tuple(self._kept(each) for each in args)
            data = [each for each in args if isinstance(each, _DATA)]
            if holds_unknown([data, kwargs]):
                if name == "tojson":
                    return self._kept(self._as_json(*args, **kwargs))
                if name == "safe" and isinstance(args[0], Unknown):
                    return Safe.of(args[0])
                if name in {"length", "count"} and isinstance(args[0], Unknown):
                    return UnknownLength(args[0])
                _refuse(name, data, kwargs)
            return self._kept(filter_(*args, **kwargs))

        # Jinja reads from the function whether it wants the context first.
        watched.__dict__.update(getattr(filter_, "__dict__", {}))
        watched.__name__ = getattr(filter_, "__name__", name)
        return watched

    def _as_json(
        self,
        value: Any,
        ensure_ascii: bool = False,
        indent: int | None = None,
        separators: Any = None,
        sort_keys: bool = False,
    ) -> str:
        """A value with unknown texts or records in it as JSON. Raises Untraceable where it is not plain."""
        options = (ensure_ascii, indent, tuple(separators) if separators else None, sort_keys)
        if holds_unknown(list(options)):
            raise Untraceable("`tojson` with an unknown text")
        if not holds_unknown(value):
            return to_json(value, *options)
        value = self._kept(value)
        if isinstance(value, UnknownRecord):
            return value._json(*options)
        if isinstance(value, Unknown):
            return self.trail.unknown(Step(value._number, QUOTED, options))
        if indent is not None or sort_keys or not isinstance(value, dict | list):
            raise Untraceable("JSON of several unknown values in a form of its own")
        comma, colon = options[2] or (", ", ": ")
        if isinstance(value, list):
            return f"[{comma.join(self._as_json(each, *options) for each in value)}]"
        if holds_unknown(list(value)) or not all(isinstance(key, str) for key in value):
            raise Untraceable("a record with unknown keys")
        pairs = (
            to_json(key, *options) + colon + self._as_json(each, *options) for key, each in value.items()
        )
        return f"{{{comma.join(pairs)}}}"


def _refuse(name: str, data: list[Any], kwargs: dict[str, Any]) -> None:
    """Refuse a filter that could look into unknown texts. Raises Untraceable."""
    value, others = (data[0], data[1:]) if data else (None, [])
    direct = isinstance(value, str) and is_unknown(value)
    if holds_unknown([others, kwargs]) and name not in {"default", "d"}:
        raise Untraceable(f"`{name}` with an unknown text")
    if name in _COPYING or (not direct and name in _SHAPING | _APPLYING):
        return
    raise Untraceable(f"`{name}` of an unknown text")


def _watched_test(name: str, test: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        data = [each for each in args if isinstance(each, _DATA)]
        unknown = [each for each in data if isinstance(each, str) and is_unknown(each)]
        refused = (UnknownLength, UnknownRecord) if name in _LOOKING else UnknownLength
        if any(isinstance(each, refused) for each in data):
            raise Untraceable(f"the test `{name}` of an unknown value")
        if name in _OF_KIND:
            return test(*("" if isinstance(each, str) else each for each in args), **kwargs)
        if name not in _EQUAL and (unknown or holds_unknown(data)):
            raise Untraceable(f"the test `{name}` of an unknown text")
        if any(not isinstance(each, Unknown) for each in unknown):
            raise Untraceable(f"the test `{name}` of a joined text")
        return test(*args, **kwargs)

    watched.__dict__.update(getattr(test, "__dict__", {}))
    return watched


class _Known(str):
    """A known text that is searched: an unknown one in it would be compared by what it is made of."""

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        if isinstance(part, str) and is_unknown(part):
            raise Untraceable("an unknown text is looked for")
        return str.__contains__(self, part)  # type: ignore[operator]  # as `str` does


def _haystack(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Unknown):
        if is_unknown(value):
            raise Untraceable("a joined text is searched")
        return _Known(value)
    return value


def compile_traced(text: str) -> jinja2.Template:
    """Compile a chat template in a tracing sandbox of its own. Raises Untraceable where it cannot be."""
    if STANDING.search(text):
        raise Untraceable("the template writes characters that stand for texts")
    return TracingEnvironment().from_string(text)
