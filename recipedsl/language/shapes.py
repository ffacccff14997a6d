"""Shapes of datasets: what a stage can train on. A step `as …` gives one."""

from __future__ import annotations

from enum import StrEnum


class Shape(StrEnum):
    """What the rows of a dataset are for, and which columns they then have.

    After `as` every shape has fixed columns, whatever the source looked like; a conversation is a
    list of messages `{ role, content, … }` (with `tool_calls`, `name`, `thinking`, `train` where
    rows have them). A column `chat_template_kwargs` holds what a row tells the template. Other columns
    stay, for slices and rewards.

    | shape | columns |
    |---|---|
    | rows | any |
    | text | `text` |
    | completion | `prompt` text, `completion` text |
    | chat | `messages`, perhaps `tools` (JSON text) |
    | preference | `prompt`, `chosen`, `rejected`: messages each; perhaps `margin` |
    | prompt | `prompt`: messages |
    | feedback | `prompt`, `completion`: messages; `label`: bool |
    """

    ROWS = "rows"
    TEXT = "text"
    COMPLETION = "completion"
    CHAT = "chat"
    PREFERENCE = "preference"
    PROMPT = "prompt"
    FEEDBACK = "feedback"


#: Columns that each shape adds; other columns of a row stay beside them.
SHAPE_COLUMNS: dict[Shape, tuple[str, ...]] = {
    Shape.ROWS: (),
    Shape.TEXT: ("text",),
    Shape.COMPLETION: ("prompt", "completion"),
    Shape.CHAT: ("messages",),
    Shape.PREFERENCE: ("prompt", "chosen", "rejected"),
    Shape.PROMPT: ("prompt",),
    Shape.FEEDBACK: ("prompt", "completion", "label"),
}
