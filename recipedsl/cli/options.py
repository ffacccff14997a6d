"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from recipedsl.compiler import Request

Command = TypeVar("Command", bound=Callable[..., Any])

root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Project root; when left out the nearest folder upwards with recipedsl.toml, .recipedsl, "
    "pyproject.toml or .git.",
)

form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "concise", "json"]),
    default="text",
    help="How problems are shown.",
)


def written_to(option: str, *suffixes: str) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """Checks the file that an option may name: what stands behind it may have been meant as the recipe.

    Args:
        option: as it is typed.
        suffixes: ends of names that are written to; everything else is refused, so nothing is lost.
    """

    def check(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value in (None, "", "-") or Path(value).suffix in suffixes:
            return value
        words = f"`{option} {value}` would write there, and the name of such a file ends in `{suffixes[0]}`"
        raise click.UsageError(f"{words}; without a file put `{option}` behind the recipe")

    return check


_SET = click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Set a param; repeatable.")
_PROFILE = click.option("--profile", default="", metavar="NAME", help="Take the values of a profile.")
_OVERRIDE = click.option(
    "--override",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change any setting, such as stages.final.beta=0.2; repeatable.",
)


def request_options(command: Command) -> Command:
    """`--set`, `--profile` and `--override`."""
    for option in (_OVERRIDE, _PROFILE, _SET):  # the last one stands first in the help
        command = option(command)
    return command


@dataclass(frozen=True)
class Engine:
    """What carries out data nodes.

    Attributes:
        keyword: `local`, this process; `ray`, workers.
        address: of a Ray cluster; empty for workers on this machine.
    """

    keyword: str = "local"
    address: str = ""


LOCAL = Engine()

_ENGINE = click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="What carries out data nodes: this process, or Ray, several workers over pieces of the files. The "
    "rows are the same. `recipedsl explain R733` tells what is done by whom.",
)
_ADDRESS = click.option(
    "--engine-address",
    default="",
    metavar="ADDRESS",
    help="A Ray cluster that is there; when left out, Ray is started on this machine.",
)


def engine_options(command: Command) -> Command:
    """`--engine` and `--engine-address`."""
    return _ENGINE(_ADDRESS(command))


def engine_of(keyword: str, address: str) -> Engine:
    """The engine. Raises click.UsageError for an address that nobody would ask."""
    if address and keyword != "ray":
        raise click.UsageError("--engine-address is for `--engine ray`")
    return Engine(keyword, address)


def request_of(sets: tuple[str, ...], profile: str, overrides: tuple[str, ...]) -> Request:
    """The compiler's request. Raises click.BadParameter for what has no `=` or is set twice."""
    from recipedsl.compiler import Request

    params: dict[str, str] = {}
    for each in sets:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{each!r} is not NAME=VALUE, as rank=8 is", param_hint="--set")
        if name.strip() in params:
            raise click.BadParameter(f"{name.strip()!r} is set twice", param_hint="--set")
        params[name.strip()] = value
    for each in overrides:
        if "=" not in each:
            raise click.BadParameter(
                f"{each!r} is not PATH=VALUE, as stages.final.beta=0.2 is", param_hint="--override"
            )
    return Request(params, profile, overrides)
