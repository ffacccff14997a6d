"""Writes a recipe word by word from nothing: which of its words does completion offer where they are due?

python -m tests.editor.writing recipes/coder.ftr
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from recipedsl.editor.features.completion import completion
from recipedsl.editor.names import Role
from recipedsl.syntax.scan import NAME, RESERVED
from tests.editor.editing import Editor

#: Names that are new where they stand: nobody can offer them.
_NEW = frozenset((Role.DECLARATION, Role.KEY, Role.UNKNOWN))

#: Suggestions that are seen without scrolling.
SEEN = 12


@dataclass(frozen=True)
class Due:
    """A word of a recipe, and where it stands among the suggestions before it is written.

    Attributes:
        line: from 1.
        kind: what it is: `setting`, `column`, `keyword` and so on.
        place: among all suggestions, from 1; 0 where it is none of them.
        after: the same once its first letter is written.
    """

    line: int
    word: str
    kind: str
    place: int
    after: int


def due_words(editor: Editor, path: str, text: str) -> Iterator[Due]:
    """Every word of a recipe that could be offered."""
    whole = editor.open(path, text)
    words = [(each, kind) for each in whole.tokens if (kind := _kind(editor, path, each.span.start, each))]
    for token, kind in words:
        start = token.span.start
        word = token.value or token.text
        line = text.count("\n", 0, start) + 1
        before, after = (_place(editor, path, text[: start + typed], word, typed) for typed in (0, 1))
        yield Due(line, word, kind, before, after)
        editor.open(path, text, settled=False)


def _kind(editor: Editor, path: str, offset: int, token: object) -> str:
    """What a word is; empty for one that nobody can offer."""
    kind, text = token.kind, token.text  # type: ignore[attr-defined]
    found = editor.analysis(path).names.at(offset)
    if found is not None and found.span.start == offset:
        new = found.role in _NEW or (found.column is not None and found.column.is_new)
        return "" if new else str(found.role)
    return "keyword" if text in RESERVED and kind != NAME else ""


def _place(editor: Editor, path: str, text: str, word: str, typed: int) -> int:
    analysis = editor.open(path, text)
    for _ in range(2):
        position = analysis.positions.position(len(text))
        params = types.CompletionParams(types.TextDocumentIdentifier(analysis.document.uri), position)
        found = completion(editor.workspace, params)
        editor.workspace.settle(analysis.document.uri)
        analysis = editor.analysis(path)
    assert found is not None
    prefix = word[:typed].lower()
    items = sorted(found.items, key=lambda each: each.sort_text or each.label)
    labels = [each.label for each in items if (each.filter_text or each.label).lower().startswith(prefix)]
    return next((n for n, each in enumerate(labels, 1) if _begins(each, word)), 0)


def _begins(label: str, word: str) -> bool:
    """Whether a suggestion is a word, or begins with it: `solutions.train`, `timeout =`, `not in`."""
    bare = label.strip("`")
    return bare == word or bare.startswith((f"{word}.", f"{word} "))


def shares(found: list[Due]) -> dict[str, tuple[int, int, int, int]]:
    """By kind and in all: words, those offered, those seen at once, those seen after a letter."""
    by_kind: dict[str, list[Due]] = defaultdict(list)
    for each in found:
        by_kind[each.kind].append(each)
    by_kind["all"] = found
    return {
        kind: (
            len(words),
            sum(each.place > 0 for each in words),
            sum(0 < each.place <= SEEN for each in words),
            sum(0 < each.after <= SEEN for each in words),
        )
        for kind, words in by_kind.items()
    }


def main() -> None:
    """Prints the shares, and the words that are not offered."""
    for name in sys.argv[1:]:
        file = Path(name).resolve()
        root = file.parents[1]
        found = list(
            due_words(Editor(root), file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
        )
        print(f"{name}\n{'':12} words  offered     seen  after a letter")
        for kind, counts in sorted(shares(found).items(), key=lambda each: (each[0] == "all", each[0])):
            print(f"{kind:12} {counts[0]:5} {counts[1]:8} {counts[2]:8} {counts[3]:8}")
        for each in found:
            if each.after == 0 or each.after > SEEN:
                print(f"  line {each.line}: {each.kind} {each.word} at {each.place}, {each.after}")
        print(
            "only after a letter:",
            " ".join(sorted({f"{each.kind}:{each.word}" for each in found if each.place == 0})),
        )


if __name__ == "__main__":
    main()
