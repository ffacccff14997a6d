"""Which characters and tokens are trained, and the gates before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipedsl.data.tokens.checks import RenderedCheck, check_bos, check_stop_trained, find_stops
from recipedsl.data.tokens.encode import IGNORED, Encoded, encode_marked
from recipedsl.data.tokens.mask import Conversation, mark_turns
from recipedsl.data.tokens.ragged import Ragged
from recipedsl.data.tokens.template import ChatTemplate, shipped_text
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer
from recipedsl.diagnostics import RecipeError

from .making import build_tokenizer, chat, save_model

CHATML = shipped_text("chatml") or ""


def compiled(text: str, facts: TokenizerFacts) -> ChatTemplate:
    return ChatTemplate(text, facts.special)


def spoken(text: str, messages: list[Any], facts: TokenizerFacts) -> list[str]:
    """What is trained of a conversation, turn by turn."""
    template = compiled(text, facts)
    marked = mark_turns(template, Conversation(messages), find_stops(template, facts).inside)
    return [marked.text[start:end] for start, end in marked.spans]


def test_a_turn_goes_from_its_header_to_its_stop(facts: TokenizerFacts) -> None:
    assert spoken(CHATML, chat("a", "b", "c", "d", system="s"), facts) == ["b<|im_end|>", "d<|im_end|>"]


def test_a_stop_inside_the_text_is_not_the_end(facts: TokenizerFacts) -> None:
    assert spoken(CHATML, chat("a", "b<|im_end|>c"), facts) == ["b<|im_end|>c<|im_end|>"]


def test_thoughts_taken_out_of_earlier_turns(facts: TokenizerFacts) -> None:
    messages = chat("a", "<think>\nx\n</think>\n\nb", "c", "<think>\ny\n</think>\n\nd")
    expected = ["b<|im_end|>", "<think>\ny\n</think>\n\nd<|im_end|>"]
    assert spoken(shipped_text("qwen3") or "", messages, facts) == expected


def test_a_stop_written_with_the_next_message(facts: TokenizerFacts) -> None:
    text = (
        "{% for m in messages %}{% if not loop.first %}<|end|>{% endif %}"
        "<|start|>{{ m.role }}:{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<|end|><|start|>assistant:{% else %}<|end|>{% endif %}"
    )
    assert spoken(text, chat("a", "b", "c", "d"), facts) == ["b<|end|>", "d<|end|>"]


def test_a_template_that_breaks_the_prompt_falls_back_to_its_marks(facts: TokenizerFacts) -> None:
    body = "{% for m in messages %}<|start|>{{ m.role }}:{% if m.role == 'assistant' %}"
    body += "OPEN{{ m.content }}<|end|>CLOSE{% else %}{{ m.content }}{% endif %}{% endfor %}"
    body += "{% if add_generation_prompt %}<|start|>assistant:<think>{% endif %}"
    marked = body.replace("OPEN", "{% generation %}").replace("CLOSE", "{% endgeneration %}")
    assert spoken(marked, chat("a", "b", "c", "d"), facts) == ["b<|end|>", "d<|end|>"]
    with pytest.raises(RecipeError, match="M314"):
        spoken(body.replace("OPEN", "").replace("CLOSE", ""), chat("a", "b"), facts)


def test_the_help_names_the_training_version(facts: TokenizerFacts) -> None:
    template = compiled(shipped_text("deepseek_r1_distill") or "", facts)
    with pytest.raises(RecipeError, match="M314") as caught:
        mark_turns(template, Conversation(chat("a", "b")), ())
    assert "`deepseek_r1_distill_training`" in caught.value.diagnostics[0].helps[0].text


def test_labels_are_the_ids_of_what_is_spoken(facts: TokenizerFacts) -> None:
    text = "a<|im_end|>\nHello<|im_end|>\n"
    labels = encode_marked(facts, [text], [[(12, 27)]])[0].labels
    assert facts.decode(labels[labels != IGNORED]) == text[12:27]


def test_the_first_token_bears_no_label(facts: TokenizerFacts) -> None:
    ids = facts.encode("hello")
    assert Encoded(ids, np.ones(len(ids), dtype=np.bool_)).labels[0] == IGNORED


@pytest.mark.parametrize("answer", ["\nhello", "\n\nhello", "  hello", "hello"])
def test_the_prompt_is_a_prefix_of_tokens(answer: str, facts: TokenizerFacts) -> None:
    template = compiled(CHATML, facts)
    marked = mark_turns(template, Conversation(chat("a", answer)), ["<|im_end|>"])
    encoded = encode_marked(facts, [marked.text], [marked.spans])[0]
    prompt = facts.encode(template.render(chat("a"), prompt=True).text)
    assert encoded.ids[: len(prompt)].tolist() == prompt.tolist()
    assert not encoded.trained[: len(prompt)].any()
    assert facts.decode(encoded.ids) == marked.text
    assert facts.decode(encoded.ids[encoded.trained]) == f"{answer}<|im_end|>"


def test_a_tokenizer_that_does_not_join_leaves_the_straddler_out(tmp_path: Path) -> None:
    facts = load_tokenizer(save_model(tmp_path, build_tokenizer(prefix_space=True)))
    text = "one hello there"
    encoded = encode_marked(facts, [text], [[(5, len(text))]])[0]
    assert encoded.ids.tolist() == facts.encode(text).tolist()
    assert encoded.trained.any()


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="<\ufdd0\ufdd1"), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=2, max_size=6))
def test_what_is_trained_is_what_was_said(facts: TokenizerFacts, turns: list[str]) -> None:
    template = compiled(CHATML, facts)
    marked = mark_turns(template, Conversation(chat(*turns)), ["<|im_end|>"])
    encoded = encode_marked(facts, [marked.text], [marked.spans])[0]
    assert facts.decode(encoded.ids) == marked.text
    said = "".join(f"{text}<|im_end|>" for text in turns[1::2])
    assert facts.decode(encoded.ids[encoded.trained]) == said


# --- gates --------------------------------------------------------------------------------------


def test_the_stop_is_found_and_joined_with_the_tokenizers(facts: TokenizerFacts) -> None:
    stops = find_stops(compiled(shipped_text("lfm2") or "", facts), facts)
    assert stops.text == "<|im_end|>"
    assert stops.ids == (facts.added["<|im_end|>"],)
    others = find_stops(compiled(CHATML.replace("<|im_end|>", "<|end|>"), facts), facts)
    assert others.ids == (facts.added["<|end|>"], facts.added["<|im_end|>"])


@pytest.mark.parametrize("end", ["", "\n", "<not a token>\n"])
def test_a_template_without_an_end_is_refused(end: str, facts: TokenizerFacts) -> None:
    text = "{% for m in messages %}{{ m.role }}: {{ m.content }}" + end + "{% endfor %}"
    with pytest.raises(RecipeError, match="M310"):
        find_stops(compiled(text, facts), facts)


@pytest.mark.parametrize("declared", ["</s>", "STOP"])
def test_a_declared_stop_has_to_be_the_one(declared: str, facts: TokenizerFacts) -> None:
    with pytest.raises(RecipeError, match="M312"):
        find_stops(compiled(CHATML, facts), facts, declared)


def test_a_stop_outside_the_marks_is_refused(facts: TokenizerFacts) -> None:
    text = (
        "{% for m in messages %}{{ m.role }}:{% if m.role == 'assistant' %}"
        "{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}<|end|>"
        "{% endfor %}{% if add_generation_prompt %}assistant:<think>{% endif %}"
    )
    template = compiled(text, facts)
    with pytest.raises(RecipeError, match="M311"):
        check_stop_trained(template, facts, find_stops(template, facts))


def test_templates_for_images_are_refused(facts: TokenizerFacts) -> None:
    with pytest.raises(RecipeError, match="M317"):
        find_stops(compiled(shipped_text("smolvlm") or "", facts), facts)


def test_two_beginnings_are_refused(tmp_path: Path) -> None:
    facts = load_tokenizer(save_model(tmp_path, build_tokenizer(), bos="<s>"))
    once, twice = facts.encode("<s>a<s>"), facts.encode("<s><s>a")
    check_bos(Ragged.of_lists([once, twice[:1], twice[:0]]), facts, 0)
    with pytest.raises(RecipeError, match=r"M313.*row 3 begins with `<s>` twice"):
        check_bos(Ragged.of_lists([once, twice]), facts, 1)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"thinking": "hm"}, "thinking"),
        ({"role": "critic"}, "role `critic`"),
        ({"tool_calls": [{"name": "f"}]}, "calls"),
    ],
)
def test_what_a_template_leaves_out_is_refused(
    change: dict[str, Any], what: str, facts: TokenizerFacts
) -> None:
    text = "{% for m in messages %}{% if m.role != 'critic' %}{{ m.content }}<|end|>{% endif %}{% endfor %}"
    check = RenderedCheck(compiled(text, facts))
    messages: list[Any] = chat("Hi", "Yo")
    check(Conversation(messages))
    messages[-1] = {**messages[-1], **change}
    with pytest.raises(RecipeError, match=f"M317.*{what}"):
        check(Conversation(messages))
