"""Sources of rows: the head of a pipeline."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import one_of, several, text


class DataSource(Concept):
    """Base of sources of rows."""


class Read(DataSource):
    """Rows of files: a JSON array, JSON Lines, CSV or Parquet, plain or compressed, one file or a glob.

    The row type comes from the annotation of the dataset, or else from a bounded look at the file.

    Example: `data solutions = read("data/solutions.jsonl")`
    """

    keyword: ClassVar[str] = "read"

    path: Any = setting(text(), "file or glob, relative to the project root")
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
    revision: Any = setting(text(), "commit, tag or branch", "")


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
