"""Whatever is written, the compiler ends, and what is wrong is a diagnostic."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from recipedsl.compiler import Request, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.plan.model import Plan
from recipedsl.plan.verify import faults
from recipedsl.source import Source
from tests.compiling import CHATS, MODEL, compile_text, messages
from tests.semantics.mutations import EVERYTHING, mutated, requests, write_project


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> FileFacts:
    return FileFacts(write_project(tmp_path_factory.mktemp("project")))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=mutated(), request_=requests())
@example(EVERYTHING, Request())
@example('ftr 1\ndata d = coalesce(none)("data/rows.jsonl") | shuffle\n', Request())
def test_a_mutation_is_compiled_or_refused(facts: FileFacts, text: str, request_: Request) -> None:
    source = Source("recipe.ftr", text)
    outcome = compile_source(source, facts, request_)
    assert (outcome.plan is None) == outcome.problems.has_errors
    found = messages(outcome)
    assert found == messages(compile_source(source, facts, request_))
    if outcome.plan is not None:
        written = outcome.plan.model_dump_json()
        assert "NaN" not in written
        assert Plan.model_validate_json(written) == outcome.plan
        assert not list(faults(outcome.plan))


def test_the_whole_sample_compiles(facts: FileFacts) -> None:
    outcome = compile_source(Source("recipe.ftr", EVERYTHING), facts)
    assert outcome.plan is not None, messages(outcome)


# --- what is endless or huge ----------------------------------------------------------------------

MANY = 1200


def chain(form: str, last: str) -> str:
    """Declarations of which each needs the one below it."""
    return "".join(form.format(index, index + 1) for index in range(MANY)) + last


@pytest.mark.parametrize(
    "text",
    [
        chain("let a{} = a{} + 1\n", f"let a{MANY} = 1\n"),
        chain("param a{}: int = a{}\n", f"let a{MANY} = 1\n"),
        chain("data a{} = a{}\n", f'data a{MANY} = read("rows.jsonl")\n'),
        chain("data a{} = concat((a{} | take 1))\n", f'data a{MANY} = read("rows.jsonl")\n'),
        chain("type A{} = {{ x: A{} }}\n", f"type A{MANY} = text\n"),
        "".join(
            f"stage s{index + 1}: sft {{ from = {f's{index}' if index else 'base'}, data = chats }}\n"
            for index in range(300)
        ),
    ],
    ids=["lets", "params", "data", "nested data", "types", "stages"],
)
def test_long_chains_are_no_trouble(tmp_path: Path, text: str) -> None:
    outcome = compile_text(tmp_path, MODEL + CHATS + text)
    assert not outcome.problems.has_errors, messages(outcome)[:3]


@pytest.mark.parametrize(
    "form",
    ["let a{} = a{} + 1\n", "param a{}: int = a{}\n", "data a{} = a{}\n", "type a{} = {{ x: list[a{}] }}\n"],
)
def test_a_long_loop_is_said_once(tmp_path: Path, form: str) -> None:
    text = "".join(form.format(index, (index + 1) % MANY) for index in range(MANY))
    found = [each for each in messages(compile_text(tmp_path, MODEL + text)) if not each.startswith("L")]
    assert len(found) == 1
    assert found[0].startswith("N108")


def test_a_profile_that_leads_back_is_a_loop(tmp_path: Path) -> None:
    text = MODEL + "param a: int = 1\nlet b = a\nprofile p { a = b }\n"
    found = messages(compile_text(tmp_path, text, Request(profile="p")))
    assert [each[:4] for each in found] == ["N108"]


def test_a_column_may_be_called_as_its_dataset(tmp_path: Path) -> None:
    outcome = compile_text(tmp_path, MODEL + 'data topic = read("rows.jsonl") | where topic == "sums"\n')
    assert not outcome.problems.has_errors, messages(outcome)


@pytest.mark.parametrize(
    "text",
    [
        'let a = "xxxxxxxxxx"\n'
        + "".join(f"let a{n} = a{n - 1 if n else ''} + a{n - 1 if n else ''}\n" for n in range(60)),
        "let a = [1]\n"
        + "".join(f"let a{n} = [a{n - 1 if n else ''}, a{n - 1 if n else ''}]\n" for n in range(60)),
        "".join(f"type A{n} = {{ x: A{n + 1}, y: A{n + 1} }}\n" for n in range(60)) + "type A60 = text\n",
        "let a = 1e308 * 10\n",
        f"let a = 1{'0' * 5000}\n",
        "let a = 9e18 * 9e18 * 9e300\n",
    ],
    ids=["text", "list", "type", "product", "digits", "products"],
)
def test_what_grows_without_end_is_refused(tmp_path: Path, text: str) -> None:
    found = [each[:4] for each in messages(compile_text(tmp_path, MODEL + text)) if not each.startswith("L")]
    assert found
    assert set(found) == {"T103"}


def test_imports_of_imports_end(tmp_path: Path) -> None:
    for number in range(30):
        text = f'ftr 1\nimport a = "{number + 1}.ftr"\nimport b = "{number + 1}.ftr"\n'
        tmp_path.joinpath(f"{number}.ftr").write_text(text, encoding="utf-8")
    tmp_path.joinpath("30.ftr").write_text("ftr 1\n", encoding="utf-8")
    found = messages(compile_text(tmp_path, MODEL + 'import x = "0.ftr"\n'))
    assert any(each.startswith("N114") and "more than 100 files" in each for each in found)


@pytest.mark.parametrize("batch", ["999999999989", "1e15", "10M"])
def test_a_huge_batch_is_laid_out_at_once(tmp_path: Path, batch: str) -> None:
    text = MODEL + CHATS + f"stage tuned: sft {{ from = base, data = chats, batch = {batch} }}\n"
    assert compile_text(tmp_path, text).plan is not None


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rounds 100 {\n" + "".join(f"  data e{n} = chats\n" for n in range(3000)) + "}\n", "T103"),
        ("rounds 100 {\n  data e = chats\n}\ndata f = concat(" + "every(e), " * 5000 + "e)\n", "T103"),
        ("rounds 100 {\n  data e = chats\n  data f = concat(" + "every(e), " * 3000 + "e)\n}\n", "T103"),
        (f"rounds {'9' * 5000} {{\n  data e = chats\n}}\n", "T103"),
        (f"rounds 2 {{\n  data e = chats\n}}\ndata f = e[{'9' * 5000}]\n", "N119"),
        (
            "stage s0: sft { from = base, data = chats }\n"
            + "".join(f"stage s{n} = s{n - 1} with {{ epochs = 2 }}\n" for n in range(1, 2000)),
            "S017",
        ),
        ("".join(f"stage s{n} = s{(n - 1) % 2000} with {{ }}\n" for n in range(2000)), "S017"),
        ("".join(f"let abcdefgh{n} = abcdefghh{n}\n" for n in range(2000)), "N101"),
        ('data p = read("rows.jsonl")\n' + "".join(f"  | derive c{n} = question\n" for n in range(600)), ""),
        (f'data p = read("rows.jsonl") | where matches(question, "{"(" * 5000}{")" * 5000}")\n', "T109"),
        (f'data p = read("rows.jsonl") | where matches(question, "a{{{"9" * 5000}}}")\n', "T109"),
        (f'data p = read("{"**/" * 300}*.jsonl")\n', ""),
        (f'data p = read("{"**/*/" * 30}*.jsonl")\n', "D203"),
        ("# ftr: allow(L104) because\n" * 5000, ""),
        (f"# ftr: allow({'L104, ' * 5000}L101) because\n", ""),
    ],
    ids=["declarations", "every outside", "every inside", "count", "round", "copies", "copies in a loop",
         "typos", "columns", "brackets", "digits", "stars", "more stars", "allows", "names of an allow"],
)  # fmt: skip
def test_what_multiplies_comes_to_an_end(tmp_path: Path, text: str, code: str) -> None:
    for depth in range(1, 30):
        tmp_path.joinpath(*["f"] * depth).mkdir(exist_ok=True)
    found = [each[:4] for each in messages(compile_text(tmp_path, MODEL + CHATS + text))]
    assert any(each.startswith(code) for each in found) or not code, found[:9]
