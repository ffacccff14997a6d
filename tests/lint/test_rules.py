"""Rules where they are right and where they must be silent; texts of messages are golden cases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recipedsl.compiler import Request
from recipedsl.lint import RULES
from tests.compiling import CHATS, MODEL, PAIRS
from tests.lint.checking import checked

HEADINGS = ("What:", "Why:", "Bad:", "Good:")


def found(root: Path, text: str, request: Request | None = None, head: str = MODEL) -> list[str]:
    """Codes of what is said of a recipe without errors."""
    outcome = checked(root, head + text, request)
    assert not outcome.problems.has_errors, [each.message for each in outcome.problems]
    return [each.code for each in outcome.problems.in_order()]


# --- the registry -----------------------------------------------------------------------------------


def test_every_rule_is_listed_once_and_every_file_has_one() -> None:
    folder = Path(__file__).parents[2] / "recipedsl" / "lint" / "rules"
    files = {each.stem for each in folder.glob("*.py")} - {"__init__"}
    assert {rule.__module__.rpartition(".")[2] for rule in RULES} == files
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_docstring_is_a_page(rule: type) -> None:
    page = rule.page()  # type: ignore[attr-defined]
    places = [page.index(heading) for heading in HEADINGS]
    assert places == sorted(places)
    assert page.split("\n", 1)[0].endswith(".")


def test_names_read_well_after_allow() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name) for rule in RULES)


# --- rows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "stage", "codes"),
    [
        ("rows([{ q: 1 }])", "epochs = 17", ["L106"]),
        ("rows([{ q: 1 }])", "epochs = 16", []),
        ('read("rows.jsonl") | derive q = id', "epochs = 17", ["L106"]),  # seen to its end: two rows
        ('read("rows.jsonl") | derive q = id | repeat 500', "epochs = 17", []),
        ('read("rows.jsonl") | derive q = id | repeat 500 | take 10', "epochs = 17", ["L106"]),
        ('read("rows.jsonl") | derive q = id | repeat 500 | sample 10%', "epochs = 17", ["L106"]),
        ('read("rows.jsonl") | derive q = id | repeat 500 | sample 20', "epochs = 17", ["L106"]),
        ("rows([{ q: 1 }])", "steps = 40, batch = 1", ["L106"]),
        ("rows([{ q: 1 }])", "steps = 40", []),  # what a batch is, the planner says
        ("rows([{ q: 1 }])", "steps = 40, batch = 1, packing = true", []),
    ],
)
def test_passes_are_counted_where_rows_are_known(
    tmp_path: Path, data: str, stage: str, codes: list[str]
) -> None:
    text = f"data d = {data} | derive t = text(q) | as text(t)\nstage s: sft {{ from = base, data = d, {stage} }}\n"
    assert found(tmp_path, text) == codes


def test_limits_of_the_run_count(tmp_path: Path) -> None:
    text = CHATS + "stage s: sft { from = base, data = chats, steps = 1000, batch = 2 }\n"
    assert found(tmp_path, text) == ["L106"]
    assert found(tmp_path, text, Request(overrides=("run.max_steps=3",))) == []


# --- where rows come from ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ("concat(a, a)", ["L108"]),
        ("concat(a, (a | where id > 1))", ["L108"]),
        ("concat((a | where id > 1), (a | where id <= 1))", []),
        ("concat(p.x, p.y)", []),
        ("concat(p.x, p.x)", ["L108"]),
        ("concat(p.x, a)", ["L108"]),
        ('concat(a, (read("./rows.jsonl") | as text(answer)))', ["L108"]),
        ('concat(a, (read("*.jsonl") | as text(answer)))', ["L108"]),
        ("a | repeat 3", []),
    ],
)
def test_the_same_rows_twice(tmp_path: Path, data: str, codes: list[str]) -> None:
    text = (
        'data a = read("rows.jsonl") | as text(answer)\n'
        'data p = read("rows.jsonl") | as text(answer) | split x = 50%, y = 50%\n'
        f"data d = {data}\nstage s: sft {{ from = base, data = d }}\nstage t: sft {{ from = s, data = p.x }}\n"
        "stage u: sft { from = s, data = a }\n"
    )
    assert found(tmp_path, text) == codes


def test_datasets_put_together_again_and_again_end(tmp_path: Path) -> None:
    """Each line doubles the ways; all of them would not be followed before the sun burns out."""
    lines = "".join(f"data d{n + 1} = concat(d{n}, d{n})\n" for n in range(40))
    text = (
        f'data d0 = read("rows.jsonl") | as text(answer)\n{lines}stage s: sft {{ from = base, data = d40 }}\n'
    )
    assert set(found(tmp_path, text)) == {"L108"}


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ('read("rows.jsonl") | as text(answer)', ["L109"]),
        ('read("rows.jsonl") | as text(answer) | where id == 2', ["L109"]),
        ('rows([{ t: "a" }]) | as text(t)', []),
    ],
)
def test_what_is_judged_on_what_was_trained(tmp_path: Path, data: str, codes: list[str]) -> None:
    text = (
        'data p = read("rows.jsonl") | as text(answer) | split x = 50%, y = 50%\n'
        f"data d = {data}\nstage s: sft {{ from = base, data = p.x }}\nstage t: sft {{ from = s, data = p.y }}\n"
        "eval e { models = [t], data = d, metrics = [loss()] }\n"
    )
    assert found(tmp_path, text) == codes


def test_a_filter_on_both_sides_may_have_told_rows_apart(tmp_path: Path) -> None:
    text = (
        'data a = read("rows.jsonl") | where id == 1 | as text(answer)\n'
        'data b = read("rows.jsonl") | where id == 2 | as text(answer)\n'
        "stage s: sft { from = base, data = a }\neval e { models = [s], data = b, metrics = [loss()] }\n"
    )
    assert found(tmp_path, text) == []


# --- models -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("Qwen/Qwen2.5-0.5B", True),
        ("Qwen/Qwen2.5-0.5B-Instruct", False),
        ("Qwen/Qwen3-0.6B", False),
        ("Qwen/Qwen3-0.6B-Base", True),
        ("meta-llama/Llama-2-7b-hf", True),
        ("meta-llama/Llama-2-7b-chat-hf", False),
        ("mistralai/Mistral-7B-v0.1", True),
        ("HuggingFaceH4/mistral-7b-sft-beta", False),
        ("google/gemma-2-2b", True),
        ("google/gemma-2-2b-it", False),
        ("google/gemma-3-1b-pt", True),
        ("EleutherAI/pythia-160m", True),
        ("owner/something", False),
    ],
)
def test_pretrained_models_are_known_by_name(tmp_path: Path, name: str, is_told: bool) -> None:
    head = f'ftr 1\nmodel base {{ from = hub("{name}", revision = "0123456") }}\nrun {{ seed = 1 }}\n'
    text = PAIRS + "stage s: dpo { from = base, data = pairs }\n"
    assert found(tmp_path, text, head=head) == (["L110"] if is_told else [])


@pytest.mark.parametrize(("revision", "codes"), [("main", ["L104"]), ("v1.0", []), ("0123456", [])])
def test_a_branch_is_no_pin(tmp_path: Path, revision: str, codes: list[str]) -> None:
    head = f'ftr 1\nmodel base {{ from = hub("a/b", revision = "{revision}") }}\nrun {{ seed = 1 }}\n'
    assert found(tmp_path, CHATS + "stage s: sft { from = base, data = chats }\n", head=head) == codes


# --- settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "meant"),
    [
        ("1204", "1024"), ("1042", "1024"), ("2408", "2048"), ("4906", "4096"), ("8129", "8192"), ("521", "512"),
        ("16348", "16384"), ("1000", ""), ("1024", ""), ("2047", ""), ("1_204", "1024"), ("1536", ""), ("12", ""),
    ],
)  # fmt: skip
def test_lengths_with_two_digits_changed_over(tmp_path: Path, length: str, meant: str) -> None:
    outcome = checked(
        tmp_path, f"{MODEL}{CHATS}stage s: sft {{ from = base, data = chats, max_length = {length} }}\n"
    )
    edits = [edit.text for each in outcome.problems for help_ in each.helps for edit in help_.edits]
    assert edits == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ("learning_rate = 1e-3", []),
        ("learning_rate = 1.1e-3", ["P403"]),
        ("learning_rate = 9e-3, adapter = lora", []),
        ("learning_rate = 1.1e-2, adapter = lora", ["P403"]),
        ("learning_rate = 1e-8", ["P403"]),
    ],
)
def test_bands_of_rates(tmp_path: Path, settings: str, codes: list[str]) -> None:
    assert found(tmp_path, f"{CHATS}stage s: sft {{ from = base, data = chats, {settings} }}\n") == codes


def test_an_import_that_nothing_uses(tmp_path: Path) -> None:
    (tmp_path / "common.ftr").write_text("ftr 1\nlet rate = 1e-4\n")
    text = CHATS + "stage s: sft { from = base, data = chats }\n"
    head = MODEL.replace("ftr 1\n", 'ftr 1\nimport common = "common.ftr"\n')
    assert found(tmp_path, text, head=head) == ["L102"]
    used = text.replace("data = chats", "data = chats, learning_rate = common.rate")
    assert found(tmp_path, used, head=head) == []


def test_nothing_is_said_of_a_recipe_that_means_nothing(tmp_path: Path) -> None:
    outcome = checked(tmp_path, 'model base { from = hub("a/b") }\nlet unused = nothing\n')
    assert {each.code for each in outcome.problems} == {"L101", "L104", "N101"}
