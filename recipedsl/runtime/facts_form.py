"""The form of the facts in a manifest, by kind of node: what is relied on when they are shown.

A manifest may come from a store that somebody else wrote and sealed; facts of another form are damage
like any other. Parts that a kind adds beside these are left as they are.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from recipedsl.language.types import RowType

Whole = Annotated[int, Field(strict=True, ge=0)]
Number = Annotated[float, Field(strict=True)]
Words = Annotated[str, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]


def _row_type(form: dict[str, Any]) -> dict[str, Any]:
    try:
        RowType.from_json(form)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("no row type") from error
    return form


class _Model(BaseModel):
    parameters: Whole = 0


class _Near(BaseModel):
    groups: Whole


class _Step(BaseModel):
    rows: Whole
    keyword: Words
    near: _Near = _Near(groups=0)
    masked: dict[str, Whole] = {}
    unshaped: dict[str, Whole] = {}


class _Data(BaseModel):
    rows_in: Whole
    rejects: Whole
    rejected: list[Words] = []
    steps: list[_Step]
    rows: dict[str, Whole]
    columns: Annotated[dict[str, Any], AfterValidator(_row_type)]


class _Lengths(BaseModel):
    p50: Whole
    p95: Whole
    max: Whole


class _Segment(BaseModel):
    text: Words
    trained: Flag


class _Encoder(BaseModel):
    reason: Words = ""
    instead_of: Words = ""


class _Tokens(BaseModel):
    rows: Whole
    kept: Whole
    dropped: dict[str, Whole] = {}
    cut: Whole = 0
    untrained: Whole = 0
    special: Whole = 0
    tokens: Whole
    trained: Whole = 0
    sequences: Whole = 0
    lengths: _Lengths
    samples: list[list[_Segment]] = []
    encoder: _Encoder = _Encoder()


class _Stage(BaseModel):
    steps: Whole
    loss: Number | None = None
    losses: list[tuple[Whole, Number]] = []
    looks: list[tuple[Whole, Number | None]] = []
    tokens: Whole = 0
    trainable: Whole = 0
    parameters: Whole = 0
    device: Words = ""
    dtype: Words = ""


class _Eval(BaseModel):
    rows: Whole
    results: dict[str, dict[str, Number | None]]
    unfinished: dict[str, Number] = {}


_FORMS: dict[str, type[BaseModel]] = {
    "model": _Model,
    "data": _Data,
    "tokens": _Tokens,
    "stage": _Stage,
    "eval": _Eval,
}


def fault_of(kind: str, facts: Any) -> str:
    """What is wrong with the facts of a result, in words; empty when they have the form of their kind."""
    if kind not in _FORMS:
        return f"there is no kind of node `{kind[:20]}`" if isinstance(kind, str) else "it names no kind"
    try:
        _FORMS[kind].model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"its facts have another form: {place}: {first['msg'].lower()}"
    return ""
