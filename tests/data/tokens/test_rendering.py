"""Conversations rendered in kinds come out as those that are rendered one by one."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.tokens.calls import Form
from recipedsl.data.tokens.checks import find_stops
from recipedsl.data.tokens.conversations import conversation_of
from recipedsl.data.tokens.filling import BLANKS, Rendered, Spans, derived, in_bytes, in_characters
from recipedsl.data.tokens.mask import Conversation, Marked, mark_turns, render_text
from recipedsl.data.tokens.rendering import Mark, Renderer
from recipedsl.data.tokens.talk import Messages, Talk
from recipedsl.data.tokens.template import ChatTemplate, shipped_names, shipped_text
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer
from recipedsl.data.tokens.unknown import Step
from recipedsl.diagnostics import RecipeError

from .making import build_tokenizer, chat, save_model

#: What a template may ask of a text, or stumble over.
PIECES = [
    "",
    "A",
    "Hello",
    "é😀",
    "<think>",
    "</think>",
    "\n",
    " ",
    "<|im_end|>",
    "<tool_response>",
    "\U00100001",
    "{}",
]
#: Columns of messages, all texts.
COLUMNS = dict.fromkeys(
    ("role", "content", "thinking", "name", "tool_call_id", "tool_calls", "train"), pl.String
)
SAYINGS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> TokenizerFacts:
    """With the tokens of begin and end that templates write."""
    folder = tmp_path_factory.mktemp("told")
    return load_tokenizer(save_model(folder, build_tokenizer(), eos="<|endoftext|>", bos="<s>"))


def outcome(make: Any) -> Any:
    """What is made, or the words of the refusal."""
    try:
        return make()
    except RecipeError as error:
        return error.diagnostics[0].message


class Both:
    """Renders conversations in kinds and one by one."""

    def __init__(self, template: ChatTemplate, mark: Any) -> None:
        self.template, self.mark = template, mark
        self.renderer = Renderer(template, mark)

    def check(
        self,
        *rows: list[dict[str, Any]],
        tools: Sequence[str | None] = (),
        variables: Sequence[str | None] = (),
    ) -> None:
        """Rows of messages as a batch, and each by itself."""
        said = pl.Series([*rows], dtype=pl.List(pl.Struct(COLUMNS)), strict=False)
        nothing = [None] * len(rows)
        talk = Talk([Messages(said)], tools or nothing, variables or nothing)

        def conversation(row: int) -> Conversation:
            return conversation_of(
                talk.messages(row),
                talk.tools[row],
                row,
                variables=talk.variables[row],
                arguments_as_text=self.template.arguments_as_text,
            )

        def together() -> Any:
            rendered = self.renderer(talk, conversation)
            spans = rendered.spans.of_rows(np.arange(len(rows)), rendered.texts)
            return [(text, tuple(each)) for text, each in zip(rendered.texts.strings(), spans, strict=True)]

        def apart() -> Any:
            marked = [self.mark(self.template, conversation(row)) for row in range(len(rows))]
            return [(each.text, in_bytes(each.text, each.spans)) for each in marked]

        assert outcome(together) == outcome(apart)


def marking(stops: Sequence[str], *roles: str) -> Mark:
    """Of what these roles say."""

    def mark(template: ChatTemplate, conversation: Conversation) -> Marked:
        turns = [place for place, message in enumerate(conversation.messages) if message["role"] in roles]
        return mark_turns(template, conversation, stops, turns)

    return mark


CONVERSATIONS = st.tuples(st.lists(SAYINGS, min_size=1, max_size=5), st.sampled_from(["", "Be brief.", "é"]))


#: Values of arguments: what templates write with `tojson`, as they are, or by their kind.
VALUES = st.one_of(
    SAYINGS,
    st.integers(-1, 1),
    st.none(),
    st.lists(SAYINGS, max_size=2),
    st.dictionaries(SAYINGS, SAYINGS, max_size=1),
)
CALLS = st.lists(
    st.builds(
        lambda name, arguments, named: {
            **({"id": named} if named else {}),
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        },
        SAYINGS,
        st.dictionaries(st.sampled_from(["a", "b", "é"]), VALUES, max_size=2),
        st.sampled_from(["", "call1", "call_22"]),
    ),
    min_size=1,
    max_size=2,
)


@st.composite
def uses_of_tools(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A question, a call of tools with or without thoughts, what they give, an answer."""
    calls = json.dumps(draw(CALLS), ensure_ascii=draw(st.booleans()))
    asked = {"role": "user", "content": draw(SAYINGS)}
    call = {"role": "assistant", "content": draw(SAYINGS), "tool_calls": calls, "thinking": draw(SAYINGS)}
    result = {"role": "tool", "content": draw(SAYINGS), "name": "add", "tool_call_id": draw(SAYINGS)}
    return [asked, call, result, {"role": "assistant", "content": draw(SAYINGS), "thinking": draw(SAYINGS)}]


TOOLS = st.lists(
    st.builds(
        lambda said: {"type": "function", "function": {"name": "add", "description": said, "parameters": {}}},
        SAYINGS,
    ),
    max_size=2,
).map(lambda tools: json.dumps(tools) if tools else None)


@pytest.mark.parametrize("name", shipped_names())
def test_kinds_come_out_as_single_conversations(name: str, facts: TokenizerFacts) -> None:
    template, stops = told(name, facts)
    both = Both(template, marking(stops, "assistant"))
    roles = Both(template, marking(stops, "system", "user"))
    prompts = Both(template, lambda template, each: Marked(render_text(template, each, prompt=True), ()))

    @settings(max_examples=15, deadline=None)
    @given(st.lists(CONVERSATIONS, min_size=1, max_size=4))
    def check(said: list[tuple[list[str], str]]) -> None:
        rows = [chat(*each, system=system) for each, system in said]
        for each in (both, roles, prompts):
            each.check(*rows)

    check()


@pytest.mark.parametrize("name", shipped_names())
def test_uses_of_tools_come_out_as_single_conversations(name: str, facts: TokenizerFacts) -> None:
    template, stops = told(name, facts)
    each = [Both(template, marking(stops, *roles)) for roles in (["assistant"], ["user", "tool"])]

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.tuples(uses_of_tools(), TOOLS), min_size=1, max_size=4))
    def check(given: list[tuple[list[dict[str, Any]], str | None]]) -> None:
        for both in each:
            both.check(*(row for row, _ in given), tools=[tools for _, tools in given])

    check()


def told(name: str, facts: TokenizerFacts) -> tuple[ChatTemplate, tuple[str, ...]]:
    """A shipped template and its stops; skips where it has none."""
    template = ChatTemplate(shipped_text(name) or "", facts.special)
    try:
        return template, find_stops(template, facts).inside
    except RecipeError:
        pytest.skip("a template that this tokenizer cannot end, or for images")


#: Templates that are rendered once for a kind; a new way of asking texts shows here, as rows get slow.
ONCE = ["chatml", "llama3", "llama3_2", "qwen2_5", "qwen3", "qwen3_training", "qwen3_instruct_2507", "gemma3", "phi3",
        "phi3_5", "cohere2", "cohere_training", "lfm2", "gptoss", "glm4moe_training", "deepseekv3_training", "zephyr",
        "mistral", "plain"]  # fmt: skip


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("roles", [["assistant"], ["system", "user"]])
def test_rows_alike_are_rendered_once(name: str, roles: list[str], facts: TokenizerFacts) -> None:
    if roles != ["assistant"] and name in {"qwen3", "phi3", "phi3_5", "gptoss"}:
        pytest.skip("asks what begins with what of texts, which another text would answer otherwise")
    template, stops = told(name, facts)
    both = Both(template, marking(stops, *roles))
    rows = [
        chat(f"What is {number}?", f"It is {number}.", "And then?", f"Then {number}.") for number in range(50)
    ]
    both.check(*rows[:20])
    both.check(*rows[20:])
    assert both.renderer.plainly <= 2


#: Templates that calls of tools go through once for a kind; with definitions, and where these are looked into.
ONCE_WITH_TOOLS = ["llama3", "qwen2_5", "qwen3", "qwen3_training", "qwen3_5_think_training", "qwen3_8", "lfm2", "phi3",
                   "deepseekv3_training", "nemotron_3_nano_training"]  # fmt: skip
LOOKING = {"nemotron_3_nano_training"}


@pytest.mark.parametrize("name", ONCE_WITH_TOOLS)
@pytest.mark.parametrize("defined", [False, True])
def test_uses_of_tools_alike_are_rendered_once(name: str, defined: bool, facts: TokenizerFacts) -> None:
    template, stops = told(name, facts)
    both = Both(template, marking(stops, "assistant"))
    both.check(
        *map(using, range(30)), tools=[defining(0 if name in LOOKING else n) for n in range(30)] * defined
    )
    assert both.renderer.plainly <= 2


def using(number: int) -> list[dict[str, Any]]:
    function = {"name": ("add", "sub")[number % 2], "arguments": {"a": f"<{number}", "b": {"c": number}}}
    calls = json.dumps([{"id": f"call{number}", "type": "function", "function": function}])
    return [
        {"role": "user", "content": f"Add {number}"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": f"{number}", "tool_call_id": f"call{number}"},
        {"role": "assistant", "content": f"It is {number}"},
    ]


def defining(number: int) -> str:
    function = {
        "name": "add",
        "description": f"Adds {number}",
        "parameters": {"type": "object", "properties": {}},
    }
    return json.dumps([{"type": "function", "function": function}])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("aAé😀 \t\n\x1c\u2003\u200b<>")), min_size=1, max_size=5),
    st.sampled_from(["strip", "lstrip", "rstrip", "split", "partition"]),
    st.sampled_from([(), (None,), ("a",), (" <",), ("",)]),
)
def test_steps_of_columns_are_those_of_texts(texts: list[str], method: str, arguments: Any) -> None:
    step = Step(0, method, arguments, 1 if method in {"split", "partition"} else None)

    def apart(text: str) -> Any:
        try:
            return step.derived(text)
        except (IndexError, ValueError, TypeError) as error:
            return None if isinstance(error, IndexError) else type(error)

    ours: Any
    try:
        ours = derived(step, pl.Series(texts)).to_list()
    except (ValueError, TypeError) as error:
        ours = [type(error)] * len(texts)
    assert ours == [apart(text) for text in texts]


def test_blanks_are_those_of_python() -> None:
    assert set(BLANKS) == {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()}


@pytest.mark.parametrize(
    "expression",
    [
        "{{ m.content | length }}",
        "{{ 'b' if m.content | trim | length > 0 else 'c' }}{{ m.content | length == 0 }}{{ (m.content | length) is number }}",
        "{{ m.content | length | int }}",
        "{{ m.content | length | float | string }}{{ m.content | length | default(1) }}",
        "{{ [m.content | length] | sum }}{{ range(m.content | length) | list }}",
        "{{ 'b' if not (m.content | length) }}{{ ((m.content | trim) or 'x') | length }}",
        "{{ m.content | safe }}{{ (m.content | safe) ~ '<' }}",
        "{{ (m.content | safe) + '<' }}",
        "{{ '<' + (m.content | safe | trim) }}",
        "{{ {'a': m.content, 'b': [m.content, 1]} | tojson }}{{ m.content | tojson }}",
        "{{ {'a': m.content} | tojson(indent=2) }}{{ [m.content] | tojson(separators=(',', ':')) }}",
        "{{ m | tojson }}{{ {m.content: 1} | tojson }}",
        "{{ ('<i>' ~ m.content ~ '</i>').split('b')[0] }}{{ 'b' in '<' ~ m.content }}",
        "{{ ('{}' ~ m.content ~ '{') | trim | length > 0 }}{{ ('{' ~ m.content).startswith('{a') }}",
        "{{ 'b' if m.content | length > 3 }}{{ [m.content | length] }}{{ 0 < m.content | length }}",
        "{{ m.content | upper }}",
        "{{ m.content | tojson }}",
        "{{ m.content | replace('a', 'b') }}",
        "{{ m.content | int }}",
        "{{ m.content[:1] }}",
        "{{ m.content[0] }}",
        "{{ m.content.upper() }}",
        "{{ m.content | e }}",
        "{{ '%s' | format(m.content) }}",
        "{{ '%5s' % m.content }}",
        "{{ '{:>5}'.format(m.content) }}",
        "{{ m.content * 2 }}",
        "{{ 'b' if m.content in 'ab' else 'c' }}",
        "{{ 'b' if m.content in ['a', 'ab'] else 'c' }}",
        "{{ 'b' if 'a' in m.content else 'c' }}",
        "{{ 'b' if m.content == 'ab' else 'c' }}",
        "{{ 'b' if 'ab' != m.content else 'c' }}",
        "{{ 'b' if m.content < 'b' else 'c' }}",
        "{{ 'b' if m.content else 'c' }}",
        "{{ m.content or 'nothing' }}",
        "{{ {'ab': 1}[m.content] }}",
        "{{ {'ab': 1}.get(m.content) }}",
        "{% for letter in m.content %}{{ letter }}.{% endfor %}",
        "{% set x %}{{ m.content }}{% endset %}{{ x | length }}",
        "{% set x %}{{ m.content }}{% endset %}{{ 'b' if x else 'c' }}",
        "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(m.content) | length }}",
        "{% macro f(x) %}{{ x }}{% endmacro %}{{ 'b' if f(m.content) == 'ab' else 'c' }}",
        "{% filter upper %}{{ m.content }}{% endfilter %}",
        "{{ messages | map(attribute='content') | join('|') | length }}",
        "{{ messages | map(attribute='content') | sort | join }}",
        "{{ messages | map(attribute='content') | map('upper') | join }}",
        "{{ messages | map(attribute='content') | unique | list | length }}",
        "{{ messages | selectattr('content', 'equalto', 'ab') | list | length }}",
        "{{ messages | selectattr('content') | list | length }}",
        "{{ messages | groupby('content') | length }}",
        "{{ messages | tojson }}{{ messages }}",
        "{{ (m.content ~ 'x').split('b') | length }}",
        "{{ m.content.split('b')[-1] }}{{ m.content.split('b') | length }}",
        "{{ m.content.partition('b')[0] }}",
        "{{ m.content | trim | default('none', true) }}",
        "{{ m.content.strip('a') }}{{ m.content.startswith(('a', 'b')) }}",
        "{{ 'abc'.startswith(m.content) }}{{ 'xaby'.replace(m.content, '') }}",
        "{{ m.content is string }}{{ m.content is mapping }}{{ m.content is iterable }}{{ m.content is lower }}",
        "{{ 'ab' is in m.content }}{{ m.content is in 'xab' }}",
        "{% set ns = namespace(x='') %}{% set ns.x = ns.x + m.content %}{{ ns.x | trim }}",
        "{{ m.content._trail }}{{ m.content.trail }}{{ m.content.encode is defined }}",
        "{{ [m.content, 'x'] | first }}{{ [m.content, 'b'] | max }}",
        "{{ dict(a=m.content) | tojson }}{{ (m.items() | list)[1][1] | length }}",
        "{{ cycler(m.content, 'b').next() }}",
    ],
)
def test_templates_that_look_into_texts(expression: str) -> None:
    """Every way to look into a text is either kept as a question or ends the tracing."""
    template = ChatTemplate("{% for m in messages %}<" + expression + ">{% endfor %}", {})
    texts = ("ab", "xyz", "", " ab ", "b", "ab", "a" * 9, "<b>")
    for first in range(len(texts)):  # the text that a way is made with is the one that may mislead
        both = Both(template, lambda template, each: Marked(render_text(template, each), ()))
        for text in (*texts[first:], *texts[:first]):
            both.check(chat(text, "cd"))


def test_spans_in_any_order() -> None:
    """A template may write messages in another order, or one within another."""
    template = ChatTemplate("{% for m in messages %}{{ m.content }}é.{% endfor %}", {})

    def mark(template: ChatTemplate, each: Conversation) -> Marked:
        text = render_text(template, each)
        return Marked(text, ((3, len(text)), (0, 2), (1, 4)))

    Both(template, mark).check(chat("ab", "cd"), chat("xy", "z"), chat("", "zzz"))


def test_calls_of_different_turns_are_of_different_kinds(facts: TokenizerFacts) -> None:
    template, stops = told("qwen2_5", facts)
    call, said = using(0)[1], {"role": "assistant", "content": "No"}
    rows = [[call, said], [said, call], [{**said, "name": "x"}, call], [{**said, "name": ""}, call]]
    Both(template, marking(stops, "assistant")).check(*rows, *rows)
    whole = pl.Series(rows, dtype=pl.List(pl.Struct(COLUMNS)), strict=False)
    parts = [Messages(whole.list.slice(start, 1)) for start in (0, 1)]
    talk = Talk(parts, [None] * len(rows), [None] * len(rows))
    kinds = [kind for kind, _ in talk.kinds(talk.besides(Form()))]
    assert len(set(kinds)) == len(kinds) == 3  # the last two differ in a text


def test_what_a_row_tells_the_template() -> None:
    """Variables of a row win over those at the template's head; each is a kind of its own."""
    text = "{% set loud = loud if loud is defined else false %}{{ messages[0].content }}{{ '!' if loud }}"
    both = Both(ChatTemplate(text, {}), lambda template, each: Marked(render_text(template, each), ()))
    for loud in (True, False, True):
        both.check(chat("Hi", "Yo"), variables=[json.dumps({"loud": loud})])
    both.check(chat("Hi", "Yo"))


@given(st.text(), st.lists(st.integers(0, 30), min_size=2, max_size=2).map(sorted))
def test_ranges_of_bytes_and_characters(text: str, span: list[int]) -> None:
    ranges = ((min(span[0], len(text)), min(span[1], len(text))),)
    assert in_characters(text, in_bytes(text, ranges)) == ranges


def test_marked_texts_become_texts() -> None:
    rendered = Rendered.of([Marked("a", ()), Marked("é!", ((1, 2),))])
    assert rendered.texts.strings() == ["a", "é!"]
    assert rendered.spans.of_rows(np.array([1, 0]), rendered.texts) == [[(2, 3)], []]
    assert Spans.of(rendered.texts, [[], [(2, 3)]]).starts.tolist() == rendered.spans.starts.tolist() == [3]
