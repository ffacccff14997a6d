"""What a chat template may say of itself."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language import values
from recipedsl.language.concept import Concept, setting


class Template(Concept):
    """A chat template: how a conversation is written as text.

    Either Jinja text from a file, or a shipped template by name, or typed parts; or `variables` alone,
    which are told to the model's own template. A part is text
    with `{content}` where the message goes; `{bos}` and `{eos}` stand for the tokenizer's tokens.
    The prompt for an answer ends where the `{content}` of `assistant` stands, and `assistant` has
    to end in a token that a generation stops at.

    Example:
        template own {
          system    = "{content}\\n\\n"
          user      = "User: {content}\\n"
          assistant = "Assistant: {content}{eos}\\n"
        }
    """

    keyword: ClassVar[str] = "template"

    jinja: str | None = setting(values.file(optional=True), "A file of Jinja text, inside the project.", None)
    shipped: str | None = setting(
        values.text(optional=True), "The name of a template that comes along, such as `chatml`.", None
    )
    start: str | None = setting(
        values.text(optional=True), "Text at the very beginning, such as `{bos}`.", None
    )
    system: str | None = setting(values.text(optional=True), "How a system message is written.", None)
    user: str | None = setting(values.text(optional=True), "How a message of the user is written.", None)
    assistant: str | None = setting(
        values.text(optional=True), "How a turn of the assistant is written.", None
    )
    thinking: str | None = setting(
        values.text(optional=True),
        "How thinking is written, at the beginning of the assistant's `{content}`.",
        None,
    )
    tool: str | None = setting(values.text(optional=True), "How the answer of a tool is written.", None)
    stop: str | None = setting(
        values.text(optional=True),
        "The token that ends a turn of the assistant; found in the template when left out.",
        None,
    )
    variables: dict[str, Any] | None = setting(
        values.mapping(optional=True),
        "Values that the template reads, such as `{ enable_thinking: false }`.",
        None,
    )


#: The concepts of this family.
TEMPLATES: tuple[type[Template], ...] = (Template,)
