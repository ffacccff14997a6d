"""Conversations rendered in kinds come out as those that are rendered one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipedsl.data.tokens.checks import find_stops
from recipedsl.data.tokens.mask import Conversation, Marked, mark_turns, render_text
from recipedsl.data.tokens.rendering import Renderer, Texts, in_bytes, in_characters
from recipedsl.data.tokens.template import ChatTemplate, shipped_names, shipped_text
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer
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

    def check(self, messages: list[dict[str, str]], **besides: Any) -> None:
        conversation = Conversation(messages, row=0, **besides)
        texts = [message["content"] for message in messages]
        kind = (str(besides), *(message["role"] for message in messages))

        def plainly() -> Any:
            marked = self.mark(self.template, conversation)
            return marked.text, in_bytes(marked.text, marked.spans)

        ours = outcome(lambda: self.renderer(kind, texts, lambda: conversation))
        assert ours == outcome(plainly)


CONVERSATIONS = st.tuples(st.lists(SAYINGS, min_size=1, max_size=5), st.sampled_from(["", "Be brief.", "é"]))


@pytest.mark.parametrize("name", shipped_names())
def test_kinds_come_out_as_single_conversations(name: str, facts: TokenizerFacts) -> None:
    template = ChatTemplate(shipped_text(name) or "", facts.special)
    try:
        stops = find_stops(template, facts).inside
    except RecipeError:
        pytest.skip("a template that this tokenizer cannot end, or for images")
    both = Both(template, lambda template, each: mark_turns(template, each, stops))
    prompts = Both(template, lambda template, each: Marked(render_text(template, each, prompt=True), ()))

    @settings(max_examples=60, deadline=None)
    @given(CONVERSATIONS)
    def check(said: tuple[list[str], str]) -> None:
        both.check(chat(*said[0], system=said[1]))
        prompts.check(chat(*said[0], system=said[1]))

    check()


#: Templates that are rendered once for a kind; a new way of asking texts shows here, as rows get slow.
ONCE = ["chatml", "llama3", "llama3_2", "qwen2_5", "qwen3", "qwen3_training", "qwen3_instruct_2507", "gemma3", "phi3",
        "phi3_5", "cohere2", "cohere_training", "lfm2", "gptoss", "glm4moe_training", "deepseekv3_training", "zephyr",
        "mistral", "plain"]  # fmt: skip


@pytest.mark.parametrize("name", ONCE)
def test_rows_alike_are_rendered_once(name: str, facts: TokenizerFacts) -> None:
    template = ChatTemplate(shipped_text(name) or "", facts.special)
    stops = find_stops(template, facts).inside
    both = Both(template, lambda template, each: mark_turns(template, each, stops))
    for number in range(50):
        both.check(chat(f"What is {number}?", f"It is {number}.", "And then?", f"Then {number + 1}."))
    assert both.renderer.plainly <= 2


@pytest.mark.parametrize(
    "expression",
    [
        "{{ m.content | length }}",
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
        "{{ m.content._trail }}{{ m.content.trail }}{{ m.content.encode }}",
        "{{ [m.content, 'x'] | first }}{{ [m.content, 'b'] | max }}",
        "{{ dict(a=m.content) | tojson }}{{ (m.items() | list)[1][1] | length }}",
        "{{ cycler(m.content, 'b').next() }}",
    ],
)
def test_templates_that_look_into_texts(expression: str) -> None:
    """Every way to look into a text is either kept as a question or ends the tracing."""
    template = ChatTemplate("{% for m in messages %}<" + expression + ">{% endfor %}", {})
    both = Both(template, lambda template, each: Marked(render_text(template, each), ()))
    for text in ("ab", "xyz", "", " ab ", "b", "ab", "a" * 9, "<b>"):
        both.check(chat(text, "cd"))


def test_what_a_row_tells_the_template() -> None:
    """Variables of a row win over those at the template's head; each is a kind of its own."""
    text = "{% set loud = loud if loud is defined else false %}{{ messages[0].content }}{{ '!' if loud }}"
    both = Both(ChatTemplate(text, {}), lambda template, each: Marked(render_text(template, each), ()))
    for loud in (True, False, True):
        both.check(chat("Hi", "Yo"), variables={"loud": loud})
    both.check(chat("Hi", "Yo"))


@given(st.text(), st.lists(st.integers(0, 30), min_size=2, max_size=2).map(sorted))
def test_ranges_of_bytes_and_characters(text: str, span: list[int]) -> None:
    ranges = ((min(span[0], len(text)), min(span[1], len(text))),)
    assert in_characters(text, in_bytes(text, ranges)) == ranges


def test_marked_texts_become_texts() -> None:
    assert Texts.of([Marked("é!", ((1, 2),))]) == Texts(["é!"], [((2, 3),)])
