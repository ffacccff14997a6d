"""How long JSON Lines take to become packed rows that TRL trains on: recipedsl, and `datasets` with TRL.

    python benchmarks/data/end_to_end.py --rows 100000      # a few minutes
    python benchmarks/data/end_to_end.py --rows 1000000     # well over half an hour
                                         [--runs 3] [--peer-runs 1] [--patience 900] [--json]

The recipe of `pipeline.py` (rules, duplicates, caps, a mixture, messages, a split), then ids, labels and
packs of its training part. `trl` is the usual path: a `.filter` for each rule, TRL's maps; `trl 2` the same
in their fastest arrangement: batched filters, two processes; `trl own` has besides a batched map of one's
own for ids and labels, and leaves the packing to TRL. The rows that a drawn mixture takes are not the same
in all, their number is. Ours runs three times, each peer once: they take minutes, and their order among
themselves is not in doubt. What they take at a million rows is measured like the rest, never computed from
smaller runs: a peer that has not come to an end after `--patience` seconds is ended, and the table says so
in place of a number. This is `benchmarks/data/tokens.py --pipeline "end to end"`, which has the other
options.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

import tokens  # noqa: E402

#: What is not said on the command line.
USUAL = {
    "--rows": ["100000"],
    "--runs": ["3"],
    "--peer-runs": ["1"],
    "--patience": ["900"],
    "--contenders": ["fast", *tokens.PEERS],
}

if __name__ == "__main__":
    for option, values in USUAL.items():
        if option not in sys.argv:
            sys.argv += [option, *values]
    sys.argv += ["--pipeline", "end to end"]
    tokens.main()
