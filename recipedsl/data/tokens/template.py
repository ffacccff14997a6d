"""Which Jinja text turns messages into text, and the rendering itself.

TemplateSpec --template_text--> Jinja text --ChatTemplate--> text of a conversation
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError

from recipedsl.data.tokens.sandbox import compile_template, render
from recipedsl.data.tokens.tokenizer import TokenizerFacts
from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError, nearest
from recipedsl.diagnostics.codes.models import (
    NoChatTemplate,
    TemplateBroken,
    TemplateFile,
    TemplateLimit,
    TemplateParts,
    TemplateRefuses,
    UnknownTemplate,
)
from recipedsl.plan.model import TemplateSpec
from recipedsl.source.paths import below, file_below

Message = dict[str, Any]

#: Parts that a template of parts may have; each but `start` holds `{content}`.
PARTS = ("start", "system", "user", "assistant", "thinking", "tool")

_OWN = Path(__file__).parents[2] / "language" / "templates"
_FEW = ("chatml", "plain", "llama3", "qwen2_5", "gemma3")


@cache
def _shipped() -> dict[str, Path]:
    """Templates by name: our own, then TRL's, found without importing TRL (which imports torch)."""
    found: dict[str, Path] = {}
    spec = find_spec("trl")
    for folder in spec.submodule_search_locations or () if spec else ():
        found.update({path.stem: path for path in Path(folder, "chat_templates").glob("*.jinja")})
    found.update({path.stem: path for path in _OWN.glob("*.jinja")})
    return found


def shipped_names() -> tuple[str, ...]:
    """Names of the templates that come along, in alphabetical order."""
    return tuple(sorted(_shipped()))


def shipped_text(name: str) -> str | None:
    """Jinja text of a shipped template, None when there is none of that name."""
    path = _shipped().get(name)
    return None if path is None else path.read_text(encoding="utf-8")


def training_name(text: str) -> str:
    """Name of the shipped `…_training` version of a template, empty when there is none."""
    for name, path in _shipped().items():
        trained = f"{name}_training"
        if trained in _shipped() and path.read_text(encoding="utf-8") == text:
            return trained
    return ""


def template_text(spec: TemplateSpec, facts: TokenizerFacts, root: Path) -> str:
    """Jinja text of the template that a plan asks for, its variables set at its head.

    The text is complete: given to a tokenizer as its chat template, it renders the same.

    Args:
        spec: which template.
        facts: of the model's tokenizer, for `tokenizer`.
        root: project root that file paths are relative to.

    Raises:
        RecipeError: there is no such template.
    """
    match spec.keyword:
        case "tokenizer":
            text = _own_template(facts)
        case "shipped":
            text = _shipped_template(spec.name)
        case "file":
            text = _file_template(spec.path, root)
        case "parts":
            text = _parts_template(spec.parts)
    return "".join(_told(name, value) for name, value in spec.variables.items()) + text


def _told(name: str, value: Any) -> str:
    """Jinja that sets a variable, where a row does not."""
    return f"{{%- set {name} = {name} if {name} is defined else {_literal(value)} -%}}"


def _own_template(facts: TokenizerFacts) -> str:
    if facts.template:
        return facts.template
    if facts.templates:
        names = ", ".join(f"`{name}`" for name in facts.templates)
        raise _error(
            NoChatTemplate, f"the model has chat templates named {names} and none for common use", _choices()
        )
    raise _error(NoChatTemplate, "the model has no chat template", _choices())


def _choices() -> str:
    few = ", ".join(f"`{name}`" for name in _FEW)
    return f"set `template` of the model: a shipped one ({few} and others), or a declared `template`"


def _shipped_template(name: str) -> str:
    text = shipped_text(name)
    if text is not None:
        return text
    near = nearest(name, shipped_names())
    raise _error(
        UnknownTemplate, f"no template is called `{name}`", f"did you mean `{near}`?" if near else _choices()
    )


def _file_template(path: str, root: Path) -> str:
    if below(root, path) is None:
        raise _error(
            TemplateFile, f"the template `{path}` lies outside of the project", "move it into the project"
        )
    file = file_below(root, path)
    if file is None:
        raise _error(TemplateFile, f"the template `{path}` cannot be read", "check the path", "no such file")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _error(
            TemplateFile, f"the template `{path}` cannot be read", "check the path", str(error)
        ) from error


# --- parts --------------------------------------------------------------------------------------


def _parts_template(parts: dict[str, str]) -> str:
    """Jinja text of a template in typed parts.

    A part is text with `{content}` for the message, `{bos}` and `{eos}` for the tokenizer's tokens.
    The generation prompt is the assistant's part up to `{content}`.
    """
    _check_parts(parts)
    roles = [role for role in ("system", "user", "assistant", "tool") if role in parts]
    cases = [f"{{%- elif message['role'] == {_literal(role)} %}}{_part(parts, role)}" for role in roles]
    pieces = [
        _text(parts.get("start", "")),
        "{%- for message in messages %}",
        *_refusals(parts),
        "{%- if false %}",
        *cases,
        "{%- else %}{{- raise_exception('the template has no part for the role ' + message['role']) }}",
        "{%- endif %}{%- endfor %}{%- if add_generation_prompt %}",
        _text(parts["assistant"].split("{content}")[0]),
        "{%- endif %}",
    ]
    return "".join(pieces)


def _check_parts(parts: dict[str, str]) -> None:
    for name in parts:
        if name not in PARTS:
            near = nearest(name, PARTS)
            hint = f"did you mean `{near}`?" if near else f"parts are {', '.join(PARTS)}"
            raise _error(TemplateParts, f"a template has no part `{name}`", hint)
    for name in ("user", "assistant"):
        if name not in parts:
            raise _error(
                TemplateParts, f"the template has no part `{name}`", f'add `{name} = "…{{content}}…"`'
            )
    for name, text in parts.items():
        if name != "start" and text.count("{content}") != 1:
            hint = "write `{content}` once, where the text of the message goes"
            raise _error(
                TemplateParts, f"the part `{name}` has {text.count('{content}')} times `{{content}}`", hint
            )


def _part(parts: dict[str, str], role: str) -> str:
    before, after = parts[role].split("{content}")
    inner = "{{- message['content'] }}"
    if role == "assistant" and "thinking" in parts:
        opens, closes = parts["thinking"].split("{content}")
        thought = f"{_text(opens)}{{{{- message['thinking'] }}}}{_text(closes)}"
        inner = f"{{%- if message['thinking'] %}}{thought}{{%- endif %}}{inner}"
    return f"{_text(before)}{inner}{_text(after)}"


def _refusals(parts: dict[str, str]) -> list[str]:
    """What these parts would lose is refused instead."""
    lost = {"message['tool_calls']": "calls of tools", "tools": "definitions of tools"}
    if "thinking" not in parts:
        lost["message['thinking']"] = "thinking"
    refusal = "{{%- if {0} %}}{{{{- raise_exception('the template has no part for {1}') }}}}{{%- endif %}}"
    return [refusal.format(value, what) for value, what in lost.items()]


def _text(text: str) -> str:
    """Jinja that writes this text, with the tokens that `{bos}` and `{eos}` stand for."""
    if not text:
        return ""
    literal = _literal(text)
    for mark, name in (("{bos}", "bos_token"), ("{eos}", "eos_token")):
        literal = literal.replace(mark, f'" ~ {name} ~ "')
    return f"{{{{- {literal} }}}}"


def _literal(value: Any) -> str:
    """A plain value as Jinja writes it."""
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(str(key))}: {_literal(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


# --- rendering ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rendering:
    """A conversation as text.

    Attributes:
        text: the whole of it.
        generated: half-open character ranges inside `{% generation %}` blocks, when the template has them.
    """

    text: str
    generated: tuple[tuple[int, int], ...] = ()


class ChatTemplate:
    """A compiled chat template together with the special tokens that it may write."""

    def __init__(self, text: str, special: dict[str, str]) -> None:
        """Compile a template.

        Args:
            text: Jinja text.
            special: texts of special tokens by role, as the template sees them.

        Raises:
            RecipeError: when the text is not Jinja.
        """
        self.text = text
        self._special = special
        try:
            self._template = compile_template(text)
        except jinja2.TemplateSyntaxError as error:
            raise _error(
                TemplateBroken,
                f"the chat template is not valid Jinja: {_words(error)}",
                "",
                f"line {error.lineno}",
            ) from error
        except (RecursionError, SyntaxError, MemoryError, OverflowError, ValueError) as error:
            raise _error(TemplateBroken, "the chat template nests too deeply to be compiled", "") from error
        self.arguments_as_text = self._wants_arguments_as_text()

    def render(
        self,
        messages: list[Message],
        tools: list[Any] | None = None,
        *,
        prompt: bool = False,
        row: int | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Rendering:
        """The text of a conversation.

        Args:
            messages: dictionaries of plain values with `role`, `content` and what else the template reads.
            tools: definitions of tools, plain values.
            prompt: whether the text goes up to where the assistant's next turn begins.
            row: number of the row for messages, from 0.
            variables: what the template is told besides; they win over those that stand at its head.

        Raises:
            RecipeError: when the template refuses.
        """
        try:
            return self._render(messages, tools, prompt, variables or {})
        except SecurityError as error:
            message = f"the chat template passes a limit{_at(row)}: {_words(error)}"
            raise _error(TemplateLimit, message, "") from error
        except RecursionError as error:
            raise _error(TemplateLimit, f"the chat template recurses without end{_at(row)}", "") from error
        except MemoryError as error:
            raise _error(TemplateLimit, f"the chat template needs too much memory{_at(row)}", "") from error
        except Exception as error:  # a template can raise whatever an expression of Python can
            hint = "drop or change such rows with `where` and `derive`, or take another `template`"
            raise _error(
                TemplateRefuses, f"the chat template cannot render{_at(row)}: {_words(error)}", hint
            ) from error

    def _render(
        self, messages: list[Message], tools: list[Any] | None, prompt: bool, variables: Mapping[str, Any]
    ) -> Rendering:
        told = {**self._special, **variables, "messages": messages, "tools": tools, "documents": None}
        text, spans = render(self._template, {**told, "add_generation_prompt": prompt})
        text.encode()  # half a character has no tokens: UnicodeEncodeError says where it stands
        return Rendering(text, tuple(spans))

    def _wants_arguments_as_text(self) -> bool:
        """Whether tool arguments have to be JSON text (DeepSeek-V3 joins them to strings)."""
        function = {"name": "probe", "arguments": {"probe": 1}}
        call = {"type": "function", "id": "0", "function": function}
        turns: list[Message] = [
            {"role": "user", "content": "probe"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
        ]
        try:
            self._render(turns, None, False, {})
        except TypeError:
            return True
        except Exception:  # other refusals come up with the rows they concern
            return False
        return False


def _words(error: Exception, most: int = 300) -> str:
    """What an error says; a template may say as much as it likes."""
    said = str(error)
    return said if len(said) <= most else f"{said[:most]}…"


def _at(row: int | None) -> str:
    return "" if row is None else f" row {row + 1}"


def _error(kind: type[Code], message: str, help_text: str, *notes: str) -> RecipeError:
    helps = (Help(help_text),) if help_text else ()
    return RecipeError(Diagnostic(kind, message, notes=notes, helps=helps))
