"""Recipes as a tired or hostile hand would leave them: words exchanged, doubled, left out, put elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import strategies as st

from recipedsl.compiler import Request

ROOT = Path(__file__).parents[2]

#: One recipe with everything in it, so that a mutation meets as much as it can.
EVERYTHING = """ftr 1
import common = "common.ftr"
param token: secret = env("X")
param n: int in 1..256 = 16
param t: text = "a"
param s: share in 1%..50% = 5%
param d: duration = 5s
param c: ["x", "y"] = "x"
let m = { a: 1, b: [1, 2] }
let l = ["question", "topic"]
type R = { id: int, question: text, answer: text, topic: text, score: float?,
  tags: list[text], r: { a: int } }
template tp { assistant = "A{content}", user = "U{content}", stop = "x", variables = { a: 1 } }
model base { from = local("tiny"), template = tp, dtype = bf16 }
data a: R = read("wide.jsonl") | where id in 1..5 and topic not in ["x"]
  | derive q = question + "x", n2 = -id, k = tags[0], v = r.a
  | rename qq = q | sort by id, descending = true | take 5 by topic | sample 10% | shuffle | repeat 2
  | dedup question, keep = last | explode tags | drop k
  | as chat(user = question, assistant = answer, system = "s")
  | split train = 50%, held = 50% by topic, group = id
data w = rows([{ key: "t", x: 1, y: [1, 2], z: { a: 1 } }])
data j = concat(a.train, (a.held | take 1)) | join (w | derive topic = key | select topic, x), on = topic
data e = read("wide.jsonl") | as feedback(prompt = question, completion = answer, label = id)
  | expect count() > 1 else "no" | expect share(id > 1) in 10%..20%
data p = read("wide.jsonl")
  | as preference(prompt = question, chosen = answer, rejected = topic, margin = score)
stage tuned: sft {
  from = base, data = a.train, adapter = lora(rank = n, alpha = 2 * n, target = ["q_proj"])
  schedule = cosine(warmup = 3%, floor = 10%), optimizer = adamw(beta2 = 0.9), packing = true
  trainer = { logging_first_step: true }
}
stage judge: reward { from = tuned, data = p, center = 0.1, learning_rate = 1e-4 }
stage k: kto { from = tuned, data = e, batch = 4 }
stage dp: dpo { from = tuned, data = p, loss = [sigmoid, exo_pair]
  loss_weights = [1, 2], label_smoothing = 0.1 }
stage online: grpo {
  from = dp, data = (a.train | as prompt(question)), generations = 4, batch = 8, epsilon_high = none
  reward = s * judge + 0.2 * (passes(answer) - length(target = 5, limit = 10)) / 2 + python("x.py:f")
}
eval rep {
  models = [base, tuned, online], data = a.held, slice = [topic, id]
  metrics = [loss(), pass_rate(answer, timeout = d), reward(judge), win_rate(against = base, judge = judge)]
  expect loss(tuned) < loss(base) and pass_rate(tuned) >= 5% else "x"
}
run { seed = 1, max_rows = 5, save_every = 3, threads = 2 }
profile smoke { n = 4, max_rows = 3, t = "x" }
"""
COMMON = (
    'ftr 1\nparam rank: int in 1..9 = 3\nmodel base { from = local("tiny") }\n'
    'data chats = read("wide.jsonl") | as chat(user = question, assistant = answer)\n'
    "stage tuned: sft { from = base, data = chats }\n"
)
WIDE = (
    '{"id": 1, "question": "q", "answer": "a", "topic": "t", "score": 0.5, "tags": ["a"], "r": {"a": 1}}\n'
    '{"id": 2, "question": "r", "answer": "b", "topic": "t", "score": null, "tags": [], "r": {"a": 2}}\n'
)

#: What stands where something else is wanted.
STRANGE = (
    "none", "true", "1e999", "1" + "0" * 400, "0", "-1", "5%", "0%", "150%", "3h", "1e999%", "9e999GB", '""',
    '"\\u{0}"', "[]", "{}", "[none]", "[[1]]", "[{a: 1}]", "{ a: [1, {b: 2}] }", "1..", "1..2",
    "(a | take 1)",
    "a.b.c", "a[0]", "a[true]", "x(1)", "x()(1)", "-x", "not x", "`a b`", "`base`", "common", "common.rank",
    "common.base", "base", "tuned", "judge", "a", "a.train", "w", "token", "n", "s", "c", "m", "l", "R",
    "chatml",
    "loss", "loss(base)", "lora(rank = none)", "[sigmoid, base]", "count()", "question", "1/0", "1e308*10",
    '"a"+"b"', "list[int]", "{ a: int, a: text }", '["x"]', "smoke", "run", "data", 'env("X")',
    'read("/etc/passwd")', 'read("../x")', 'read("")', "concat()", "concat(a, a)", "rows(1)",
    "rows([{a: token}])",
    'python("x")', 'format("(")', "if(true, 1, 2)", "none + none", "none in none", "x in [[1]]",
    "1 in 1..none",
)  # fmt: skip

_WORDS = re.compile(r'"(?:\\.|[^"\n])*"|`[^`\n]*`|\d[\w.%]*|[A-Za-z_]\w*|\.\.|==|!=|<=|>=|\s+|.', re.DOTALL)
_VALUE = re.compile(r'["`\w]')


def samples() -> list[str]:
    """Recipes of the project, and one with everything in it, most often."""
    files = sorted([*ROOT.glob("recipes/*.ftr"), *ROOT.glob("tests/cases/**/*.ftr")])
    return [*(path.read_text(encoding="utf-8") for path in files), *[EVERYTHING] * len(files)]


_SAMPLES = [_WORDS.findall(text) for text in samples()]
_NAMES = sorted({word for words in _SAMPLES for word in words if re.fullmatch(r"[A-Za-z_]\w*", word)})


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A sample with one to four changes."""
    words = list(draw(st.sampled_from(_SAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        values = [index for index, word in enumerate(words) if _VALUE.match(word)]
        if not values:
            break
        index, other = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        match draw(st.sampled_from("sssnxdi")):
            case "s":
                words[index] = draw(st.sampled_from(STRANGE))
            case "n":
                words[index] = draw(st.sampled_from(_NAMES))
            case "x":
                words[index], words[other] = words[other], words[index]
            case "d":
                del words[index]
            case "i":
                words.insert(index, draw(st.sampled_from(STRANGE)) + " ")
    return "".join(words)


_PARAMS = st.sampled_from(("n", "t", "s", "d", "c", "token", "common.rank", "zz", ""))
_PATHS = st.sampled_from(
    (
        "stages.tuned.batch",
        "models.base.from",
        "evals.rep.models",
        "run.seed",
        "data.a.x",
        "profile.smoke.n",
        "x",
        "",
    )
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """What a command line might add."""
    params = draw(st.dictionaries(_PARAMS, st.sampled_from(STRANGE), max_size=2))
    overrides = [f"{draw(_PATHS)}={draw(st.sampled_from(STRANGE))}" for _ in range(draw(st.integers(0, 1)))]
    return Request(params, draw(st.sampled_from(("", "", "smoke", "base", "run "))), tuple(overrides))


def write_project(root: Path) -> Path:
    """The files that the samples read, under `root`, which is returned."""
    root.joinpath("tiny").mkdir(exist_ok=True)
    root.joinpath("wide.jsonl").write_text(WIDE, encoding="utf-8")
    root.joinpath("x.py").write_text("def f(answer, row):\n    return 1\n", encoding="utf-8")
    root.joinpath("common.ftr").write_text(COMMON, encoding="utf-8")
    for folder in ("recipes/data", "tests/cases/broken/data", "tests/cases/diagnostics/data"):
        root.joinpath("data").mkdir(exist_ok=True)
        for path in (ROOT / folder).iterdir():
            root.joinpath("data", path.name).write_bytes(path.read_bytes())
    return root
