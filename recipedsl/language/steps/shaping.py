"""The step `as` and the shapes that it gives."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.shapes import Shape
from recipedsl.language.steps.base import Step, StepUse, Takes
from recipedsl.language.types import BOOL, FLOAT, MESSAGES, TEXT, RowType, Type
from recipedsl.language.values import row_value


class As(Step):
    """Gives rows a shape that stages train on; other columns stay.

    Example: `| as chat(user = question, assistant = answer)`
    """

    keyword: ClassVar[str] = "as"
    takes: ClassVar[Takes] = Takes.SHAPE
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        return rows.with_columns(use.types)


#: What an argument of a shape may be: text, messages (or one message), either, a number, a mark.
SPEECH = "text or messages"
WORDS = "text"
TALK = "messages"
PAIRS = "messages or [user, assistant] pairs"
AMOUNT = "number"
MARK = "true or false"


#: What people call the two sides of one exchange.
_ASKED = ("question", "instruction", "input", "query", "human")
_ANSWERED = ("answer", "response", "output", "reply", "target", "gpt")


class ShapeForm(Concept):
    """Base of what may follow `as`.

    Attributes:
        shape: the shape that it gives.
        accepts: what each argument may be.
        ways: sets of arguments that are enough; the first that matches counts.
        columns: the columns that it adds, with their types.
    """

    shape: ClassVar[Shape]
    accepts: ClassVar[dict[str, str]]
    ways: ClassVar[tuple[frozenset[str], ...]]
    columns: ClassVar[dict[str, Type]]


class TextForm(ShapeForm):
    """Plain text to continue, for language modelling.

    Example: `| as text(document)`
    """

    keyword: ClassVar[str] = "text"
    shape: ClassVar[Shape] = Shape.TEXT
    accepts: ClassVar[dict[str, str]] = {"text": WORDS}
    ways: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"text"}),)
    columns: ClassVar[dict[str, Type]] = {"text": TEXT}

    text: Any = setting(row_value(), "the text")


class CompletionForm(ShapeForm):
    """A prompt and its continuation, as plain text without a template.

    Example: `| as completion(prompt, completion)`
    """

    keyword: ClassVar[str] = "completion"
    shape: ClassVar[Shape] = Shape.COMPLETION
    accepts: ClassVar[dict[str, str]] = {"prompt": WORDS, "completion": WORDS}
    ways: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"prompt", "completion"}),)
    columns: ClassVar[dict[str, Type]] = {"prompt": TEXT, "completion": TEXT}

    prompt: Any = setting(row_value(), "text that is given", also_called=(*_ASKED, "user"))
    completion: Any = setting(row_value(), "text that is learned", also_called=(*_ANSWERED, "assistant"))


class ChatForm(ShapeForm):
    """A conversation: a column of messages (OpenAI or ShareGPT form), or its parts.

    Example: `| as chat(user = question, assistant = answer, system = "You are careful.")`
    """

    keyword: ClassVar[str] = "chat"
    shape: ClassVar[Shape] = Shape.CHAT
    accepts: ClassVar[dict[str, str]] = {
        "messages": TALK, "user": WORDS, "assistant": WORDS, "system": WORDS, "history": PAIRS,
        "tools": WORDS,
    }  # fmt: skip
    ways: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"messages"}), frozenset({"user", "assistant"}))
    columns: ClassVar[dict[str, Type]] = {"messages": MESSAGES}

    messages: Any = setting(
        row_value(), "column of messages", None, also_called=("conversations", "conversation")
    )
    user: Any = setting(row_value(), "what the user says", None, also_called=(*_ASKED, "prompt"))
    assistant: Any = setting(
        row_value(), "what the model should answer", None, also_called=(*_ANSWERED, "completion")
    )
    system: Any = setting(row_value(), "the system message", None, also_called=("system_prompt",))
    history: Any = setting(row_value(), "earlier turns", None)
    tools: Any = setting(row_value(), "tools that may be called, JSON", None)


class PreferenceForm(ShapeForm):
    """A prompt with a better and a worse answer.

    Without `prompt`, what both conversations begin with is the prompt.

    Example: `| as preference(prompt = question, chosen = chosen, rejected = rejected)`
    """

    keyword: ClassVar[str] = "preference"
    shape: ClassVar[Shape] = Shape.PREFERENCE
    accepts: ClassVar[dict[str, str]] = {
        "prompt": SPEECH, "chosen": SPEECH, "rejected": SPEECH, "margin": AMOUNT, "system": WORDS,
    }  # fmt: skip
    ways: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"chosen", "rejected"}),)
    columns: ClassVar[dict[str, Type]] = {"prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES}

    prompt: Any = setting(row_value(), "what is asked", None, also_called=(*_ASKED, "user"))
    chosen: Any = setting(
        row_value(), "the better answer", None, also_called=("accepted", "preferred", "winner", "better")
    )
    rejected: Any = setting(
        row_value(), "the worse answer", None, also_called=("dispreferred", "loser", "worse")
    )
    margin: Any = setting(row_value(), "by how much it is better", None)
    system: Any = setting(row_value(), "the system message", None)


class PromptForm(ShapeForm):
    """A prompt alone, for methods and metrics that write answers.

    Example: `| as prompt(question)`
    """

    keyword: ClassVar[str] = "prompt"
    shape: ClassVar[Shape] = Shape.PROMPT
    accepts: ClassVar[dict[str, str]] = {"prompt": SPEECH, "system": WORDS}
    ways: ClassVar[tuple[frozenset[str], ...]] = (frozenset({"prompt"}),)
    columns: ClassVar[dict[str, Type]] = {"prompt": MESSAGES}

    prompt: Any = setting(row_value(), "what is asked", None, also_called=(*_ASKED, "user"))
    system: Any = setting(row_value(), "the system message", None)


class FeedbackForm(ShapeForm):
    """A prompt, one answer and whether it is good.

    Example: `| as feedback(prompt = question, completion = answer, label = good)`
    """

    keyword: ClassVar[str] = "feedback"
    shape: ClassVar[Shape] = Shape.FEEDBACK
    accepts: ClassVar[dict[str, str]] = {
        "prompt": SPEECH, "completion": SPEECH, "label": MARK, "messages": TALK, "system": WORDS,
    }  # fmt: skip
    ways: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"prompt", "completion", "label"}),
        frozenset({"messages", "label"}),
    )
    columns: ClassVar[dict[str, Type]] = {"prompt": MESSAGES, "completion": MESSAGES, "label": BOOL}

    prompt: Any = setting(row_value(), "what is asked", None, also_called=(*_ASKED, "user"))
    completion: Any = setting(row_value(), "the answer", None, also_called=(*_ANSWERED, "assistant"))
    label: Any = setting(
        row_value(),
        "whether the answer is good",
        None,
        also_called=("good", "is_good", "desirable", "liked", "thumbs_up", "rating", "feedback"),
    )
    messages: Any = setting(row_value(), "conversation whose last turn is the answer", None)
    system: Any = setting(row_value(), "the system message", None)


#: Type of the column that an optional argument adds.
EXTRA_COLUMNS: dict[str, Type] = {"margin": FLOAT.or_null(), "tools": TEXT.or_null()}
