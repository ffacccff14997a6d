"""How long JSON Lines take to become packed rows that TRL trains on: recipedsl, and `datasets` with TRL.

    python benchmarks/data/end_to_end.py [--rows 100000] [--runs 3] [--contenders fast trl …] [--json]

The recipe of `pipeline.py` (rules, duplicates, caps, a mixture, messages, a split), then ids, labels and
packs of its training part. `trl` is the usual path: a `.filter` for each rule, TRL's maps; `trl 2` their
fastest arrangement here: batched, two processes. The rows that a drawn mixture takes are not the same in
both, their number is. This is `benchmarks/data/tokens.py --pipeline "end to end"`, which has the other
options.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

import tokens  # noqa: E402

if __name__ == "__main__":
    if "--rows" not in sys.argv:
        sys.argv += ["--rows", "100000"]
    sys.argv += ["--pipeline", "end to end"]
    tokens.main()
