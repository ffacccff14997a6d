"""Every function and operator of expressions, in the order of the documentation."""

from __future__ import annotations

from recipedsl.language.functions.aggregates import (
    Count,
    Distinct,
    Maximum,
    Mean,
    Median,
    Minimum,
    Share,
    Total,
)
from recipedsl.language.functions.base import Function
from recipedsl.language.functions.code import BlocksOk, CodeBlocks, CodeOk, FencesOk, JsonOk
from recipedsl.language.functions.conversations import Content, Role, Turns
from recipedsl.language.functions.languages import Lang, LangScore
from recipedsl.language.functions.lists import (
    Agreement,
    AllOf,
    AnyOf,
    Different,
    First,
    ItemAt,
    Last,
    LeadOf,
    Length,
    MaxOf,
    MeanOf,
    MinOf,
    MostCommon,
    PlaceOfMax,
    PlaceOfMin,
    SpreadOf,
    SumOf,
)
from recipedsl.language.functions.logic import Coalesce, If, IsNotNull, IsNull
from recipedsl.language.functions.numbers import Abs, Floor, Hash, Max, Min, Month, Number, Ratio, Round, Year
from recipedsl.language.functions.operators import (
    Add,
    And,
    Between,
    Divide,
    Equal,
    FieldOf,
    Greater,
    GreaterEqual,
    In,
    ItemOf,
    Less,
    LessEqual,
    Modulo,
    Multiply,
    Negate,
    Not,
    NotEqual,
    NotIn,
    Or,
    Subtract,
)
from recipedsl.language.functions.quality import (
    BracketsOk,
    CountOf,
    EndsWell,
    IsBoilerplate,
    IsClean,
    IsRefusal,
    ListsOk,
    Overlap,
    RepeatedShare,
    ShareOfLines,
    ShareOfWords,
    Similarity,
    StopWords,
    TopShare,
    WordLength,
)
from recipedsl.language.functions.text import (
    AsText,
    Bytes,
    Chars,
    Contains,
    ContainsAny,
    EndsWith,
    Extract,
    Join,
    Lines,
    Lower,
    Matches,
    Repeats,
    Replace,
    ShareOf,
    SliceText,
    Split,
    StartsWith,
    Trim,
    Upper,
    Words,
)

FUNCTIONS: tuple[type[Function], ...] = (
    *(Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, And, Or, Not, In, NotIn, Between),
    # Both are spelled `-`; the one between two numbers is found by its spelling, so it comes last.
    *(Negate, Add, Subtract, Multiply, Divide, Modulo),
    *(FieldOf, ItemOf),
    *(IsNull, IsNotNull, Coalesce, If),
    *(Chars, Words, Lines, Bytes, Lower, Upper, Trim, Contains, ContainsAny, StartsWith, EndsWith),
    *(Matches, Replace, Extract, Split, SliceText, Repeats, ShareOf, Join, AsText),
    *(Ratio, Round, Abs, Floor, Min, Max, Hash, Number, Year, Month),
    *(CountOf, ShareOfWords, ShareOfLines, WordLength, StopWords, TopShare, RepeatedShare),
    *(EndsWell, BracketsOk, ListsOk, IsClean, IsRefusal, IsBoilerplate, Overlap, Similarity),
    *(Lang, LangScore),
    *(Length, First, Last, ItemAt, AnyOf, AllOf, MaxOf, MinOf, SumOf, MeanOf, SpreadOf, LeadOf),
    *(PlaceOfMax, PlaceOfMin, Agreement, MostCommon, Different),
    *(Turns, Role, Content),
    *(JsonOk, CodeOk, CodeBlocks, BlocksOk, FencesOk),
    *(Count, Share, Mean, Total, Minimum, Maximum, Median, Distinct),
)

#: The same by keyword.
BY_KEYWORD: dict[str, type[Function]] = {each.keyword: each for each in FUNCTIONS}
