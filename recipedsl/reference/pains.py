"""What users of other tools complain about in public, and what becomes of each complaint here."""

from __future__ import annotations

from dataclasses import dataclass

#: Where the threads lie, by the name that a row gives the tool.
_REPOSITORIES: dict[str, str] = {
    "trl": "huggingface/trl",
    "transformers": "huggingface/transformers",
    "peft": "huggingface/peft",
    "accelerate": "huggingface/accelerate",
    "alignment-handbook": "huggingface/alignment-handbook",
    "open-r1": "huggingface/open-r1",
    "axolotl": "axolotl-ai-cloud/axolotl",
    "LLaMA-Factory": "hiyouga/LLaMA-Factory",
    "unsloth": "unslothai/unsloth",
    "ms-swift": "modelscope/ms-swift",
    "OpenRLHF": "OpenRLHF/OpenRLHF",
    "open-instruct": "allenai/open-instruct",
    "torchtune": "pytorch/torchtune",
    "litgpt": "Lightning-AI/litgpt",
    "terraform": "hashicorp/terraform",
    "cue": "cue-lang/cue",
    "jsonnet": "google/jsonnet",
    "dbt-core": "dbt-labs/dbt-core",
    "nextflow": "nextflow-io/nextflow",
    "snakemake": "snakemake/snakemake",
    "baml": "BoundaryML/baml",
    "prql": "PRQL/prql",
    "lark": "lark-parser/lark",
}


@dataclass(frozen=True, kw_only=True)
class Pain:
    """A complaint and its end.

    Attributes:
        complaint: in short.
        threads: public threads, `tool#number`; a few, not all.
        answer: what happens here, a sentence or two, Markdown.
        codes: diagnostics that say it.
        plan_line: words of the plan's view that tell it, as they are printed.
        construction: recipe text in which it cannot happen, or that does the right thing by itself.
        missing: what is not answered, where something is not.
    """

    complaint: str
    threads: tuple[str, ...]
    answer: str
    codes: tuple[str, ...] = ()
    plan_line: str = ""
    construction: str = ""
    missing: str = ""

    @property
    def links(self) -> list[tuple[str, str]]:
        """Name and address of each thread."""
        return [(each, _address(each)) for each in self.threads]


def _address(thread: str) -> str:
    tool, _, number = thread.partition("#")
    # GitHub leads from an issue's address to a pull request of the same number.
    return f"https://github.com/{_REPOSITORIES[tool]}/issues/{number}"


TRAINING: tuple[Pain, ...] = (
    Pain(
        complaint="The trained model never stops writing",
        threads=("trl#1623", "trl#3091", "alignment-handbook#127", "unsloth#416"),
        answer="A row is rendered before training; the turn has to end in a token that generation stops "
        "at, and that token has to be trained. Labels are made before padding, so a shared pad token hides "
        "nothing.",
        codes=("M310", "M311", "M322"),
    ),
    Pain(
        complaint="The mask of the assistant's tokens is empty, or leaves the stop token out",
        threads=("trl#4201", "trl#4879", "trl#5988", "transformers#34494"),
        answer="The mask is found with or without marks in the template, and shown on a real row.",
        codes=("M311", "M314", "M315"),
        plan_line="a row, marked ⟦…⟧ is trained",
    ),
    Pain(
        complaint="Cutting leaves rows without a label; the loss is 0 or not a number",
        threads=("trl#6668", "trl#6025", "trl#5826"),
        answer="Rows that are cut, dropped or left without a trained token are counted before training.",
        codes=("M315", "M316", "R601"),
        plan_line="without a trained token",
    ),
    Pain(
        complaint="Two begin-of-sequence tokens, one from the template and one from the tokenizer",
        threads=("OpenRLHF#393", "axolotl#3560", "open-r1#462", "trl#1885"),
        answer="The first tokens of a rendered row are looked at.",
        codes=("M313",),
    ),
    Pain(
        complaint="A base model has no chat template, and the run finds out",
        threads=("unsloth#2096", "OpenRLHF#613", "open-r1#85", "trl#4404"),
        answer="The tokenizer's files are read while planning; the recipe names a template, or writes one.",
        codes=("M300", "M301"),
        construction='model base { from = local("models/tiny"), template = chatml }',
    ),
    Pain(
        complaint="A misspelt key is ignored and something else is trained",
        threads=("unsloth#10740", "unsloth#2904"),
        answer="Settings are a closed list, and so are the arguments of `trainer = { … }`; the nearest "
        "name is offered.",
        codes=("N103", "P405"),
    ),
    Pain(
        complaint="Alpaca, ShareGPT, messages, preference: rows in the wrong form",
        threads=("LLaMA-Factory#2529", "LLaMA-Factory#2381", "LLaMA-Factory#7577"),
        answer="A stage names the shapes that it takes, a dataset proves the one that it has.",
        codes=("D202", "D208", "D514"),
    ),
    Pain(
        complaint="Datasets with different columns cannot be mixed (“features can't be aligned”)",
        threads=("LLaMA-Factory#1855", "LLaMA-Factory#317", "ms-swift#1193"),
        answer="Missing columns become null; a column of two types is named.",
        codes=("D209", "D507"),
        construction='data both = concat(solutions.train, (read("data/rows.jsonl") | as chat(messages)))',
    ),
    Pain(
        complaint="SFT with LoRA, then DPO: which adapter is the reference, and what is merged?",
        threads=("LLaMA-Factory#8974", "LLaMA-Factory#3198", "torchtune#2272", "trl#872", "peft#2264"),
        answer="The result of a stage says what it lies on; merging and the reference are derived and shown.",
        plan_line="its adapter is trained on · reference: a frozen copy of the adapter",
        construction="stage first: sft { from = base, data = lessons, adapter = lora(rank = 16) }\n"
        "stage second: dpo { from = first, data = pairs }",
    ),
    Pain(
        complaint="DPO needs two models and runs out of memory",
        threads=("trl#3168", "trl#2452", "LLaMA-Factory#4810"),
        answer="With an adapter the reference costs nothing; memory is estimated before anything is loaded.",
        codes=("R600",),
        plan_line="memory about",
    ),
    Pain(
        complaint="GRPO: the batch does not divide by the number of answers",
        threads=("trl#2858", "trl#3061", "open-r1#249", "ms-swift#3980"),
        answer="The batch is laid out by the compiler, over devices too; the nearest legal one is offered.",
        codes=("P401",),
    ),
    Pain(
        complaint="A reward is 0 for every answer, or fails on the first one",
        threads=("trl#3452", "trl#2791"),
        answer="Every term of a reward is called on sample rows before training; a term that never tells "
        "two answers apart is reported.",
        codes=("R602", "R603", "R655", "R657"),
    ),
    Pain(
        complaint="The run crashes when it saves, at the very end",
        threads=("axolotl#788", "axolotl#2744", "axolotl#2149"),
        answer="Weights are saved and read again before the first step, and the disk is measured.",
        codes=("R610", "R608", "R708"),
    ),
    Pain(
        complaint="Resuming begins anew, or goes on from something else",
        threads=("axolotl#1134", "open-instruct#330", "transformers#28320", "peft#2185"),
        answer="A checkpoint belongs to one fingerprint; the same command goes on where it was.",
        codes=("R606",),
        construction="run { seed = 17, save_every = 100 }",
    ),
    Pain(
        complaint="A stale cache: the template or the filter changed and the old rows are trained",
        threads=("axolotl#1136", "axolotl#2707", "open-instruct#1509"),
        answer="Every result is filed under what decides it: rows, steps, template, tokenizer, versions.",
        plan_line="again because",
    ),
    Pain(
        complaint="Packing changes results: rows see each other",
        threads=("trl#1230", "trl#3067", "trl#3910"),
        answer="A trial with two rows in one sequence decides, for this model and its attention.",
        codes=("R607",),
    ),
    Pain(
        complaint="A new version of the trainer drops a method or an argument",
        threads=("trl#7020", "trl#6168", "unsloth#1285"),
        answer="Methods that are gone are named with what takes their place; arguments are held against "
        "the versions that are tested.",
        codes=("N116", "P405"),
    ),
    Pain(
        complaint="The engine that writes answers wants other versions than the trainer",
        threads=("trl#4617", "trl#3304", "axolotl#3875"),
        answer="Answers are written by the trainer's own model; there is no second engine to agree with.",
        missing="no faster engine for answers yet",
    ),
    Pain(
        complaint="`1e-5` is read as text",
        threads=("LLaMA-Factory#4149", "LLaMA-Factory#8505", "trl#1450"),
        answer="Numbers have one grammar; a text is never taken for one. A rate far outside the method's "
        "band is reported.",
        codes=("T101", "P403"),
        construction="stage first: sft { from = base, data = lessons, learning_rate = 1e-5 }",
    ),
    Pain(
        complaint="Weights are loaded in another number format than was meant",
        threads=("trl#5138", "trl#4778", "open-instruct#322"),
        answer="The format is a setting of the model and stands in the plan.",
        codes=("R613", "R601"),
        plan_line="dtype auto",
        construction='model base { from = local("models/tiny"), dtype = bf16 }',
    ),
    Pain(
        complaint="A configuration file of the machine changes how a run is spread",
        threads=("axolotl#394", "axolotl#1563", "LLaMA-Factory#8279", "accelerate#3748"),
        answer="What would read such files cannot be set, and variables of the surroundings are put aside.",
        codes=("P405",),
        construction="stage first: sft { from = base, data = lessons, batch = 64 }",
    ),
    Pain(
        complaint="New tokens get embeddings that nobody trains",
        threads=("axolotl#1570", "axolotl#1659", "LLaMA-Factory#6446", "peft#2376"),
        answer="A template can only end a turn in a token that the tokenizer has; none is added behind the "
        "scenes.",
        codes=("M310", "M312"),
    ),
    Pain(
        complaint="The exported model talks gibberish: another template than in training",
        threads=("LLaMA-Factory#6020", "unsloth#3899", "unsloth#2374"),
        answer="The folder of a result holds the template that was trained and the tokens to stop at; "
        "`recipedsl chat` uses just that.",
        construction='model base { from = local("models/tiny"), template = chatml }\n'
        "stage first: sft { from = base, data = lessons }",
    ),
    Pain(
        complaint="Saving and judging have settings that must fit each other",
        threads=("LLaMA-Factory#8133", "transformers#12685", "axolotl#1253"),
        answer="How often is said once; what the trainer needs for it follows.",
        construction="run { seed = 17, save_every = 100 }",
    ),
    Pain(
        complaint="Memory, disk or access fail hours into a run",
        threads=("axolotl#848", "litgpt#920", "ms-swift#6392"),
        answer="Memory is estimated, the disk and access to models are looked at first, and the longest "
        "batch is the first one.",
        codes=("R600", "R708", "R721"),
        plan_line="memory about",
    ),
    Pain(
        complaint="The seed for the data is not used; the same run gives other rows",
        threads=("transformers#31818", "open-instruct#188"),
        answer="One seed; every draw derives its own from it and from the dataset's name.",
        codes=("L103",),
        construction='data some = read("data/rows.jsonl") | sample 50% | as chat(messages)\nrun { seed '
        "= 17 }",
    ),
)

LANGUAGES: tuple[Pain, ...] = (
    Pain(
        complaint="Variables are allowed in some places and not in others",
        threads=("terraform#13022", "terraform#22088"),
        answer="A param may stand wherever a value may.",
        construction='param folder: text = "models/tiny"\nparam most: int = 1k\n'
        "model small { from = local(folder) }\nrun { max_rows = most }",
    ),
    Pain(
        complaint="What there is depends on what only a run can tell",
        threads=("terraform#30838", "terraform#30327"),
        answer="The graph is known before anything runs; a value that depends on a row is refused where it "
        "is not.",
        codes=("T111",),
    ),
    Pain(
        complaint="What was locked differs between machines, or leaves parts out",
        threads=("terraform#27135", "terraform#34275"),
        answer="Contents are named by their hashes, the same everywhere: revisions of models and rows, "
        "checksums of files.",
        codes=("L104", "R726", "R706"),
    ),
    Pain(
        complaint="Errors without a place; one at a time, in random order; the same one thirteen times",
        threads=("terraform#21501", "terraform#10935", "terraform#21768"),
        answer="Every problem has a place and is said once, all in one go, in the order of the file; "
        "`check --format json` gives the same to programs.",
        codes=("S001", "S005"),
    ),
    Pain(
        complaint="“A number is required”, and not a word of what was found",
        threads=("terraform#36836",),
        answer="The message says what was wanted and what was found.",
        codes=("T101", "T102", "T106"),
    ),
    Pain(
        complaint="A wrong member of an enumeration gives a page of alternatives that failed",
        threads=("cue#2391", "cue#1902", "cue#4043"),
        answer="One message: not one of these, and the nearest.",
        codes=("T104", "T108"),
    ),
    Pain(
        complaint="A short file takes minutes or all memory to evaluate",
        threads=("cue#3654", "cue#3881", "cue#3334", "jsonnet#672"),
        answer="Evaluation always ends and is linear; sizes and depths have bounds.",
        codes=("S017", "S018", "T103"),
    ),
    Pain(
        complaint="Text templates: an error has no line, or none until it runs",
        threads=("dbt-core#4596", "dbt-core#8023", "baml#2446"),
        answer="Nothing is inserted into texts. Chat templates are checked by their parts, or rendered "
        "while planning.",
        codes=("M303", "M304", "S004"),
    ),
    Pain(
        complaint="“Modified” is said of what did not change, and not of what did",
        threads=("dbt-core#10002", "dbt-core#9564", "dbt-core#4304"),
        answer="What is compared is the plan with all values filled in; comments and layout never count.",
        plan_line="again because",
    ),
    Pain(
        complaint="Something runs again and nobody can tell why",
        threads=("nextflow#1629", "nextflow#3005", "snakemake#1694", "snakemake#1677"),
        answer="The plan says for each node whether it is cached, new, or made again because of what.",
        codes=("R702", "R704"),
        plan_line="again because",
    ),
    Pain(
        complaint="A stricter syntax came later and broke what had worked",
        threads=("baml#1102",),
        answer="The language is strict from the start, and each file says its edition.",
        codes=("L101", "L105"),
    ),
    Pain(
        complaint="Messages in the words of those who made the tool",
        threads=("prql#1171",),
        answer="Messages are written in the words of the field, kept as texts and reviewed; every code has "
        "a page.",
        codes=("T106", "D202"),
    ),
    Pain(
        complaint="One slip in the syntax hides everything behind it",
        threads=("lark#736", "lark#316"),
        answer="Reading goes on at the next declaration, and what could be read is checked.",
        codes=("S005", "S007"),
    ),
)

#: Groups of the page, by title.
PAINS: dict[str, tuple[Pain, ...]] = {"Training language models": TRAINING, "Small languages": LANGUAGES}
