"""Golden texts: a file beside the test holds what is expected.

`RECIPEDSL_ACCEPT=1 pytest …` rewrites the files; the difference in version control is the review.
It is refused where CI is set.
"""

from __future__ import annotations

import os
from pathlib import Path


def agrees(path: Path, text: str) -> None:
    """Asserts that `text` is what the file holds."""
    if os.environ.get("RECIPEDSL_ACCEPT") and not os.environ.get("CI"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no {path}; RECIPEDSL_ACCEPT=1 writes it"
    assert text == path.read_text(encoding="utf-8")
