"""The scanner's regular expressions in the dialects of editors.

Python's own parser reads the expression; each dialect writes the few forms that the words of the
language are made of. What a dialect cannot say is a `Bug`, told by the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from recipedsl.diagnostics import Bug
from recipedsl.syntax.scan import ESCAPES, MASTER

_sre: Any = import_module("re._parser")

#: Letters and digits; `\w` of Python knows those of all scripts, the language's own words do not.
_WORD = "A-Za-z0-9_"

#: What stands behind a backslash in a text, beside the letters: `\u{1F600}`.
_CODE_POINT = r"u\{[0-9A-Fa-f]{1,6}\}"


def parts(group: str) -> Sequence[Any]:
    """What a group of the scanner's expression consists of, as Python's parser has it."""
    parsed = _sre.parse(MASTER.pattern, MASTER.flags)
    wanted = parsed.state.groupdict[group]
    for each in next(argument for sort, argument in parsed if str(sort) == "BRANCH")[1]:
        for sort, argument in each:
            if str(sort) == "SUBPATTERN" and argument[0] == wanted:
                inside: Sequence[Any] = list(argument[3])
                return inside
    raise Bug(f"the scanner has no words `{group}`")


def escape() -> Sequence[Any]:
    """A backslash and what may follow it in a text."""
    letters = "".join(sorted(ESCAPES)).replace("\\", r"\\")
    return list(_sre.parse(rf"\\(?:[{letters}]|{_CODE_POINT})"))


class Dialect:
    """Writes an expression for Oniguruma, and the base of the other dialects."""

    def write(self, parts: Iterable[Any]) -> str:
        """The parts one after another. Raises `Bug` for what the dialect cannot say."""
        return "".join(self._part(str(sort), argument) for sort, argument in parts)

    def _part(self, sort: str, argument: Any) -> str:
        writer = getattr(self, f"_{sort.lower()}", None)
        if writer is None:
            raise Bug(f"{type(self).__name__} cannot write {sort}")
        written: str = writer(argument)
        return written

    def _literal(self, code: int) -> str:
        letter = chr(code)
        return letter if letter.isalnum() or letter in "_\"#%'`" else f"\\{letter}"

    def _in(self, members: Sequence[Any]) -> str:
        negated = str(members[0][0]) == "NEGATE"
        inside = "".join(self._member(str(sort), argument) for sort, argument in members[negated:])
        return f"[{'^' * negated}{inside}]"

    def _member(self, sort: str, argument: Any) -> str:
        if sort == "RANGE":
            return f"{chr(argument[0])}-{chr(argument[1])}"
        if sort == "CATEGORY":
            if str(argument) != "CATEGORY_WORD":
                raise Bug(f"{type(self).__name__} cannot write {argument}")
            return _WORD
        return {"\n": r"\n", "\r": r"\r"}.get(chr(argument), self._in_set(chr(argument)))

    def _in_set(self, letter: str) -> str:
        return f"\\{letter}" if letter in r"\^]-[" else letter

    def _not_literal(self, code: int) -> str:
        return f"[^{self._member('LITERAL', code)}]"

    def _max_repeat(self, argument: Any) -> str:
        least, most, inner = argument
        written = self.write(inner)
        whole = written if len(inner) == 1 and str(inner[0][0]) in ("IN", "LITERAL") else self._group(written)
        return whole + self._times(least, most)

    def _times(self, least: int, most: Any) -> str:
        has_no_end = str(most) == "MAXREPEAT"
        known = {(0, True): "*", (1, True): "+", (0, False): "?"}
        if has_no_end or most == 1:
            return known[least, has_no_end]
        return f"{{{least},{most}}}"

    def _branch(self, argument: Any) -> str:
        return self._group("|".join(self.write(each) for each in argument[1]))

    def _subpattern(self, argument: Any) -> str:
        return self._group(self.write(argument[3]))

    def _assert_not(self, argument: Any) -> str:
        if argument[0] < 0:
            raise Bug(f"{type(self).__name__} cannot look behind")
        return f"(?!{self.write(argument[1])})"

    def _group(self, written: str) -> str:
        return f"(?:{written})"


class VimDialect(Dialect):
    r"""Vim's own, under `\v`."""

    def _literal(self, code: int) -> str:
        letter = chr(code)
        return letter if letter.isalnum() or letter in "_\"#'`" else f"\\{letter}"

    def _assert_not(self, argument: Any) -> str:
        return f"%({self.write(argument[1])})@!"

    def _group(self, written: str) -> str:
        return f"%({written})"


class LezerDialect(Dialect):
    """Tokens of Lezer. They cannot look ahead, so what must not follow is left out."""

    def write(self, parts: Iterable[Any]) -> str:
        """The parts one after another. Raises `Bug` for what the dialect cannot say."""
        written = (self._part(str(sort), argument) for sort, argument in parts)
        return " ".join(each for each in written if each)

    def _literal(self, code: int) -> str:
        return '"\\\\"' if chr(code) == "\\" else "'\"'" if chr(code) == '"' else f'"{chr(code)}"'

    def _in(self, members: Sequence[Any]) -> str:
        negated = str(members[0][0]) == "NEGATE"
        inside = "".join(self._member(str(sort), argument) for sort, argument in members[negated:])
        return f"{'!' if negated else '$'}[{inside}]"

    def _in_set(self, letter: str) -> str:
        return f"\\{letter}" if letter in r"\]-[" else letter

    def _not_literal(self, code: int) -> str:
        return f"![{self._member('LITERAL', code)}]"

    def _times(self, least: int, most: Any) -> str:
        if str(most) == "MAXREPEAT" or most == 1:
            return super()._times(least, most)
        raise Bug("Lezer knows no counted repetition")

    def _max_repeat(self, argument: Any) -> str:
        least, most, inner = argument
        if str(most) == "MAXREPEAT" or most == 1:
            return super()._max_repeat(argument)
        one = self._group(self.write(inner))
        return " ".join([one] * least + [f"{one}?"] * (most - least))

    def _branch(self, argument: Any) -> str:
        return self._group(" | ".join(self.write(each) for each in argument[1]))

    def _assert_not(self, argument: Any) -> str:  # noqa: ARG002 - the other dialects' signature
        return ""

    def _group(self, written: str) -> str:
        return f"({written})"
