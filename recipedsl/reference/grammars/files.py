"""Which files the grammars are, below `editors/`, and writing them: `recipedsl docs grammars`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recipedsl.reference.grammars import emacs, lezer, textmate, vim

#: What makes each file, by its path below the folder of editors.
FILES: dict[str, Callable[[], str]] = {
    "vscode/syntaxes/ftr.tmLanguage.json": textmate.as_json,
    "sublime/Recipe.tmLanguage": textmate.as_property_list,
    "vim/syntax/ftr.vim": vim.syntax,
    "neovim/syntax/ftr.vim": vim.syntax,
    "codemirror/src/ftr.grammar": lezer.grammar,
    "codemirror/src/highlight.js": lezer.highlighting,
    "emacs/ftr-words.el": emacs.lists,
}

#: What Neovim reads as Vim does, so that its folder stands alone.
SHARED = ("ftdetect/ftr.vim", "ftplugin/ftr.vim", "indent/ftr.vim", "compiler/recipedsl.vim")


def stale(folder: Path) -> dict[Path, str]:
    """The files that are not as they should be, and how they should."""
    made = {folder / path: make() for path, make in FILES.items()}
    shared = ((folder / "vim" / each, folder / "neovim" / each) for each in SHARED)
    made |= {copy: original.read_text(encoding="utf-8") for original, copy in shared if original.exists()}
    return {
        path: text for path, text in made.items() if not path.exists() or path.read_bytes() != text.encode()
    }


def write(folder: Path) -> list[Path]:
    """Writes what is stale, folders too; gives the paths."""
    found = stale(folder)
    for path, text in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(found)
