"""Examples of pages are pieces of recipes. Here each gets a recipe around it, and that is compiled.

A piece is whole declarations, a step, a setting, a block without its kind, or an expression. What it
names and does not declare is declared for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recipedsl.compiler import Request, compile_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics import Diagnostic
from recipedsl.language import catalogue
from recipedsl.source import Source

_ROW = {
    "id": 1, "question": "What is two and two?", "answer": "Four. #### 4", "tests": "assert True",
    "topic": "sums", "difficulty": "easy", "language": "python", "score": 0.5, "margin": 0.1,
    "chosen": "Four.", "rejected": "Five.", "good": True, "bad": "Six.", "reply": "Four.", "label": 1,
    "prompt": "Two and two?", "completion": "Four.", "document": "A text.", "input": "in", "system": "Be brief.",
    "completions": ["Four.", "Five."], "marks": [5, 1], "votes": ["chosen", "rejected", "chosen"],
    "answers": ["Four.", "4"], "tags": ["math", "x"], "checks": [True, False], "created": "2024-05-31T00:00:00",
    "type": "a", "lang": "en", "Type": "b", "turns": [], "quality": 0.5, "right": 1, "place": 1, "gold": "Four.", "keywords": ["four"],
    "solution": "x = 4", "kind": "safety", "chosen_score": 0.5, "rejected_score": 0.25, "source": {"license": "mit", "year": 2020},
    "problem": "What is two and two?",
    "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
    "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}],
    "Chosen Answer": "Four.", "Unchosen Answer": "Five.",
}  # fmt: skip

#: A row type with an enumeration, for pieces that compare with a member.
_TYPE = 'type Row = { question: text, answer: text, topic: text, score: float, difficulty: ["easy", "medium", "hard"] }'

_SOLUTIONS = 'read("data/rows.jsonl") | as chat(user = question, assistant = answer)'
_PAIRS = 'read("data/rows.jsonl") | as preference(prompt = question, chosen = chosen, rejected = rejected)'

#: Declarations of what pieces name, in an order in which stages may stand.
_SURROUNDINGS: dict[str, str] = {
    "common": 'import common = "common.ftr"',
    "rank": "param rank: int in 1..256 = 16",
    "base": 'model base { from = local("models/tiny") }',
    "Row": _TYPE,
    "other": 'data other = read("data/rows.jsonl")',
    "large": 'model large { from = local("models/tiny") }',
    "ratings": "data ratings = rows([{ id: 1, stars: 5 }])",
    "scores": 'data scores = rows([{ id: 1, stars: 5, source: "x" }])',
    "a": 'data a = read("data/rows.jsonl")',
    "b": 'data b = read("data/topics.jsonl") | derive score = topic',
    "topics": 'data topics = read("data/topics.jsonl")',
    "numbers": 'data numbers = read("data/rows.jsonl")',
    "texts": 'data texts = read("data/rows.jsonl") | derive label = "one"',
    "chats": f"data chats = {_SOLUTIONS}",
    "lessons": f"data lessons = {_SOLUTIONS}",
    "solutions": f"data solutions = {_SOLUTIONS}",
    "held": f"data held = {_SOLUTIONS}",
    "pairs": f"data pairs = {_PAIRS}",
    "prompts": 'data prompts = read("data/rows.jsonl") | as prompt(question)',
    "marks": 'data marks = read("data/rows.jsonl") | as feedback(prompt = question, completion = answer, label = good)',
    "tuned": "stage tuned: sft { from = base, data = lessons }",
    "first": "stage first: sft { from = base, data = lessons }",
    "second": "stage second: sft { from = base, data = chats }",
    "triples": f"data triples = {_PAIRS}",
    "judge": "stage judge: reward { from = base, data = pairs }",
    "policy": "rounds 3 {\n  stage policy: sft { from = previous(policy, first = tuned), data = lessons }\n}",
    "safe": "stage safe: reward { from = base, data = pairs }",
    "helpful": "stage helpful: reward { from = base, data = pairs }",
    "final": "stage final: dpo { from = tuned, data = pairs }",
}

#: Settings that several words have, by what they stand in here; others stand in the first word that has them.
_HOSTS: dict[str, str] = {
    "metrics": "eval report { models = [base], data = solutions.held, metrics = [loss()] }",
    "models": "eval report { models = [base], data = solutions.held, metrics = [loss()] }",
    "slice": "eval report { models = [base], data = solutions.held, metrics = [loss()] }",
    "reward": "stage online: grpo { from = tuned, data = prompts, reward = judge }",
    "generations": "stage online: grpo { from = tuned, data = prompts, reward = judge }",
    "from": "model small { }",
}
_BLOCKS: dict[str, str] = {
    "model": 'model small { from = local("models/tiny") }',
    "run": "run { seed = 17 }",
    "eval": "eval report { models = [base], data = solutions.held, metrics = [loss()] }",
    "template": "template own { }",
}
_STAGE = "stage it: sft { from = base, data = lessons }"

#: Data that a method takes, by the shape that it names first.
_DATA = {
    "chat": "lessons",
    "preference": "pairs",
    "prompt": "prompts",
    "feedback": "marks",
    "text": "lessons",
}

_DECLARATION = re.compile(
    r"^(#|ftr \d|import \w+|(type|param|let|data|stage|eval|profile) \w+|(model|modle|template)[\w ]*\{|run *\{|rounds )"
)
_METHOD = re.compile(r"^(\w+) \{(.*)\}$", re.DOTALL)
_SETTING = re.compile(r"^(\w+)\s*=(?!=)")
_DECLARED = re.compile(
    r"^\s*(?:import|type|param|let|data|model|template|stage|eval|profile)\s+(\w+)", re.MULTILINE
)


def write_project(root: Path, pieces: Iterable[str] = ()) -> Path:
    """The files that pieces read, those that good pieces name among them."""
    for piece in pieces:
        for name in re.findall(r'read\("([\w/]+\.\w+)"', piece):
            _write_rows(root / name)
        for name in re.findall(r'local\("([\w/]+)"', piece):
            (root / name).mkdir(parents=True, exist_ok=True)
    for name, row in {"data/rows": _ROW, "data/topics": {"topic": "sums", "level": 1}}.items():
        path = root / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    for name in ("preferences", "solutions", "chat"):
        (root / "data" / f"{name}.jsonl").write_text(json.dumps(_ROW) + "\n", encoding="utf-8")
    (root / "models" / "tiny").mkdir(parents=True, exist_ok=True)
    (root / "common.ftr").write_text("ftr 1\nlet most = 10\n", encoding="utf-8")
    (root / "rewards.py").write_text(
        "def score(answer, row):\n    return 1.0\n\n\ndef queries(answer, row):\n    return 1.0\n",
        encoding="utf-8",
    )
    return root


def _write_rows(path: Path) -> None:
    import polars

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        polars.DataFrame([_ROW]).write_parquet(path)
    else:
        path.write_text(json.dumps(_ROW) + "\n", encoding="utf-8")


def hosted(piece: str, *, family: str = "", without: str = "") -> str:
    """A whole recipe around a piece.

    Args:
        piece: of a page.
        family: of the word whose example it is; empty when it is no such example.
        without: `edition` or `seed`, which the recipe then lacks.
    """
    body = _expression(piece, piece.partition("(")[0]) if family == "function" else _body(piece.strip())
    declared = set(_DECLARED.findall(body))
    above = _needed(body, declared)
    if re.search(r"^\s*ftr\b", body, re.MULTILINE):
        return f"{body}\n{above}"
    has_run = without == "seed" or re.search(r"^\s*run\b", body, re.MULTILINE)
    edition = "" if without == "edition" else "ftr 1\n"
    return f"{edition}{above}{body}\n{'' if has_run else 'run { seed = 1 }'}\n"


def _needed(body: str, declared: set[str]) -> str:
    """Declarations of the names that stand in the body, and of those that stand in these."""
    chosen: dict[str, str] = {}
    waiting = [body]
    while waiting:
        text = waiting.pop()
        for name, line in _SURROUNDINGS.items():
            if name not in declared and name not in chosen and re.search(_use(name), text):
                chosen[name] = line
                waiting.append(line)
    everything = "\n".join([body, *chosen.values()])
    for name in chosen:
        if re.search(rf"\b{name}\.(train|held)\b", everything):
            chosen[name] += " | split train = 95%, held = 5%"
    return "".join(f"{chosen[name]}\n" for name in _SURROUNDINGS if name in chosen)


def _use(name: str) -> str:
    """A pattern of the name where it is no key, column in backquotes or part of a text."""
    return rf"(: {name} =)|(?<![\w\"/.`]){name}\b(?! *= )"


def _body(piece: str) -> str:
    if _DECLARATION.match(piece):
        return piece
    method = _METHOD.match(piece)
    stage = catalogue.find("stage", method[1]) if method else None
    if stage is not None and method is not None:
        return _stage(stage, method[2])
    setting = _SETTING.match(piece)
    if setting:
        return _with_setting(setting[1], piece)
    if piece.startswith("|"):
        return _pipeline(piece)
    first = re.match(r"\w+", piece)
    keyword = first[0] if first else ""
    if keyword in catalogue.keywords("step") or keyword == "expect":
        return _pipeline(f"| {piece}")
    if keyword in catalogue.keywords("source") and piece.startswith(f"{keyword}("):
        return f"data it = {piece}"
    return _expression(piece, keyword)


def _pipeline(steps: str) -> str:
    """A dataset of the steps that something reads."""
    typed = ": Row" if "difficulty" in steps else ""
    return f'data it{typed} = read("data/rows.jsonl")\n  {steps}'


def _stage(stage: type[Any], inner: str) -> str:
    given = {
        "from": "base" if stage.keyword in ("sft", "reward") else "tuned",
        "data": _DATA[str(stage.takes[0])],
    }
    if "reward" in stage.settings():
        given["reward"] = "judge"
    added = [f"{name} = {value}" for name, value in given.items() if not re.search(rf"\b{name} *=", inner)]
    settings = ", ".join(each for each in [*added, inner.strip()] if each)
    return f"stage it: {stage.keyword} {{ {settings} }}"


def _with_setting(name: str, piece: str) -> str:
    """The block that the setting belongs to, the piece in the place of the setting of its name."""
    host = _HOSTS.get(name) or _first_host(name)
    if name == "from" and "local(" not in piece and "hub(" not in piece and "pypi(" not in piece:
        host = _STAGE
    head, _, rest = host.partition("{")
    inner = rest.rsplit("}", 1)[0]
    kept = [
        each
        for each in re.split(r",\s*(?![^\[]*\])", inner)
        if each.strip() and not each.strip().startswith(f"{name} ")
    ]
    # On lines of their own: a comment may stand behind the piece.
    lines = "\n".join(each.strip() for each in [*kept, piece])
    return f"{head}{{\n{lines}\n}}"


def _first_host(name: str) -> str:
    """A whole use of the first word with a setting of this name: `sft`, another stage, a block."""
    for stage in catalogue.FAMILIES["stage"]:
        if name in stage.settings() and getattr(stage, "takes", ()):
            return _stage(stage, "")
    words = {each.keyword: each for each in catalogue.FAMILIES["block"]}
    return next((host for word, host in _BLOCKS.items() if name in words[word].settings()), _STAGE)


def _expression(piece: str, keyword: str) -> str:
    aggregates = {each.keyword for each in catalogue.words()["function"] if getattr(each, "aggregate", False)}
    step = f"expect {piece} or true" if keyword in aggregates else f"derive made = {piece}"
    return _pipeline(f"| {step}")


def problems(root: Path, piece: str, *, family: str = "", without: str = "") -> list[Diagnostic]:
    """What is wrong with the recipe around a piece; `recipedsl …` calls are compiled with what they set."""
    request = Request()
    if piece.startswith("recipedsl "):
        sets = dict(each.split("=", 1) for each in re.findall(r"--set (\S+)", piece))
        request, piece = (
            Request(sets),
            "stage it: sft { from = base, data = lessons, adapter = lora(rank = rank) }",
        )
    return compile_source(
        Source("recipe.ftr", hosted(piece, family=family, without=without)), FileFacts(root), request
    ).problems.in_order()


def told(found: list[Diagnostic]) -> list[str]:
    """Code and message of each, for the message of a test."""
    return [f"{each.code} {each.message}" for each in found]
