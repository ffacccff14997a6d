"""Gates over measured values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics import RecipeError
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.plan.model import Gate, Origin
from recipedsl.runtime.evaluate.gates import GateResult, check_gates, diagnose, measured, read_results

ORIGIN = Origin(path="r.ftr", line=1, column=1, end_line=1, end_column=1)


def overall(**values: float | None) -> dict[str, Any]:
    return {model: {"overall": {"value": value}, "slices": {}} for model, value in values.items()}


RESULTS = {
    "pass_rate(tests, timeout = 10s)": overall(base=0.40, final=0.47, empty=None),
    "loss()": overall(base=1.5, final=1.2, empty=None),
}


def call(name: str, *arguments: Any) -> Call:
    parts = (Column(name=each) if isinstance(each, str) else each for each in arguments)
    return Call(
        function=name,
        arguments=tuple(p if isinstance(p, Column | Call) else Constant(value=p) for p in parts),
    )


def check(condition: Any, results: Any = RESULTS) -> GateResult:
    (result,) = check_gates([Gate(condition=condition, message="m", text="t", origin=ORIGIN)], results)
    return result


BASE, FINAL, EMPTY = "pass_rate(base)", "pass_rate(final)", "pass_rate(empty)"

CASES: list[tuple[Any, bool | None]] = [
    (call("greater_equal", FINAL, call("add", BASE, 0.05)), True),
    (call("greater_equal", FINAL, call("add", BASE, 0.10)), False),
    (call("less", "loss(final)", "loss(base)"), True),
    (call("greater", call("subtract", FINAL, BASE), 0), True),
    (call("greater", call("divide", FINAL, BASE), 1.1), True),
    (call("less_equal", call("multiply", BASE, 2), 0.5), False),
    (call("and", call("greater", FINAL, 0.3), call("less", "loss(final)", 1.0)), False),
    (call("or", call("greater", FINAL, 0.3), call("less", "loss(final)", 1.0)), True),
    (call("not", call("greater", FINAL, 0.3)), False),
    (call("between", FINAL, 0.4, 0.5), True),
    (call("between", FINAL, None, 0.4), False),
    (call("greater", call("negate", BASE), -0.5), True),
    (call("greater", EMPTY, 0.3), None),
    (call("and", call("greater", EMPTY, 0.3), call("greater", BASE, 0.9)), False),
    (call("or", call("greater", EMPTY, 0.3), call("greater", BASE, 0.3)), True),
    (call("or", call("greater", EMPTY, 0.3), call("greater", BASE, 0.9)), None),
    (call("greater", call("divide", BASE, 0), 1), None),
]


@pytest.mark.parametrize(("condition", "passed"), CASES)
def test_condition(condition: Any, passed: bool | None) -> None:
    assert check(condition).passed is passed


def test_values_are_drawn_once_in_order_of_appearance() -> None:
    condition = call("and", call("greater", FINAL, BASE), call("greater", FINAL, 0))
    assert check(condition).values == ((FINAL, 0.47), (BASE, 0.40))


def test_diagnostic_of_a_failed_gate() -> None:
    diagnostic = diagnose(check(call("less", FINAL, BASE)))
    assert (diagnostic.code, diagnostic.message) == ("R660", "m")
    assert diagnostic.notes == ("expected t", "pass_rate(final) = 0.47", "pass_rate(base) = 0.4")


def test_diagnostic_of_an_undecided_gate() -> None:
    diagnostic = diagnose(check(call("less", EMPTY, BASE)))
    assert (diagnostic.code, diagnostic.notes[0]) == ("R661", "pass_rate(empty) = not measured")


def test_first_of_several_metrics_of_one_keyword_is_meant() -> None:
    results = {"pass_rate(a)": overall(base=0.1), "pass_rate(b)": overall(base=0.2)}
    assert measured(results) == {
        "pass_rate(base)": 0.1,
        "pass_rate(a)(base)": 0.1,
        "pass_rate(b)(base)": 0.2,
    }


def test_what_stands_beside_the_metrics_is_no_metric() -> None:
    results = {**RESULTS, "unfinished": {"base": 0.5}, "gates": [{"text": "old", "passed": True}]}
    assert check(call("less", BASE, FINAL), results).passed is True


def test_verdicts_of_an_older_form_are_left_out(tmp_path: Path) -> None:
    old = {**RESULTS, "unfinished": {}, "gates": [{"text": "old", "passed": True}]}
    (tmp_path / "results.json").write_text(json.dumps(old))
    assert read_results(tmp_path) == {**RESULTS, "unfinished": {}}


@pytest.mark.parametrize(
    "condition",
    [call("greater", "vibes(base)", 1), call("redact", BASE), call("less", BASE), Constant(value="yes")],
)
def test_a_gate_that_no_compiler_makes_is_refused(condition: Any) -> None:
    with pytest.raises(RecipeError, match="asks for something that no evaluation gives"):
        check(condition)
