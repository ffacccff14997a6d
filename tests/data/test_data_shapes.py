"""The step `as`: every spelling of conversations in, one spelling out, what does not fit set aside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recipedsl.diagnostics import RecipeError
from tests.data.making import Maker, call, column, constant, json_lines, shape, step, where


def said(*turns: tuple[str, str]) -> list[dict[str, str]]:
    """Messages out of (role, content)."""
    return [{"role": role, "content": content} for role, content in turns]


def gpt(*turns: tuple[str, str]) -> list[dict[str, str]]:
    """The same in ShareGPT's form."""
    return [{"from": role, "value": content} for role, content in turns]


def messages(maker: Maker, row: dict[str, Any], name: str = "chat", **roles: Any) -> Any:
    """What one row becomes."""
    (made,) = maker.rows([row], shape(name, **roles)).rows()
    return made


ASK, TELL = ("user", "hi"), ("assistant", "ho")


@pytest.mark.parametrize(
    "talk",
    [
        said(ASK, TELL),
        gpt(("human", "hi"), ("gpt", "ho")),
        gpt(("user", "hi"), ("assistant", "ho")),
        said(("Human ", "hi"), ("BOT", "ho")),
        [
            {"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "ho"}]},
        ],
    ],
)
def test_spellings_of_conversations(maker: Maker, talk: Any) -> None:
    assert messages(maker, {"talk": talk}, messages="talk")["messages"] == said(ASK, TELL)


@pytest.mark.parametrize(
    ("field", "values"), [("train", [None, False]), ("weight", [1, 0]), ("weight", [1.0, 0.5])]
)
def test_messages_say_whether_they_are_trained(maker: Maker, field: str, values: list[Any]) -> None:
    talk = [{**message, field: value} for message, value in zip(said(ASK, TELL), values, strict=True)]
    made = messages(maker, {"talk": talk}, messages="talk")["messages"]
    known = {None: None, 0: "false", 1: "true", 0.5: "0.5"}  # `False` is 0 here
    assert [message["train"] for message in made] == [known[value] for value in values]


def test_parts_of_a_conversation(maker: Maker) -> None:
    row = {"q": "hi", "a": "ho", "s": "be kind", "h": [["one", "two"], ["three", "four"]], "e": ""}
    history = [("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four")]
    system = ("system", "be kind")
    assert messages(maker, row, user="q", assistant="a")["messages"] == said(ASK, TELL)
    made = messages(maker, row, user="q", assistant="a", system="s")
    assert made["messages"] == said(system, ASK, TELL)
    assert {name: made[name] for name in row} == row, "other columns stay"
    assert messages(maker, row, user="q", assistant="a", system="e")["messages"] == said(ASK, TELL)
    made = messages(maker, row, user="q", assistant="a", system="s", history="h")
    assert made["messages"] == said(system, *history, ASK, TELL)


def test_rows_without_history_or_system(maker: Maker) -> None:
    rows = [
        {"q": "hi", "a": "ho", "s": None, "h": []},
        {"q": "hi", "a": "ho", "s": "be kind", "h": [["one", "two"]]},
        {"q": "hi", "a": "ho", "s": "", "h": [["one", None]]},
        {"q": "hi", "a": "ho", "s": "", "h": None},
    ]
    made = maker.rows(rows, shape("chat", user="q", assistant="a", system="s", history="h"))
    assert made.values("messages") == [
        said(ASK, TELL),
        said(("system", "be kind"), ("user", "one"), ("assistant", "two"), ASK, TELL),
        said(ASK, TELL),
    ]
    assert made.facts["steps"][0]["unshaped"] == {"a pair of the history is not two texts": 1}


@pytest.mark.parametrize(
    ("name", "roles", "key"),
    [
        ("chat", {"messages": "talk"}, "messages"),
        ("prompt", {"prompt": "ask"}, "prompt"),
        ("preference", {"prompt": "ask", "chosen": "a", "rejected": "b"}, "prompt"),
        ("feedback", {"prompt": "ask", "completion": "a", "label": "ok"}, "prompt"),
        ("feedback", {"messages": "talk", "label": "ok"}, "prompt"),
    ],
)
def test_system_leads_where_none_is(maker: Maker, name: str, roles: dict[str, str], key: str) -> None:
    own = ("system", "mine")
    common = {"a": "ho", "b": "no", "ok": True}
    rows = [
        {"talk": said(ASK, TELL), "ask": said(ASK), **common},
        {"talk": said(own, ASK, TELL), "ask": said(own, ASK), **common},
    ]
    given = {**roles, "system": constant("be kind")}
    first, second = maker.rows(rows, shape(name, **given)).values(key)
    assert first[:2] == said(("system", "be kind"), ASK)
    assert second[:2] == said(own, ASK)


def test_system_before_a_prompt_that_is_text(maker: Maker) -> None:
    row = {"q": "hi", "a": "ho", "b": "no", "s": "be kind"}
    lead = said(("system", "be kind"), ASK)
    assert messages(maker, row, "prompt", prompt="q", system="s")["prompt"] == lead
    made = messages(maker, row, "preference", prompt="q", chosen="a", rejected="b", system="s")
    assert (made["prompt"], made["chosen"], made["rejected"]) == (lead, said(TELL), said(("assistant", "no")))


def test_preference_of_records(maker: Maker) -> None:
    row = {
        "talk": gpt(("human", "hi")),
        "chosen": {"from": "gpt", "value": "ho"},
        "rejected": {"from": "gpt", "value": "no"},
    }
    made = messages(maker, row, "preference", prompt="talk", chosen="chosen", rejected="rejected")
    assert made["prompt"] == said(ASK)
    assert made["chosen"] == said(TELL)
    assert made["rejected"] == said(("assistant", "no"))


def test_preference_of_whole_conversations(maker: Maker) -> None:
    good = said(ASK, TELL, ("user", "and"), ("assistant", "well"))
    bad = said(ASK, TELL, ("user", "and"), ("assistant", "ill"))
    wanted = (good[:3], good[3:], bad[3:])
    without = messages(maker, {"good": good, "bad": bad}, "preference", chosen="good", rejected="bad")
    assert (without["prompt"], without["chosen"], without["rejected"]) == wanted
    row = {"ask": good[:3], "good": good, "bad": bad}
    given = messages(maker, row, "preference", prompt="ask", chosen="good", rejected="bad")
    assert (given["prompt"], given["chosen"], given["rejected"]) == wanted


def test_preference_that_cannot_be(maker: Maker) -> None:
    rows = [
        {"q": "hi", "a": "ho", "b": "no", "m": 1},
        {"q": None, "a": "ho", "b": "no", "m": 1},
        {"q": "hi", "a": None, "b": "no", "m": 1},
        {"q": "hi", "a": "ho", "b": None, "m": 1},
        {"q": "hi", "a": "ho", "b": "no", "m": None},
    ]
    made = maker.rows(rows, shape("preference", prompt="q", chosen="a", rejected="b", margin="m"))
    assert made.values("margin") == [1.0]
    assert made.facts["steps"][0]["unshaped"] == {
        "the chosen answer is null": 1,
        "the margin is null": 1,
        "the prompt is null": 1,
        "the rejected answer is null": 1,
    }


def test_text_completion_and_prompt(maker: Maker) -> None:
    row = {"q": "hi", "a": "ho"}
    assert messages(maker, row, "text", text="a")["text"] == "ho"
    made = messages(maker, row, "completion", prompt="q", completion="a")
    assert (made["prompt"], made["completion"]) == ("hi", "ho")
    joined = call("add", column("q"), "!")
    assert messages(maker, row, "prompt", prompt=joined)["prompt"] == said(("user", "hi!"))


def test_nothing_shaped_says_why(maker: Maker) -> None:
    with pytest.raises(RecipeError) as error:
        messages(maker, {"talk": said(ASK, TELL)}, "prompt", prompt="talk")
    problem = error.value.diagnostics[0]
    assert (problem.code, problem.message) == ("D513", "no row could be brought into shape by `as prompt`")
    assert problem.notes == ("1 rows: the prompt ends with a turn of the assistant",)


def test_rows_that_cannot_be_shaped_are_counted_with_examples(maker: Maker) -> None:
    bad = [
        (said(("alien", "hi"), TELL), "unknown role `alien`"),
        (said(ASK), "the last turn is not the assistant's"),
        ([], "the conversation is empty or null"),
        (None, "the conversation is empty or null"),
        ([{"role": "user", "content": None}, *said(TELL)], "a message has no content"),
        ([{"role": None, "content": "hi"}, *said(TELL)], "a message has no role"),
        ([None, *said(TELL)], "a message is null"),
    ]
    rows = [{"id": 0, "talk": said(ASK, TELL)}]
    rows += [{"id": number, "talk": talk} for number, (talk, _) in enumerate(bad, start=1)]
    made = maker.rows(rows, where(call("less", column("id"), 100)), shape("chat", messages="talk"))
    (shaped,) = made.facts["steps"][1:]
    assert made.values("id") == [0]
    assert shaped["rows"] == 1
    reasons = [reason for _, reason in bad]
    assert shaped["unshaped"] == {reason: reasons.count(reason) for reason in reasons}
    assert [each["reason"] for each in shaped["examples"]] == reasons[:3]
    assert json.loads(shaped["examples"][1]["row"])["id"] == 2


def test_function_calls_observations_and_tools(maker: Maker) -> None:
    tools = [{"name": "search", "parameters": {"properties": {"term": {"type": "string"}}}}]
    call_text = json.dumps({"name": "search", "arguments": {"term": "x"}})
    talk = gpt(("human", "hi"), ("function_call", call_text), ("observation", "found"), ("gpt", "ho"))
    rows = [
        {"talk": talk, "tools": json.dumps(tools)},
        {"talk": gpt(("human", "hi"), ("gpt", "ho")), "tools": "[]"},
        {"talk": gpt(("human", "hi"), ("function_call", "search x"), ("gpt", "ho")), "tools": None},
    ]
    made = maker.rows(rows, shape("chat", messages="talk", tools="tools"))
    first, second = made.values("messages")
    called = [{"type": "function", "function": {"name": "search", "arguments": {"term": "x"}}}]
    assert [(each["role"], each["content"]) for each in first] == [
        ("user", "hi"), ("assistant", ""), ("tool", "found"), ("assistant", "ho"),
    ]  # fmt: skip
    assert json.loads(first[1]["tool_calls"]) == called
    assert [each["tool_calls"] for each in second] == [None, None]
    assert [each and json.loads(each) for each in made.values("tools")] == [tools, None]
    assert made.facts["steps"][0]["unshaped"] == {"a tool call is not JSON": 1}


_CALL = '{"name": "f", "arguments": {"a": 1}}'


def _sharegpt_call(said: str | None) -> dict[str, Any]:
    return {"talk": gpt(("human", "hi"), ("function_call", said), ("observation", "4"), ("gpt", "ho"))}


def _openai_call(arguments: str) -> dict[str, Any]:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    answer = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"talk": [{"role": "user", "content": "hi"}, answer, {"role": "assistant", "content": "ho"}]}


def _told_call(calls: str) -> dict[str, Any]:
    answer = {"role": "assistant", "content": "", "tool_calls": calls}
    return {"talk": [{"role": "user", "content": "hi"}, answer]}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_sharegpt_call('{"name": "f", "arguments": {"a": '), "a tool call is not JSON"),
        (
            _sharegpt_call(r'{"name": "f", "arguments": "{\"a\": "}'),
            "the arguments of a tool call are not JSON",
        ),
        (_sharegpt_call('"f"'), "a tool call names no function"),
        (_sharegpt_call("[]"), "a function call is empty"),
        (_openai_call('{"a": '), "the arguments of a tool call are not JSON"),
        (_openai_call("search for it"), "the arguments of a tool call are not JSON"),
        (_openai_call("[1]"), "the arguments of a tool call are not a record"),
        (_openai_call('"\\"f\\""'), "the arguments of a tool call are not JSON"),
        (_openai_call(r'{"a": "\ud800"}'), "a tool call holds half a character (a lone surrogate)"),
        (_openai_call('{"a": ' + "[" * 200 + "]" * 200 + "}"), "a tool call is nested too deeply"),
        (_openai_call("[" * 100_000), "the arguments of a tool call are not JSON"),
        (_told_call("[{"), "a tool call is not JSON"),
        (_told_call('[{"function": {}}]'), "a tool call names no function"),
    ],
)
def test_a_call_that_cannot_be_read_sets_its_row_aside(
    maker: Maker, row: dict[str, Any], reason: str
) -> None:
    """And the rows beside it go on; an example is shown."""
    good = _sharegpt_call(_CALL) if "from" in row["talk"][0] else _openai_call('{"a": 1}')
    good = _told_call(f"[{_CALL}]") if isinstance(row["talk"][1].get("tool_calls"), str) else good
    maker.write("talk.jsonl", json_lines([good, row, good]))
    made = maker.file("talk.jsonl", shape("chat", messages="talk"))
    (facts,) = made.facts["steps"]
    assert (facts["rows"], facts["unshaped"]) == (2, {reason: 1})
    assert [each["reason"] for each in facts["examples"]] == [reason]
    calls = [json.loads(each[1]["tool_calls"])[0] for each in made.values("messages")]
    assert [each["function"]["name"] for each in calls] == ["f", "f"]


@pytest.mark.parametrize("arguments", ["", "{}", r'"{\"a\": 1}"'])
def test_arguments_of_a_call_in_odd_forms(maker: Maker, arguments: str) -> None:
    """None at all, and what was put into text twice."""
    maker.write("talk.jsonl", json_lines([_openai_call(arguments)]))
    (found,) = maker.file("talk.jsonl", shape("chat", messages="talk")).values("messages")
    assert json.loads(found[1]["tool_calls"])[0]["function"]["arguments"] in ({}, {"a": 1})


def test_the_example_of_a_broken_call_shows_it(maker: Maker) -> None:
    """Also where the messages took the place of the column that they are made of."""
    maker.write(
        "talk.jsonl", json_lines([{"messages": _openai_call(each)["talk"]} for each in ("{}", "go on")])
    )
    made = maker.file("talk.jsonl", shape("chat", messages="messages"))
    assert "go on" in made.facts["steps"][0]["examples"][0]["row"]


def test_tools_that_are_not_json_set_their_row_aside(maker: Maker) -> None:
    talk = gpt(("human", "hi"), ("gpt", "ho"))
    rows = [{"talk": talk, "tools": each} for each in ('[{"name": "f"}]', "[{", None, "[]")]
    made = maker.rows(rows, shape("chat", messages="talk", tools="tools"))
    assert made.values("tools") == ['[{"name": "f"}]', None, None]
    assert made.facts["steps"][0]["unshaped"] == {"the tools are not JSON": 1}


@pytest.mark.parametrize("calls", ["", " ", "null", "[]", "[null]"])
def test_no_tool_calls_in_odd_forms(maker: Maker, calls: str) -> None:
    maker.write("talk.jsonl", json_lines([_told_call(calls), _told_call(f"[{_CALL}]")]))
    first, _ = maker.file("talk.jsonl", shape("chat", messages="talk")).values("messages")
    assert first[1]["tool_calls"] is None


def test_tool_calls_of_messages(maker: Maker) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    talk = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "content": "2", "tool_call_id": "1", "name": "f"},
        {"role": "assistant", "content": "two", "reasoning_content": "it said so"},
    ]
    maker.write("talk.jsonl", json_lines([{"talk": talk}]))
    (found,) = maker.file("talk.jsonl", shape("chat", messages="talk")).values("messages")
    assert json.loads(found[1]["tool_calls"])[0]["function"] == {"name": "f", "arguments": {"a": 1}}
    assert found[1]["content"] == ""
    assert (found[2]["tool_call_id"], found[2]["name"]) == ("1", "f")
    assert found[3]["thinking"] == "it said so"


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ([True, False, None], [True, False]),
        ([1, 0, 7], [True, False]),
        ([1.0, 0.0, 0.5], [True, False]),
        (["true", "False ", "good"], [True, False]),
    ],
)
def test_labels_of_feedback(maker: Maker, labels: list[Any], wanted: list[bool]) -> None:
    rows = [{"talk": said(ASK, TELL), "label": label} for label in labels]
    made = maker.rows(rows, shape("feedback", messages="talk", label="label"))
    assert made.values("label") == wanted
    assert made.rows()[0]["prompt"] == said(ASK)
    assert made.rows()[0]["completion"] == said(TELL)
    assert made.facts["steps"][0]["unshaped"] == {"the label is neither true nor false": 1}


def test_columns_that_cannot_take_the_place(maker: Maker) -> None:
    for row in ({"talk": 7}, {"talk": [1, 2]}, {"talk": [{"a": "x"}]}):
        with pytest.raises(RecipeError) as error:
            messages(maker, row, messages="talk")
        assert error.value.diagnostics[0].code == "D514"


def test_shapes_of_no_rows(maker: Maker) -> None:
    row = {"q": "hi", "a": "ho"}
    nothing = where(call("equal", column("q"), "none"))
    made = maker.rows([row], nothing, step("derive", expressions={"x": column("q")}))
    assert made.frame().height == 0
