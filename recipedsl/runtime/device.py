"""What a stage would train on, found without torch: planning asks before anything heavy is imported.

The answer is the one that `recipedsl.runtime.loading.find_machine` gives in a worker: the first GPU
that CUDA may see, where this torch was built for CUDA; else Apple's GPU; else the processor.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from recipedsl.plan.facts import Device

#: Compute capability from which NVIDIA's GPUs multiply bfloat16 (Ampere).
_BF16_CAPABILITY = 8.0

#: Seconds that the driver's tool may take: without a resident driver it loads one first.
_PATIENCE = 20

# What a control group allows, of the second and the first version of the kernel's interface.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@cache
def find_device() -> Device:
    """The device of this machine, and the memory that it has in all."""
    return _cuda() or _apple() or Device("cpu", _physical_memory(), processor_has_bf16())


# --- graphics processors ------------------------------------------------------------------------------


def _cuda() -> Device | None:
    """The GPU that a worker takes; its memory is 0 where the driver does not tell."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if not visible or visible == "-1" or not _is_built_for_cuda():
        return None
    listed = _ask_driver(visible)
    if listed is None:
        return None
    memory, _, capability = listed.partition(",")
    try:
        return Device("cuda", int(memory) * 2**20, float(capability) >= _BF16_CAPABILITY)
    except ValueError:  # `[N/A]`, as of GPUs that share their memory with the processor
        return Device("cuda", 0, has_bf16=True)


def _is_built_for_cuda() -> bool:
    """Whether the installed torch can use NVIDIA's GPUs, as its version file says."""
    found = find_spec("torch")
    if found is None or found.origin is None:
        return False
    try:
        text = Path(found.origin).with_name("version.py").read_text("utf-8")
    except OSError:
        return False
    return re.search(r"^cuda\b[^=]*=\s*['\"]", text, re.MULTILINE) is not None


def _ask_driver(gpu: str) -> str | None:
    """`memory in MiB, compute capability` of a GPU by index or UUID; None where there is none."""
    asked = ["nvidia-smi", f"--id={gpu}", "--query-gpu=memory.total,compute_cap"]
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [*asked, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
        return done.stdout.strip().splitlines()[0] if done.stdout.strip() else None
    return None


def _apple() -> Device | None:
    """Apple's GPU, which shares the processor's memory."""
    if sys.platform != "darwin" or platform.machine() != "arm64":
        return None
    return Device("mps", _physical_memory())


# --- the processor ------------------------------------------------------------------------------------


def _physical_memory() -> int:
    """Bytes of memory that the machine has, or that its control group may take."""
    limits = [int(psutil.virtual_memory().total)]
    for file in map(Path, _LIMITS):
        with suppress(OSError, ValueError):  # not there, or `max`
            limits.append(int(file.read_text("utf-8")))
    return min(limits)


def processor_has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AMX, AVX-512 BF16, or Arm's bf16).

    Without it bfloat16 on a CPU is emulated and slower than float32.
    """
    try:
        information = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return False
    lines = (line for line in information.splitlines() if line.startswith(("flags", "Features")))
    flags = set(next(lines, "").split())
    return bool(flags & {"amx_bf16", "avx512_bf16", "bf16"})
