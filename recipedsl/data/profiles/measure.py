"""How much text rows hold: in tokens where a tokenizer is at hand, else in characters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recipedsl.data.profiles.languages import drawn
from recipedsl.data.profiles.model import Measure
from recipedsl.data.profiles.texts import characters, measured, speaks
from recipedsl.data.steps.texts import said_in
from recipedsl.data.tokens.tokenizer import TokenizerFacts, load_tokenizer

#: Up to so many characters every token is counted; a tokenizer takes one to four million a second.
_EXACT = 5_000_000
#: Rows that tell tokens from characters beyond that.
_SAMPLE = 2_000
_SEED = 0
_BATCH = 2_000  # texts that are held at once
_ROW = "_recipedsl_row"


@dataclass(frozen=True)
class Measuring:
    """A way to measure texts.

    Attributes:
        measure: in the form that is shown.
        tokenizer: where tokens are counted one by one.
        ratio: tokens of a character; 1 for characters.
    """

    measure: Measure
    tokenizer: TokenizerFacts | None = None
    ratio: float = 1.0

    @classmethod
    def of(cls, frame: pl.LazyFrame, by: tuple[str, ...], tokenizer: tuple[str, Path] | None) -> Measuring:
        """The way that rows of this amount are measured.

        Args:
            frame: the rows, in one order.
            by: the columns whose texts count.
            tokenizer: name and folder of a model; None measures characters.

        Raises:
            RecipeError: the tokenizer cannot be read.
        """
        if tokenizer is None:
            return cls(Measure(unit="characters"))
        name, folder = tokenizer
        loaded = load_tokenizer(folder)
        if _characters(frame, by) <= _EXACT:
            return cls(Measure(unit="tokens", of=name), loaded)
        height = int(frame.select(pl.len()).collect(engine="streaming").item())
        chosen = pl.col(_ROW).is_in(drawn(height, _SAMPLE, _SEED))
        sample = frame.with_row_index(_ROW).filter(chosen).drop(_ROW).collect(engine="streaming").lazy()
        ratio = _tokens(sample, by, loaded) / max(1, _characters(sample, by))
        return cls(Measure(unit="tokens", of=name, exact=False, sample=min(height, _SAMPLE)), None, ratio)

    def size(self, frame: pl.LazyFrame, by: tuple[str, ...]) -> int:
        """Tokens or characters of all texts of the rows."""
        if self.tokenizer is not None:
            return _tokens(frame, by, self.tokenizer)
        return round(_characters(frame, by) * self.ratio)


def _speaking(frame: pl.LazyFrame, by: tuple[str, ...]) -> dict[str, pl.DataType]:
    schema = frame.collect_schema()
    return {name: schema[name] for name in by if name in schema and speaks(schema[name])}


def _characters(frame: pl.LazyFrame, by: tuple[str, ...]) -> int:
    sizes = [
        measured(pl.col(name), dtype, characters).sum().alias(name)
        for name, dtype in _speaking(frame, by).items()
    ]
    return int(sum(frame.select(sizes).collect(engine="streaming").row(0))) if sizes else 0


def _tokens(frame: pl.LazyFrame, by: tuple[str, ...], tokenizer: TokenizerFacts) -> int:
    """Tokens of all texts; those that a template puts round them are not counted."""
    said = [said_in(pl.col(name), dtype).alias(name) for name, dtype in _speaking(frame, by).items()]
    if not said:
        return 0
    total = 0
    for table in frame.select(said).collect(engine="streaming").iter_slices(_BATCH):
        for column in table.get_columns():
            texts = column.drop_nulls().to_list()
            total += sum(map(len, tokenizer.tokenizer.encode_batch_fast(texts, add_special_tokens=False)))
    return total
