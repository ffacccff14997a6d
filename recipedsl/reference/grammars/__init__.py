"""Grammars for editors, made from the catalogue, the scanner's words and `grammar/recipe.lark`.

words.py     the lists: kinds, methods, steps, functions, types, reserved words, signs
patterns.py  the scanner's regular expressions in the dialects of editors
textmate.py  TextMate, for Visual Studio Code and Sublime Text
vim.py       Vim and Neovim
lezer.py     Lezer, for CodeMirror: rule by rule from the Lark grammar
emacs.py     the lists, for the mode of Emacs
files.py     which file each of them is, and writing them
"""
