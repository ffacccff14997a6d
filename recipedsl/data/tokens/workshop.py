"""What the makers of a tokens node share: tokenizer, template, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recipedsl.data.tokens.batches import Batch
from recipedsl.data.tokens.checks import MarkCheck, RenderedCheck, Stops, check_stop_trained, find_stops
from recipedsl.data.tokens.conversations import conversation_of
from recipedsl.data.tokens.encoders import Encoder
from recipedsl.data.tokens.filling import Rendered
from recipedsl.data.tokens.mask import Conversation
from recipedsl.data.tokens.ragged import Ragged
from recipedsl.data.tokens.rendering import Mark, Renderer
from recipedsl.data.tokens.talk import Talk
from recipedsl.data.tokens.template import ChatTemplate, template_text
from recipedsl.data.tokens.tokenizer import Ids, TokenizerFacts
from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import NoEndToken
from recipedsl.language.shapes import Shape
from recipedsl.plan.model import TokensNode

#: Rows that are shown to people.
SAMPLES = 3

_PLAIN = (Shape.TEXT, Shape.COMPLETION)
#: Purposes whose labels depend on where an answer begins and ends.
_LABELLED = ("sft", "preference", "feedback")

Segments = list[dict[str, Any]]


@dataclass
class Tally:
    """What is counted while rows are made ready.

    Attributes:
        rows: read.
        cut: rows that lost their end.
        tokens, trained: tokens of kept rows, and those of them that bear labels.
        dropped: rows by the reason why they were left out.
        kept: rows that are in the result.
        lengths: of all rows in tokens, before anything was cut, an array for each batch.
        samples: the first kept rows as people see them.
        marked: rows whose own text holds a special token.
    """

    rows: int = 0
    cut: int = 0
    tokens: int = 0
    trained: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    lengths: list[NDArray[np.int64]] = field(default_factory=list)
    samples: list[Segments] = field(default_factory=list)
    marked: int = 0


@dataclass(frozen=True)
class Workshop:
    """What the makers of a node share.

    Attributes:
        node: what is asked for.
        facts: the tokenizer.
        encoder: gives the tokenizer's ids, perhaps faster.
        template: renders conversations; None for plain text.
        stops: how the template ends a turn; None for plain text.
        tally: counts.
        check_rendered: refuses rows of which the template would leave something out.
        find_marked: which rows' texts hold a special token, which would be taken for structure.
        renderers: what is known of the conversations of some columns.
    """

    node: TokensNode
    facts: TokenizerFacts
    encoder: Encoder
    template: ChatTemplate | None
    stops: Stops | None
    tally: Tally
    check_rendered: Callable[[Conversation], None] = lambda _: None
    find_marked: Callable[[Talk], NDArray[np.bool_]] = lambda talk: np.zeros(len(talk), np.bool_)
    renderers: dict[tuple[str, ...], Renderer] = field(default_factory=dict)


def open_workshop(node: TokensNode, facts: TokenizerFacts, encoder: Encoder, root: Path) -> Workshop:
    """Resolve the template and prove that it can be trained with. Raises RecipeError."""
    if node.shape in _PLAIN:
        if facts.id_of("eos_token") is None:
            raise _no_end_token()
        return Workshop(node, facts, encoder, None, None, Tally())
    template = ChatTemplate(template_text(node.template, facts, root), facts.special)
    stops = find_stops(template, facts, node.template.stop)
    if node.purpose in _LABELLED and node.train_on != "all":
        check_stop_trained(template, facts, stops)
    return Workshop(node, facts, encoder, template, stops, Tally(), RenderedCheck(template), MarkCheck(facts))


def _no_end_token() -> RecipeError:
    message = "the tokenizer has no end-of-sequence token, with which rows of plain text end"
    return RecipeError(
        Diagnostic(NoEndToken, message, helps=(Help("name one as `eos_token` of the tokenizer"),))
    )


def render_batch(shop: Workshop, batch: Batch, mark: Mark, *columns: str) -> Rendered:
    """The conversations of these columns, one after another in a row, as marked texts.

    Args:
        shop: holds the template.
        batch: the rows.
        mark: what is done with each; always the same for the same columns.
        columns: lists of messages.

    Raises:
        RecipeError: a row is no conversation, the template refuses it, or its spans cannot be found.
    """
    template, _ = chat_of(shop)
    renderer = shop.renderers.setdefault(columns, Renderer(template, mark))
    talk = batch.talk(*columns)

    def conversation(row: int) -> Conversation:
        told, number = talk.variables[row], batch.first + row
        as_text = template.arguments_as_text
        made = conversation_of(
            talk.messages(row), talk.tools[row], number, variables=told, arguments_as_text=as_text
        )
        shop.check_rendered(made)
        return replace(made, opening=talk.opening(row))

    return renderer(talk, conversation)


def count_marked(shop: Workshop, batch: Batch, *columns: str) -> None:
    """Count the rows whose texts in these columns hold a special token."""
    if shop.template is not None:
        shop.tally.marked += int(shop.find_marked(batch.talk(*columns)).sum())


def chat_of(shop: Workshop) -> tuple[ChatTemplate, Stops]:
    """What renders conversations. Raises Bug where the rows are plain text."""
    if shop.template is None or shop.stops is None:
        raise Bug(f"purpose {shop.node.purpose} needs conversations, not the shape {shop.node.shape}")
    return shop.template, shop.stops


def keep(
    shop: Workshop, lengths: NDArray[np.int64], same: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Places of the rows that can be trained on; the others are counted by reason.

    Args:
        shop: holds the counts and the limit.
        lengths: of the rows in tokens.
        same: which rows have two answers that are the same.
    """
    shop.tally.lengths.append(lengths)
    limit = shop.node.max_length
    too_long = lengths > limit if limit else np.zeros(len(lengths), np.bool_)
    alike = ~too_long & same if same is not None else np.zeros(len(lengths), np.bool_)
    for reason, dropped in (("too long", too_long), ("same", alike)):
        if dropped.any():
            shop.tally.dropped[reason] += int(dropped.sum())
    return np.flatnonzero(~too_long & ~alike)


def count(shop: Workshop, lengths: NDArray[np.int64], trained: NDArray[np.bool_] | int) -> None:
    """Count kept rows: their lengths, and which or how many of their tokens bear labels."""
    shop.tally.kept += len(lengths)
    shop.tally.tokens += int(lengths.sum())
    shop.tally.trained += int(np.sum(trained))


def count_parts(shop: Workshop, prompts: dict[str, Ragged], answers: dict[str, Ragged]) -> None:
    """Count the rows that are kept, and show the first.

    Args:
        shop: holds the counts.
        prompts: ids by part that are not trained on; the same rows in every part.
        answers: ids by part that are.
    """
    parts = {**prompts, **answers}
    lengths = np.sum([each.lengths for each in parts.values()], axis=0)
    count(shop, lengths, sum(len(each.values) for each in answers.values()))
    rows = len(next(iter(parts.values())))
    for place in range(rows):
        runs = [(ids.list(place), name in answers) for name, ids in parts.items()]
        if not show(shop, runs, list(parts)):
            break


def show(shop: Workshop, runs: Sequence[tuple[Ids, bool]], parts: Sequence[str] = ()) -> bool:
    """Show a kept row in stretches of ids, each trained or not, to people; False when enough are shown."""
    if len(shop.tally.samples) >= SAMPLES:
        return False
    shown: Segments = [{"text": shop.facts.decode(ids), "trained": trained} for ids, trained in runs]
    named = zip(shown, parts, strict=True) if parts else ()
    shop.tally.samples.append([{**segment, "part": name} for segment, name in named] or shown)
    return True
