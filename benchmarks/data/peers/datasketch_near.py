"""Groups of near duplicates with datasketch 2.0.0: `default` (9 bands of 13 rows) or `checked` (32 of 4).

    python datasketch_near.py TEXTS.parquet LABELS.npy default|checked

Words and 5-grams as recipedsl cuts ASCII; prints seconds from reading to labels, and peak memory in MB.
"""

from __future__ import annotations

import json
import re
import sys
import time

import numpy as np
import polars as pl
from datasketch import MinHash, MinHashLSH
from resident import peak

THRESHOLD = 0.8


def grams(text: str) -> set[bytes]:
    words = re.findall(r"[^\W_]+", text.lower())
    return {" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))}


def main() -> None:
    start, cpu = time.perf_counter(), time.process_time()
    rows = [grams(text) for text in pl.read_parquet(sys.argv[1])["text"].to_list()]
    checked = sys.argv[3] == "checked"
    lsh = MinHashLSH(num_perm=128, params=(32, 4)) if checked else MinHashLSH(THRESHOLD, num_perm=128)
    labels = list(range(len(rows)))

    def root(row: int) -> int:
        while labels[row] != row:
            labels[row] = labels[labels[row]]
            row = labels[row]
        return row

    for row, digest in enumerate(MinHash.generator((list(each) for each in rows), num_perm=128, seed=1)):
        for other in lsh.query(digest):
            one, two = root(row), root(other)
            if one != two and (not checked or _alike(rows[row], rows[other])):
                labels[max(one, two)] = min(one, two)
        lsh.insert(row, digest, check_duplication=False)
    found = np.array([root(row) for row in range(len(rows))])
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    np.save(sys.argv[2], found)
    memory = peak() / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": memory}))


def _alike(one: set[bytes], two: set[bytes]) -> bool:
    return len(one & two) >= THRESHOLD * len(one | two)


if __name__ == "__main__":
    main()
