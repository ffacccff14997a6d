"""Sources of rows: the head of a pipeline."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import (
    concept,
    flag,
    mapping,
    name_of,
    number,
    one_of,
    several,
    share,
    text,
    whole,
)


class DataSource(Concept):
    """Base of sources of rows."""


class Read(DataSource):
    """Rows of files: a JSON array, JSON Lines, CSV or Parquet, plain or compressed, one file or a glob.

    Files may lie in an S3 store, `s3://bucket/folder/*.jsonl`, or in a dataset of the Hugging Face hub,
    `hf://datasets/owner/name@revision/data/*.parquet`. `recipedsl plan` fetches them, and a run reads what
    was planned. End point and credentials of a store are those of the environment (`AWS_ENDPOINT_URL`,
    `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_PROFILE`).

    The row type comes from the annotation of the dataset, or else from a bounded look at the file.

    Example: `data solutions = read("data/solutions.jsonl")`
    """

    keyword: ClassVar[str] = "read"

    path: Any = setting(text(), "file or glob, relative to the recipe; or an address")
    format: Any = setting(
        one_of("json", "jsonl", "csv", "parquet", optional=True),
        "form of the file; told from its name when left out",
        None,
    )


class HubData(DataSource):
    """A dataset of the Hugging Face hub, read from its Parquet files.

    Example: `data pairs = hub("trl-lib/ultrafeedback_binarized", split = "train")`
    """

    keyword: ClassVar[str] = "hub"

    name: Any = setting(text(), "name of the repository, `owner/dataset`")
    config: Any = setting(text(), "configuration of the dataset", "")
    split: Any = setting(text(), "split of the dataset", "train")
    revision: Any = setting(
        text(), "commit, tag or branch", "", also_called=("rev", "commit", "sha", "version", "branch")
    )
    files: Any = setting(
        several(text(), least=1), "files or globs of the repository, instead of a split's", None, not_yet=True
    )
    stream: Any = setting(
        flag(), "read rows while training goes on, without having them all first", None, not_yet=True
    )
    buffer: Any = setting(
        whole(1), "rows of a stream that are held, and shuffled and packed together", None, not_yet=True
    )


class Rows(DataSource):
    """Rows written in the recipe itself.

    Example: `data greetings = rows([{ question: "Hello", answer: "Good day." }])`
    """

    keyword: ClassVar[str] = "rows"

    rows: Any = setting(several(text()), "list of maps, one a row")


class Concat(DataSource):
    """The rows of several datasets, one after another.

    Columns that one of them lacks are null there; a column of two types is an error.

    Example: `data lessons = concat(solutions.train, (chats | sample 10%))`
    """

    keyword: ClassVar[str] = "concat"


class Generate(DataSource):
    """Rows that a model writes: each row of `prompts` n times, with `completion` as a new column.

    The rows keep their columns and get `prompt`, `completion` and `draw`, the number of the sample.

    Example: `data drafts = generate(tuned, solutions.train, n = 8, temperature = 0.8)`
    """

    keyword: ClassVar[str] = "generate"
    not_yet: ClassVar[str] = "write answers beforehand and read them"

    model: Any = setting(name_of("model", "stage"), "what writes the completions")
    prompts: Any = setting(name_of("data"), "rows of the shape `prompt` or `chat`")
    n: Any = setting(whole(1), "completions of each row", 1)
    temperature: Any = setting(number(0), "sampling temperature; 0 takes the likeliest token", 1.0)
    top_p: Any = setting(share(above=0), "share of probability that is drawn from", 1.0)
    top_k: Any = setting(whole(0), "likeliest tokens that are drawn from; 0 means all", 0)
    max_new_tokens: Any = setting(whole(1), "longest completion in tokens", 512)
    stop: Any = setting(several(text(), least=1), "texts that end a completion", None)
    seeds: Any = setting(several(whole(0), least=1), "one sample for each seed, instead of `n`", None)
    engine: Any = setting(concept("engine"), "what writes the answers", None)


class Mix(DataSource):
    """Shares of a target size, drawn from several datasets.

    The draw is seeded, and takes no row of a dataset twice; the numbers are the shares, rounded so that
    they sum to `rows`. Without `rows` there are as many as the scarcest dataset allows. A dataset that
    lacks rows stops the run; with `repeat = true` all its rows stand as often as they have to, and a draw
    of them once more. The rows of a dataset keep their order, and the datasets take turns as in
    `interleave`: every beginning of the result holds the shares. `| shuffle` gives another order. Columns
    that one of them lacks are null there.

    Example: `data lessons = mix({ solutions: 70%, chats: 30% }, rows = 100k)`
    """

    keyword: ClassVar[str] = "mix"

    shares: Any = setting(mapping(), "datasets with their shares")
    rows: Any = setting(
        whole(1),
        "rows in all; as many as the scarcest one allows when left out",
        None,
        also_called=("size", "total", "num_rows", "max_rows"),
    )
    repeat: Any = setting(flag(), "whether rows may stand several times where a dataset is too small", False)


class Interleave(DataSource):
    """Several datasets in turn, each as often as its share says.

    Which dataset comes next is not left to chance: after any number of rows each has given its share of
    them, less than one row more or less, so the result needs no seed. The rows of a dataset keep their
    order. `first_exhausted` ends with the last row of the dataset that runs out first. `all_exhausted`
    ends when every row has stood at least once: a dataset that ran out starts again. `all_once` never
    repeats: those that still have rows go on with their shares of each other. Columns that one of them
    lacks are null there.

    Source: Baruah, Cohen, Plaxton and Varvel 1996, "Proportionate progress", Algorithmica 15, for the turns.

    Example: `data lessons = interleave({ solutions: 70%, chats: 30% }, until = first_exhausted)`
    """

    keyword: ClassVar[str] = "interleave"

    shares: Any = setting(mapping(), "datasets with their shares")
    until: Any = setting(
        one_of("first_exhausted", "all_exhausted", "all_once"), "when it ends", "first_exhausted"
    )
