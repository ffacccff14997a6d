;;; ftr-words.el --- Words of recipes  -*- lexical-binding: t; -*-

;;; Commentary:

;; Written by `recipedsl docs grammars': do not edit.

;;; Code:

(defconst ftr-words-keywords
  '("by" "else" "expect" "ftr" "import" "let" "param" "rounds" "type")
  "Reserved words that are neither values nor operators.")

(defconst ftr-words-kinds
  '("data" "model" "template" "stage" "eval" "profile" "run")
  "Words that begin a declaration and are free elsewhere.")

(defconst ftr-words-naming
  '("import" "type" "param" "let")
  "Reserved words that a name follows.")

(defconst ftr-words-methods
  '("sft" "reward" "dpo" "kto" "grpo" "rloo" "orpo" "simpo" "cpo" "tpo" "online_dpo"
   "distill" "merge" "expand" "export")
  "Words behind the colon of a stage.")

(defconst ftr-words-steps
  '("where" "derive" "select" "drop" "rename" "explode" "dedup" "take" "sample" "repeat"
   "shuffle" "sort" "split" "join" "as" "decontaminate" "redact" "spread" "score" "band"
   "best" "pair" "rank")
  "Words behind a bar.")

(defconst ftr-words-functions
  '("abs" "adafactor" "adamw" "adamw_8bit" "agreement" "all" "any" "aware" "benchmark"
   "blocks_ok" "brackets_ok" "bytes" "chars" "chat" "clip" "coalesce" "code_blocks"
   "code_ok" "completion" "concat" "constant" "constraints" "contains" "contains_all"
   "contains_any" "content" "cosine" "count" "count_of" "ddp" "different" "distinct"
   "each" "ended" "ends_well" "ends_with" "env" "equation" "every" "exact" "extract"
   "features" "feedback" "fences_ok" "file" "first" "floor" "format" "fp4" "fsdp"
   "galore" "gated" "generate" "hash" "hub" "if" "int4" "int8" "interleave"
   "inverse_root" "is_boilerplate" "is_clean" "is_not_null" "is_null" "is_refusal"
   "item_at" "join" "json_ok" "lang" "lang_score" "last" "latest" "layers" "lead_of"
   "length" "linear" "lines" "lion" "lists_ok" "local" "lora" "loss" "lower" "matches"
   "max" "max_of" "maximum" "mean" "mean_of" "median" "min" "min_of" "minimum" "mix"
   "month" "most_common" "muon" "nf4" "number" "numeric" "online_merging" "overlap"
   "overlong" "paged_adamw" "pass_at" "pass_rate" "passes" "piecewise" "place_of_max"
   "place_of_min" "polynomial" "preference" "previous" "prompt" "pypi" "python" "ratio"
   "read" "repeated_share" "repeats" "repetition" "replace" "reward" "rmsprop" "role"
   "round" "rows" "rubric" "sgd" "sglang" "share" "share_of" "share_of_lines"
   "share_of_words" "similarity" "slice_text" "split" "spread_of" "stable" "starts_with"
   "stop_words" "sum_of" "tensorboard" "text" "top_share" "total" "trackio" "trajectory"
   "trim" "turns" "upper" "vllm" "wandb" "whiten" "win_rate" "word_length" "words" "year"
   "zero")
  "Words that may stand before a parenthesis.")

(defconst ftr-words-types
  '("bool" "date" "duration" "float" "int" "list" "secret" "share" "size" "text")
  "Types that the language has itself.")

(defconst ftr-words-constants
  '("true" "false" "none")
  "Reserved words that are values.")

(defconst ftr-words-operators
  '("and" "or" "not" "in")
  "Reserved words that are operators.")

(provide 'ftr-words)
;;; ftr-words.el ends here
