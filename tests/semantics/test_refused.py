"""What used to pass unseen and means nothing, or something else than what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.compiler import Request
from tests.compiling import CHATS, MODEL, PAIRS, TUNED, compile_text, messages

HELD = 'data held = rows([{ q: "a", a: "b", x: 0.5, l: ["t"] }]) | as chat(user = q, assistant = a)\n'
JUDGED = CHATS + PAIRS + TUNED + "stage judge: reward { from = tuned, data = pairs }\n" + HELD


def found(root: Path, text: str, request: Request | None = None) -> list[tuple[str, str]]:
    """Code and written place of every error."""
    outcome = compile_text(root, MODEL + text, request)
    errors = [each for each in outcome.problems.in_order() if each.is_error]
    return [
        (each.code, each.primary.source.slice(each.primary.span) if each.primary else "") for each in errors
    ]


@pytest.mark.parametrize(
    ("step", "code", "place"),
    [
        ("derive a = 1, a = 2", "N104", "a"),
        ("rename a = id, b = id", "N104", "b = id"),
        ("split a = 50%, a = 50%", "N104", "a"),
        ("split a = 100%, b = 0%", "D205", "b = 0%"),
        ("split a = rest, b = rest", "D205", "b = rest"),
        ("split a = rest, b = 100%", "D205", "a = rest"),
        ("split a = rest, b = 1.5", "D205", "b = 1.5"),
        ("split a = 90%, b = 10", "D205", "b = 10"),
        ("split `../a` = 50%, b = 50%", "T105", "`../a`"),
        ("split a = 50%, b = 50% | expect count() > 1", "D207", "expect count() > 1"),
        ("take 1 by topic, id = 3", "N103", "id"),
        ("sample 0.5", "T102", "0.5"),
        ("repeat 1e9", "T103", "1e9"),
        ("as text(answer), chat(answer)", "T105", "chat(answer)"),
        ("as chat(user = answer, user = topic, assistant = answer)", "N104", "user"),
        ("as text(answer) | drop text", "D202", "drop text"),
        ("as prompt(answer) | derive prompt = 1", "D202", "derive prompt = 1"),
        ('derive l = split(answer, " ") | sort by l', "T106", "l"),
        ('derive l = split(answer, " ") | take 1 by l', "T106", "l"),
        ('derive l = split(answer, " ") | where l[true] == ""', "T106", "true"),
        ("where id in [[1]]", "T106", "[[1]]"),
        ("where id in (1..2)", "T111", "1..2"),
        ("join held, on = id", "D201", "id"),
        ("derive x = 1 | rename q = id | join held, on = q", "T101", "q"),
        ("rename q = answer | derive l = 1 | join held, on = q", "D211", "held"),
        ("rename q = answer | join held, held, on = q", "T105", "held"),
        ("where answer == nobody", "D201", "nobody"),
        ("where base", "N107", "base"),
    ],
)
def test_steps(tmp_path: Path, step: str, code: str, place: str) -> None:
    held = 'data held = rows([{ q: "a", a: "b", l: ["t"] }])\n'
    assert found(tmp_path, held + f'data d = read("rows.jsonl") | {step}\n') == [(code, place)]


@pytest.mark.parametrize(
    ("setting", "code", "place"),
    [
        ("epochs = 0", "T103", "0"),
        ("seed = 1e10", "T103", "1e10"),
        ("steps = 1e300", "T103", "1e300"),
        ("adapter = lora(target = [])", "T101", "[]"),
        ("trainer = { seed: 1 }", "P402", "seed"),
        ("trainer = { max_steps: 1 }", "P402", "max_steps"),
        ("trainer = { sede: 1 }", "P405", "sede"),
        ("trainer = { hub_token: token }", "T101", "{ hub_token: token }"),
        ("trainer = { tf32: true, tf32: false }", "N104", "tf32"),
        ("steps = token", "T101", "token"),
        ("expect 1 > 2", "P402", "expect 1 > 2"),
    ],
)
def test_settings_of_stages(tmp_path: Path, setting: str, code: str, place: str) -> None:
    text = f'param token: secret = env("T")\n{CHATS}stage s: sft {{ from = base, data = chats, {setting} }}\n'
    assert found(tmp_path, text) == [(code, place)]


@pytest.mark.parametrize(
    ("reward", "code", "place"),
    [
        ("10s * judge", "T106", "10s * judge"),
        ("tuned", "D202", "tuned"),
        ("length(target = 5, limit = 4)", "T103", "4"),
        ('python("score")', "T101", '"score"'),
        ("passes(x)", "T101", "x"),
        ("exact(l)", "T101", "l"),
    ],
)
def test_rewards(tmp_path: Path, reward: str, code: str, place: str) -> None:
    online = f"stage o: grpo {{ from = tuned, data = (held | as prompt(q)), reward = {reward} }}\n"
    assert found(tmp_path, JUDGED + online) == [(code, place)]


@pytest.mark.parametrize(
    ("settings", "code", "place"),
    [
        ("models = [], metrics = [loss()]", "T101", "[]"),
        ("models = [base, base], metrics = [loss()]", "N102", "base"),
        ("models = [base, judge], metrics = [loss()]", "N107", "judge"),
        ("models = [base, later], metrics = [loss()]", "N118", "later"),
        ("models = [base], metrics = []", "T101", "[]"),
        ("models = [base], metrics = [loss, loss()]", "N102", "loss()"),
        ("models = [base], metrics = [pass_rate(x)]", "T101", "x"),
        ("models = [base], metrics = [win_rate(against = judge, judge = judge)]", "N107", "judge"),
        ("models = [base], metrics = [win_rate(against = later, judge = judge)]", "N118", "later"),
        ("models = [base], metrics = [loss()], slice = [x]", "T101", "x"),
        ("models = [base], metrics = [loss()], slice = [l]", "T101", "l"),
        ('models = [base], metrics = [format("a"), format("b")], expect format(base) > 0', "N109", "format"),
        ("models = [base], metrics = [loss()], expect loss(tuned) > 0", "T101", "tuned"),
        ("models = [base], metrics = [loss()], expect loss(base) > 5s", "T102", "5s"),
        ("models = [base], metrics = [loss()], expect -loss(base)", "T107", "-loss(base)"),
        ("models = [base], metrics = [loss()], expect loss(base) % 2 == 0", "T106", "%"),
        ("models = [base], metrics = [loss()], expect not loss(base)", "T106", "loss(base)"),
    ],
)
def test_evaluations(tmp_path: Path, settings: str, code: str, place: str) -> None:
    later = "stage later: sft { from = base, data = chats }\n"
    assert found(tmp_path, JUDGED + f"eval e {{ data = held, {settings} }}\n" + later) == [(code, place)]


@pytest.mark.parametrize(
    "gate", ["loss(base) in 1..5", "loss(base) not in ..5%", "loss(base) > 1 and not (1 < loss(base))"]
)
def test_gates_that_mean_something(tmp_path: Path, gate: str) -> None:
    text = JUDGED + f"eval e {{ models = [base], data = held, metrics = [loss()], expect {gate} }}\n"
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    ("data", "leaks"),
    [
        ("chats", True),
        ("(chats | take 1)", True),
        ("kept", True),
        ("(kept | where id > 1)", True),
        ('(read("rows.jsonl") | as chat(user = question, assistant = answer))', False),
        ("(raw | where id > 1 | as chat(user = question, assistant = answer))", True),
    ],
)
def test_rows_that_were_trained_on(tmp_path: Path, data: str, leaks: bool) -> None:
    text = (
        'data raw = read("rows.jsonl")\n'
        "data chats = raw | as chat(user = question, assistant = answer)\n"
        "data kept = chats | where id > 0\n"
        "data trained = concat(kept, chats)\n"
        "stage first: sft { from = base, data = trained }\n"
        "stage second: sft { from = first, data = (raw | where id < 1 | as text(answer)) }\n"
        f"eval e {{ models = [second], data = {data}, metrics = [loss()] }}\n"
    )
    assert [code for code, _ in found(tmp_path, text)] == (["D210"] if leaks else [])


def test_rows_told_apart_by_a_condition(tmp_path: Path) -> None:
    text = (
        "data shaped = raw | as chat(user = question, assistant = answer)\n"
        'data raw = read("rows.jsonl")\n'
        "stage s: sft { from = base, data = (shaped | where id != 1) }\n"
        "eval e { models = [s], data = (shaped | where id == 1), metrics = [loss()] }\n"
    )
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('data `tuned.data` = read("rows.jsonl")', "N117", "`tuned.data`"),
        ('data `run x` = read("rows.jsonl")', "N117", "`run x`"),
        ('import base = "other.ftr"', "N102", "base"),
        ('import other = "other.ftr"\nlet other = 1', "N102", "other"),
        ("type text = { a: int }", "N102", "text"),
        ("type T = { a: int, a: text }", "N102", "a"),
        ("type T = { a: int in 1..2 }", "P404", "1..2"),
        ("type T = { a: [] }", "T101", "[]"),
        ("type T = { a: text[int] }", "T101", "int"),
        ("data d: { id: text } = raw", "D204", "raw"),
        ("data d: { nothing: text } = concat(raw)", "D204", "concat(raw)"),
        ('data d = rows([{ a: 1 }, { a: "x" }])', "D209", '{ a: "x" }'),
        ("data d = rows([{ a: token }])", "T101", "rows([{ a: token }])"),
        ('model m: sft { from = local("tiny") }', "N106", "sft"),
        ('model m { from = pypi("x", file = "f", sha256 = "0") }', "T101", '"x"'),
        ('model m { from = pypi("x==1", file = "f", sha256 = "0") }', "T101", '"0"'),
        ('template t { shipped = "chatml", user = "x" }', "T105", "t"),
        ("profile p { rank = 0 }", "T103", "0"),
        ("profile p { rank = 2, rank = 3 }", "N104", "rank"),
        ("profile p { max_rows = 0 }", "T103", "0"),
        ('profile p { token = "x" }', "T112", '"x"'),
        ("profile p { expect 1 > 2 }", "P402", "expect 1 > 2"),
        ("let x = 3hous", "T102", "3hous"),
    ],
)
def test_declarations(tmp_path: Path, text: str, code: str, place: str) -> None:
    tmp_path.joinpath("other.ftr").write_text("ftr 1\n", encoding="utf-8")
    before = 'param token: secret = env("T")\nparam rank: int in 1..8 = 2\ndata raw = read("rows.jsonl")\n'
    assert found(tmp_path, before + text + "\n") == [(code, place)]


@pytest.mark.parametrize(
    ("type_", "code", "place"),
    [
        ('int in "a".."b" = 3', "T102", '"a"'),
        ("int in 5%.. = 3", "T102", "5%"),
        ("int in 5..1 = 3", "T101", "5..1"),
        ('text in 1..2 = "a"', "T101", "1..2"),
        ("[1] = 1", "T101", "1"),
        ('["a"] = true', "T101", "true"),
        ("list[int] = [1]", "T110", "list[int]"),
        ('secret = "hf_abc"', "T112", '"hf_abc"'),
        ("int = none", "T101", "none"),
    ],
)
def test_params(tmp_path: Path, type_: str, code: str, place: str) -> None:
    assert found(tmp_path, f"param x: {type_}\n")[0] == (code, place)


# --- what is fine ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "value"),
    [("text", "2024"), ("text", "true"), ('["1", "2"]', "2"), ("int?", "none"), ("int", " 5 ")],
)
def test_texts_from_outside_are_what_the_param_takes(tmp_path: Path, type_: str, value: str) -> None:
    default = '"1"' if type_ in ("text", '["1", "2"]') else "1"
    outcome = compile_text(tmp_path, MODEL + f"param x: {type_} = {default}\n", Request({"x": value}))
    assert outcome.plan is not None, messages(outcome)
    wanted = {" 5 ": 5, "none": None}.get(value, value)
    assert outcome.plan.params == {"x": wanted}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "0x10"])
def test_numbers_from_outside_are_numbers(tmp_path: Path, value: str) -> None:
    assert found(tmp_path, "param x: float = 1\n", Request({"x": value}))[0][0] in ("T101", "T103")


def test_a_misspelt_secret_is_not_shown(tmp_path: Path) -> None:
    outcome = compile_text(tmp_path, MODEL + 'param token: secret = env("T")\n', Request({"tokn": "hf_abc"}))
    assert [each.code for each in outcome.problems.in_order() if each.is_error] == ["N115"]
    assert "hf_abc" not in repr(outcome.problems.found)


def test_a_value_used_by_a_value_is_used(tmp_path: Path) -> None:
    text = MODEL + CHATS + "let a = 1\nlet b = a\nstage s: sft { from = base, data = chats, steps = b }\n"
    assert messages(compile_text(tmp_path, text)) == []


def test_nothing_is_said_of_use_when_the_text_is_broken(tmp_path: Path) -> None:
    found = messages(compile_text(tmp_path, MODEL + "let a = 1\nlet b = (\n"))
    assert found
    assert all(each.startswith("S") for each in found)


def test_an_adapter_that_goes_on_is_an_adapter(tmp_path: Path) -> None:
    text = MODEL + CHATS + TUNED + "stage s: sft { from = tuned, data = chats, learning_rate = 2e-3 }\n"
    assert messages(compile_text(tmp_path, text)) == []


@pytest.mark.parametrize("condition", ["none == score", "score == none"])
def test_null_is_asked_for_on_either_side(tmp_path: Path, condition: str) -> None:
    outcome = compile_text(tmp_path, MODEL + f'data d = read("rows.jsonl") | where {condition}\n')
    assert outcome.recipe is not None
    (step,) = outcome.recipe.datasets["d"].steps
    assert step.expressions["condition"].function == "is_null"  # type: ignore[union-attr]


def test_dates_are_written_as_texts(tmp_path: Path) -> None:
    rows = 'rows([{ day: "2024-01-01" }])'
    text = f'data d: {{ day: date }} = {rows} | where day > "2023-12-31" and day in "2024-01-01"..\n'
    assert found(tmp_path, text) == []
    assert [code for code, _ in found(tmp_path, text.replace("2023-12-31", "yesterday"))] == ["T106"]


def test_datasets_written_in_place_have_names_of_their_own(tmp_path: Path) -> None:
    joined = "join (raw | select id | derive k = 1), on = id"
    text = f'data raw = read("rows.jsonl")\ndata d = concat((raw | take 1), raw) | {joined}\n'
    outcome = compile_text(tmp_path, MODEL + text)
    assert outcome.recipe is not None
    assert [each.name for each in outcome.recipe.datasets.values()] == ["raw", "d.1", "d.3", "d"]
    assert outcome.recipe.datasets["d.1"].steps[0].keyword == "take"


@pytest.mark.parametrize(
    "text",
    [
        'dataset d = read("rows.jsonl")\ndata e = d | take 1\nstage s: sft { from = base, data = d }\n',
        'stages s: sft { from = base }\nstage t: sft { from = s, data = (rows([{ a: "x" }]) | as text(a)) }\n',
        'data d = read("rows.jsonl") | splt a = 50%, b = 50%\ndata e = concat(d.a, d.b)\n',
        'data d = read("rows.jsonl") | split a = 50, b = 50%\ndata e = concat(d.a, d.b)\n',
        'data d = read("rows.jsonl") | ass text(answer)\nstage s: sft { from = base, data = d }\n',
        'data d = read("lost.jsonl") | as text(x)\nstage s: sft { from = base, data = d }\n',
    ],
)
def test_one_cause_is_said_once(tmp_path: Path, text: str) -> None:
    assert len(found(tmp_path, text)) == 1


def test_an_override_is_shown_as_it_was_written(tmp_path: Path) -> None:
    text = MODEL + CHATS + "stage tuned: sft { from = base, data = chats }\n"
    outcome = compile_text(
        tmp_path, text, Request(overrides=("stages.tuned.epoch=1", "stages.tuned.batch=x"))
    )
    shown = [
        (each.primary.source.slice(each.primary.span), each.helps)
        for each in outcome.problems
        if each.primary
    ]
    assert [words for words, _ in shown] == ["epoch", "x"]
    assert not [edit for _, helps in shown for each in helps for edit in each.edits]


def test_a_stage_that_starts_from_itself(tmp_path: Path) -> None:
    text = MODEL + CHATS + "stage tuned: sft { from = tuned, data = chats }\n"
    assert messages(compile_text(tmp_path, text)) == ["N118 stage `tuned` starts from itself"]


@pytest.mark.parametrize(
    "source",
    [
        'hub("../../etc", revision = "main")',
        'hub("a/b", revision = "../../x")',
        'hub("/etc", revision = "main")',
        f'pypi("--index-url=http://e evil==1", file = "m.gguf", sha256 = "{"0" * 64}")',
        f'pypi("name==1 --extra-index-url http://e", file = "m.gguf", sha256 = "{"0" * 64}")',
        f'pypi("../x==1", file = "m.gguf", sha256 = "{"0" * 64}")',
        f'pypi("http://e/x.whl==1", file = "m.gguf", sha256 = "{"0" * 64}")',
    ],
)
def test_names_that_are_more_than_names(tmp_path: Path, source: str) -> None:
    assert [code for code, _ in found(tmp_path, f"model other {{ from = {source} }}\n")] == ["T101"]


def test_datasets_whose_names_are_more_than_names(tmp_path: Path) -> None:
    text = 'data far = hub("../../etc", revision = "main")\n'
    assert [code for code, _ in found(tmp_path, text)] == ["T101"]


@pytest.mark.parametrize(
    "argument", ["chat_template_path", "hub_token", "accelerator_config", "fsdp_config", "model_init_kwargs"]
)
def test_arguments_that_reach_out(tmp_path: Path, argument: str) -> None:
    stage = TUNED.replace("data = chats", f'data = chats, trainer = {{ {argument}: "x" }}')
    assert [code for code, _ in found(tmp_path, CHATS + stage)] == ["P402"]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ("generations = 1", [("T103", "1")]),
        ("generations = 2", []),
        ("generations = 1, value = judge", [("P404", "value")]),
    ],
)
def test_a_group_of_one_needs_another_baseline(
    tmp_path: Path, settings: str, codes: list[tuple[str, str]]
) -> None:
    online = (
        "stage online: grpo {\n  from = tuned, data = (held | as prompt(q)), reward = judge, batch = 8\n  "
        + settings
        + "\n}\n"
    )
    assert found(tmp_path, JUDGED + online) == codes
