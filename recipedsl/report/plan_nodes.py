"""How each kind of node is shown in a plan: one function a kind, from the node and what was counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recipedsl.diagnostics.render.pieces import Piece, Role, escaped
from recipedsl.plan.estimate import batch_of, counted, passes_of, steps_of
from recipedsl.plan.memory import Memory, memory_of
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    EvalNode,
    HubSource,
    InterleaveSource,
    LaterNode,
    LaterSource,
    MixSource,
    ModelNode,
    Node,
    NodeSource,
    Portion,
    ReadSource,
    RowsSource,
    StageNode,
    StepSpec,
    TemplateSpec,
    TokensNode,
)
from recipedsl.report.data_summary import reasons_of, summary_of
from recipedsl.report.layout import Branch, Cell, Table, fit, leaf
from recipedsl.report.model import PlanFacts, Status
from recipedsl.report.numbers import about, count, duration, plural, rate, share, short, size
from recipedsl.report.progress import looks_words
from recipedsl.report.samples import draw_sample

#: Columns that the connectors of a tree take at most.
_INDENT = 6


def model_twigs(node: ModelNode, facts: PlanFacts, room: int) -> list[Branch]:
    """Where a base model comes from and what it is."""
    twigs = [leaf(fit(_model_source(node), room))]
    known = facts.models.get(node.name)
    if known is None or known.problem:
        problem = known.problem if known else "not looked at"
        twigs.append(leaf(Piece(fit(problem, room), Role.FAINT)))
    else:
        weights = plural(known.parameters, "weight") if known.parameters else ""
        context = f"context {count(known.context)} tokens" if known.context else ""
        twigs.append(leaf(_joined(weights, f"vocabulary of {count(known.vocabulary)}", context)))
    twigs.append(leaf(fit(_joined(f"dtype {node.dtype}", _template(node.template)), room)))
    return [*twigs, *_beyond(node.beyond, room)]


def _model_source(node: ModelNode) -> str:
    settings = node.source.settings
    if node.source.keyword == "pypi":
        package = str(settings.get("package", ""))
        version = settings.get("version")
        return f"pypi {package}{f'=={version}' if version else ''}, {settings.get('file', '')}"
    if node.source.keyword == "hub":
        return f"hub {settings.get('name', '')} at {settings.get('revision') or 'main'}"
    return f"local {settings.get('path', '')}"


def _template(template: TemplateSpec) -> str:
    if template.keyword == "tokenizer":
        return "the tokenizer's template"
    if template.keyword == "parts":
        return f"template of {', '.join(template.parts)}"
    return f"template {template.name or template.path}"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


# --- data -------------------------------------------------------------------------------------------


def data_twigs(node: DataNode, facts: PlanFacts, room: int) -> list[Branch]:
    """Source, steps with rows out of each, how many fell and why they were set aside, parts, rejects."""
    known = facts.counted(node.name)
    table = Table(list(_step_rows(node, known)), (False, True, True, False))
    twigs = [Branch(line) for line in table.lines(room)]
    for twig, made in zip(twigs[1:], known.get("steps", ()), strict=False):
        aside = reasons_of(made)
        twig.twigs = [leaf(Piece(fit(each, room - _INDENT), Role.WARNING)) for each in aside]
    if known.get("rejects"):
        lines = known["rejects"] + known.get("rows_in", 0)
        words = f"{plural(known['rejects'], 'malformed line')} set aside ({share(known['rejects'], lines)})"
        first = [
            leaf(Piece(fit(escaped(each), room - _INDENT), Role.FAINT)) for each in known.get("rejected", ())
        ]
        twigs.insert(1, Branch((Piece(words, Role.WARNING),), first))
    if node.parts:
        twigs.append(leaf(_parts(node, known)))
    profile = facts.profiles.get(node.name)
    if profile is not None and profile.rows:
        twigs += [leaf(Piece(fit(words, room), role)) for words, role in summary_of(profile)]
    return twigs


def _parts(node: DataNode, known: Mapping[str, Any]) -> str:
    rows = known.get("rows", {})
    return _joined(*(f"{part} {count(rows[part])}" if part in rows else part for part in node.parts))


def _step_rows(node: DataNode, known: Mapping[str, Any]) -> Iterator[list[Cell]]:
    before = known.get("rows_in")
    yield [Cell(source_words(node)), *_counts(before, None)]
    steps = known.get("steps", [])
    for number, step in enumerate(node.steps):
        after = steps[number].get("rows") if number < len(steps) else None
        *cells, last = _counts(after, before)
        said = _joined(last.text, _found(steps[number]) if number < len(steps) else "")
        yield [Cell(_step(step)), *cells, Cell(said, Role.FAINT)]
        before = after


def _found(made: Mapping[str, Any]) -> str:
    """What a step tells of its rows beside their number: groups of near duplicates, what was masked."""
    if "near" in made:
        groups = made["near"]["groups"]
        return f"in {plural(groups, 'group')}" if groups else "nothing alike"
    if "masked" in made:
        found = [f"{count(number)} {kind}" for kind, number in made["masked"].items() if number]
        return "masked " + (", ".join(found) or "nothing")
    return ""


def _counts(rows: int | None, before: int | None) -> list[Cell]:
    if rows is None:
        return [Cell("")] * 3
    cells = [Cell(count(rows))]
    if before is None:
        return [*cells, Cell("row" if rows == 1 else "rows", Role.FAINT), Cell("")]
    if rows == before:
        return [*cells, Cell(""), Cell("")]
    sign, role = ("-", Role.REMOVED) if rows < before else ("+", Role.ADDED)
    change = abs(rows - before)
    return [*cells, Cell(f"{sign}{count(change)}", role), Cell(share(change, before), Role.FAINT)]


def _step(step: StepSpec) -> str:
    return " ".join((step.text or step.keyword).removeprefix("|").split())


def source_words(node: DataNode) -> str:
    """Where the rows of a dataset come from."""
    match node.source:
        case ReadSource(path=path):
            return f"read {path}"
        case HubSource(name=name, split=split, revision=revision):
            return f"hub {name}, split {split}, at {revision or 'main'}"
        case RowsSource(rows=rows):
            return f"{plural(len(rows), 'row')} written in the recipe"
        case NodeSource(input=source):
            return f"rows of {source}"
        case ConcatSource(inputs=inputs):
            return "rows of " + " + ".join(map(str, inputs))
        case MixSource(portions=portions):
            return _joined(f"mix of {_portions(portions)}", *_size_of_mix(node.source))
        case InterleaveSource(portions=portions, until=until):
            return _joined(f"interleave of {_portions(portions)}", f"until {until}")
        case LaterSource(keyword=keyword, inputs=inputs, model=model):
            return f"{keyword} of {' + '.join(map(str, inputs))}" + (f", written by {model}" if model else "")


def _portions(portions: tuple[Portion, ...]) -> str:
    return " + ".join(f"{rate(100 * each.share)}% {each.input}" for each in portions)


def _size_of_mix(source: MixSource) -> Iterator[str]:
    words = "at most " if source.fewer else ""
    yield f"{words}{plural(source.rows, 'row')}" if source.rows else "as many rows as the scarcest allows"
    if source.repeat:
        yield "repeating"


# --- tokens -----------------------------------------------------------------------------------------


def tokens_twigs(node: TokensNode, facts: PlanFacts, room: int) -> list[Branch]:
    """Lengths, what is cut, dropped and trained, and one sample."""
    limit = f"up to {count(node.max_length)} tokens" if node.max_length else ""
    packed = "packed" if node.packing else ""
    head = _joined(
        f"rows of {node.data}", f"tokenizer of {node.model}, {_template(node.template)}", limit, packed
    )
    known = facts.counted(node.name)
    twigs = [leaf(fit(head, room))]
    if not known:
        return twigs
    twigs += [
        leaf(_lengths(known["lengths"])),
        leaf(*_losses(node, known)),
        leaf(_amounts(node, known)),
    ]
    if known.get("special"):
        rows = plural(known["special"], "row")
        words = f"{rows} with the text of a special token: what follows it speaks in another role"
        twigs.append(leaf(Piece(fit(words, room), Role.WARNING)))
    if reason := known.get("encoder", {}).get("reason"):
        words = f"the faster tokenizer {known['encoder']['instead_of']} was given up: {reason}"
        twigs.append(leaf(Piece(fit(escaped(words), room), Role.WARNING)))
    if known.get("samples"):
        marked = "marked ⟦…⟧ is trained" if node.purpose != "prompt" else "as the model is asked"
        sample = Branch((Piece("a row, "), Piece(marked, Role.FAINT)))
        sample.block = draw_sample(known["samples"][0], room - _INDENT)
        twigs.append(sample)
    return twigs


def _lengths(known: Mapping[str, int]) -> str:
    half, most, longest = (count(known[name]) for name in ("p50", "p95", "max"))
    return f"lengths p50 {half} · p95 {most} · longest {longest} tokens"


def _losses(node: TokensNode, known: Mapping[str, Any]) -> Iterator[Piece]:
    """Rows kept, cut and dropped; what is lost stands out."""
    rows = known["rows"]
    yield Piece(f"{count(known['kept'])} of {plural(rows, 'row')} kept")
    lost = [("cut at max_length", known.get("cut", 0))] if node.purpose == "sft" else []
    lost += [(f"dropped: {_reason(reason)}", number) for reason, number in known.get("dropped", {}).items()]
    if "untrained" not in known.get("dropped", {}) and known.get("untrained"):
        lost.append(("without a trained token", known["untrained"]))
    for words, number in lost:
        role = Role.WARNING if number else Role.PLAIN
        yield Piece(" · ")
        yield Piece(
            f"{count(number)} {escaped(words)}" + (f" ({share(number, rows)})" if number else ""), role
        )


def _reason(reason: str) -> str:
    return {"untrained": "without a trained token"}.get(reason, reason.replace("_", " "))


def _amounts(node: TokensNode, known: Mapping[str, Any]) -> str:
    tokens, trained, sequences = known["tokens"], known.get("trained", 0), known.get("sequences", 0)
    learned = (
        f"{short(trained)} of them trained ({share(trained, tokens)})" if node.purpose != "prompt" else ""
    )
    packed = f"packed into {plural(sequences, 'sequence')}" if node.packing else ""
    return _joined(f"{short(tokens)} tokens", learned, packed)


# --- stages -----------------------------------------------------------------------------------------


def stage_twigs(node: StageNode, facts: PlanFacts, room: int) -> list[Branch]:
    """What is trained, how long, how much memory and time it takes."""
    twigs = [leaf(fit(_lineage(node), room)), leaf(fit(_training(node), room))]
    twigs += [_rewards(node, room)] if node.rewards else []
    twigs += [*_looks(node, facts, room), *_roles(node, room), *_beyond(node.beyond, room)]
    known = facts.counted(node.tokens)
    sequences = counted(dict(known))
    if sequences:
        twigs.append(leaf(fit(_length(node, known, sequences), room)))
    twigs.append(leaf(fit(_memory(node, facts), room)))
    if facts.standing(node.name).status is Status.CACHED:
        return [*twigs, leaf(fit(_outcome(facts.counted(node.name)), room))]
    return [*twigs, leaf(fit(_time(node, facts, known, sequences), room))]


def _roles(node: StageNode, room: int) -> list[Branch]:
    """Other models and datasets that it asks."""
    models = (f"{role} {', '.join(names)}" for role, names in node.roles.items())
    words = _joined(*models, *(f"{role} on {rows}" for role, rows in node.reads.items()))
    return [leaf(fit(words, room))] if words else []


def _looks(node: StageNode, facts: PlanFacts, room: int) -> list[Branch]:
    """Which held-out rows are looked at while it trains, and when."""
    if node.looks is None:
        return []
    tokens, looks = facts.plan.node(node.looks.tokens), node.looks
    rows = str(tokens.data) if isinstance(tokens, TokensNode) else looks.tokens
    part = "epoch" if looks.epochs == 1 else f"{rate(100 * looks.epochs)}% of an epoch"
    every = f"every {plural(looks.steps, 'step')}" if looks.steps else f"every {part}"
    ends = f"ends after {plural(looks.patience, 'look')} without a better one" if looks.patience else ""
    return [leaf(fit(_joined(f"held-out loss on {rows} {every}", ends), room))]


def _lineage(node: StageNode) -> str:
    return _joined(f"from {node.start}", _adapter(node), _REFERENCES[node.reference])


def _adapter(node: StageNode) -> str:
    settings = node.adapter.settings if node.adapter else {}
    told = f"rank {settings.get('r', '?')}, alpha {rate(settings.get('lora_alpha') or 0)}"
    new = f"{node.adapter.keyword} {told}" if node.adapter else ""
    return {
        "none": "all weights are trained",
        "new": f"new {new}",
        "continue": "its adapter is trained on",
        "merge_new": f"its adapter is merged, new {new}",
        "merge_full": "its adapter is merged, all weights are trained",
    }[node.adapter_use]


_REFERENCES = {
    "none": "",
    "adapter_off": "reference: the same weights without the adapter",
    "frozen_adapter": "reference: a frozen copy of the adapter",
    "start": "reference: the start's weights once more",
}


def _training(node: StageNode) -> str:
    batch = batch_of(node)
    what = "answers" if node.rewards else "rows"
    made = f" = {batch.micro} x {batch.accumulation} accumulated" if batch.accumulation > 1 else ""
    learning = node.arguments.get("learning_rate")
    schedule = str(node.arguments.get("lr_scheduler_type", "")).replace("_", " ")
    beta = node.arguments.get("beta")
    return _joined(
        f"batch {count(batch.rows)} {what}{made}",
        f"learning rate {rate(learning)}" if learning is not None else "",
        f"{schedule} schedule" if schedule else "",
        f"beta {rate(beta)}" if beta is not None else "",
    )


def _rewards(node: StageNode, room: int) -> Branch:
    terms = [f"{rate(term.weight)} x {term.score.name}" for term in node.rewards]
    answers = node.arguments.get("num_generations")
    told = f"{answers} answers a prompt" if answers else ""
    return leaf(fit(_joined("reward " + " + ".join(terms), told), room))


def _length(node: StageNode, known: Mapping[str, Any], sequences: int) -> str:
    steps = steps_of(node, sequences)
    passes = passes_of(node, sequences)
    what = "prompts" if node.rewards else "sequences"
    tokens = f"about {short(known['tokens'] * passes)} tokens" if not node.rewards else ""
    times = f"{passes:.3g} x {count(sequences)} {what}"
    return _joined(plural(steps, "step"), times, tokens)


def _memory(node: StageNode, facts: PlanFacts) -> str:
    memory = stage_memory(node, facts)
    if memory is None:
        model = facts.models.get(node.base)
        if model is not None and model.folder and not model.hidden:
            return "memory: the model's size is not known"
        return "memory: not known before the model is at hand and rows are counted"
    device = f" of {size(facts.device.memory)}" if facts.device.memory else ""
    largest = sorted(memory.parts.items(), key=lambda part: -part[1])
    # What is less than a hundredth of the whole only pushes the rest off the line.
    parts = ", ".join(f"{name} {size(part)}" for name, part in largest if 100 * part >= memory.total)
    return f"memory about {size(memory.total)}{device}: {parts}"


def stage_memory(node: StageNode, facts: PlanFacts) -> Memory | None:
    """What a stage will take, by its longest row; None before its model is known and rows are counted."""
    base, model = facts.plan.node(node.base), facts.models.get(node.base)
    longest = _longest(facts.plan.node(node.tokens), facts.counted(node.tokens))
    if not isinstance(base, ModelNode) or model is None or not longest:
        return None
    return memory_of(node, base, model, longest, facts.device)


def _longest(tokens: Node, known: Mapping[str, Any]) -> int:
    """Longest sequence in tokens: longer rows are cut or dropped, a packed one is filled up."""
    limit = tokens.max_length if isinstance(tokens, TokensNode) else 0
    is_packed = isinstance(tokens, TokensNode) and tokens.packing
    seen = int(known.get("lengths", {}).get("max", 0))
    return limit if is_packed or not seen else min(seen, limit or seen)


def _time(node: StageNode, facts: PlanFacts, known: Mapping[str, Any], sequences: int) -> str:
    speed = facts.speeds.get(node.base)
    if speed is None or not sequences or speed.tokens_per_second <= 0:
        return "time: no earlier run to judge by"
    if node.rewards:
        return "time: not told for methods that write answers"
    steps = max(1, steps_of(node, sequences))
    share_left = max(0, steps - facts.standing(node.name).done) / steps
    tokens = known["tokens"] * passes_of(node, sequences) * share_left
    told = f"at the {short(speed.tokens_per_second)} tokens/s of `{speed.stage}` on {speed.device}"
    return f"time about {about(tokens / speed.tokens_per_second)} {told}"


def _outcome(known: Mapping[str, Any]) -> str:
    loss = known.get("loss")
    seconds = known.get("seconds")
    return _joined(
        f"done: {plural(int(known.get('steps', 0)), 'step')}",
        f"last loss {loss:.3f}" if isinstance(loss, float) else "",
        *looks_words(known.get("looks") or ()),
        f"took {duration(seconds)}" if isinstance(seconds, int | float) else "",
        str(known.get("device", "")),
    )


# --- evaluations ------------------------------------------------------------------------------------


def eval_twigs(node: EvalNode, facts: PlanFacts, room: int) -> list[Branch]:
    """What is judged by what, and the gates."""
    del facts
    most = f"at most {count(node.max_rows)} rows" if node.max_rows else ""
    how = "greedy" if node.temperature == 0 else f"temperature {rate(node.temperature)}"
    answers = f"answers up to {count(node.max_new_tokens)} tokens, {how}" if node.prompts else ""
    return [
        leaf(fit(_joined(f"models {', '.join(node.models)}", f"rows of {node.data}", most), room)),
        leaf(fit(_joined(f"metrics {', '.join(each.name for each in node.metrics)}", answers), room)),
        *_beyond(node.beyond, room),
        *([leaf(fit(f"slices by {', '.join(node.slices)}", room))] if node.slices else []),
        *(leaf(fit(f"expect {gate.text.removeprefix('expect').strip()}", room)) for gate in node.gates),
    ]


# --- what cannot be carried out yet -------------------------------------------------------------------


def _beyond(settings: Mapping[str, Any], room: int) -> list[Branch]:
    """Settings that the plan holds and nothing carries out yet."""
    words = _joined(*(f"{name} {_said(value)}" for name, value in settings.items()))
    return [leaf(Piece(fit(f"not carried out yet: {words}", room), Role.WARNING))] if words else []


def _said(value: Any) -> str:
    """A setting much as it was written: `nf4(double = true)`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}({_arguments(each)})" if each else str(name) for name, each in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _arguments(settings: Any) -> str:
    if not isinstance(settings, Mapping):
        return _said(settings)
    return ", ".join(f"{name} = {_said(value)}" for name, value in settings.items())


def later_twigs(node: LaterNode, facts: PlanFacts, room: int) -> list[Branch]:
    """What it reads, and its settings."""
    settings = _joined(*(f"{name} {_said(value)}" for name, value in node.settings.items()))
    words = [f"of {', '.join(node.models)}", settings, "not carried out yet"]
    return [leaf(Piece(fit(each, room), Role.FAINT)) for each in words if each]
