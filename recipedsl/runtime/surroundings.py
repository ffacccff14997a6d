"""How child processes are started: which Python, and which of the user's environment they see."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import recipedsl

#: Variables that a child needs to find the system, the devices and the caches. Everything else
#: (tokens, trackers, launchers, defaults of libraries) stays outside: only the plan says what is done.
_KEPT = {
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "USERPROFILE",
    "LOCALAPPDATA",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "XDG_CACHE_HOME",
    "HF_HOME",
}
_KEPT_PREFIXES = (
    "LC_",
    "CUDA_",
    "NVIDIA_",
    "NCCL_",
    "ROCR_",
    "HIP_",
    "HSA_",
    "OMP_",
    "MKL_",
    "KMP_",
    "OPENBLAS_",
    "PYTORCH_",
    "TORCH_",
    "TRITON_",
    "POLARS_",
)


def python_command(module: str) -> tuple[str, ...]:
    """The command that runs a module with this Python, without the current folder on its path.

    A project may come from anybody: a `torch.py` or `pip.py` lying in it must not be imported.
    Warnings of what a library will rename are for us, not for the log that a user is shown.
    """
    return (sys.executable, "-P", "-W", "ignore::FutureWarning", "-m", module)


def python_path() -> str:
    """`PYTHONPATH` for a child that finds this package wherever this process found it."""
    given = [os.path.abspath(each) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]  # noqa: PTH100 - links stay as they are
    own = str(Path(recipedsl.__file__).parents[1])
    if own not in (*given, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        given.append(own)
    return os.pathsep.join(given)


def whole_environment(settled: Mapping[str, str]) -> dict[str, str]:
    """Everything that this process sees, for tools of the user; `settled` on top."""
    return {**os.environ, "PYTHONPATH": python_path(), **settled}


def clean_environment(settled: Mapping[str, str]) -> dict[str, str]:
    """What a worker sees: system, devices and caches of the user; `settled` on top."""
    kept = {name: value for name, value in os.environ.items() if _is_kept(name)}
    return {**kept, "PYTHONPATH": python_path(), "PYTHONUNBUFFERED": "1", **settled}


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith(_KEPT_PREFIXES)
