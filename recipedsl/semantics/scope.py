"""Which names there are: the declarations of a file and of those it imports."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.names import (
    DuplicateName,
    ImportProblem,
    MissingName,
    UnknownKind,
    UnknownName,
)
from recipedsl.language.names import is_repository
from recipedsl.semantics.context import Context, Declared, Importer, Module, did_you_mean, fix
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.rounds import unroll
from recipedsl.source.paths import beside
from recipedsl.syntax import tree

#: Kinds of blocks with a name, and those without.
NAMED_KINDS = ("model", "template", "stage", "eval", "profile")
BARE_KINDS = ("run",)
COPIED_KINDS = ("model", "template", "stage", "eval", "profile")
RUN = "run"

#: Types of columns that need no declaration.
BUILT_IN_TYPES = ("text", "int", "float", "bool", "date", "list")

#: Files that a recipe may import, those that they import included.
MOST_IMPORTS = 100

# What is in backquotes may be anything, and would meet the names that the plan makes: `tuned.tokens`.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What stands in rounds has their number behind it.
_OF_ROUND = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?")


def declare(context: Context, module: Module, importer: Importer, path: tuple[str, ...]) -> None:
    """Fill the module with the declarations of its file, and follow its imports.

    Args:
        path: files that led here, to find imports that lead back.
    """
    module.failed.update(_words_given_up(module))
    for item in module.file.items:
        kind = kind_of(item)
        if kind == "import" and isinstance(item, tree.Import):
            _follow(context, module, item, importer, path)
        elif kind in ("data", "type", "param", "let", *NAMED_KINDS):
            _add(context, module, kind, item)
        elif kind == RUN and isinstance(item, tree.Thing):
            _add_run(context, module, item)
        elif isinstance(item, tree.Data | tree.Thing):
            _unknown_kind(context, module, item)


#: Longest piece of a file that could not be read whose words are taken for names that it may have declared.
_MOST_GIVEN_UP = 2_000


def _words_given_up(module: Module) -> set[str]:
    """Words of declarations that could not be read: what they name is not unknown, only lost."""
    lost = (item.span for item in module.file.items if isinstance(item, tree.Broken))
    texts = (module.source.slice(span) for span in lost if span.end - span.start <= _MOST_GIVEN_UP)
    return {word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text)}


def kind_of(item: tree.Item) -> str:
    """What a declaration declares; the written word for one that may be unknown."""
    match item:
        case tree.Import():
            return "import"
        case tree.TypeDeclaration():
            return "type"
        case tree.Param():
            return "param"
        case tree.Let():
            return "let"
        case tree.Data() | tree.Thing():
            return item.kind.text
        case _:
            return ""


def _add(context: Context, module: Module, kind: str, item: tree.Item) -> None:
    name = getattr(item, "name", None)
    if name is None:
        place = Place(module.source, item.kind.span if isinstance(item, tree.Thing) else item.span)
        context.report(MissingName, f"this `{kind}` has no name", place, f"write `{kind} name {{ … }}`")
        return
    if isinstance(item, tree.Data | tree.Thing) and isinstance(item, tree.Data) != (kind == "data"):
        _wrong_form(context, module, kind, item)
        return
    if kind not in COPIED_KINDS and isinstance(item, tree.Thing) and item.copied is not None:
        _no_copy(context, module, kind, item)
    if not _is_free(context, module, kind, name):
        return
    module.declared[name.text] = Declared(kind, name.text, item, module)


def _no_copy(context: Context, module: Module, kind: str, item: tree.Thing) -> None:
    words = f"`with` copies a {', '.join(COPIED_KINDS[:-1])} or {COPIED_KINDS[-1]}, no {kind}"
    assert item.copied is not None
    context.report(UnknownKind, words, module.place(item.copied), "cannot be copied")


def _is_free(context: Context, module: Module, kind: str, name: tree.Name) -> bool:
    """Whether a name can be declared: a plain one that nothing has yet; reports one that cannot."""
    place = module.place(name)
    other = module.declared.get(name.text)
    if other is not None:
        _duplicate(context, place, name.text, other.name_place)
    elif name.text in module.imports:
        _duplicate(context, place, name.text, module.imported[name.text])
    elif (_PLAIN if name.quoted else _OF_ROUND).fullmatch(name.text) is None:
        words = f"a declaration is called by a plain name, not `{name.text}`"
        context.report(MissingName, words, place, "letters, digits and `_`")
    elif kind == "type" and name.text in BUILT_IN_TYPES:
        words = f"`{name.text}` is a type of the language"
        context.report(DuplicateName, words, place, "another name is wanted")
    else:
        return True
    return False


def _duplicate(context: Context, place: Place, name: str, first: Place) -> None:
    context.report(
        DuplicateName,
        f"`{name}` is declared twice",
        place,
        "declared again here",
        secondary=[(first, "first declared here")],
    )


def _wrong_form(context: Context, module: Module, kind: str, item: tree.Item) -> None:
    module.failed.add(item.name.text if isinstance(item, tree.Data | tree.Thing) and item.name else "")
    form = "data name = source | step" if kind == "data" else f"{kind} name {{ key = value }}"
    words = f"`{kind}` is written in another form"
    helps = _as_block(module, kind, item)
    context.report(UnknownKind, words, module.place(item), f"write `{form}`", helps=helps)


def _as_block(module: Module, kind: str, item: tree.Item) -> tuple[Help, ...]:
    """`model base = "org/name"` as the block that it is short for."""
    if kind != "model" or not isinstance(item, tree.Data) or item.pipeline.steps:
        return ()
    source = item.pipeline.source
    written = module.source.slice(source.span)
    if isinstance(source, tree.Text):
        is_path = source.value.startswith((".", "/", "~")) or not is_repository(source.value)
        written = f"local({written})" if is_path else f"hub({written})"
    elif not isinstance(source, tree.Call):
        return ()
    proper = f"model {item.name.text} {{ from = {written} }}"
    return (fix(module.place(item), proper, f"write `{proper}`"),)


def _add_run(context: Context, module: Module, item: tree.Thing) -> None:
    if item.name is not None:
        context.report(MissingName, "`run` has no name", module.place(item.name), "leave the name out")
    other = module.declared.get("run ")
    if other is not None:
        _duplicate(context, module.place(item.kind), RUN, module.place(other.node))
        return
    # The blank keeps it out of the way of names that people write.
    module.declared["run "] = Declared(RUN, RUN, item, module)


def _unknown_kind(context: Context, module: Module, item: tree.Data | tree.Thing) -> None:
    module.failed.add(item.name.text if item.name else "")
    place = module.place(item.kind)
    known = ("data", "type", "param", "let", "import", *NAMED_KINDS, *BARE_KINDS)
    context.report(
        UnknownKind,
        f"`{item.kind.text}` is no kind of declaration",
        place,
        "no such kind",
        helps=did_you_mean(place, item.kind.text, known),
    )


# --- imports ----------------------------------------------------------------------------------


def _follow(
    context: Context, module: Module, item: tree.Import, importer: Importer, path: tuple[str, ...]
) -> None:
    if not _is_free(context, module, "import", item.name):
        return
    target = beside(module.source.path, item.path.value)
    problem = _import_problem(target, path)
    context.imports += 1
    if context.imports > MOST_IMPORTS:
        problem = f"more than {MOST_IMPORTS} files are imported in all"
    found = None if problem else importer(target)
    if found is None:
        _no_import(context, module, item, target, problem, path)
        return
    file, problems = found
    context.problems.extend(problems)
    inner = Module(file.source, f"{module.prefix}{item.name.text}.", unroll(context, file))
    module.imports[item.name.text] = inner
    module.imported[item.name.text] = module.place(item.name)
    declare(context, inner, importer, (*path, target))


def _no_import(
    context: Context, module: Module, item: tree.Import, target: str, problem: str, path: tuple[str, ...]
) -> None:
    missing = None if problem else context.files.missing(target)
    words = problem or (missing.problem if missing else f"`{item.path.value}` is no text that can be read")
    helps = (Help(missing.hint),) if missing and missing.hint else ()
    chain = (
        " -> ".join(f"`{each}`" for each in (*path[path.index(target) :], target)) if target in path else ""
    )
    context.report(
        ImportProblem,
        f"import of `{item.path.value}`: {words}",
        module.place(item.path),
        words,
        notes=(f"they lead {chain}",) if chain else (),
        helps=helps,
    )


def _import_problem(target: str, path: tuple[str, ...]) -> str:
    if not target:
        return "it is a folder, not a file"
    if target in path:
        return "the imports lead back to `" + target.rsplit("/", 1)[-1] + "`"
    if target.startswith("..") or (target.startswith("/") and not path[0].startswith("/")):
        return "it lies outside the project"
    return ""


# --- look-up ------------------------------------------------------------------------------------


def lookup(module: Module, expression: tree.Expression) -> Declared | None:
    """The declaration that a name or `import.name` refers to; None when there is none."""
    if isinstance(expression, tree.Name):
        return module.declared.get(expression.text)
    if isinstance(expression, tree.Member):
        inner = _imported(module, expression.target)
        return inner.declared.get(expression.name.text) if inner else None
    return None


def find_path(module: Module, name: tree.Name) -> Declared | None:
    """The declaration that a name such as `common.Row`, one word, refers to; None when there is none."""
    *prefixes, last = [name.text] if name.quoted else name.text.split(".")
    inner: Module | None = module
    for prefix in prefixes:
        inner = inner.imports.get(prefix) if inner is not None else None
    return inner.declared.get(last) if inner is not None else None


def _imported(module: Module, expression: tree.Expression) -> Module | None:
    """The module that `import` or `import.import` refers to."""
    if isinstance(expression, tree.Name):
        return module.imports.get(expression.text)
    inner = _imported(module, expression.target) if isinstance(expression, tree.Member) else None
    return inner.imports.get(expression.name.text) if inner and isinstance(expression, tree.Member) else None


def names(module: Module, *kinds: str) -> list[str]:
    """Names of the declarations of these kinds, of all kinds when none is given."""
    own = [
        name
        for name, each in module.declared.items()
        if each.kind != RUN and (not kinds or each.kind in kinds)
    ]
    imported = [
        f"{prefix}.{name}" for prefix, inner in module.imports.items() for name in names(inner, *kinds)
    ]
    return own + imported


def unknown_reference(
    context: Context,
    module: Module,
    expression: tree.Name | tree.Member,
    candidates: Iterable[str],
    what: str = "name",
) -> None:
    """Report a name, or a chain of names, that leads to nothing; of a chain the first part that does.

    Args:
        candidates: names, those of imported files with the name of their import, that would do.
        what: what is wanted, for the message.
    """
    inner = _imported(module, expression)
    if inner is not None:  # the file itself stands where one of its names is wanted
        place, prefix = module.place(expression), module.source.slice(expression.span)
        known = [each for each in candidates if each.startswith(f"{prefix}.")]
        words = f"`{prefix}` is an imported file; the name of a {what} in it is wanted here"
        context.report(UnknownName, words, place, "an imported file", helps=did_you_mean(place, "", known))
    elif isinstance(expression, tree.Name):
        context.unknown_name(module, expression, candidates, what)
    elif (inner := _imported(module, expression.target)) is None:
        _unknown_target(context, module, expression, candidates, what)
    elif expression.name.text not in inner.failed:
        place, prefix = module.place(expression.name), module.source.slice(expression.target.span)
        known = [each.removeprefix(f"{prefix}.") for each in candidates if each.startswith(f"{prefix}.")]
        words = f"`{prefix}` has no {what} `{expression.name.text}`"
        label = f"nothing in `{inner.source.path}` has this name"
        context.report(
            UnknownName, words, place, label, helps=did_you_mean(place, expression.name.text, known)
        )


def _unknown_target(
    context: Context, module: Module, expression: tree.Member, candidates: Iterable[str], what: str
) -> None:
    target = expression.target
    if isinstance(target, tree.Member) and lookup(module, target) is None:
        unknown_reference(context, module, target, candidates, what)
    elif isinstance(target, tree.Name) and lookup(module, target) is None:
        known = {each.split(".")[0] for each in candidates} | set(module.imports)
        context.unknown_name(module, target, known, what)
    else:
        context.unknown_name(module, expression.name, candidates, what)
