"""R730 to R739: what can go wrong where data nodes are carried out by several workers."""

from __future__ import annotations

from recipedsl.diagnostics.code import Code, Severity


class EngineMissing(Code):
    """The engine that was asked for is not installed.

    What: `--engine ray` was given, and Ray cannot be imported.
    Why: Ray is an extra: one machine needs none of it.
    Bad: `recipedsl run recipe.ftr --engine ray` where Ray is not installed
    Good: `pip install 'recipedsl[ray]'`, then the same once more; or without `--engine`, with the same result
    """

    code = "R730"
    name = "engine-missing"


class ClusterFailed(Code):
    """The workers cannot go on.

    What: Ray could not be started or reached, or the same job failed again and again because the process
    that did it died.
    Why: a process that dies once is replaced, and its job begun again. One that dies each time mostly lacks
    memory.
    Bad: an address at which no cluster answers
    Good: `--engine-address` as `ray status` tells it, or none for workers on this machine
    """

    code = "R731"
    name = "cluster-failed"


class ClusterUnfit(Code):
    """The workers would make something else.

    What: machines of the cluster have other versions of the packages that decide results, or do not see the
    folder of the project under the same path.
    Why: results are kept by what made them; rows of another version would lie under another one's name.
    Bad: a cluster with an older Polars
    Good: the same environment on all machines, and the project in a folder that they share
    """

    code = "R732"
    name = "cluster-unfit"


class NotShared(Code):
    """One worker did alone what several were to do.

    What: a part of a data node cannot be cut into pieces: one worker carried it out over all rows, or read
    all of a large file.
    Why: the result is the same, but it took as long, and as much memory, as on one machine.
    With `--engine ray` files are read side by side: small ones several at a time, large ones in pieces, JSON
    Lines cut between lines and Parquet between row groups. A compressed file, a JSON array and a table are
    each read whole; files of the hub or behind an address are read by one worker.
    `where`, `derive`, `select`, `drop`, `rename`, `explode`, `redact`, `as`, `join` and `decontaminate` are
    carried out piece by piece; the other dataset of the last two is read by every worker.
    `dedup`, `dedup … near` and `take … by` are decided by several workers, each for keys of its own.
    `take`, `sample`, `split`, `shuffle`, `repeat`, `sort`, `expect`, `mix` and `interleave` are decided by
    one, which sees the columns that they name and no others, or the numbers of rows alone; for `spread` it
    holds the vectors of all texts. One worker writes each part.
    Bad: `read("data/*.jsonl")` over files in the middle of which a column's type changes
    Good: the types declared: `data rows: Row = read("data/*.jsonl")`; large files as JSON Lines or Parquet
    """

    code = "R733"
    name = "not-shared"
    severity = Severity.WARNING


class WorkerReplaced(Code):
    """A worker's process died.

    What: a process that carried out a part of a data node was ended by a signal; another one did its job.
    Why: the result is the same, but a machine on which processes die mostly lacks memory.
    Bad: more workers on a machine than rows of so many files fit into its memory
    Good: smaller files, or fewer processors given to the cluster
    """

    code = "R734"
    name = "worker-replaced"
    severity = Severity.WARNING


CODES: tuple[type[Code], ...] = (EngineMissing, ClusterFailed, ClusterUnfit, NotShared, WorkerReplaced)
