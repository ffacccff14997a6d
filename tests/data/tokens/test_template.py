"""Templates: found, compiled from parts, rendered in the sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recipedsl.data.tokens.template import (
    ChatTemplate,
    shipped_names,
    shipped_text,
    template_text,
    training_name,
)
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import TemplateSpec

from .making import build_tokenizer, chat, save_model

OWN = ("chatml", "mistral", "plain", "zephyr")
PARTS = {
    "start": "{bos}",
    "system": "[{content}]\n",
    "user": 'User "q": {content}\n',
    "assistant": "Bot: {content}{eos}\n",
    "thinking": "(thinks {content}) ",
    "tool": "Tool: {content}\n",
}
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}


def parts_template(parts: dict[str, str], facts: TokenizerFacts) -> ChatTemplate:
    spec = TemplateSpec(keyword="parts", parts=parts)
    return ChatTemplate(template_text(spec, facts, Path()), SPECIAL)


def test_finds_shipped_templates_without_importing_their_library() -> None:
    assert set(OWN) < set(shipped_names())
    assert len(shipped_names()) > 60
    code = "import sys; from recipedsl.data.tokens.template import shipped_names as names; names(); "
    code += "print({'trl', 'torch'} & {*sys.modules})"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout == "set()\n"


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_template_compiles(name: str) -> None:
    ChatTemplate(shipped_text(name) or "", SPECIAL)


@pytest.mark.parametrize("name", OWN)
def test_own_templates_refuse_what_they_would_lose(name: str) -> None:
    template = ChatTemplate(shipped_text(name) or "", SPECIAL)
    calling = {"role": "assistant", "content": "", "tool_calls": [{"name": "f", "arguments": {}}]}
    with pytest.raises(RecipeError, match="no part for tools"):
        template.render([{"role": "user", "content": "Hi"}, calling])


def test_an_unknown_name_gets_the_nearest(facts: TokenizerFacts) -> None:
    with pytest.raises(RecipeError, match="no template is called `chatlm`") as caught:
        template_text(TemplateSpec(keyword="shipped", name="chatlm"), facts, Path())
    assert caught.value.diagnostics[0].helps[0].text == "did you mean `chatml`?"


def test_a_base_model_has_to_choose(facts: TokenizerFacts) -> None:
    with pytest.raises(RecipeError, match="M300") as caught:
        template_text(TemplateSpec(), facts, Path())
    assert "`chatml`" in caught.value.diagnostics[0].helps[0].text


def test_the_models_own_template(tmp_path: Path) -> None:
    facts = load_tokenizer(save_model(tmp_path, build_tokenizer(), template="own"))
    assert template_text(TemplateSpec(), facts, tmp_path) == "own"


def test_files_stay_inside_the_project(tmp_path: Path, facts: TokenizerFacts) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "outside.jinja").write_text("x")
    (tmp_path / "project" / "inside.jinja").write_text("y")
    inside = TemplateSpec(keyword="file", path="inside.jinja")
    assert template_text(inside, facts, tmp_path / "project") == "y"
    for path, message in (("../outside.jinja", "outside of the project"), ("none.jinja", "cannot be read")):
        with pytest.raises(RecipeError, match=message):
            template_text(TemplateSpec(keyword="file", path=path), facts, tmp_path / "project")


def test_variables_stand_at_the_head(facts: TokenizerFacts) -> None:
    values: dict[str, Any] = {"a": False, "b": None, "c": 'é "q"\n😀', "d": [1, {"k": 0.5}]}
    spec = TemplateSpec(keyword="shipped", name="chatml", variables=values)
    text = template_text(spec, facts, Path()).removesuffix(shipped_text("chatml") or "")
    rendered = ChatTemplate(text + "{{ a }}|{{ b }}|{{ c }}|{{ d }}", {}).render([]).text
    assert rendered == "False|None|é \"q\"\n😀|[1, {'k': 0.5}]"


def test_parts(facts: TokenizerFacts) -> None:
    template = parts_template(PARTS, facts)
    messages: list[Any] = [*chat("Hi", "Yo", system="Be {nice}"), {"role": "tool", "content": "3"}]
    messages[2]["thinking"] = "hm"
    expected = '<s>[Be {nice}]\nUser "q": Hi\nBot: (thinks hm) Yo</s>\nTool: 3\n'
    assert template.render(messages).text == expected
    assert template.render(messages[:2], prompt=True).text == '<s>[Be {nice}]\nUser "q": Hi\nBot: '


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"user": "{content}"}, "no part `assistant`"),
        ({"user": "U", "assistant": "{content}{eos}"}, "`user` has 0 times"),
        ({"user": "{content}", "assistant": "{content}", "asistant": "x"}, "no part `asistant`"),
    ],
)
def test_parts_are_checked(parts: dict[str, str], message: str, facts: TokenizerFacts) -> None:
    with pytest.raises(RecipeError, match=message):
        parts_template(parts, facts)


@pytest.mark.parametrize(
    "message",
    [{"role": "tool", "content": "3"}, {"role": "assistant", "content": "", "thinking": "hm"}],
    ids=["role", "thinking"],
)
def test_parts_lose_nothing(message: dict[str, str], facts: TokenizerFacts) -> None:
    template = parts_template({key: PARTS[key] for key in ("user", "assistant")}, facts)
    with pytest.raises(RecipeError, match="no part for"):
        template.render([*chat("Hi"), message])


def test_a_broken_template_names_its_line() -> None:
    with pytest.raises(RecipeError, match="not valid Jinja") as caught:
        ChatTemplate("a\n{% for %}", {})
    assert caught.value.diagnostics[0].notes == ("line 2",)


def test_a_refusal_names_its_row() -> None:
    template = ChatTemplate("{{ raise_exception('no system') }}", {})
    with pytest.raises(RecipeError, match=r"M305.* row 8: no system"):
        template.render(chat("Hi"), row=7)


def test_json_is_not_escaped_for_pages() -> None:
    assert ChatTemplate("{{ tools | tojson }}", {}).render([], [{"a": "<é>"}]).text == '[{"a": "<é>"}]'


def test_the_clock_stands_still() -> None:
    assert ChatTemplate("{{ strftime_now('%d %b %Y') }}", {}).render([]).text == "26 Jul 2024"


def test_generation_marks_become_spans() -> None:
    text = "a{% for x in messages %}{% generation %}{{ x.content }}{% endgeneration %}|{% endfor %}"
    rendering = ChatTemplate(text, {}).render(chat("one", "", "three"))
    assert rendering.text == "aone||three|"
    assert rendering.generated == ((1, 4), (5, 5), (6, 11))


def test_the_training_version_is_known_by_its_text() -> None:
    assert training_name(shipped_text("qwen3") or "") == "qwen3_training"
    assert training_name("something else") == ""


DOUBLING = "{{% set ns = namespace(x='aaaaaaaa') %}}{{% for i in range(60) %}}{}{{% endfor %}}"


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{{ f(n-1) if n }}{{ f(n-1) if n }}{% endmacro %}{{ f(60) }}",
        "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
        DOUBLING.format("{% set ns.x = ns.x ~ ns.x %}"),
        DOUBLING.format("{% set ns.x = ns.x + ns.x %}"),
        DOUBLING.format("{% set ns.x = [ns.x, ns.x] | join %}"),
        DOUBLING.format("{% set ns.x = ns.x.replace('a', ns.x) %}"),
        DOUBLING.format("{% set ns.x = ns.x | replace('a', ns.x) %}"),
        DOUBLING.format("{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}"),
        "{{ 'a' * 10**9 }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ ['a' * 100000] * 100000 }}",
        "{{ 10 ** 1000000 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ namespace(_x=1) }}",
        "{{ raise_exception.__globals__['x'] }}",
    ],
)
def test_hostile_templates_are_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="M306"):
        ChatTemplate(text, {}).render(chat("Hi"))
