"""Ray as workers: processes of this machine, or a cluster that is there.

A cluster of this machine listens on the loopback address alone, asks for a token that is made for it, sends
no statistics, and is gone when the run is. What Ray says is kept from the terminal: a process that dies is
replaced, and a failure is told as a diagnostic.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_cluster import (
    ClusterFailed,
    ClusterUnfit,
    EngineMissing,
    WorkerReplaced,
)
from recipedsl.plan.identity import DECIDING_PACKAGES
from recipedsl.plan.versions import installed_versions

Job = TypeVar("Job")
Done = TypeVar("Done")

WORKERS = 2  # at least: that one dies is then no reason to wait
_LONGEST_FOLDER = 30
_PATIENCE = 5.0  # seconds for a connection to a cluster
_RETRIES = 3  # times that a job is begun again after its process died
#: Bytes for what jobs are told and tell: numbers of rows, never rows.
_OBJECTS = 256 * 2**20

#: Ray remembers the first one that it is given.
_TOKEN = secrets.token_hex(32)
#: Read by Ray when it is imported and when it starts processes.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # in spite of its name: the loopback address, everywhere
    "RAY_AUTH_MODE": "token",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@dataclass
class RayWorkers:
    """Workers of a Ray cluster, which is started or reached when the first job comes.

    Attributes:
        root: folder of the project, which all machines have to see.
        address: of a cluster; empty for one of this machine.
        tell: hears, with a code, in words, of a process that died and whose job was begun again.
    """

    root: Path
    address: str = ""
    tell: Callable[[type[Code], str], None] = lambda _kind, _words: None
    _count: int = field(default=0, init=False)
    _died: int = field(default=0, init=False)
    _scratch: tempfile.TemporaryDirectory[str] | None = field(default=None, init=False)

    @property
    def count(self) -> int:
        """How many jobs are done at a time."""
        self._begin()
        return self._count

    def each(self, function: Callable[[Job], Done], jobs: Sequence[Job]) -> list[Done]:
        """What the function gives for each job, in order; a job whose process dies is begun again.

        Raises:
            RecipeError: the workers cannot go on.
        """
        self._begin()
        import ray

        remote = ray.remote(function).options(num_cpus=1, max_retries=_RETRIES)
        try:
            return list(ray.get([remote.remote(job) for job in jobs]))
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayError as error:
            raise _failed("the workers cannot go on", error) from None
        finally:
            self._tell_died()

    def _hear(self, words: str) -> None:
        """Called by a thread of Ray's: what is told is told by ours."""
        self._died += "worker died" in words

    def _tell_died(self) -> None:
        died, self._died = self._died, 0
        if died:
            what = (
                "a worker's process died, its job was"
                if died == 1
                else f"{died} workers' processes died, their jobs were"
            )
            self.tell(WorkerReplaced, f"{what} begun again")

    def close(self) -> None:
        """Ends the processes of this machine, or leaves the cluster."""
        if self._count:
            import ray

            ray.shutdown()
            self._count = 0
        if self._scratch is not None:
            self._scratch.cleanup()

    # --- the beginning ------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._count:
            return
        variables = self._variables()
        ray = _imported(variables)
        if self.address:
            _reach(self.address)
        try:
            with _as_before(), _environment(variables):
                _refresh()
                ray.init(**self._arguments())
                _silence(self._hear)
        except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
            ray.shutdown()
            raise _failed(self._begun_in_vain(), error) from None
        self._count = int(ray.cluster_resources().get("CPU", 0))
        self._check()

    def _variables(self) -> dict[str, str]:
        if self.address:
            return {"RAY_USAGE_STATS_ENABLED": "0"}
        # One thread each: there is a worker for every core.
        return {**_QUIET, "RAY_AUTH_TOKEN": _TOKEN, "POLARS_MAX_THREADS": "1"}

    def _arguments(self) -> dict[str, Any]:
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": False}
        if self.address:
            return {"address": self.address, **quiet}
        folder = tempfile.gettempdir()
        # Names of sockets have about a hundred letters.
        folder = folder if len(folder) < _LONGEST_FOLDER else "/tmp"
        self._scratch = tempfile.TemporaryDirectory(prefix="ray-", dir=folder, ignore_cleanup_errors=True)
        return {
            "address": "local",  # whatever RAY_ADDRESS says
            "num_cpus": max(WORKERS, len(os.sched_getaffinity(0))),
            "num_gpus": 0,
            "include_dashboard": False,
            "object_store_memory": _OBJECTS,
            "_temp_dir": self._scratch.name,
            **quiet,
        }

    def _begun_in_vain(self) -> str:
        return f"no Ray cluster answers at `{self.address}`" if self.address else "Ray does not start"

    def _check(self) -> None:
        """Raises RecipeError for a cluster whose machines would make something else."""
        if not self.address:
            return
        if not self._count:
            raise _failed("the cluster has no processors", None)
        mine = _seen(self.root)
        for theirs in self.each(_seen, [self.root] * self._count):
            if theirs != mine:
                raise RecipeError(_unfit(mine, theirs))


@dataclass(frozen=True)
class _Seen:
    """What a process has: versions that decide rows, and whether the project is there."""

    versions: Mapping[str, str]
    project: bool


def _seen(root: Path) -> _Seen:
    installed = installed_versions()
    return _Seen({name: installed.get(name, "") for name in DECIDING_PACKAGES["data"]}, root.is_dir())


def _unfit(mine: _Seen, theirs: _Seen) -> Diagnostic:
    notes = [
        f"{name}: {version} here, {theirs.versions.get(name) or 'none'} there"
        for name, version in mine.versions.items()
        if theirs.versions.get(name) != version
    ]
    if not theirs.project:
        notes.append("the folder of the project is not there under its path")
    return Diagnostic(ClusterUnfit, "a worker of the cluster would make something else", notes=tuple(notes))


def _failed(message: str, error: Exception | None) -> RecipeError:
    words = " ".join(str(error).split("\n", 1)[0].split()).rstrip(".") if error else ""
    notes = (words,) if words else ()
    helps = (Help("without `--engine ray` one machine gives the same result"),)
    return RecipeError(Diagnostic(ClusterFailed, message, notes=notes, helps=helps))


def _imported(variables: Mapping[str, str]) -> Any:
    try:
        with _environment(variables):
            import ray
    except ImportError:
        helps = (Help("`pip install 'recipedsl[ray]'`"),)
        raise RecipeError(Diagnostic(EngineMissing, "Ray is not installed", helps=helps)) from None
    return ray


def _reach(address: str) -> None:
    """Raises RecipeError when nobody listens there: Ray would try for minutes, aloud."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise _failed(f"`{address}` is no address of a Ray cluster, as 10.0.0.7:6379 is", None)
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _failed(f"no Ray cluster answers at `{address}`", error) from None


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables for what is imported or started meanwhile; what is started later sees nothing of them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _as_before() -> Iterator[None]:
    """Keeps the handlers of signals, of which Ray takes one."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


def _refresh() -> None:
    """Ray reads its variables when it is imported, which may have been before they were set."""
    from ray import _raylet
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = ray_constants.env_bool(
        ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR, not ray_constants.IS_WINDOWS_OR_OSX
    )
    cast(Any, _raylet).Config.initialize("")


def _silence(hear: Callable[[str], None]) -> None:
    """Ray prints what befalls a process to the output, which is ours, and has no setting against it."""
    from ray._private import worker

    def print_to_stdstream(data: Mapping[str, Any], ignore_prefix: bool = False) -> None:
        for words in data.get("lines", ()):
            hear(str(words))

    worker.print_to_stdstream = print_to_stdstream
