"""Settings that do not exist: what was meant by one, in the words of this language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from recipedsl.diagnostics import Applicability, Help
from recipedsl.language import catalogue
from recipedsl.language.blocks import Eval, Run
from recipedsl.language.concept import Concept, Setting
from recipedsl.language.foreign import ELSEWHERE, called
from recipedsl.language.models.models import Model
from recipedsl.language.names import is_repository
from recipedsl.language.stages.arguments import ARGUMENTS
from recipedsl.language.stages.base import DECIDED, StageMethod
from recipedsl.language.templates.base import Template
from recipedsl.language.values import ValueType, Wants
from recipedsl.semantics.context import did_you_mean, fix
from recipedsl.semantics.recipe import Place
from recipedsl.syntax import tree

_BLOCKS: tuple[tuple[str, type[Concept]], ...] = (
    ("model", Model),
    ("run", Run),
    ("stage", StageMethod),
    ("eval", Eval),
    ("template", Template),
)


def help_with(
    place: Place,
    name: str,
    value: tree.Expression,
    known: Mapping[str, Setting],
    written: Collection[str],
) -> tuple[Help, ...]:
    """What to do about a setting that does not exist.

    Args:
        place: where its name stands.
        name: as written.
        value: what it is set to.
        known: the settings that there are.
        written: names of those that are written.
    """
    ours = called(known, name)
    if ours is not None and ours in written:
        return (Help(f"leave it out: `{ours}` is written already"),)
    if ours is not None:
        safety = Applicability.SAFE if _carries_over(known[ours], value) else Applicability.UNSAFE
        return (fix(place, ours, f"write `{ours}`", safety),)
    inside = next(_inside(name, known), None)
    if inside is not None:
        return (_as_part(place, name, value, inside, written),)
    words = ELSEWHERE.get(name) or next(_in_blocks(name, known), None)
    if words is not None:
        return (Help(words),)
    near = did_you_mean(place, name, known)
    return _of_trainer(place, name, value, written) if "trainer" in known and not near else near


def _of_trainer(
    place: Place, name: str, value: tree.Expression, written: Collection[str]
) -> tuple[Help, ...]:
    """An argument of the trainers that the vocabulary has no word for."""
    if name in DECIDED:
        decides = DECIDED[name]
        return (Help(f"leave it out; {decides} decides" if decides else "leave it out: the run decides"),)
    if not any(name in arguments for arguments in ARGUMENTS.values()):
        return ()
    words = f"what the vocabulary lacks is reached with `trainer = {{ {name}: … }}`"
    if "trainer" in written or not _is_assignment(place, value):
        return (Help(words),)
    setting = Place(place.source, place.span.to(value.span))
    proper = f"trainer = {{ {name}: {place.source.slice(value.span)} }}"
    return (fix(setting, proper, words, Applicability.UNSAFE),)


def _is_assignment(place: Place, value: tree.Expression) -> bool:
    """Whether a name and its value stand in the text as `name = value`."""
    gap = place.source.text[place.span.end : value.span.start]
    return gap.strip() == "=" and not place.source.path.startswith("--")


def _carries_over(setting: Setting, value: tree.Expression) -> bool:
    """Whether a value, as far as its form tells, means the same under our name."""
    if setting.type.wants is Wants.NAME:
        return isinstance(value, tree.Name | tree.Member)
    if setting.type.wants is Wants.CONCEPT:
        keywords = [each for family in setting.type.families for each in catalogue.keywords(family)]
        return isinstance(value, tree.Name) and value.text in keywords
    if setting.type.wants in (Wants.SHARE, Wants.DURATION, Wants.BYTES) and isinstance(value, tree.Number):
        return not value.text[-1].isdigit()  # a bare number has no unit, and may mean anything
    return not isinstance(value, tree.Text) or setting.type.wants in (Wants.TEXT, Wants.LIST, Wants.CHOICE)


@dataclass(frozen=True, slots=True)
class _Part:
    """A setting of ours and the word that it takes, of which another tool's setting is a part."""

    setting: str
    keyword: str
    name: str


def _as_part(place: Place, name: str, value: tree.Expression, part: _Part, written: Collection[str]) -> Help:
    """How a setting is written as a part of another; an edit where that other one is not written yet."""
    words = f"`{name}` is a part of `{part.setting}`: `{part.setting} = {part.keyword}({part.name} = …)`"
    if part.setting in written or not _is_assignment(place, value):
        return Help(words)
    setting = Place(place.source, place.span.to(value.span))
    proper = f"{part.setting} = {part.keyword}({part.name} = {place.source.slice(value.span)})"
    return fix(setting, proper, words, Applicability.UNSAFE)


def _inside(name: str, known: Mapping[str, Setting]) -> Iterator[_Part]:
    """`lora_r` is the `rank` of an adapter, which is a setting."""
    for ours, setting in known.items():
        families = setting.type.families if setting.type.wants is Wants.CONCEPT else ()
        for family in families:
            for keyword in catalogue.keywords(family):
                concept = catalogue.find(family, keyword)
                inner = called(concept.settings(), name) if concept is not None else None
                if inner is not None:
                    yield _Part(ours, keyword, inner)


def _in_blocks(name: str, known: Mapping[str, Setting]) -> Iterator[str]:
    """`chat_template` is the `template` of a model; `dtype` is a setting, but of a model."""
    for block, concept in _BLOCKS:
        settings = concept.settings()
        ours = name if name in settings else called(settings, name)
        if ours is not None and ours not in known:
            is_ours = "" if ours == name else f" is called `{ours}`, and"
            yield f"`{name}`{is_ours} is a setting of `{block}`: `{block}{_NAMED[block]} {{ {ours} = … }}`"


def source_of_text(place: Place, value: tree.Expression, wanted: ValueType) -> tuple[Help, ...]:
    """Where a text stands for a model: the source that reads it, or the block that declares it."""
    if not isinstance(value, tree.Text) or not {"model_source", "model"} & set(wanted.families):
        return ()
    is_path = value.value.startswith((".", "/", "~")) or not is_repository(value.value)
    is_clear = is_path or "/" in value.value
    source = f"{'local' if is_path else 'hub'}({value.raw})"
    if "model_source" in wanted.families:
        safety = Applicability.SAFE if is_clear else Applicability.UNSAFE
        beside = () if is_clear else (Help(f"or `local({value.raw})` for a folder of the project"),)
        return (fix(place, source, f"write `{source}`", safety), *beside)
    words = f"declare it, `model base {{ from = {source} }}`, and name it: `from = base`"
    return (Help(words),)


_NAMED = {"model": " base", "stage": " name: method", "run": "", "eval": " name", "template": " name"}
