"""What a program may see of the machine: an interpreter, its standard library, the system's libraries.

No home, no project, no /etc, no /proc, no packages of the environment. A Python below a home
directory shows its own folders and nothing beside them.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

#: Where shared libraries lie; `/nix/store` holds all of them on NixOS and nothing of a user's.
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/nix/store")
_EXTRAS = ("/etc/ld.so.cache", "/usr/share/zoneinfo")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class View:
    """What lies in the root of a sandbox.

    Attributes:
        interpreter: real path of the Python that runs programs.
        binds: files and folders shown read-only where they are.
        links: symbolic links as (target, path).
        devices: device nodes shown.
    """

    interpreter: str
    binds: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    devices: tuple[str, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder above a bind, outer ones first."""
        above = {str(parent) for each in self.binds for parent in Path(each).parents}
        return tuple(sorted(above - {"/"}))


@functools.cache
def find_view() -> View:
    """The view for the interpreter of this process (its base, where it is a virtual environment)."""
    interpreter = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    wanted = [*_LIBRARIES, *_EXTRAS, interpreter, *_standard_library()]
    there = [each for each in dict.fromkeys(wanted) if Path(each).exists()]
    links = tuple((str(Path(each).readlink()), each) for each in there if Path(each).is_symlink())
    folders = [each for each in there if not Path(each).is_symlink()]
    devices = tuple(each for each in _DEVICES if Path(each).exists())
    return View(interpreter, tuple(_outermost(folders)), links, devices)


def _standard_library() -> list[str]:
    """Folders of the standard library, and the shared library of the interpreter beside them."""
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}
    folders = [sysconfig.get_path(key, vars=base) for key in ("stdlib", "platstdlib")]
    shared = sorted(str(each) for each in Path(sys.base_prefix, "lib").glob("libpython3*.so*"))
    found = [*folders, *(os.path.realpath(each) for each in shared), *shared]
    return [each for folder in found for each in (os.path.realpath(folder), folder)]


def _outermost(paths: list[str]) -> list[str]:
    """Paths that lie in none of the others."""
    return [each for each in paths if not any(Path(other) in Path(each).parents for other in paths)]
