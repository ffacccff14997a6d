"""Rows to token ids with labels.

    rows --conversations--> messages --template--> text --mask--> spans --encode--> ids, labels
    ids, labels --packing--> sequences

`make_tokens` does the whole for a tokens node of a plan.
"""

from recipedsl.data.tokens.prepare import make_tokens

__all__ = ["make_tokens"]
