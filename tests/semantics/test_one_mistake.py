"""One mistake, as tired people make them, in a recipe that has none: one message, and a fix that mends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from recipedsl.compiler import compile_source
from recipedsl.compiler.fixing import fix_all
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics import Applicability, Diagnostic
from recipedsl.source import Source

RECIPES = Path(__file__).parents[2] / "recipes"

#: Recipe, what stands there, what is written in its place, code of the one message.
MENDED = [
    pytest.param("quickstart", "  | dedup question", "  | dedup near 0.8 question", "S007", id="near-without-name"),
    pytest.param("quickstart", "  | dedup question", "  | dedup near question", "S007", id="near-column"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question near 0.8", "S007", id="near-behind"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question 0.8", "S007", id="near-number-behind"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question, 0.8", "T106", id="near-comma"),
    pytest.param("quickstart", "  | dedup question", "  | dedup by question", "T105", id="dedup-by"),
    pytest.param("quickstart", "  | dedup question", "  | dedup on question", "S007", id="dedup-on"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question answer", "S007", id="dedup-two"),
    pytest.param("quickstart", "  | dedup question", '  | dedup "question"', "T106", id="dedup-text"),
    pytest.param("quickstart", "  | dedup question", "  | take 5 per topic", "S011", id="take-per"),
    pytest.param("quickstart", "  | dedup question", "  | take 5 for each topic", "S011", id="take-for-each"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split 85% train, 15% held", "S007", id="split-share-train"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split 80% train", "S007", id="split-share-one"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split 85%, 15%", "D205", id="split-positional"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split 0.85", "D205", id="split-positional1"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split train = 0.85, held = 0.15 by topic", "D205", id="split-fraction"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split train = 85, held = 15 by topic", "D205", id="split-number"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split train: 85%, held: 15% by topic", "S008", id="split-colon"),
    pytest.param("quickstart", "  | dedup question", "  dedup question", "S024", id="no-bar"),
    pytest.param("quickstart", "  | where chars(question)", "  where chars(question)", "S024", id="no-bar-first"),
    pytest.param("quickstart", "  | as chat(user = question, assistant = answer)", "  as chat(user = question, assistant = answer)", "S024", id="no-bar-as"),
    pytest.param("quickstart", "  | split train", "  split train", "S024", id="no-bar-split"),
    pytest.param("bilingual", '= read("data/bilingual.jsonl") | dedup', '= read("data/bilingual.jsonl") dedup', "S007", id="no-bar-same-line"),
    pytest.param("quickstart", "  | dedup question", "dedup question", "S024", id="no-bar-col1"),
    pytest.param("quickstart", "run { seed = 17 }", "run:\n  seed: 17", "S025", id="yaml-run"),
    pytest.param("quickstart", "  steps         = 12", "  steps: 12", "S008", id="yaml-colon-one"),
    pytest.param("quickstart", "  | where chars(question)", "  | filter chars(question)", "N116", id="filter"),
    pytest.param("quickstart", "  | dedup question", "  | map answer = lower(answer)", "N116", id="map"),
    pytest.param("quickstart", "  | dedup question", "  | select *", "S011", id="select-star"),
    pytest.param("quickstart", "  | dedup question", "  | head 100", "N116", id="head"),
    pytest.param("quickstart", "  | dedup question", "  | limit 100", "N116", id="limit"),
    pytest.param("quickstart", "  | dedup question", "  | order by question", "N116", id="order-by"),
    pytest.param("quickstart", "  | dedup question", "  | sort_values question", "N116", id="sort-values"),
    pytest.param("quickstart", "  | dedup question", "  | distinct question", "N116", id="distinct"),
    pytest.param("quickstart", "  | dedup question", "  | drop_duplicates question", "N116", id="drop-duplicates"),
    pytest.param("quickstart", "  | dedup question", "  | with_columns n = chars(answer)", "N116", id="with-column"),
    pytest.param("quickstart", "  | dedup question", "  | mutate n = chars(answer)", "N116", id="mutate"),
    pytest.param("quickstart", "  | as chat(user = question", "  | format chat(user = question", "N116", id="format"),
    pytest.param("quickstart", "  | dedup question", "  | where answer.length > 10", "D201", id="answer-length"),
    pytest.param("quickstart", "  | dedup question", "  | where len(answer) > 10", "N111", id="answer-len-call"),
    pytest.param("quickstart", "  | dedup question", "  | where length(answer) > 10", "T106", id="length-fn"),
    pytest.param("quickstart", "  | dedup question", '  | where answer.lower() == "x"', "N111", id="answer-lower"),
    pytest.param("quickstart", "  | dedup question", '  | where answer.contains("x")', "N111", id="answer-contains"),
    pytest.param("quickstart", "  | dedup question", '  | where answer.startswith("x")', "N111", id="answer-startswith"),
    pytest.param("quickstart", "  | dedup question", '  | where answer.str.contains("x")', "N111", id="str-contains"),
    pytest.param("quickstart", "  | dedup question", '  | where "x" in answer', "T106", id="in-text"),
    pytest.param("quickstart", "  | dedup question", '  | where answer ~ "x"', "S011", id="regex-op"),
    pytest.param("quickstart", "  | dedup question", '  | where answer =~ "x"', "S011", id="regex-op2"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'read("data/coding.jsonl)', "S003", id="unclosed-string"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'read("data/coding.jsonl"', "S005", id="unclosed-paren"),
    pytest.param("quickstart", "as chat(user = question, assistant = answer)", "as chat(user = question, assistant = answer", "S005", id="unclosed-paren2"),
    pytest.param("quickstart", "slice          = [topic, difficulty]", "slice          = [topic, difficulty", "S005", id="unclosed-bracket"),
    pytest.param("quickstart", "  max_length    = 512\n}", "  max_length    = 512", "S005", id="unclosed-brace"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'read"data/coding.jsonl")', "S007", id="unopened-paren"),
    pytest.param("quickstart", "where chosen != rejected and", 'where chosen = "x" and', "T105", id="equals-filter"),
    pytest.param("quickstart", "  steps         = 12", "  steps         == 12", "S008", id="double-equals-setting"),
    pytest.param("quickstart", "  steps         = 12", "  steps         := 12", "S011", id="colon-equals"),
    pytest.param("quickstart", "as chat(user = question, assistant = answer)", "as chat(user = question,, assistant = answer)", "S001", id="double-comma"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question,", "S016", id="trailing-comma-step"),
    pytest.param("quickstart", "run { seed = 17 }", "run { seed = 17 },", "S001", id="trailing-comma-decl"),
    pytest.param("quickstart", "  steps         = 12", "  steps         = 12;", "S002", id="semicolons"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', "read(“data/coding.jsonl”)", "S009", id="smart-quotes"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'read("data/coding.jsonl”)', "S009", id="smart-quote-half"),
    pytest.param("quickstart", "learning_rate = 5e-5", "learning_rate = 5e–5", "S011", id="smart-dash"),
    pytest.param("quickstart", "stage tuned: sft {", "stage tuned sft {", "S007", id="missing-colon"),
    pytest.param("quickstart", "param rank: int", "param rank int", "S007", id="missing-colon-param"),
    pytest.param("quickstart", "stage tuned: sft {", "stage tuned: sft", "S007", id="missing-brace-open"),
    pytest.param("quickstart", "stage tuned: sft {", "tuned: sft {", "S023", id="missing-kind"),
    pytest.param("quickstart", "  steps         = 12", "  steps         12", "S007", id="missing-equal"),
    pytest.param("quickstart", "  steps         = 12", '  steps         = "12"', "T101", id="quoted-number"),
    pytest.param("quickstart", "learning_rate = 5e-5", 'learning_rate = "5e-5"', "T101", id="quoted-rate"),
    pytest.param("quickstart", "warmup = 5%", 'warmup = "5%"', "T101", id="quoted-share"),
    pytest.param("quickstart", "  steps         = 12", "  steps         = 12h", "T102", id="wrong-unit"),
    pytest.param("coder", "timeout = 10s", "timeout = 10", "T102", id="wrong-unit2"),
    pytest.param("coder", "timeout = 10s", "timeout = 10sec", "S015", id="wrong-unit3"),
    pytest.param("coder", "timeout = 10s", "timeout = 10%", "T102", id="wrong-unit4"),
    pytest.param("quickstart", "  max_length    = 512", "  max_length    = 2K", "T102", id="unit-K"),
    pytest.param("quickstart", "learning_rate = 5e-5", "learning_rate = 1e-5.", "S015", id="number-dot"),
    pytest.param("quickstart", "learning_rate = 5e-5", "learning_rate = 1e -5", "S015", id="number-exp"),
    pytest.param("quickstart", "learning_rate = 5e-5", "learning_rate = 10^-5", "S015", id="number-power"),
    pytest.param("quickstart", "learning_rate = 5e-5", "learning_rate = 1*10**-5", "S015", id="number-power2"),
    pytest.param("quickstart", "learning_rate = 5e-5", "learning_rate = 0,00005", "S015", id="number-comma"),
    pytest.param("quickstart", "warmup = 5%", "warmup = 0.05", "T102", id="percent-005"),
    pytest.param("quickstart", "warmup = 5%", "warmup = 5 %", "S015", id="percent-space"),
    pytest.param("quickstart", "warmup = 5%", "warmup = 5 percent", "S015", id="percent-word"),
    pytest.param("quickstart", "  steps         = 12", "  steps         = None", "S010", id="python-none"),
    pytest.param("coder", "packing       = true", "packing       = True", "S010", id="python-true"),
    pytest.param("coder", "packing       = true", "packing       = yes", "T101", id="yes"),
    pytest.param("coder", "packing       = true", "packing       = on", "T101", id="on"),
    pytest.param("coder", "packing       = true", 'packing       = "true"', "T101", id="quoted-true"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', "read('data/coding.jsonl')", "S009", id="single-quotes"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', "read(data/coding.jsonl)", "S028", id="unquoted-path"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', '"data/coding.jsonl"', "T101", id="no-read"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'open("data/coding.jsonl")', "T104", id="open"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'load("data/coding.jsonl")', "T104", id="load"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'read_json("data/coding.jsonl")', "T104", id="read-json"),
    pytest.param("quickstart", "  | dedup question", "  | dedup qestion", "D201", id="misspelt-column"),
    pytest.param("quickstart", "  from          = tuned", "  from          = tunned", "N101", id="misspelt-stage"),
    pytest.param("quickstart", "stage final: dpo {", "stage final: dop {", "N105", id="misspelt-method"),
    pytest.param("quickstart", "stage final: dpo {", "stge final: dpo {", "N106", id="misspelt-kind"),
    pytest.param("quickstart", "stage final: dpo {", "Stage final: dpo {", "N106", id="case-kind"),
    pytest.param("quickstart", "stage final: dpo {", "stage final: DPO {", "N105", id="case-method"),
    pytest.param("quickstart", "lora(rank", "LoRA(rank", "T104", id="case-adapter"),
    pytest.param("quickstart", "where chosen != rejected and chars", "where chosen != rejected AND chars", "S011", id="case-and"),
    pytest.param("quickstart", "where chosen != rejected and chars", "where chosen != rejected && chars", "S011", id="amp-and"),
    pytest.param("quickstart", "where chosen != rejected and chars", "where chosen != rejected & chars", "S011", id="amp1-and"),
    pytest.param("quickstart", "where chosen != rejected and chars", "where chosen <> rejected and chars", "S011", id="diamond"),
    pytest.param("quickstart", "where chosen != rejected and chars", "where !(chosen == rejected) and chars", "S011", id="bang"),
    pytest.param("quickstart", "  | dedup question", '  | where !topic in ["sql"]', "S011", id="not-in"),
    pytest.param("quickstart", "  | dedup question", '  | where language in ("python", "sql")', "S008", id="in-paren"),
    pytest.param("quickstart", "  | dedup question", "  | where answer is not null", "S011", id="is-not-null"),
    pytest.param("quickstart", "  | dedup question", "  | where notnull(answer)", "N111", id="isnull"),
    pytest.param("quickstart", "  | dedup question", "  | where answer != null", "S010", id="neq-none"),
    pytest.param("quickstart", "  | dedup question", "  | where chars(answer) between 10 and 100", "S011", id="between"),
    pytest.param("quickstart", "  | dedup question", "  | where 10 < chars(answer) < 100", "S013", id="chain"),
    pytest.param("quickstart", "  | dedup question", "  | where chars(answer) in 10:100", "S008", id="range-colon"),
    pytest.param("quickstart", "  | dedup question", "  | where chars(answer) in range(10, 100)", "S008", id="range-fn"),
    pytest.param("quickstart", "param rank: int in 1..256 = 16", "param rank: int in 1-256 = 16", "S008", id="range-dash"),
    pytest.param("quickstart", "param rank: int in 1..256 = 16", "param rank: int in [1, 256] = 16", "S008", id="range-list"),
    pytest.param("quickstart", "param rank: int in 1..256 = 16", "param rank: int in 1...256 = 16", "S011", id="range-three"),
    pytest.param("quickstart", "param rank: int in 1..256 = 16", "param rank: int = 16 in 1..256", "T105", id="param-first-default"),
    pytest.param("quickstart", "param rank: int in 1..256 = 16", "param rank: integer in 1..256 = 16", "T110", id="type-Integer"),
    pytest.param("quickstart", "  id: text, topic", "  id: string, topic", "T110", id="type-string"),
    pytest.param("quickstart", "  id: text, topic", "  id = text, topic", "S008", id="type-equal"),
    pytest.param("quickstart", 'language: ["python", "sql"]', 'language: "python" | "sql"', "S008", id="enum-bar"),
    pytest.param("quickstart", 'language: ["python", "sql"]', 'language: enum("python", "sql")', "S008", id="enum-paren"),
    pytest.param("quickstart", "stage tuned: sft {", "stage tuned = sft {", "S008", id="stage-eq"),
    pytest.param("quickstart", "  from          = base\n  data          = solutions.train", '  from          = "base"\n  data          = solutions.train', "T101", id="stage-from-text"),
    pytest.param("quickstart", "  data          = pairs", '  data          = "pairs"', "T101", id="data-text"),
    pytest.param("quickstart", "  data          = solutions.train", "  data          = solutions", "D206", id="forgot-part"),
    pytest.param("quickstart", "  data          = solutions.train", "  data          = solutions.test", "N112", id="wrong-part"),
    pytest.param("quickstart", "  data          = solutions.train", '  data          = solutions["train"]', "T101", id="part-index"),
    pytest.param("quickstart", "  steps         = 12", "  num_train_epochs = 3", "N103", id="num-train-epochs"),
    pytest.param("quickstart", "  learning_rate = rate", "  learning-rate = rate", "S029", id="learning-rate-dash"),
    pytest.param("quickstart", "  learning_rate = rate", "  learningRate = rate", "N103", id="learningRate"),
    pytest.param("quickstart", "  learning_rate = rate", "  lr = rate", "N103", id="lr"),
    pytest.param("quickstart", "lora(rank = rank, alpha = 2 * rank)", "lora(rank = rank, lora_alpha = 2 * rank)", "N103", id="lora-alpha"),
    pytest.param("quickstart", "cosine(warmup = 5%)", "cosine(warmup_ratio = 0.05)", "N103", id="warmup-ratio"),
    pytest.param("quickstart", "  schedule      = cosine(warmup = 5%)", "  warmup_ratio  = 0.05", "N103", id="warmup-ratio2"),
    pytest.param("quickstart", "cosine(warmup = 5%)", '"cosine"', "T101", id="schedule-text"),
    pytest.param("quickstart", "lora(rank = rank, alpha = 2 * rank)", '"lora"', "T101", id="adapter-text"),
    pytest.param("quickstart", "adapter       = lora(rank = rank, alpha = 2 * rank)", "adapter       = lora { rank = rank, alpha = 2 * rank }", "S019", id="adapter-block"),
    pytest.param("quickstart", "lora(rank = rank, alpha = 2 * rank)", "lora(rank: rank, alpha: 2 * rank)", "S008", id="adapter-map"),
    pytest.param("quickstart", "models         = [base, tuned, final]", "models         = base, tuned, final", "S007", id="models-bare"),
    pytest.param("quickstart", "models         = [base, tuned, final]", 'models         = ["base", "tuned", "final"]', "T101", id="models-text"),
    pytest.param("quickstart", "metrics        = [loss(), ", "metrics        = [perplexity(), ", "T104", id="metric-ppl"),
    pytest.param("quickstart", "slice          = [topic, difficulty]", 'slice          = ["topic", "difficulty"]', "T101", id="slice-text"),
    pytest.param("quickstart", 'expect loss(tuned) < loss(base) else "solu', 'expect loss(tuned) < loss(base), "solu', "S008", id="expect-comma"),
    pytest.param("quickstart", "  expect loss(tuned) < loss(base) else", "  assert loss(tuned) < loss(base) else", "S011", id="assert"),
    pytest.param("quickstart", 'expect loss(tuned) < loss(base) else "solu', 'expect loss(tuned) < loss(base) : "solu', "S008", id="else-colon"),
    pytest.param("quickstart", "run { seed = 17 }", 'run { seed = "17" }', "T101", id="seed-text"),
    pytest.param("quickstart", "run { seed = 17 }", "run = { seed = 17 }", "S023", id="run-eq"),
    pytest.param("quickstart", "run { seed = 17 }", "seed = 17", "S023", id="toplevel-seed"),
    pytest.param("quickstart", "run { seed = 17 }", "set seed = 17", "N106", id="set-seed"),
    pytest.param("coder", "let careful = ", "let careful: text = ", "S008", id="let-typed"),
    pytest.param("coder", "let careful = ", "let careful: ", "S008", id="let-colon"),
    pytest.param("coder", "let careful = ", "careful = ", "S023", id="def-let"),
    pytest.param("coder", "let careful = ", "const careful = ", "N106", id="const"),
    pytest.param("coder", "type Solution = {", "record Solution = {", "N106", id="record"),
    pytest.param("coder", "type Solution = {", "type Solution {", "S007", id="type-block"),
    pytest.param("coder", 'and not matches(answer, "(?i)as an ai")', 'and answer not matches "(?i)as an ai"', "S011", id="test-between"),
    pytest.param("quickstart", "  | dedup question", "  | rename id -> name", "S007", id="rename-arrow"),
    pytest.param("quickstart", "  | dedup question", "  | rename id => name, language -> lang", "S007", id="rename-arrows"),
    pytest.param("quickstart", "  | dedup question", "  | rename id as name, lang = language", "S007", id="rename-as-mixed"),
    pytest.param("quickstart", "  | dedup question", '  | rename({"id": "name"})', "S007", id="rename-map"),
    pytest.param("quickstart", "  | dedup question", "  | rename(columns = {id: name})", "S007", id="rename-columns-map"),
    pytest.param("quickstart", "  | dedup question", "  | order by id desc", "S007", id="order-by-desc"),
    pytest.param("quickstart", "  | dedup question", "  | order_by chars(answer) desc", "S007", id="order-by-one-word"),
    pytest.param("quickstart", "  | dedup question", "  | sort by topic desc, id asc", "S007", id="sort-two-orders"),
    pytest.param("quickstart", "  | dedup question", "  | sort by topic desc, id desc", "S007", id="sort-two-descending"),
    pytest.param("quickstart", "  | dedup question", "  | sort by chars(answer), reverse = true", "N103", id="sort-reverse"),
    pytest.param("quickstart", "  | dedup question", "  | near_dedup(question, threshold = 0.8)", "N116", id="near-dedup-brackets"),
    pytest.param("quickstart", "  | dedup question", "  | fuzzy_dedup question", "N116", id="fuzzy-dedup"),
    pytest.param("quickstart", "  | dedup question", "  | minhash_dedup question, answer, 0.9", "N116", id="minhash-dedup"),
    pytest.param("quickstart", "  | dedup question", "  | drop_duplicates(subset = [question, answer])", "N116", id="drop-duplicates-subset"),
    pytest.param("quickstart", "  | dedup question", '  | drop_duplicates(subset = ["question"])', "N116", id="drop-duplicates-texts"),
    pytest.param("quickstart", "  | dedup question", "  | unique(question)", "N116", id="unique-brackets"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question, threshold = 0.8", "N103", id="dedup-threshold"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question, near = 80", "T103", id="near-eighty"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question, keep = max(chars(answer))", "T104", id="keep-max"),
    pytest.param("quickstart", "  | dedup question", "  | dedup question, keep = min(chars(answer))", "T104", id="keep-min"),
    pytest.param("quickstart", "  | dedup question", "  | derive n = chars(answer) | dedup question, keep = n", "T104", id="keep-column"),
    pytest.param("quickstart", "  | dedup question", "  | best by question, chars(answer)", "S007", id="best-by"),
    pytest.param("quickstart", "  | dedup question", "  | group by topic | top 1 by chars(answer)", "S007", id="group-top-one"),
    pytest.param("quickstart", "  | dedup question", "  | group_by topic\n  | top 3 by chars(answer)", "S007", id="group-top-three"),
    pytest.param("quickstart", "  | dedup question", "  | redact_pii(question, answer)", "N116", id="redact-pii"),
    pytest.param("quickstart", "  | dedup question", "  | anonymize question", "N116", id="anonymize"),
    pytest.param("quickstart", "  | dedup question", '  | where lang(question) == "English"', "T108", id="lang-name"),
    pytest.param("quickstart", "  | dedup question", '  | where lang(question) in ["en-US", "de"]', "T108", id="lang-region"),
    pytest.param("quickstart", "  | dedup question", '  | where langdetect(question) == "en"', "N111", id="langdetect"),
    pytest.param("quickstart", "  | dedup question", "  | decontaminate pairs, column = question", "T105", id="decontaminate-column"),
    pytest.param("quickstart", "  | dedup question", "  | decontaminate pairs, on = question, n = 8", "N103", id="decontaminate-n"),
    pytest.param("joined", "  | join extra, on = id", "  | join extra, left_on = id, right_on = id, how = \"left\"", "S007", id="join-left-on"),
    pytest.param("joined", "  | join extra, on = id", "  | join extra on id == id how=left", "S007", id="join-on-equal"),
    pytest.param("joined", "  | join extra, on = id", "  | join extra on solutions.id = extra.id", "S007", id="join-dotted"),
    pytest.param("joined", "  | join extra, on = id", "  | join extra using id", "S007", id="join-using"),
    pytest.param("joined", "  | join extra, on = id", "  | left join extra on id", "S007", id="left-join"),
    pytest.param("joined", "  | join extra, on = id", "  | left_join extra, on = id", "S007", id="left-join-word"),
    pytest.param("joined", "  | join extra, on = id", "  | merge extra on id", "S007", id="merge"),
    pytest.param("joined", "  | join extra, on = id", "  | outer join extra on id", "S007", id="outer-join"),
    pytest.param("quickstart", "split train = 85%, held = 15% by topic", "split train = 85%, held = 15%, seed = 42", "S007", id="split-seed"),
    pytest.param("quickstart", "split train = 85%, held = 15% by topic", "split train = 0.85, held = 0.15, random_state = 42", "S007", id="split-random-state"),
    pytest.param("quickstart", "split train = 85%, held = 15% by topic", "split train = 85%, held = 15%, stratify = topic", "S007", id="split-stratify"),
    pytest.param("quickstart", "split train = 85%, held = 15% by topic", "split train = 85%, held = 15%, shuffle = true", "S007", id="split-shuffle"),
    pytest.param("quickstart", "  data          = solutions.train", "  data = solutions.train\n  eval_dataset = solutions.held", "N103", id="eval-dataset"),
    pytest.param("joined", "mix({ solutions: 70%, extra: 30% })", "mix(70% solutions, 30% extra)", "S007", id="mix-share-first"),
    pytest.param("joined", "mix({ solutions: 70%, extra: 30% })", "mix(0.7 * solutions, 0.3 * extra)", "S007", id="mix-times"),
    pytest.param("joined", "mix({ solutions: 70%, extra: 30% })", "mix(solutions 70%, extra 30%)", "S007", id="mix-share-behind"),
    pytest.param("joined", "mix({ solutions: 70%, extra: 30% })", "mix({ solutions: 70, extra: 30 })", "D205", id="mix-no-percent"),
    pytest.param("joined", "mix({ solutions: 70%, extra: 30% })", "interleave([solutions, extra], [0.7, 0.3])", "S007", id="interleave-lists"),
    pytest.param("quickstart", "  | dedup question\n", "  | dedup(question)\n", "S022", id="step-brackets"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | split(train = 85%, held = 15%) by topic", "S022", id="split-brackets"),
    pytest.param("bilingual", 'language: ["en", "zh"]', 'language: Literal["en", "zh"]', "S011", id="type-literal"),
    pytest.param("coder", "type Solution = {", "schema Solution {", "S007", id="schema-block"),
    pytest.param("quickstart", "  learning_rate = rate", "  learning_rate = $rate", "S002", id="dollar"),
    pytest.param("quickstart", "  learning_rate = rate", "  learning_rate = ${rate}", "S002", id="dollar-brace"),
    pytest.param("quickstart", "  learning_rate = rate", "  learning_rate = {{ rate }}", "S002", id="jinja"),
    pytest.param("quickstart", "  learning_rate = rate", "  learning_rate = param.rate", "S014", id="params-dot"),
    pytest.param("coder", 'matches(answer, "(?i)as an ai")', 'matches(answer, r"as an \\s ai")', "S009", id="regex-r"),
    pytest.param("coder", 'matches(answer, "(?i)as an ai")', 'matches(answer, "as an\\s ai")', "S004", id="regex-escape"),
    pytest.param("quickstart", "## Llama architecture", "// Llama architecture", "S012", id="comment-slash"),
    pytest.param("quickstart", "where chosen != rejected and chars", "where chosen !== rejected and chars", "S011", id="triple-equals"),
    pytest.param("coder", '(\n    solutions.train\n      | where difficulty == "easy"\n      | as prompt(question, system = careful)\n  )', "solutions.train | as prompt(question, system = careful)", "S007", id="pipeline-in-setting"),
    pytest.param("bilingual", "concat((english | take 55), (chinese | take 55))", "english + chinese", "T101", id="join-plus"),
    pytest.param("bilingual", "concat((english | take 55), (chinese | take 55))", "concat([english, chinese])", "T101", id="concat-list"),
    pytest.param("bilingual", "dtype    = bf16", "dtype    = torch.bfloat16", "T104", id="dtype-torch"),
    pytest.param("bilingual", "dtype    = bf16", "dtype    = bfloat16", "T104", id="dtype-word"),
    pytest.param("bilingual", "template = qwen2_5", 'template = "qwen2_5"', "T101", id="template-text"),
    pytest.param("bilingual", "template = qwen2_5", "template = qwen2.5", "S029", id="template-dot"),
]  # fmt: skip

#: The same where no edit can be offered, as a number is missing or what is meant is not known, and where the
#: mended recipe has something else to be told of.
TOLD = [
    pytest.param("quickstart", "  id: text, topic", "  id: List[str], topic", "T110", id="type-str-list"),
    pytest.param("coder", "0.8 * judge + 0.2 * passes(tests, timeout = 10s) + 0.1 * length(target = 900, limit = 1600)", "[judge, passes(tests)]", "T101", id="reward-list"),
    pytest.param("joined", "data all = mix({ solutions: 70%, extra: 30% })", "data all = join(solutions, extra)", "T104", id="join-as-source"),
    pytest.param("quickstart", "  | dedup question", '  | where lang(question, "en") > 0.8', "T106", id="lang-of-two"),
    pytest.param("quickstart", "  | dedup question", '  | lang "en"', "N116", id="lang-as-step"),
    pytest.param("quickstart", "  | dedup question", '  | fillna question', "N116", id="fillna"),
    pytest.param("quickstart", "  | dedup question", '  | derive n = chars(question) | redact question, n', "T106", id="redact-number"),
    pytest.param("quickstart", "  | dedup question", "  | near_dups(question, at = 0.8)", "N110", id="unknown-step-in-brackets"),
    pytest.param("quickstart", "  | dedup question", "  | spread by embedding", "N113", id="spread"),
    pytest.param("quickstart", "  | dedup question", "  | take by topic", "N113", id="take-by"),
    pytest.param("quickstart", "  | dedup question", "  | groupby topic", "N116", id="groupby"),
    pytest.param("quickstart", "  | dedup question", "  | group by topic", "N116", id="group-by"),
    pytest.param("quickstart", "  | split train = 85%, held = 15% by topic", "  | train_test_split 0.1", "N116", id="train-test-split"),
    pytest.param("quickstart", "  max_length    = 512", "  max_length    = 0.5KiB", "T102", id="wrong-unit5"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'load_dataset("data/coding.jsonl")', "T104", id="load-dataset"),
    pytest.param("quickstart", 'read("data/coding.jsonl")', 'read("data/codng.jsonl")', "D203", id="misspelt-file"),
    pytest.param("quickstart", "  steps         = 12", "  micro_batch_size = 3", "N103", id="micro-batch-size"),
    pytest.param("quickstart", "  steps         = 12", "  lora_r = 16", "N103", id="lora-r"),
    pytest.param("quickstart", "lora(rank = rank, alpha = 2 * rank)", "true", "T101", id="adapter-true"),
    pytest.param("quickstart", "lora(rank = rank, alpha = 2 * rank)", "qlora(rank = rank)", "T104", id="qlora"),
    pytest.param("quickstart", "metrics        = [loss(), ", "metrics        = [accuracy(), ", "T104", id="metric-foreign"),
    pytest.param("quickstart", '"data/coding.jsonl"', 'f"data/{rank}.jsonl"', "S009", id="interp"),
    pytest.param("quickstart", "  | dedup question", "  | where messages.content", "D201", id="messages-content"),
    pytest.param("coder", 'matches(answer, "(?i)as an ai")', "matches(answer, /as an ai/i)", "S001", id="regex-slash"),
    pytest.param("coder", 'matches(answer, "(?i)as an ai")', 'matches(answer, "(as an ai")', "T109", id="regex-bad"),
    pytest.param("coder", "0.8 * judge + 0.2 * passes(tests, timeout = 10s) + 0.1 * length(target = 900, limit = 1600)", '"accuracy"', "T101", id="reward-text"),
]  # fmt: skip

Diagnose = Callable[[str], list[Diagnostic]]


@pytest.fixture(scope="module")
def diagnose(tmp_path_factory: pytest.TempPathFactory) -> Diagnose:
    """What is wrong with a text that stands among the recipes."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(RECIPES / "data", folder / "data")
    facts = FileFacts(folder)
    return lambda text: compile_source(Source("recipe.ftr", text), facts).problems.in_order()


#: Rows from two files, for what takes several datasets.
JOINED = """ftr 1
data solutions = read("data/coding.jsonl")
data extra = read("data/preferences.jsonl") | select id, chosen
data both = solutions
  | join extra, on = id
data all = mix({ solutions: 70%, extra: 30% })
"""


@cache
def recipe(name: str) -> str:
    if name == "joined":
        return JOINED
    return (RECIPES / f"{name}.ftr").read_text(encoding="utf-8")


def mistaken(name: str, right: str, wrong: str) -> str:
    text = recipe(name)
    assert right in text, "the recipe has changed"
    return text.replace(right, wrong, 1)


@pytest.mark.parametrize(("name", "right", "wrong", "code"), MENDED)
def test_one_mistake_is_one_message_whose_fix_mends_it(
    diagnose: Diagnose, name: str, right: str, wrong: str, code: str
) -> None:
    text = mistaken(name, right, wrong)
    found = diagnose(text)
    assert [each.code for each in found] == [code], [each.message for each in found]
    place = found[0].primary
    assert place is not None
    line = text[: text.index(wrong)].count("\n") + 1
    assert line <= place.source.position(place.span.start).line <= line + wrong.count("\n")
    wanted = frozenset((Applicability.SAFE, Applicability.UNSAFE))
    fixed = fix_all(Source("recipe.ftr", text), lambda source: diagnose(source.text), wanted)
    assert not diagnose(fixed.source.text), fixed.source.text


@pytest.mark.parametrize(("name", "right", "wrong", "code"), TOLD)
def test_one_mistake_is_one_message(diagnose: Diagnose, name: str, right: str, wrong: str, code: str) -> None:
    found = diagnose(mistaken(name, right, wrong))
    assert [each.code for each in found] == [code], [each.message for each in found]


@pytest.mark.parametrize("name", ["quickstart", "coder", "bilingual", "joined"])
def test_the_recipes_have_none(diagnose: Diagnose, name: str) -> None:
    assert not diagnose(recipe(name))
