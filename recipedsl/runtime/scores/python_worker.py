"""Calls a function of the user's, in a process of its own. Started as a script; not imported.

Argument: `FILE NAME`. Each line of standard input is `{"answer": …, "row": …}`, each line of reply
one of `{"ready": true}` (first), `{"score": …}`, `{"kind": …, "message": …, "line": …, "text": …}`.
What the function prints goes to standard error, so that it cannot be taken for a reply.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


def load(file: str, name: str) -> Callable[..., Any]:
    """The function. Raises LookupError where the file has none of that name, else what the file raises."""
    import importlib.util

    sys.path.insert(0, str(Path(file).parent))
    spec = importlib.util.spec_from_file_location("recipe_functions", file)
    if spec is None or spec.loader is None:
        raise LookupError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["recipe_functions"] = module
    spec.loader.exec_module(module)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        others = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise LookupError(json.dumps(others))
    return function


def place(problem: BaseException, file: str) -> dict[str, Any]:
    """Where in the user's file an error arose."""
    if isinstance(problem, SyntaxError) and problem.filename == file:
        return {"line": problem.lineno, "text": (problem.text or "").strip()}
    frames = [each for each in traceback.extract_tb(problem.__traceback__) if each.filename == file]
    return {"line": frames[-1].lineno, "text": frames[-1].line} if frames else {"line": None, "text": ""}


def failure(problem: BaseException, file: str, kind: str) -> dict[str, Any]:
    """The reply that tells an error."""
    return {"kind": kind, "message": f"{type(problem).__name__}: {problem}"[:1000], **place(problem, file)}


def score(function: Callable[..., Any], request: dict[str, Any], file: str) -> dict[str, Any]:
    """The reply to one request."""
    try:
        value = function(request["answer"], request["row"])
    except (Exception, SystemExit) as problem:
        return failure(problem, file, "failed")
    if value is None or isinstance(value, int | float):
        return {"score": value if value is None else float(value)}
    # Numbers of numpy and torch are no floats but turn into one; texts would too.
    if not isinstance(value, str | bytes) and hasattr(value, "__float__"):
        try:
            return {"score": float(value)}
        except (TypeError, ValueError, RuntimeError):
            pass
    return {
        "kind": "type",
        "message": f"{type(value).__name__}: {str(value)[:100]}",
        "line": None,
        "text": "",
    }


def main(file: str, name: str) -> None:
    """Answers until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def reply(form: dict[str, Any]) -> None:
        print(json.dumps(form), file=replies, flush=True)

    try:
        function = load(file, name)
    except LookupError as problem:
        return reply({"kind": "missing", "message": str(problem), "line": None, "text": ""})
    except (Exception, SystemExit) as problem:
        return reply(failure(problem, file, "loading"))
    reply({"ready": True})
    for line in requests:
        reply(score(function, json.loads(line), file))
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
