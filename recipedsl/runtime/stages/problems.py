"""Known failures of training in the words of a diagnostic."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from recipedsl.diagnostics import Bug, Code, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import AdapterRefused, DiskFull, OutOfMemory, StageFailed
from recipedsl.runtime.stages.task import Interrupted

_MEMORY_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")
_ADAPTER_SIGNS = ("target modules", "`lm_head` is not supported", "target_modules")


@contextmanager
def explained(stage: str) -> Iterator[None]:
    """Turns whatever training raises into a RecipeError; ours pass through."""
    try:
        yield
    except (RecipeError, Bug, Interrupted):
        raise
    except Exception as error:  # libraries raise all kinds; none may leave without a diagnostic
        raise RecipeError(diagnose(error, stage)) from error


def diagnose(error: BaseException, stage: str) -> Diagnostic:
    """The diagnostic of an error that came out of a library."""
    kind, message, help_ = _known(error, stage)
    note = f"{type(error).__name__}: {str(error)[:600]}"
    return Diagnostic(kind, message, notes=(note,), helps=(Help(help_),) if help_ else ())


def _known(error: BaseException, stage: str) -> tuple[type[Code], str, str]:
    """Kind, message and help of an error."""
    text = str(error).lower()
    if _is_memory(error, text):
        help_ = "fewer rows per device, a shorter `max_length`, or an adapter in place of full weights"
        return OutOfMemory, f"`{stage}` ran out of memory", help_
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        help_ = "`recipedsl store gc` frees what no recipe needs"
        return DiskFull, f"the disk became full while `{stage}` was running", help_
    if isinstance(error, ValueError) and any(sign in text for sign in _ADAPTER_SIGNS):
        help_ = "`lora()` without `target_modules` takes all linear layers"
        return AdapterRefused, f"the adapter of `{stage}` does not fit", help_
    return StageFailed, f"`{stage}` stopped with an error", ""


def _is_memory(error: BaseException, text: str) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in text for sign in _MEMORY_SIGNS)
