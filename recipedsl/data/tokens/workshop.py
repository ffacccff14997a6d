"""What the makers of a tokens node share: tokenizer, template, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.tokens.checks import MarkCheck, RenderedCheck, Stops, check_stop_trained, find_stops
from recipedsl.data.tokens.conversations import conversation_of
from recipedsl.data.tokens.mask import Conversation
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

Row = dict[str, Any]
Segments = list[dict[str, Any]]


@dataclass
class Tally:
    """What is counted while rows are made ready.

    Attributes:
        rows: read.
        cut: rows that lost their end.
        tokens, trained: tokens of kept rows, and those of them that bear labels.
        dropped: rows by the reason why they were left out.
        lengths: of all rows in tokens, before anything was cut.
        samples: the first kept rows as people see them.
        marked: numbers of the rows whose own text holds a special token.
    """

    rows: int = 0
    cut: int = 0
    tokens: int = 0
    trained: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    samples: list[Segments] = field(default_factory=list)
    marked: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Workshop:
    """What the makers of a node share.

    Attributes:
        node: what is asked for.
        facts: the tokenizer.
        template: renders conversations; None for plain text.
        stops: how the template ends a turn; None for plain text.
        tally: counts.
        check_rendered: refuses rows of which the template would leave something out.
        has_marks: whether the text of messages holds a special token, which would be taken for structure.
    """

    node: TokensNode
    facts: TokenizerFacts
    template: ChatTemplate | None
    stops: Stops | None
    tally: Tally
    check_rendered: Callable[[Conversation], None] = lambda _: None
    has_marks: Callable[[Conversation], bool] = lambda _: False

    @property
    def wants_samples(self) -> bool:
        """Whether a row that is kept is to be shown to people."""
        return len(self.tally.samples) < SAMPLES

    def too_long(self, length: int) -> bool:
        """Whether a sequence passes the node's limit."""
        return 0 < self.node.max_length < length


def open_workshop(node: TokensNode, facts: TokenizerFacts, root: Path) -> Workshop:
    """Resolve the template and prove that it can be trained with. Raises RecipeError."""
    if node.shape in _PLAIN:
        if facts.id_of("eos_token") is None:
            raise _no_end_token()
        return Workshop(node, facts, None, None, Tally())
    template = ChatTemplate(template_text(node.template, facts, root), facts.special)
    stops = find_stops(template, facts, node.template.stop)
    if node.purpose in _LABELLED and node.train_on != "all":
        check_stop_trained(template, facts, stops)
    return Workshop(node, facts, template, stops, Tally(), RenderedCheck(template), MarkCheck(facts))


def _no_end_token() -> RecipeError:
    message = "the tokenizer has no end-of-sequence token, with which rows of plain text end"
    return RecipeError(
        Diagnostic(NoEndToken, message, helps=(Help("name one as `eos_token` of the tokenizer"),))
    )


def read_conversation(shop: Workshop, row: Row, *columns: str) -> Conversation:
    """The messages of these columns, one after another, as one conversation."""
    messages = [message for column in columns for message in row[column] or ()]
    as_text = shop.template is not None and shop.template.arguments_as_text
    conversation = conversation_of(messages, row.get("tools"), row["row"], arguments_as_text=as_text)
    shop.check_rendered(conversation)
    if shop.has_marks(conversation):
        shop.tally.marked.add(row["row"])
    return conversation


def chat_of(shop: Workshop) -> tuple[ChatTemplate, Stops]:
    """What renders conversations. Raises Bug where the rows are plain text."""
    if shop.template is None or shop.stops is None:
        raise Bug(f"purpose {shop.node.purpose} needs conversations, not the shape {shop.node.shape}")
    return shop.template, shop.stops


def drop(shop: Workshop, length: int, *, same: bool = False) -> bool:
    """Whether a row cannot be trained on; counted when so."""
    shop.tally.lengths.append(length)
    reason = "too long" if shop.too_long(length) else "same" if same else ""
    if reason:
        shop.tally.dropped[reason] += 1
    return bool(reason)


def count_parts(shop: Workshop, prompts: dict[str, Ids], answers: dict[str, Ids]) -> None:
    """Count the tokens of a row that is kept, and show it if it is one of the first.

    Args:
        shop: holds the counts.
        prompts: ids by part that are not trained on.
        answers: ids by part that are.
    """
    shop.tally.tokens += sum(len(each) for each in (*prompts.values(), *answers.values()))
    shop.tally.trained += sum(len(each) for each in answers.values())
    if shop.wants_samples:
        shown = [{**segment(shop, ids, False), "part": name} for name, ids in prompts.items()]
        shown += [{**segment(shop, ids, True), "part": name} for name, ids in answers.items()]
        shop.tally.samples.append(shown)


def as_lists(arrays: list[Any], item: type[pl.DataType] = pl.Int32) -> pl.Series:
    """Arrays as a column of lists. Arrays of one length would else become a column of fixed width."""
    return pl.Series(arrays).cast(pl.List(item))


def segment(shop: Workshop, ids: Ids, trained: bool) -> dict[str, Any]:
    """A stretch of a sample as people see it."""
    return {"text": shop.facts.decode(ids), "trained": trained}
