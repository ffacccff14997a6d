"""The maker of tokens nodes, purpose by purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recipedsl.data.tokens import make_tokens
from recipedsl.data.tokens.tokenizer import load_tokenizer
from recipedsl.diagnostics import RecipeError
from recipedsl.plan.model import TemplateSpec, TokensNode

from .making import build_tokenizer, chat, node, save_model, write_rows

CHATS = [
    {"messages": chat("Hi", "Hello"), "topic": "a"},
    {"messages": chat("a", "b", "c", "d"), "topic": "b"},
]


def answer(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


PAIRS = [
    {"prompt": chat("Hi"), "chosen": answer("yes"), "rejected": answer("no"), "margin": 0.5},
    {"prompt": chat("Hi"), "chosen": answer("same"), "rejected": answer("same"), "margin": 0.5},
    {"prompt": chat("Hi"), "chosen": answer("long " * 40), "rejected": answer("no"), "margin": 0.5},
]


class Made:
    """A result, read back."""

    def __init__(self, asked: TokensNode, rows: list[dict[str, Any]], model: Path, folder: Path) -> None:
        out = folder / "out"
        out.mkdir()
        self.facts = make_tokens(asked, write_rows(folder / "rows.parquet", rows), model, out, folder)
        self.frame = pl.read_ipc_stream(out / "tokens.arrow")
        self.samples = json.loads((out / "samples.json").read_text(encoding="utf-8"))
        self.tokenizer = load_tokenizer(model)

    def texts(self, column: str) -> list[str]:
        return [self.tokenizer.decode(ids.to_numpy()) for ids in self.frame[column]]

    def trained(self) -> list[str]:
        return [self.tokenizer.decode(ids.filter(ids != -100).to_numpy()) for ids in self.frame["labels"]]


def test_sft_on_conversations(model: Path, tmp_path: Path) -> None:
    made = Made(node(), CHATS, model, tmp_path)
    assert made.frame.schema == {
        "input_ids": pl.List(pl.Int32),
        "labels": pl.List(pl.Int32),
        "seq_lengths": pl.List(pl.Int32),
        "row": pl.Int64,
    }
    assert made.trained() == ["Hello<|im_end|>", "b<|im_end|>d<|im_end|>"]
    assert made.frame["seq_lengths"].to_list() == [[each] for each in made.frame["input_ids"].list.len()]
    counted = {key: made.facts[key] for key in ("rows", "kept", "dropped", "cut", "untrained", "sequences")}
    assert counted == {"rows": 2, "kept": 2, "dropped": {}, "cut": 0, "untrained": 0, "sequences": 2}
    assert made.facts["tokens"] == made.frame["input_ids"].list.len().sum()
    assert made.facts["trained"] == sum((labels != -100).sum() for labels in made.frame["labels"])
    assert made.facts["stop"]["text"] == "<|im_end|>"


def test_samples_show_the_mask(model: Path, tmp_path: Path) -> None:
    made = Made(node(), CHATS * 3, model, tmp_path)
    assert len(made.samples) == 3
    assert made.samples == made.facts["samples"]
    assert made.samples[0] == [
        {"text": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "trained": False},
        {"text": "Hello<|im_end|>", "trained": True},
        {"text": "\n", "trained": False},
    ]


@pytest.mark.parametrize(
    ("train_on", "expected"),
    [("last", "d<|im_end|>"), ("assistant", "b<|im_end|>d<|im_end|>")],
)
def test_train_on(train_on: str, expected: str, model: Path, tmp_path: Path) -> None:
    assert Made(node(train_on=train_on), CHATS[1:], model, tmp_path).trained() == [expected]


def test_train_on_all(model: Path, tmp_path: Path) -> None:
    made = Made(node(train_on="all"), CHATS, model, tmp_path)
    assert [labels[1:].to_list() for labels in made.frame["labels"]] == [
        ids[1:].to_list() for ids in made.frame["input_ids"]
    ]


def test_long_rows_are_cut_and_rows_without_labels_dropped(model: Path, tmp_path: Path) -> None:
    rows = [{"messages": chat("Hi", "Hello " * 30)}, {"messages": chat("Hi " * 60, "b")}, CHATS[0]]
    made = Made(node(max_length=30), [{"messages": row["messages"]} for row in rows], model, tmp_path)
    assert made.frame["row"].to_list() == [0, 2]
    assert (made.facts["cut"], made.facts["untrained"], made.facts["dropped"]) == (2, 1, {"untrained": 1})
    assert made.frame["input_ids"].list.len().to_list() == [30, made.frame["input_ids"].list.len()[1]]
    assert made.facts["lengths"]["max"] > 30


def test_nothing_to_train_on_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"M315.*no row of 2 has a token to train on"):
        Made(node(max_length=4), CHATS, model, tmp_path)


def test_packing_keeps_rows_apart(model: Path, tmp_path: Path) -> None:
    rows = [{"messages": chat("a" * (place % 7), "b" * (place % 5 + 1))} for place in range(40)]
    (tmp_path / "apart").mkdir()
    (tmp_path / "packed").mkdir()
    apart = Made(node(max_length=64), rows, model, tmp_path / "apart").frame
    packed = Made(node(max_length=64, packing=True), rows, model, tmp_path / "packed").frame
    assert packed["input_ids"].list.len().max() <= 64
    assert len(packed) < len(apart)
    found = {}
    for ids, labels, lengths, numbers in packed.iter_rows():
        assert sum(lengths) == len(ids) == len(labels)
        for place, number in enumerate(numbers):
            start = sum(lengths[:place])
            end = start + lengths[place]
            found[number] = (ids[start:end], labels[start:end])
    assert [found[number] for number in range(40)] == list(apart.select("input_ids", "labels").iter_rows())


def test_completion(model: Path, tmp_path: Path) -> None:
    made = Made(node("completion"), [{"prompt": "Q: the", "completion": " capital"}], model, tmp_path)
    assert made.texts("input_ids") == ["Q: the capital<|im_end|>"]
    assert made.trained() == [" capital<|im_end|>"]


def test_text_begins_and_ends(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", build_tokenizer(bos="<s>"), bos="<s>", eos="</s>")
    made = Made(node("text"), [{"text": "hello there"}, {"text": "ended</s>"}], model, tmp_path)
    assert made.texts("input_ids") == ["<s>hello there</s>", "<s>ended</s>"]
    assert made.trained() == ["hello there</s>", "ended</s>"]


def test_text_that_brings_its_own_beginning_is_refused(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", build_tokenizer(bos="<s>"), bos="<s>", eos="</s>")
    with pytest.raises(RecipeError, match="M313"):
        Made(node("text"), [{"text": "<s>hello"}], model, tmp_path)


def test_preference(model: Path, tmp_path: Path) -> None:
    made = Made(node("preference", "preference", max_length=60), PAIRS, model, tmp_path)
    assert made.frame.columns == ["prompt_ids", "chosen_ids", "rejected_ids", "row"]
    assert made.texts("prompt_ids") == ["<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"]
    assert (made.texts("chosen_ids"), made.texts("rejected_ids")) == (["yes<|im_end|>"], ["no<|im_end|>"])
    assert made.facts["dropped"] == {"same": 1, "too long": 1}


def test_reward(model: Path, tmp_path: Path) -> None:
    made = Made(node("preference", "reward"), PAIRS, model, tmp_path)
    assert made.frame.columns == ["chosen_ids", "rejected_ids", "margin", "row"]
    assert made.frame["row"].to_list() == [0, 2]
    assert made.texts("rejected_ids")[0].endswith("assistant\nno<|im_end|>\n")


def test_feedback(model: Path, tmp_path: Path) -> None:
    rows = [{"prompt": chat("Hi"), "completion": answer("yes"), "label": True}]
    made = Made(node("feedback", "feedback"), rows, model, tmp_path)
    assert made.frame.schema["label"] == pl.Boolean
    assert made.texts("completion_ids") == ["yes<|im_end|>"]


def test_an_answer_has_to_be_the_assistants(model: Path, tmp_path: Path) -> None:
    rows = [{"prompt": chat("Hi"), "completion": chat("no answer"), "label": True}]
    with pytest.raises(RecipeError, match=r"M321.*row 1 has no answer"):
        Made(node("feedback", "feedback"), rows, model, tmp_path)


def test_prompts_keep_all_columns(model: Path, tmp_path: Path) -> None:
    rows = [{"prompt": chat("Hi"), "tests": "x", "n": 1}, {"prompt": chat("Hi " * 50), "tests": "y", "n": 2}]
    made = Made(node("prompt", "prompt", max_length=40), rows, model, tmp_path)
    assert set(made.frame.columns) == {"prompt", "tests", "n", "prompt_ids", "row"}
    assert made.frame.select("tests", "row").rows() == [("x", 0)]
    assert made.texts("prompt_ids") == ["<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"]
    assert made.facts["dropped"] == {"too long": 1}


def test_prompts_of_conversations_stop_before_the_last_answer(model: Path, tmp_path: Path) -> None:
    made = Made(node("chat", "prompt"), CHATS, model, tmp_path)
    assert [len(prompt) for prompt in made.frame["prompt"]] == [1, 3]
    assert all(text.endswith("<|im_start|>assistant\n") for text in made.texts("prompt_ids"))


def test_tool_calls_and_thinking_are_read(model: Path, tmp_path: Path) -> None:
    calls = json.dumps([{"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}])
    empty = {"tool_calls": None, "name": None, "thinking": None}
    messages = [
        {"role": "user", "content": "Hi", **empty},
        {"role": "assistant", "content": None, **empty, "tool_calls": calls, "thinking": "hm"},
        {"role": "tool", "content": "3", **empty, "name": "add"},
        {"role": "assistant", "content": "It is 3", **empty, "thinking": "so"},
    ]
    tools = json.dumps([{"type": "function", "function": {"name": "add", "parameters": {}}}])
    made = Made(node(template="qwen3"), [{"messages": messages, "tools": tools}], model, tmp_path)
    trained = made.trained()[0]
    assert '{"name": "add", "arguments": {"a": 1}}' in trained
    assert trained.endswith("<think>\nso\n</think>\n\nIt is 3<|im_end|>")
    assert '"name": "add", "parameters"' in made.texts("input_ids")[0]


def test_broken_tool_calls_name_their_row(model: Path, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "", "tool_calls": "f(x)"}]
    with pytest.raises(RecipeError, match=r"M321.*row 1 has tool calls that are not JSON"):
        Made(node(template="qwen3"), [{"messages": messages}], model, tmp_path)


def test_the_same_rows_give_the_same_files(model: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.parquet", CHATS * 20)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make_tokens(node(packing=True, max_length=64), rows, model, tmp_path / name, tmp_path)
    for file in ("tokens.arrow", "samples.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_without_a_template_there_is_no_way(model: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="M300"):
        Made(node(spec=TemplateSpec()), CHATS, model, tmp_path)


# --- masks by role and by turn ----------------------------------------------------------------------------

USING = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "ABBA?"},
    {"role": "assistant", "content": "one"},
    {"role": "tool", "content": "3"},
    {"role": "assistant", "content": "two"},
]


@pytest.mark.parametrize(
    ("train_on", "expected"),
    [
        ("tool", "3<|im_end|>"),
        (("last", "tool"), "3<|im_end|>two<|im_end|>"),
        (("user", "assistant"), "ABBA?<|im_end|>one<|im_end|>two<|im_end|>"),
        (("system", "tool", "assistant"), "Be brief.<|im_end|>one<|im_end|>3<|im_end|>two<|im_end|>"),
    ],
)
def test_train_on_roles(train_on: Any, expected: str, model: Path, tmp_path: Path) -> None:
    made = Made(node(train_on=train_on), [{"messages": USING}] * 3, model, tmp_path)
    assert made.trained() == [expected] * 3


@pytest.mark.parametrize(
    ("train_on", "said", "expected"),
    [
        ("assistant", (None, None, False, None, None), "two<|im_end|>"),
        ("assistant", (None, True, None, None, False), "ABBA?<|im_end|>one<|im_end|>"),
        ("last", (None, None, True, None, None), "one<|im_end|>two<|im_end|>"),
        ("last", (None, None, None, None, False), ""),
        (("tool",), (None, None, "true", "false", None), "one<|im_end|>"),
    ],
)
def test_a_message_says_whether_it_is_trained(
    train_on: Any, said: tuple[Any, ...], expected: str, model: Path, tmp_path: Path
) -> None:
    told = [{**message, "train": each} for message, each in zip(USING, said, strict=True)]
    rows = [{"messages": told}, {"messages": [{**message, "train": None} for message in USING]}]
    made = Made(node(train_on=train_on), rows, model, tmp_path)
    assert made.trained()[:-1] == ([expected] if expected else [])
    assert made.facts["dropped"] == ({} if expected else {"untrained": 1})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("0.5", r"row 1 has a message of the weight 0.5, which is neither 0 nor 1"),
        ("some", r"row 1 has a message whose `train` is neither"),
    ],
)
def test_a_message_that_says_neither(said: str, words: str, model: Path, tmp_path: Path) -> None:
    told = [{**message, "train": said} for message in USING]
    with pytest.raises(RecipeError, match=f"(?s)M321.*{words}"):
        Made(node(), [{"messages": told}], model, tmp_path)


@pytest.mark.parametrize("kind", ["text", "record"])
def test_rows_tell_the_template(kind: str, model: Path, tmp_path: Path) -> None:
    """A row's variables win over those of the recipe, which win over the template's own."""
    told: list[dict[str, Any]] = [{"enable_thinking": False}, {"enable_thinking": True}, {}]
    rows = [
        {
            "prompt": chat("Hi"),
            "chat_template_kwargs": json.dumps(each) if kind == "text" else {"enable_thinking": None, **each},
        }
        for each in told
    ]
    spec = TemplateSpec(keyword="shipped", name="qwen3", variables={"enable_thinking": False})
    made = Made(node("prompt", "prompt", spec=spec), rows, model, tmp_path)
    assert ["<think>" in text for text in made.texts("prompt_ids")] == [True, False, True]


def test_variables_that_are_none(model: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"M321.*row 1 has template variables that are no record"):
        Made(node(), [{"messages": chat("Hi", "Yo"), "chat_template_kwargs": "[1]"}], model, tmp_path)


def test_packed_rows_are_those_of_the_files_that_wait(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is gathered at once, the sequences are the same, and nothing is left beside them."""
    frames = []
    for number, most in enumerate((10, 1000)):
        (tmp_path / str(number)).mkdir()
        monkeypatch.setattr("recipedsl.data.tokens.streams._GATHERED", most)
        frames.append(
            Made(node(packing=True, max_length=64), CHATS * 30, model, tmp_path / str(number)).frame
        )
        names = sorted(each.name for each in (tmp_path / str(number) / "out").iterdir())
        assert names == ["samples.json", "template.jinja", "tokens.arrow"]
    assert frames[0].equals(frames[1])
