"""A model's tokenizer as its files say it is: ids, special tokens, chat template; without transformers.

A plain transformers folder holds `tokenizer.json` (the tokenizer itself), `tokenizer_config.json`
(special tokens by role, perhaps the chat template), and perhaps `chat_template.jinja` and
`special_tokens_map.json`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recipedsl.data.tokens.spelling import Spelling
from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import TokenizerUnreadable

#: Roles of special tokens that templates and checks speak of.
ROLES = ("bos_token", "eos_token", "pad_token", "unk_token")

#: A key of JSON and its value: quotes within a text stand behind a backslash.
_TRIMS = re.compile(r'((?<!\\)"trim_offsets"\s*:\s*)true\b')

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class TokenizerFacts:
    """A tokenizer and what is known of it.

    Attributes:
        tokenizer: text to ids; never truncates or pads, offsets cover every character.
        special: texts of the special tokens by role (`bos_token` …); roles that it lacks are absent.
        templates: chat templates by name; the one in common use is `default`.
        added: ids of the tokens that are cut out of a text before anything else, by their text.
        marks: texts of those of them that are special: they give a text its structure.
        adds_bos: whether encoding plain text puts this token before it.
        form: the tokenizer as JSON text.
        joins: whether the ids of a text equal those of its two halves where no merge spans the cut;
            false for tokenizers that mark the start of a text.
    """

    tokenizer: Tokenizer
    special: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    adds_bos: bool = False
    joins: bool = True
    form: str = ""

    @cached_property
    def spelling(self) -> Spelling | None:
        """What the tokens spell; None where they do not spell the text."""
        found = Spelling.of(self.tokenizer)
        probes = ["Hello  there,\n\n two 12345 é 你好 😀", *self.marks[:1]]
        return found if all(found.spells(self.encode(text), text) for text in probes) else None

    @property
    def template(self) -> str:
        """The model's own chat template; empty when it has none."""
        return self.templates.get("default", "")

    def id_of(self, role: str) -> int | None:
        """Id of the special token of a role, None when there is none."""
        text = self.special.get(role)
        return None if text is None else self.tokenizer.token_to_id(text)

    @property
    def opening(self) -> Ids:
        """The ids that go before a plain text: the begin-of-sequence token, or none."""
        bos = self.id_of("bos_token") if self.adds_bos else None
        return np.array([] if bos is None else [bos], dtype=np.int32)

    def encode(self, text: str) -> Ids:
        """Ids of a text, without the special tokens that encoding would put round it."""
        return np.asarray(self.tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.int32)

    def encode_all(self, texts: list[str]) -> list[Ids]:
        """`encode` of many texts at once, on all cores."""
        encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [np.asarray(each.ids, dtype=np.int32) for each in encodings]

    def decode(self, ids: Ids) -> str:
        """Text of ids, special tokens included."""
        return str(self.tokenizer.decode(ids.tolist(), skip_special_tokens=False))


def load_tokenizer(folder: Path) -> TokenizerFacts:
    """Read the tokenizer of a plain transformers folder.

    Args:
        folder: holds `tokenizer.json` and, as a rule, `tokenizer_config.json`.

    Raises:
        RecipeError: when a file is missing or cannot be read.
    """
    config = _read_json(folder / "tokenizer_config.json")
    tokenizer, form = _read_tokenizer(folder / "tokenizer.json")
    special = _special_tokens({**_read_json(folder / "special_tokens_map.json"), **config})
    bos = special.get("bos_token")
    added = tokenizer.get_added_tokens_decoder()
    return TokenizerFacts(
        tokenizer=tokenizer,
        special=special,
        templates=_templates(folder, config),
        added={token.content: id_ for id_, token in added.items()},
        marks=tuple(token.content for token in added.values() if token.special and token.content),
        adds_bos=bool(bos) and config.get("add_bos_token", _start(tokenizer) == bos),
        joins=_joins(tokenizer),
        form=form,
    )


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(form, dict):
        raise _unreadable(path, "it is no JSON object")
    return form


def _read_tokenizer(path: Path) -> tuple[Tokenizer, str]:
    """A tokenizer that neither cuts nor pads, and its form as JSON text."""
    if not path.is_file():
        raise _unreadable(path, "there is no such file")
    try:
        # Byte-level tokenizers leave the space out of the offsets of ` word`; labels are set by offsets, so
        # every character has to belong to a token. Ids do not depend on it.
        form = _TRIMS.sub(r"\1false", path.read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_str(form)
    except Exception as error:  # tokenizers raises plain Exception
        raise _unreadable(path, str(error)) from error
    if tokenizer.truncation is not None or tokenizer.padding is not None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        form = tokenizer.to_str()
    return tokenizer, form


def _unreadable(path: Path, reason: str) -> RecipeError:
    return RecipeError(
        Diagnostic(
            TokenizerUnreadable,
            f"the tokenizer file `{path.name}` of the model cannot be read",
            notes=(f"looked at {path}", reason),
            helps=(Help("a model folder holds `tokenizer.json`; save the tokenizer with `save_pretrained`"),),
        )
    )


def _special_tokens(config: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role in ROLES:
        value = config.get(role)
        text = value.get("content") if isinstance(value, dict) else value
        if isinstance(text, str) and text:
            found[role] = text
    return found


def _templates(folder: Path, config: dict[str, Any]) -> dict[str, str]:
    """Templates by name; a file of its own wins over the configuration, as in transformers."""
    given = config.get("chat_template")
    if isinstance(given, list):
        named = (each for each in given if isinstance(each, dict) and {"name", "template"} <= each.keys())
        found = {str(each["name"]): str(each["template"]) for each in named}
    else:
        found = {"default": given} if isinstance(given, str) else {}
    file = folder / "chat_template.jinja"
    if file.is_file():
        found["default"] = file.read_text(encoding="utf-8", errors="replace")
    return found


def _start(tokenizer: Tokenizer) -> str:
    """Token that encoding puts before a text; empty where it puts none."""
    encoding = tokenizer.encode("a")
    return encoding.tokens[0] if encoding.ids and encoding.special_tokens_mask[0] else ""


def _joins(tokenizer: Tokenizer) -> bool:
    """Whether a text encoded alone has the ids that it has after a line break."""
    alone = tokenizer.encode("word", add_special_tokens=False).ids
    after = tokenizer.encode("\nword", add_special_tokens=False).ids
    first = tokenizer.encode("\n", add_special_tokens=False).ids
    return bool(first + alone == after)
