"""What a hub answers is a stranger's: a file of the cache is not written where its headers lead.

The hub's client calls the files of its cache by the `ETag` and the commit that the hub sends. An `ETag`
of `"../../../x"` leads out of the cache, and the client (1.x) writes there what the hub sends next.
"""

from __future__ import annotations

from functools import cache
from typing import Any

#: Headers that the client makes names of files of.
_NAMES = ("ETag", "X-Linked-ETag", "X-Repo-Commit")


@cache
def refuse_paths_of_hubs() -> None:
    """From here on the hub's client gives up on an answer that would name a file outside its cache.

    It does so by an OSError, as of a connection that breaks.
    """
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def make() -> Any:
        client = default_client_factory()
        hooks = client.event_hooks
        client.event_hooks = {**hooks, "response": [*hooks["response"], _refuse_paths]}
        return client

    # A factory and not one client: the library makes a new one after a broken connection.
    set_client_factory(make)


def _refuse_paths(response: Any) -> None:
    for name in _NAMES:
        value = response.headers.get(name, "").removeprefix("W/").strip('"')
        if ".." in value or value.startswith("/") or "\\" in value or "\0" in value:
            raise OSError(f"the hub sends a path as its {name}")
