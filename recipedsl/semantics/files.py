"""Files that a recipe names: whether they are there, and have what is asked of them."""

from __future__ import annotations

import ast

from recipedsl.diagnostics import Code, Help, nearest
from recipedsl.diagnostics.codes.models import TemplateFile
from recipedsl.diagnostics.codes.run import ModelNotFound, OutsideRoot
from recipedsl.diagnostics.codes.run_scores import PythonFailed, PythonMissing
from recipedsl.semantics.context import Context
from recipedsl.semantics.recipe import Place
from recipedsl.source.paths import beside


def check_model_folder(context: Context, place: Place, written: str) -> bool:
    """Whether the folder of a local model is there; reported where it is not."""
    return _check(context, place, written, (ModelNotFound, OutsideRoot), folder=True)


def check_template_file(context: Context, place: Place, written: str) -> bool:
    """Whether the file of a chat template is there; reported where it is not."""
    return _check(context, place, written, (TemplateFile, TemplateFile))


def check_python(context: Context, place: Place, written: str) -> bool:
    """Whether `file.py:function` is there; reported where it is not. Nothing of the file is run."""
    path, _, name = written.rpartition(":")
    if not _check(context, place, path, (PythonMissing, PythonMissing)):
        return False
    text = context.files.text(beside(place.source.path, path))
    if text is None:
        words = f"`{path}` is no text that could be Python"
        context.report(PythonMissing, words, place, "cannot be read")
        return False
    return _check_function(context, place, path, name, text)


def _check(
    context: Context,
    place: Place,
    written: str,
    codes: tuple[type[Code], type[Code]],
    *,
    folder: bool = False,
) -> bool:
    missing = context.files.missing(beside(place.source.path, written), folder=folder)
    if missing is None:
        return True
    helps = (Help(missing.hint),) if missing.hint else ()
    label = "outside the project" if missing.outside else f"no such {'folder' if folder else 'file'}"
    context.report(codes[missing.outside], missing.problem, place, label, helps=helps)
    return False


def _check_function(context: Context, place: Place, path: str, name: str, text: str) -> bool:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        words = f"`{path}` is no Python{line}"
        context.report(PythonMissing, words, place, "cannot be loaded")
        return False
    known = _names(module)
    if name in known or _has_star(module):
        return _check_arguments(context, place, module, name)
    close = nearest(name, known)
    helps = (Help(f"`{close}` is there"),) if close else ()
    context.report(
        PythonMissing, f"`{path}` has no function `{name}`", place, "no such function", helps=helps
    )
    return False


def _check_arguments(context: Context, place: Place, module: ast.Module, name: str) -> bool:
    """Whether a function can be called with an answer and its row, as far as the text tells."""
    found = [each for each in _top(module.body) if isinstance(each, ast.FunctionDef) and each.name == name]
    if not found or found[-1].decorator_list:  # a decorator may take other arguments than what it wraps
        return True
    wanted = found[-1].args
    places = len(wanted.posonlyargs) + len(wanted.args)
    least = places - len(wanted.defaults)
    most = float("inf") if wanted.vararg else places
    if least <= 2 <= most and None not in wanted.kw_defaults:
        return True
    helps = (Help(f"`def {name}(answer: str, row: dict) -> float | None`"),)
    words = f"`{name}` cannot be called with an answer and its row"
    context.report(PythonFailed, words, place, "takes other arguments", helps=helps)
    return False


def _names(module: ast.Module) -> set[str]:
    """Names that a module binds on its top level, as far as its text tells."""
    found: set[str] = set()
    for node in _top(module.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update((each.asname or each.name).split(".")[0] for each in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(
                each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
            )
    return found


def _top(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements of a module, those under `if`, `try` and `with` too."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                found.extend(_top(getattr(node, part, [])))
        for handler in getattr(node, "handlers", []):
            found.extend(_top(handler.body))
    return found


def _has_star(module: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)
        for node in _top(module.body)
    )
