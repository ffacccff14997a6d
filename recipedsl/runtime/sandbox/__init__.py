"""Runs programs that a model wrote, isolated from network, files and the rest of the machine."""

from __future__ import annotations

from recipedsl.runtime.sandbox.backends import find_backend
from recipedsl.runtime.sandbox.limits import Outcome, Policy, Program
from recipedsl.runtime.sandbox.run import run_program, run_programs

__all__ = ["Outcome", "Policy", "Program", "describe_backend", "run_program", "run_programs"]


def describe_backend(policy: Policy) -> str:
    """Name of the back end for the records: `bubblewrap`, `namespaces`, or `none (allowed)`.

    Raises:
        RecipeError: nothing isolates and that was not allowed.
    """
    backend = find_backend(policy)
    return backend.name if backend.isolates else "none (allowed)"
